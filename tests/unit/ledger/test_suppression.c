#include "fixture.h"

static struct suppression suppression_of(enum channel_kind channel, const char *address)
{
    return (struct suppression){.channel = channel,
                                .address = address,
                                .cause = "bad_recipient",
                                .reason = "550 5.1.1 no such user",
                                .source = "bounce",
                                .since_ms = NOON};
}

static void suppress(struct ledger *l, struct suppression s)
{
    struct error err = {0};
    must(ledger_suppress(l, &s, NULL, &err), &err);
}

static bool find(struct ledger *l, enum channel_kind channel, const char *key, int64_t now_ms,
                 struct suppression *out)
{
    struct error err = {0};
    bool found = false;
    must(ledger_find_suppression(l, channel, key, now_ms, &found, out, &err), &err);
    return found;
}

static bool unsuppress(struct ledger *l, enum channel_kind channel, const char *key,
                       const struct action *action)
{
    struct error err = {0};
    bool found = false;
    must(ledger_unsuppress(l, channel, key, action, &found, &err), &err);
    return found;
}

static void finds_what_was_added_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct suppression s;
    assert_false(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON, &s));
    suppress(f->l, suppression_of(CHANNEL_EMAIL, "kim@example.com"));
    assert_true(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON, &s));
    assert_string_equal(s.address, "kim@example.com");
    assert_string_equal(s.cause, "bad_recipient");
    assert_string_equal(s.reason, "550 5.1.1 no such user");
    assert_string_equal(s.source, "bounce");
    assert_int_equal(s.since_ms, NOON);
    assert_int_equal(s.expires_ms, 0);
    assert_false(find(f->l, CHANNEL_SMS, "kim@example.com", NOON, &s));
    assert_false(find(f->l, CHANNEL_EMAIL, "kim@example.co", NOON, &s));
    reopen(f);
    assert_true(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON, &s));
}

static void is_over_when_it_expires(void **state)
{
    struct fixture *f = *state;
    struct suppression s = suppression_of(CHANNEL_EMAIL, "kim@example.com");
    s.expires_ms = NOON + 1000;
    suppress(f->l, s);
    assert_true(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON + 999, &s));
    assert_false(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON + 1000, &s));
}

/* Somebody said no; that his mailbox was full later does not make it a yes in 90 days. */
static void a_report_does_not_shorten_what_lasts_longer(void **state)
{
    struct fixture *f = *state;
    struct suppression s = suppression_of(CHANNEL_EMAIL, "kim@example.com");
    s.cause = "opted_out";
    suppress(f->l, s);
    s.cause = "mailbox_full";
    s.expires_ms = NOON + 1000;
    suppress(f->l, s);
    assert_true(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON + 2000, &s));
    assert_string_equal(s.cause, "opted_out");
}

static void a_report_makes_it_last_longer(void **state)
{
    struct fixture *f = *state;
    struct suppression s = suppression_of(CHANNEL_EMAIL, "kim@example.com");
    s.expires_ms = NOON + 1000;
    suppress(f->l, s);
    s.expires_ms = NOON + 9000;
    suppress(f->l, s);
    assert_true(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON + 8999, &s));
    s.expires_ms = 0;
    suppress(f->l, s);
    assert_true(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON + 99999, &s));
}

static void an_operator_replaces_and_is_recorded(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct action action = action_of("asked to");
    struct suppression s = suppression_of(CHANNEL_SMS, "+821012345678");
    suppress(f->l, s);
    s.expires_ms = NOON + 1000;
    s.source = "operator";
    must(ledger_suppress(f->l, &s, &action, &err), &err);
    assert_false(find(f->l, CHANNEL_SMS, "+821012345678", NOON + 1000, &s));
    assert_true(unsuppress(f->l, CHANNEL_SMS, "+821012345678", &action));
    assert_false(unsuppress(f->l, CHANNEL_SMS, "+821012345678", &action));
    assert_false(find(f->l, CHANNEL_SMS, "+821012345678", NOON, &s));
    must_balance(f->l); /* and the chain holds */
}

/* The first address of an import carries the record of it, and is no more decided than the others.
 */
static void an_import_does_not_shorten_what_lasts_longer(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct action action = action_of("from the old system");
    struct suppression s = suppression_of(CHANNEL_SMS, "+821012345678");
    s.cause = "opted_out";
    suppress(f->l, s);
    s.cause = "operator";
    s.source = "import";
    s.expires_ms = NOON + 1000;
    must(ledger_suppress(f->l, &s, &action, &err), &err);
    assert_true(find(f->l, CHANNEL_SMS, "+821012345678", NOON + 1000, &s));
    assert_string_equal(s.cause, "opted_out");
    must_balance(f->l);
}

static void count_action(void *context, const struct action_row *row)
{
    (void)row;
    ++*(int *)context;
}

static void records_what_was_done_and_no_more(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct action action = action_of("asked to");
    struct suppression s = suppression_of(CHANNEL_SMS, "+821012345678");
    int count = 0;
    suppress(f->l, s);
    must(ledger_suppress(f->l, &s, &action, &err), &err);
    assert_true(unsuppress(f->l, CHANNEL_SMS, "+821012345678", &action));
    assert_false(unsuppress(f->l, CHANNEL_SMS, "+821012345678", &action));
    must(ledger_walk_actions(f->l, count_action, &count, &err), &err);
    assert_int_equal(count, 2);
}

static void is_undone_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct suppression s;
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    suppress(f->l, suppression_of(CHANNEL_EMAIL, "kim@example.com"));
    assert_true(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON, &s));
    ledger_rollback(f->l);
    assert_false(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON, &s));
    suppress(f->l, suppression_of(CHANNEL_EMAIL, "kim@example.com"));
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    assert_true(unsuppress(f->l, CHANNEL_EMAIL, "kim@example.com", NULL));
    ledger_rollback(f->l);
    assert_true(find(f->l, CHANNEL_EMAIL, "kim@example.com", NOON, &s)); /* also in memory */
}

static void a_reader_finds_it_too(void **state)
{
    struct fixture *f = *state;
    struct suppression s;
    struct ledger *reader = open_ledger(f->spool, LEDGER_READ);
    suppress(f->l, suppression_of(CHANNEL_EMAIL, "kim@example.com"));
    assert_true(find(reader, CHANNEL_EMAIL, "kim@example.com", NOON, &s));
    ledger_close(reader);
}

/* ---- all of them ---- */

struct seen {
    char addresses[8][32];
    size_t count;
};

static void see(void *context, const struct suppression *s)
{
    struct seen *seen = context;
    snprintf(seen->addresses[seen->count++], sizeof(seen->addresses[0]), "%s", s->address);
}

static void walks_in_order_and_in_pages(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct seen seen = {0};
    size_t count = 0;
    suppress(f->l, suppression_of(CHANNEL_SMS, "+821"));
    suppress(f->l, suppression_of(CHANNEL_EMAIL, "b@x"));
    suppress(f->l, suppression_of(CHANNEL_EMAIL, "c@x"));
    suppress(f->l, suppression_of(CHANNEL_EMAIL, "a@x"));
    must(ledger_walk_suppressions(f->l, CHANNEL_EMAIL, NULL, 2, see, &seen, &count, &err), &err);
    assert_int_equal(count, 2);
    must(ledger_walk_suppressions(f->l, CHANNEL_EMAIL, "b@x", 9, see, &seen, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_string_equal(seen.addresses[0], "a@x");
    assert_string_equal(seen.addresses[1], "b@x");
    assert_string_equal(seen.addresses[2], "c@x");
    assert_string_equal(seen.addresses[3], "+821");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_what_was_added_and_nothing_else),
        TEST(is_over_when_it_expires),
        TEST(a_report_does_not_shorten_what_lasts_longer),
        TEST(a_report_makes_it_last_longer),
        TEST(an_operator_replaces_and_is_recorded),
        TEST(an_import_does_not_shorten_what_lasts_longer),
        TEST(records_what_was_done_and_no_more),
        TEST(is_undone_with_its_transaction),
        TEST(a_reader_finds_it_too),
        TEST(walks_in_order_and_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
