#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/token_key.h"

static const unsigned char first[TOKEN_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static const unsigned char second[TOKEN_KEY_SIZE] = "another key of the same length.";
static char spool[64], path[96], tmp[96];
static unsigned char key[TOKEN_KEY_SIZE];
static struct error err;

static int make_spool(void **state)
{
    (void)state;
    snprintf(spool, sizeof(spool), "/tmp/token_key.XXXXXX");
    assert_non_null(mkdtemp(spool));
    snprintf(path, sizeof(path), "%s/token.key", spool);
    snprintf(tmp, sizeof(tmp), "%s/tmp", spool);
    assert_int_equal(mkdir(tmp, 0700), 0);
    memset(key, 0, sizeof(key));
    return 0;
}

static int remove_spool(void **state)
{
    (void)state;
    unlink(path);
    rmdir(tmp);
    return rmdir(spool);
}

static void write_file(const char *bytes, size_t len, mode_t mode)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void is_made_once_and_only_for_its_owner(void **state)
{
    struct stat st;
    (void)state;
    assert_int_equal(token_key_read(spool, key, &err), ERR_NOT_FOUND);
    assert_int_equal(token_key_make(spool, first, key, &err), 0);
    assert_memory_equal(key, first, TOKEN_KEY_SIZE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(token_key_make(spool, second, key, &err), 0);
    assert_memory_equal(key, first, TOKEN_KEY_SIZE);
    assert_int_equal(token_key_read(spool, key, &err), 0);
    assert_memory_equal(key, first, TOKEN_KEY_SIZE);
}

static void says_that_it_is_damaged_and_does_not_replace_it(void **state)
{
    (void)state;
    write_file("short", 5, 0600);
    assert_int_equal(token_key_make(spool, first, key, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "is damaged (5 bytes instead of 32)"));
    assert_int_equal(token_key_make(spool, first, key, &err), ERR_CONFIG);
}

static void says_that_others_may_read_it(void **state)
{
    (void)state;
    write_file((const char *)first, TOKEN_KEY_SIZE, 0640);
    assert_int_equal(token_key_make(spool, second, key, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "mode 640"));
}

static void makes_no_spool_to_look_for_it(void **state)
{
    (void)state;
    assert_int_equal(token_key_read("/tmp/no_spool_of_this_name", key, &err), ERR_NOT_FOUND);
    assert_int_not_equal(access("/tmp/no_spool_of_this_name", F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_spool, remove_spool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_made_once_and_only_for_its_owner),
        TEST(says_that_it_is_damaged_and_does_not_replace_it),
        TEST(says_that_others_may_read_it),
        TEST(makes_no_spool_to_look_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
