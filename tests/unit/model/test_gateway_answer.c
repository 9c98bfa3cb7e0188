#include "model/gateway_answer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static struct gateway_regex *compiled(const char *text)
{
    struct gateway_regex *regex = NULL;
    assert_int_equal(gateway_regex_compile(text, &regex, NULL), 0);
    return regex;
}

static bool holds(const struct gateway_predicate *p, int status, const char *body)
{
    const struct gateway_reply reply = {status, body, NULL};
    return gateway_predicate_holds(p, &reply);
}

static void without_conditions_takes_everything(void **state)
{
    (void)state;
    const struct gateway_predicate p = {.outcome = OUTCOME_TRANSIENT};
    assert_true(gateway_predicate_takes_all(&p));
    assert_true(holds(&p, 200, ""));
    assert_true(holds(&p, 599, "ERR"));
}

static void a_status_is_a_range(void **state)
{
    (void)state;
    const struct gateway_predicate p = {.status_from = 400, .status_to = 499};
    assert_false(gateway_predicate_takes_all(&p));
    assert_false(holds(&p, 399, ""));
    assert_true(holds(&p, 400, ""));
    assert_true(holds(&p, 499, ""));
    assert_false(holds(&p, 500, ""));
}

static void all_conditions_must_hold(void **state)
{
    (void)state;
    struct gateway_predicate p = {
        .status_from = 202, .status_to = 202, .body_regex = compiled("^(0|3):")};
    assert_true(holds(&p, 202, "0: Accepted"));
    assert_false(holds(&p, 202, "4: Refused"));
    assert_false(holds(&p, 200, "0: Accepted"));
    gateway_predicate_free(&p);
    p = (struct gateway_predicate){.body_regex = compiled("^ERR 9[0-9]{2}$")};
    assert_false(gateway_predicate_takes_all(&p));
    assert_true(holds(&p, 500, "ERR 901"));
    assert_false(holds(&p, 500, "ERR 80"));
    gateway_predicate_free(&p);
}

static void says_what_is_wrong_with_an_expression(void **state)
{
    (void)state;
    struct gateway_regex *regex = NULL;
    struct error err = {0};
    assert_int_equal(gateway_regex_compile("(unclosed", &regex, &err), ERR_INPUT);
    assert_null(regex);
    assert_non_null(strstr(err.text, "is no extended regular expression: "));
    gateway_regex_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_conditions_takes_everything),
        cmocka_unit_test(a_status_is_a_range),
        cmocka_unit_test(all_conditions_must_hold),
        cmocka_unit_test(says_what_is_wrong_with_an_expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
