/*
 * What the tests of the ledger share. They use the interface of ledger/ledger.h only (but
 * test_schema.c and test_db.c, which are about SQLite), so that another engine can be put through
 * them.
 */
#ifndef TESTS_LEDGER_FIXTURE_H
#define TESTS_LEDGER_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

#define NOON ((int64_t)1790000000000) /* a day in 2026, in ms */

struct fixture {
    char *spool;
    struct ledger *l;
};

static inline void must(int rc, const struct error *err)
{
    if (rc != 0)
        fail_msg("%d: %s", rc, err->text);
}

static inline struct ledger *open_ledger(const char *spool, enum ledger_mode mode)
{
    struct ledger *l = NULL;
    struct error err = {0};
    must(ledger_open(spool, mode, &l, &err), &err);
    return l;
}

static inline int set_up(void **state)
{
    const char *base = getenv("TMPDIR");
    struct fixture *f = calloc(1, sizeof(*f));
    f->spool = file_join(base != NULL ? base : "/tmp", "ledger-XXXXXX");
    if (mkdtemp(f->spool) == NULL)
        return -1;
    f->l = open_ledger(f->spool, LEDGER_WRITE);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    ledger_close(f->l);
    DIR *d = opendir(f->spool);
    const struct dirent *entry;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(d), entry->d_name, 0);
    }
    if (d != NULL)
        closedir(d);
    rmdir(f->spool);
    free(f->spool);
    free(f);
    return 0;
}

/* The same file again, as after a restart of the process. */
static inline void reopen(struct fixture *f)
{
    ledger_close(f->l);
    f->l = open_ledger(f->spool, LEDGER_WRITE);
}

/* A notice to accept: change what the test is about, then take_in(). */
struct notice {
    char id[64];
    char key[64];
    struct job job;
    unsigned char digest[DIGEST_SIZE];
    struct planned_delivery deliveries[3];
    struct planned_delivery spare[3];
    struct acceptance a;
};

static inline struct planned_delivery plan(enum channel_kind channel, const char *transport,
                                           const char *address)
{
    return (struct planned_delivery){.channel = channel,
                                     .transport = transport,
                                     .address = address,
                                     .state = DELIVERY_WAITING,
                                     .cause = "",
                                     .due_ms = NOON};
}

/* One e-mail, due at NOON. `content` stands for everything the digest covers. */
static inline void make_notice(struct notice *n, const char *id, const char *content)
{
    *n = (struct notice){0};
    snprintf(n->id, sizeof(n->id), "%s", id);
    digest_sha256(content, strlen(content), n->digest);
    n->job = (struct job){.id = n->id, .priority = JOB_NORMAL};
    n->deliveries[0] = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
    n->a = (struct acceptance){.job = &n->job,
                               .text = "{\"data\":\"김민준 & Jürgen\"}",
                               .digest = n->digest,
                               .template_name = "apology",
                               .locale = "ko",
                               .method = JOB_SINGLE,
                               .deliveries = n->deliveries,
                               .count = 1,
                               .spare = n->spare,
                               .now_ms = NOON,
                               .source = "spool"};
    n->a.len = strlen(n->a.text);
}

static inline enum accept_result take_in(struct ledger *l, const struct notice *n)
{
    enum accept_result result = ACCEPT_CONFLICT;
    struct error err = {0};
    must(ledger_accept(l, &n->a, &result, &err), &err);
    return result;
}

/* Accepts `count` plain notices named PREFIX0, PREFIX1, ... */
static inline void take_in_many(struct ledger *l, const char *prefix, int count)
{
    for (int i = 0; i < count; i++) {
        struct notice n;
        char id[64];
        snprintf(id, sizeof(id), "%s%d", prefix, i);
        make_notice(&n, id, id);
        assert_int_equal(take_in(l, &n), ACCEPT_NEW);
    }
}

/* The number of a lane, 0 if nothing stands in it. */
static inline int64_t find_lane(struct ledger *l, const char *transport, enum job_priority priority,
                                int64_t batch)
{
    size_t count = 0;
    const struct lane *lanes = ledger_lanes(l, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lanes[i].transport, transport) == 0 && lanes[i].priority == priority &&
            lanes[i].batch == batch && lanes[i].next_due_ms != INT64_MAX)
            return lanes[i].lane;
    }
    return 0;
}

static inline size_t lease_lane(struct ledger *l, int64_t lane, size_t limit, int64_t now_ms,
                                struct leased *out)
{
    size_t count = 0;
    struct error err = {0};
    must(ledger_lease(l, lane, limit, now_ms, LEDGER_FAST, out, &count, &err), &err);
    return count;
}

/* From all lanes of a transport that have no batch, high priority first; several packets of one
 * lane if suspects make it so. */
static inline size_t lease(struct ledger *l, const char *transport, size_t limit, int64_t now_ms,
                           struct leased *out)
{
    size_t count = 0;
    for (int p = JOB_HIGH; p >= JOB_LOW; p--) {
        size_t got = 1;
        while (got > 0 && count < limit) {
            int64_t lane = find_lane(l, transport, (enum job_priority)p, 0);
            got = lease_lane(l, lane, limit - count, now_ms, out + count);
            count += got;
        }
    }
    return count;
}

/* When the next one of a transport is due; INT64_MAX: never. */
static inline int64_t next_due(struct ledger *l, const char *transport)
{
    size_t count = 0;
    int64_t due_ms = INT64_MAX;
    const struct lane *lanes = ledger_lanes(l, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lanes[i].transport, transport) == 0 && lanes[i].next_due_ms < due_ms)
            due_ms = lanes[i].next_due_ms;
    }
    return due_ms;
}

/* Leases one and gives its number; fails the test if none is due. */
static inline int64_t lease_one(struct ledger *l, const char *transport)
{
    struct leased row;
    if (lease(l, transport, 1, NOON + 1000000000, &row) != 1)
        fail_msg("nothing is due on %s", transport);
    int64_t delivery = row.delivery;
    leased_clear(&row);
    return delivery;
}

static inline struct settlement settlement_of(int64_t delivery, enum delivery_state state)
{
    return (struct settlement){.delivery = delivery,
                               .state = state,
                               .counts = true,
                               .jitter = 1.0,
                               .now_ms = NOON + 5000,
                               .cause = "",
                               .sha256 = "",
                               .locale = "ko",
                               .transport = "relay"};
}

static inline bool settle_with(struct ledger *l, const struct settlement *s)
{
    bool settled = false;
    struct error err = {0};
    must(ledger_settle(l, s, &settled, &err), &err);
    return settled;
}

static inline bool settle(struct ledger *l, int64_t delivery, enum delivery_state state)
{
    struct disposition d;
    enum outcome outcome = state == DELIVERY_DELIVERED ? OUTCOME_DELIVERED : OUTCOME_TRANSIENT;
    disposition_set(&d, outcome, 250, "answer", "250 2.0.0 Ok", 12);
    struct settlement s = settlement_of(delivery, state);
    s.disposition = &d;
    s.due_ms = NOON + 60000;
    return settle_with(l, &s);
}

static inline int64_t count_state(struct ledger *l, enum delivery_state state)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    int64_t sum = 0;
    struct error err = {0};
    must(ledger_count(l, counts, &err), &err);
    for (int c = 0; c < CHANNEL_KINDS; c++)
        sum += counts[c][state];
    return sum;
}

static inline int64_t count_all(struct ledger *l)
{
    int64_t sum = 0;
    for (int s = 0; s < DELIVERY_STATES; s++)
        sum += count_state(l, (enum delivery_state)s);
    return sum;
}

static inline void must_balance(struct ledger *l)
{
    struct error err = {0};
    struct books books;
    must(ledger_reconcile(l, NULL, &books, &err), &err);
    int64_t sum = 0;
    for (int s = 0; s < DELIVERY_STATES; s++) {
        assert_int_equal(books.deliveries[s], count_state(l, (enum delivery_state)s));
        sum += books.deliveries[s];
    }
    assert_int_equal(sum, count_all(l));
    assert_int_equal(books.notices, books.expected);
}

static inline struct action action_of(const char *reason)
{
    return (struct action){.verb = "retry",
                           .who = "uid 1000 (jana)",
                           .reason = reason,
                           .selector = "--state failed",
                           .now_ms = NOON + 70000};
}

/* To its end, in as many steps as it takes. */
static inline int64_t retry(struct ledger *l, struct selector selector, const char *reason)
{
    struct action action = action_of(reason);
    struct retry r = {.selector = &selector, .place.limit = 1000, .place.more = true};
    struct error err = {0};
    int64_t count = 0;
    while (r.place.more) {
        must(ledger_retry(l, &r, &action, &err), &err);
        count += r.count;
    }
    return count;
}

/* What a retry would move. */
static inline int64_t count_retry(struct ledger *l, struct selector selector)
{
    struct retry r = {.selector = &selector, .place.limit = 1000, .place.more = true};
    struct error err = {0};
    int64_t count = 0;
    while (r.place.more) {
        must(ledger_count_retry(l, &r, &err), &err);
        count += r.count;
    }
    return count;
}

/* The texts of a row as a test looks at them. */
struct seen_row {
    int64_t delivery;
    char id[64], cause[64], reply[256], address[64], transport[64];
    enum channel_kind channel;
    enum delivery_state state;
    int attempts;
    int64_t due_ms;
};

struct seen_rows {
    struct seen_row rows[64];
    size_t count;
};

static inline void see_row(void *context, const struct delivery_row *row)
{
    struct seen_rows *seen = context;
    assert_true(seen->count < COUNT_OF(seen->rows));
    struct seen_row *s = &seen->rows[seen->count++];
    *s = (struct seen_row){.delivery = row->delivery,
                           .channel = row->channel,
                           .state = row->state,
                           .attempts = row->attempts,
                           .due_ms = row->due_ms};
    snprintf(s->id, sizeof(s->id), "%s", row->notice_id);
    snprintf(s->cause, sizeof(s->cause), "%s", row->cause);
    snprintf(s->reply, sizeof(s->reply), "%s", row->reply);
    snprintf(s->address, sizeof(s->address), "%s", row->address);
    snprintf(s->transport, sizeof(s->transport), "%s", row->transport);
}

static inline size_t walk(struct ledger *l, struct selector selector, int64_t after, size_t limit,
                          struct seen_rows *out)
{
    struct error err = {0};
    size_t count = 0;
    int64_t last = 0;
    out->count = 0;
    must(ledger_walk(l, &selector, after, limit, see_row, out, &count, &last, &err), &err);
    assert_int_equal(count, out->count);
    if (count > 0)
        assert_int_equal(last, out->rows[count - 1].delivery);
    return count;
}

static inline struct selector select_id(const char *id)
{
    struct selector s = SELECTOR_ALL;
    s.id = id;
    return s;
}

static inline struct selector select_state(enum delivery_state state)
{
    struct selector s = SELECTOR_ALL;
    s.state = state;
    return s;
}

/* The only delivery, or the first one, of a notice. */
static inline struct seen_row row_of(struct ledger *l, const char *id)
{
    struct seen_rows seen;
    if (walk(l, select_id(id), 0, 64, &seen) == 0)
        fail_msg("no delivery of %s", id);
    return seen.rows[0];
}

/* Lines c1, c2 ... that leave it to the next channel after `patience_ms`, and `step_ms` more for
 * each line. */
static inline int64_t put_patient_batch(struct ledger *l, const char *id, int lines,
                                        int64_t patience_ms, int64_t step_ms, bool confirm)
{
    struct error err = {0};
    unsigned char digest[DIGEST_SIZE] = {1};
    struct batch_acceptance a = {.id = id,
                                 .digest = digest,
                                 .text = "{}",
                                 .len = 2,
                                 .total = lines,
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON};
    enum accept_result result;
    int64_t batch = 0;
    bool known;
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    for (int i = 1; i <= lines; i++) {
        char recipient[16];
        snprintf(recipient, sizeof(recipient), "c%d", i);
        struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
        p.patience_ms = patience_ms + step_ms * i;
        p.confirm = confirm;
        struct planned_line line = {.line = i,
                                    .offset = 100 * i,
                                    .recipient = recipient,
                                    .template_name = "apology",
                                    .locale = "ko",
                                    .rest = 1,
                                    .deliveries = &p,
                                    .count = 1};
        must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
    }
    must(ledger_advance_batch(l, batch, lines + 1, 0, true, &err), &err);
    return batch;
}

/* One number, asked past the ledger. */
static inline int64_t ask_sql(const struct fixture *f, const char *sql)
{
    char *path = file_join(f->spool, "ledger.db");
    struct db *db = NULL;
    struct error err = {0};
    int64_t number = -1;
    must(db_open(path, DB_READ, &db, &err), &err);
    assert_int_equal(query_run_int(db_query(db, sql), &number, &err), 1);
    db_close(db);
    free(path);
    return number;
}

#endif
