/*
 * Requests: what commands (and later the API) ask of the engine, one JSON object in, JSON Lines
 * out. The same handlers answer over the control socket and, when no daemon runs, in the command's
 * own process under the spool lock. To add one: a function and a row in the table of requests.c.
 *
 * Request:  {"v":1,"verb":"queue", ...}
 * Answer:   zero or more lines, then {"v":1,"end":true, ...} or
 * {"v":1,"error":"sentence","code":-2}
 */
#ifndef ENGINE_REQUESTS_H
#define ENGINE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"
#include "engine/access.h"
#include "engine/log_pace.h"
#include "engine/rests.h"
#include "engine/setup.h"
#include "engine/shelf.h"
#include "ledger/ledger.h"
#include "model/settings.h"
#include "spool/spool.h"

#define REQUEST_VERSION 1
#define REQUEST_MAX     (64 * 1024)

/* What only a daemon has. `context` is for the functions. */
struct retry_way;
struct mending;
struct request_daemon {
    void *context;
    const struct setup *setup;
    struct shelf *shelf;
    struct log_pace *refusals; /* of receipts */
    bool records;              /* false: the ledger takes nothing just now */
    /* Rows of metrics_put(). */
    void (*put_metrics)(void *context, struct buf *out);
    /* The checks of `health`, as members of an array. */
    void (*put_checks)(void *context, struct buf *out);
    /* False: nothing rests that keeps from being sent what goes there. True: what it was
     * (mending.h), and it is over; an operator asks for one more try. */
    bool (*end_rest)(void *context, const struct retry_way *way, struct mending *out);
    /* The endpoint rests after faults; *out_until_ms: see struct mending. */
    bool (*endpoint_rests)(void *context, const char *name, int64_t *out_until_ms);
    /* What the ledger says of endpoints has changed. */
    int (*use_endpoints)(void *context, struct error *err);
    /* What it says of stopped transports and of trial mode has changed. */
    int (*use_stops)(void *context, struct error *err);
    /* Why the notice or batch of this id, which stands in new/ or is half loaded, waits for a
     * letter that was left out; NULL: it does not. Borrowed. */
    const char *(*waits_for_letter)(void *context, const char *id);
    /* Reads the configuration anew and appends a row for each key that changed. ERR_CONFIG: the
     * old one stays, and why. */
    int (*reload)(void *context, struct buf *out, int *out_generation, struct error *err);
    /* The same rows, of what a reload would change. ERR_CONFIG: it would be refused, and why. */
    int (*preview_reload)(void *context, struct buf *out, struct error *err);
    /* The level that was; the configured one comes back after `for_ms`. */
    enum log_level (*set_log_level)(void *context, enum log_level level, int64_t for_ms);
};

/* What handlers may touch. */
struct request_world {
    struct ledger *ledger;
    struct spool *spool; /* NULL: it cannot be opened from here; texts of batches are not shown */
    const struct settings *settings;
    const char
        *who; /* "uid 1000 (jana)": from the socket's peer credentials, never from the request */
    const struct peer *peer; /* the same with all groups; NULL: nobody but `who` is known */
    unsigned allowed;        /* bits of request_class, of the same origin; 0: nothing */
    int64_t now_ms;
    /* Appends members of the daemon's own state to `status`; NULL without a daemon. */
    void (*put_state)(void *context, struct buf *out);
    void *state_context;
    /* What keeps all that stands in the lanes of a transport; false: nothing does, or nobody knows.
     * NULL: nobody can be asked. */
    bool (*find_rest)(void *context, const char *transport, struct transport_rest *out);
    void *rest_context;
    const struct request_daemon *daemon; /* NULL without one */
};

/* Answers one request line. Never fails: what is wrong is in the answer. */
void request_handle(struct request_world *world, const char *line, size_t len, struct buf *out);

#endif
