#include "cli/progress.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/unicode.h"

static void must_show(const struct progress_facts *f, size_t width, const char *expected)
{
    struct buf line = {0};
    progress_put_line(&line, f, width);
    assert_string_equal(buf_text(&line), expected);
    buf_free(&line);
}

static void draws_a_bar_for_a_terminal_and_words_for_a_log(void **state)
{
    (void)state;
    const struct progress_facts f = {"recall-2026", 29402, 48190, 49.2, 382000, "failed 51"};
    must_show(&f, 120,
              "recall-2026  ████████████░░░░░░░░  61%  29,402/48,190  49/s  ETA 6m22s  failed 51");
    must_show(&f, 0, "recall-2026: 61%, 29,402/48,190, 49/s, ETA 6m22s, failed 51");
}

static void says_only_what_it_knows(void **state)
{
    (void)state;
    const struct progress_facts start = {"x", 0, 10, -1, -1, NULL};
    const struct progress_facts endless = {"x", 1234567, 0, 10, -1, NULL};
    const struct progress_facts stuck = {"x", 5, 10, 0, -1, ""};
    must_show(&start, 0, "x: 0%, 0/10");
    must_show(&endless, 0, "x: 1,234,567, 10/s");
    must_show(&stuck, 0, "x: 50%, 5/10, 0/s");
}

static void says_100_percent_only_when_all_is_done(void **state)
{
    (void)state;
    const struct progress_facts nearly = {"x", 6499999, 6500000, -1, -1, NULL};
    const struct progress_facts all = {"x", 6500000, 6500000, 1000, 0, NULL};
    const struct progress_facts more = {"x", 11, 10, 1000, 0, NULL};
    must_show(&nearly, 0, "x: 99%, 6,499,999/6,500,000");
    must_show(&all, 0, "x: 100%, 6,500,000/6,500,000, 1,000/s");
    must_show(&more, 0, "x: 100%, 11/10, 1,000/s");
}

static void never_fills_more_than_the_terminal(void **state)
{
    (void)state;
    const struct progress_facts f = {
        "리콜-2026", 29402, 48190, 49.2, 382000, "delivered 29,120  waiting 231  failed 51"};
    for (size_t width = 1; width < 160; width++) {
        struct buf line = {0};
        progress_put_line(&line, &f, width);
        assert_true(unicode_width(buf_text(&line), line.len) < width);
        buf_free(&line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_a_bar_for_a_terminal_and_words_for_a_log),
        cmocka_unit_test(says_only_what_it_knows),
        cmocka_unit_test(says_100_percent_only_when_all_is_done),
        cmocka_unit_test(never_fills_more_than_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
