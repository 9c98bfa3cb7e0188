#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "cli/limit.h"

static void expect(const char *rows, int64_t limit, const char *left, int64_t gone)
{
    struct buf b = {0};
    buf_puts(&b, rows);
    assert_int_equal(limit_newest(&b, limit), gone);
    assert_string_equal(buf_text(&b), left);
    buf_free(&b);
}

static void the_newest_rows_stay_in_their_order(void **state)
{
    (void)state;
    expect("1\n2\n3\n", 2, "2\n3\n", 1);
    expect("1\n2\n3\n", 1, "3\n", 2);
}

static void what_fits_stays_as_it_is(void **state)
{
    (void)state;
    expect("1\n2\n3\n", 3, "1\n2\n3\n", 0);
    expect("1\n", 100, "1\n", 0);
    expect("", 1, "", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_rows_stay_in_their_order),
        cmocka_unit_test(what_fits_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
