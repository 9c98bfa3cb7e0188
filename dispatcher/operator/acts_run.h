/*
 * What retry, hold, release, expire, cancel and mark-delivered have in common: a request in steps
 * for each that is named, counted first and then done, and what its answers add up to.
 */
#ifndef OPERATOR_ACTS_RUN_H
#define OPERATOR_ACTS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/command.h"
#include "operator/selected.h"

/* More than this many at once wants a yes. */
#define ACTS_ASK_ABOVE 100

/* Words with a number each. */
struct tally_words {
    struct tally_word {
        char *word;
        int64_t count;
    } * at;
    size_t count;
};
int64_t tally_words_find(const struct tally_words *t, const char *word);

struct json_t;

struct acts {
    const struct invocation *inv;
    const struct selected *selected;
    const char *verb, *what; /* of the request; what: NULL for none */
    int64_t count, ended;
    struct tally_words left, channels, locales;
    struct number_range {
        int64_t first, last;
    } * actions; /* under which it was recorded */
    size_t action_count;
    bool daemon; /* one runs */
    /* Of every answer; NULL: nobody asks. */
    void (*on_answer)(void *context, const struct json_t *facts);
    void *context;
};

/* Only counts, beside the daemon: searching millions shall not keep it from sending. */
MUST_CHECK int acts_count(struct acts *a, struct error *err);
/* Does it; what was counted begins anew. */
MUST_CHECK int acts_do(struct acts *a, struct error *err);
void acts_clear(struct acts *a);
/* "email 12; de 9, ko 3", the most first. */
void acts_put_shares(const struct acts *a, struct buf *out);
/* "12-14,16": what --action takes. */
void acts_put_actions(const struct acts *a, struct buf *out);
/* ,"left":{...},"by":{"channel":{...},"locale":{...}} */
void acts_put_json(const struct acts *a, struct buf *out);

#endif
