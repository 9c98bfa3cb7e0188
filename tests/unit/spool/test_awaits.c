#include "spool/spool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "directory.h"

static void knows_a_notice_that_was_dropped(void **state)
{
    struct fixture *f = *state;
    bool duplicate;
    assert_int_equal(spool_drop(f->s, "n1", "{}", 2, &duplicate, NULL), 0);
    assert_true(spool_awaits(f->path, "n1"));
    assert_false(spool_awaits(f->path, "n2"));
    assert_false(spool_awaits(f->path, "n"));
}

static void knows_that_a_batch_may_hold_a_recipient(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdirat(f->fd, "new/a_b", 0700), 0);
    assert_true(spool_awaits(f->path, "a_b_c_17"));
    assert_false(spool_awaits(f->path, "a_c_17"));
    assert_false(spool_awaits(f->path, "a_b"));
}

static void looks_nowhere_else(void **state)
{
    struct fixture *f = *state;
    assert_false(spool_awaits(f->path, ""));
    assert_false(spool_awaits(f->path, "_"));
    assert_false(spool_awaits(f->path, "../ledger"));
    assert_false(spool_awaits("/nowhere", "n1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_a_notice_that_was_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_that_a_batch_may_hold_a_recipient, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_nowhere_else, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
