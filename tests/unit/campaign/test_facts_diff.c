#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "campaign/fact_sheet_read.h"
#include "campaign/facts_diff.h"
#include "files.h"

#define HEAD(version, day)                                                                         \
    "schema: 1\nincident: leak-1\nversion: " version "\nvalid_from: 2026-10-" day                  \
    "T10:00:00+09:00\nkind: leak\n"
#define OLD "certainty: confirmed\n" HEAD("1", "01")
#define NEW "certainty: confirmed\nsupersedes: old.yaml\n" HEAD("2", "02")

static struct told told;
static struct buf changes;

static struct fact_sheet *read_sheet(const char *name, const char *text)
{
    struct fact_sheet *s = NULL;
    struct problems problems = told_problems(&told);
    char *path = write_file(name, text);
    if (fact_sheet_read(path, &problems, &s) != 0)
        fail_msg("%s", told_text(&told));
    free(path);
    return s;
}

/* "a! data_items: the words" a line, `!` if it is legal; then "-> a 10"; then what is wrong. */
static const char *diff(const char *older_text, const char *newer_text)
{
    struct fact_sheet *older = read_sheet("old.yaml", older_text);
    struct fact_sheet *newer = read_sheet("new.yaml", newer_text);
    struct problems problems = told_problems(&told);
    struct facts_diff d;
    facts_diff_make(older, newer, &d);
    facts_diff_check(&d, older, newer, &problems);
    buf_reset(&changes);
    for (size_t i = 0; i < d.change_count; i++)
        buf_printf(&changes, "%s%s %s\n", d.changes[i].cohort != NULL ? d.changes[i].cohort : "",
                   d.changes[i].legal ? "!" : ".", d.changes[i].text);
    for (size_t i = 0; i < d.concerned_count; i++)
        buf_printf(&changes, "-> %s %lld\n",
                   d.concerned[i].cohort != NULL ? d.concerned[i].cohort : "all",
                   (long long)d.concerned[i].people);
    buf_puts(&changes, told_text(&told));
    facts_diff_free(&d);
    fact_sheet_free(older);
    fact_sheet_free(newer);
    return buf_text(&changes);
}

static void equal_facts_are_no_change(void **state)
{
    (void)state;
    assert_string_equal(
        diff(OLD "facts: {affected_count: 3}\n", NEW "facts: {affected_count: 3}\n"), "");
}

static void a_new_item_of_one_cohort_concerns_its_people_alone(void **state)
{
    (void)state;
    assert_string_equal(diff(OLD "facts: {affected_count: 30}\ncohorts:\n"
                                 "  a: {affected: 10, facts: {data_items: [name]}}\n"
                                 "  b: {affected: 20, facts: {data_items: [name]}}\n",
                             NEW "facts: {affected_count: 30}\ncohorts:\n"
                                 "  a: {affected: 10, facts: {data_items: [name, card_pin]}}\n"
                                 "  b: {affected: 20, facts: {data_items: [name]}}\n"),
                        "a! the data that was taken: card_pin added\n-> a 10\n");
}

static void measures_and_figures_are_progress(void **state)
{
    (void)state;
    assert_string_equal(
        diff(OLD "facts: {measures: [{de: x}], figures.done: 3}\n",
             NEW "facts: {measures: [{de: x}, {de: y}], figures.done: 5}\n"),
        ". the measures: 2 entries, were 1\n. how many so far: was 3, is 5 (2 more)\n");
}

static void a_number_that_shrinks_needs_a_reason(void **state)
{
    (void)state;
    static const char shrunk[] = NEW "facts:\n  affected_count: 2\n";
    assert_string_equal(
        diff(OLD "facts: {affected_count: 3}\n", shrunk),
        "! the number of people affected: was 3, is 2 (1 fewer)\n-> all -1\n"
        "9:3: error: the number of people affected: was 3, is 2 (1 fewer); say why under "
        "`reasons`, as `affected_count: \"...\"` [facts-reason]\n");
    assert_null(strstr(diff(OLD "facts: {affected_count: 3}\n",
                            NEW "facts:\n  affected_count: 2\n"
                                "reasons: {affected_count: one person was counted twice}\n"),
                       "facts-reason"));
}

static void what_was_safe_and_is_not_needs_a_reason(void **state)
{
    (void)state;
    static const char older[] = OLD "facts: {not_affected: [name], data_items: [photo]}\n";
    const char *text =
        diff(older, NEW "facts:\n  not_affected: [card_pin]\n  data_items: [name]\n");
    assert_non_null(strstr(text, "10:3: error: the data that was taken: name added; photo removed; "
                                 "say why under `reasons`, as `not_affected: \"...\"`"));
    text = diff(older, NEW "facts:\n  not_affected: [card_pin]\n  data_items: [name]\n"
                           "reasons: {not_affected: found in another log}\n");
    assert_null(strstr(text, "facts-reason"));
}

static void people_who_move_to_a_new_cohort_explain_why_theirs_shrank(void **state)
{
    (void)state;
    static const char older[] = OLD "facts: {affected_count: 30}\ncohorts:\n"
                                    "  a: {affected: 30, facts: {data_items: [name]}}\n";
    const char *text =
        diff(older, NEW "facts: {affected_count: 30}\ncohorts:\n"
                        "  a: {affected: 28, facts: {data_items: [name]}}\n"
                        "  b: {from: a, affected: 2, facts: {data_items: [name, card_pin]}}\n");
    assert_string_equal(text, "b. a new cohort of 2, from cohort a\n"
                              "b! the data that was taken: card_pin added\n"
                              "a. affected: was 30, is 28 (2 moved to a new cohort)\n-> b 2\n");
    text = diff(older, NEW "facts: {affected_count: 28}\ncohorts:\n"
                           "  a: {affected: 28, facts: {data_items: [name]}}\n"
                           "reasons: {affected_count: two were counted twice}\n");
    assert_non_null(strstr(text, "as `a.affected: \"...\"` [facts-reason]"));
}

static void those_whom_nothing_hit_need_not_be_told(void **state)
{
    (void)state;
    const char *text = diff(OLD "facts: {course: {de: x}}\ncohorts:\n  a: {affected: 5}\n"
                                "  c: {affected: 0, people: 95}\n",
                            NEW "facts: {course: {de: y}}\ncohorts:\n  a: {affected: 5}\n"
                                "  c: {affected: 0, people: 95}\n");
    assert_string_equal(text, "! when and how it came about: other words in de\n-> a 5\n");
}

static void certainty_concerns_everybody(void **state)
{
    (void)state;
    const char *text =
        diff("certainty: possible\n" HEAD("1", "01") "facts: {}\ncohorts: {a: {people: 9}}\n",
             "certainty: refuted\nsupersedes: old.yaml\n" HEAD(
                 "2", "02") "facts: {}\ncohorts: {a: {people: 9}}\n");
    assert_string_equal(text, "! the certainty: was possible, is refuted\n-> a 9\n");
}

static void versions_follow_one_another(void **state)
{
    (void)state;
    const char *text = diff(OLD "facts: {}\n", "certainty: confirmed\nsupersedes: old.yaml\n"
                                               "schema: 1\nincident: other\nversion: 4\n"
                                               "valid_from: 2026-09-01T10:00:00+09:00\n"
                                               "kind: leak\nfacts: {}\n");
    assert_non_null(strstr(text, "this is the incident other, but"));
    assert_non_null(strstr(text, "is version 1: it must be 2"));
    assert_non_null(strstr(text, "valid_from must be later"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_facts_are_no_change),
        cmocka_unit_test(a_new_item_of_one_cohort_concerns_its_people_alone),
        cmocka_unit_test(measures_and_figures_are_progress),
        cmocka_unit_test(a_number_that_shrinks_needs_a_reason),
        cmocka_unit_test(what_was_safe_and_is_not_needs_a_reason),
        cmocka_unit_test(people_who_move_to_a_new_cohort_explain_why_theirs_shrank),
        cmocka_unit_test(those_whom_nothing_hit_need_not_be_told),
        cmocka_unit_test(certainty_concerns_everybody),
        cmocka_unit_test(versions_follow_one_another),
    };
    int failed = cmocka_run_group_tests(tests, files_begin, files_end);
    told_free(&told);
    buf_free(&changes);
    return failed;
}
