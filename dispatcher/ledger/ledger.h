/*
 * The ledger: what was accepted, the state of every delivery, every attempt, every operator's
 * action. One interface, narrow from the first day: accept, lease, settle, act by selector, count,
 * walk. Nothing above knows that SQLite is below, or sees a file.
 *
 * Durability: ledger_accept() groups end with ledger_commit(LEDGER_DURABLE) and are then safe from
 * power loss. An outcome is committed as it is known (survives kill -9) and made durable by the
 * next durable commit; the engine makes one at least every 256 outcomes or 50 ms.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "model/delivery.h"
#include "model/disposition.h"
#include "model/job.h"

struct ledger;

enum ledger_mode { LEDGER_WRITE, LEDGER_READ };
enum ledger_durability { LEDGER_FAST, LEDGER_DURABLE };

/* Opens (and with LEDGER_WRITE creates or upgrades) the ledger of a spool directory. ERR_CONFIG if
 * its version is newer than we are, ERR_IO if it is damaged. Open after forking, never across. */
MUST_CHECK int ledger_open(const char *spool, enum ledger_mode mode, struct ledger **out,
                           struct error *err);
void ledger_close(struct ledger *l);

/* A write transaction of several calls. Without one each call is its own, LEDGER_FAST. Any error:
 * call ledger_rollback(). */
MUST_CHECK int ledger_begin(struct ledger *l, enum ledger_durability durability, struct error *err);
MUST_CHECK int ledger_commit(struct ledger *l, struct error *err);
void ledger_rollback(struct ledger *l);
/* A durable commit with nothing in it: everything committed before survives a power cut afterwards.
 */
MUST_CHECK int ledger_sync(struct ledger *l, struct error *err);

/* ---- accept ---- */

struct planned_delivery {
    enum channel_kind channel;
    const char *transport;
    const char *address;
    enum delivery_state state; /* WAITING, HELD, SUPPRESSED, ... */
    const char *cause;         /* why it is not WAITING; "" */
    int64_t due_ms;
};

struct acceptance {
    const struct job *job;
    const char *text; /* canonical JSON as it will be handed to workers */
    size_t len;
    const unsigned char *digest; /* DIGEST_SIZE */
    const char *template_name;
    const char *locale; /* the language chosen */
    bool fallback;      /* it is not the one asked for */
    enum job_method method;
    /* Deliveries made now. With JOB_SINGLE only the first; `spare` lists the channels that follow
     * if it fails. */
    const struct planned_delivery *deliveries;
    size_t count;
    const struct planned_delivery *spare;
    size_t spare_count;
    int64_t now_ms;
    const char *source; /* "spool" */
};

enum accept_result { ACCEPT_NEW, ACCEPT_DUPLICATE, ACCEPT_CONFLICT };

/* ACCEPT_DUPLICATE: this id (or idempotency_key) with this content is known: nothing changes.
 * ACCEPT_CONFLICT: known with other content: nothing changes. */
MUST_CHECK int ledger_accept(struct ledger *l, const struct acceptance *a, enum accept_result *out,
                             struct error *err);
/* Is the id known, and with which digest? *out_known false if not. */
MUST_CHECK int ledger_find_digest(struct ledger *l, const char *id, bool *out_known,
                                  unsigned char out[DIGEST_SIZE], struct error *err);

/* ---- lease ---- */

struct leased {
    int64_t delivery;
    int tries; /* counted since the schedule last began; the history in attempt rows numbers on */
    enum channel_kind channel;
    int64_t accepted_ms;
    int64_t expires_at_ms; /* 0: never */
    char *notice_id, *address, *template_name, *locale, *job_text,
        *campaign; /* owned; campaign may be NULL */
    bool more_channels;
};

/* Up to `limit` due deliveries of a transport (high priority first, then by due time), moved to
 * IN_FLIGHT in one transaction of the given durability. *out has room for `limit`; leased_clear()
 * each. */
MUST_CHECK int ledger_lease(struct ledger *l, const char *transport, size_t limit, int64_t now_ms,
                            enum ledger_durability durability, struct leased *out,
                            size_t *out_count, struct error *err);
void leased_clear(struct leased *row);
/* When the next delivery of the transport is due; -1 if none waits. */
MUST_CHECK int ledger_next_due(struct ledger *l, const char *transport, int64_t *out_ms,
                               struct error *err);

/* The names of all transports that have a delivery waiting or deferred, whether configured today or
 * not. */
typedef void ledger_name_fn(void *context, const char *name);
MUST_CHECK int ledger_walk_waiting_transports(struct ledger *l, ledger_name_fn *fn, void *context,
                                              struct error *err);

/* ---- settle ---- */

struct settlement {
    int64_t delivery;
    enum delivery_state state;
    int64_t due_ms;
    bool counts;       /* an attempt row is written and attempts goes up */
    bool next_channel; /* makes the next spare channel's delivery WAITING, due now */
    double jitter;     /* recorded with the attempt */
    int64_t now_ms;
    int64_t duration_ms;
    const struct disposition
        *disposition; /* NULL: no attempt took place (expiry, suppression); `cause` says why */
    const char *cause;
    const char *sha256; /* "" or hex */
    const char *locale; /* rendered in; "" unknown */
    const char *transport;
};

/* IN_FLIGHT -> state. Asserts the edge. A delivery that is no longer IN_FLIGHT is left alone and
 * *out_settled false. */
MUST_CHECK int ledger_settle(struct ledger *l, const struct settlement *s, bool *out_settled,
                             struct error *err);

/*
 * After a crash of the scheduler: what was IN_FLIGHT goes to DEFERRED due now with cause
 * `interrupted` where its transport resends, and to UNCERTAIN where it holds. `holds(context,
 * transport)` tells. Returns counts.
 */
MUST_CHECK int ledger_recover(struct ledger *l, bool (*holds)(void *context, const char *transport),
                              void *context, int64_t now_ms, size_t *out_deferred,
                              size_t *out_uncertain, struct error *err);

/* ---- look ---- */

struct selector {
    const char *id;       /* notice id, NULL: any */
    const char *campaign; /* NULL: any */
    const char *cause;    /* NULL: any */
    int channel;          /* enum channel_kind, -1: any */
    int state;            /* enum delivery_state, -1: any */
};
#define SELECTOR_ALL ((struct selector){.channel = -1, .state = -1})

struct delivery_row {
    int64_t delivery;
    const char *notice_id, *campaign, *template_name, *locale, *transport, *address, *cause, *reply;
    enum channel_kind channel;
    enum delivery_state state;
    int attempts;
    int64_t accepted_ms, due_ms, changed_ms;
};
/* Rows after delivery number `after`, at most `limit`, in order; texts are valid during the call.
 * Returns how many in *out_count, the last number in *out_last. */
typedef void ledger_row_fn(void *context, const struct delivery_row *row);
MUST_CHECK int ledger_walk(struct ledger *l, const struct selector *selector, int64_t after,
                           size_t limit, ledger_row_fn *fn, void *context, size_t *out_count,
                           int64_t *out_last, struct error *err);

struct attempt_row {
    int number;
    int64_t ended_ms, duration_ms;
    const char *transport, *outcome, *cause, *enhanced, *reply, *sha256, *locale;
    int code;
    enum delivery_state state; /* what the delivery became */
    int64_t next_due_ms;       /* 0: none */
    double jitter;
};
typedef void ledger_attempt_fn(void *context, const struct attempt_row *row);
MUST_CHECK int ledger_walk_attempts(struct ledger *l, int64_t delivery, ledger_attempt_fn *fn,
                                    void *context, struct error *err);
/* The job text of a notice as accepted, appended. ERR_NOT_FOUND. */
struct buf;
MUST_CHECK int ledger_read_notice(struct ledger *l, const char *id, struct buf *out,
                                  struct error *err);

/* counts[channel][state], from counters kept with every change, not from a scan. */
MUST_CHECK int ledger_count(struct ledger *l, int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                            struct error *err);
/* Recounts from the rows and compares. ERR_INTERNAL with the difference if the books do not
 * balance. */
MUST_CHECK int ledger_reconcile(struct ledger *l, struct error *err);

/* ---- act ---- */

struct action {
    const char *verb;     /* "retry" */
    const char *who;      /* "uid 1000 (jana)" */
    const char *reason;   /* may be "" */
    const char *selector; /* as text, for the record */
    int64_t now_ms;
};
/*
 * Moves every selected delivery that may go there to WAITING, due now, attempts kept, schedule
 * begun anew; records one action row (chained by hash) in the same transaction, durable. Returns
 * how many. Without any match nothing is recorded.
 *
 * What already waits or is in flight is left alone. Held, suppressed, cancelled and uncertain
 * deliveries are moved only if the selector names a notice or their state. With single routing a
 * channel is not begun again while another one of the notice runs or after it told the person.
 */
MUST_CHECK int ledger_retry(struct ledger *l, const struct selector *selector,
                            const struct action *action, int64_t *out_count, struct error *err);

/* How many ledger_retry() would move now. Not within a transaction. */
MUST_CHECK int ledger_count_retry(struct ledger *l, const struct selector *selector, int64_t *out,
                                  struct error *err);

struct action_row {
    int64_t number; /* from 1, without gaps */
    struct action action;
    int64_t count;               /* deliveries it moved */
    const char *previous, *hash; /* hex; the first `previous` is zeros */
};
/* Every action in order; texts are valid during the call. ledger_reconcile() verifies the chain. */
typedef void ledger_action_fn(void *context, const struct action_row *row);
MUST_CHECK int ledger_walk_actions(struct ledger *l, ledger_action_fn *fn, void *context,
                                   struct error *err);

#endif
