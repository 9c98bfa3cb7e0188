#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "channel/bounce_said.h"

static void a_full_list_takes_no_more(void **state UNUSED)
{
    static struct bounce_said_list l;
    for (int i = 0; i < BOUNCE_SAID_MAX; i++)
        assert_non_null(bounce_said_add(&l));
    assert_null(bounce_said_add(&l));
    bounce_said_clear(&l);
    assert_int_equal(l.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_full_list_takes_no_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
