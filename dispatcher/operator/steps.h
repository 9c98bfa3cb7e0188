/* Questions over many deliveries come in steps (engine/requests_look.c): asked until there is no
 * more, each row handed on. */
#ifndef OPERATOR_STEPS_H
#define OPERATOR_STEPS_H

#include "cli/session.h"

typedef void steps_row_fn(void *context, const struct json_t *row);
/* Of what the command's selector means. */
MUST_CHECK int steps_ask(struct session *s, const struct invocation *inv, const char *verb,
                         steps_row_fn *fn, void *context, struct error *err);

#endif
