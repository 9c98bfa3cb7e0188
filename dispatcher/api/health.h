/* /readyz: the checks of the scheduler, as JSON; 503 if one of them fails, or nobody answers. */
#ifndef API_HEALTH_H
#define API_HEALTH_H

#include "api/server.h"
#include "base/buf.h"

/* A question_fn. */
void health_write(void *context, int rc, const struct buf *rows, const struct buf *end,
                  const struct error *err, struct buf *body, struct reply *out);

#endif
