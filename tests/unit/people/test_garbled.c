#include "people/garbled.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

static void finds_names_that_were_read_in_another_charset(void **state)
{
    static const char *const names[] = {
        "JÃ¼rgen", "GroÃŸ", "Ã–zil",   "Ãœnal", "RenÃ©",   "ê¹€ë¯¼ì¤€",
        "±è¹ÎÁØ",  "???",   "J??rgen", "?",     "Mu�ller",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!garbled_is(names[i], strlen(names[i])))
            fail_msg("%s", names[i]);
    }
}

static void leaves_names_alone_that_are_only_rare(void **state)
{
    static const char *const names[] = {
        "Jürgen Groß", "Groß’ Laden", "Ão",     "João",    "Ângelo", "É’Shana", "김민준",
        "Özil",        "O´Neill",     "René’s", "Mª José", "1½",     "Wer?",    "",
        "李小龍",      "Łukasz",      "Garçon",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (garbled_is(names[i], strlen(names[i])))
            fail_msg("%s", names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_names_that_were_read_in_another_charset),
        cmocka_unit_test(leaves_names_alone_that_are_only_rare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
