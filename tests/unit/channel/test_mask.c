#include "channel/mask.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

static void check(const char *text, const char *expected)
{
    static const char *const secrets[] = {"foobar", "p@ss wörd", "abc", ""};
    struct buf out = {0};
    mask_put(&out, text, strlen(text), secrets, COUNT_OF(secrets));
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void hides_a_secret_wherever_it_stands(void **state)
{
    (void)state;
    check("foobar", "***");
    check("user=x&password=foobar&to=1 foobarfoobar", "user=x&password=***&to=1 ******");
    check("p@ss wörd", "***");
}

static void hides_a_secret_that_is_percent_encoded(void **state)
{
    (void)state;
    check("password=p%40ss%20w%C3%B6rd&x", "password=***&x");
    check("password=p%40ss+w%c3%b6rd&x", "password=***&x");
    check("%66%6f%6F%62%61%72", "***");
}

static void hides_a_login_that_is_repeated_as_it_was_sent(void **state)
{
    (void)state;
    check("Basic dXNlcjpmb29iYXI= is wrong", "Basic *** is wrong"); /* user:foobar */
    check("{\"authorization\":\"Basic dXNlcjpmb29iYXI=\"}", "{\"authorization\":\"Basic ***\"}");
    check("Basic dXNlcjpmb29iYWE= is wrong", "Basic dXNlcjpmb29iYWE= is wrong");
}

static void leaves_everything_else_alone(void **state)
{
    (void)state;
    check("", "");
    check("abc", "abc"); /* too short to be a secret */
    check("fooba %4 %zz % foo%62a", "fooba %4 %zz % foo%62a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hides_a_secret_wherever_it_stands),
        cmocka_unit_test(hides_a_secret_that_is_percent_encoded),
        cmocka_unit_test(hides_a_login_that_is_repeated_as_it_was_sent),
        cmocka_unit_test(leaves_everything_else_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
