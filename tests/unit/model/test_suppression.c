#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_address_has_one_key)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
