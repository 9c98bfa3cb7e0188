/*
 * The other side of the control socket: how a command reaches the engine. When no daemon runs the
 * command does the same work on the ledger itself; to change anything it takes the spool lock, to
 * look it needs none, so that a command that takes its time keeps no daemon from starting.
 */
#ifndef ENGINE_CLIENT_H
#define ENGINE_CLIENT_H

#include "base/buf.h"
#include "base/error.h"
#include "engine/setup.h"
#include "ledger/ledger.h"

struct client;

/* Connects to the daemon of these settings, or opens the ledger locally: LEDGER_READ for requests
 * that only look. ERR_DOWN if a daemon holds the spool but does not answer. */
MUST_CHECK int client_open(const struct settings *s, enum ledger_mode mode, struct client **out,
                           struct error *err);
/* Reads the ledger beside a running daemon, whose loop would wait for every list and search. Fails
 * where the caller may not read the spool; then client_open() is left. */
MUST_CHECK int client_open_beside(const struct settings *s, struct client **out, struct error *err);
/* Only the daemon will do. ERR_DOWN: none listens at the control socket, or it does not take the
 * call in time; ERR_DENIED. `limit_ms` for each answer, 0: the usual 30 s. */
MUST_CHECK int client_open_daemon(const struct settings *s, int64_t limit_ms, struct client **out,
                                  struct error *err);
/* Is trial mode on? From the ledger or the daemon into `trial` of the settings; where neither can
 * be asked the configuration's word stays. */
void client_take_trial(struct settings *s);
void client_close(struct client *c);
/* True when a daemon answered at open. */
bool client_has_daemon(const struct client *c);
/*
 * Sends one request (a JSON object without line break) and appends all answer lines but the last to
 * `rows` (NULL: dropped); the last one, the "end", to `end`. An error answer becomes that error.
 */
MUST_CHECK int client_ask(struct client *c, const char *request, struct buf *rows, struct buf *end,
                          struct error *err);

#endif
