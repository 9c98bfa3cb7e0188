/*
 * What an HTTP answer means, found in tables: one of statuses, one of failures. Each channel has
 * its own (gateway_answer.c, webhook_answer.c): the same 404 means something else to each of them.
 */
#ifndef CHANNEL_HTTP_VERDICT_H
#define CHANNEL_HTTP_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "channel/http.h"
#include "model/disposition.h"

struct http_verdict {
    enum outcome outcome;
    const char *cause;    /* one word */
    const char *sentence; /* for people */
};

struct http_status_rule {
    int from, to;
    struct http_verdict verdict;
    bool with_advice; /* only if there is a Retry-After */
};

struct http_verdict_tables {
    const struct http_status_rule
        *statuses; /* the first match counts; the last row takes the rest */
    size_t status_count;
    const struct http_verdict *failures; /* HTTP_ERRORS rows, by enum http_error */
};

/* Borrowed from the tables. */
const struct http_verdict *http_verdict_find(const struct http_verdict_tables *tables,
                                             const struct http_answer *answer);
/* Fills in `out`: status and advice of the answer, outcome and cause of the verdict, and `reply`.
 */
void http_verdict_set(const struct http_verdict *verdict, const struct http_answer *answer,
                      const struct buf *reply, struct disposition *out);

#endif
