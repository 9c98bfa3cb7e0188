#include "model/gateway_extract.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(literal) ((char *)(uintptr_t)(literal))

/* What is found in `body`; "-" for nothing. */
static void check(const struct gateway_extractor *e, const char *body, const char *expected)
{
    struct error err;
    struct json_t *json = NULL;
    struct buf out = {0};
    if (body[0] == '{')
        assert_int_equal(json_parse(body, strlen(body), "body", 1, 8, &json, &err), 0);
    const struct gateway_reply reply = {200, body, json};
    buf_puts(&out, ">");
    bool found = gateway_extract(e, &reply, &out);
    assert_string_equal(buf_text(&out) + 1, found ? expected : "");
    assert_int_equal(found, strcmp(expected, "-") != 0);
    buf_free(&out);
    json_free(json);
}

static void takes_a_scalar_at_a_pointer(void **state)
{
    (void)state;
    const struct gateway_extractor e = {GATEWAY_EXTRACT_JSON, TEXT("/a/0/b~1c"), NULL};
    check(&e, "{\"a\":[{\"b/c\":\"x\"}]}", "x");
    check(&e, "{\"a\":[{\"b/c\":17}]}", "17");
    check(&e, "{\"a\":[{\"b/c\":true}]}", "true");
    check(&e, "{\"a\":[{\"b/c\":null}]}", "-");
    check(&e, "{\"a\":[{\"b/c\":{}}]}", "-");
    check(&e, "{\"a\":[{\"b/c\":\"\"}]}", "-");
    check(&e, "{\"a\":{}}", "-");
    check(&e, "no json", "-");
}

static void takes_the_first_group_of_an_expression(void **state)
{
    (void)state;
    struct gateway_extractor e = {GATEWAY_EXTRACT_REGEX, NULL, NULL};
    assert_int_equal(gateway_regex_compile("<(Message)?Id>([^<]*)", &e.regex, NULL), 0);
    assert_int_equal(gateway_regex_groups(e.regex), 2);
    check(&e, "<MessageId>7</MessageId>", "Message");
    check(&e, "<Id>7", "-"); /* the group took nothing */
    check(&e, "", "-");
    gateway_extractor_free(&e);
}

static void puts_several_values_together(void **state)
{
    (void)state;
    const struct gateway_extractor e = {GATEWAY_EXTRACT_TEMPLATE, TEXT("<{json:/a}#{json:/b}>"),
                                        NULL};
    check(&e, "{\"a\":\"x\",\"b\":2}", "<x#2>");
    check(&e, "{\"a\":\"{json:/b}\",\"b\":2}", "<{json:/b}#2>");
    check(&e, "{\"a\":\"x\"}", "-");
    check(&e, "{}", "-");
}

static void knows_what_a_template_is(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(gateway_extract_check_template("{json:/a}{json:/b~0}", &err), 0);
    assert_int_equal(gateway_extract_check_template("a", &err), ERR_INPUT);
    assert_int_equal(gateway_extract_check_template("{json:a}", &err), ERR_INPUT);
    assert_int_equal(gateway_extract_check_template("{json:/a}{json:/b", &err), ERR_INPUT);
    assert_int_equal(gateway_extract_check_template("{json:/a~2}", &err), ERR_INPUT);
}

static void takes_nothing_where_nothing_is_wanted(void **state)
{
    (void)state;
    const struct gateway_extractor none = {0};
    check(&none, "{\"a\":1}", "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_scalar_at_a_pointer),
        cmocka_unit_test(takes_the_first_group_of_an_expression),
        cmocka_unit_test(puts_several_values_together),
        cmocka_unit_test(knows_what_a_template_is),
        cmocka_unit_test(takes_nothing_where_nothing_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
