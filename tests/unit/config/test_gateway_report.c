#include "config/gateway_report.h"

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

static void everything_a_report_can_say_is_read(void **state)
{
    (void)state;
    struct settings *s = gateway_scratch_load(
        &scratch,
        "response: {id: {json: /id}, answers: [{class: accepted}]}\n"
        "dlr:\n  source: json\n  each: /hooks\n  filter: {from: /event, eq: RESULT}\n"
        "  verify: {kind: shared-header, name: X-Sig, key: \"{{key}}\"}\n"
        "  correlate: {by: id, from: /msg}\n"
        "  status: {from: /s, map: {OK: confirmed, D: delivered, N: failed}, default: failed}\n"
        "  detail: /code\n  optout: {from: /code, in: [\"9\", STOP]}\n"
        "  lasting: {from: /code, in: [\"5\"]}\n"
        "  reply: {status: 204, content_type: application/json, body: \"{}\"}\n");
    const struct gateway_report *r = s->transports[0].sms.gateway->report;
    assert_int_equal(r->source, GATEWAY_REPORT_JSON);
    assert_string_equal(r->each, "/hooks");
    assert_string_equal(r->filter_from, "/event");
    assert_string_equal(r->filter_value, "RESULT");
    assert_int_equal(r->verify, GATEWAY_VERIFY_SHARED_HEADER);
    assert_string_equal(r->verify_name, "X-Sig");
    assert_string_equal(r->verify_key, "geheim");
    assert_false(r->by_key);
    assert_string_equal(r->from, "/msg");
    assert_string_equal(r->status_from, "/s");
    assert_int_equal(r->state_count, 3);
    assert_int_equal(r->states[0].kind, RECEIPT_CONFIRMED);
    assert_int_equal(r->states[1].kind, RECEIPT_CONFIRMED);
    assert_int_equal(r->otherwise, RECEIPT_FAILED);
    assert_string_equal(r->detail_from, "/code");
    assert_int_equal(r->optout_count, 2);
    assert_string_equal(r->optout_values[1], "STOP");
    assert_string_equal(r->lasting_values[0], "5");
    assert_int_equal(r->reply_status, 204);
    assert_string_equal(r->reply_type, "application/json");
    assert_string_equal(r->reply_body, "{}");
    scratch_free(s);
}

#define DLR(rest)                                                                                  \
    "dlr: {correlate: {by: key, from: k}, status: {from: s, map: {a: failed}}" rest "}\n"

static void what_is_left_out_has_a_meaning(void **state)
{
    (void)state;
    struct settings *s = gateway_scratch_load(&scratch, DLR(", source: query"));
    const struct gateway_report *r = s->transports[0].sms.gateway->report;
    assert_true(r->by_key);
    assert_null(r->each);
    assert_null(r->filter_from);
    assert_null(r->detail_from);
    assert_int_equal(r->verify, GATEWAY_VERIFY_NONE);
    assert_int_equal(r->otherwise, RECEIPT_NONE);
    assert_int_equal(r->reply_status, 200);
    assert_string_equal(r->reply_type, "text/plain");
    assert_string_equal(r->reply_body, "");
    scratch_free(s);
    s = gateway_scratch_load(&scratch, "dlr: none\n");
    assert_null(s->transports[0].sms.gateway->report);
    scratch_free(s);
    s = gateway_scratch_load(&scratch,
                             "dlr: {source: json, each: \"\", correlate: {by: key, from: /k}, "
                             "status: {from: /s, map: {a: failed}}}\n");
    assert_string_equal(s->transports[0].sms.gateway->report->each, "");
    scratch_free(s);
}

static void says_what_is_wrong_with_a_report(void **state)
{
    (void)state;
    static const struct gateway_refusal rows[] = {
        {"dlr: nothing\n", "must be a map"},
        {"dlr: {}\n", "`dlr.source` is missing"},
        {DLR(""), "`dlr.source` is missing"},
        {DLR(", source: body"), "must be query, form, json or any"},
        {DLR(", source: json"), "it must begin with `/`"},
        {"dlr: {source: query, correlate: {by: key, from: /k}, status: {from: s, map: {a: "
         "failed}}}\n",
         "`source: query` has fields"},
        {"dlr: {source: query, correlate: {from: k}, status: {from: s, map: {a: failed}}}\n",
         "`response.id` does not say"},
        {"dlr: {source: query, correlate: {by: key, from: k}, status: {from: s, map: {a: fail}}}\n",
         "did you mean `failed`?"},
        {"dlr: {source: query, correlate: {by: key, from: k}, status: {from: s, map: {a: [b]}}}\n",
         "must be one word"},
        {"dlr: {source: query, correlate: {by: key, from: k}, status: {from: s}}\n",
         "`dlr.status.map` must say"},
        {"dlr: {source: query, correlate: {by: key, from: k}, status: x}\n",
         "`status` must be a map"},
        {"dlr: {source: query, correlate: {by: key, from: k}}\n", "`dlr.status.from` is missing"},
        {DLR(", source: query, each: /a"), "`each` needs `source: json`"},
        {DLR(", source: query, filter: {from: a}"), "`dlr.filter` needs `from` and `eq`"},
        {DLR(", source: query, optout: {in: [a]}"), "`dlr.optout` needs `from` and `in`"},
        {DLR(", source: query, lasting: {from: a}"), "`dlr.lasting` needs `from` and `in`"},
        {DLR(", source: query, verify: {kind: twilio}"), "needs a `kind` and a `key`"},
        {DLR(", source: query, verify: {key: x}"), "needs a `kind` and a `key`"},
        {DLR(", source: query, verify: {kind: shared-header, key: x}"),
         "`verify.name` is the header"},
        {DLR(", source: query, verify: {kind: twilio, name: x, key: y}"),
         "`verify.name` is the header"},
        {DLR(", source: query, verify: {kind: twilio, key: \"{{text}}\"}"),
         "only variables of `vars`"},
        {DLR(", source: query, verify: {kind: rsa, key: x}"), "must be none, shared-header"},
        {DLR(", source: query, reply: {status: 500}"), "dlr.reply.status"},
        {DLR(", source: query, reply: {body: [x]}"), "`reply.body` must be a text"},
        {DLR(", source: query, replay: {}"), "did you mean `reply`?"},
        {"request: {method: POST, url: \"{{base}}/\", form: {u: \"{{callback}}\"}}\n",
         "there is no `dlr` that explains them"},
    };
    gateway_scratch_refuse_all(&scratch, rows, COUNT_OF(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_a_report_can_say_is_read),
        cmocka_unit_test(what_is_left_out_has_a_meaning),
        cmocka_unit_test(says_what_is_wrong_with_a_report),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
