#include "channel/http_verdict.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/attributes.h"

static const struct http_status_rule statuses[] = {
    {200, 299, {OUTCOME_DELIVERED, "accepted", "accepted"}, false},
    {404, 404, {OUTCOME_CONFIG, "not_found", "nothing there"}, false},
    {400, 499, {OUTCOME_PERMANENT, "refused", "refused"}, false},
    {503, 503, {OUTCOME_THROTTLE, "overloaded", "wait"}, true},
    {0, 0, {OUTCOME_TRANSIENT, "odd", "odd"}, false},
};
static const struct http_verdict failures[HTTP_ERRORS] = {
    [HTTP_DNS] = {OUTCOME_NOT_TRIED, "dns", "no such name"},
};
static const struct http_verdict_tables tables = {statuses, COUNT_OF(statuses), failures};

static void must_find(struct http_answer answer, const char *cause)
{
    assert_string_equal(http_verdict_find(&tables, &answer)->cause, cause);
}

static void takes_the_first_row_that_matches(void **state)
{
    (void)state;
    must_find((struct http_answer){.status = 200}, "accepted");
    must_find((struct http_answer){.status = 404}, "not_found");
    must_find((struct http_answer){.status = 410}, "refused");
}

static void gives_the_last_row_to_the_rest(void **state)
{
    (void)state;
    must_find((struct http_answer){.status = 100}, "odd");
    must_find((struct http_answer){.status = 1000}, "odd");
}

static void looks_for_advice_where_the_row_wants_it(void **state)
{
    (void)state;
    must_find((struct http_answer){.status = 503, .retry_after_s = 5}, "overloaded");
    must_find((struct http_answer){.status = 503}, "odd");
}

static void does_not_read_the_status_of_a_failure(void **state)
{
    (void)state;
    must_find((struct http_answer){.error = HTTP_DNS, .status = 200}, "dns");
}

static void keeps_advice_unless_it_was_delivered(void **state)
{
    (void)state;
    const struct http_answer answer = {.status = 404, .retry_after_s = 7};
    struct buf reply = {0};
    struct disposition d;
    buf_puts(&reply, "in short: no");
    http_verdict_set(&statuses[1].verdict, &answer, &reply, &d);
    assert_int_equal(d.outcome, OUTCOME_CONFIG);
    assert_int_equal(d.code, 404);
    assert_int_equal(d.retry_after_s, 7);
    assert_string_equal(d.cause, "not_found");
    assert_string_equal(d.reply, "in short: no");
    http_verdict_set(&statuses[0].verdict, &answer, &reply, &d);
    assert_int_equal(d.retry_after_s, 0);
    buf_free(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_first_row_that_matches),
        cmocka_unit_test(gives_the_last_row_to_the_rest),
        cmocka_unit_test(looks_for_advice_where_the_row_wants_it),
        cmocka_unit_test(does_not_read_the_status_of_a_failure),
        cmocka_unit_test(keeps_advice_unless_it_was_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
