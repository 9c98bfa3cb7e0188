#include "render/escape.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

typedef void put_fn(struct buf *out, const char *text, size_t len);

static void puts_out(put_fn *put, const char *text, const char *expected)
{
    struct buf out = {0};
    buf_puts(&out, "|");
    put(&out, text, strlen(text));
    assert_string_equal(buf_text(&out) + 1, expected);
    buf_free(&out);
}

#define RLO "\xe2\x80\xae"
#define RLM "\xe2\x80\x8f"
#define LRI "\xe2\x81\xa6"
#define ALM "\xd8\x9c"

static void escapes_html_as_mustache_does(void **state)
{
    (void)state;
    puts_out(escape_put_html, "& \" < > '", "&amp; &quot; &lt; &gt; &#39;");
    puts_out(escape_put_html, RLO "a\r\n", RLO "a\r\n");
    puts_out(escape_put_html, "", "");
}

static void leaves_out_of_a_letter_what_nobody_sees(void **state)
{
    (void)state;
    puts_out(escape_put_letter_html, RLO "a" RLM LRI "<b>" ALM, "a&lt;b&gt;");
    puts_out(escape_put_letter_html,
             "a\r\n\tb\x1b\x7f"
             "c",
             "a \n\tb  c");
    puts_out(escape_put_letter_html, "€ – „x“ 가 \xd8\xa7", "€ – „x“ 가 \xd8\xa7");
    puts_out(escape_put_letter_html, "\xe2", "\xe2");
}

static void keeps_a_line_one_line(void **state)
{
    (void)state;
    puts_out(escape_put_line,
             "a\r\nb\tc\xe2\x80\xa8"
             "d\xc2\x85"
             "e",
             "a  b c d e");
    puts_out(escape_put_line, RLO "a" RLM "b" LRI ALM, "ab");
    puts_out(escape_put_line, "é € 가", "é € 가");
    assert_true(escape_header_ok("é € 가", strlen("é € 가")));
    assert_false(escape_header_ok("a\nb", 3));
    assert_false(escape_header_ok("a" RLO, 4));
}

static void names_lose_what_is_not_a_name(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"Anna Weiß", "Anna Weiß"},
        {"  Anna   Weiß ", "Anna Weiß"},
        {"Anna\xc2\xa0Weiß", "Anna Weiß"},
        {"Anna\xe2\x80\x8bWeiß", "AnnaWeiß"},
        {"Anna\xc2\xadWeiß\xef\xbb\xbf", "AnnaWeiß"},
        {RLO "Anna", "Anna"},
        {"Anna\r\nBcc: x", "Anna Bcc: x"},
        {"https://evil.example Anna", "Anna"},
        {"WWW.evil.example Anna", "Anna"},
        {"evil.example/pay", ""},
        {"evil.example", "evil. example"},
        {"Dr.med. A.Weiß", "Dr. med. A. Weiß"},
        {"O'Neill-Söhne & Co.", "O'Neill-Söhne & Co."},
        {"박/김", "박/김"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        puts_out(escape_put_name, names[i][0], names[i][1]);
}

/* What passes the quick look would have stayed as it is, blanks at its ends aside. */
static void the_quick_look_lets_nothing_pass(void **state)
{
    (void)state;
    static const char *const good[] = {"김민준", "Anna Weiß", "O'Neill", "Dr. Weiß", "Søren Æ"};
    static const char *const bad[] = {"a.b",   "http://x",  "a/b",      "a\nb",        RLM "a",
                                      "a" ALM, "a\xc2\xa0", "\xc2\xad", "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(escape_name_ok(good[i], strlen(good[i])));
        puts_out(escape_put_name, good[i], good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(escape_name_ok(bad[i], strlen(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_html_as_mustache_does),
        cmocka_unit_test(leaves_out_of_a_letter_what_nobody_sees),
        cmocka_unit_test(keeps_a_line_one_line),
        cmocka_unit_test(names_lose_what_is_not_a_name),
        cmocka_unit_test(the_quick_look_lets_nothing_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
