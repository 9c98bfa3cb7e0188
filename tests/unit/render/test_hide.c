#include "render/hide.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void hides(enum hide_kind kind, const char *text, const char *expected)
{
    struct buf out = {0};
    hide_put(kind, text, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void names(void **state)
{
    (void)state;
    hides(HIDE_NAME, "김민수", "김*수");
    hides(HIDE_NAME, "김수", "김*");
    hides(HIDE_NAME, "남궁민수", "남**수");
    hides(HIDE_NAME, "김", "김");
    hides(HIDE_NAME, "Anna Weiß", "A*** W***");
    hides(HIDE_NAME, "Ö", "Ö***");
    hides(HIDE_NAME, "김 Anna", "김 A***");
    hides(HIDE_NAME, "", "");
    hides(HIDE_NAME, " ", " ");
}

static void addresses(void **state)
{
    (void)state;
    hides(HIDE_EMAIL, "kim@example.com", "k***@example.com");
    hides(HIDE_EMAIL, "가나@example.com", "가***@example.com");
    hides(HIDE_EMAIL, "\"a@b\"@example.com", "\"***@example.com");
    hides(HIDE_EMAIL, "@example.com", "***");
    hides(HIDE_EMAIL, "nobody", "***");
}

static void numbers(void **state)
{
    (void)state;
    hides(HIDE_NUMBER, "010-1234-5678", "***-****-5678");
    hides(HIDE_NUMBER, "9410123456781234", "************1234");
    hides(HIDE_NUMBER, "DE89 3704 0044 0532 0130 00", "**** **** **** **** **30 00");
    hides(HIDE_NUMBER, "12345", "***45");
    hides(HIDE_NUMBER, "1234", "****");
    hides(HIDE_NUMBER, "", "");
}

static void looks_tell_the_kind(void **state)
{
    (void)state;
    hides(HIDE_BY_LOOK, "kim@example.com", "k***@example.com");
    hides(HIDE_BY_LOOK, "+82 10-1234-5678", "+** **-****-5678");
    hides(HIDE_BY_LOOK, "김민수", "김*수");
    hides(HIDE_BY_LOOK, "-", "-***");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(addresses),
        cmocka_unit_test(numbers),
        cmocka_unit_test(looks_tell_the_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
