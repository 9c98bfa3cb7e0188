/*
 * What stands where:
 *
 *   /reports/TRANSPORT/TOKEN   gateways report (GET, POST); a wrong token is as if nothing stood
 * there /healthz                   this process is alive /readyz                    may work be
 * sent here? a list of checks, 200 or 503 /metrics                   for Prometheus
 */
#ifndef API_SITE_H
#define API_SITE_H

#include <stdbool.h>

#include "api/desk.h"

/* Zero-initialise, set `settings`, then site_open(); set `server` before it is used. */
void site_open(struct desk *d);
void site_close(struct desk *d);
/* Of struct server_options; `context` is the desk. */
void site_handle(void *context, struct call *call);
bool site_is_idle(const struct desk *d);

#endif
