#include "people/findings.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"

static char path[64];

static int set_up(void **state)
{
    snprintf(path, sizeof(path), "/tmp/findings-XXXXXX");
    int fd = mkstemp(path);
    *state = NULL;
    return fd < 0 || close(fd) != 0 ? -1 : unlink(path);
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

/* What is shown would only be noise here. */
static void be_quiet(int *out_saved)
{
    fflush(stderr);
    *out_saved = dup(STDERR_FILENO);
    assert_non_null(freopen("/dev/null", "w", stderr));
}

static void speak_again(int saved)
{
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void keeps_all_in_a_file_a_spreadsheet_reads(void **state)
{
    static const char *const values[] = {"plain", "semi;colon",     "quo\"te", "two\r\nlines",
                                         "=1+1",  "+4915112345678", "-1",      "@cmd"};
    const struct findings_options options = {.path = path, .delimiter = ';', .mark = true};
    struct error err = {0};
    struct csv *c;
    const struct csv_record *r;
    int saved;
    (void)state;
    struct findings *f = findings_open(&options);
    assert_int_equal(access(path, F_OK), -1); /* nothing wrong: no file */
    be_quiet(&saved);
    for (int i = 0; i < 5000; i++)
        findings_add(f, &(struct finding){.row = 1 + i / 2,
                                          .column = "e-mail",
                                          .value = values[(size_t)i % COUNT_OF(values)],
                                          .problem = "is wrong"});
    speak_again(saved);
    assert_int_equal(findings_count(f), 5000);
    assert_int_equal(findings_rows(f), 2500);
    assert_int_equal(findings_finish(f, &err), 0);
    findings_close(f);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(csv_open(path, &c, &err), 0);
    for (int i = -1; i < 5000; i++) {
        assert_int_equal(csv_next(c, &r, &err), 0);
        assert_non_null(r);
        assert_null(r->fault.problem);
        assert_int_equal(r->count, 5);
        const char *value = i < 0 ? "value" : values[(size_t)i % COUNT_OF(values)];
        bool formula = strchr("=+-@", value[0]) != NULL; /* defused */
        assert_string_equal(r->fields[2].text + (formula ? 1 : 0), value);
        assert_int_equal(r->fields[2].text[0] == '\'', formula);
    }
    assert_int_equal(csv_next(c, &r, &err), 0);
    assert_null(r);
    csv_close(c);
}

static void what_is_of_no_row_makes_no_row_wrong(void **state)
{
    static const int64_t rows[] = {3, 0, 3, 0, 4};
    const struct findings_options options = {.path = path, .delimiter = ','};
    struct error err = {0};
    struct csv *c;
    const struct csv_record *r;
    int saved;
    (void)state;
    struct findings *f = findings_open(&options);
    be_quiet(&saved);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        findings_add(f, &(struct finding){.row = rows[i], .column = "x", .problem = "is wrong"});
    speak_again(saved);
    assert_int_equal(findings_count(f), 5);
    assert_int_equal(findings_rows(f), 2);
    assert_int_equal(findings_finish(f, &err), 0);
    findings_close(f);
    assert_int_equal(csv_open(path, &c, &err), 0);
    for (int i = -1; i < 2; i++)
        assert_int_equal(csv_next(c, &r, &err), 0);
    assert_string_equal(r->fields[0].text, "");
    csv_close(c);
}

static void says_when_the_file_cannot_be_written(void **state)
{
    const struct findings_options options = {.path = "/no/such/place.csv", .delimiter = ','};
    const struct findings_options full = {.path = "/dev/full", .delimiter = ','};
    struct error err = {0};
    int saved;
    (void)state;
    be_quiet(&saved);
    struct findings *f = findings_open(&options);
    findings_add(f, &(struct finding){.row = 1, .problem = "is wrong"});
    assert_int_equal(findings_finish(f, &err), ERR_IO);
    findings_close(f);
    f = findings_open(&full);
    for (int i = 0; i < 10000; i++)
        findings_add(f, &(struct finding){.row = i, .problem = "is wrong"});
    assert_int_equal(findings_finish(f, &err), ERR_AGAIN);
    findings_close(f);
    speak_again(saved);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_all_in_a_file_a_spreadsheet_reads),
        TEST(what_is_of_no_row_makes_no_row_wrong),
        TEST(says_when_the_file_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
