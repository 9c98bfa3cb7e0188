#include "spool/spool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "directory.h"

static const struct corrupt_row notice = {.name = "a-1.json", .kind = CORRUPT_NOTICE, .id = "a-1"};
static const struct corrupt_row batch = {.name = "b-1", .kind = CORRUPT_BATCH, .id = "b-1"};

static bool stands(const struct fixture *f, const char *name)
{
    return faccessat(f->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void lets_a_notice_in_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    write_file(f->fd, "corrupt/a-1.json", "{}");
    write_file(f->fd, "corrupt/a-1.reason", "why");
    assert_int_equal(spool_check_release(f->s, &notice, &err), 0);
    assert_int_equal(spool_release_corrupt(f->s, &notice, &err), 0);
    assert_true(stands(f, "new/a-1.json"));
    assert_false(stands(f, "corrupt/a-1.json"));
    assert_false(stands(f, "corrupt/a-1.reason"));
}

/* As a crash between its two places leaves it. */
static void finishes_a_notice_that_stands_in_both_places(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    write_file(f->fd, "corrupt/a-1.json", "{}");
    write_file(f->fd, "new/a-1.json", "{}");
    assert_int_equal(spool_check_release(f->s, &notice, &err), 0);
    assert_int_equal(spool_release_corrupt(f->s, &notice, &err), 0);
    assert_true(stands(f, "new/a-1.json"));
    assert_false(stands(f, "corrupt/a-1.json"));
}

static void says_before_anything_moves_that_the_place_is_taken(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    write_file(f->fd, "corrupt/a-1.json", "{}");
    write_file(f->fd, "new/a-1.json", "[]");
    assert_int_equal(spool_check_release(f->s, &notice, &err), ERR_CONFLICT);
    assert_int_equal(mkdirat(f->fd, "corrupt/b-1", 0750), 0);
    assert_int_equal(mkdirat(f->fd, "new/b-1", 0750), 0);
    assert_int_equal(spool_check_release(f->s, &batch, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.text, "new/b-1"));
}

/* Root removes everything, so it is somebody else's spool, and root is that person for a moment. */
static void says_that_a_notice_cannot_leave(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    const uid_t me = geteuid(), owner = me == 0 ? 65534 : me;
    write_file(f->fd, "corrupt/a-1.json", "{}");
    assert_int_equal(fchown(f->fd, owner, (gid_t)-1), 0);
    assert_int_equal(fchownat(f->fd, "new", owner, (gid_t)-1, 0), 0);
    assert_int_equal(fchownat(f->fd, "corrupt", owner, (gid_t)-1, 0), 0);
    assert_int_equal(fchownat(f->fd, "corrupt/a-1.json", owner, (gid_t)-1, 0), 0);
    assert_int_equal(fchmodat(f->fd, "corrupt", 0550, 0), 0);
    assert_int_equal(seteuid(owner), 0);
    int rc = spool_release_corrupt(f->s, &notice, &err);
    assert_int_equal(seteuid(me), 0);
    assert_int_equal(fchmodat(f->fd, "corrupt", 0750, 0), 0);
    assert_int_equal(rc, ERR_IO);
    assert_non_null(strstr(err.text, "back in new/"));
}

static void knows_what_is_no_notice(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    const struct corrupt_row row = {.name = "x y", .kind = CORRUPT_OTHER};
    assert_int_equal(spool_check_release(f->s, &row, &err), ERR_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lets_a_notice_in_and_leaves_nothing),
        TEST(finishes_a_notice_that_stands_in_both_places),
        TEST(says_before_anything_moves_that_the_place_is_taken),
        TEST(says_that_a_notice_cannot_leave),
        TEST(knows_what_is_no_notice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
