#include "channel/gateway_template.h"

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

static void knows_every_name_of_a_message(void **state)
{
    (void)state;
    static const struct gateway_signing signing = {"POST", "/a?b", NULL, "sig"};
    struct sms_length korean = {.encoding = SMS_EUC_KR, .segments = 1, .lms = true};
    struct gateway_values v = values("x");
    struct buf out = {0};
    struct error err;
    v.length = &korean;
    v.subject = "제목";
    v.campaign = "c1";
    v.callback = "https://x/r";
    v.purpose = "ad";
    v.ttl_s = 3601;
    v.now_ms = 1795478401250;
    v.nonce[0] = 0xfe;
    v.signing = &signing;
    static const char template[] =
        "{{subject}} {{campaign}} {{callback}} {{purpose}} {{ttl}} {{ttl.minutes}} {{enc}} "
        "{{kr.type}} {{kr.type_purpose}} {{to.national}} {{to.cc}} {{from.kind}} {{now.ms}} "
        "{{now.iso8601}} {{nonce}} {{req.method}} {{req.path_query}} {{signature}}";
    assert_int_equal(gateway_template_put(&out, template, PLACE_PLAIN, &v, &err), 0);
    assert_string_equal(buf_text(&out),
                        "제목 c1 https://x/r ad 3601 61 euc-kr LMS LMS/ad 01012345678 82 number "
                        "1795478401250 2026-11-24T00:00:01Z 00000000000000fe0000000000000000 POST "
                        "/a?b sig");
    buf_free(&out);
}

static void what_is_absent_is_empty(void **state)
{
    (void)state;
    check_put(
        "<{{subject}}{{campaign}}{{callback}}{{ttl}}{{ttl.minutes}}{{signature}}{{req.body}}>",
        PLACE_PLAIN, "x", "<>");
    check_put("{{purpose}} {{kr.type_purpose}}", PLACE_PLAIN, "x", "info SMS/info");
}

static void maps_words_of_ours_to_theirs(void **state)
{
    (void)state;
    static struct gateway_map_entry entries[] = {{TEXT("ucs2"), TEXT("a/b c")},
                                                 {TEXT("82"), TEXT("KR")}};
    static struct gateway_map maps[] = {{TEXT("m"), entries, COUNT_OF(entries)}};
    struct error err;
    struct buf out = {0};
    struct gateway_values v = values("x");
    gateway.maps = maps;
    gateway.map_count = 1;
    /* An entry is the operator's own: it may have a slash in a URL. */
    check_put("{{base}}/{{enc|map:m}}/{{enc}}", PLACE_URL, "x",
              "http://127.0.0.1:13013/a/b c/ucs2");
    check_put("{{to.cc|map:m}}", PLACE_VALUE, "x", "KR");
    check_put("{{enc|map:m}}", PLACE_VALUE, "x", "a%2Fb%20c");
    v.to = "+4915112345678";
    assert_int_equal(gateway_template_put(&out, "{{to.cc|map:m}}", PLACE_PLAIN, &v, &err),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "has no entry for \"49\""));
    assert_int_equal(gateway_template_put(&out, "{{to.cc|map:n}}", PLACE_PLAIN, &v, &err),
                     ERR_CONFIG);
    buf_free(&out);
    gateway.map_count = 0;
}

static void a_url_inside_a_value_is_encoded_twice(void **state)
{
    (void)state;
    check_put("http://x/?key={{text|url}}&d=%d", PLACE_VALUE, "a&b",
              "http%3A%2F%2Fx%2F%3Fkey%3Da%2526b%26d%3D%25d");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_every_name_of_a_message),
        cmocka_unit_test(what_is_absent_is_empty),
        cmocka_unit_test(maps_words_of_ours_to_theirs),
        cmocka_unit_test(a_url_inside_a_value_is_encoded_twice),
        cmocka_unit_test(replaces_names_by_values),
        cmocka_unit_test(encodes_by_the_place),
        cmocka_unit_test(never_reads_a_value_as_a_template),
        cmocka_unit_test(filters_text),
        cmocka_unit_test(refuses_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
