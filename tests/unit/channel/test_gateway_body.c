#include "channel/gateway_body.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_nodes.h"
#include "model/json.h"

#define HOSTILE "안녕 {{to}} \"quoted\" \\ & = +\n\t\x01"

static struct gateway_variable variables[] = {{TEXT("key"), TEXT("k\"{{id}}"), true}};
static struct gateway gateway = {
    .name = TEXT("test"), .variables = variables, .variable_count = COUNT_OF(variables)};
static struct sms_length ucs2_length = {.encoding = SMS_UCS2, .segments = 2};

static struct gateway_values values(const char *text)
{
    return (struct gateway_values){.gateway = &gateway,
                                   .to = "+821012345678",
                                   .from = "0212345678",
                                   .id = "job_1",
                                   .text = text,
                                   .text_len = strlen(text),
                                   .length = &ucs2_length};
}

static struct gateway_condition if_gsm7[] = {{TEXT("enc"), TEXT("gsm7")}};
static struct gateway_condition if_ucs2[] = {{TEXT("enc"), TEXT("ucs2")}};
static struct gateway_condition if_ttl[] = {{TEXT("ttl"), NULL}};
static struct gateway_condition if_both[] = {{TEXT("enc"), TEXT("ucs2")}, {TEXT("ttl"), NULL}};

static void check_json(const struct gateway_node *node, const struct gateway_values *v,
                       const char *expected)
{
    struct buf out = {0};
    struct error err;
    if (gateway_put_json(&out, node, v, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void json_keeps_types_and_order(void **state)
{
    (void)state;
    static struct gateway_node list[] = {{.text = TEXT("{{to.digits}}")},
                                         {.kind = GATEWAY_NODE_LITERAL, .text = TEXT("2.50")}};
    static struct gateway_node members[] = {
        FIELD("z", "{{from}}"),
        {.kind = GATEWAY_NODE_LITERAL, .key = TEXT("a"), .text = TEXT("true")},
        {.kind = GATEWAY_NODE_NUMBER, .key = TEXT("n"), .text = TEXT("{{segments|number}}")},
        {.kind = GATEWAY_NODE_LIST, .key = TEXT("l\"\\"), .items = list, .count = 2},
        {.kind = GATEWAY_NODE_OBJECT, .key = TEXT("o")},
    };
    static const struct gateway_node node = FIELDS(members);
    struct gateway_values v = values("x");
    check_json(&node, &v,
               "{\"z\":\"0212345678\",\"a\":true,\"n\":2,\"l\\\"\\\\\":[\"821012345678\",2.50],"
               "\"o\":{}}");
}

static void no_text_gets_out_of_its_json_string(void **state)
{
    (void)state;
    static struct gateway_node members[] = {FIELD("a", "[{{text}}]"), FIELD("b", "{{key}}")};
    static const struct gateway_node node = FIELDS(members);
    struct gateway_values v = values(HOSTILE);
    struct buf out = {0};
    struct error err;
    struct json_t *json = NULL;
    assert_int_equal(gateway_put_json(&out, &node, &v, &err), 0);
    if (json_parse(buf_text(&out), out.len, "body", 1, 8, &json, &err) != 0)
        fail_msg("%s: %s", err.text, buf_text(&out));
    assert_string_equal(json_get_text(json, "a", ""), "[" HOSTILE "]");
    assert_string_equal(json_get_text(json, "b", ""), "k\"{{id}}");
    json_free(json);
    buf_free(&out);
}

static void no_text_gets_out_of_its_form_field(void **state)
{
    (void)state;
    static struct gateway_node members[] = {FIELD("t", "{{text}}&=%"), FIELD("u", "x")};
    static const struct gateway_node form = FIELDS(members);
    struct gateway_values v = values("안 {{to}} \"q\" \\ & = +");
    struct buf out = {0};
    struct error err;
    assert_int_equal(gateway_put_fields(&out, &form, "?", &v, &err), 0);
    assert_string_equal(buf_text(&out), "?t=%EC%95%88%20%7B%7Bto%7D%7D%20%22q%22%20%5C%20%26%20%3D"
                                        "%20%2B%26%3D%25&u=x");
    buf_free(&out);
}

static void the_first_alternative_that_holds_is_sent(void **state)
{
    (void)state;
    static struct gateway_node choices[] = {
        WHEN(if_gsm7, "gsm"), WHEN(if_both, "both"), WHEN(if_ucs2, "ucs"), {.text = TEXT("else")}};
    static struct gateway_node members[] = {CHOICE("a", choices)};
    static const struct gateway_node node = FIELDS(members);
    struct gateway_values v = values("x");
    check_json(&node, &v, "{\"a\":\"ucs\"}");
    v.ttl_s = 61;
    check_json(&node, &v, "{\"a\":\"both\"}");
    static const struct sms_length gsm = {.encoding = SMS_GSM7};
    static const struct sms_length korean = {.encoding = SMS_EUC_KR};
    v.length = &gsm;
    check_json(&node, &v, "{\"a\":\"gsm\"}");
    v.length = &korean;
    check_json(&node, &v, "{\"a\":\"else\"}");
}

static void what_has_no_alternative_is_left_out(void **state)
{
    (void)state;
    static struct gateway_node choices[] = {WHEN(if_ttl, "{{ttl.minutes}}")};
    static struct gateway_node list[] = {CHOICE("", choices), {.text = TEXT("x")}};
    static struct gateway_node members[] = {
        CHOICE("a", choices),
        {.kind = GATEWAY_NODE_LIST, .key = TEXT("b"), .items = list, .count = 2},
        CHOICE("c", choices)};
    static const struct gateway_node node = FIELDS(members);
    struct gateway_values v = values("x");
    check_json(&node, &v, "{\"b\":[\"x\"]}");
    v.ttl_s = 61;
    check_json(&node, &v, "{\"a\":\"2\",\"b\":[\"2\",\"x\"],\"c\":\"2\"}");
}

static void says_that_a_number_is_none(void **state)
{
    (void)state;
    static const struct gateway_node node = {.kind = GATEWAY_NODE_NUMBER,
                                             .text = TEXT("{{text|number}}")};
    static const char *const wrong[] = {"", "x", "1x", "1,\"a\":2", "007", "-", "1.5"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct gateway_values v = values(wrong[i]);
        struct buf out = {0};
        struct error err;
        assert_int_equal(gateway_put_json(&out, &node, &v, &err), ERR_NOT_FOUND);
        assert_int_equal(out.len, 0);
        buf_free(&out);
    }
    struct gateway_values v = values("-12");
    check_json(&node, &v, "-12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_keeps_types_and_order),
        cmocka_unit_test(no_text_gets_out_of_its_json_string),
        cmocka_unit_test(no_text_gets_out_of_its_form_field),
        cmocka_unit_test(the_first_alternative_that_holds_is_sent),
        cmocka_unit_test(what_has_no_alternative_is_left_out),
        cmocka_unit_test(says_that_a_number_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
