#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "engine/stops.h"

static void the_word_of_an_operator_goes_before_the_configuration(void **state UNUSED)
{
    static const struct {
        enum live_word word;
        bool configured, trial;
    } cases[] = {
        {LIVE_UNSAID, true, true}, {LIVE_UNSAID, false, false}, {LIVE_ON, true, false},
        {LIVE_ON, false, false},   {LIVE_OFF, true, true},      {LIVE_OFF, false, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct live_switch live = {.word = cases[i].word};
        struct settings s = {.trial = cases[i].configured, .trial_configured = cases[i].configured};
        assert_int_equal(stops_trial(&live, &s), cases[i].trial);
        stops_use(&live, &s);
        assert_int_equal(s.trial, cases[i].trial);
        assert_int_equal(s.trial_configured, cases[i].configured);
    }
}

static void finds_a_paused_transport_by_its_name(void **state UNUSED)
{
    char mail[] = "mail", jana[] = "jana", moves[] = "moves";
    struct stopped_transport one = {mail, jana, moves, 1000, false};
    const struct stops stops = {.at = &one, .count = 1};
    assert_ptr_equal(stops_find(&stops, "mail"), &one);
    assert_null(stops_find(&stops, "mai"));
    assert_null(stops_find(&(struct stops){0}, "mail"));
}

static void what_waits_says_since_when_by_whom_and_why(void **state UNUSED)
{
    char mail[] = "mail", jana[] = "uid 1000 (jana)", moves[] = "moves", nothing[] = "";
    struct stopped_transport stop = {mail, jana, moves, 1000, false};
    struct transport_rest rest;
    stops_put_rest(&stop, &rest);
    assert_string_equal(rest.word, "transport_paused");
    assert_true(rest.until_ms == REST_UNTIL_TOLD);
    assert_string_equal(rest.reason,
                        "paused since 1970-01-01T00:00:01.000Z by uid 1000 (jana): moves");
    stop.reason = nothing;
    stops_put_rest(&stop, &rest);
    assert_string_equal(rest.reason, "paused since 1970-01-01T00:00:01.000Z by uid 1000 (jana)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_word_of_an_operator_goes_before_the_configuration),
        cmocka_unit_test(finds_a_paused_transport_by_its_name),
        cmocka_unit_test(what_waits_says_since_when_by_whom_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
