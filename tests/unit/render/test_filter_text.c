#include "render/filter_backend.h"

#include "shipped_locales.h"

static void hints_at_a_value(void **state)
{
    (void)state;
    CHECK_FILLED({NULL, "{{x | mask}}", "\"김민수\"", "김*수"},
                 {NULL, "{{x | mask}}", "\"kim@example.com\"", "k***@example.com"},
                 {NULL, "{{x | mask}}", "\"9410-1234-5678-1234\"", "****-****-****-1234"},
                 {NULL, "{{x | mask:name}}", "\"a@b\"", "a***"},
                 {NULL, "{{x | mask:number}}", "12345678", "****5678"},
                 {NULL, "{{x | mask}}", "{}",
                  "t:1:1: {{x | mask}}: it is an object; name one of its "
                  "members, like {{name.member}}"});
    assert_false(filter_mask_ok("phone"));
    assert_true(filter_mask_ok("email"));
}

static void cuts_between_characters_only(void **state)
{
    (void)state;
    CHECK_FILLED(
        {NULL, "{{x | trunc_bytes:5}}", "\"abcdef\"", "abcde"},
        {NULL, "{{x | trunc_bytes:6}}", "\"abcdef\"", "abcdef"},
        {NULL, "{{x | trunc_bytes:5}}", "\"가나다\"", "가"},
        {NULL, "{{x | trunc_bytes:5 euc-kr}}", "\"가나다\"", "가나"},
        {NULL, "{{x | trunc_bytes:4 cp949}}", "\"뷁뷁뷁\"", "뷁뷁"},
        {NULL, "{{x | trunc_bytes:4 EUC-KR}}", "\"뷁뷁뷁\"", "뷁뷁"},
        {NULL, "{{x | trunc_bytes:5 euc-kr}}", "\"ab 가나\"", "ab 가"},
        {NULL, "{{x | trunc_bytes:4 euc-kr}}", "\"ab 가나\"", "ab"},
        {NULL, "{{x | trunc_bytes:1}}", "\"가\"", ""},
        {NULL, "{{x | trunc_bytes:3}}", "\"\\u1100\\u1161\\u1102\\u1161\"", "가"},
        {NULL, "{{x | trunc_bytes:2}}", "\"xq\\u0323\"", "x"},
        {NULL, "{{x | trunc_bytes:11}}", "\"a\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\"", "a"});
}

static void knows_lengths_and_encodings(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "0", "x", "5 utf-16", "-1", "99999999", "5euc"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (filter_trunc_bytes_ok(wrong[i]))
            fail_msg("\"%s\" was accepted", wrong[i]);
    assert_true(filter_trunc_bytes_ok("5 utf-8"));
    assert_false(filter_trunc_bytes_ok(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hints_at_a_value),
        cmocka_unit_test(cuts_between_characters_only),
        cmocka_unit_test(knows_lengths_and_encodings),
    };
    return cmocka_run_group_tests(tests, open_shipped, close_shipped);
}
