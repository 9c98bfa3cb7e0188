#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "campaign/cohorts.h"
#include "files.h"

static struct told told;
static struct cohort_count counts[4];

/* Two cohorts and, unless NULL, the population; what was told. */
static const char *prove(const char *a, const char *b, const char *population)
{
    struct error err = {0};
    struct problems problems = told_problems(&told);
    char *all = population != NULL ? write_file("all.csv", population) : NULL;
    char *paths[] = {write_file("a.csv", a), write_file("b.csv", b)};
    const struct place sheet = {"facts.yaml", 7, 3};
    const struct cohort_file files[] = {{"a", paths[0], -1, sheet}, {"b", paths[1], -1, sheet}};
    if (cohorts_prove(files, 2, all, &problems, counts, &err) != 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < 2; i++)
        free(paths[i]);
    free(all);
    return told_text(&told);
}

static void disjoint_and_complete_cohorts_are_silent(void **state)
{
    (void)state;
    assert_string_equal(prove("id,email\n1,a@e.org\n2,b@e.org\n", "id,email\n3,a@e.org\n",
                              "id,name\n3,c\n1,a\n2,b\n"),
                        "");
    assert_int_equal(counts[0].people, 2);
    assert_int_equal(counts[1].people, 1);
}

static void a_person_in_two_cohorts_is_found_whatever_the_address(void **state)
{
    (void)state;
    const char *text =
        prove("id,email\n1,a@e.org\n2,b@e.org\n", "id,email\n3,x@e.org\n2,y@e.org\n", NULL);
    assert_non_null(strstr(text, "3:1: error: this person is in cohort a too ("));
    assert_non_null(strstr(text, "a.csv:3): which letter is right? [audience-overlap]\n"));
}

static void without_ids_an_address_says_who_it_is(void **state)
{
    (void)state;
    const char *text = prove("name,E-Mail\nKim,kim@e.org\n", "email,name\n KIM@e.org ,Kim\n", NULL);
    assert_non_null(strstr(text, "[audience-overlap]"));
    text = prove("id,phone\n1,+49 151 1\n", "phone\n+491511\n", NULL);
    assert_non_null(strstr(text, "[audience-overlap]"));
}

static void a_person_twice_in_one_file_is_told_with_both_lines(void **state)
{
    (void)state;
    assert_string_equal(prove("id\n1\n2\n1\n", "id\n3\n", NULL),
                        "4:1: error: this person stands in line 2 already [audience-repeat]\n");
}

static void who_is_left_out_and_who_does_not_belong_are_told(void **state)
{
    (void)state;
    const char *text = prove("id\n1\n", "id\n2\n9\n", "id\n1\n2\n3\n");
    assert_non_null(strstr(text, "4:1: error: this person is in no cohort [audience-missing]\n"));
    assert_non_null(strstr(text, "3:1: error: this person is not in the population ("));
}

static void a_row_without_a_person_is_told(void **state)
{
    (void)state;
    assert_string_equal(prove("id,name\n1,a\n,b\n", "id\n3\n", NULL),
                        "3:1: error: id is empty: nobody knows who this is [audience-nobody]\n");
}

static void counts_must_equal_the_fact_sheet(void **state)
{
    (void)state;
    struct error err = {0};
    struct problems problems = told_problems(&told);
    char *path = write_file("a.csv", "id,locale\n1,ko\n2,de\n3,ko\n");
    const struct cohort_file file = {"a", path, 5, {"facts.yaml", 7, 3}};
    assert_int_equal(cohorts_prove(&file, 1, NULL, &problems, counts, &err), 0);
    assert_non_null(
        strstr(told_text(&told), "7:3: error: cohort a has 5 people by the fact sheet"));
    assert_non_null(strstr(told_text(&told), " holds 3: 2 too few [audience-count]\n"));
    assert_int_equal(counts[0].locale_count, 2);
    assert_string_equal(counts[0].locales[0].tag, "ko");
    assert_int_equal(counts[0].locales[0].people, 2);
    free(path);
}

static void only_the_first_twenty_are_listed(void **state)
{
    (void)state;
    struct buf a = {0}, b = {0};
    buf_puts(&a, "id\n");
    buf_puts(&b, "id\n");
    for (int i = 0; i < 50; i++) {
        buf_printf(&a, "%d\n", i);
        buf_printf(&b, "%d\n", i);
    }
    const char *text = prove(buf_text(&a), buf_text(&b), NULL);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 21);
    assert_non_null(strstr(text, "50 people are in two cohorts; the first 20 are listed"));
    buf_free(&a);
    buf_free(&b);
}

static void files_with_nothing_in_common_cannot_be_compared(void **state)
{
    (void)state;
    struct error err = {0};
    struct problems problems = told_problems(&told);
    char *a = write_file("a.csv", "id\n1\n"), *b = write_file("b.csv", "email\na@e.org\n");
    const struct cohort_file files[] = {{"a", a, -1, {a, 0, 0}}, {"b", b, -1, {b, 0, 0}}};
    assert_int_equal(cohorts_prove(files, 2, NULL, &problems, counts, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "no column in common"));
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disjoint_and_complete_cohorts_are_silent),
        cmocka_unit_test(a_person_in_two_cohorts_is_found_whatever_the_address),
        cmocka_unit_test(without_ids_an_address_says_who_it_is),
        cmocka_unit_test(a_person_twice_in_one_file_is_told_with_both_lines),
        cmocka_unit_test(who_is_left_out_and_who_does_not_belong_are_told),
        cmocka_unit_test(a_row_without_a_person_is_told),
        cmocka_unit_test(counts_must_equal_the_fact_sheet),
        cmocka_unit_test(only_the_first_twenty_are_listed),
        cmocka_unit_test(files_with_nothing_in_common_cannot_be_compared),
    };
    int failed = cmocka_run_group_tests(tests, files_begin, files_end);
    told_free(&told);
    return failed;
}
