#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "engine/events.h"

static const struct selector everything = {.channel = -1, .state = -1};

static void note(const char *id, const char *cause, const char *address)
{
    struct event e = EVENT_OF("attempt");
    e.id = id;
    e.cause = cause;
    e.address = address;
    e.outcome = "permanent";
    e.channel = CHANNEL_EMAIL;
    e.state = DELIVERY_FAILED;
    e.at_ms = 1000 + events_last();
    events_note(&e);
}

static void what_was_noted_comes_back_in_order(void **state)
{
    struct event e;
    int64_t missed = 0;
    int64_t first = events_last();
    (void)state;
    note("n1", "mailbox_full", "anna@example.org");
    note("n2", "policy", "b@example.org");
    assert_int_equal(events_next(first, &everything, &e, &missed), first + 1);
    assert_string_equal(e.id, "n1");
    assert_string_equal(e.address, "anna@example.org");
    assert_null(e.batch);
    assert_int_equal(events_next(first + 1, &everything, &e, &missed), first + 2);
    assert_string_equal(e.cause, "policy");
    assert_int_equal(events_next(first + 2, &everything, &e, &missed), 0);
    assert_int_equal(missed, 0);
}

static void a_selector_passes_over_the_others(void **state)
{
    struct selector s = everything;
    struct event e;
    int64_t missed = 0, first = events_last();
    (void)state;
    note("n1", "policy", "a@example.org");
    note("n2", "mailbox_full", "a@example.org");
    s.cause = "mailbox_full";
    assert_int_equal(events_next(first, &s, &e, &missed), first + 2);
    s.channel = CHANNEL_SMS;
    assert_int_equal(events_next(first, &s, &e, &missed), 0);
}

static void who_reads_too_slowly_is_told_how_many_went_by(void **state)
{
    struct event e;
    int64_t missed = 0, first = events_last();
    (void)state;
    for (int i = 0; i < EVENTS_MAX + 7; i++)
        note("n", "policy", "a@example.org");
    assert_int_equal(events_next(first, &everything, &e, &missed), first + 8);
    assert_int_equal(missed, 7);
    assert_int_equal(events_next(first + 7, &everything, &e, &missed), first + 8);
    assert_int_equal(missed, 0);
    assert_int_equal(events_before(e.at_ms + 2), first + 9);
    assert_int_equal(events_before(0), first + 7);
}

static void long_texts_are_cut_within_no_character(void **state)
{
    struct event e = EVENT_OF("attempt");
    char text[3 * 1000 + 1] = "";
    int64_t missed = 0;
    (void)state;
    for (int i = 0; i < 1000; i++)
        memcpy(text + (ptrdiff_t)3 * i, "가", 4);
    e.id = e.batch = e.campaign = e.template_name = e.address = e.text = text;
    e.who = "uid 0";
    events_note(&e);
    assert_int_not_equal(events_next(events_last() - 1, &everything, &e, &missed), 0);
    assert_int_equal(strlen(e.id) % 3, 0);
    assert_int_equal(strlen(e.batch) % 3, 0);
    assert_in_range(strlen(e.id), 190, 200);
}

static void addresses_are_masked(void **state)
{
    static const struct {
        int channel;
        const char *address, *shown;
    } cases[] = {{CHANNEL_EMAIL, "anna@example.org", "\"a…a@example.org\""},
                 {CHANNEL_EMAIL, "@example.org", "\"…@example.org\""},
                 {CHANNEL_EMAIL, "민준@example.org", "\"…@example.org\""},
                 {CHANNEL_SMS, "+4915112345678", "\"+49…78\""},
                 {CHANNEL_SMS, "112", "\"…\""},
                 {CHANNEL_WEBHOOK, "crm", "\"crm\""}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct event e = EVENT_OF("attempt");
        struct buf out = {0};
        e.channel = cases[i].channel;
        e.address = cases[i].address;
        events_put(&out, 7, &e);
        assert_non_null(strstr(out.data, cases[i].shown));
        buf_free(&out);
    }
}

static void the_log_is_heard_below_its_level_and_split_into_words(void **state)
{
    struct event e;
    int64_t missed = 0, first = events_last();
    (void)state;
    log_set_level(LOG_ERR);
    events_listen();
    log_event(LOG_INFO, "batch.accepted", "id=%s lines=%d", "b1", 3);
    log_event(LOG_WARN, "delivery.attempt", "id=%s", "n1"); /* has a note of its own */
    log_event(LOG_WARN, "transport.paused", "transport=mail for_ms=5 cause=connect reply=\"x\"");
    assert_int_equal(events_last(), first + 2);
    assert_int_not_equal(events_next(first, &everything, &e, &missed), 0);
    assert_string_equal(e.name, "batch.accepted");
    assert_string_equal(e.batch, "b1");
    assert_null(e.id);
    assert_string_equal(e.text, "id=b1 lines=3");
    assert_int_not_equal(events_next(first + 1, &everything, &e, &missed), 0);
    assert_string_equal(e.transport, "mail");
    assert_string_equal(e.cause, "connect");
    log_set_listener(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_noted_comes_back_in_order),
        cmocka_unit_test(a_selector_passes_over_the_others),
        cmocka_unit_test(who_reads_too_slowly_is_told_how_many_went_by),
        cmocka_unit_test(long_texts_are_cut_within_no_character),
        cmocka_unit_test(addresses_are_masked),
        cmocka_unit_test(the_log_is_heard_below_its_level_and_split_into_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
