/* Reports of returned mails that changed nothing: of which letter each was, and why. */
#ifndef OPERATOR_BOUNCE_UNMOVED_H
#define OPERATOR_BOUNCE_UNMOVED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Zero at first. */
struct invocation;
struct unmoved {
    const struct invocation *inv; /* in whose language the lines are; NULL: English */
    struct buf rows;              /* JSON objects with a comma between */
    struct buf text;              /* lines for people, of the first ones */
    size_t count;
};

struct json_t;
/* `end` is the answer to a request `receive` with receipts of the mail `shown`. With `logged` each
 * is told in the log, for nobody reads what a mail server's pipe prints. */
void unmoved_take(struct unmoved *u, const struct json_t *end, const char *shown, bool logged);
/* The lines, with how many there are; nothing if there are none. To stdout. */
void unmoved_print(const struct unmoved *u);
/* `,"unmoved":[...]`. */
void unmoved_put_json(const struct unmoved *u, struct buf *out);
void unmoved_free(struct unmoved *u);

#endif
