#include "fixture.h"

static void remembers_a_notice_word_for_word(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    struct buf text = {0};
    struct error err = {0};
    make_notice(&n, "a-1", "one");
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    must(ledger_read_notice(f->l, "a-1", &text, &err), &err);
    assert_string_equal(buf_text(&text), n.a.text);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    assert_int_equal(ledger_read_notice(f->l, "a-2", &text, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "a-2"));
    buf_free(&text);
}

static void takes_the_same_id_with_the_same_content_quietly(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "a-1", "one");
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    assert_int_equal(take_in(f->l, &n), ACCEPT_DUPLICATE);
    assert_int_equal(count_all(f->l), 1);
    must_balance(f->l);
}

static void refuses_the_same_id_with_other_content(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "a-1", "one");
    take_in(f->l, &n);
    make_notice(&n, "a-1", "two");
    assert_int_equal(take_in(f->l, &n), ACCEPT_CONFLICT);
    assert_int_equal(count_all(f->l), 1);
    must_balance(f->l);
}

static enum accept_result take_in_with_key(struct ledger *l, const char *id, const char *key,
                                           const char *content)
{
    struct notice n;
    make_notice(&n, id, content);
    snprintf(n.key, sizeof(n.key), "%s", key);
    n.job.idempotency_key = n.key;
    return take_in(l, &n);
}

static void knows_an_idempotency_key_under_another_id(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take_in_with_key(f->l, "a-1", "breach:c17", "one"), ACCEPT_NEW);
    assert_int_equal(take_in_with_key(f->l, "a-2", "breach:c17", "one"), ACCEPT_DUPLICATE);
    assert_int_equal(take_in_with_key(f->l, "a-3", "breach:c17", "two"), ACCEPT_CONFLICT);
    assert_int_equal(take_in_with_key(f->l, "a-4", "breach:c18", "one"), ACCEPT_NEW);
    assert_int_equal(count_all(f->l), 2);
    must_balance(f->l);
}

static void lets_the_id_decide_before_the_key(void **state)
{
    struct fixture *f = *state;
    take_in_with_key(f->l, "a-1", "k1", "one");
    take_in_with_key(f->l, "a-2", "k2", "two");
    assert_int_equal(take_in_with_key(f->l, "a-1", "k2", "one"), ACCEPT_DUPLICATE);
    assert_int_equal(take_in_with_key(f->l, "a-1", "k2", "two"), ACCEPT_CONFLICT);
}

static void needs_no_key(void **state)
{
    struct fixture *f = *state;
    take_in_many(f->l, "n", 3); /* absent keys are not equal keys */
    assert_int_equal(count_all(f->l), 3);
}

static void finds_the_digest_of_an_id(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    unsigned char digest[DIGEST_SIZE];
    struct error err = {0};
    bool known = true;
    must(ledger_find_digest(f->l, "a-1", &known, digest, &err), &err);
    assert_false(known);
    make_notice(&n, "a-1", "one");
    take_in(f->l, &n);
    must(ledger_find_digest(f->l, "a-1", &known, digest, &err), &err);
    assert_true(known);
    assert_memory_equal(digest, n.digest, DIGEST_SIZE);
}

static void books_each_delivery_of_all_routing(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    struct error err = {0};
    make_notice(&n, "a-1", "one");
    n.a.method = JOB_ALL;
    n.deliveries[1] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.deliveries[1].state = DELIVERY_SUPPRESSED;
    n.deliveries[1].cause = "trial_mode";
    n.deliveries[2] = plan(CHANNEL_WEBHOOK, "hooks", "crm");
    n.a.count = 3;
    take_in(f->l, &n);
    must(ledger_count(f->l, counts, &err), &err);
    assert_int_equal(counts[CHANNEL_EMAIL][DELIVERY_WAITING], 1);
    assert_int_equal(counts[CHANNEL_SMS][DELIVERY_SUPPRESSED], 1);
    assert_int_equal(counts[CHANNEL_WEBHOOK][DELIVERY_WAITING], 1);
    struct seen_rows seen;
    struct selector sms = SELECTOR_ALL;
    sms.channel = CHANNEL_SMS;
    assert_int_equal(walk(f->l, sms, 0, 10, &seen), 1);
    assert_string_equal(seen.rows[0].cause, "trial_mode");
    must_balance(f->l);
}

static void forgets_what_was_rolled_back(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    must(ledger_begin(f->l, LEDGER_DURABLE, &err), &err);
    take_in_many(f->l, "gone", 5);
    assert_int_equal(count_all(f->l), 5);
    ledger_rollback(f->l);
    assert_int_equal(count_all(f->l), 0);
    take_in_many(f->l, "gone", 1); /* new again, not a duplicate */
    must_balance(f->l);
}

static void goes_on_after_a_call_that_failed(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    enum accept_result result;
    struct error err = {0};
    make_notice(&n, "a-1", "one");
    n.deliveries[1] = n.deliveries[0];
    n.deliveries[1].address = NULL; /* found only after the notice itself was written */
    n.a.count = 2;
    assert_true(ledger_accept(f->l, &n.a, &result, &err) < 0);
    assert_int_equal(count_all(f->l), 0);
    n.a.count = 1;
    assert_int_equal(take_in(f->l, &n), ACCEPT_NEW);
    must_balance(f->l);
}

static void keeps_notices_over_a_restart(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    take_in_many(f->l, "n", 3);
    reopen(f);
    assert_int_equal(count_all(f->l), 3);
    make_notice(&n, "n1", "n1");
    assert_int_equal(take_in(f->l, &n), ACCEPT_DUPLICATE);
}

static void stores_hostile_values_as_values(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    const char *hostile = "x'); DROP TABLE notice; --";
    make_notice(&n, "a-1", "one");
    n.job.campaign = (char *)(uintptr_t)hostile;
    n.deliveries[0].address = "a\"b'c%n\x1b@example.com";
    take_in(f->l, &n);
    struct selector s = SELECTOR_ALL;
    s.campaign = hostile;
    struct seen_rows seen;
    assert_int_equal(walk(f->l, s, 0, 10, &seen), 1);
    assert_string_equal(seen.rows[0].address, "a\"b'c%n\x1b@example.com");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(remembers_a_notice_word_for_word),
        TEST(takes_the_same_id_with_the_same_content_quietly),
        TEST(refuses_the_same_id_with_other_content),
        TEST(knows_an_idempotency_key_under_another_id),
        TEST(lets_the_id_decide_before_the_key),
        TEST(needs_no_key),
        TEST(finds_the_digest_of_an_id),
        TEST(books_each_delivery_of_all_routing),
        TEST(forgets_what_was_rolled_back),
        TEST(goes_on_after_a_call_that_failed),
        TEST(keeps_notices_over_a_restart),
        TEST(stores_hostile_values_as_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
