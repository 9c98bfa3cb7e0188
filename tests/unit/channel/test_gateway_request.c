#include "channel/gateway_request.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "gateway_nodes.h"

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
        cmocka_unit_test(refuses_a_text_that_would_add_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
