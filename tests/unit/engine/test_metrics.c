#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/metrics.h"

/* One process, one count: the tests build on each other in their order. */

static double value(const char *wanted)
{
    struct buf out = {0};
    double found = -1;
    metrics_put_noted(&out);
    char *at = strstr(buf_text(&out), wanted);
    if (at != NULL)
        assert_int_equal(sscanf(at + strlen(wanted), "},\"value\":%lf", &found), 1);
    buf_free(&out);
    return found;
}

static void attempt(enum outcome outcome, const char *cause, int64_t duration_ms)
{
    struct disposition d;
    disposition_set(&d, outcome, 0, cause, "", 0);
    const struct metrics_attempt a = {.channel = CHANNEL_SMS,
                                      .disposition = &d,
                                      .state = outcome == OUTCOME_DELIVERED ? DELIVERY_DELIVERED
                                                                            : DELIVERY_DEFERRED,
                                      .duration_ms = duration_ms,
                                      .accepted_ms = 1000,
                                      .now_ms = 3000};
    metrics_note_attempt(&a);
}

static void shows_what_never_happened_as_zero(void **state)
{
    (void)state;
    assert_true(value("\"delivery_attempts_total\",\"labels\":{\"channel\":\"sms\",\"result\":"
                      "\"delivered\"") == 0);
    assert_true(value("\"job_age_seconds_count\",\"labels\":{") == 0);
}

static void counts_attempts_by_channel_and_outcome(void **state)
{
    (void)state;
    attempt(OUTCOME_DELIVERED, "accepted", 30);
    attempt(OUTCOME_DELIVERED, "accepted", 3000);
    attempt(OUTCOME_TRANSIENT, "timeout", 10000);
    assert_true(value("\"delivery_attempts_total\",\"labels\":{\"channel\":\"sms\",\"result\":"
                      "\"delivered\"") == 2);
    assert_true(value("\"delivery_failures_total\",\"labels\":{\"channel\":\"sms\",\"cause\":"
                      "\"timeout\"") == 1);
    assert_true(value("\"last_delivery_timestamp_seconds\",\"labels\":{\"channel\":\"sms\"") == 3);
    assert_true(value("\"job_age_seconds_count\",\"labels\":{") == 2);
}

static void a_bucket_holds_all_below_it(void **state)
{
    static const char head[] = "\"delivery_duration_seconds_bucket\",\"labels\":{\"channel\":"
                               "\"sms\",\"le\":";
    char wanted[200];
    (void)state;
    snprintf(wanted, sizeof(wanted), "%s\"0.05\"", head);
    assert_true(value(wanted) == 1);
    snprintf(wanted, sizeof(wanted), "%s\"10\"", head);
    assert_true(value(wanted) == 3);
    snprintf(wanted, sizeof(wanted), "%s\"+Inf\"", head);
    assert_true(value(wanted) == 3);
}

/* A gateway's description may name causes of its own: no label comes from there. */
static void a_word_nobody_here_chose_is_other(void **state)
{
    (void)state;
    attempt(OUTCOME_TRANSIENT, "kim@example.org", 1);
    assert_true(value("\"delivery_failures_total\",\"labels\":{\"channel\":\"sms\",\"cause\":"
                      "\"other\"") == 1);
    assert_true(value("kim@example.org") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_what_never_happened_as_zero),
        cmocka_unit_test(counts_attempts_by_channel_and_outcome),
        cmocka_unit_test(a_bucket_holds_all_below_it),
        cmocka_unit_test(a_word_nobody_here_chose_is_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
