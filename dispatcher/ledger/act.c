/*
 * What operators do, and the chain that records it: the hash of an action is the SHA-256 of a JSON
 * array
 *
 *     [number,at_ms,"verb","who","selector",count,"reason","hash of the action before, in hex"]
 *
 * so that nothing recorded can be changed or taken out of the middle without every later hash
 * telling. The first one follows 64 zeros.
 */
#include "ledger/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char last_action_sql[] = "SELECT seq, hash FROM action ORDER BY seq DESC LIMIT 1";
static const char insert_action_sql[] =
    "INSERT INTO action (seq, at_ms, verb, who, selector, count, reason, previous, hash)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char actions_sql[] =
    "SELECT a.seq, a.at_ms, a.verb, a.who, a.selector, a.count, a.reason, a.previous, a.hash,"
    " coalesce(m.value, -1) FROM action a LEFT JOIN meta m ON m.name = 'action ' || a.seq"
    " ORDER BY a.seq";
static const char campaign_actions_sql[] =
    "SELECT a.seq, a.at_ms, a.verb, a.who, a.selector, a.count, a.reason, a.previous, a.hash,"
    " coalesce(m.value, -1) FROM action a INDEXED BY action_campaign"
    " LEFT JOIN meta m ON m.name = 'action ' || a.seq WHERE " ACTION_CAMPAIGN " = ?"
    " AND instr(selector, '\"campaign\":\"') > 0 ORDER BY a.seq";
static const char open_sql[] = "INSERT INTO meta (name, value) VALUES ('action ' || ?, 0)";
static const char add_sql[] = "UPDATE meta SET value = value + ? WHERE name = 'action ' || ?"
                              " AND EXISTS (SELECT 1 FROM action WHERE seq = ? AND who = ?)";
static const char pending_sql[] = "SELECT value FROM meta WHERE name = 'action ' || ?";
static const char step_sql[] = "INSERT INTO meta (name, value) VALUES ('step ' || ?, ?)"
                               " ON CONFLICT (name) DO UPDATE SET value = excluded.value";
static const char close_sql[] = "DELETE FROM meta WHERE name IN ('action ' || ?1, 'step ' || ?1)";
static const char any_idle_sql[] =
    "SELECT a.seq, substr(a.verb, 1, length(a.verb) - 6), m.value FROM meta m"
    " JOIN action a ON m.name = 'action ' || a.seq LEFT JOIN meta s ON s.name = 'step ' || a.seq"
    " WHERE m.name LIKE 'action %' AND coalesce(s.value, a.at_ms) < ? LIMIT 1";

static void put_hex(struct buf *out, const unsigned char digest[DIGEST_SIZE])
{
    char hex[DIGEST_HEX_SIZE];
    buf_puts(out, digest_hex(digest, hex));
}

static void chain(const struct action *a, int64_t number, int64_t count,
                  const unsigned char previous[DIGEST_SIZE], unsigned char out[DIGEST_SIZE])
{
    struct buf text = {0};
    buf_printf(&text, "[%lld,%lld,", (long long)number, (long long)a->now_ms);
    buf_put_json(&text, a->verb);
    buf_putc(&text, ',');
    buf_put_json(&text, a->who);
    buf_putc(&text, ',');
    buf_put_json(&text, a->selector);
    buf_printf(&text, ",%lld,", (long long)count);
    buf_put_json(&text, a->reason);
    buf_puts(&text, ",\"");
    put_hex(&text, previous);
    buf_puts(&text, "\"]");
    digest_sha256(buf_text(&text), text.len, out);
    buf_free(&text);
}

static void copy_digest(struct query *q, unsigned char out[DIGEST_SIZE])
{
    size_t len = 0;
    const char *bytes = query_text_len(q, &len);
    memset(out, 0, DIGEST_SIZE);
    if (len == DIGEST_SIZE)
        memcpy(out, bytes, DIGEST_SIZE);
}

static int read_last_action(struct ledger *l, int64_t *out_number,
                            unsigned char out_hash[DIGEST_SIZE], struct error *err)
{
    struct query *q = db_query(l->db, last_action_sql);
    *out_number = 0;
    memset(out_hash, 0, DIGEST_SIZE);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out_number = query_int(q);
    copy_digest(q, out_hash);
    query_end(q);
    return 0;
}

int action_insert(struct ledger *l, const struct action *action, int64_t count, int64_t *out_number,
                  struct error *err)
{
    unsigned char previous[DIGEST_SIZE];
    unsigned char hash[DIGEST_SIZE];
    int64_t number = 0;
    int rc = read_last_action(l, &number, previous, err);
    if (rc != 0)
        return rc;
    chain(action, ++number, count, previous, hash);
    if (out_number != NULL)
        *out_number = number;
    struct query *q = db_query(l->db, insert_action_sql);
    query_bind_int(q, number);
    query_bind_int(q, action->now_ms);
    query_bind_text(q, action->verb);
    query_bind_text(q, action->who);
    query_bind_text(q, action->selector);
    query_bind_int(q, count);
    query_bind_text(q, action->reason);
    query_bind_bytes(q, previous, DIGEST_SIZE);
    query_bind_bytes(q, hash, DIGEST_SIZE);
    return query_run(q, err);
}

/* ---- actions of several transactions ---- */

#define BEGUN       " begun" /* any_idle_sql cuts it off */
#define ENDED       " ended"
#define INTERRUPTED " interrupted"

static int insert_phase(struct ledger *l, const struct action *action, const char *phase,
                        int64_t count, int64_t *out_number, struct error *err)
{
    struct buf verb = {0};
    struct action named = *action;
    buf_printf(&verb, "%s%s", action->verb, phase);
    named.verb = buf_text(&verb);
    int rc = action_insert(l, &named, count, out_number, err);
    buf_free(&verb);
    return rc;
}

static int note_step(struct ledger *l, int64_t number, int64_t now_ms, struct error *err)
{
    struct query *q = db_query(l->db, step_sql);
    query_bind_int(q, number);
    query_bind_int(q, now_ms);
    return query_run(q, err);
}

int action_open(struct ledger *l, const struct action *action, int64_t count, int64_t *out_number,
                struct error *err)
{
    int rc = insert_phase(l, action, BEGUN, count, out_number, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, open_sql);
    query_bind_int(q, *out_number);
    rc = query_run(q, err);
    return rc == 0 ? note_step(l, *out_number, action->now_ms, err) : rc;
}

/* Its end names its beginning, whatever was selected. */
static int close_action(struct ledger *l, const struct action *action, int64_t number,
                        int64_t count, const char *phase, struct error *err)
{
    char selector[48];
    struct action end = *action;
    snprintf(selector, sizeof(selector), "{\"action\":%lld}", (long long)number);
    end.selector = selector;
    int rc = insert_phase(l, &end, phase, count, NULL, err);
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, close_sql);
    query_bind_int(q, number);
    return query_run(q, err);
}

int action_add(struct ledger *l, const struct action *action, int64_t number, int64_t count,
               bool last, struct error *err)
{
    int64_t pending = 0;
    struct query *q = db_query(l->db, add_sql);
    query_bind_int(q, count);
    query_bind_int(q, number);
    query_bind_int(q, number);
    query_bind_text(q, action->who);
    int rc = query_run(q, err);
    if (rc == 0 && db_changed(l->db) == 0)
        return error_set(err, ERR_CONFLICT,
                         "the action %lld is not open any more; look at `dispatcher actions` and "
                         "begin again",
                         (long long)number);
    if (rc != 0 || !last)
        return rc == 0 ? note_step(l, number, action->now_ms, err) : rc;
    q = db_query(l->db, pending_sql);
    query_bind_int(q, number);
    rc = query_run_int(q, &pending, err);
    return rc < 0 ? rc : close_action(l, action, number, pending, ENDED, err);
}

int action_close_idle(struct ledger *l, int64_t before_ms, int64_t now_ms, struct error *err)
{
    int rc;
    do {
        struct buf verb = {0};
        struct query *q = db_query(l->db, any_idle_sql);
        query_bind_int(q, before_ms);
        rc = query_step(q, err);
        if (rc <= 0)
            return rc;
        int64_t number = query_int(q);
        buf_puts(&verb, ledger_read_text(q));
        int64_t pending = query_int(q);
        query_end(q);
        const struct action end = {.verb = buf_text(&verb),
                                   .who = "dispatcher",
                                   .reason = "nobody went on with it",
                                   .now_ms = now_ms};
        rc = close_action(l, &end, number, pending, INTERRUPTED, err);
        buf_free(&verb);
    } while (rc == 0);
    return rc;
}

/* ---- looking ---- */

/* One recorded action with the hashes as they stand in the file. */
struct link {
    struct action action;
    int64_t number, count, pending;
    unsigned char previous[DIGEST_SIZE], hash[DIGEST_SIZE];
};

static void read_link(struct query *q, struct link *out)
{
    out->number = query_int(q);
    out->action.now_ms = query_int(q);
    out->action.verb = ledger_read_text(q);
    out->action.who = ledger_read_text(q);
    out->action.selector = ledger_read_text(q);
    out->count = query_int(q);
    out->action.reason = ledger_read_text(q);
    copy_digest(q, out->previous);
    copy_digest(q, out->hash);
    out->pending = query_int(q);
}

static int walk_actions(struct query *q, ledger_action_fn *fn, void *context, struct error *err)
{
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct link link;
        char previous[DIGEST_HEX_SIZE];
        char hash[DIGEST_HEX_SIZE];
        read_link(q, &link);
        struct action_row row = {.number = link.number,
                                 .action = link.action,
                                 .count = link.count,
                                 .pending = link.pending,
                                 .previous = digest_hex(link.previous, previous),
                                 .hash = digest_hex(link.hash, hash)};
        fn(context, &row);
    }
    return rc;
}

int ledger_walk_actions(struct ledger *l, ledger_action_fn *fn, void *context, struct error *err)
{
    return walk_actions(db_query(l->db, actions_sql), fn, context, err);
}

int ledger_walk_campaign_actions(struct ledger *l, const char *campaign, ledger_action_fn *fn,
                                 void *context, struct error *err)
{
    struct query *q = db_query(l->db, campaign_actions_sql);
    query_bind_text(q, campaign);
    return walk_actions(q, fn, context, err);
}

int action_verify(struct ledger *l, struct error *err)
{
    unsigned char expected[DIGEST_SIZE] = {0};
    struct query *q = db_query(l->db, actions_sql);
    int64_t number = 0;
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct link link;
        unsigned char hash[DIGEST_SIZE];
        read_link(q, &link);
        chain(&link.action, link.number, link.count, link.previous, hash);
        if (link.number != ++number || memcmp(link.previous, expected, DIGEST_SIZE) != 0 ||
            memcmp(link.hash, hash, DIGEST_SIZE) != 0) {
            query_end(q);
            return error_set(err, ERR_INTERNAL,
                             "the record of operators' actions was changed at number %lld: its "
                             "chain of hashes is broken there",
                             (long long)number);
        }
        memcpy(expected, link.hash, DIGEST_SIZE);
    }
    return rc;
}
