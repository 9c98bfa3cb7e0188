/* What the commands of the suppression list share. */
#ifndef OPERATOR_SUPPRESS_H
#define OPERATOR_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"
#include "cli/session.h"
#include "model/suppression.h"

/* The rows of commands that change it. */
#define SUPPRESS_OPTIONS                                                                           \
    {"reason", 0, "TEXT", "why, for the record"},                                                  \
    {                                                                                              \
        "channel", 0, "CHANNEL", SUPPRESS_CHANNEL_HELP                                             \
    }
#define SUPPRESS_CHANNEL_HELP "email or sms (default: by how the address looks)"

/* By --channel, else by how it looks: what has an @ is mail, what has no letter a number; checked.
 * ERR_USAGE, ERR_INPUT. */
MUST_CHECK int suppress_find_channel(const struct invocation *inv, const char *address,
                                     enum channel_kind *out, struct error *err);
/* --for 90d as the time it ends; 0: never. ERR_USAGE. */
MUST_CHECK int suppress_read_end(const struct invocation *inv, int64_t now_ms, int64_t *out_ms,
                                 struct error *err);

/* More than a hundred at once want a yes, or --yes. `removes`: they will be written to again.
 * ERR_USAGE: no. */
MUST_CHECK int suppress_confirm(const struct invocation *inv, size_t count, bool removes,
                                struct error *err);

/* Entries on their way to the daemon, in requests as large as it takes. Zero-initialise. */
struct suppress_sender {
    struct session *session;
    const char *reason; /* of the change; NULL */
    struct buf entries;
    int64_t sent, added; /* added: those that were not on the list */
    size_t waiting;
};
MUST_CHECK int suppress_send(struct suppress_sender *s, const struct suppression *entry,
                             struct error *err);
/* The last of them; frees. */
MUST_CHECK int suppress_send_rest(struct suppress_sender *s, struct error *err);

/* Every entry, page after page: fn gets rows of `suppressions`. */
struct json_t;
typedef void suppress_row_fn(void *context, const struct json_t *row);
MUST_CHECK int suppress_walk(struct session *s, suppress_row_fn *fn, void *context,
                             struct error *err);

#endif
