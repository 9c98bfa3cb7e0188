#include "model/category.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void a_newsletter_is_advertising_and_a_word_of_ones_own_is_not(void **state)
{
    (void)state;
    assert_true(category_is_advertising("ad"));
    assert_true(category_is_advertising("newsletter"));
    assert_false(category_is_advertising("breach_notice"));
    assert_false(category_is_advertising("service_notice"));
    assert_false(category_is_advertising("news"));
    assert_false(category_is_advertising(""));
    assert_false(category_is_advertising(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newsletter_is_advertising_and_a_word_of_ones_own_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
