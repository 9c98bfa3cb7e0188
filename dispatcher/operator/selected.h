/*
 * Which ones a command is about, if they are named one by one: ids as arguments, --id, and with `-`
 * ids from standard input, a line each, or the JSON lines of `queue --json`, of which each means
 * one delivery: its notice and its channel.
 */
#ifndef OPERATOR_SELECTED_H
#define OPERATOR_SELECTED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/command.h"

struct selected {
    struct selected_one {
        char *id, *channel; /* channel: NULL unless its line said so */
    } * at;
    size_t count;
    bool named; /* by name, even if standard input held none: then nothing is meant */
};

/* In their order, each once. ERR_USAGE, ERR_INPUT. selected_clear() in any case. */
MUST_CHECK int selected_read(const struct invocation *inv, struct selected *out, struct error *err);
void selected_clear(struct selected *s);
/* The `index`-th request to make: a selector for one of them, or without names the one selector of
 * the options. False: there are no more. Appends ,"selector":{...}. */
bool selected_put(const struct selected *s, const struct invocation *inv, size_t index,
                  struct buf *out);
/* The same to be typed behind another command: ids, or all options but --state and --cause, which
 * have changed. */
void selected_put_words(const struct selected *s, const struct invocation *inv, struct buf *out);

#endif
