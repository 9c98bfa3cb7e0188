/*
 * The ledger: what was accepted, the state of every delivery, every attempt, every operator's
 * action. One interface, narrow from the first day: accept, lease, settle, act by selector, count,
 * walk. Nothing above knows that SQLite is below, or sees a file.
 *
 * Durability: ledger_accept() groups end with ledger_commit(LEDGER_DURABLE) and are then safe from
 * power loss. The engine commits outcomes in groups of 32 or after 5 ms and a turn of its loop, at
 * once where a repeat costs money (survives kill -9; until then the delivery is in flight: a kill
 * repeats what was in flight and no more) and makes a durable commit, which makes those before it
 * durable, too, at least every 256 outcomes or 50 ms.
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
#include "model/receipt.h"
#include "model/suppression.h"

struct ledger;

struct action; /* below: what an operator did */

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

/* One delivery as intake plans it. Texts are borrowed. */
struct planned_delivery {
    enum channel_kind channel;
    const char *transport;
    const char *address;
    enum delivery_state state; /* WAITING, HELD, SUPPRESSED, ... */
    const char *cause;         /* why it is not WAITING; "" */
    const char *remark;        /* a sentence on that, NULL: none */
    int64_t due_ms;
    /* Single routing: so long after it began (due, or its turn as a spare came) the next channel
     * begins if this one has not told the person; 0: only when it has failed. */
    int64_t patience_ms;
    bool confirm; /* only a receipt RECEIPT_CONFIRMED counts as told */
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

enum accept_result { ACCEPT_NEW, ACCEPT_DUPLICATE, ACCEPT_CONFLICT, ACCEPT_LATER };

/* ACCEPT_DUPLICATE: this id (or idempotency_key) with this content is known: nothing changes.
 * ACCEPT_CONFLICT: known with other content, or the id of a batch's recipient: nothing changes.
 * ACCEPT_LATER: it may be the id of a recipient of a batch that is still being taken in; nothing
 * changes, and when the batch is whole it is known. */
MUST_CHECK int ledger_accept(struct ledger *l, const struct acceptance *a, enum accept_result *out,
                             struct error *err);
/* Is the id known (of a notice, a batch or a recipient of one: then the batch's), and with which
 * digest? *out_known false if not. */
MUST_CHECK int ledger_find_digest(struct ledger *l, const char *id, bool *out_known,
                                  unsigned char out[DIGEST_SIZE], struct error *err);
/* The same of an idempotency key. */
MUST_CHECK int ledger_find_key_digest(struct ledger *l, const char *key, bool *out_known,
                                      unsigned char out[DIGEST_SIZE], struct error *err);

/* ---- accept: batches ---- */

/*
 * A batch is taken in by lines, in any number of transactions: begun once, then for each line its
 * deliveries are put and the position is moved in the same transaction, then it is finished. What a
 * kill interrupts goes on behind the last committed position. The notices stay in the spool
 * (batches/ID/notices.jsonl); a row points into them by offset and length, and holds everything the
 * books and the evidence need without them.
 */
enum batch_state {
    BATCH_LOADING, /* lines are still being taken in; what is in may already be sent */
    BATCH_RUNNING, /* all lines are in the books */
    BATCH_PURGED,  /* over, and its notices are gone after retention; the rows stay */
};
/* Why nothing of a batch is leased. Order is part of the file. */
enum batch_stop {
    BATCH_GOES,
    BATCH_HALTED /* too many failures */,
    BATCH_PAUSED /* an operator */
};

struct batch_acceptance {
    const char *id;
    const unsigned char *digest; /* DIGEST_SIZE, of batch.json and the notices together */
    const char *text;            /* batch.json, canonical */
    size_t len;
    int64_t total;        /* lines */
    int64_t bytes;        /* of notices.jsonl */
    const char *campaign; /* NULL if absent */
    enum job_priority priority;
    int64_t now_ms;
    int64_t expires_at_ms; /* 0: never */
};

/* Begins a batch, BATCH_LOADING; *out_batch its number. ACCEPT_CONFLICT: known with other content,
 * or notices are known whose ids begin with ID_. ACCEPT_DUPLICATE also sets *out_batch. */
MUST_CHECK int ledger_begin_batch(struct ledger *l, const struct batch_acceptance *a,
                                  enum accept_result *out, int64_t *out_batch, struct error *err);

struct planned_line {
    int64_t line;          /* from 1 */
    int64_t offset;        /* of its text in notices.jsonl */
    int64_t length;        /* without the line end */
    const char *recipient; /* behind ID_: the line's own id, or its number; NULL: it is not known,
                              the line stands under no name and takes none from anybody */
    const char *template_name, *locale;
    bool fallback;
    const char *zone; /* IANA zone of the recipient; NULL: unknown */
    int rest;         /* channels of single routing behind this delivery */
    const struct planned_delivery *deliveries;
    size_t count; /* at least one; a line that cannot be sent is one FAILED delivery */
};
/* One row for each delivery. *out_known: this recipient stands in the batch already; then the line
 * is booked as one FAILED delivery with cause `duplicate_recipient` and without a recipient. */
MUST_CHECK int ledger_put_line(struct ledger *l, int64_t batch, const struct planned_line *line,
                               int64_t now_ms, bool *out_known, struct error *err);
/* Where the next line begins. `finished`: that was the last one, the batch is BATCH_RUNNING. */
MUST_CHECK int ledger_advance_batch(struct ledger *l, int64_t batch, int64_t next_line,
                                    int64_t next_offset, bool finished, struct error *err);

/* Takes back a batch nothing of which is in the books yet: its id is free again, as if it had never
 * been begun. That it was stays in the chain of actions ("withdraw", with the reason). Durable, and
 * not within a transaction. ERR_CONFLICT: lines of it are in the books. */
MUST_CHECK int ledger_withdraw_batch(struct ledger *l, const char *id, const char *reason,
                                     int64_t now_ms, struct error *err);

struct batch_row {
    int64_t batch;
    const char *id, *text, *campaign; /* text: batch.json; NULL once purged */
    enum batch_state state;
    enum batch_stop stop;
    const char *stop_reason;       /* "" while it goes */
    const char *letter_reason;     /* why nothing goes because of its letter; "": it may */
    const char *letter_allowed;    /* in hex: what an operator lets go all the same; "" */
    enum batch_stop campaign_stop; /* all of its campaign; BATCH_PAUSED also when cancelled */
    const char *campaign_reason;
    bool go_on; /* an operator said: do not halt it any more */
    enum job_priority priority;
    int64_t total, bytes;
    int64_t next_line, next_offset; /* LOADING: where to go on */
    int64_t accepted_ms, expires_at_ms;
    int64_t finished_ms; /* since then all is final and nothing waits for word; 0: not yet */
};
typedef void ledger_batch_fn(void *context, const struct batch_row *row);
/* Batches in the order they came, behind number `after`; with `id` only that one; with
 * `unfinished` only those that load or have open deliveries. Texts are valid during the call. */
struct batch_question {
    const char *id;
    int64_t batch; /* 0: any */
    int64_t after;
    bool loading; /* only BATCH_LOADING */
    bool unfinished;
};
MUST_CHECK int ledger_walk_batches(struct ledger *l, const struct batch_question *q,
                                   ledger_batch_fn *fn, void *context, struct error *err);
/* counts[channel][state] of one batch, from counters kept with every change. */
MUST_CHECK int ledger_count_batch(struct ledger *l, int64_t batch,
                                  int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                                  struct error *err);
/*
 * What waits for word: it has left (or is held), and the next channel follows unless word comes in
 * time (planned_delivery.patience_ms). The times are those at which the next channel begins for the
 * first and for the last of the batch, what is still to be sent among them. All from kept counts
 * and an index, whatever the size of the batch.
 */
struct awaiting {
    int64_t count;             /* deliveries */
    int64_t first_ms, last_ms; /* 0 if there are none */
};
/* Of one batch; 0: of all single notices. */
MUST_CHECK int ledger_count_awaiting(struct ledger *l, int64_t batch, struct awaiting *out,
                                     struct error *err);
/* How many of its failed deliveries were never tried: intake refused their lines. */
MUST_CHECK int ledger_count_untried(struct ledger *l, int64_t batch, int64_t *out,
                                    struct error *err);
/* Somebody of the batch got nothing because trial mode was on. Looks at what is suppressed: ask
 * only where something is. */
MUST_CHECK int ledger_find_trial(struct ledger *l, int64_t batch, bool *out, struct error *err);

/* ---- lease ---- */

/*
 * A lane is what stands in line together, in the order of due times: the deliveries of one
 * transport, one priority, and one batch or (batch 0) no batch. A lease takes from one lane; which
 * one is the engine's choice, so that a small notice need not wait behind a campaign.
 *
 * A lease writes one row for the whole packet and leaves the rows of its deliveries alone: that row
 * is what a crash leaves, and what tells IN_FLIGHT from WAITING everywhere in this interface.
 */
struct lane {
    int64_t lane;
    const char *transport;
    enum job_priority priority;
    int64_t batch;       /* 0: single notices */
    int64_t batch_total; /* lines of the batch, 0 without one */
    bool stopped;        /* its batch is halted or paused: nothing can be leased */
    size_t campaign;     /* not 0: it has a pace, see ledger_lane_pace() */
    int64_t next_due_ms; /* of what is not leased; INT64_MAX: nothing stands in it */
};
/* Every lane something stands in, from memory and without a query. Borrowed until the next call
 * that changes the ledger. Only with LEDGER_WRITE. */
const struct lane *ledger_lanes(const struct ledger *l, size_t *out_count);

struct leased {
    int64_t delivery;
    int64_t packet; /* number of the lease */
    int tries;   /* counted since the schedule last began; the history in attempt rows numbers on */
    int crashes; /* workers this delivery has cost since then */
    bool suspect; /* it was in flight when a worker or the daemon died: it goes alone */
    enum channel_kind channel;
    int64_t accepted_ms;
    int64_t expires_at_ms;        /* 0: never */
    int64_t batch;                /* 0: a notice of its own */
    int64_t line, offset, length; /* of a batch: where its text stands */
    char *notice_id, *address, *template_name, *locale, *zone, *batch_id, *job_text,
        *campaign; /* owned; zone, batch_id, job_text (a batch's: read it from the spool) and
                      campaign may be NULL */
    bool more_channels;
    bool overdue; /* its patience is over: the next channel's turn has come */
};

/* Of a campaign with a pace: how many people may be leased for the first time, in the wave that
 * began then. With room 0 only what was begun is leased. */
struct pace_grant {
    int64_t room;
    int64_t wave_ms;
};
/* Up to `limit` due deliveries of a lane, IN_FLIGHT from now on as one packet. A suspect is leased
 * alone. *out has room for `limit`; leased_clear() each. */
MUST_CHECK int ledger_lease_paced(struct ledger *l, int64_t lane, size_t limit,
                                  const struct pace_grant *grant, int64_t now_ms,
                                  enum ledger_durability durability, struct leased *out,
                                  size_t *out_count, struct error *err);
/* The same of a lane without a pace; of one that has one only what was begun. */
MUST_CHECK int ledger_lease(struct ledger *l, int64_t lane, size_t limit, int64_t now_ms,
                            enum ledger_durability durability, struct leased *out,
                            size_t *out_count, struct error *err);
void leased_clear(struct leased *row);

/*
 * After the wall clock was set back: deliveries whose due time came from a clock that was ahead get
 * the wait they had left, from `now_ms` on; what somebody asked for by the clock stays. A wave of a
 * campaign that began in what is now the future begins then.
 *
 * In steps, one after the other through what is due later than now: zero at first, then the same
 * struct again while `more`; from zero if the clock is set back once more. A step looks at `limit`
 * deliveries and lanes at most, so its cost does not depend on how many there are or how many are
 * right as they are.
 */
struct rewind {
    int64_t lane;        /* those before are done */
    int64_t due_ms, seq; /* and this one up to here */
    size_t moved;        /* by this step */
    bool more;
};
MUST_CHECK int ledger_rewind(struct ledger *l, struct rewind *r, int64_t now_ms, size_t limit,
                             struct error *err);
/* When the ledger of a spool was last written, by the clock of then; 0: there is none. Ask before
 * ledger_open(): a time in the future says that the clock was set back meanwhile. */
int64_t ledger_written_ms(const char *spool);

/*
 * After the configuration changed: what waits in the lanes of a transport because a gate sent it
 * back is due now, and the gates decide anew. Only what was sent back up to `before_ms`, or what
 * the gates of now send back would come again and again.
 *
 * In steps like ledger_rewind(): a step looks at `limit` deliveries and lanes at most.
 */
#define RELEASE_CAUSES 4
struct release {
    const char *transport;              /* borrowed */
    const char *causes[RELEASE_CAUSES]; /* which of them; NULL: none. Borrowed */
    int64_t before_ms;
    int64_t lane; /* the rest is zero at first */
    int64_t due_ms, seq;
    size_t moved; /* by this step */
    bool more;
};
MUST_CHECK int ledger_release(struct ledger *l, struct release *r, int64_t now_ms, size_t limit,
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
    bool counts;       /* an attempt is recorded and attempts goes up */
    bool crashed;      /* a worker died of it: crashes goes up */
    bool suspect;      /* next time it goes alone */
    bool next_channel; /* a notice of its own: makes the next spare channel's delivery WAITING, due
                          now */
    const struct planned_delivery
        *next;     /* of a batch, with next_channel: the channel that follows */
    int next_rest; /* channels behind that one */
    double jitter; /* recorded with the attempt */
    int64_t now_ms;
    int64_t duration_ms;
    const struct disposition
        *disposition; /* NULL: no attempt took place (expiry, suppression); `cause` says why */
    const char *cause;
    const char *sha256; /* "" or hex */
    const char *locale; /* rendered in; "" unknown */
    const char *transport;
};

/* IN_FLIGHT -> state: one update of one row (an earlier attempt's evidence moves to a row of its
 * own first). Asserts the edge. A delivery that is not IN_FLIGHT is left alone and *out_settled
 * false. */
MUST_CHECK int ledger_settle(struct ledger *l, const struct settlement *s, bool *out_settled,
                             struct error *err);

/* ---- receipts ---- */

/* What a receipt was found to speak of. Texts are owned; receipt_target_clear(). */
struct receipt_target {
    int64_t delivery; /* 0: nothing of ours, or not known yet */
    bool contradicts; /* two of its names mean different deliveries, the address is another, or it
                         is a gateway's that never had it */
    bool earlier;     /* it is of an attempt before the last one, or of another gateway's */
    bool repeated;    /* a returned mail of the same words is kept of this delivery already */
    enum delivery_state state; /* IN_FLIGHT while it is leased */
    enum receipt_kind receipt; /* the furthest one so far */
    enum channel_kind channel;
    char *notice_id, *address, *transport;
    bool more_channels; /* single routing with a channel left */
    struct leased row;  /* as ledger_lease() would give it: to plan a batch's next channel */
};
/* By `delivery` (of a token that was verified; 0: none), else transport and message_id, else
 * notice_id and channel: the first one that is known. A message_id that a gateway gave to two
 * deliveries means neither. Never fails for what is unknown. */
MUST_CHECK int ledger_find_receipt(struct ledger *l, const struct receipt *r, int64_t delivery,
                                   struct receipt_target *out, struct error *err);
void receipt_target_clear(struct receipt_target *target);

/* What policy made of it. */
struct receipt_booking {
    const struct receipt *receipt;
    int64_t delivery;          /* 0: parked under its message_id, or kept as unknown */
    enum delivery_state state; /* the delivery's from now on; unchanged: only the story grows */
    const char *cause;         /* of the delivery then; NULL: unchanged */
    bool forward;              /* it is the furthest receipt now */
    bool declined;             /* the person does not want it: nobody waits for its channel */
    bool next_channel;         /* as of a settlement, with next and next_rest */
    const struct planned_delivery *next;
    int next_rest;
    int64_t next_ms; /* the next channel cannot be planned now: ledger_walk_overdue() brings the
                        delivery from then on; 0: no such thing */
    int64_t now_ms;
};
/* Keeps the receipt and moves the delivery, with the same rules as ledger_settle() for what
 * follows; asserts the edge. A delivery in flight is not moved: its receipt (but a RECEIPT_NOTE)
 * waits beside it, and ledger_walk_parked() brings it when it is settled. Of one delivery 100 are
 * kept and those that say something new; the others are counted. */
MUST_CHECK int ledger_book_receipt(struct ledger *l, const struct receipt_booking *b,
                                   struct error *err);
/*
 * Receipts that came before what they speak of was known (in flight, or its message_id not yet
 * stored) and can be booked now: handed to fn once, and no longer parked. fn books them at once,
 * in the same transaction. Costs nothing while none is parked. What nobody asks for is parked for
 * 72 h and then only kept; 100,000 at most, then the oldest go.
 */
typedef void ledger_receipt_fn(void *context, const struct receipt *r, int64_t delivery);
MUST_CHECK int ledger_walk_parked(struct ledger *l, int64_t now_ms, size_t limit,
                                  ledger_receipt_fn *fn, void *context, size_t *out_count,
                                  struct error *err);
/* The receipts of one delivery in the order they came; texts are valid during the call. */
MUST_CHECK int ledger_walk_receipts(struct ledger *l, int64_t delivery, ledger_receipt_fn *fn,
                                    void *context, struct error *err);

/* ---- patience ---- */

/*
 * Deliveries whose patience is over (planned_delivery.patience_ms), not in flight, with a channel
 * behind them: handed to fn as a leased row that is not leased, at most `limit`, the oldest of each
 * batch first. Nothing of a batch that is stopped. What fn does not move with ledger_escalate()
 * comes again, a second later.
 */
typedef void ledger_overdue_fn(void *context, const struct leased *row, enum delivery_state state);
MUST_CHECK int ledger_walk_overdue(struct ledger *l, int64_t now_ms, size_t limit,
                                   ledger_overdue_fn *fn, void *context, size_t *out_count,
                                   struct error *err);
/* Before this none is over; INT64_MAX: there is none. From memory. */
int64_t ledger_next_overdue_ms(const struct ledger *l);
/*
 * The next channel's turn: what waits, is deferred or held becomes CANCELLED with cause `escalated`
 * (it is never sent: nobody is told twice); what was delivered without being confirmed, failed or
 * is uncertain stays what it is. Either way the next channel begins, by `next` (of a batch) or the
 * spare. Nothing if it is in flight, has told the person meanwhile or its time is not over. If no
 * channel behind it can be sent (`next` NULL) it stays what it is, and nobody waits for it any
 * more.
 */
MUST_CHECK int ledger_escalate(struct ledger *l, int64_t delivery,
                               const struct planned_delivery *next, int next_rest, int64_t now_ms,
                               bool *out_moved, struct error *err);

/*
 * After the wall clock stepped by `by_ms`, from `was_ms`: whoever waits for a channel has as much
 * of its patience left as before. One that begins at a time that was asked for begins by the clock.
 *
 * In steps: by_ms, was_ms and `more` at first, all else zero, then the same struct again while
 * `more`, and nothing is escalated meanwhile. A step looks at `limit` deliveries and batches at
 * most.
 */
struct patience_shift {
    int64_t by_ms, was_ms;
    size_t batch;         /* those before are done */
    int64_t over_ms, seq; /* and this one up to here */
    int64_t last;         /* what was made behind this one knows the clock of now */
    size_t moved;         /* by this step */
    bool more;
};
MUST_CHECK int ledger_shift_patience(struct ledger *l, struct patience_shift *s, size_t limit,
                                     struct error *err);

/* ---- suppression ---- */

/* Adds one. What an operator decided (SUPPRESSION_OPERATOR) replaces what is there; of anything
 * else, reported or imported, what lasts longer stays as it is. With an action it is recorded in
 * the chain, durable. */
MUST_CHECK int ledger_suppress(struct ledger *l, const struct suppression *s,
                               const struct action *action, struct error *err);
/* *out_found false: it was not there. */
MUST_CHECK int ledger_unsuppress(struct ledger *l, enum channel_kind channel, const char *key,
                                 const struct action *action, bool *out_found, struct error *err);
/* May anything be on the list? From memory: whoever asks with every delivery asks this first. Only
 * with LEDGER_WRITE. */
bool ledger_has_suppressions(const struct ledger *l);
/* Is this address (as suppression_put_key() writes it) on the list at `now_ms`? Texts of *out are
 * owned by the ledger until the next call. Costs nothing while the list is empty. */
MUST_CHECK int ledger_find_suppression(struct ledger *l, enum channel_kind channel, const char *key,
                                       int64_t now_ms, bool *out_found, struct suppression *out,
                                       struct error *err);
/* In the order of channel and address, behind (channel, after); texts are valid during the call.
 * Expired ones too. */
typedef void ledger_suppression_fn(void *context, const struct suppression *s);
MUST_CHECK int ledger_walk_suppressions(struct ledger *l, enum channel_kind channel,
                                        const char *after, size_t limit, ledger_suppression_fn *fn,
                                        void *context, size_t *out_count, struct error *err);

/* ---- endpoints ---- */

/* What is remembered of a receiver of webhooks over restarts. Texts are borrowed. */
struct endpoint_state {
    const char *name;
    bool disabled;
    const char *reason;       /* of `disabled`; "" */
    int64_t since_ms;         /* of `disabled`; else enabled then and not asked since, 0: no */
    int64_t failing_since_ms; /* nothing but failures since then; 0: the last one went through */
    int64_t last_ok_ms;       /* 0: never */
};
MUST_CHECK int ledger_put_endpoint(struct ledger *l, const struct endpoint_state *state,
                                   const struct action *action, struct error *err);
typedef void ledger_endpoint_fn(void *context, const struct endpoint_state *state);
MUST_CHECK int ledger_walk_endpoints(struct ledger *l, ledger_endpoint_fn *fn, void *context,
                                     struct error *err);

/*
 * After a crash of the scheduler: what was IN_FLIGHT goes to DEFERRED, due at once and before
 * others, with cause `interrupted` and as suspect, where its transport resends, and to UNCERTAIN
 * where it holds. `holds(context, transport)` tells. Nobody is blamed: tries and crashes stay.
 * Retries that stopped between two steps are closed in the record.
 */
MUST_CHECK int ledger_recover(struct ledger *l, bool (*holds)(void *context, const char *transport),
                              void *context, int64_t now_ms, size_t *out_deferred,
                              size_t *out_uncertain, struct error *err);

/* How many deliveries a transport was given today (delivered, day as the engine counts it, from
 * 1970): for warm-up. ledger_settle() counts what it books as delivered under `day`. */
MUST_CHECK int ledger_count_day(struct ledger *l, const char *transport, int64_t day, int64_t *out,
                                struct error *err);
void ledger_set_day(struct ledger *l, int64_t day);

/* ---- look ---- */

/* What is meant: all that is given must fit. Texts are borrowed; NULL: any. */
struct selector {
    const char *id; /* of a notice */
    const char *campaign;
    const char *cause;
    const char *batch; /* its id */
    const char *template_name;
    const char *locale;         /* the language chosen */
    const char *domain;         /* behind the @ of an address; of webhooks: the endpoint */
    const char *address;        /* an endpoint; of a retry */
    int channel;                /* enum channel_kind, -1: any */
    int state;                  /* enum delivery_state, -1: any */
    int64_t accepted_before_ms; /* 0: whenever */
    const char *actions;        /* numbers of actions that moved it last: "12", "12-14,16" */
    bool everything;            /* said so: not by leaving all else out */
};
/* Is `text` numbers, and ranges of them, with commas between? Nothing else may be selected by. */
bool ledger_actions_valid(const char *text);
#define SELECTOR_ALL ((struct selector){.channel = -1, .state = -1})

struct delivery_row {
    int64_t delivery;
    const char *notice_id, *campaign, *template_name, *locale, *transport, *address, *cause, *reply;
    const char *batch_id; /* NULL: a notice of its own */
    int64_t batch;        /* its number */
    bool numbered;        /* its lines have reference numbers, see ledger_batch_is_numbered() */
    enum batch_stop batch_stop;
    int64_t line;           /* in the batch */
    int64_t offset, length; /* of its text in notices.jsonl, for spool_read_line() */
    int crashes;
    bool suspect; /* it was in flight when a worker or the daemon died: it goes alone */
    enum channel_kind channel;
    enum delivery_state state;
    enum receipt_kind receipt; /* the furthest report that came */
    int attempts;
    int64_t accepted_ms, due_ms, changed_ms;
    int64_t over_ms; /* then the next channel's turn comes, if this one has not told; 0: never */
    int follower;    /* enum channel_kind of that; -1: unknown (of a batch), or none */
};
/* Rows after delivery number `after`, at most `limit`, in order; texts are valid during the call.
 * Returns how many in *out_count, the last number in *out_last. */
typedef void ledger_row_fn(void *context, const struct delivery_row *row);
MUST_CHECK int ledger_walk(struct ledger *l, const struct selector *selector, int64_t after,
                           size_t limit, ledger_row_fn *fn, void *context, size_t *out_count,
                           int64_t *out_last, struct error *err);
/* Do the lines of a batch have reference numbers (model/reference.h)? Not known, and false, once
 * the batch is purged. */
MUST_CHECK int ledger_batch_is_numbered(struct ledger *l, int64_t batch, bool *out,
                                        struct error *err);
/* The id of the notice that is line `line` of batch number `batch`, appended; quickly, whatever the
 * size of the batch. Nothing if it is not in the books, is of a batch known not to have reference
 * numbers, or stands there under no name. */
struct buf;
MUST_CHECK int ledger_find_line(struct ledger *l, int64_t batch, int64_t line, struct buf *out,
                                struct error *err);
/* The same of the line that begins at `offset` of notices.jsonl, of any batch. */
MUST_CHECK int ledger_find_offset(struct ledger *l, int64_t batch, int64_t offset, struct buf *out,
                                  struct error *err);
/* The ids of notices that go to this address or number, of the next `limit` deliveries behind
 * number *after, which is moved; once for each of its deliveries. A search: in steps, while
 * *out_more. */
MUST_CHECK int ledger_walk_addresses(struct ledger *l, const char *address, int64_t *after,
                                     size_t limit, ledger_name_fn *fn, void *context,
                                     bool *out_more, struct error *err);
/* The ids of single notices that brought this reference, of the next `limit` behind number *after,
 * which is moved. A search: in steps, while *out_more. */
MUST_CHECK int ledger_walk_references(struct ledger *l, const char *reference, int64_t *after,
                                      size_t limit, ledger_name_fn *fn, void *context,
                                      bool *out_more, struct error *err);

/* Is there any delivery of this campaign, template or language? By index. */
enum selector_name { SELECTOR_CAMPAIGN, SELECTOR_TEMPLATE, SELECTOR_LOCALE };
#define SELECTOR_NAMES 3
MUST_CHECK int ledger_knows(struct ledger *l, enum selector_name which, const char *name, bool *out,
                            struct error *err);
/* All of them, at most `limit`, in order. */
MUST_CHECK int ledger_walk_known(struct ledger *l, enum selector_name which, size_t limit,
                                 ledger_name_fn *fn, void *context, struct error *err);

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
/* The job text of a notice as accepted, appended. ERR_NOT_FOUND; also for a recipient of a batch,
 * whose text stands in the spool, and for what was purged. */
struct buf;
MUST_CHECK int ledger_read_notice(struct ledger *l, const char *id, struct buf *out,
                                  struct error *err);

/*
 * Rows to be counted by who asks: of some states, without anything that costs a look elsewhere. In
 * steps: zero but for the selector, the states and the limit at first, then the same struct again
 * while `more`. By indexes; a step looks at `limit` rows at most. Not of what is delivered or in
 * flight.
 */
struct census {
    const struct selector *selector; /* its state is not asked */
    bool states[DELIVERY_STATES];
    bool places; /* address, transport and accepted_ms are wanted */
    size_t limit;
    int state; /* those before are done */
    int64_t lane, due_ms, seq;
    bool more;
};
struct census_row {
    int64_t delivery, accepted_ms;
    enum delivery_state state;
    enum channel_kind channel;
    const char *cause, *address, *transport; /* valid during the call */
};
typedef void ledger_census_fn(void *context, const struct census_row *row);
MUST_CHECK int ledger_take_census(struct ledger *l, struct census *c, ledger_census_fn *fn,
                                  void *context, struct error *err);
/* The last words on a delivery, as delivery_row.reply; appended. *out_code: of the attempt that
 * said them, 0: none, or it was no attempt. */
MUST_CHECK int ledger_read_reply(struct ledger *l, int64_t delivery, int *out_code, struct buf *out,
                                 struct error *err);

/* A person of a batch with the delivery that is the last word on them: the first that was
 * delivered, else one that is open, else the latest of uncertain, failed, expired, suppressed,
 * cancelled. */
struct person_row {
    int64_t delivery, line;
    int64_t offset, length; /* of its text in notices.jsonl */
    const char *notice_id;  /* "b:7" for one that stands there under no name */
    const char *locale, *zone, *address, *cause, *reply; /* zone: "" if unknown */
    bool fallback;                                       /* of language */
    int turn;                                            /* channels tried before */
    enum channel_kind channel;
    enum delivery_state state; /* WAITING stands for IN_FLIGHT, too */
    int64_t changed_ms;
};
typedef void ledger_person_fn(void *context, const struct person_row *row);
/* Every person of batch number `batch` whose line is in the books, once. Reads all of its rows, two
 * times: beside a daemon, never in it. Texts are valid during the call. */
MUST_CHECK int ledger_walk_people(struct ledger *l, int64_t batch, ledger_person_fn *fn,
                                  void *context, struct error *err);

/* counts[channel][state], from counters kept with every change, not from a scan. */
MUST_CHECK int ledger_count(struct ledger *l, int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                            struct error *err);
/* When the delivery that has been in this state the longest was accepted; 0: none is, or
 * (delivered) nobody asks. By index, not from a scan. */
MUST_CHECK int ledger_oldest(struct ledger *l, enum channel_kind channel, enum delivery_state state,
                             int64_t *out_accepted_ms, struct error *err);

/* Of what is open and not in flight in a lane: when the first one is due, and with which cause it
 * waits. */
struct next_due {
    const char *transport; /* borrowed, until the callback returns */
    const char *cause;     /* likewise */
    int64_t due_ms;
    bool tried; /* it is deferred: the schedule says when */
};
typedef void ledger_next_fn(void *context, const struct next_due *next);
/* Once for each lane of a batch (0: of single notices) in which something stands. By index, not
 * from a scan. */
MUST_CHECK int ledger_walk_next_due(struct ledger *l, int64_t batch, ledger_next_fn *fn,
                                    void *context, struct error *err);

/* Recounts from the rows and compares: counters and rows, lines and total of each batch that is
 * whole, notices without a delivery, the chain of actions. `batch` NULL: everything. ERR_INTERNAL
 * with the difference if the books do not balance, ERR_NOT_FOUND if there is no such batch. */
struct books {
    int64_t notices;  /* single notices and lines of batches; or the one batch's lines */
    int64_t expected; /* of a batch that is whole: its lines; else equal to notices */
    int64_t deliveries[DELIVERY_STATES];
};
MUST_CHECK int ledger_reconcile(struct ledger *l, const char *batch, struct books *out,
                                struct error *err);

/* ---- act ---- */

struct action {
    const char *verb;     /* "retry" */
    const char *who;      /* "uid 1000 (jana)" */
    const char *reason;   /* may be "" */
    const char *selector; /* as text, for the record */
    int64_t now_ms;
};
/* How many of what was moved, by channel and language. */
#define SHARE_LOCALE_SIZE 36
struct share {
    enum channel_kind channel;
    char locale[SHARE_LOCALE_SIZE];
    int64_t count;
};
struct shares {
    struct share *at;
    size_t count;
};
/* `all` may be NULL. */
void shares_add(struct shares *all, enum channel_kind channel, const char *locale);
void shares_free(struct shares *all);

/*
 * A retry moves every selected delivery that may go there to WAITING, due now, attempts kept,
 * schedule begun anew. It is taken in steps, so that nobody waits long for one of millions: zero
 * but for the selector and the limit at first, then the same struct again while `more`.
 *
 * What is in flight is left alone. What a gate sent back is due now if the selector names the
 * notice, the state or the gate; what waits for a time that was asked for is left alone. Held,
 * suppressed, cancelled and uncertain deliveries are moved only if the selector names a notice or
 * their state. What can never be sent is left alone, and counted in `barred`. With single routing a
 * channel is not begun again while another one of the notice runs or after it told the person.
 * What came after the first step, and what failed again since, is not meant.
 *
 * The record: what a single step does is one action. A longer one begins with an action of which
 * the verb is "VERB begun", its count what that first step moved, and is closed by its last step
 * with "VERB ended", selector {"action":NUMBER}, its count all that was moved since: the counts of
 * the chain add up to what was moved. Between the two the steps are added up beside the chain
 * (action_row.pending). A retry that stopped in between has no end: ledger_recover() closes it with
 * "VERB interrupted" and what it had moved, or the next retry does, a minute after its last step.
 */
/* What goes on from step to step; asked for the next one as it came back from the last. */
struct step_place {
    size_t limit;  /* deliveries a step may move, or pass several of for each; up to a page more */
    int64_t after; /* up to this number all are done */
    int64_t until; /* and behind this one nothing is meant; 0: not begun */
    int64_t group; /* of what is looked at just now, and when in it: see act_step.c */
    int64_t at_ms;
    bool more;
};
/* Why something the selector means is not begun again. */
enum retry_bar {
    RETRY_ARRIVED,    /* of a notice that is named: delivered */
    RETRY_PURGED,     /* its text is gone */
    RETRY_REFUSED,    /* a line intake refused: nobody is known to send it to, or it is another's */
    RETRY_EXPIRED,    /* it is over and its expires_at has passed */
    RETRY_ON_ITS_WAY, /* in flight, or waiting for a time that was asked for */
    RETRY_DUE,        /* now, or in a moment: for its turn, or a transport that rests */
    RETRY_TOLD,       /* another channel of the same person runs, or told the person */
    RETRY_DISABLED,   /* its endpoint is disabled: it would only be held again */
    RETRY_CANCELLED,  /* its campaign was cancelled: that is for good */
    RETRY_BARS
};
/* Where something goes that is begun again, or due. Borrowed for the call. */
struct retry_way {
    const char *transport; /* in whose lane it stands */
    enum channel_kind channel;
    const char *address;
};
/* True: it counts as begun again, though it was due before. */
typedef bool ledger_meet_fn(void *context, const struct retry_way *way);
struct retry {
    const struct selector *selector;
    struct step_place place;
    int64_t action;             /* the number of its beginning; 0: nothing is begun */
    int64_t count;              /* moved by this step */
    int64_t barred[RETRY_BARS]; /* meant, but left alone by this step */
    int64_t now_ms;             /* for who only counts */
    /* Of each that is moved, or due and not in a stopped batch; NULL: nobody asks. Not of who only
     * counts. */
    ledger_meet_fn *meet;
    void *context;
    struct shares *by; /* `count` is added to these; NULL: nobody asks */
};
/* One step and what is recorded of it in one transaction, durable if it moved something. Nothing
 * is recorded of a retry that moves nothing. ERR_CONFLICT: no retry of `action->who` with this
 * number is open. After an error the step can be asked again. */
MUST_CHECK int ledger_retry(struct ledger *l, struct retry *r, const struct action *action,
                            struct error *err);

/* How many ledger_retry() would move now, by the same steps; changes nothing, so a reader may ask
 * too. */
MUST_CHECK int ledger_count_retry(struct ledger *l, struct retry *r, struct error *err);

/*
 * What else operators do to deliveries, in steps and recorded like a retry. What is in flight is
 * left and counted: nobody can call it back.
 */
enum act_kind {
    ACT_HOLD,    /* waiting, deferred -> held, cause `operator`; patience begins anew afterwards */
    ACT_RELEASE, /* held -> waiting, due now; its schedule goes on where it was */
    ACT_EXPIRE,  /* waiting, deferred, held -> expired */
    ACT_CANCEL,  /* the same -> cancelled; the channels behind it are forgotten */
    ACT_DELIVERED, /* waiting, deferred, held, failed, uncertain -> delivered, by somebody's word */
};
#define ACT_KINDS 5
/* Why something the selector means is left alone. */
enum act_bar {
    ACT_IN_FLIGHT,
    ACT_UNFIT,    /* of a notice that is named: nothing is done to this state */
    ACT_POISON,   /* RELEASE: it cost three workers; only if its id or this cause is named */
    ACT_DISABLED, /* RELEASE: its endpoint is disabled, it would only be held again */
    ACT_TOLD,     /* DELIVERED: another channel of the same person runs, or told the person */
    ACT_BARS
};
const char *act_kind_name(enum act_kind kind); /* "hold" ... "mark-delivered" */
struct act {
    enum act_kind kind;
    const struct selector *selector;
    struct step_place place;
    /* As of struct retry; also of a single step: by its number what it moved is selected again. */
    int64_t action;
    int64_t now_ms; /* for who only counts */
    int64_t count;  /* moved by this step */
    int64_t ended;  /* EXPIRE, CANCEL: had left, and their next channel will not begin any more */
    int64_t barred[ACT_BARS];
    struct shares *by; /* `count` is added to these; NULL: nobody asks */
};
MUST_CHECK int ledger_act(struct ledger *l, struct act *a, const struct action *action,
                          struct error *err);
MUST_CHECK int ledger_count_act(struct ledger *l, struct act *a, struct error *err);

/* Stops a batch (state of its deliveries unchanged, nothing is leased) or lets it go on; `go_on`:
 * it is not halted by failures again. With an action it is recorded in the chain, durable; NULL
 * (the engine's own halt): also recorded, by "dispatcher". ERR_NOT_FOUND. */
MUST_CHECK int ledger_stop_batch(struct ledger *l, const char *id, enum batch_stop stop,
                                 const char *reason, bool go_on, const struct action *action,
                                 struct error *err);

/* Its letter is not what was approved (`reason` says so: nothing is leased), or it is again (""),
 * or `allowed` (hex, NULL: unchanged) is all the same. Recorded in the chain, durable; without an
 * action by "dispatcher". ERR_NOT_FOUND. */
MUST_CHECK int ledger_judge_letter(struct ledger *l, const char *id, const char *reason,
                                   const char *allowed, const struct action *action,
                                   struct error *err);

/*
 * What retention allows, in steps: texts of single notices whose deliveries are all final (but not
 * uncertain) since `before_ms`, and none of which waits for word, are emptied, at most `limit`;
 * batches likewise become BATCH_PURGED, at most `limit`, and one of all that are and still have
 * their notices is handed to `fn`, which removes those (again after a crash: fn must accept what is
 * gone). What gateways called their deliveries goes with them. Rows, addresses, attempts, receipts
 * and hashes stay, and nothing of it is begun again by ledger_retry().
 *
 * Zero at first, then the same struct again while `more`. What fn could not remove is passed over
 * until somebody begins from zero: then it is handed to fn again, whatever `before_ms` says.
 */
struct purge {
    int64_t after;         /* up to this number all purged batches were handed to fn */
    int64_t seen_ms, seen; /* when the last notice was accepted that was looked at, its number */
    int64_t notices;       /* emptied by this step */
    int64_t batches;       /* removed by this step */
    int64_t kept;          /* not removed by this step, because fn could not */
    bool more;
};
/* What ledger_purge() leaves although it came before `before_ms` and has left, because it waits for
 * word: its next channel needs the text. Of notices it looks at the first PURGE_KEPT_MOST. */
#define PURGE_KEPT_MOST INT64_C(10000)
struct purge_kept {
    int64_t notices, batches;
};
MUST_CHECK int ledger_count_kept(struct ledger *l, int64_t before_ms, struct purge_kept *out,
                                 struct error *err);

/* Removes the notices of a purged batch. 0: they are gone. Anything else: they may still be there;
 * fn has told somebody why. */
typedef int ledger_remove_fn(void *context, const char *id);
/* Not within a transaction. `action` NULL: nothing is recorded. */
MUST_CHECK int ledger_purge(struct ledger *l, struct purge *p, int64_t before_ms, size_t limit,
                            ledger_remove_fn *fn, void *context, const struct action *action,
                            struct error *err);

struct action_row {
    int64_t number; /* from 1, without gaps */
    struct action action;
    int64_t count;               /* deliveries it moved */
    int64_t pending;             /* of one that is begun: moved since, by steps not closed yet; -1:
                                    nothing is open */
    const char *previous, *hash; /* hex; the first `previous` is zeros */
};
/* Every action in order; texts are valid during the call. ledger_reconcile() verifies the chain. */
typedef void ledger_action_fn(void *context, const struct action_row *row);
MUST_CHECK int ledger_walk_actions(struct ledger *l, ledger_action_fn *fn, void *context,
                                   struct error *err);
/* Those whose selector seems to name the campaign (look at it), likewise, however many there are of
 * others. */
MUST_CHECK int ledger_walk_campaign_actions(struct ledger *l, const char *campaign,
                                            ledger_action_fn *fn, void *context, struct error *err);
/* Records what moves nothing: that somebody read a text, or took evidence along. Durable. */
MUST_CHECK int ledger_record_action(struct ledger *l, const struct action *action, int64_t count,
                                    struct error *err);

#endif
