#include "fixture.h"

static int64_t put_batch(struct ledger *l, const char *text, int lines)
{
    struct error err = {0};
    unsigned char digest[DIGEST_SIZE] = {2};
    struct batch_acceptance a = {.id = "b",
                                 .digest = digest,
                                 .text = text,
                                 .len = strlen(text),
                                 .total = lines,
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON};
    enum accept_result result;
    int64_t batch = 0;
    bool known;
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    for (int i = 1; i <= lines; i++) {
        char recipient[16];
        /* Ids that do not stand in the order of the lines; each third brings two channels. */
        snprintf(recipient, sizeof(recipient), "c%d", (i * 37) % 1000);
        struct planned_delivery both[] = {plan(CHANNEL_EMAIL, "relay", "kim@example.com"),
                                          plan(CHANNEL_SMS, "texts", "+4915100000001")};
        struct planned_line line = {.line = i,
                                    .offset = 100 * i,
                                    .recipient = recipient,
                                    .template_name = "apology",
                                    .locale = "ko",
                                    .deliveries = both,
                                    .count = i % 3 == 0 ? 2 : 1};
        must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
    }
    must(ledger_advance_batch(l, batch, lines + 1, 0, true, &err), &err);
    return batch;
}

static void expect(struct ledger *l, int64_t batch, int64_t line, const char *id)
{
    struct buf found = {0};
    struct error err = {0};
    must(ledger_find_line(l, batch, line, &found, &err), &err);
    assert_string_equal(buf_text(&found), id);
    buf_free(&found);
}

static void every_line_is_found_by_its_number_and_by_its_place(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    take_in_many(f->l, "n", 20);
    int64_t batch = put_batch(f->l, "{\"id\":\"b\",\"reference\":\"auto\"}", 999);
    for (int i = 1; i <= 999; i++) {
        char id[16];
        struct buf found = {0};
        snprintf(id, sizeof(id), "b_c%d", (i * 37) % 1000);
        expect(f->l, batch, i, id);
        must(ledger_find_offset(f->l, batch, 100 * i, &found, &err), &err);
        assert_string_equal(buf_text(&found), id);
        buf_free(&found);
    }
    expect(f->l, batch, 0, "");
    expect(f->l, batch, 1000, "");
    expect(f->l, batch + 1, 1, "");
}

/* A number that happens to lead there was never told to anybody. */
static void a_batch_without_numbers_has_no_line_by_number(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    bool numbered = true;
    int64_t batch = put_batch(f->l, "{\"id\":\"b\",\"reference\":\"R-1\"}", 5);
    expect(f->l, batch, 3, "");
    must(ledger_batch_is_numbered(f->l, batch, &numbered, &err), &err);
    assert_false(numbered);
}

static void take_name(void *context, const char *name)
{
    buf_printf(context, "%s ", name);
}

static void notices_are_found_by_the_number_they_brought_in_steps(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf found = {0};
    int64_t after = 0;
    int steps = 0;
    take_in_many(f->l, "n", 7);
    for (bool more = true; more; steps++)
        must(ledger_walk_references(f->l, "nobody's", &after, 3, take_name, &found, &more, &err),
             &err);
    assert_int_equal(steps, 3);
    assert_int_equal(found.len, 0);
    buf_free(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_line_is_found_by_its_number_and_by_its_place, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_batch_without_numbers_has_no_line_by_number, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(notices_are_found_by_the_number_they_brought_in_steps,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
