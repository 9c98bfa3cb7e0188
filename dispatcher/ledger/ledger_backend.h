/*
 * What the files of the SQLite ledger share. Nobody outside this folder includes it.
 *
 * Beside the tables the ledger keeps in memory what would cost a question each time: the deliveries
 * in flight, the lanes with their cursors, and short lists of names. A transaction that is undone
 * undoes these too: every change of them inside one is noted in `undo` (undo.c), newest last.
 */
#ifndef LEDGER_LEDGER_BACKEND_H
#define LEDGER_LEDGER_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "ledger/campaigns.h"
#include "ledger/db.h"
#include "ledger/flight.h"
#include "ledger/ledger.h"

/* The row of a transport. */
struct transport_memo {
    int64_t number;
    char *name;
};

/* What recipients of batches share. Texts are never NULL; zone is "" if unknown. */
struct letter {
    const char *template_name, *locale, *zone;
    bool fallback;
};

/* The row of a letter. */
struct letter_memo {
    int64_t number;
    struct letter letter; /* borrowed from `texts` */
    char *texts[3];
};

/* What may change of a batch. */
struct batch_standing {
    enum batch_state state;
    enum batch_stop stop;
    bool letter_changed; /* its letter is not what was approved: nothing goes */
    int64_t finished_ms;
    int64_t open;     /* rows that are not final */
    int64_t awaiting; /* see patience_awaits() */
};

struct batch_memo {
    int64_t number;
    char *id, *campaign; /* campaign: NULL if absent */
    enum job_priority priority;
    int64_t total, accepted_ms, expires_at_ms;
    struct batch_standing now;
    size_t campaign_at; /* its place in `campaigns`, from 1; 0: it has none that was started */
    enum { RELATIVES_UNKNOWN, RELATIVES_NONE, RELATIVES_SOME } relatives; /* see line.c */
};

/* A campaign that was started. */
struct campaign_memo {
    int64_t number;
    char *id;
    struct pace pace;
    enum campaign_stop stop;
    struct pace_count count;
};

/* Beside each `struct lane`: everything in it up to this place is in flight or gone. */
struct lane_cursor {
    int64_t transport;
    int64_t due_ms, seq;
    int64_t noted_in; /* the transaction that noted it in `undo` */
    bool begun_known; /* begun_ms is right; see ledger_find_begun() */
    int64_t begun_ms;
};

/* Nothing of a batch (0: of single notices) has had its time before this. */
struct patience {
    int64_t batch;
    int64_t next_ms;
};

/* Changes of the counters of a batch in this transaction. */
struct tally {
    int64_t batch; /* 0: single notices */
    int64_t n[CHANNEL_KINDS][DELIVERY_STATES];
    int64_t awaiting;
};

/* Changes of `day`. */
struct day_tally {
    int64_t transport, day, n;
};

enum undo_kind {
    UNDO_TAKE_OFF, /* was added to `flight` */
    UNDO_LAND,     /* was removed from it */
    UNDO_LANE,     /* was changed */
    UNDO_BATCH,    /* was changed */
    UNDO_PATIENCE, /* was put off */
    UNDO_CAMPAIGN, /* was changed */
    UNDO_NEW_LANE, /* these became known: they go again */
    UNDO_NEW_BATCH,
    UNDO_NEW_TRANSPORT,
    UNDO_NEW_LETTER,
    UNDO_NEW_CAMPAIGN,
};

struct undo {
    enum undo_kind kind;
    union {
        struct flying flying;
        struct {
            struct lane lane;
            struct lane_cursor cursor;
        } lane;
        struct {
            int64_t number;
            struct batch_standing standing;
        } batch;
        struct patience patience;
        struct {
            size_t at;
            enum campaign_stop stop;
            struct pace_count count;
        } campaign;
    };
};

/* What is known about tables that mostly are empty, so that nobody asks them. */
struct memory {
    bool suppressions; /* there are any */
    /* Rows of `parked`: all, and by their standing. */
    int64_t parked, parked_waiting, parked_ready;
    int64_t parked_since_ms; /* no waiting one came before this */
};

/* Of the newest numbers, as far as they were noted: see sketch.c. */
#define SKETCH_ROWS  256
#define SKETCH_BYTES 256
struct sketch {
    int64_t block;
    bool whole; /* from its first number on */
    unsigned char bits[SKETCH_BYTES];
};

struct ledger {
    struct db *db;
    char *path; /* of ledger.db, for messages */
    enum ledger_mode mode;
    bool in_transaction;
    enum ledger_durability durability; /* of the transaction that is open */
    bool raised;      /* a call inside asked for more than the transaction promises: sync after its
                         commit */
    bool synchronous; /* SQLite's setting now: commits are synced */
    bool unsynced;    /* something was committed that a power cut may still take */
    bool inherited;   /* a log from a process before us, of whose syncs we know nothing */
    int64_t changed_before; /* db_changed_ever() when the transaction began */
    int64_t transaction;    /* counts them */
    int64_t last_ms;        /* the time we were told last */
    int64_t today;          /* -1: never told */
    int64_t data_version;   /* LEDGER_READ: of which `flight` was read */
    bool has_batches;
    struct memory memory, memory_before; /* before: when the transaction began */
    int64_t numbered_batch;              /* asked last; 0: none */
    bool numbered;                       /* the answer */
    char *found[4];                      /* texts of ledger_find_suppression() */
    struct sketch sketch;

    /* Written once before the commit. */
    struct tally *tallies;
    size_t tally_count;
    struct day_tally *days;
    size_t day_count;

    struct undo *undo;
    size_t undo_count, undo_capacity;

    struct flight flight;
    struct lane *lanes;
    struct lane_cursor *cursors; /* as many */
    size_t lane_count;
    struct batch_memo **batches;
    size_t batch_count;
    struct campaign_memo *campaigns;
    size_t campaign_count;
    struct transport_memo *transports;
    size_t transport_count;
    struct letter_memo **letters;
    size_t letter_count;
    struct patience *patience;
    size_t patience_count;
};

/* ---- ledger.c ---- */

/* Every writing call stands between these two: they open a transaction of its own unless the caller
 * has one. */
MUST_CHECK int ledger_enter(struct ledger *l, enum ledger_durability durability, bool *out_own,
                            struct error *err);
/* Commits what ledger_enter() opened, or undoes it if `rc` is negative. Returns rc, or why the
 * commit failed. */
MUST_CHECK int ledger_leave(struct ledger *l, bool own, int rc, struct error *err);
/* Every question of more than one statement stands between these two: a reader sees one moment,
 * with what was in flight then. */
MUST_CHECK int ledger_look(struct ledger *l, bool *out_own, struct error *err);
int ledger_looked(struct ledger *l, bool own, int rc, struct error *err);
/* Remembers a time we were told. */
void ledger_note_time(struct ledger *l, int64_t now_ms);
/* ERR_IO: what stands in the file cannot be. */
int ledger_damaged(const struct ledger *l, const char *what, int64_t number, struct error *err);
/* Numbers from the file as our enums; false if they are out of range. */
bool ledger_read_channel(int64_t number, enum channel_kind *out);
bool ledger_read_state(int64_t number, enum delivery_state *out);
enum receipt_kind ledger_read_receipt_kind(int64_t number);
/* A text column that cannot be NULL unless the file is damaged. */
const char *ledger_read_text(struct query *q);

/* ---- undo.c ---- */

/* Notes a change of memory: nothing happens outside of a transaction. */
void undo_note(struct ledger *l, const struct undo *u);
/* Takes back everything noted, newest first. */
void undo_all(struct ledger *l);
void undo_forget(struct ledger *l);

/* Into and out of `flight`, noted. */
void ledger_take_off(struct ledger *l, const struct flying *row);
size_t ledger_land(struct ledger *l, int64_t delivery);
/* Reads `flight` from the leases in the file. */
MUST_CHECK int ledger_load_flight(struct ledger *l, struct error *err);

/* ---- name.c ---- */

/* The number of a transport's name; 0 if it is unknown and `create` is false. */
MUST_CHECK int ledger_find_transport(struct ledger *l, const char *name, bool create, int64_t *out,
                                     struct error *err);
/* The name of a number, valid until the transaction is undone. */
MUST_CHECK int ledger_name_transport(struct ledger *l, int64_t number, const char **out,
                                     struct error *err);
MUST_CHECK int ledger_find_letter(struct ledger *l, const struct letter *letter, int64_t *out,
                                  struct error *err);
MUST_CHECK int ledger_read_letter(struct ledger *l, int64_t number, const struct letter **out,
                                  struct error *err);
void ledger_drop_transport(struct ledger *l); /* the last one, for undo.c */
void ledger_drop_letter(struct ledger *l);

/* ---- lane.c ---- */

MUST_CHECK int ledger_load_lanes(struct ledger *l, struct error *err);
/* The number of a lane, made if need be. */
MUST_CHECK int ledger_find_lane(struct ledger *l, const char *transport, enum job_priority priority,
                                int64_t batch, int64_t *out, struct error *err);
/* A delivery stands in a lane from now on, or at another place of it. */
MUST_CHECK int ledger_stand_in_lane(struct ledger *l, int64_t lane, int64_t due_ms,
                                    int64_t delivery, struct error *err);
/* A delivery that was not leased leaves its place: before the change. Behind the last such change
 * the lanes are refreshed, once. */
void ledger_leave_lane(struct ledger *l, int64_t lane);
MUST_CHECK int ledger_refresh_lanes(struct ledger *l, struct error *err);
/* When the first that stands in it and is not in flight is due; INT64_MAX: nothing does. */
MUST_CHECK int ledger_first_open(struct ledger *l, int64_t lane, int64_t *out_ms,
                                 struct error *err);
/* Where a lane stands in `lanes`; lane_count: it is not there. */
size_t ledger_lane_index(const struct ledger *l, int64_t lane);
/* The first lane from `from` on (of a transport, NULL: of any); INT64_MAX: there is none. */
int64_t ledger_next_lane(const struct ledger *l, int64_t from, const char *transport);
/* Notes a lane once per transaction before it is changed. */
void ledger_note_lane(struct ledger *l, size_t at);
/* Forgets empty lanes when there are very many. Not within a transaction. */
void ledger_tidy_lanes(struct ledger *l);

/* ---- batch.c ---- */

/* The number of a batch by its id, 0: there is none. */
MUST_CHECK int ledger_find_batch(struct ledger *l, const char *id, int64_t *out, struct error *err);
/* Valid until the transaction is undone. */
MUST_CHECK int ledger_read_batch(struct ledger *l, int64_t number, struct batch_memo **out,
                                 struct error *err);
/* Notes a batch before it is changed. */
void ledger_note_batch(struct ledger *l, const struct batch_memo *b);
void ledger_drop_batch(struct ledger *l); /* the last one, for undo.c */
/* What is open of it and what waits for word changed by so many, or it has all its lines: is it
 * finished now? */
MUST_CHECK int ledger_judge_batch(struct ledger *l, struct batch_memo *b, int64_t open_change,
                                  int64_t awaiting_change, struct error *err);

/* ---- campaign_memo.c ---- */

MUST_CHECK int ledger_load_campaigns(struct ledger *l, struct error *err);
/* NULL: it belongs to none that was started. Valid until one is started. */
struct campaign_memo *campaign_of(const struct ledger *l, const struct batch_memo *b);
struct campaign_memo *campaign_named(const struct ledger *l, const char *id);
/* A batch comes into memory. */
void campaign_attach(const struct ledger *l, struct batch_memo *b);
/* Nothing of it is leased: by itself, its letter or its campaign. */
bool batch_is_stopped(const struct ledger *l, const struct batch_memo *b);
/* What comes back of this batch, or comes to it, is cancelled. */
bool campaign_cancels(struct ledger *l, int64_t batch);
#define CAMPAIGN_CANCELLED_CAUSE "campaign_cancelled"
/* What lanes of a batch know of it; again after a change. */
void campaign_describe_lane(const struct ledger *l, const struct batch_memo *b, struct lane *lane);
void campaign_refresh_lanes(struct ledger *l, const struct batch_memo *b);
/* What decides what may be done with it. */
struct campaign_standing {
    bool known, started, passed;
    enum campaign_stop stop;
    char digest[DIGEST_HEX_SIZE];
};
MUST_CHECK int campaign_find_standing(struct ledger *l, const char *id,
                                      struct campaign_standing *out, struct error *err);
/* A draft, unless it is known. */
MUST_CHECK int campaign_make_draft(struct ledger *l, const char *id, int64_t now_ms,
                                   struct error *err);
/* It was started: from its row into memory, and to its batches. */
MUST_CHECK int campaign_begin(struct ledger *l, const char *id, struct error *err);
void campaign_set(struct ledger *l, const char *id, enum campaign_stop stop, bool passed);
void campaign_note(struct ledger *l, const struct campaign_memo *c); /* before it is changed */
void campaign_drop(struct ledger *l);                                /* the last one, for undo.c */
/* So many people more were leased for the first time, in the wave that began at wave_ms. */
MUST_CHECK int campaign_take(struct ledger *l, size_t at, int64_t people, int64_t wave_ms,
                             int64_t now_ms, struct error *err);
/* The clock was set back: what began in what is now the future begins now. */
MUST_CHECK int campaign_rewind(struct ledger *l, int64_t now_ms, struct error *err);
/* One of them is settled: who was sent back untried was not taken. */
MUST_CHECK int campaign_landed(struct ledger *l, const struct flying *row,
                               enum delivery_state state, struct error *err);

/* ---- find.c ---- */

/* Whom an id names: a notice of its own, or a recipient of a batch. Nothing: both are 0. */
struct named {
    int64_t notice;
    int64_t batch;
    const char *recipient; /* borrowed from the id */
};
MUST_CHECK int ledger_find_id(struct ledger *l, const char *id, struct named *out,
                              struct error *err);
/* Is it the id of a recipient of a batch other than `except`? With `loading` a batch that is still
 * being taken in counts whoever the recipient is: he may come. */
MUST_CHECK int ledger_find_recipient(struct ledger *l, const char *id, int64_t except, bool loading,
                                     struct named *out, struct error *err);

/* ---- count.c ---- */

/* Books a new delivery, or one that moves. Moving asserts the edge: see model/delivery.h. */
void ledger_count_new(struct ledger *l, int64_t batch, enum channel_kind channel,
                      enum delivery_state state);
/* `row` is the state that stands in the row, `from` the one everybody sees: they differ for what is
 * in flight. */
void ledger_count_move(struct ledger *l, int64_t batch, enum channel_kind channel,
                       enum delivery_state row, enum delivery_state from, enum delivery_state to);
/* Does it wait for word, by its row before and after a change? Every change of state or over_ms
 * tells. */
void ledger_count_awaits(struct ledger *l, int64_t batch, bool before, bool after);
void ledger_count_delivered(struct ledger *l, int64_t transport);
/* Writes the collected changes of the counters. */
MUST_CHECK int ledger_flush_counts(struct ledger *l, struct error *err);
/* So many more failed deliveries of a batch were never tried. */
MUST_CHECK int ledger_add_untried(struct ledger *l, int64_t batch, int64_t change,
                                  struct error *err);
void ledger_forget_counts(struct ledger *l);
/* counts += what is in flight, of one batch or (-1) of all. */
void ledger_add_flight(const struct ledger *l, int64_t batch,
                       int64_t counts[CHANNEL_KINDS][DELIVERY_STATES]);
struct tally *tally_of(struct tally **tallies, size_t *count, int64_t batch);

/* ---- row.c ---- */

/* One delivery to be inserted. */
struct new_delivery {
    int64_t notice; /* 0: of a batch */
    int64_t batch;
    int64_t line, start, bytes, letter;
    const char *recipient; /* NULL: none */
    int rest, turn;
    bool more; /* single routing: a channel may follow */
    enum job_priority priority;
    const struct planned_delivery *plan;
    int64_t now_ms;
};
/* Into its lane and the books. *out_made (may be NULL) false: this recipient has the channel
 * already. */
MUST_CHECK int ledger_insert_delivery(struct ledger *l, const struct new_delivery *d,
                                      bool *out_made, struct error *err);
/* The attempt that stands in a delivery's row becomes a row of its own. */
MUST_CHECK int ledger_move_attempt(struct ledger *l, int64_t delivery, struct error *err);

/* Has an attempt ended of which nobody knows whether it arrived? Then no end of the delivery may
 * say that nobody was told. */
MUST_CHECK int ledger_is_in_doubt(struct ledger *l, int64_t delivery, bool *out, struct error *err);

/* A delivery as its row stands, whether it is in flight or not; without what only a lease has. */
MUST_CHECK int ledger_read_standing(struct ledger *l, int64_t delivery, struct flying *out,
                                    bool *out_found, struct error *err);
/* What becomes of a delivery without an attempt. */
struct change {
    enum delivery_state to; /* none that stands in a lane */
    const char *cause;      /* NULL: unchanged */
    const char *remark;     /* a sentence on it; NULL or "": none */
    bool handed_over;       /* the next channel begins */
    int64_t now_ms;
};
/* Of one that is not in flight: its row, its lane and the books. Asserts the edge. */
MUST_CHECK int ledger_change_delivery(struct ledger *l, const struct flying *row,
                                      const struct change *c, struct error *err);

/* ---- acted.c ---- */

/* What a step moved. acted_free() in any case. */
struct acted {
    int64_t *at;
    size_t count, room;
};
void acted_add(struct acted *all, int64_t delivery);
void acted_free(struct acted *all);
MUST_CHECK int acted_note(struct ledger *l, const struct acted *all, int64_t action,
                          struct error *err);
/* " AND ..." for what `text` (see ledger_actions_valid()) moved last. */
void acted_put_where(struct buf *sql, const char *text);

/* ---- lease.c ---- */

/* A delivery as if it were leased, and as its row stands. Either may be partly filled after an
 * error: leased_clear() in any case. */
MUST_CHECK int ledger_read_delivery(struct ledger *l, int64_t delivery, struct leased *out,
                                    struct flying *row, struct error *err);

/* ---- handover.c ---- */

/* Whose channels go on. */
struct handover {
    int64_t delivery, notice, batch;
    const struct planned_delivery *next; /* of a batch */
    int next_rest;
    int64_t now_ms;
    const char *why; /* a note for the story of the one that begins; NULL: none */
};
/* The next channel begins: of a batch `next`, else the first spare that may be sent. */
MUST_CHECK int ledger_hand_over(struct ledger *l, const struct handover *h, struct error *err);

/* ---- receipt_row.c ---- */

#define RECEIPT_COLUMNS                                                                            \
    "kind, at_ms, transport, message_id, address, proven, lasting, opted_out, code, enhanced,"     \
    " cause, source, words"
#define RECEIPT_PLACES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
/* From the table `r`, joined with transport t. */
#define RECEIPT_COLUMNS_OF(r)                                                                      \
    r ".kind, " r ".at_ms, t.name, " r ".message_id, " r ".address, " r ".proven, " r              \
      ".lasting, " r ".opted_out, " r ".code, " r ".enhanced, " r ".cause, " r ".source, " r       \
      ".words"

/* A note of our own in the story of a delivery. */
MUST_CHECK int ledger_put_note(struct ledger *l, int64_t delivery, const char *text, int64_t now_ms,
                               struct error *err);
void receipt_bind(struct query *q, const struct receipt *r, int64_t transport);
/* Without channel, notice_id and token. Caller: receipt_clear(), also after an error. */
MUST_CHECK int receipt_read(const struct ledger *l, struct query *q, struct receipt *out,
                            struct error *err);

/* ---- receipt.c ---- */

/* Receipts kept of a delivery; more are counted. */
#define RECEIPTS_MOST 100

/* What the gateway calls this attempt of a delivery. */
MUST_CHECK int ledger_put_message(struct ledger *l, int64_t delivery, int64_t attempt,
                                  int64_t transport, const char *id, struct error *err);

/* ---- parked.c ---- */

/* Receipts kept of nothing that is known; of more the oldest go. */
#define PARKED_MOST 100000

MUST_CHECK int parked_load(struct ledger *l, struct error *err);
/* `delivery` 0: not known; waits for its message, if it names one. */
MUST_CHECK int parked_add(struct ledger *l, const struct receipt *r, int64_t delivery,
                          int64_t now_ms, struct error *err);
/* What waits for this delivery to be settled, or for this name, is ready. */
MUST_CHECK int parked_wake_delivery(struct ledger *l, int64_t delivery, struct error *err);
MUST_CHECK int parked_wake_message(struct ledger *l, int64_t delivery, int64_t transport,
                                   const char *id, struct error *err);

/* ---- patience.c ---- */

MUST_CHECK int patience_load(struct ledger *l, struct error *err);
/* Somebody waits until `over_ms` (0: nobody) for something of a batch. */
void patience_await(struct ledger *l, int64_t batch, int64_t over_ms);
/* When a delivery that comes to this state has had its time; 0: nobody waits for it any more. */
int64_t patience_after(const struct flying *row, enum delivery_state state, bool handed_over);
/* Nobody waits for it any more, whatever becomes of it. */
MUST_CHECK int patience_forget(struct ledger *l, int64_t delivery, struct error *err);

/* ---- awaiting.c ---- */

/* Does a row wait for word? What moves by itself does not. */
bool patience_awaits(enum delivery_state state, int64_t over_ms);
/* Writes the collected change of a batch. */
MUST_CHECK int awaiting_flush(struct ledger *l, const struct tally *tally, struct error *err);

/* ---- suppression.c ---- */

MUST_CHECK int ledger_load_suppressions(struct ledger *l, struct error *err);

/* ---- selector.c ---- */

/* A selector with its names looked up. */
struct resolved {
    const struct selector *selector;
    struct named named;
    int64_t batch;
    int64_t first, last; /* no delivery before or behind these is meant */
    bool nobody;         /* it names what does not exist */
    bool lines_only;     /* set by who asks a lane of one batch, which is meant: neither notice nor
                            batch is asked */
};
MUST_CHECK int selector_resolve(struct ledger *l, const struct selector *selector,
                                struct resolved *out, struct error *err);
/* " FROM delivery d ..." with notice n and batch b, each NULL where there is none. `index`: by this
 * one; NULL: SQLite chooses. */
void selector_put_from(struct buf *sql, const char *index);
/* " AND ..." for what the selector asks but its state, with ? for texts and numbers. */
void selector_put_where(struct buf *sql, const struct resolved *r);
/* " AND d.state ...": as rows have it, in flight is waiting or deferred there. */
void selector_put_state(struct buf *sql, int state);
/* Binds the ? of selector_put_where(). */
void selector_bind(struct query *q, const struct resolved *r);

/* The rows of delivery_cause. What simply waits or arrives is nearly everybody, and not in it: an
 * index more for each of them would cost every delivery. SQLite wants these words in the question
 * as in the index. */
#define CAUSE_IS_RARE(column)                                                                      \
    column " <> '' AND " column " <> 'accepted' AND " column " <> 'confirmed'"
/* Is the selector's cause one by which rows are found? */
bool selector_has_cause(const struct selector *s);
/* The next lane behind this one with something open in it that may be meant; 0: none has. */
MUST_CHECK int selector_next_lane(struct ledger *l, const struct resolved *r, int64_t behind,
                                  int64_t *out, struct error *err);

/* ---- sketch.c ---- */

/* Numbers; last < first: none. */
struct extent {
    int64_t first, last;
};
/* Notes where a new delivery goes. */
MUST_CHECK int sketch_note(struct ledger *l, int64_t delivery, enum channel_kind channel,
                           const char *address, struct error *err);
/* For all rows there are, in a ledger that had no sketches. */
MUST_CHECK int sketch_fill(struct db *db, struct error *err);
/* The next numbers behind `after`, up to `last`, among which the domain may stand. */
MUST_CHECK int sketch_find(struct ledger *l, const char *domain, int64_t after, int64_t last,
                           struct extent *out, struct error *err);
/* May it stand in few places only? With the same `last` the answer is the same whatever came since.
 */
MUST_CHECK int sketch_is_rare(struct ledger *l, const char *domain, int64_t first, int64_t last,
                              bool *out, struct error *err);

/* ---- look.c ---- */

/* Their last words, or ours on the last change if that was no attempt. */
#define DELIVERY_REPLY                                                                             \
    "coalesce(d.remark, CASE WHEN d.attempts = 0 THEN '' WHEN d.tried = 1 THEN d.reply ELSE"       \
    " (SELECT a.reply FROM attempt a WHERE a.delivery = d.seq ORDER BY a.n DESC LIMIT 1) END, '')"

/* ---- act.c ---- */

/* The campaign that the selector of an action names, as it stands there, as SQL: functions for JSON
 * are none that an index may use. The index action_campaign holds those that name one. */
#define ACTION_CAMPAIGN                                                                            \
    "substr(selector, instr(selector, '\"campaign\":\"') + 12,"                                    \
    " instr(substr(selector, instr(selector, '\"campaign\":\"') + 12), '\"') - 1)"

/* Follows the chain of hashes from its beginning. ERR_INTERNAL names the first action that does not
 * fit. */
MUST_CHECK int action_verify(struct ledger *l, struct error *err);
/* Appends an action to the chain; *out_number (may be NULL) is its place there. */
MUST_CHECK int action_insert(struct ledger *l, const struct action *action, int64_t count,
                             int64_t *out_number, struct error *err);
/* An action of several transactions: begun in the chain, added to beside it, and with `last` closed
 * in the chain. ERR_CONFLICT: nothing of this number is open that `action->who` began. */
MUST_CHECK int action_open(struct ledger *l, const struct action *action, int64_t count,
                           int64_t *out_number, struct error *err);
MUST_CHECK int action_add(struct ledger *l, const struct action *action, int64_t number,
                          int64_t count, bool last, struct error *err);
/* Closes all that is open and was not added to since `before_ms`, as interrupted. */
MUST_CHECK int action_close_idle(struct ledger *l, int64_t before_ms, int64_t now_ms,
                                 struct error *err);

#endif
