#include "channel/sms_sender.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static void the_longest_prefix_gives_the_sender(void **state)
{
    (void)state;
    static struct sms_sender senders[] = {{TEXT("+82"), TEXT("0212345678")},
                                          {TEXT("+1"), TEXT("+15550100")},
                                          {TEXT("+1604"), TEXT("+16045550")}};
    struct sms_settings s = {
        .sender = TEXT("Bank"), .senders = senders, .sender_count = COUNT_OF(senders)};
    assert_string_equal(sms_sender_for(&s, "+821012345678"), "0212345678");
    assert_string_equal(sms_sender_for(&s, "+16045551234"), "+16045550");
    assert_string_equal(sms_sender_for(&s, "+12125551234"), "+15550100");
    assert_string_equal(sms_sender_for(&s, "+4915112345678"), "Bank");
    s.sender = NULL;
    assert_string_equal(sms_sender_for(&s, "+4915112345678"), "");
}

static void check(const struct sms_settings *s, const char *number, bool allowed)
{
    struct error err = {0};
    int rc = sms_check_prefixes(s, number, &err);
    assert_int_equal(rc, allowed ? 0 : ERR_DENIED);
    assert_true(allowed == (err.text[0] == '\0'));
}

static void prefixes_keep_countries_out(void **state)
{
    (void)state;
    static char *allow[] = {TEXT("+49"), TEXT("+82")};
    static char *deny[] = {TEXT("+49900"), TEXT("+43"), TEXT("+821")};
    const struct sms_settings none = {0};
    check(&none, "+99912345678", true);
    const struct sms_settings allowing = {.allow_prefixes = allow, .allow_prefix_count = 2};
    check(&allowing, "+4915112345678", true);
    check(&allowing, "+43123456789", false);
    const struct sms_settings denying = {.deny_prefixes = deny, .deny_prefix_count = 1};
    check(&denying, "+4990012345", false);
    check(&denying, "+43123456789", true);
    const struct sms_settings both = {.allow_prefixes = allow,
                                      .allow_prefix_count = 2,
                                      .deny_prefixes = deny,
                                      .deny_prefix_count = 3};
    check(&both, "+4915112345678", true);
    check(&both, "+4990012345", false);
    check(&both, "+43123456789", false);
    check(&both, "+821012345678", false);
    check(&both, "+82212345678", true);
}

static void what_is_denied_stays_denied_though_more_of_it_is_allowed(void **state)
{
    (void)state;
    static char *allow[] = {TEXT("+49"), TEXT("+49900123")};
    static char *deny[] = {TEXT("+49900")};
    const struct sms_settings both = {.allow_prefixes = allow,
                                      .allow_prefix_count = 2,
                                      .deny_prefixes = deny,
                                      .deny_prefix_count = 1};
    check(&both, "+4990012345", false);
    check(&both, "+49900555", false);
    check(&both, "+4915112345678", true);
}

static void korea_takes_no_letters_as_a_sender(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(sms_check_sender("Bank", "+821012345678", &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "senders: {\"+82\""));
    assert_int_equal(sms_check_sender("15881234", "+821012345678", &err), 0);
    assert_int_equal(sms_check_sender("+8215881234", "+821012345678", &err), 0);
    assert_int_equal(sms_check_sender("", "+821012345678", &err), 0);
    assert_int_equal(sms_check_sender("Bank", "+4915112345678", &err), 0);
    assert_int_equal(sms_check_sender("Bank", "+8521234567", &err), 0);
}

static void tells_numbers_from_names(void **state)
{
    (void)state;
    assert_true(sms_sender_is_number("0212345678"));
    assert_true(sms_sender_is_number("+4930123"));
    assert_false(sms_sender_is_number("Bank24"));
    assert_false(sms_sender_is_number("24Bank"));
    assert_false(sms_sender_is_number(""));
    assert_false(sms_sender_is_number("+"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_prefix_gives_the_sender),
        cmocka_unit_test(prefixes_keep_countries_out),
        cmocka_unit_test(what_is_denied_stays_denied_though_more_of_it_is_allowed),
        cmocka_unit_test(korea_takes_no_letters_as_a_sender),
        cmocka_unit_test(tells_numbers_from_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
