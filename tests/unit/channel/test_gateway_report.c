#include "channel/gateway_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "channel/report_fields.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))
#define NOW_MS        INT64_C(1790000000000)

static struct gateway_report_state kannel_states[] = {{TEXT("1"), RECEIPT_CONFIRMED},
                                                      {TEXT("2"), RECEIPT_FAILED},
                                                      {TEXT("4"), RECEIPT_BUFFERED},
                                                      {TEXT("8"), RECEIPT_ACCEPTED},
                                                      {TEXT("16"), RECEIPT_REJECTED}};
static const struct gateway_report kannel = {
    .source = GATEWAY_REPORT_QUERY,
    .by_key = true,
    .from = TEXT("key"),
    .status_from = TEXT("d"),
    .states = kannel_states,
    .state_count = COUNT_OF(kannel_states),
    .detail_from = TEXT("reply"),
};

static struct gateway_report_state words[] = {{TEXT("delivered"), RECEIPT_CONFIRMED},
                                              {TEXT("accepted"), RECEIPT_ACCEPTED},
                                              {TEXT("failed"), RECEIPT_FAILED}};
static char *no_words[] = {TEXT("9")};
static char *lasting_words[] = {TEXT("3"), TEXT("6")};
static const struct gateway_report vonage = {
    .source = GATEWAY_REPORT_ANY,
    .from = TEXT("messageId"),
    .status_from = TEXT("status"),
    .states = words,
    .state_count = COUNT_OF(words),
    .otherwise = RECEIPT_FAILED,
    .detail_from = TEXT("err-code"),
    .optout_from = TEXT("err-code"),
    .optout_values = no_words,
    .optout_count = 1,
    .lasting_from = TEXT("err-code"),
    .lasting_values = lasting_words,
    .lasting_count = 2,
};

static struct gateway_report_state hook_states[] = {{TEXT("COMPLETED"), RECEIPT_CONFIRMED},
                                                    {TEXT("4000"), RECEIPT_CONFIRMED}};
static const struct gateway_report nhn = {
    .source = GATEWAY_REPORT_JSON,
    .verify = GATEWAY_VERIFY_SHARED_HEADER,
    .verify_name = TEXT("X-Signature"),
    .verify_key = TEXT("s"),
    .filter_from = TEXT("/event"),
    .filter_value = TEXT("RESULT"),
    .each = TEXT("/hooks"),
    .by_key = true,
    .from = TEXT("/key"),
    .status_from = TEXT("/status"),
    .states = hook_states,
    .state_count = COUNT_OF(hook_states),
    .detail_from = TEXT("/code"),
};

static const struct report_header json_headers[] = {{"Content-Type", "application/json"},
                                                    {"X-Signature", "s"}};

struct reading {
    int rc;
    struct error err;
    struct gateway_receipts list;
};

static struct reading read_body(const struct gateway_report *d, const char *query, bool json,
                                const char *body, size_t len)
{
    struct reading out = {0};
    char url[600];
    snprintf(url, sizeof(url), "https://sms.example.org/reports/g/t%s", query);
    const struct report_request r = {.url = url,
                                     .headers = json_headers,
                                     .header_count = json ? 2 : 0,
                                     .body = body,
                                     .body_len = len,
                                     .now_ms = NOW_MS};
    out.rc = gateway_report_read(d, "g", &r, &out.list, &out.err);
    return out;
}

static struct reading read_query(const struct gateway_report *d, const char *query)
{
    return read_body(d, query, false, "", 0);
}

static struct reading read_json(const struct gateway_report *d, const char *body)
{
    return read_body(d, "", true, body, strlen(body));
}

static const struct receipt *only(const struct reading *r)
{
    if (r->rc != 0)
        fail_msg("%s", r->err.text);
    assert_int_equal(r->list.count, 1);
    return &r->list.items[0];
}

/* ---- */

static void reads_what_kannel_reports(void **state)
{
    (void)state;
    struct reading r = read_query(&kannel, "?key=b_c17~2&d=16&reply=NACK%2FRetries+Exceeded&fid=7");
    const struct receipt *receipt = only(&r);
    assert_int_equal(receipt->kind, RECEIPT_REJECTED);
    assert_string_equal(receipt->notice_id, "b_c17~2");
    assert_null(receipt->message_id);
    assert_string_equal(receipt->transport, "g");
    assert_int_equal(receipt->channel, CHANNEL_SMS);
    assert_string_equal(receipt->text, "16 NACK/Retries Exceeded");
    assert_string_equal(receipt->cause, "rejected");
    assert_string_equal(receipt->source, "gateway");
    assert_true(receipt->proven);
    assert_false(receipt->lasting);
    assert_int_equal(receipt->at_ms, NOW_MS);
    gateway_receipts_free(&r.list);
}

static void takes_form_query_or_json_where_any_may_come(void **state)
{
    (void)state;
    const char *form = "messageId=0A&status=failed&err-code=6";
    const char *json = "{\"messageId\":\"0A\",\"status\":\"failed\",\"err-code\":6}";
    struct reading all[] = {
        read_query(&vonage, "?messageId=0A&status=failed&err-code=6"),
        read_body(&vonage, "", false, form, strlen(form)),
        read_json(&vonage, json),
        read_body(&vonage, "", false, json, strlen(json)),
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        const struct receipt *receipt = only(&all[i]);
        assert_int_equal(receipt->kind, RECEIPT_FAILED);
        assert_string_equal(receipt->message_id, "0A");
        assert_string_equal(receipt->text, "failed 6");
        assert_string_equal(receipt->cause, "bad_recipient");
        assert_int_equal(receipt->code, 6);
        assert_true(receipt->lasting);
        gateway_receipts_free(&all[i].list);
    }
}

static void hears_a_no_of_the_person(void **state)
{
    (void)state;
    struct reading r = read_query(&vonage, "?messageId=0A&status=failed&err-code=9");
    assert_true(only(&r)->opted_out);
    assert_string_equal(only(&r)->cause, "opted_out");
    gateway_receipts_free(&r.list);
}

/* A number that was just reached is not one that will never work, whatever the code says. */
static void believes_no_lasting_fault_of_what_arrived(void **state)
{
    (void)state;
    struct reading r = read_query(&vonage, "?messageId=0A&status=delivered&err-code=3");
    assert_int_equal(only(&r)->kind, RECEIPT_CONFIRMED);
    assert_false(only(&r)->lasting);
    gateway_receipts_free(&r.list);
}

static void keeps_a_word_it_does_not_know_by_what_the_description_says(void **state)
{
    (void)state;
    struct reading r = read_query(&vonage, "?messageId=0A&status=vanished");
    assert_int_equal(only(&r)->kind, RECEIPT_FAILED);
    gateway_receipts_free(&r.list);
    r = read_query(&kannel, "?key=a&d=99");
    assert_int_equal(only(&r)->kind, RECEIPT_UNKNOWN);
    gateway_receipts_free(&r.list);
    r = read_query(&vonage, "?messageId=0A"); /* no word at all is no failure */
    assert_int_equal(only(&r)->kind, RECEIPT_UNKNOWN);
    gateway_receipts_free(&r.list);
}

static void reads_each_of_many(void **state)
{
    (void)state;
    struct reading r = read_json(
        &nhn, "{\"event\":\"RESULT\",\"hooks\":[{\"key\":\"a\",\"status\":\"COMPLETED\"},"
              "{\"key\":\"b\",\"status\":\"X\",\"code\":-4},{\"status\":\"COMPLETED\"}]}");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.list.count, 2);
    assert_int_equal(r.list.nameless, 1);
    assert_string_equal(r.list.items[0].notice_id, "a");
    assert_int_equal(r.list.items[0].kind, RECEIPT_CONFIRMED);
    assert_string_equal(r.list.items[1].notice_id, "b");
    assert_int_equal(r.list.items[1].code, -4);
    gateway_receipts_free(&r.list);
}

static void refuses_a_list_that_is_none(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"event\":\"RESULT\",\"hooks\":\"x\"}",
        "{\"event\":\"RESULT\",\"hooks\":{\"key\":\"a\",\"status\":\"COMPLETED\"}}",
        "{\"event\":\"RESULT\",\"hooks\":null}",
        "{\"event\":\"RESULT\"}",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct reading r = read_json(&nhn, bodies[i]);
        assert_int_equal(r.rc, ERR_INPUT);
        assert_non_null(strstr(r.err.text, "no list of reports at \"/hooks\""));
    }
}

static void reads_a_body_that_is_a_list(void **state)
{
    (void)state;
    struct gateway_report solapi = nhn;
    solapi.each = TEXT("");
    solapi.filter_from = NULL;
    struct reading r = read_json(&solapi, "[{\"key\":\"a\",\"status\":4000}]");
    assert_int_equal(only(&r)->kind, RECEIPT_CONFIRMED);
    gateway_receipts_free(&r.list);
    r = read_json(&solapi, "[]");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.list.count, 0);
}

static void ignores_what_the_filter_does_not_want(void **state)
{
    (void)state;
    struct reading r = read_json(&nhn, "{\"event\":\"UNSUBSCRIBE\",\"hooks\":[{\"key\":\"a\"}]}");
    assert_int_equal(r.rc, 0);
    assert_int_equal(r.list.count, 0);
    assert_int_equal(r.list.ignored, 1);
    r = read_json(&nhn, "{\"event\":\"PING\"}"); /* has no list at all */
    assert_int_equal(r.rc, 0);
}

static void denies_what_is_not_the_gateway(void **state)
{
    (void)state;
    const char *body = "{\"event\":\"RESULT\",\"hooks\":[]}";
    struct reading r = read_body(&nhn, "", false, body, strlen(body));
    assert_int_equal(r.rc, ERR_DENIED);
    assert_int_equal(r.list.count, 0);
}

static void refuses_what_it_cannot_understand(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "{\"event\":\"RESULT\"}",
        "{\"event\":\"RESULT\",\"event\":\"RESULT\"}",
        "{\"event\":\"RESULT\",\"hooks\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",
        "{\"event\":\"RESULT\",\"hooks\":[{\"status\":\"COMPLETED\"}]}",
        "{\"event\":\"RESULT\",\"hooks\":[{\"key\":\"../../x\",\"status\":\"COMPLETED\"}]}"};
    struct gateway_report d = nhn;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        d.filter_from = i < 3 ? NULL : nhn.filter_from;
        struct reading r = read_json(&d, bodies[i]);
        if (r.rc != ERR_INPUT)
            fail_msg("%s: %d", bodies[i], r.rc);
        gateway_receipts_free(&r.list);
    }
    static const char *const queries[] = {"",
                                          "?",
                                          "?d=1",
                                          "?key=&d=1",
                                          "?key=a%00b&d=1",
                                          "?key=a~&d=1",
                                          "?key=~1&d=1",
                                          "?key=a~1~2&d=1",
                                          "?key=%C3%28&d=1"};
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct reading r = read_query(&kannel, queries[i]);
        if (r.rc != ERR_INPUT)
            fail_msg("%s: %d", queries[i], r.rc);
        gateway_receipts_free(&r.list);
    }
}

static void says_no_number_in_its_refusals(void **state)
{
    (void)state;
    struct reading r = read_json(&nhn, "{\"to\":\"+821012345678\" oops");
    assert_int_equal(r.rc, ERR_INPUT);
    assert_null(strstr(r.err.text, "8210"));
}

static void takes_so_many_and_not_one_more(void **state)
{
    (void)state;
    struct gateway_report d = nhn;
    d.filter_from = NULL;
    for (size_t count = GATEWAY_REPORTS_MAX; count <= GATEWAY_REPORTS_MAX + 1; count++) {
        struct buf body = {0};
        buf_puts(&body, "{\"hooks\":[");
        for (size_t i = 0; i < count; i++)
            buf_printf(&body, "%s{\"key\":\"n%zu\",\"status\":\"COMPLETED\"}", i > 0 ? "," : "", i);
        buf_puts(&body, "]}");
        struct reading r = read_json(&d, body.data);
        assert_int_equal(r.rc, count == GATEWAY_REPORTS_MAX ? 0 : ERR_INPUT);
        assert_int_equal(r.list.count, r.rc == 0 ? count : 0);
        gateway_receipts_free(&r.list);
        buf_free(&body);
    }
    struct buf body = {0};
    while (body.len <= GATEWAY_REPORT_BODY_MAX)
        buf_puts(&body, "                                ");
    struct reading r = read_json(&d, body.data);
    assert_int_equal(r.rc, ERR_INPUT);
    buf_free(&body);
    for (size_t i = 0; i <= REPORT_FIELDS_MAX; i++)
        buf_puts(&body, "a=1&");
    r = read_body(&vonage, "?messageId=m", false, body.data, body.len);
    assert_int_equal(r.rc, ERR_INPUT);
    buf_free(&body);
}

static void takes_no_more_members_than_fields(void **state)
{
    (void)state;
    for (size_t count = REPORT_FIELDS_MAX; count <= REPORT_FIELDS_MAX + 1; count++) {
        struct buf body = {0};
        buf_puts(&body, "{\"messageId\":\"m\"");
        for (size_t i = 1; i < count; i++)
            buf_printf(&body, ",\"a%zu\":1", i);
        buf_puts(&body, "}");
        struct reading r = read_json(&vonage, body.data);
        assert_int_equal(r.rc, count == REPORT_FIELDS_MAX ? 0 : ERR_INPUT);
        gateway_receipts_free(&r.list);
        buf_free(&body);
    }
}

/* Longer words than there is room for, cut between characters; control characters made visible. */
static void keeps_their_words_bounded_and_visible(void **state)
{
    (void)state;
    struct buf form = {0};
    buf_puts(&form, "messageId=m&status=a%1B%5B2J");
    for (size_t i = 0; i < 300; i++)
        buf_puts(&form, "\xea\xb0\x80");
    struct reading r = read_body(&vonage, "", false, form.data, form.len);
    const struct receipt *receipt = only(&r);
    assert_null(strchr(receipt->text, '\x1b'));
    size_t len = strlen(receipt->text);
    assert_true(len > sizeof(receipt->text) - 5);
    assert_memory_equal(receipt->text + len - 3, "\xea\xb0\x80", 3);
    gateway_receipts_free(&r.list);
    buf_free(&form);
}

/* The values of a form come undecoded, cut and damaged: nothing of that may be read beyond. */
static void survives_any_cut_of_a_query(void **state)
{
    (void)state;
    const char *text = "key=a%62&d=%3&reply=%&&=&%00=x&k%2";
    for (size_t len = 0; len <= strlen(text); len++) {
        char *exact = test_malloc(len + 1);
        memcpy(exact, text, len);
        exact[len] = '\0';
        struct reading r = read_body(&vonage, "", false, exact, len);
        gateway_receipts_free(&r.list);
        test_free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_kannel_reports),
        cmocka_unit_test(takes_form_query_or_json_where_any_may_come),
        cmocka_unit_test(hears_a_no_of_the_person),
        cmocka_unit_test(believes_no_lasting_fault_of_what_arrived),
        cmocka_unit_test(keeps_a_word_it_does_not_know_by_what_the_description_says),
        cmocka_unit_test(reads_each_of_many),
        cmocka_unit_test(refuses_a_list_that_is_none),
        cmocka_unit_test(reads_a_body_that_is_a_list),
        cmocka_unit_test(ignores_what_the_filter_does_not_want),
        cmocka_unit_test(denies_what_is_not_the_gateway),
        cmocka_unit_test(refuses_what_it_cannot_understand),
        cmocka_unit_test(says_no_number_in_its_refusals),
        cmocka_unit_test(takes_so_many_and_not_one_more),
        cmocka_unit_test(takes_no_more_members_than_fields),
        cmocka_unit_test(keeps_their_words_bounded_and_visible),
        cmocka_unit_test(survives_any_cut_of_a_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
