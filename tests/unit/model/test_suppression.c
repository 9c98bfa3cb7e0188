#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "model/suppression.h"

/* Two spellings of one mailbox or number are one key. */
static void one_address_has_one_key(void **state)
{
    static const struct {
        enum channel_kind channel;
        const char *address, *key;
    } cases[] = {
        {CHANNEL_EMAIL, "Kim@Example.ORG", "kim@example.org"},
        {CHANNEL_EMAIL, "kim@bücher.example", "kim@xn--bcher-kva.example"},
        {CHANNEL_EMAIL, "no address", "no address"},
        {CHANNEL_SMS, "+821012345678", "+821012345678"},
        {CHANNEL_WEBHOOK, "crm", "crm"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf key = {0};
        suppression_put_key(cases[i].channel, cases[i].address, &key);
        assert_string_equal(buf_text(&key), cases[i].key);
        buf_free(&key);
    }
}

static void only_what_can_be_written_to_may_stand_on_the_list(void **state)
{
    struct error err = {0};
    (void)state;
    assert_int_equal(suppression_check_address(CHANNEL_EMAIL, "kim@example.org", &err), 0);
    assert_int_equal(suppression_check_address(CHANNEL_SMS, "+821012345678", &err), 0);
    assert_int_equal(suppression_check_address(CHANNEL_EMAIL, "+821012345678", &err), ERR_INPUT);
    assert_int_equal(suppression_check_address(CHANNEL_SMS, "kim@example.org", &err), ERR_INPUT);
    assert_int_equal(suppression_check_address(CHANNEL_WEBHOOK, "crm", &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "dispatcher endpoint disable crm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_address_has_one_key),
        cmocka_unit_test(only_what_can_be_written_to_may_stand_on_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
