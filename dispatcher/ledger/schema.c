/*
 *   notice ──< delivery ──< attempt         accepted ─ one row per channel in use ─ one row per try
 *      │        │  │  └── lane ── transport      but the last, which stands in the delivery
 *      │        │  └── letter               of a batch: template, language, zone
 *      │      batch                         many notices that stay in the spool
 *      └──< spare                           channels of single routing whose turn has not come
 *   lease                                   packets in flight: which deliveries a worker has now
 *   action                                  what operators did, a chain of hashes
 *   counter                                 deliveries by batch, channel and state, changed with
 *                                           them
 *   awaiting                                likewise, by batch: those that wait for word
 *   day                                     deliveries of a transport by day
 *   meta                                    `syncs` counts durable commits that had nothing else to
 *                                           say
 *
 * Numbers stand for channels, states, priorities and outcomes (the enums of model/ and of ledger.h:
 * their order is part of the file, never change it); the views `deliveries` and `attempts` show
 * words, for an operator with the sqlite3 shell. Rows of notice, batch, delivery, attempt and
 * action are never deleted, so their numbers never come back.
 *
 * The tables are made by steps; schema_batches.c and schema_receipts.c hold the later ones and say
 * what is in them.
 */
#include "ledger/schema.h"

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/ledger_backend.h"
#include "model/delivery.h"
#include "model/disposition.h"
#include "model/job.h"

#define APPLICATION_ID 0x44535052 /* "DSPR", for file(1) */

_Static_assert(DELIVERY_WAITING == 0 && DELIVERY_IN_FLIGHT == 1 && DELIVERY_DEFERRED == 2 &&
                   DELIVERY_HELD == 3 && DELIVERY_DELIVERED == 4 && DELIVERY_FAILED == 5 &&
                   DELIVERY_SUPPRESSED == 6 && DELIVERY_EXPIRED == 7 && DELIVERY_CANCELLED == 8 &&
                   DELIVERY_UNCERTAIN == 9 && DELIVERY_STATES == 10,
               "the numbers of states stand in files");
_Static_assert(CHANNEL_EMAIL == 0 && CHANNEL_SMS == 1 && CHANNEL_WEBHOOK == 2 && CHANNEL_KINDS == 3,
               "the numbers of channels stand in files");
_Static_assert(JOB_SINGLE == 0 && JOB_ALL == 1 && JOB_LOW == 0 && JOB_NORMAL == 1 && JOB_HIGH == 2,
               "the numbers of methods and priorities stand in files");
_Static_assert(OUTCOME_DELIVERED == 0 && OUTCOME_NOT_TRIED == 1 && OUTCOME_THROTTLE == 2 &&
                   OUTCOME_TRANSIENT == 3 && OUTCOME_PERMANENT == 4 && OUTCOME_CONFIG == 5 &&
                   OUTCOME_SUPPRESS == 6 && OUTCOME_UNCERTAIN == 7 && OUTCOMES == 8,
               "the numbers of outcomes stand in files");

static const char step_1_tables[] =
    "CREATE TABLE notice ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " idempotency_key TEXT,"
    " digest BLOB NOT NULL CHECK (length(digest) = 32),"
    " template TEXT NOT NULL,"
    " locale TEXT NOT NULL,"
    " fallback INTEGER NOT NULL CHECK (fallback IN (0, 1)),"
    " method INTEGER NOT NULL CHECK (method IN (0, 1)),"
    " campaign TEXT,"
    " priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),"
    " accepted_ms INTEGER NOT NULL,"
    " expires_at_ms INTEGER NOT NULL," /* 0: never */
    " source TEXT NOT NULL,"
    " body TEXT" /* canonical JSON; last, so that reading the others skips its pages */
    ") STRICT;"
    "CREATE UNIQUE INDEX notice_key ON notice (idempotency_key) WHERE idempotency_key IS NOT NULL;"

    "CREATE TABLE transport ("
    " seq INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE"
    ") STRICT;"

    "CREATE TABLE delivery ("
    " seq INTEGER PRIMARY KEY,"
    " notice INTEGER NOT NULL REFERENCES notice (seq),"
    " channel INTEGER NOT NULL CHECK (channel BETWEEN 0 AND 2),"
    " transport INTEGER NOT NULL REFERENCES transport (seq),"
    " priority INTEGER NOT NULL," /* the notice's, here for delivery_due */
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 9),"
    " due_ms INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL," /* counted in all; the number of its last attempt row */
    " tries INTEGER NOT NULL,"    /* counted since an operator began the schedule anew */
    " changed_ms INTEGER NOT NULL,"
    " address TEXT NOT NULL,"
    " cause TEXT NOT NULL,"
    " remark TEXT" /* a sentence on the last change, if that wrote no attempt row */
    ") STRICT;"
    "CREATE INDEX delivery_notice ON delivery (notice);"
    "CREATE INDEX delivery_due ON delivery (transport, priority, due_ms) WHERE state IN (0, 2);"
    "CREATE INDEX delivery_in_flight ON delivery (state) WHERE state = 1;"
    "CREATE INDEX delivery_trouble ON delivery (state)"
    " WHERE state = 3 OR state = 5 OR state = 6 OR state = 7 OR state = 8 OR state = 9;"

    "CREATE TABLE spare ("
    " notice INTEGER NOT NULL REFERENCES notice (seq),"
    " position INTEGER NOT NULL,"
    " channel INTEGER NOT NULL,"
    " transport INTEGER NOT NULL REFERENCES transport (seq),"
    " state INTEGER NOT NULL," /* what it becomes when its turn comes */
    " address TEXT NOT NULL,"
    " cause TEXT NOT NULL,"
    " PRIMARY KEY (notice, position)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE attempt ("
    " delivery INTEGER NOT NULL REFERENCES delivery (seq),"
    " n INTEGER NOT NULL,"
    " ended_ms INTEGER NOT NULL,"
    " duration_ms INTEGER NOT NULL,"
    " transport INTEGER NOT NULL REFERENCES transport (seq),"
    " outcome INTEGER," /* NULL: none was reported */
    " code INTEGER NOT NULL,"
    " enhanced TEXT NOT NULL,"
    " cause TEXT NOT NULL,"
    " locale TEXT NOT NULL,"
    " sha256 BLOB," /* of the rendered message; NULL: it was not rendered */
    " state INTEGER NOT NULL,"
    " next_due_ms INTEGER NOT NULL,"
    " jitter REAL NOT NULL,"
    " reply TEXT NOT NULL,"
    " PRIMARY KEY (delivery, n)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE action ("
    " seq INTEGER PRIMARY KEY,"
    " at_ms INTEGER NOT NULL,"
    " verb TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " selector TEXT NOT NULL,"
    " count INTEGER NOT NULL,"
    " reason TEXT NOT NULL,"
    " previous BLOB NOT NULL CHECK (length(previous) = 32),"
    " hash BLOB NOT NULL CHECK (length(hash) = 32)"
    ") STRICT;"

    "CREATE TABLE counter ("
    " channel INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " PRIMARY KEY (channel, state)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('syncs', 0);"

    "CREATE TABLE channel_name (channel INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
    "CREATE TABLE state_name (state INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
    "CREATE TABLE outcome_name (outcome INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;";

static const char step_1_views[] =
    "CREATE VIEW deliveries AS"
    " SELECT d.seq AS delivery, n.id, n.campaign, n.template, n.locale, c.name AS channel,"
    "  t.name AS transport, d.address, s.name AS state, d.cause, d.attempts,"
    "  datetime(n.accepted_ms / 1000, 'unixepoch') AS accepted,"
    "  datetime(d.due_ms / 1000, 'unixepoch') AS due,"
    "  datetime(d.changed_ms / 1000, 'unixepoch') AS changed, d.remark"
    " FROM delivery d JOIN notice n ON n.seq = d.notice JOIN transport t ON t.seq = d.transport"
    " JOIN channel_name c ON c.channel = d.channel JOIN state_name s ON s.state = d.state;"

    "CREATE VIEW attempts AS"
    " SELECT a.delivery, n.id, a.n, datetime(a.ended_ms / 1000, 'unixepoch') AS ended,"
    "  a.duration_ms, t.name AS transport, o.name AS outcome, a.code, a.enhanced, a.cause, a.reply,"
    "  a.locale, lower(hex(a.sha256)) AS sha256, s.name AS state,"
    "  datetime(nullif(a.next_due_ms, 0) / 1000, 'unixepoch') AS next_due, a.jitter"
    " FROM attempt a JOIN delivery d ON d.seq = a.delivery JOIN notice n ON n.seq = d.notice"
    " JOIN transport t ON t.seq = a.transport JOIN state_name s ON s.state = a.state"
    " LEFT JOIN outcome_name o ON o.outcome = a.outcome;";

/* The words of the numbers and a counter for each pair of them. */
static void put_words(struct buf *sql)
{
    for (int c = 0; c < CHANNEL_KINDS; c++) {
        buf_printf(sql, "INSERT INTO channel_name VALUES (%d, '%s');", c,
                   channel_kind_name((enum channel_kind)c));
        for (int s = 0; s < DELIVERY_STATES; s++)
            buf_printf(sql, "INSERT INTO counter VALUES (%d, %d, 0);", c, s);
    }
    for (int s = 0; s < DELIVERY_STATES; s++)
        buf_printf(sql, "INSERT INTO state_name VALUES (%d, '%s');", s,
                   delivery_state_name((enum delivery_state)s));
    for (int o = 0; o < OUTCOMES; o++)
        buf_printf(sql, "INSERT INTO outcome_name VALUES (%d, '%s');", o,
                   outcome_name((enum outcome)o));
}

static void put_step_1(struct buf *sql)
{
    buf_puts(sql, step_1_tables);
    buf_puts(sql, step_1_views);
    put_words(sql);
}

/* What a selector asks of notices: see selector.c. */
static void put_step_9(struct buf *sql)
{
    schema_put_calls(sql);
    buf_puts(sql, "CREATE INDEX notice_letter ON notice (locale, template);"
                  "CREATE INDEX notice_campaign ON notice (campaign) WHERE campaign IS NOT NULL;");
}

/* Step i leads from version i to i + 1. A change of tables is a new row here, never an edit of an
 * old one. */
static void (*const steps[])(struct buf *sql) = {put_step_1,
                                                 schema_put_batches,
                                                 schema_put_receipts,
                                                 schema_put_message_attempts,
                                                 schema_put_message_deliveries,
                                                 schema_put_awaiting,
                                                 schema_put_campaigns,
                                                 schema_put_stops,
                                                 put_step_9,
                                                 schema_put_acted,
                                                 schema_put_lists,
                                                 schema_put_withdrawals};
#define VERSION    ((int)COUNT_OF(steps))
#define UNSKETCHED 10 /* up to this version there was no table `sketch` */

static int read_marks(struct db *db, int64_t *out_application, int64_t *out_version,
                      struct error *err)
{
    int rc = query_run_int(db_query(db, "PRAGMA application_id"), out_application, err);
    if (rc >= 0)
        rc = query_run_int(db_query(db, "PRAGMA user_version"), out_version, err);
    return rc < 0 ? rc : 0;
}

int schema_check(struct db *db, const char *path, int *out_steps, struct error *err)
{
    int64_t application = 0;
    int64_t version = 0;
    int rc = read_marks(db, &application, &version, err);
    if (rc != 0)
        return rc;
    if (application != APPLICATION_ID || version < 0)
        return error_set(
            err, ERR_IO,
            "%s is empty or no ledger of ours; keep a copy of it and restore it from a "
            "backup, it is the memory of what was sent",
            path);
    if (version > VERSION)
        return error_set(err, ERR_CONFIG,
                         "%s was written by a newer dispatcher (its tables are version %lld, this "
                         "program knows up to %d); install that version or a later one",
                         path, (long long)version, VERSION);
    *out_steps = VERSION - (int)version;
    return 0;
}

static int take_steps(struct db *db, int64_t version, struct error *err)
{
    struct buf sql = {0};
    /* Off while tables are rebuilt: dropping one would otherwise count as deleting its rows. */
    buf_puts(&sql, "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;");
    for (int i = (int)version; i < VERSION; i++)
        steps[i](&sql);
    int rc = db_run_script(db, buf_text(&sql), err);
    if (rc == 0 && version <= UNSKETCHED)
        rc = sketch_fill(db, err);
    buf_reset(&sql);
    buf_printf(&sql,
               "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;"
               "PRAGMA foreign_keys = ON;",
               APPLICATION_ID, VERSION);
    if (rc == 0)
        rc = db_run_script(db, buf_text(&sql), err);
    buf_free(&sql);
    return rc;
}

int schema_upgrade(struct db *db, struct error *err)
{
    int64_t application = 0;
    int64_t version = 0;
    int rc = read_marks(db, &application, &version, err);
    if (rc != 0)
        return rc;
    rc = take_steps(db, version, err);
    if (rc != 0 && db_in_transaction(db) && db_run_script(db, "ROLLBACK", NULL) != 0)
        rc = error_set(err, ERR_INTERNAL, "the upgrade of the ledger could not be undone");
    return rc;
}
