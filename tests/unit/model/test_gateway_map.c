#include "model/gateway_map.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static void default_stands_for_every_other_word(void **state)
{
    (void)state;
    static struct gateway_map_entry entries[] = {{TEXT("ad"), TEXT("Promotional")},
                                                 {TEXT("default"), TEXT("Transactional")}};
    const struct gateway_map open = {TEXT("type"), entries, 2};
    const struct gateway_map closed = {TEXT("type"), entries, 1};
    assert_string_equal(gateway_map_find(&open, "ad"), "Promotional");
    assert_string_equal(gateway_map_find(&open, "otp"), "Transactional");
    assert_null(gateway_map_find(&closed, "otp"));
    assert_null(gateway_map_find(&closed, "default"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_stands_for_every_other_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
