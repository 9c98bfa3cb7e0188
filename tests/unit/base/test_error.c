#include "base/error.h"
#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

static void keeps_code_and_sentence(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, ERR_CONFIG, "%s:%d: bad", "a.yaml", 3), ERR_CONFIG);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_string_equal(err.text, "a.yaml:3: bad");
}

static void works_without_anyone_to_tell(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERR_INPUT, "x"), ERR_INPUT);
    errno = ENOENT;
    assert_int_equal(error_errno(NULL, ERR_IO, "x"), ERR_IO);
}

static void says_what_errno_means(void **state)
{
    (void)state;
    struct error err = {0};
    errno = ENOENT;
    assert_int_equal(error_errno(&err, ERR_IO, "cannot open %s", "x"), ERR_IO);
    assert_string_equal(err.text, "cannot open x: No such file or directory");
    errno = 99999;
    assert_int_equal(error_errno(&err, ERR_IO, "odd"), ERR_IO);
    assert_string_equal(err.text, "odd: unknown error");
}

static void calls_a_full_disk_a_reason_to_try_again(void **state)
{
    (void)state;
    static const int full[] = {ENOSPC, EDQUOT};
    for (size_t i = 0; i < COUNT_OF(full); i++) {
        struct error err = {0};
        errno = full[i];
        assert_int_equal(error_errno(&err, ERR_IO, "cannot write"), ERR_AGAIN);
        assert_int_equal(err.code, ERR_AGAIN);
        errno = full[i];
        assert_int_equal(error_errno(&err, ERR_DENIED, "cannot write"), ERR_DENIED);
    }
}

static void cuts_sentences_that_are_too_long(void **state)
{
    (void)state;
    struct error err = {0};
    char text[3000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    error_set(&err, ERR_INPUT, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    errno = EIO;
    error_errno(&err, ERR_IO, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    text[sizeof(err.text) - 5] = '\0';
    errno = EIO;
    error_errno(&err, ERR_IO, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void never_cuts_a_character_in_two(void **state)
{
    (void)state;
    struct error err;
    char hangul[3 * 1000 + 1] = "";
    for (size_t i = 0; i < 1000; i++)
        memcpy(hangul + 3 * i, "한", 4);
    for (int shift = 0; shift < 4; shift++) {
        error_set(&err, ERR_INPUT, "%.*s%s", shift, "abc", hangul);
        assert_true(utf8_valid(err.text, strlen(err.text)));
        assert_true(strlen(err.text) > sizeof(err.text) - 8);
        errno = ENOENT;
        error_errno(&err, ERR_IO, "%.*s%s", shift, "abc", hangul);
        assert_true(utf8_valid(err.text, strlen(err.text)));
    }
}

static void maps_every_code_to_its_exit_status(void **state)
{
    (void)state;
    static const struct {
        int code, status;
    } expected[] = {
        {0, 0},
        {ERR_INPUT, EX_DATAERR},
        {ERR_NOT_FOUND, EX_NOINPUT},
        {ERR_CONFLICT, EX_DATAERR},
        {ERR_CONFIG, EX_CONFIG},
        {ERR_IO, EX_IOERR},
        {ERR_AGAIN, EX_TEMPFAIL},
        {ERR_DENIED, EX_NOPERM},
        {ERR_DOWN, EX_UNAVAILABLE},
        {ERR_USAGE, EX_USAGE},
        {ERR_INTERNAL, EX_SOFTWARE},
        {1, EX_SOFTWARE},
        {-99, EX_SOFTWARE},
        {INT_MIN, EX_SOFTWARE},
        {INT_MAX, EX_SOFTWARE},
    };
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(error_exit_status(expected[i].code), expected[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_code_and_sentence),
        cmocka_unit_test(works_without_anyone_to_tell),
        cmocka_unit_test(says_what_errno_means),
        cmocka_unit_test(calls_a_full_disk_a_reason_to_try_again),
        cmocka_unit_test(cuts_sentences_that_are_too_long),
        cmocka_unit_test(never_cuts_a_character_in_two),
        cmocka_unit_test(maps_every_code_to_its_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
