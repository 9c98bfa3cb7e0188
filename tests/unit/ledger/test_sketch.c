/* Where a domain stands is found without looking everywhere, and never missed. */
#include "fixture.h"

#include "ledger/ledger_backend.h"

#define BLOCKS 12
#define ROWS   (BLOCKS * SKETCH_ROWS + 40)
/* Every so manieth goes to a domain that has few. */
#define STEP 701

static void put(struct ledger *l, int number, enum channel_kind channel, const char *address)
{
    struct notice n;
    char id[32];
    snprintf(id, sizeof(id), "n%d", number);
    make_notice(&n, id, id);
    n.deliveries[0] = plan(channel, "relay", address);
    assert_int_equal(take_in(l, &n), ACCEPT_NEW);
}

static void fill(struct ledger *l, int first, int last)
{
    struct error err = {0};
    must(ledger_begin(l, LEDGER_FAST, &err), &err);
    for (int i = first; i <= last; i++)
        put(l, i, CHANNEL_EMAIL, i % STEP == 0 ? "\"a@b\"@Few.Example" : "kim@example.com");
    must(ledger_commit(l, &err), &err);
}

static size_t find(struct ledger *l, const char *domain, int state)
{
    struct seen_rows seen;
    struct selector s = SELECTOR_ALL;
    s.domain = domain;
    s.state = state;
    size_t count = walk(l, s, 0, 64, &seen);
    for (size_t i = 1; i < count; i++)
        assert_true(seen.rows[i - 1].delivery < seen.rows[i].delivery);
    return count;
}

static void finds_a_domain_in_every_block(void **state)
{
    struct fixture *f = *state;
    fill(f->l, 1, ROWS);
    assert_int_equal(find(f->l, "few.example", -1), ROWS / STEP);
    assert_int_equal(find(f->l, "FEW.example", DELIVERY_WAITING), ROWS / STEP);
    assert_int_equal(find(f->l, "few.example", DELIVERY_FAILED), 0);
    assert_int_equal(find(f->l, "w.example", -1), 0);
    assert_int_equal(find(f->l, "example.com", DELIVERY_WAITING), 64);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM sketch"), BLOCKS);
}

/* The last ones of a block, its first and the one in the middle after which the daemon began again.
 */
static void finds_what_was_accepted_before_and_after_a_restart(void **state)
{
    static const int ends[] = {SKETCH_ROWS - 1, 2 * SKETCH_ROWS - 1, 2 * SKETCH_ROWS,
                               3 * SKETCH_ROWS + 50, ROWS};
    struct fixture *f = *state;
    int begun = 1;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        fill(f->l, begun, ends[i]);
        begun = ends[i] + 1;
        reopen(f);
    }
    assert_int_equal(find(f->l, "few.example", -1), ROWS / STEP);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM sketch"), BLOCKS);
}

/* Numbers that were given back are given to others. */
static void finds_what_took_the_place_of_what_was_undone(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    fill(f->l, 1, SKETCH_ROWS - 6);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    for (int i = 0; i < 2 * SKETCH_ROWS; i++)
        put(f->l, 10000 + i, CHANNEL_EMAIL, "kim@gone.example");
    ledger_rollback(f->l);
    put(f->l, 20000, CHANNEL_WEBHOOK, "crm");
    fill(f->l, 20001, 20001 + 3 * SKETCH_ROWS);
    assert_int_equal(find(f->l, "crm", -1), 1);
    assert_int_equal(find(f->l, "gone.example", -1), 0);
    assert_int_equal(ask_sql(f, "SELECT count(*) FROM sketch"), 3);
}

/* What is known of a domain costs no more when others have more. */
static void who_has_no_mail_is_not_looked_for_everywhere(void **state)
{
    struct fixture *f = *state;
    fill(f->l, 1, ROWS);
    int64_t before = db_worked_ever(f->l->db);
    assert_int_equal(find(f->l, "none.example", -1), 0);
    assert_true(db_worked_ever(f->l->db) - before < (int64_t)3 * SKETCH_ROWS * 10);
    before = db_worked_ever(f->l->db);
    assert_int_equal(find(f->l, "none.example", DELIVERY_WAITING), 0);
    assert_true(db_worked_ever(f->l->db) - before < (int64_t)3 * SKETCH_ROWS * 10);
}

static int64_t count_hold(struct ledger *l, const struct selector *s)
{
    struct act a = {.kind = ACT_HOLD, .selector = s, .place.limit = 64, .place.more = true};
    struct error err = {0};
    int64_t count = 0;
    for (; a.place.more; count += a.count)
        must(ledger_count_act(l, &a, &err), &err);
    return count;
}

static void see_census(void *context, const struct census_row *row)
{
    assert_string_equal(row->address, "\"a@b\"@Few.Example");
    (*(int64_t *)context)++;
}

static int64_t count_shape(struct ledger *l, const struct selector *s)
{
    struct census c = {.selector = s, .limit = 3, .more = true, .places = true};
    struct error err = {0};
    int64_t count = 0;
    c.states[DELIVERY_WAITING] = c.states[DELIVERY_DEFERRED] = c.states[DELIVERY_FAILED] = true;
    while (c.more)
        must(ledger_take_census(l, &c, see_census, &count, &err), &err);
    return count;
}

/* Waiting, deferred, failed and one that has been delivered. */
static void verbs_and_counts_find_the_same(void **state)
{
    static const enum delivery_state states[] = {DELIVERY_DEFERRED, DELIVERY_FAILED,
                                                 DELIVERY_DELIVERED};
    struct fixture *f = *state;
    struct selector few = SELECTOR_ALL;
    few.domain = "few.example";
    for (int i = 0; i < 3; i++)
        put(f->l, -1 - i, CHANNEL_EMAIL, "\"a@b\"@Few.Example");
    for (int i = 0; i < 3; i++) {
        struct settlement s = settlement_of(lease_one(f->l, "relay"), states[i]);
        s.due_ms = NOON + 5000000;
        settle_with(f->l, &s);
    }
    fill(f->l, 1, ROWS);
    assert_int_equal(count_hold(f->l, &few), ROWS / STEP + 1);
    assert_int_equal(count_shape(f->l, &few), ROWS / STEP + 2);
    assert_int_equal(count_retry(f->l, few), 2);
    few.campaign = "none";
    assert_int_equal(count_hold(f->l, &few), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_a_domain_in_every_block),
        TEST(finds_what_was_accepted_before_and_after_a_restart),
        TEST(finds_what_took_the_place_of_what_was_undone),
        TEST(who_has_no_mail_is_not_looked_for_everywhere),
        TEST(verbs_and_counts_find_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
