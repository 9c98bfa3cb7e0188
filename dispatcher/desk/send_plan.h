/* What `send` hands to the engine: who, when and in which portions. */
#ifndef DESK_SEND_PLAN_H
#define DESK_SEND_PLAN_H

#include "base/buf.h"
#include "desk/send_count.h"

/* The request "start", whole. */
void send_put_start(const struct send_world *w, const struct send_counts *c, struct buf *out);

#endif
