#include "channel/report_proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

struct scene {
    enum gateway_verify kind;
    const char *name, *key;
    const char *url, *header, *value, *body;
    int64_t now_ms;
};

static int judge(const struct scene *s, struct error *err)
{
    const struct gateway_report d = {
        .verify = s->kind, .verify_name = TEXT(s->name), .verify_key = TEXT(s->key)};
    const struct report_header header = {s->header, s->value};
    const struct report_request r = {
        .url = s->url,
        .headers = &header,
        .header_count = s->header != NULL ? 1 : 0,
        .body = s->body,
        .body_len = strlen(s->body),
        .now_ms = s->now_ms,
    };
    struct report_fields fields = {0};
    const char *query = strchr(s->url, '?');
    assert_int_equal(report_fields_read(&fields, s->body, strlen(s->body), NULL), 0);
    if (query != NULL)
        assert_int_equal(report_fields_read(&fields, query + 1, strlen(query + 1), NULL), 0);
    int rc = report_verify(&d, &r, &fields, err);
    report_fields_free(&fields);
    return rc;
}

static void accepts(struct scene s)
{
    struct error err;
    if (judge(&s, &err) != 0)
        fail_msg("%s", err.text);
}

static void denies(struct scene s)
{
    struct error err = {0};
    assert_int_equal(judge(&s, &err), ERR_DENIED);
    assert_true(strlen(err.text) > 0);
    if (s.key != NULL && *s.key != '\0')
        assert_null(strstr(err.text, s.key));
}

/* ---- */

static void asks_for_nothing_where_nothing_is_signed(void **state)
{
    (void)state;
    accepts((struct scene){.url = "https://x/", .body = ""});
}

/* The example of Twilio's own documentation. */
static const struct scene twilio = {
    .kind = GATEWAY_VERIFY_TWILIO,
    .key = "12345",
    .url = "https://mycompany.com/myapp.php?foo=1&bar=2",
    .header = "x-twilio-signature",
    .value = "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    .body = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B"
            "18005551212",
};

static void verifies_what_twilio_signs(void **state)
{
    (void)state;
    accepts(twilio);
    struct scene s = twilio;
    s.body = "To=%2B18005551212&From=%2B14158675309&Digits=1234&Caller=%2B14158675309&CallSid="
             "CA1234567890ABCDE";
    accepts(s); /* the order on the wire is no part of it */
    s = twilio;
    s.url = "http://mycompany.com/myapp.php?foo=1&bar=2";
    denies(s);
    s = twilio;
    s.body = "CallSid=CA1234567890ABCDF";
    denies(s);
    s = twilio;
    s.key = "12346";
    denies(s);
    s = twilio;
    s.header = NULL;
    denies(s);
    s = twilio;
    s.value = "";
    denies(s);
}

static void verifies_a_shared_header(void **state)
{
    (void)state;
    const struct scene good = {.kind = GATEWAY_VERIFY_SHARED_HEADER,
                               .name = "X-Toast-Webhook-Signature",
                               .key = "s3cret",
                               .url = "https://x/",
                               .header = "X-Toast-Webhook-Signature",
                               .value = "s3cret",
                               .body = ""};
    accepts(good);
    static const char *const wrong[] = {"", "s3cre", "s3cret ", "S3cret", "s3cret2"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct scene s = good;
        s.value = wrong[i];
        denies(s);
    }
    struct scene s = good;
    s.header = "X-Other";
    denies(s);
    /* A description without a key lets nobody in, least of all an empty header. */
    s = good;
    s.key = "";
    s.value = "";
    denies(s);
}

static void verifies_the_hmac_of_a_body(void **state)
{
    (void)state;
    const struct scene good = {
        .kind = GATEWAY_VERIFY_HMAC_SHA256,
        .name = "X-Signature",
        .key = "hook-key",
        .url = "https://x/",
        .header = "X-Signature",
        .value = "30365e2d3fc432ff66199cd01982348b242e7b14467b0857bf4cfb101f7fa160",
        .body = "{\"id\":\"m1\",\"s\":\"D\"}"};
    accepts(good);
    struct scene s = good;
    s.value = "sha256=30365E2D3FC432FF66199CD01982348B242E7B14467B0857BF4CFB101F7FA160";
    accepts(s);
    s.value = "MDZeLT/EMv9mGZzQGYI0iyQuexRGewhXv0z7EB9/oWA=";
    accepts(s);
    s.value = "MDZeLT/EMv9mGZzQGYI0iyQuexRGewhXv0z7EB9/oWE=";
    denies(s);
    s = good;
    s.body = "{\"id\":\"m1\",\"s\":\"F\"}";
    denies(s);
    s = good;
    s.value = "30365e2d";
    denies(s);
}

#define JWT_HEAD "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
#define JWT_CLAIMS                                                                                 \
    "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwMDYwLCJqdGkiOiIxIiwidXJs" \
    "X2hhc2giOiI2ZDJkNjJmMGFhOTVkNDg1ODhjNDFmY2MzMzhjODM3ODNhYmY2MTllNzZhZjYxNTJlYzAxN2ExM2Y2ZTMx" \
    "ZDI2In0."
#define JWT_CLAIMS_OF_BODY                                                                         \
    "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwMDYwLCJqdGkiOiIxIiwidXJs" \
    "X2hhc2giOiI2ZDJkNjJmMGFhOTVkNDg1ODhjNDFmY2MzMzhjODM3ODNhYmY2MTllNzZhZjYxNTJlYzAxN2ExM2Y2ZTMx" \
    "ZDI2IiwicGF5bG9hZF9oYXNoIjoiMDE1YWJkN2Y1Y2M1N2EyZGQ5NGI3NTkwZjA0YWQ4MDg0MjczOTA1ZWUzM2VjNWNl" \
    "YmVhZTYyMjc2YTk3Zjg2MiJ9."

static const struct scene bird = {
    .kind = GATEWAY_VERIFY_MESSAGEBIRD_JWT,
    .key = "signing-key",
    .url = "https://sms.example.org/reports/bird/0-abc?id=m1&status=delivered",
    .header = "MessageBird-Signature-JWT",
    .value = JWT_HEAD JWT_CLAIMS "SFmMN0ZAw2R4Z8lr34DS4QOUMs67yNgktlMdCSauuGs",
    .body = "",
    .now_ms = INT64_C(1700000030000),
};

static void verifies_the_token_of_messagebird(void **state)
{
    (void)state;
    accepts(bird);
    struct scene s = bird;
    s.url = "https://sms.example.org/reports/bird/0-abc?id=m2&status=delivered";
    denies(s);
    s = bird;
    s.now_ms = INT64_C(1700000121000);
    denies(s);
    s.now_ms = INT64_C(1699999939000);
    denies(s);
    s = bird;
    s.key = "an0ther";
    denies(s);
    s = bird;
    s.body = "{\"a\":1}"; /* its hash is not in the token */
    denies(s);
    s.value = JWT_HEAD JWT_CLAIMS_OF_BODY "sGeuAlB04QNM4qpkc9dTohzwOH3wrftluQmUBLscvvg";
    accepts(s);
    s.body = "{\"a\":2}";
    denies(s);
}

static void refuses_tokens_that_choose_their_own_algorithm_or_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ".", "..", "...", "a.b.c", JWT_HEAD, JWT_HEAD JWT_CLAIMS,
                                      /* "alg":"none", even signed with the right key */
                                      "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." JWT_CLAIMS
                                      "Y4iZzY4IjcDukCKIQGBKuakHAZWkCuijM0AfBQlWzOE",
                                      "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." JWT_CLAIMS,
                                      JWT_HEAD JWT_CLAIMS
                                      "SFmMN0ZAw2R4Z8lr34DS4QOUMs67yNgktlMdCSauuG"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct scene s = bird;
        s.value = bad[i];
        denies(s);
    }
}

static void verifies_what_vonage_signs(void **state)
{
    (void)state;
    const struct scene good = {
        .kind = GATEWAY_VERIFY_VONAGE_SIG,
        .key = "vonage-secret",
        .url = "https://x/reports/v/t?status=failed&messageId=0A&err-code=9&msisdn=491710000001&"
               "message-timestamp=2026-01-01+10%3A00%3A00&note=a%26b%3Dc&sig="
               "FD282C8143a6db889fbb6c3cadf5452049a1042885cfd2f4f0d4057018c0fd24",
        .body = ""};
    accepts(good);
    struct scene s = good;
    s.key = "other";
    denies(s);
    s.url = "https://x/reports/v/t?status=delivered&messageId=0A";
    denies(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_nothing_where_nothing_is_signed),
        cmocka_unit_test(verifies_what_twilio_signs),
        cmocka_unit_test(verifies_a_shared_header),
        cmocka_unit_test(verifies_the_hmac_of_a_body),
        cmocka_unit_test(verifies_the_token_of_messagebird),
        cmocka_unit_test(refuses_tokens_that_choose_their_own_algorithm_or_are_none),
        cmocka_unit_test(verifies_what_vonage_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
