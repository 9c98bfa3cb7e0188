/* What `send` shows before anything leaves. */
#ifndef DESK_SEND_PRINT_H
#define DESK_SEND_PRINT_H

#include "desk/send_count.h"

struct json_t;

/* `approvals`: the answer to that question. */
void send_print(const struct send_world *w, const struct send_counts *c,
                const struct json_t *approvals);
void send_print_json(const struct send_world *w, const struct send_counts *c,
                     const struct json_t *approvals);
/* How long it takes by rates and waves once it has begun; 0: nothing slows it down. */
int64_t send_estimate_ms(const struct send_world *w, const struct send_counts *c);

#endif
