#include "channel/gateway_auth.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "gateway_nodes.h"

static struct gateway_variable variables[] = {
    {TEXT("user"), TEXT("Aladdin"), false},
    {TEXT("password"), TEXT("open sesame"), true},
    {TEXT("solapi"), TEXT("DUMMYSECRETDUMMYSECRETDUMMYSECRE"), true},
    {TEXT("sens"), TEXT("DUMMYSECRETKEY"), true},
    {TEXT("access"), TEXT("DUMMYACCESSKEY"), false},
    {TEXT("broken"), TEXT("a\r\nX-Evil: 1"), true},
};
static struct gateway gateway = {
    .name = TEXT("test"), .variables = variables, .variable_count = COUNT_OF(variables)};
static struct sms_length length = {.encoding = SMS_UCS2, .segments = 2};

static struct gateway_values values(const struct gateway *g)
{
    return (struct gateway_values){.gateway = g,
                                   .to = "+821012345678",
                                   .from = "",
                                   .id = "job_1",
                                   .text = "x",
                                   .text_len = 1,
                                   .length = &length};
}

static void authenticate(struct http_request *r, const struct gateway_values *v, const char *url)
{
    struct error err;
    r->method = "POST";
    buf_puts(&r->url, url);
    if (gateway_authenticate(r, v, &err) != 0)
        fail_msg("%s", err.text);
}

static void names_and_tokens_become_a_header(void **state)
{
    (void)state;
    /* The example of RFC 7617, 2. */
    struct gateway g = gateway;
    struct http_request r = {0};
    struct gateway_values v = values(&g);
    g.auth = (struct gateway_auth){
        .kind = GATEWAY_AUTH_BASIC, .user = TEXT("{{user}}"), .password = TEXT("{{password}}")};
    authenticate(&r, &v, "https://x/");
    assert_int_equal(r.header_count, 1);
    assert_string_equal(r.headers[0], "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    http_request_free(&r);
    g.auth = (struct gateway_auth){.kind = GATEWAY_AUTH_BEARER, .token = TEXT("{{access}}")};
    authenticate(&r, &v, "https://x/");
    assert_string_equal(r.headers[0], "Authorization: Bearer DUMMYACCESSKEY");
    http_request_free(&r);
    g.auth = (struct gateway_auth){.kind = GATEWAY_AUTH_HEADER,
                                   .name = TEXT("Authorization"),
                                   .value = TEXT("AccessKey {{access}}")};
    authenticate(&r, &v, "https://x/");
    assert_string_equal(r.headers[0], "Authorization: AccessKey DUMMYACCESSKEY");
    http_request_free(&r);
    g.auth = (struct gateway_auth){.kind = GATEWAY_AUTH_NONE};
    authenticate(&r, &v, "https://x/");
    assert_int_equal(r.header_count, 0);
    http_request_free(&r);
}

static void a_key_goes_behind_the_query(void **state)
{
    (void)state;
    struct gateway g = gateway;
    struct http_request r = {0};
    struct gateway_values v = values(&g);
    g.auth = (struct gateway_auth){
        .kind = GATEWAY_AUTH_QUERY, .name = TEXT("api key"), .value = TEXT("{{password}}")};
    authenticate(&r, &v, "https://x/a");
    assert_string_equal(buf_text(&r.url), "https://x/a?api%20key=open%20sesame");
    http_request_free(&r);
    authenticate(&r, &v, "https://x/a?b=c");
    assert_string_equal(buf_text(&r.url), "https://x/a?b=c&api%20key=open%20sesame");
    http_request_free(&r);
}

static void a_signature_over_the_date_and_a_salt_is_that_of_solapi(void **state)
{
    (void)state;
    static struct gateway_node headers[] = {
        FIELD("Authorization", "HMAC-SHA256 apiKey={{access}}, date={{now.iso8601}}, "
                               "signature={{signature}}")};
    struct gateway g = gateway;
    struct http_request r = {0};
    struct gateway_values v = values(&g);
    g.auth = (struct gateway_auth){.kind = GATEWAY_AUTH_HMAC,
                                   .key = TEXT("{{solapi}}"),
                                   .data = TEXT("{{now.iso8601}}jqsba2jxjnrjor"),
                                   .headers = FIELDS(headers)};
    assert_true(clock_parse_rfc3339("2019-07-01T00:41:48.250Z", &v.now_ms));
    authenticate(&r, &v, "https://api.solapi.com/messages/v4/send");
    assert_string_equal(r.headers[0],
                        "Authorization: HMAC-SHA256 apiKey=DUMMYACCESSKEY, "
                        "date=2019-07-01T00:41:48Z, signature="
                        "3ef1648020f2a7712114dad23fe3116f9325c325c1c15a174b5f49a0f97d663c");
    http_request_free(&r);
}

static void a_signature_over_the_request_is_that_of_sens(void **state)
{
    (void)state;
    static struct gateway_node headers[] = {FIELD("x-time", "{{now.ms}}"),
                                            FIELD("x-signature", "{{signature}}")};
    struct gateway g = gateway;
    struct http_request r = {0};
    struct gateway_values v = values(&g);
    g.auth = (struct gateway_auth){
        .kind = GATEWAY_AUTH_HMAC,
        .encode = GATEWAY_AUTH_BASE64,
        .key = TEXT("{{sens}}"),
        .data = TEXT("{{req.method}} {{req.path_query}}\n{{now.ms}}\n{{access}}"),
        .headers = FIELDS(headers)};
    v.now_ms = 1700000000000;
    authenticate(&r, &v,
                 "https://sens.example.com/sms/v2/services/ncp:sms:kr:000000000000:test/messages");
    assert_string_equal(r.headers[0], "x-time: 1700000000000");
    assert_string_equal(r.headers[1], "x-signature: X/JW0PopVijRyfE9JM1DpdYttyo/gTqSic6qGOtBMB8=");
    http_request_free(&r);
}

static void sha1_and_the_body_can_be_signed(void **state)
{
    (void)state;
    static struct gateway_node headers[] = {FIELD("x-signature", "{{signature}}")};
    struct gateway g = gateway;
    struct http_request r = {0};
    struct gateway_values v = values(&g);
    /* RFC 2202, 3, test case 2. */
    g.auth = (struct gateway_auth){.kind = GATEWAY_AUTH_HMAC,
                                   .algorithm = GATEWAY_AUTH_SHA1,
                                   .key = TEXT("Jefe"),
                                   .data = TEXT("{{req.body}}"),
                                   .headers = FIELDS(headers)};
    buf_puts(&r.body, "what do ya want for nothing?");
    authenticate(&r, &v, "https://x");
    assert_string_equal(r.headers[0], "x-signature: effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    http_request_free(&r);
}

static void a_nonce_is_of_the_attempt(void **state)
{
    (void)state;
    static struct gateway_node headers[] = {FIELD("x-a", "{{nonce}}"), FIELD("x-b", "{{nonce}}"),
                                            FIELD("x-s", "{{signature}}")};
    struct gateway g = gateway;
    struct http_request first = {0}, second = {0};
    struct gateway_values v = values(&g);
    g.auth = (struct gateway_auth){.kind = GATEWAY_AUTH_HMAC,
                                   .key = TEXT("k"),
                                   .data = TEXT("{{nonce}}"),
                                   .headers = FIELDS(headers)};
    v.nonce[0] = 1;
    v.nonce[1] = 0xabc;
    authenticate(&first, &v, "https://x/");
    v.nonce[1]++;
    authenticate(&second, &v, "https://x/");
    assert_string_equal(first.headers[0], "x-a: 00000000000000010000000000000abc");
    assert_string_equal(first.headers[1] + 4, first.headers[0] + 4);
    assert_string_not_equal(first.headers[0], second.headers[0]);
    assert_string_not_equal(first.headers[2], second.headers[2]);
    http_request_free(&first);
    http_request_free(&second);
}

static void aws_requests_are_signed_by_the_client(void **state)
{
    (void)state;
    struct gateway g = gateway;
    struct http_request r = {0};
    struct gateway_values v = values(&g);
    g.auth = (struct gateway_auth){.kind = GATEWAY_AUTH_SIGV4,
                                   .region = TEXT("eu-central-1"),
                                   .service = TEXT("sns"),
                                   .access_key = TEXT("{{access}}"),
                                   .secret_key = TEXT("{{sens}}")};
    authenticate(&r, &v, "https://x/");
    assert_string_equal(r.sigv4, "aws:amz:eu-central-1:sns");
    assert_string_equal(r.sigv4_key, "DUMMYACCESSKEY");
    assert_string_equal(r.sigv4_secret, "DUMMYSECRETKEY");
    http_request_free(&r);
}

static void a_credential_cannot_add_a_header(void **state)
{
    (void)state;
    struct gateway g = gateway;
    struct http_request r = {0};
    struct gateway_values v = values(&g);
    struct error err;
    g.auth = (struct gateway_auth){.kind = GATEWAY_AUTH_BEARER, .token = TEXT("{{broken}}")};
    assert_int_equal(gateway_authenticate(&r, &v, &err), ERR_INPUT);
    assert_int_equal(r.header_count, 0);
    http_request_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_tokens_become_a_header),
        cmocka_unit_test(a_key_goes_behind_the_query),
        cmocka_unit_test(a_signature_over_the_date_and_a_salt_is_that_of_solapi),
        cmocka_unit_test(a_signature_over_the_request_is_that_of_sens),
        cmocka_unit_test(sha1_and_the_body_can_be_signed),
        cmocka_unit_test(a_nonce_is_of_the_attempt),
        cmocka_unit_test(aws_requests_are_signed_by_the_client),
        cmocka_unit_test(a_credential_cannot_add_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
