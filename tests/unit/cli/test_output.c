#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "cli/output.h"

/* What fn() prints to standard output. */
static const char *printed(void (*fn)(void))
{
    static char text[2000];
    int pipe_fds[2];
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    assert_int_equal(pipe(pipe_fds), 0);
    dup2(pipe_fds[1], STDOUT_FILENO);
    fn();
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(pipe_fds[1]);
    ssize_t got = read(pipe_fds[0], text, sizeof(text) - 1);
    close(pipe_fds[0]);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void print_campaigns(void)
{
    static const char *const heads[] = {"BATCH", "CAMPAIGN", "LINES", "STATE"};
    struct table t;
    table_begin(&t, heads, COUNT_OF(heads));
    table_cell(&t, "b1");
    table_cell(&t, "카드-유출");
    table_count(&t, 6500000);
    table_cell(&t, "sending");
    table_cell(&t, "b2");
    table_cell(&t, "recall");
    table_count(&t, 17);
    table_cell(&t, NULL);
    table_end(&t);
}

static void columns_stand_below_each_other_with_hangul_too(void **state)
{
    (void)state;
    assert_string_equal(printed(print_campaigns), "BATCH  CAMPAIGN       LINES  STATE\n"
                                                  "b1     카드-유출  6,500,000  sending\n"
                                                  "b2     recall            17  -\n");
}

static void groups_digits_by_thousands(void **state)
{
    static const struct {
        int64_t number;
        const char *text;
    } rows[] = {{0, "0"},
                {999, "999"},
                {1000, "1,000"},
                {48190, "48,190"},
                {123456, "123,456"},
                {-999, "-999"},
                {-123456, "-123,456"},
                {6500000, "6,500,000"}};
    char text[OUTPUT_NUMBER_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(output_number(rows[i].number, text), rows[i].text);
}

static void tells_a_span_in_two_units(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{-5, "0s"},        {999, "0s"},        {59999, "59s"},      {60000, "1m00s"},
                {382000, "6m22s"}, {3600000, "1h00m"}, {11520000, "3h12m"}, {187200000, "2d04h"}};
    char text[OUTPUT_NUMBER_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(output_span(rows[i].ms, text), rows[i].text);
}

static void an_age_that_is_not_known_is_a_dash(void **state)
{
    char text[OUTPUT_NUMBER_SIZE];
    (void)state;
    assert_string_equal(output_age(NULL, text), "-");
    assert_string_equal(output_age("yesterday", text), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_stand_below_each_other_with_hangul_too),
        cmocka_unit_test(groups_digits_by_thousands),
        cmocka_unit_test(tells_a_span_in_two_units),
        cmocka_unit_test(an_age_that_is_not_known_is_a_dash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
