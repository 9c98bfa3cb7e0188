/*
 * Step 2: batches of millions.
 *
 * One row of `delivery` is all that a recipient of a batch has. The notice itself stays in the
 * spool, the row points at its line (`start`, `bytes`); what many rows share (template, language,
 * time zone) is one row of `letter`. What stands in line together shares a `lane`, and delivery_due
 * holds a lane's open deliveries in the order in which they are leased: a claim costs the same with
 * a hundred deliveries as with millions.
 *
 * A delivery in flight keeps the state it had (waiting or deferred): that it is in flight is told
 * by `lease`, one row for a whole packet, gone when all of it is settled. `packet` in a delivery is
 * the last one it was settled in, so of a lease that a crash left behind those are still in flight
 * whose `packet` is less than the lease's.
 *
 * `tried` = 1: the row also is its latest attempt: number `attempts`, ended at changed_ms, with
 * this state, cause and (while it is open) due time, and with the columns from duration_ms on.
 * Whatever changes the row after that moves the attempt into `attempt` first.
 *
 * delivery_trouble serves the questions of operators (deferred is trouble too) and delivery_single
 * tells the oldest ones; a batch's delivery that simply arrives touches neither.
 */
#include "ledger/schema.h"

static const char new_tables[] =
    "CREATE TABLE batch ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " digest BLOB NOT NULL CHECK (length(digest) = 32),"
    " campaign TEXT,"
    " priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2)," /* loading, running, purged */
    " stop INTEGER NOT NULL CHECK (stop BETWEEN 0 AND 2),"   /* goes, halted, paused */
    " stop_reason TEXT NOT NULL,"
    " go_on INTEGER NOT NULL CHECK (go_on IN (0, 1)),"
    " total INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " next_line INTEGER NOT NULL," /* loading goes on here */
    " next_offset INTEGER NOT NULL,"
    " untried INTEGER NOT NULL DEFAULT 0," /* failed deliveries that were never tried */
    " accepted_ms INTEGER NOT NULL,"
    " expires_at_ms INTEGER NOT NULL," /* 0: never */
    " finished_ms INTEGER NOT NULL,"   /* nothing of it is open since then; 0: something is */
    " body TEXT"                       /* batch.json; NULL: its notices are gone from the spool */
    ") STRICT;"

    "CREATE TABLE letter ("
    " seq INTEGER PRIMARY KEY,"
    " template TEXT NOT NULL,"
    " locale TEXT NOT NULL,"
    " fallback INTEGER NOT NULL CHECK (fallback IN (0, 1)),"
    " zone TEXT NOT NULL," /* '': unknown */
    " UNIQUE (template, locale, fallback, zone)"
    ") STRICT;"

    "CREATE TABLE lane ("
    " seq INTEGER PRIMARY KEY,"
    " transport INTEGER NOT NULL REFERENCES transport (seq),"
    " priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),"
    " batch INTEGER NOT NULL," /* 0: single notices */
    " UNIQUE (transport, priority, batch)"
    ") STRICT;"

    "CREATE TABLE lease ("
    " packet INTEGER PRIMARY KEY AUTOINCREMENT,"
    " lane INTEGER NOT NULL REFERENCES lane (seq),"
    " taken_ms INTEGER NOT NULL,"
    " deliveries TEXT NOT NULL" /* [1,2,3] */
    ") STRICT;"

    "CREATE TABLE day ("
    " transport INTEGER NOT NULL REFERENCES transport (seq),"
    " day INTEGER NOT NULL," /* since 1970 */
    " n INTEGER NOT NULL,"
    " PRIMARY KEY (transport, day)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE delivery_2 ("
    " seq INTEGER PRIMARY KEY,"
    " state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 9 AND state <> 1)," /* see lease */
    " channel INTEGER NOT NULL CHECK (channel BETWEEN 0 AND 2),"
    " batch INTEGER NOT NULL," /* 0: a notice of its own */
    " line INTEGER NOT NULL,"  /* of the batch, like the next four */
    " turn INTEGER NOT NULL,"  /* with single routing: channels tried before this one */
    " rest INTEGER NOT NULL,"  /* ... and how many may follow */
    " start INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL,"
    " notice INTEGER REFERENCES notice (seq)," /* NULL: of a batch */
    " lane INTEGER NOT NULL,"
    " letter INTEGER NOT NULL," /* 0: the notice says */
    " due_ms INTEGER NOT NULL,"
    " packet INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL," /* in all; the number of the last one */
    " tries INTEGER NOT NULL,"    /* counted since an operator began the schedule anew */
    " crashes INTEGER NOT NULL,"  /* likewise: workers that died of it */
    " suspect INTEGER NOT NULL,"  /* goes alone */
    " tried INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL,"
    " recipient TEXT," /* NULL: a notice of its own, or one that stands in the batch already */
    " address TEXT NOT NULL,"
    " cause TEXT NOT NULL,"
    " remark TEXT," /* a sentence on the last change, if that was no attempt */
    " duration_ms INTEGER,"
    " transport INTEGER," /* of the attempt */
    " outcome INTEGER,"   /* NULL: none was reported */
    " code INTEGER,"
    " jitter REAL,"
    " enhanced TEXT,"
    " locale TEXT," /* rendered in */
    " reply TEXT,"
    " sha256 BLOB" /* of the rendered message; NULL: it was not rendered */
    ") STRICT;";

/* What was in flight is waiting again in its row (or deferred, if it was tried before) and stands
 * in a lease. Of the former attempts the last becomes part of its delivery if nothing happened
 * since. */
static const char move_rows[] =
    "INSERT INTO lane (transport, priority, batch)"
    " SELECT DISTINCT transport, priority, 0 FROM delivery ORDER BY 1, 2;"
    "INSERT INTO lease (lane, taken_ms, deliveries)"
    " SELECT l.seq, max(d.changed_ms), json_group_array(d.seq) FROM delivery d"
    " JOIN lane l ON l.transport = d.transport AND l.priority = d.priority"
    " WHERE d.state = 1 GROUP BY l.seq;"

    "INSERT INTO delivery_2 (seq, state, channel, batch, line, turn, rest, start, bytes, notice,"
    " lane, letter, due_ms, packet, attempts, tries, crashes, suspect, tried, changed_ms, address,"
    " cause, remark, duration_ms, transport, outcome, code, jitter, enhanced, locale, reply, "
    "sha256)"
    " SELECT d.seq, CASE WHEN d.state <> 1 THEN d.state WHEN d.attempts = 0 THEN 0 ELSE 2 END,"
    "  d.channel, 0, 0, 0, 0, 0, 0, d.notice, l.seq, 0, d.due_ms, 0, d.attempts, d.tries, 0, 0,"
    "  a.delivery IS NOT NULL, d.changed_ms, d.address, d.cause, d.remark, a.duration_ms,"
    "  a.transport, a.outcome, a.code, a.jitter, a.enhanced, a.locale, a.reply, a.sha256"
    " FROM delivery d JOIN lane l ON l.transport = d.transport AND l.priority = d.priority"
    " LEFT JOIN attempt a ON a.delivery = d.seq AND a.n = d.attempts AND d.remark IS NULL"
    "  AND a.ended_ms = d.changed_ms AND a.state = d.state AND a.cause = d.cause"
    "  AND a.next_due_ms = CASE WHEN d.state IN (0, 2, 3) THEN d.due_ms ELSE 0 END;"
    "DELETE FROM attempt WHERE EXISTS (SELECT 1 FROM delivery_2 d"
    " WHERE d.seq = attempt.delivery AND d.tried = 1 AND d.attempts = attempt.n);"

    "CREATE TABLE counter_2 ("
    " batch INTEGER NOT NULL,"
    " channel INTEGER NOT NULL,"
    " state INTEGER NOT NULL,"
    " n INTEGER NOT NULL,"
    " PRIMARY KEY (batch, channel, state)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO counter_2 SELECT 0, c.channel, c.state, c.n +"
    "  (SELECT count(*) FROM delivery d JOIN delivery_2 e ON e.seq = d.seq"
    "   WHERE d.state = 1 AND d.channel = c.channel AND e.state = c.state)"
    " FROM counter c WHERE c.state <> 1;";

static const char replace_tables[] =
    "DROP TABLE delivery;"
    "DROP TABLE counter;"
    "ALTER TABLE delivery_2 RENAME TO delivery;"
    "ALTER TABLE counter_2 RENAME TO counter;"
    "CREATE INDEX delivery_due ON delivery (lane, due_ms) WHERE state IN (0, 2);"
    "CREATE INDEX delivery_notice ON delivery (notice) WHERE notice IS NOT NULL;"
    "CREATE UNIQUE INDEX delivery_recipient ON delivery (batch, recipient, channel)"
    " WHERE recipient IS NOT NULL;"
    "CREATE INDEX delivery_batch ON delivery (batch) WHERE notice IS NULL;"
    "CREATE INDEX delivery_trouble ON delivery (state)"
    " WHERE state = 2 OR state = 3 OR state = 5 OR state = 6 OR state = 7 OR state = 8 OR state = "
    "9;"
    "CREATE INDEX delivery_single ON delivery (state, channel)"
    " WHERE notice IS NOT NULL AND state <> 4;"
    "CREATE INDEX notice_kept ON notice (accepted_ms) WHERE body IS NOT NULL;";

static const char views[] =
    "CREATE VIEW deliveries AS"
    " WITH flying AS MATERIALIZED"
    "  (SELECT j.value AS delivery, max(l.packet) AS packet FROM lease l, json_each(l.deliveries) j"
    "   GROUP BY j.value)"
    " SELECT d.seq AS delivery,"
    "  coalesce(n.id, b.id || '_' || d.recipient, b.id || ':' || d.line) AS id, b.id AS batch,"
    "  coalesce(n.campaign, b.campaign) AS campaign,"
    "  coalesce(n.template, w.template) AS template, coalesce(n.locale, w.locale) AS locale,"
    "  c.name AS channel, t.name AS transport, d.address, s.name AS state, d.cause, d.attempts,"
    "  d.crashes,"
    "  datetime(coalesce(n.accepted_ms, b.accepted_ms) / 1000, 'unixepoch') AS accepted,"
    "  datetime(d.due_ms / 1000, 'unixepoch') AS due,"
    "  datetime(d.changed_ms / 1000, 'unixepoch') AS changed, d.remark"
    " FROM delivery d JOIN lane l ON l.seq = d.lane JOIN transport t ON t.seq = l.transport"
    " LEFT JOIN flying f ON f.delivery = d.seq AND f.packet > d.packet"
    " JOIN channel_name c ON c.channel = d.channel"
    " JOIN state_name s ON s.state = CASE WHEN f.packet IS NULL THEN d.state ELSE 1 END"
    " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
    " LEFT JOIN letter w ON w.seq = d.letter;"

    "CREATE VIEW attempts AS"
    " WITH every AS"
    "  (SELECT delivery, n, ended_ms, duration_ms, transport, outcome, code, enhanced, cause, "
    "reply,"
    "    locale, sha256, state, next_due_ms, jitter FROM attempt"
    "   UNION ALL SELECT seq, attempts, changed_ms, duration_ms, transport, outcome, code, "
    "enhanced,"
    "    cause, reply, locale, sha256, state, CASE WHEN state IN (0, 2, 3) THEN due_ms ELSE 0 END,"
    "    jitter FROM delivery WHERE tried = 1)"
    " SELECT a.delivery, coalesce(n.id, b.id || '_' || d.recipient, b.id || ':' || d.line) AS id,"
    "  a.n, datetime(a.ended_ms / 1000, 'unixepoch') AS ended, a.duration_ms, t.name AS transport,"
    "  o.name AS outcome, a.code, a.enhanced, a.cause, a.reply, a.locale,"
    "  lower(hex(a.sha256)) AS sha256, s.name AS state,"
    "  datetime(nullif(a.next_due_ms, 0) / 1000, 'unixepoch') AS next_due, a.jitter"
    " FROM every a JOIN delivery d ON d.seq = a.delivery"
    " JOIN transport t ON t.seq = a.transport JOIN state_name s ON s.state = a.state"
    " LEFT JOIN notice n ON n.seq = d.notice LEFT JOIN batch b ON b.seq = d.batch"
    " LEFT JOIN outcome_name o ON o.outcome = a.outcome;";

void schema_put_batches(struct buf *sql)
{
    buf_puts(sql, "DROP VIEW deliveries; DROP VIEW attempts;");
    buf_puts(sql, new_tables);
    buf_puts(sql, move_rows);
    buf_puts(sql, replace_tables);
    buf_puts(sql, views);
}
