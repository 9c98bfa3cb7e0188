/* The screen of `top`, from one answer to the request of that name. Pure: no clock, no terminal. */
#ifndef OPERATOR_TOP_SCREEN_H
#define OPERATOR_TOP_SCREEN_H

#include <stddef.h>

#include "base/buf.h"
#include "cli/command.h"

struct json_t;

/* Lines, each with its end, none wider than `width` columns. */
void top_put_screen(const struct invocation *inv, const struct json_t *facts, size_t width,
                    struct buf *out);

#endif
