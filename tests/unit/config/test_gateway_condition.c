#include "config/gateway_condition.h"

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

#define ANSWER(answer) "response: {answers: [" answer ", {status: 200, class: accepted}]}\n"

static void conditions_on_json_are_read_with_the_types_of_their_values(void **state)
{
    (void)state;
    struct settings *s = gateway_scratch_load(
        &scratch,
        ANSWER("{status: 200, json: /code, eq: \"0\", class: throttle, retry_after: 30s}, "
               "{all: [{json: /a/0/b, in: [1, \"x\", null, true]}, {json: /c, exists: "
               "false}, {json: /d, range: [2000, 2999]}], class: suppress, cause: stop}"));
    const struct gateway_predicate *first = &s->transports[0].sms.gateway->answers[0];
    const struct gateway_predicate *second = &s->transports[0].sms.gateway->answers[1];
    assert_int_equal(first->json_count, 1);
    assert_int_equal(first->json[0].test, GATEWAY_JSON_EQ);
    assert_int_equal(first->json[0].values[0].kind, JSON_KIND_TEXT);
    assert_int_equal(first->retry_after_s, 30);
    assert_int_equal(second->json_count, 3);
    assert_string_equal(second->json[0].pointer, "/a/0/b");
    assert_int_equal(second->json[0].value_count, 4);
    assert_int_equal(second->json[0].values[0].kind, JSON_KIND_NUMBER);
    assert_int_equal(second->json[0].values[2].kind, JSON_KIND_NULL);
    assert_int_equal(second->json[0].values[3].kind, JSON_KIND_BOOLEAN);
    assert_true(second->json[1].absent);
    assert_true(second->json[2].lowest > 1999.5 && second->json[2].highest < 2999.5);
    assert_int_equal(second->outcome, OUTCOME_SUPPRESS);
    scratch_free(s);
}

static void extractors_are_read(void **state)
{
    (void)state;
    struct settings *s = gateway_scratch_load(
        &scratch,
        "response: {id: {template: \"{json:/a}#{json:/b/0}\"}, parts: {json: /n}, error_code: "
        "{regex: \"<Code>([^<]+)</Code>\"}, error_text: none, answers: [{class: accepted}]}\n");
    const struct gateway *g = s->transports[0].sms.gateway;
    assert_int_equal(g->id.kind, GATEWAY_EXTRACT_TEMPLATE);
    assert_int_equal(g->parts.kind, GATEWAY_EXTRACT_JSON);
    assert_int_equal(g->error_code.kind, GATEWAY_EXTRACT_REGEX);
    assert_int_equal(g->error_text.kind, GATEWAY_EXTRACT_NONE);
    scratch_free(s);
}

static void says_what_is_wrong_with_an_answer(void **state)
{
    (void)state;
    static const struct gateway_refusal rows[] = {
        {ANSWER("{json: /a, class: config}"), "needs one of `eq`, `in`, `exists` and `range`"},
        {ANSWER("{json: /a, eq: 1, in: [2], class: config}"), "needs one of"},
        {ANSWER("{eq: 1, class: config}"), "`json` is a pointer"},
        {ANSWER("{json: a, eq: 1, class: config}"), "it must begin with `/`"},
        {ANSWER("{json: \"\", eq: 1, class: config}"), "it must begin with `/`"},
        {ANSWER("{json: /a~2b, eq: 1, class: config}"), "~0 for ~"},
        {ANSWER("{json: [a], eq: 1, class: config}"), "a JSON pointer is a text"},
        {ANSWER("{json: /a, eq: [1], class: config}"), "must be a text, a number"},
        {ANSWER("{json: /a, in: 1, class: config}"), "`in` is a list"},
        {ANSWER("{json: /a, in: [], class: config}"), "`in` is a list"},
        {ANSWER("{json: /a, exists: yes, class: config}"), "`exists` is true or false"},
        {ANSWER("{json: /a, range: [9, 1], class: config}"), "`range` is the lowest"},
        {ANSWER("{json: /a, range: [1], class: config}"), "`range` is the lowest"},
        {ANSWER("{json: /a, range: [a, b], class: config}"), "`range` is the lowest"},
        {ANSWER("{all: [], class: config}"), "`all` is a list"},
        {ANSWER("{all: [{json: /a, is: 1}], class: config}"), "unknown key `is`; did you mean"},
        {ANSWER("{all: [x], class: config}"), "`json` is a pointer"},
        {ANSWER("{status: 200, class: config, retry_after: soon}"),
         "must be `header` or a duration"},
        {ANSWER("{clas: config}"), "did you mean `class`?"},
        {"response: {id: /sid, answers: [{class: accepted}]}\n", "write {json: /pointer}"},
        {"response: {id: {json: sid}, answers: [{class: accepted}]}\n", "begin with `/`"},
        {"response: {id: {regex: \"a+\"}, answers: [{class: accepted}]}\n", "needs a group"},
        {"response: {id: {regex: \"(\"}, answers: [{class: accepted}]}\n",
         "is no extended regular"},
        {"response: {id: {template: \"a\"}, answers: [{class: accepted}]}\n", "must hold {json:"},
        {"response: {id: {template: \"{json:a}\"}, answers: [{class: accepted}]}\n",
         "begin with `/`"},
        {"response: {id: {template: \"{json:/a\"}, answers: [{class: accepted}]}\n",
         "must hold {json:"},
        {"response: {id: {jsn: /a}, answers: [{class: accepted}]}\n", "write {json: /pointer}"},
    };
    gateway_scratch_refuse_all(&scratch, rows, COUNT_OF(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_on_json_are_read_with_the_types_of_their_values),
        cmocka_unit_test(extractors_are_read),
        cmocka_unit_test(says_what_is_wrong_with_an_answer),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
