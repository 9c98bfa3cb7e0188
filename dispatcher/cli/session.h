/*
 * What most commands begin with: the configuration, and a line to the engine. If the configuration
 * has a mistake and a daemon runs, the mistake is only told, and the daemon answers.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/command.h"
#include "engine/client.h"

struct session {
    struct settings *settings;
    struct client *client;
};

/* To change something, or (LEDGER_READ) to see what only the daemon knows. */
MUST_CHECK int session_open(const struct invocation *inv, enum ledger_mode mode,
                            struct session *out, struct error *err);
/* For everything that only looks: beside a running daemon, which goes on sending, or through it if
 * the caller may not read the ledger. */
MUST_CHECK int session_open_beside(const struct invocation *inv, struct session *out,
                                   struct error *err);
/* The daemon or nothing: ERR_DOWN. A mistake in the configuration does not matter as long as it
 * says where the socket is. `limit_ms` for each answer, 0: the usual. */
MUST_CHECK int session_open_daemon(const struct invocation *inv, int64_t limit_ms,
                                   struct session *out, struct error *err);
void session_close(struct session *s);
/* The daemon was gone: looks for the next one, in the place of the line that broke off. */
MUST_CHECK int session_reach_again(struct session *s, struct error *err);

/* One request whose answer is one object: parsed, the caller drops *out with json_free(). `rows`
 * may be NULL. */
struct json_t;
MUST_CHECK int session_ask(struct session *s, const char *request, struct buf *rows,
                           struct json_t **out, struct error *err);

/* One changing request over a session of its own; it is closed again. Otherwise like session_ask().
 */
MUST_CHECK int session_change(const struct invocation *inv, const struct buf *request,
                              struct json_t **out, struct error *err);

/* Begins a request: {"v":1,"verb":"...". The caller appends members and a closing brace. */
void request_begin(struct buf *out, const char *verb);
void request_put_text(struct buf *out, const char *key, const char *value);
/* ,"selector":{...} from SELECTOR_OPTIONS and an id; NULL: that of --id, if it is given. */
void request_put_selector(struct buf *out, const struct invocation *inv, const char *id);
/* Of one delivery: `channel` unless --channel says another; NULL: any. */
void request_put_selector_of(struct buf *out, const struct invocation *inv, const char *id,
                             const char *channel);

/* The rows of every command that selects. Several ids, and `-` for ids from standard input:
 * operator/selected.h. */
#define SELECTOR_OPTIONS                                                                           \
    {"id", 0, "ID", "only this notice; the same as an argument"},                                  \
        {"campaign", 0, "NAME", "only this campaign"},                                             \
        {"batch", 0, "ID", "only the recipients of this batch"},                                   \
        {"template", 0, "NAME", "only letters of this template"},                                  \
        {"channel", 0, "CHANNEL", "email, sms or webhook"},                                        \
        {"locale", 0, "LANG", "only letters in this language, e.g. ko"},                           \
        {"state", 0, "STATE",                                                                      \
         "waiting, in_flight, deferred, held, delivered, failed, suppressed, "                     \
         "expired, cancelled or uncertain"},                                                       \
        {"cause", 0, "CAUSE", "only this cause, e.g. mailbox_full"},                               \
        {"domain", 0, "DOMAIN", "only addresses of this domain; of webhooks the endpoint"},        \
        {"older-than", 0, "AGE", "only what was accepted longer ago, e.g. 2h"},                    \
        {"action", 0, "NUMBER", "only what this action moved last (its number in `actions`)"},     \
    {                                                                                              \
        "everything", 0, NULL, "all there is"                                                      \
    }
/* An option of SELECTOR_OPTIONS but --id was given. */
bool selector_given(const struct invocation *inv);

#endif
