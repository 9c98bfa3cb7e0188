#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/json.h"
#include "model/receipt.h"

static void names_go_there_and_back(void **state)
{
    enum receipt_kind back;
    (void)state;
    for (int i = 0; i < RECEIPT_KINDS; i++) {
        assert_true(receipt_kind_parse(receipt_kind_name((enum receipt_kind)i), &back));
        assert_int_equal(back, i);
    }
    assert_false(receipt_kind_parse("delivered", &back));
}

static int read_text(const char *text, struct receipt *out, struct error *err)
{
    struct json_t *root = NULL;
    assert_int_equal(json_parse(text, strlen(text), "receipt", 1, 8, &root, err), 0);
    int rc = receipt_read_json(root, out, err);
    json_free(root);
    return rc;
}

static void comes_back_from_json_as_it_was(void **state)
{
    struct receipt sent = {
        .kind = RECEIPT_FAILED,
        .token = xstrdup("1-abc"),
        .message_id = xstrdup("SM\"1"),
        .notice_id = xstrdup("b_c17"),
        .transport = xstrdup("sms"),
        .channel = CHANNEL_SMS,
        .address = xstrdup("+821012345678"),
        .proven = true,
        .code = 550,
        .enhanced = "5.1.1",
        .cause = "bad_recipient",
        .text = "없는 번호입니다",
        .lasting = true,
        .opted_out = true,
        .at_ms = 1700000000123,
        .source = "gateway",
    };
    struct receipt got;
    struct buf text = {0};
    struct error err = {0};
    (void)state;
    receipt_put_json(&sent, &text);
    assert_int_equal(read_text(buf_text(&text), &got, &err), 0);
    assert_int_equal(got.kind, sent.kind);
    assert_string_equal(got.token, sent.token);
    assert_string_equal(got.message_id, sent.message_id);
    assert_string_equal(got.notice_id, sent.notice_id);
    assert_string_equal(got.transport, sent.transport);
    assert_int_equal(got.channel, sent.channel);
    assert_string_equal(got.address, sent.address);
    assert_int_equal(got.code, sent.code);
    assert_string_equal(got.enhanced, sent.enhanced);
    assert_string_equal(got.cause, sent.cause);
    assert_string_equal(got.text, sent.text);
    assert_string_equal(got.source, sent.source);
    assert_true(got.proven && got.lasting && got.opted_out);
    assert_true(got.at_ms == sent.at_ms);
    receipt_clear(&got);
    receipt_clear(&sent);
    buf_free(&text);
}

static void refuses_what_is_none(void **state)
{
    struct receipt got;
    struct error err = {0};
    (void)state;
    assert_int_equal(read_text("{\"kind\":\"sent\",\"channel\":\"sms\"}", &got, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "sent"));
    assert_int_equal(read_text("{\"kind\":\"failed\",\"channel\":\"fax\"}", &got, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "fax"));
    assert_int_equal(read_text("{\"kind\":\"none\",\"channel\":\"sms\"}", &got, &err), ERR_INPUT);
    assert_int_equal(
        read_text("{\"kind\":\"failed\",\"channel\":\"sms\",\"enhanced\":\"5.1.1.1.1.1.1.1\"}",
                  &got, &err),
        ERR_INPUT);
    assert_non_null(strstr(err.text, "enhanced"));
}

static void a_key_names_an_attempt_or_none(void **state)
{
    struct buf key = {0};
    int64_t attempt = 7;
    (void)state;
    receipt_key_put(&key, "b_c17", 12);
    assert_string_equal(key.data, "b_c17~12");
    assert_int_equal(receipt_key_read(key.data, &attempt), 5);
    assert_int_equal(attempt, 12);
    buf_free(&key);
    static const char *const none[] = {"b_c17", "b~",   "b~x", "b~0",
                                       "b~-1",  "b~1~", "",    "b~99999999999999999999"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(receipt_key_read(none[i], &attempt), strlen(none[i]));
        assert_int_equal(attempt, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_there_and_back),
        cmocka_unit_test(a_key_names_an_attempt_or_none),
        cmocka_unit_test(comes_back_from_json_as_it_was),
        cmocka_unit_test(refuses_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
