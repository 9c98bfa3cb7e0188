/*
 * /metrics: Prometheus' text format 0.0.4. What the scheduler counts comes from it as rows
 *
 *   {"v":1,"metric":"jobs","labels":{"state":"waiting"},"value":12}
 *
 * and gets its prefix, type and help here. A name that is not in the table is left out: what is
 * shown to the world is decided in one place, and no label is ever an address, a domain or an id.
 */
#ifndef API_METRICS_H
#define API_METRICS_H

#include "api/server.h"
#include "base/buf.h"

/* A question_fn; `context` is the desk. Without a scheduler what the API knows itself is shown, and
 * dispatcher_scheduler_up is 0. */
void metrics_write(void *context, int rc, const struct buf *rows, const struct buf *end,
                   const struct error *err, struct buf *body, struct reply *out);

#endif
