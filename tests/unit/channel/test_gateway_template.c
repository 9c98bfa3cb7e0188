#include "channel/gateway_template.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

/* A gateway of literals: cast away const only here, nobody frees it. */
#define TEXT(literal) ((char *)(uintptr_t)(literal))

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
    return (struct gateway_values){&gateway, "+821012345678", "+4930123", "job_1",
                                   text,     strlen(text),    &length};
}

static void check_put(const char *template, enum template_place place, const char *text,
                      const char *expected)
{
    struct gateway_values v = values(text);
    struct buf out = {0};
    struct error err;
    if (gateway_template_put(&out, template, place, &v, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void replaces_names_by_values(void **state)
{
    (void)state;
    check_put("{{to.e164}} {{to.digits}} {{from}} {{from.digits}} {{id}}", PLACE_PLAIN, "",
              "+821012345678 821012345678 +4930123 4930123 job_1");
    check_put("{{enc}} {{segments}} {{kr.type}} {{ user }}{{text}}", PLACE_PLAIN, "안녕",
              "ucs2 2 SMS tester안녕");
    check_put("no tag } { {x}", PLACE_PLAIN, "", "no tag } { {x}");
}

static void encodes_by_the_place(void **state)
{
    (void)state;
    check_put("{{text}}", PLACE_VALUE, "a b&c=d+é\n~-._%", "a%20b%26c%3Dd%2B%C3%A9%0A~-._%25");
    check_put("{{base}}/send/{{to.e164}}", PLACE_URL, "",
              "http://127.0.0.1:13013/send/%2B821012345678");
    check_put("{{text}}", PLACE_PLAIN, "a b&c", "a b&c");
}

static void never_reads_a_value_as_a_template(void **state)
{
    (void)state;
    check_put("{{text}}", PLACE_PLAIN, "{{password}} {{to.e164}}", "{{password}} {{to.e164}}");
    check_put("{{password}}", PLACE_PLAIN, "", "p&s/ö{{to.e164}}");
    check_put("{{text}}{{id}}", PLACE_PLAIN, "{{", "{{job_1");
}

static void filters_text(void **state)
{
    (void)state;
    check_put("{{text|utf16be}}", PLACE_VALUE, "한A", "%D5%5C%00A");
    check_put("{{ text | utf16be | hex }}", PLACE_PLAIN, "한👍", "D55CD83DDC4D");
    check_put("{{text|utf16be}}", PLACE_VALUE, "", "");
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{{nobody}}",
        "{{text|upper}}",
        "{{text",
        "{{}}",
        "{{text|}}x{{",
        "{{text|utf16be|nothing}}",
        "{{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct gateway_values v = values("x");
        struct buf out = {0};
        struct error err = {0};
        assert_int_equal(gateway_template_put(&out, wrong[i], PLACE_PLAIN, &v, &err), ERR_CONFIG);
        assert_true(strlen(err.text) > 10);
        assert_null(strstr(err.text, "p&s"));
        buf_free(&out);
    }
}

static void builds_a_request_in_the_order_of_the_description(void **state)
{
    (void)state;
    static struct gateway_field query[] = {
        {TEXT("username"), TEXT("{{user}}"), NULL},
        {TEXT("to"), TEXT("{{to.digits}}"), NULL},
        {TEXT("text"), TEXT("{{text}}"), TEXT("gsm7")},
        {TEXT("text"), TEXT("{{text|utf16be}}"), TEXT("ucs2")},
        {TEXT("coding"), TEXT("2"), TEXT("ucs2")},
    };
    struct gateway g = gateway;
    struct gateway_values v = values("한");
    struct http_request r = {0};
    struct error err;
    g.url = TEXT("{{base}}/cgi-bin/sendsms");
    g.query = query;
    g.query_count = COUNT_OF(query);
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
    static struct gateway_field form[] = {{TEXT("m s"), TEXT("{{text}}"), NULL},
                                          {TEXT("k"), TEXT("{{password}}"), NULL}};
    static struct gateway_field headers[] = {{TEXT("X-To"), TEXT("{{to.digits}}"), NULL}};
    struct gateway g = gateway;
    struct gateway_values v = values("a&b");
    struct http_request r = {0};
    struct error err;
    g.method = TEXT("POST");
    g.url = TEXT("{{base}}/");
    g.body_kind = GATEWAY_BODY_FORM;
    g.form = form;
    g.form_count = COUNT_OF(form);
    g.headers = headers;
    g.header_count = 1;
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
    static struct gateway_field headers[] = {{TEXT("X-Text"), TEXT("{{text}}"), NULL}};
    struct gateway g = gateway;
    struct gateway_values v = values("hi\r\nX-Evil: 1");
    struct http_request r = {0};
    struct error err;
    g.url = TEXT("{{base}}/");
    g.headers = headers;
    g.header_count = 1;
    v.gateway = &g;
    assert_int_equal(gateway_build_request(&v, &r, &err), ERR_INPUT);
    assert_int_equal(r.header_count, 0);
    http_request_free(&r);
    v = values("x");
    headers[0].value = TEXT("{{text|utf16be}}"); /* holds a NUL */
    v.gateway = &g;
    assert_int_equal(gateway_build_request(&v, &r, &err), ERR_INPUT);
    http_request_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_names_by_values),
        cmocka_unit_test(encodes_by_the_place),
        cmocka_unit_test(never_reads_a_value_as_a_template),
        cmocka_unit_test(filters_text),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(builds_a_request_in_the_order_of_the_description),
        cmocka_unit_test(builds_forms_and_text_bodies),
        cmocka_unit_test(refuses_a_text_that_would_add_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
