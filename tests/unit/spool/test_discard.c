#include "spool/spool_backend.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"

#include "directory.h"

#define HOUR_MS ((int64_t)3600 * 1000)

static bool stands(const struct fixture *f, const char *path)
{
    struct stat st;
    return fstatat(f->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void waits_for_the_youngest_file_in_a_directory(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdirat(f->fd, "tmp/mine", 0770), 0);
    write_file(f->fd, "tmp/mine/batch.json", "{}");
    usleep(60 * 1000);
    int64_t between_ms = clock_wall_ms();
    usleep(60 * 1000);
    write_file(f->fd, "tmp/mine/batch.json", "{} ");
    spool_clean_tmp(f->s, between_ms + 36 * HOUR_MS);
    assert_true(stands(f, "tmp/mine/batch.json"));
    spool_clean_tmp(f->s, clock_wall_ms() + 37 * HOUR_MS);
    assert_false(stands(f, "tmp/mine"));
}

static void keeps_directories_within_directories(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdirat(f->fd, "tmp/mine", 0770), 0);
    assert_int_equal(mkdirat(f->fd, "tmp/mine/deep", 0770), 0);
    write_file(f->fd, "tmp/mine/deep/file", "x");
    spool_clean_tmp(f->s, clock_wall_ms() + 37 * HOUR_MS);
    assert_true(stands(f, "tmp/mine/deep/file"));
}

static void follows_no_link_out_of_the_spool(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdirat(f->fd, "elsewhere", 0770), 0);
    write_file(f->fd, "elsewhere/file", "x");
    assert_int_equal(mkdirat(f->fd, "tmp/mine", 0770), 0);
    assert_int_equal(symlinkat("../elsewhere", f->fd, "tmp/link"), 0);
    assert_int_equal(symlinkat("../../elsewhere", f->fd, "tmp/mine/link"), 0);
    spool_clean_tmp(f->s, clock_wall_ms() + 37 * HOUR_MS);
    assert_false(stands(f, "tmp/mine"));
    assert_false(stands(f, "tmp/link"));
    assert_true(stands(f, "elsewhere/file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waits_for_the_youngest_file_in_a_directory),
        TEST(keeps_directories_within_directories),
        TEST(follows_no_link_out_of_the_spool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
