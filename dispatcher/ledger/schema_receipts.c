/*
 * Step 3: what is reported of a delivery after it left, how long a channel has, who is not written
 * to any more.
 *
 *   delivery ──< receipt       every report that was found to speak of it, in order
 *       └────< message         what gateways call it; an id that two deliveries were given is
 * nobody's; step 4 says which attempt was called so (0: not known), step 5 finds those of a
 * delivery parked                     reports of what is in flight, or of nothing known (yet)
 *   suppression, endpoint      addresses not written to; receivers of webhooks and how they do
 *
 * Of a delivery `receipt` is the furthest report. `patience_ms` is how long its channel has,
 * `over_ms` when that is over and the next one's turn comes: 0 once the person was told, the next
 * channel has begun, or there is none. delivery_over holds those that are waited for, batch by
 * batch, because nothing of a batch that is stopped is begun.
 *
 * `parked.standing`: 0 nobody waits for it any more, it is only kept; 1 it waits for its delivery
 * to be settled or for its message's name; 2 it can be booked.
 *
 * The rows of older ledgers are not written anew: columns that are added have defaults.
 */
#include "ledger/schema.h"

#include "base/attributes.h"
#include "model/receipt.h"

_Static_assert(RECEIPT_NONE == 0 && RECEIPT_NOTE == 1 && RECEIPT_ACCEPTED == 2 &&
                   RECEIPT_BUFFERED == 3 && RECEIPT_UNKNOWN == 4 && RECEIPT_CONFIRMED == 5 &&
                   RECEIPT_FAILED == 6 && RECEIPT_EXPIRED == 7 && RECEIPT_REJECTED == 8 &&
                   RECEIPT_KINDS == 9,
               "the numbers of receipts stand in files");

static const char more_columns[] =
    "ALTER TABLE delivery ADD COLUMN receipt INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE delivery ADD COLUMN confirm INTEGER NOT NULL DEFAULT 0;" /* told: confirmed */
    "ALTER TABLE delivery ADD COLUMN patience_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE delivery ADD COLUMN over_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX delivery_over ON delivery (batch, over_ms) WHERE over_ms > 0;"
    "ALTER TABLE spare ADD COLUMN confirm INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE spare ADD COLUMN patience_ms INTEGER NOT NULL DEFAULT 0;";

#define WORDS                                                                                      \
    " kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 8),"                                         \
    " at_ms INTEGER NOT NULL,"     /* as they say */                                               \
    " transport INTEGER NOT NULL," /* 0: not said */                                               \
    " message_id TEXT,"                                                                            \
    " address TEXT,"                                                                               \
    " proven INTEGER NOT NULL,"                                                                    \
    " lasting INTEGER NOT NULL,"                                                                   \
    " opted_out INTEGER NOT NULL,"                                                                 \
    " code INTEGER NOT NULL,"                                                                      \
    " enhanced TEXT NOT NULL,"                                                                     \
    " cause TEXT NOT NULL,"                                                                        \
    " source TEXT NOT NULL,"                                                                       \
    " words TEXT NOT NULL,"

static const char receipt_tables[] =
    "CREATE TABLE message ("
    " transport INTEGER NOT NULL REFERENCES transport (seq),"
    " id TEXT NOT NULL,"
    " delivery INTEGER NOT NULL," /* 0: two were given it */
    " PRIMARY KEY (transport, id)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE receipt ("
    " delivery INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " came_ms INTEGER NOT NULL," WORDS
    " moved INTEGER,"          /* the state the delivery has since; NULL: it stayed */
    " times INTEGER NOT NULL," /* so many more came that said nothing new, and were not kept */
    " PRIMARY KEY (delivery, n)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE parked ("
    " seq INTEGER PRIMARY KEY,"
    " delivery INTEGER NOT NULL," /* 0: it is not known which */
    " standing INTEGER NOT NULL CHECK (standing BETWEEN 0 AND 2),"
    " came_ms INTEGER NOT NULL," WORDS " channel INTEGER NOT NULL,"
    " notice_id TEXT,"
    " token TEXT"
    ") STRICT;"
    "CREATE INDEX parked_delivery ON parked (delivery);"
    "CREATE INDEX parked_message ON parked (transport, message_id)"
    " WHERE standing = 1 AND delivery = 0;"
    "CREATE INDEX parked_waits ON parked (came_ms) WHERE standing = 1;"
    "CREATE INDEX parked_ready ON parked (seq) WHERE standing = 2;"

    "CREATE TABLE receipt_name (kind INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;";

static const char list_tables[] =
    "CREATE TABLE suppression ("
    " channel INTEGER NOT NULL CHECK (channel BETWEEN 0 AND 2),"
    " address TEXT NOT NULL,"
    " cause TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " source TEXT NOT NULL,"
    " since_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL," /* 0: never */
    " PRIMARY KEY (channel, address)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE endpoint ("
    " name TEXT PRIMARY KEY,"
    " disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),"
    " reason TEXT NOT NULL,"
    " since_ms INTEGER NOT NULL,"
    " failing_since_ms INTEGER NOT NULL," /* 0: the last one went through */
    " last_ok_ms INTEGER NOT NULL"        /* 0: never */
    ") STRICT, WITHOUT ROWID;";

#define TIME(column) "datetime(nullif(" column ", 0) / 1000, 'unixepoch')"

static const char views[] =
    "DROP VIEW deliveries;"
    "CREATE VIEW deliveries AS"
    " WITH flying AS MATERIALIZED"
    "  (SELECT j.value AS delivery, max(l.packet) AS packet FROM lease l, json_each(l.deliveries) j"
    "   GROUP BY j.value)"
    " SELECT d.seq AS delivery,"
    "  coalesce(n.id, b.id || '_' || d.recipient, b.id || ':' || d.line) AS id, b.id AS batch,"
    "  coalesce(n.campaign, b.campaign) AS campaign,"
    "  coalesce(n.template, w.template) AS template, coalesce(n.locale, w.locale) AS locale,"
    "  c.name AS channel, t.name AS transport, d.address, s.name AS state, d.cause, d.attempts,"
    "  d.crashes, datetime(coalesce(n.accepted_ms, b.accepted_ms) / 1000, 'unixepoch') AS accepted,"
    "  datetime(d.due_ms / 1000, 'unixepoch') AS due,"
    "  datetime(d.changed_ms / 1000, 'unixepoch') AS changed, d.remark, r.name AS receipt,"
    "  " TIME(
        "d.over_ms") " AS next_channel"
                     " FROM delivery d JOIN lane l ON l.seq = d.lane JOIN transport t ON t.seq = "
                     "l.transport"
                     " LEFT JOIN flying f ON f.delivery = d.seq AND f.packet > d.packet"
                     " JOIN channel_name c ON c.channel = d.channel"
                     " JOIN state_name s ON s.state = CASE WHEN f.packet IS NULL THEN d.state ELSE "
                     "1 END"
                     " LEFT JOIN receipt_name r ON r.kind = d.receipt"
                     " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
                     " LEFT JOIN letter w ON w.seq = d.letter;"

                     "CREATE VIEW receipts AS"
                     " SELECT r.delivery, coalesce(n.id, b.id || '_' || d.recipient, b.id || ':' "
                     "|| d.line) AS id,"
                     "  r.n, " TIME(
                         "r.came_ms") " AS came, k.name AS kind, s.name AS moved, r.source,"
                                      "  t.name AS transport, r.message_id, r.address, r.proven, "
                                      "r.lasting, r.opted_out, r.code,"
                                      "  r.enhanced, r.cause, r.words, r.times"
                                      " FROM receipt r JOIN delivery d ON d.seq = r.delivery JOIN "
                                      "receipt_name k ON k.kind = r.kind"
                                      " LEFT JOIN transport t ON t.seq = r.transport LEFT JOIN "
                                      "state_name s ON s.state = r.moved"
                                      " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b "
                                      "ON b.seq = d.batch;"

                                      /* Of nothing that is known, or of what is in flight. */
                                      "CREATE VIEW parked_receipts AS"
                                      " SELECT p.seq, nullif(p.delivery, 0) AS delivery, "
                                      "p.standing = 0 AS given_up,"
                                      "  " TIME(
                                          "p.came_ms") " AS came, k.name AS kind, c.name AS "
                                                       "channel, p.source,"
                                                       "  t.name AS transport, p.message_id, "
                                                       "p.notice_id, p.address, p.proven, p.code, "
                                                       "p.enhanced,"
                                                       "  p.cause, p.words"
                                                       " FROM parked p JOIN receipt_name k ON "
                                                       "k.kind = p.kind"
                                                       " JOIN channel_name c ON c.channel = "
                                                       "p.channel LEFT JOIN transport t ON t.seq = "
                                                       "p.transport;"

                                                       "CREATE VIEW suppressions AS"
                                                       " SELECT c.name AS channel, s.address, "
                                                       "s.cause, s.reason, s.source,"
                                                       "  " TIME("s.since_ms") " AS since, " TIME(
                                                           "s.expires_ms") " AS expires"
                                                                           " FROM suppression s "
                                                                           "JOIN channel_name c ON "
                                                                           "c.channel = s.channel;"

                                                                           "CREATE VIEW endpoints "
                                                                           "AS"
                                                                           " SELECT name, "
                                                                           "disabled, "
                                                                           "reason, " TIME(
                                                                               "since_ms") " AS "
                                                                                           "since,"
                                                                                           " "
                                                                                           " " TIME("failing_since_ms") " AS failing_since, " TIME(
                                                                                               "las"
                                                                                               "t_"
                                                                                               "ok_"
                                                                                               "ms") " AS last_ok"
                                                                                                     " FROM endpoint;";

void schema_put_message_attempts(struct buf *sql)
{
    buf_puts(sql, "ALTER TABLE message ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0;");
}

/* Retention takes the names of a delivery away with its text; those of older texts go now. */
void schema_put_message_deliveries(struct buf *sql)
{
    buf_puts(sql, "CREATE INDEX message_delivery ON message (delivery);"
                  "DELETE FROM message WHERE delivery IN (SELECT d.seq FROM delivery d"
                  " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
                  " WHERE CASE WHEN d.notice IS NULL THEN b.state = 2 AND b.body IS NULL"
                  "  ELSE n.body IS NULL END);");
}

/* A batch was finished before although its next channels were still to come. */
void schema_put_awaiting(struct buf *sql)
{
    buf_puts(sql, "CREATE TABLE awaiting ("
                  " batch INTEGER PRIMARY KEY," /* 0: single notices */
                  " n INTEGER NOT NULL"
                  ") STRICT;"
                  "INSERT INTO awaiting SELECT batch, count(*) FROM delivery"
                  " WHERE over_ms > 0 AND state NOT IN (0, 2) GROUP BY batch;"
                  "UPDATE batch SET finished_ms = 0"
                  " WHERE state = 1 AND seq IN (SELECT batch FROM awaiting);");
}

void schema_put_receipts(struct buf *sql)
{
    buf_puts(sql, more_columns);
    buf_puts(sql, receipt_tables);
    buf_puts(sql, list_tables);
    for (int k = 0; k < RECEIPT_KINDS; k++)
        buf_printf(sql, "INSERT INTO receipt_name VALUES (%d, '%s');", k,
                   receipt_kind_name((enum receipt_kind)k));
    buf_puts(sql, views);
}
