#include "fixture.h"

/* Two campaigns on two channels: a0 a1 a2 by e-mail, b0 b1 by SMS; a0 failed for bad_recipient. */
static void fill(struct ledger *l)
{
    static char spring[] = "spring";
    static char autumn[] = "autumn";
    for (int i = 0; i < 5; i++) {
        struct notice n;
        char id[16];
        snprintf(id, sizeof(id), "%c%d", i < 3 ? 'a' : 'b', i % 3);
        make_notice(&n, id, id);
        n.job.campaign = i < 3 ? spring : autumn;
        if (i >= 3)
            n.deliveries[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
        take_in(l, &n);
    }
    struct settlement s = settlement_of(lease_one(l, "relay"), DELIVERY_FAILED);
    s.cause = "bad_recipient";
    assert_true(settle_with(l, &s));
}

static size_t count_rows(struct ledger *l, struct selector selector)
{
    struct seen_rows seen;
    return walk(l, selector, 0, 60, &seen);
}

static void selects_by_each_member_and_all_together(void **state)
{
    struct fixture *f = *state;
    fill(f->l);
    struct selector s = SELECTOR_ALL;
    assert_int_equal(count_rows(f->l, s), 5);
    s.campaign = "spring";
    assert_int_equal(count_rows(f->l, s), 3);
    s.state = DELIVERY_FAILED;
    assert_int_equal(count_rows(f->l, s), 1);
    s.cause = "bad_recipient";
    s.id = "a0";
    s.channel = CHANNEL_EMAIL;
    assert_int_equal(count_rows(f->l, s), 1);
    s.channel = CHANNEL_SMS;
    assert_int_equal(count_rows(f->l, s), 0);
    s = SELECTOR_ALL;
    s.channel = CHANNEL_SMS;
    assert_int_equal(count_rows(f->l, s), 2);
    assert_int_equal(count_rows(f->l, select_id("nobody")), 0);
    for (int i = 0; i < DELIVERY_STATES; i++)
        count_rows(f->l, select_state((enum delivery_state)i));
}

/* No index holds those. */
static void finds_by_causes_that_nearly_everybody_has(void **state)
{
    static const char *const usual[] = {"accepted", "confirmed"};
    struct fixture *f = *state;
    struct selector s = SELECTOR_ALL;
    fill(f->l);
    for (size_t i = 0; i < COUNT_OF(usual); i++) {
        struct settlement done = settlement_of(lease_one(f->l, "relay"), DELIVERY_DELIVERED);
        done.cause = usual[i];
        assert_true(settle_with(f->l, &done));
        s.cause = usual[i];
        s.state = -1;
        assert_int_equal(count_rows(f->l, s), 1);
        s.state = DELIVERY_DELIVERED;
        assert_int_equal(count_rows(f->l, s), 1);
        s.state = DELIVERY_FAILED;
        assert_int_equal(count_rows(f->l, s), 0);
    }
}

static void walks_in_pages_without_gap_or_repeat(void **state)
{
    struct fixture *f = *state;
    struct seen_rows seen;
    fill(f->l);
    int64_t after = 0;
    size_t total = 0;
    for (size_t count = 2; count == 2; total += count) {
        count = walk(f->l, SELECTOR_ALL, after, 2, &seen);
        if (count > 0) {
            assert_true(seen.rows[0].delivery > after);
            after = seen.rows[count - 1].delivery;
        }
    }
    assert_int_equal(total, 5);
    assert_int_equal(walk(f->l, SELECTOR_ALL, after, 2, &seen), 0);
}

static void walk_again(void *context, const struct delivery_row *row)
{
    struct seen_rows inner;
    struct ledger *l = context;
    assert_true(walk(l, select_id(row->notice_id), 0, 10, &inner) > 0);
    assert_int_equal(inner.rows[0].delivery, row->delivery);
}

static void answers_questions_during_a_walk(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct selector all = SELECTOR_ALL;
    size_t count = 0;
    int64_t last = 0;
    fill(f->l);
    must(ledger_walk(f->l, &all, 0, 10, walk_again, f->l, &count, &last, &err), &err);
    assert_int_equal(count, 5);
}

static void shows_the_words_of_the_last_attempt(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 1);
    assert_string_equal(row_of(f->l, "n0").reply, "");
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DEFERRED);
    struct seen_row row = row_of(f->l, "n0");
    assert_string_equal(row.reply, "250 2.0.0 Ok");
    assert_string_equal(row.transport, "relay");
    assert_string_equal(row.address, "kim@example.com");
}

/* Far enough from each other that the nearby search does not find them: some wait, some are
 * deferred, one is in flight. */
static void finds_what_waits_behind_many_that_arrived(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct seen_rows seen;
    struct leased row;
    take_in_many(f->l, "first", 2);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    for (int i = 0; i < 21000; i++) {
        struct notice n;
        char id[16];
        snprintf(id, sizeof(id), "gone%d", i);
        make_notice(&n, id, id);
        n.deliveries[0].state = DELIVERY_SUPPRESSED;
        take_in(f->l, &n);
    }
    must(ledger_commit(f->l, &err), &err);
    take_in_many(f->l, "last", 3);
    assert_int_equal(walk(f->l, select_state(DELIVERY_WAITING), 0, 60, &seen), 5);
    assert_string_equal(seen.rows[2].id, "last0");
    assert_int_equal(walk(f->l, select_state(DELIVERY_WAITING), seen.rows[1].delivery, 2, &seen),
                     2);
    assert_string_equal(seen.rows[1].id, "last1");
    settle(f->l, lease_one(f->l, "relay"), DELIVERY_DEFERRED);
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 1);
    leased_clear(&row);
    struct ledger *reader = open_ledger(f->spool, LEDGER_READ);
    assert_int_equal(walk(reader, select_state(DELIVERY_WAITING), 0, 60, &seen), 3);
    assert_string_equal(seen.rows[0].id, "last0");
    assert_int_equal(walk(reader, select_state(DELIVERY_DEFERRED), 0, 60, &seen), 1);
    assert_int_equal(walk(reader, select_state(DELIVERY_IN_FLIGHT), 0, 60, &seen), 1);
    struct selector other = select_state(DELIVERY_WAITING);
    other.channel = CHANNEL_SMS;
    assert_int_equal(walk(reader, other, 0, 60, &seen), 0);
    ledger_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(selects_by_each_member_and_all_together),
        TEST(walks_in_pages_without_gap_or_repeat),
        TEST(finds_by_causes_that_nearly_everybody_has),
        TEST(finds_what_waits_behind_many_that_arrived),
        TEST(answers_questions_during_a_walk),
        TEST(shows_the_words_of_the_last_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
