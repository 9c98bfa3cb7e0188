#include "fixture.h"

/* Two single notices and a batch of three lines, an hour later. */
static void fill(struct ledger *l)
{
    static char spring[] = "spring";
    struct notice n;
    struct error err = {0};
    unsigned char digest[DIGEST_SIZE] = {1};
    enum accept_result result;
    int64_t batch = 0;
    bool known;
    static const char *const locales[] = {"de", "ko", "ko"};
    static const char *const addresses[] = {"kim@NAVER.com", "lee@sub.naver.com", "hook"};
    make_notice(&n, "a", "a");
    n.job.campaign = spring;
    n.a.locale = "en";
    assert_int_equal(take_in(l, &n), ACCEPT_NEW);
    make_notice(&n, "b", "b");
    n.a.template_name = "recall";
    assert_int_equal(take_in(l, &n), ACCEPT_NEW);
    struct batch_acceptance a = {.id = "x",
                                 .digest = digest,
                                 .text = "{}",
                                 .len = 2,
                                 .total = 3,
                                 .campaign = "autumn",
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON + 3600000};
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    for (int i = 0; i < 3; i++) {
        char recipient[16];
        snprintf(recipient, sizeof(recipient), "c%d", i);
        struct planned_delivery p =
            plan(i < 2 ? CHANNEL_EMAIL : CHANNEL_WEBHOOK, "relay", addresses[i]);
        struct planned_line line = {.line = i + 1,
                                    .offset = 100 * i,
                                    .recipient = recipient,
                                    .template_name = i < 2 ? "apology" : "recall",
                                    .locale = locales[i],
                                    .deliveries = &p,
                                    .count = 1};
        must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
    }
    must(ledger_advance_batch(l, batch, 4, 0, true, &err), &err);
}

/* The ids in order, with a blank between them. */
static const char *ids_of(struct ledger *l, struct selector s)
{
    static char text[256];
    struct seen_rows seen;
    size_t len = 0;
    text[0] = '\0';
    walk(l, s, 0, 60, &seen);
    for (size_t i = 0; i < seen.count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? " " : "",
                                seen.rows[i].id);
    return text;
}

static void selects_by_campaign_template_and_language(void **state)
{
    struct fixture *f = *state;
    fill(f->l);
    struct selector s = SELECTOR_ALL;
    s.campaign = "spring";
    assert_string_equal(ids_of(f->l, s), "a");
    s.campaign = "autumn";
    assert_string_equal(ids_of(f->l, s), "x_c0 x_c1 x_c2");
    s.template_name = "recall";
    assert_string_equal(ids_of(f->l, s), "x_c2");
    s.campaign = NULL;
    assert_string_equal(ids_of(f->l, s), "b x_c2");
    s.locale = "ko";
    s.state = DELIVERY_WAITING;
    assert_string_equal(ids_of(f->l, s), "b x_c2");
    s.template_name = NULL;
    assert_string_equal(ids_of(f->l, s), "b x_c1 x_c2");
}

static void selects_by_domain_whatever_its_case_and_not_what_only_ends_so(void **state)
{
    struct fixture *f = *state;
    fill(f->l);
    struct selector s = SELECTOR_ALL;
    s.domain = "naver.com";
    assert_string_equal(ids_of(f->l, s), "x_c0");
    s.domain = "Example.COM";
    assert_string_equal(ids_of(f->l, s), "a b");
    s.domain = "com";
    assert_string_equal(ids_of(f->l, s), "");
    s.domain = "hook";
    assert_string_equal(ids_of(f->l, s), "x_c2");
}

static void selects_what_was_accepted_before(void **state)
{
    struct fixture *f = *state;
    fill(f->l);
    struct selector s = SELECTOR_ALL;
    s.accepted_before_ms = NOON;
    assert_string_equal(ids_of(f->l, s), "");
    s.accepted_before_ms = NOON + 1;
    assert_string_equal(ids_of(f->l, s), "a b");
    s.accepted_before_ms = NOON + 3600001;
    assert_string_equal(ids_of(f->l, s), "a b x_c0 x_c1 x_c2");
}

static void add_name(void *context, const char *name)
{
    struct buf *all = context;
    buf_printf(all, "%s ", name);
}

static void must_know(struct ledger *l, enum selector_name which, const char *names)
{
    struct buf all = {0};
    struct error err = {0};
    must(ledger_walk_known(l, which, 10, add_name, &all, &err), &err);
    assert_string_equal(buf_text(&all), names);
    buf_free(&all);
}

static bool knows(struct ledger *l, enum selector_name which, const char *name)
{
    bool known = false;
    struct error err = {0};
    must(ledger_knows(l, which, name, &known, &err), &err);
    return known;
}

static void knows_what_there_is_of_notices_and_of_batches(void **state)
{
    struct fixture *f = *state;
    must_know(f->l, SELECTOR_LOCALE, "");
    must_know(f->l, SELECTOR_CAMPAIGN, "");
    fill(f->l);
    must_know(f->l, SELECTOR_CAMPAIGN, "autumn spring ");
    must_know(f->l, SELECTOR_TEMPLATE, "apology recall ");
    must_know(f->l, SELECTOR_LOCALE, "de en ko ");
    assert_true(knows(f->l, SELECTOR_CAMPAIGN, "spring"));
    assert_true(knows(f->l, SELECTOR_CAMPAIGN, "autumn"));
    assert_true(knows(f->l, SELECTOR_TEMPLATE, "recall"));
    assert_true(knows(f->l, SELECTOR_LOCALE, "en"));
    assert_true(knows(f->l, SELECTOR_LOCALE, "de"));
    assert_false(knows(f->l, SELECTOR_LOCALE, "fr"));
    assert_false(knows(f->l, SELECTOR_TEMPLATE, "spring"));
}

static void retries_only_what_is_selected(void **state)
{
    struct fixture *f = *state;
    fill(f->l);
    for (int i = 0; i < 2; i++)
        assert_true(settle(f->l, lease_one(f->l, "relay"), DELIVERY_FAILED));
    struct selector s = SELECTOR_ALL;
    s.template_name = "recall";
    assert_int_equal(count_retry(f->l, s), 1);
    s = SELECTOR_ALL;
    s.domain = "naver.com";
    assert_int_equal(retry(f->l, s, ""), 0);
    s.domain = "example.com";
    assert_int_equal(retry(f->l, s, ""), 2);
    must_balance(f->l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(selects_by_campaign_template_and_language),
        TEST(selects_by_domain_whatever_its_case_and_not_what_only_ends_so),
        TEST(selects_what_was_accepted_before),
        TEST(knows_what_there_is_of_notices_and_of_batches),
        TEST(retries_only_what_is_selected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
