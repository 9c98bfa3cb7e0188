#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "engine/rests.h"
#include "model/json.h"

#define NOW INT64_C(1000000)

static const struct transport_rest broken = {"transport_rest", "refused", NOW + 5000};
static const struct transport_rest paused = {REST_PAUSED, "moves", REST_UNTIL_TOLD};
static const struct transport_rest alone = {.word = "daemon"};

static void nobody_asked_for_a_time_that_a_fault_has_set(void **state)
{
    (void)state;
    assert_string_equal(rests_name_time("", false), "not_before");
    assert_string_equal(rests_name_time("connect", false), "retry");
    assert_string_equal(rests_name_time("busy", true), "retry");
    assert_string_equal(rests_name_time("window", false), "window");
}

static void a_row_says_why_it_does_not_go(void **state)
{
    (void)state;
    static const struct {
        enum delivery_state state;
        enum batch_stop stop;
        const char *cause;
        int64_t due_ms;
        int attempts;
        const struct transport_rest *rest;
        const char *word;
        bool by_rest;
    } cases[] = {
        {DELIVERY_WAITING, BATCH_GOES, "", NOW - 1, 0, NULL, NULL, false},
        {DELIVERY_WAITING, BATCH_GOES, "", NOW - 1, 0, &broken, "transport_rest", true},
        {DELIVERY_WAITING, BATCH_GOES, "", NOW - 1, 0, &alone, "daemon", true},
        {DELIVERY_WAITING, BATCH_GOES, "", NOW + 1, 0, &alone, "not_before", false},
        {DELIVERY_WAITING, BATCH_GOES, "", NOW + 9000, 0, &broken, "not_before", false},
        {DELIVERY_WAITING, BATCH_GOES, "connect", NOW + 9000, 0, NULL, "retry", false},
        {DELIVERY_WAITING, BATCH_GOES, "window", NOW + 9000, 0, NULL, "window", false},
        {DELIVERY_WAITING, BATCH_GOES, "rate", NOW + 1, 0, NULL, "rate", false},
        {DELIVERY_WAITING, BATCH_GOES, "window", NOW, 0, NULL, NULL, false},
        {DELIVERY_DEFERRED, BATCH_GOES, "destination_rest", NOW + 1, 1, NULL, "destination_rest",
         false},
        {DELIVERY_DEFERRED, BATCH_GOES, "busy", NOW + 9000, 1, &broken, "retry", false},
        {DELIVERY_DEFERRED, BATCH_GOES, "busy", NOW + 1000, 1, &broken, "transport_rest", true},
        {DELIVERY_WAITING, BATCH_HALTED, "", NOW - 1, 0, &broken, "stopped", false},
        {DELIVERY_HELD, BATCH_GOES, "endpoint_disabled", 0, 0, NULL, "endpoint_disabled", false},
        {DELIVERY_HELD, BATCH_GOES, "poison", 0, 3, NULL, "operator", false},
        {DELIVERY_UNCERTAIN, BATCH_PAUSED, "timeout", 0, 1, NULL, "operator", false},
        {DELIVERY_SUPPRESSED, BATCH_GOES, "opted_out", 0, 0, &broken, NULL, false},
        {DELIVERY_IN_FLIGHT, BATCH_GOES, "", NOW - 1, 0, &broken, NULL, false},
        {DELIVERY_DELIVERED, BATCH_GOES, "accepted", NOW - 1, 1, &broken, NULL, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct delivery_row row = {.state = cases[i].state,
                                         .batch_stop = cases[i].stop,
                                         .cause = cases[i].cause,
                                         .due_ms = cases[i].due_ms,
                                         .attempts = cases[i].attempts};
        bool by_rest = !cases[i].by_rest;
        const char *word = rests_name_wait(&row, cases[i].rest, NOW, &by_rest);
        if (cases[i].word == NULL)
            assert_null(word);
        else
            assert_string_equal(word, cases[i].word);
        assert_int_equal(by_rest, cases[i].by_rest);
    }
}

static void what_is_told_is_what_was_meant(void **state)
{
    (void)state;
    struct buf text = {0};
    struct json_t *array = NULL;
    struct transport_rest found;
    struct rests rests;
    struct error err;
    buf_putc(&text, '[');
    rests_put(&text, "mail", &broken);
    buf_putc(&text, ',');
    rests_put(&text, "spare", &paused);
    buf_puts(&text,
             ",{\"transport\":\"texts\"},7,{\"transport\":\"hooks\",\"waits_for\":\"warmup\","
             "\"until\":\"never\"}]");
    assert_int_equal(json_parse(text.data, text.len, "rests", 1, 8, &array, &err), 0);
    rests_read(array, &rests);
    assert_true(rests_find(&rests, "mail", &found));
    assert_string_equal(found.word, broken.word);
    assert_string_equal(found.reason, broken.reason);
    assert_int_equal(found.until_ms, broken.until_ms);
    assert_true(rests_find(&rests, "spare", &found));
    assert_true(found.until_ms == REST_UNTIL_TOLD); /* and not a date */
    assert_false(rests_find(&rests, "texts", &found));
    assert_false(rests_find(&rests, "hooks", &found));
    rests_free(&rests);
    assert_false(rests_find(&rests, "mail", &found));
    json_free(array);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_asked_for_a_time_that_a_fault_has_set),
        cmocka_unit_test(a_row_says_why_it_does_not_go),
        cmocka_unit_test(what_is_told_is_what_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
