#include "config/gateway_node.h"

#include "gateway_scratch.h"

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

static void plain_values_of_json_keep_their_type(void **state)
{
    (void)state;
    struct settings *s = gateway_scratch_load(
        &scratch, "request: {method: POST, url: \"{{base}}/\", json: {a: 1, b: \"1\", c: true, "
                  "d: \"true\", e: null, f: -1.5, g: +49, h: \"{{segments|number}}\", "
                  "i: [\"{{text}}\", 2], j: {k: \"x{{id}}\"}, l: 007}}\n");
    const struct gateway_node *json = &s->transports[0].sms.gateway->json;
    static const enum gateway_node_kind kinds[] = {
        GATEWAY_NODE_LITERAL, GATEWAY_NODE_TEXT,    GATEWAY_NODE_LITERAL, GATEWAY_NODE_TEXT,
        GATEWAY_NODE_LITERAL, GATEWAY_NODE_LITERAL, GATEWAY_NODE_TEXT,    GATEWAY_NODE_NUMBER,
        GATEWAY_NODE_LIST,    GATEWAY_NODE_OBJECT,  GATEWAY_NODE_TEXT};
    assert_int_equal(s->transports[0].sms.gateway->body_kind, GATEWAY_BODY_JSON);
    assert_int_equal(json->kind, GATEWAY_NODE_OBJECT);
    assert_int_equal(json->count, COUNT_OF(kinds));
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        assert_int_equal(json->items[i].kind, kinds[i]);
    assert_int_equal(json->items[8].items[1].kind, GATEWAY_NODE_LITERAL);
    assert_string_equal(json->items[9].items[0].key, "k");
    scratch_free(s);
}

static void a_condition_may_ask_for_any_name(void **state)
{
    (void)state;
    struct settings *s = gateway_scratch_load(
        &scratch, "text: {profile: kr}\nrequest: {method: POST, url: \"{{base}}/\", json: {a: "
                  "{when: {kr.type: LMS,"
                  " subject: set}, value: \"{{subject}}\"}, b: [{when: {who: me}, value: 1}, "
                  "{when: {purpose: "
                  "ad}, value: {c: [2]}}, 3], d: [4, {when: {ttl: set}, value: 5}]}}\n");
    const struct gateway *g = s->transports[0].sms.gateway;
    const struct gateway_node *a = &g->json.items[0], *b = &g->json.items[1];
    assert_int_equal(a->kind, GATEWAY_NODE_CHOICE);
    assert_int_equal(a->count, 1);
    assert_int_equal(a->items[0].condition_count, 2);
    assert_string_equal(a->items[0].conditions[0].word, "LMS");
    assert_null(a->items[0].conditions[1].word);
    assert_int_equal(b->kind, GATEWAY_NODE_CHOICE);
    assert_int_equal(b->count, 3);
    assert_int_equal(b->items[1].kind, GATEWAY_NODE_OBJECT);
    assert_int_equal(b->items[2].condition_count, 0);
    assert_int_equal(g->json.items[2].kind, GATEWAY_NODE_LIST);
    assert_int_equal(g->json.items[2].items[1].kind, GATEWAY_NODE_CHOICE);
    assert_true(g->uses[GATEWAY_NAME_SUBJECT]);
    assert_true(g->uses[GATEWAY_NAME_TTL]);
    assert_false(g->uses[GATEWAY_NAME_TEXT]);
    scratch_free(s);
}

#define FORM(field) "request: {method: POST, url: \"{{base}}/\", form: {a: " field "}}\n"
#define JSON(value) "request: {method: POST, url: \"{{base}}/\", json: " value "}\n"

static void says_what_is_wrong_with_a_value(void **state)
{
    (void)state;
    static const struct gateway_refusal rows[] = {
        {FORM("{b: c}"), "a field is a text"},
        {FORM("{when: {enc: gsm7}}"), "a field is a text"},
        {FORM("{when: {enc: gsm7}, value: {x: y}}"), "a field is a text"},
        {FORM("{when: {}, value: x}"), "`when` is a map"},
        {FORM("{when: x, value: x}"), "`when` is a map"},
        {FORM("{when: {enc: gsm}, value: x}"), "did you mean `gsm7`?"},
        {FORM("{when: {enc: euc-kr}, value: x}"), "unknown value of `enc` `euc-kr`"},
        {FORM("{when: {from.kind: alfa}, value: x}"), "did you mean `alpha`?"},
        {FORM("{when: {purpos: ad}, value: x}"), "did you mean `purpose`?"},
        {FORM("{when: {enc: [gsm7]}, value: x}"), "a condition is a name and its value"},
        {FORM("{when: {signature: set}, value: x}"), "is not known yet"},
        {FORM("[x, {when: {enc: gsm7}, value: y}]"), "this is never sent"},
        {FORM("\"{{txet}}\""), "did you mean `text`?"},
        {FORM("\"{{text\""), "`{{` without `}}`"},
        {FORM("\"{{text|base64}}\""), "unknown filter `base64`"},
        {FORM("\"{{purpose|map:x}}\""), "unknown map `x`"},
        {FORM("\"{{signature}}\""), "can only stand in `auth.headers`"},
        {FORM("\"{{req.method}}\""), "can only stand in `auth`"},
        {JSON("{a: \"{{text|utf16be}}\"}"), "utf16be|hex"},
        {JSON("{a: {when: {enc: gsm7}, value: 1, b: 2}}"), "a condition is exactly"},
        {JSON("{a: {when: 1}}"), "a condition is exactly"},
        {JSON("[1, 2, {a: [\"{{nobody}}\"]}]"), "unknown name in {{ }} `nobody`"},
        {"request: {method: POST, url: \"{{base}}/\", form: {a: b}, json: {c: d}}\n", "not both"},
        {"request: {method: POST, url: \"{{base}}/\", body: [x]}\n", "`body` must be a text"},
        {"request: {method: GET, url: \"{{base}}/\", json: [1]}\n", "a GET request has no body"},
        {"request: {method: GET, url: \"{{base}}/\", query: {a: b}, headers: {x: "
         "\"{{text|utf16be}}\"}}\n",
         "utf16be|hex"},
    };
    gateway_scratch_refuse_all(&scratch, rows, COUNT_OF(rows));
}

static void the_place_of_a_fault_is_its_own(void **state)
{
    (void)state;
    struct error err;
    gateway_scratch_write(&scratch, "request:\n  method: POST\n  url: \"{{base}}/\"\n"
                                    "  json:\n    a: [1, {b: \"{{nobody}}\"}]\n");
    assert_null(scratch_load(&scratch, GATEWAY_SCRATCH_USE, &err));
    if (strstr(err.text, "test.yaml:7:16: ") == NULL)
        fail_msg("%s", err.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values_of_json_keep_their_type),
        cmocka_unit_test(a_condition_may_ask_for_any_name),
        cmocka_unit_test(says_what_is_wrong_with_a_value),
        cmocka_unit_test(the_place_of_a_fault_is_its_own),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
