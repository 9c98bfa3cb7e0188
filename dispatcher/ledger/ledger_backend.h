/* What the files of the SQLite ledger share. Nobody outside this folder includes it. */
#ifndef LEDGER_LEDGER_BACKEND_H
#define LEDGER_LEDGER_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

struct ledger {
    struct db *db;
    char *path; /* of ledger.db, for messages */
    bool in_transaction;
    enum ledger_durability durability; /* of the transaction that is open */
    bool raised;      /* a call inside asked for more than the transaction promises: sync after its
                         commit */
    bool synchronous; /* SQLite's setting now: commits are synced */
    bool unsynced;    /* something was committed that a power cut may still take */
    int64_t changed_before; /* db_changed_ever() when the transaction began */
    /* Changes of the counters in this transaction, written once before its commit. */
    int64_t delta[CHANNEL_KINDS][DELIVERY_STATES];
};

/* Every writing call stands between these two: they open a transaction of its own unless the caller
 * has one. */
MUST_CHECK int ledger_enter(struct ledger *l, enum ledger_durability durability, bool *out_own,
                            struct error *err);
/* Commits what ledger_enter() opened, or undoes it if `rc` is negative. Returns rc, or why the
 * commit failed. */
MUST_CHECK int ledger_leave(struct ledger *l, bool own, int rc, struct error *err);

/* Books a new delivery, or one that moves. Moving asserts the edge: see model/delivery.h. */
void ledger_count_new(struct ledger *l, enum channel_kind channel, enum delivery_state state);
void ledger_count_move(struct ledger *l, enum channel_kind channel, enum delivery_state from,
                       enum delivery_state to);
/* Writes the collected changes of the counters. */
MUST_CHECK int ledger_flush_counts(struct ledger *l, struct error *err);

/* The number of a transport's name; 0 if it is unknown and `create` is false. */
MUST_CHECK int ledger_find_transport(struct ledger *l, const char *name, bool create, int64_t *out,
                                     struct error *err);

/* One delivery to be inserted. */
struct new_delivery {
    int64_t notice;
    int64_t transport;
    enum channel_kind channel;
    enum job_priority priority;
    enum delivery_state state;
    const char *address, *cause;
    int64_t due_ms, now_ms;
};
MUST_CHECK int ledger_insert_delivery(struct ledger *l, const struct new_delivery *d,
                                      struct error *err);

/* Appends " AND ..." for what the selector asks, over `notice n` and `delivery d`, with ? for its
 * texts. */
void selector_put_where(struct buf *sql, const struct selector *selector);
/* " FROM ..." in the order that suits the selector: a notice's deliveries, or all of them by
 * number. */
void selector_put_from(struct buf *sql, const struct selector *selector);
/* Binds the ? of selector_put_where(). */
void selector_bind(struct query *q, const struct selector *selector);

/* Follows the chain of hashes from its beginning. ERR_INTERNAL names the first action that does not
 * fit. */
MUST_CHECK int action_verify(struct ledger *l, struct error *err);
/* Appends an action to the chain. */
MUST_CHECK int action_insert(struct ledger *l, const struct action *action, int64_t count,
                             struct error *err);

#endif
