#include "channel/gateway_request.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_nodes.h"
#include "model/token.h"

static struct gateway_variable variables[] = {
    {TEXT("base"), TEXT("http://127.0.0.1:13013"), false},
    {TEXT("user"), TEXT("tester"), false},
    {TEXT("password"), TEXT("p&s/ö{{to.e164}}"), true},
};

static struct gateway gateway = {
    .name = TEXT("kannel"), .variables = variables, .variable_count = COUNT_OF(variables)};
static struct sms_length length = {.encoding = SMS_UCS2, .segments = 2};

static struct gateway_values values(const char *text)
{
    return (struct gateway_values){.gateway = &gateway,
                                   .to = "+821012345678",
                                   .from = "+4930123",
                                   .id = "job_1",
                                   .text = text,
                                   .text_len = strlen(text),
                                   .length = &length};
}

static void builds_a_request_in_the_order_of_the_description(void **state)
{
    (void)state;
    static struct gateway_condition gsm7[] = {{TEXT("enc"), TEXT("gsm7")}};
    static struct gateway_condition ucs2[] = {{TEXT("enc"), TEXT("ucs2")}};
    static struct gateway_node texts[] = {WHEN(gsm7, "{{text}}"), WHEN(ucs2, "{{text|utf16be}}")};
    static struct gateway_node codings[] = {WHEN(ucs2, "2")};
    static struct gateway_node query[] = {FIELD("username", "{{user}}"),
                                          FIELD("to", "{{to.digits}}"), CHOICE("text", texts),
                                          CHOICE("coding", codings)};
    struct gateway g = gateway;
    struct gateway_values v = values("한");
    struct http_request r = {0};
    struct error err;
    g.url = TEXT("{{base}}/cgi-bin/sendsms");
    g.query = (struct gateway_node)FIELDS(query);
    v.gateway = &g;
    assert_int_equal(gateway_build_request(&v, &r, &err), 0);
    assert_string_equal(r.method, "GET");
    assert_string_equal(buf_text(&r.url),
                        "http://127.0.0.1:13013/cgi-bin/"
                        "sendsms?username=tester&to=821012345678&text=%D5%5C&coding=2");
    assert_int_equal(r.header_count, 0);
    http_request_free(&r);
    g.url = TEXT("{{base}}/send?version=1");
    struct sms_length gsm = {.encoding = SMS_GSM7};
    v.length = &gsm;
    assert_int_equal(gateway_build_request(&v, &r, &err), 0);
    assert_string_equal(buf_text(&r.url),
                        "http://127.0.0.1:13013/"
                        "send?version=1&username=tester&to=821012345678&text=%ED%95%9C");
    http_request_free(&r);
}

static void builds_forms_and_text_bodies(void **state)
{
    (void)state;
    static struct gateway_node form[] = {FIELD("m s", "{{text}}"), FIELD("k", "{{password}}")};
    static struct gateway_node headers[] = {FIELD("X-To", "{{to.digits}}")};
    struct gateway g = gateway;
    struct gateway_values v = values("a&b");
    struct http_request r = {0};
    struct error err;
    g.method = TEXT("POST");
    g.url = TEXT("{{base}}/");
    g.body_kind = GATEWAY_BODY_FORM;
    g.form = (struct gateway_node)FIELDS(form);
    g.headers = (struct gateway_node)FIELDS(headers);
    v.gateway = &g;
    assert_int_equal(gateway_build_request(&v, &r, &err), 0);
    assert_string_equal(r.method, "POST");
    assert_string_equal(buf_text(&r.body), "m%20s=a%26b&k=p%26s%2F%C3%B6%7B%7Bto.e164%7D%7D");
    assert_string_equal(r.headers[0], "X-To: 821012345678");
    assert_string_equal(r.headers[1], "Content-Type: application/x-www-form-urlencoded");
    http_request_free(&r);
    g.body_kind = GATEWAY_BODY_TEXT;
    g.body_text = TEXT("{{text}}\n");
    assert_int_equal(gateway_build_request(&v, &r, &err), 0);
    assert_string_equal(buf_text(&r.body), "a&b\n");
    assert_string_equal(r.headers[1], "Content-Type: text/plain; charset=UTF-8");
    http_request_free(&r);
}

static void builds_json_and_signs_it_last(void **state)
{
    (void)state;
    static struct gateway_node members[] = {FIELD("t", "{{text}}")};
    static struct gateway_node headers[] = {
        FIELD("x-s", "{{req.method}} {{req.path_query}} {{req.body}}")};
    struct gateway g = gateway;
    struct gateway_values v = values("a\"b");
    struct http_request r = {0};
    struct error err;
    g.method = TEXT("POST");
    g.url = TEXT("{{base}}/{{to.digits}}");
    g.query = (struct gateway_node)FIELDS(members);
    g.body_kind = GATEWAY_BODY_JSON;
    g.json = (struct gateway_node)FIELDS(members);
    g.auth = (struct gateway_auth){
        .kind = GATEWAY_AUTH_HMAC, .key = TEXT("k"), .data = TEXT("x"), .headers = FIELDS(headers)};
    v.gateway = &g;
    assert_int_equal(gateway_build_request(&v, &r, &err), 0);
    assert_string_equal(buf_text(&r.body), "{\"t\":\"a\\\"b\"}");
    assert_string_equal(r.headers[0], "Content-Type: application/json");
    assert_string_equal(r.headers[1], "x-s: POST /821012345678?t=a%22b {\"t\":\"a\\\"b\"}");
    http_request_free(&r);
}

static void a_content_type_of_the_description_is_kept(void **state)
{
    (void)state;
    static struct gateway_node headers[] = {
        FIELD("content-type", "application/json; charset=utf-8")};
    struct gateway g = gateway;
    struct gateway_values v = values("x");
    struct http_request r = {0};
    struct error err;
    g.method = TEXT("POST");
    g.url = TEXT("{{base}}/");
    g.headers = (struct gateway_node)FIELDS(headers);
    g.body_kind = GATEWAY_BODY_JSON;
    g.json = (struct gateway_node){.kind = GATEWAY_NODE_LITERAL, .text = TEXT("1")};
    v.gateway = &g;
    assert_int_equal(gateway_build_request(&v, &r, &err), 0);
    assert_int_equal(r.header_count, 1);
    http_request_free(&r);
}

static void tells_where_to_report_if_somebody_listens(void **state)
{
    (void)state;
    const struct transport t = {.name = TEXT("texts")};
    struct settings s = {0};
    struct buf url = {0};
    int64_t number = 1;
    gateway_callback_put(&s, &t, &url);
    assert_int_equal(url.len, 0);
    s.api_listen = TEXT("127.0.0.1:8025");
    gateway_callback_put(&s, &t, &url);
    assert_int_equal(strncmp(buf_text(&url), "http://127.0.0.1:8025/reports/texts/", 36), 0);
    assert_true(token_read(buf_text(&url) + 36, url.len - 36, s.token_key, TOKEN_CALLBACK, "texts",
                           &number));
    s.api_public_url = TEXT("https://x.example.org/");
    buf_reset(&url);
    gateway_callback_put(&s, &t, &url);
    assert_int_equal(strncmp(buf_text(&url), "https://x.example.org/reports/texts/", 36), 0);
    buf_free(&url);
}

static void refuses_a_text_that_would_add_a_header(void **state)
{
    (void)state;
    static struct gateway_node headers[] = {FIELD("X-Text", "{{text}}")};
    struct gateway g = gateway;
    struct gateway_values v = values("hi\r\nX-Evil: 1");
    struct http_request r = {0};
    struct error err;
    g.url = TEXT("{{base}}/");
    g.headers = (struct gateway_node)FIELDS(headers);
    v.gateway = &g;
    assert_int_equal(gateway_build_request(&v, &r, &err), ERR_INPUT);
    assert_int_equal(r.header_count, 0);
    http_request_free(&r);
    v = values("x");
    headers[0].text = TEXT("{{text|utf16be}}"); /* holds a NUL */
    v.gateway = &g;
    assert_int_equal(gateway_build_request(&v, &r, &err), ERR_INPUT);
    http_request_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_a_request_in_the_order_of_the_description),
        cmocka_unit_test(builds_forms_and_text_bodies),
        cmocka_unit_test(builds_json_and_signs_it_last),
        cmocka_unit_test(a_content_type_of_the_description_is_kept),
        cmocka_unit_test(tells_where_to_report_if_somebody_listens),
        cmocka_unit_test(refuses_a_text_that_would_add_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
