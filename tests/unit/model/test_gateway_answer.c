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

/* ---- JSON */

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static bool json_holds(struct gateway_json_condition *c, const char *body)
{
    const struct gateway_predicate p = {.json = c, .json_count = 1};
    struct json_t *json = NULL;
    struct error err;
    assert_int_equal(json_parse(body, strlen(body), "body", 1, 8, &json, &err), 0);
    const struct gateway_reply reply = {200, body, json};
    bool held = gateway_predicate_holds(&p, &reply);
    json_free(json);
    return held;
}

static void eq_wants_the_same_type_and_in_does_not(void **state)
{
    (void)state;
    static struct gateway_json_value number[] = {{JSON_KIND_NUMBER, TEXT("0")}};
    static struct gateway_json_value text[] = {{JSON_KIND_TEXT, TEXT("0")}};
    static struct gateway_json_value no[] = {{JSON_KIND_BOOLEAN, TEXT("false")}};
    struct gateway_json_condition c = {
        .pointer = TEXT("/a"), .test = GATEWAY_JSON_EQ, .values = number, .value_count = 1};
    assert_true(json_holds(&c, "{\"a\":0}"));
    assert_true(json_holds(&c, "{\"a\":0.0}"));
    assert_false(json_holds(&c, "{\"a\":\"0\"}"));
    assert_false(json_holds(&c, "{\"a\":false}"));
    assert_false(json_holds(&c, "{\"a\":null}"));
    assert_false(json_holds(&c, "{}"));
    c.values = text;
    assert_false(json_holds(&c, "{\"a\":0}"));
    assert_true(json_holds(&c, "{\"a\":\"0\"}"));
    c.test = GATEWAY_JSON_IN;
    assert_true(json_holds(&c, "{\"a\":0}"));
    assert_true(json_holds(&c, "{\"a\":\"0\"}"));
    assert_false(json_holds(&c, "{\"a\":\"00\"}"));
    assert_false(json_holds(&c, "{\"a\":[\"0\"]}"));
    c.values = no;
    assert_true(json_holds(&c, "{\"a\":false}"));
    assert_false(json_holds(&c, "{\"a\":true}"));
}

static void a_value_is_there_or_not(void **state)
{
    (void)state;
    struct gateway_json_condition c = {.pointer = TEXT("/a/0"), .test = GATEWAY_JSON_EXISTS};
    assert_true(json_holds(&c, "{\"a\":[false]}"));
    assert_false(json_holds(&c, "{\"a\":[null]}"));
    assert_false(json_holds(&c, "{\"a\":[]}"));
    assert_false(json_holds(&c, "17"));
    c.absent = true;
    assert_false(json_holds(&c, "{\"a\":[false]}"));
    assert_true(json_holds(&c, "{\"a\":[null]}"));
    assert_true(json_holds(&c, "{}"));
}

static void a_range_has_both_of_its_ends(void **state)
{
    (void)state;
    struct gateway_json_condition c = {
        .pointer = TEXT("/a"), .test = GATEWAY_JSON_RANGE, .lowest = 2000, .highest = 2999};
    assert_false(json_holds(&c, "{\"a\":1999}"));
    assert_true(json_holds(&c, "{\"a\":2000}"));
    assert_true(json_holds(&c, "{\"a\":\"2999\"}"));
    assert_false(json_holds(&c, "{\"a\":3000}"));
    assert_false(json_holds(&c, "{\"a\":\"2000x\"}"));
    assert_false(json_holds(&c, "{\"a\":true}"));
}

static void tells_what_hangs_on_json_alone(void **state)
{
    (void)state;
    struct gateway_json_condition c = {.pointer = TEXT("/a"), .test = GATEWAY_JSON_EXISTS};
    struct gateway_predicate p = {
        .status_from = 200, .status_to = 200, .json = &c, .json_count = 1};
    struct gateway_reply reply = {200, "<html>", NULL};
    assert_true(gateway_predicate_depends_on_json(&p, &reply));
    assert_false(gateway_predicate_holds(&p, &reply));
    reply.status = 201;
    assert_false(gateway_predicate_depends_on_json(&p, &reply));
    reply.status = 200;
    p.json_count = 0;
    assert_false(gateway_predicate_depends_on_json(&p, &reply));
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
        cmocka_unit_test(eq_wants_the_same_type_and_in_does_not),
        cmocka_unit_test(a_value_is_there_or_not),
        cmocka_unit_test(a_range_has_both_of_its_ends),
        cmocka_unit_test(tells_what_hangs_on_json_alone),
        cmocka_unit_test(says_what_is_wrong_with_an_expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
