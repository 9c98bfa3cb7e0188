/* show --body: the words of a notice behind its story. */
#ifndef OPERATOR_SHOW_BODY_H
#define OPERATOR_SHOW_BODY_H

#include "cli/session.h"

/* The rows of --body. */
#define SHOW_BODY_OPTIONS                                                                          \
    {"body", 0, NULL, "the words this person received; opening them is recorded"},                 \
        {"part", 0, "PART", "only subject, text, html, sms or webhook"},                           \
        {"raw", 0, NULL,                                                                           \
         "the bytes as they were sent, and nothing else; needs the right to operate"},             \
    {                                                                                              \
        "channel", 0, "CHANNEL", "of several deliveries only this one"                             \
    }

bool show_body_is_asked(const struct invocation *inv);
/* ERR_USAGE: options that do not go together. */
MUST_CHECK int show_body_check(const struct invocation *inv, struct error *err);
/* `rows` is the answer of "show". Records that the words of `id` are opened, first of all. 1: the
 * words shown are not the ones that were sent. */
MUST_CHECK int show_body_print(const struct invocation *inv, struct session *s, const char *id,
                               const struct buf *rows, struct error *err);

#endif
