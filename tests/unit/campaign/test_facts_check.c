#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "campaign/fact_sheet_read.h"
#include "files.h"

#define HEAD(certainty)                                                                            \
    "schema: 1\nincident: leak-1\nversion: 1\nvalid_from: 2026-10-18T10:00:00+09:00\n"             \
    "kind: leak\ncertainty: " certainty "\n"

static struct told told;

static void expect(const char *text, const char *lines)
{
    struct fact_sheet *s = NULL;
    char *path = write_file("facts.yaml", text);
    struct problems problems = told_problems(&told);
    if (fact_sheet_read(path, &problems, &s) == 0)
        fact_sheet_free(s);
    assert_string_equal(told_text(&told), lines);
    free(path);
}

static void cohorts_add_up_to_all(void **state)
{
    (void)state;
    expect(HEAD("confirmed") "facts:\n  affected_count: 31\n  total_count: 100\n"
                             "cohorts: {a: {affected: 10}, b: {affected: 20}, c: {affected: 0, "
                             "people: 70}}\n",
           "8:3: error: affected_count is 31, but the affected of the cohorts make a 10 + b 20 + c "
           "0 = 30: 1 too few [facts-sum]\n");
    expect(
        HEAD("confirmed") "facts:\n  total_count: 30\ncohorts: {a: {people: 31}}\n",
        "8:3: error: total_count is 30, but the people of the cohorts make a 31 = 31: 1 too many "
        "[facts-sum]\n");
}

static void while_it_is_possible_those_possibly_affected_are_summed(void **state)
{
    (void)state;
    expect(
        HEAD("possible") "facts:\n  affected_possible: 9\ncohorts: {a: {affected: 8}}\n",
        "8:3: error: affected_possible is 9, but the affected of the cohorts make a 8 = 8: 1 too "
        "few [facts-sum]\n");
}

static void a_cohort_that_does_not_say_how_many_is_not_summed(void **state)
{
    (void)state;
    expect(HEAD("confirmed") "facts: {affected_count: 9}\ncohorts: {a: {affected: 8}, b: {}}\n",
           "");
}

static void a_share_may_be_rounded_but_not_wrong(void **state)
{
    (void)state;
    static const char figures[] = HEAD("confirmed") "facts:\n  figures: {done: 128, total: 297, ";
    struct buf text = {0};
    static const struct {
        const char *share, *lines;
    } rows[] = {
        {"share: 43}\n", ""},
        {"share: 44}\n", ""},
        {"share: 42}\n", "8:36: error: figures.share is 42, but 128 of 297 are 43.0 per cent "
                         "[facts-share]\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_reset(&text);
        buf_puts(&text, figures);
        buf_puts(&text, rows[i].share);
        expect(buf_text(&text), rows[i].lines);
    }
    buf_free(&text);
}

static void what_was_taken_cannot_be_safe_too(void **state)
{
    (void)state;
    expect(HEAD("confirmed") "facts: {not_affected: [name, photo]}\ncohorts:\n  a:\n    facts:\n"
                             "      data_items: [photo]\n",
           "11:7: error: cohort a: \"photo\" is in data_items and in not_affected "
           "[facts-contradiction]\n");
}

static void what_a_cohort_s_group_loses_is_told(void **state)
{
    (void)state;
    expect(HEAD("confirmed") "facts: {contact: {phone: 1588-0000, email: a@e.org}}\ncohorts:\n"
                             "  a: {facts: {contact: {phone: 1588-0001}}}\n",
           "9:15: warning: cohort a has a `contact` of its own, which takes the place of "
           "everybody's as a whole: contact.email is missing there [facts-group]\n");
}

static void a_text_without_one_of_the_languages_is_told(void **state)
{
    (void)state;
    expect(HEAD("confirmed") "facts:\n  nature: {de: a, ko: b}\n  measures: [{de: a}, {de: b, ko: "
                             "c}]\n  course: {de: a, ko: b}\n",
           "9:3: warning: measures has no text in ko, but other facts have [facts-language]\n");
}

static void an_end_before_the_begin_is_told(void **state)
{
    (void)state;
    expect(HEAD("confirmed") "facts:\n  incident.start: 2026-09-14\n  incident.end: 2026-09-13\n",
           "9:3: error: incident.end (2026-09-13) is before incident.start (2026-09-14) "
           "[facts-times]\n");
}

static void a_service_cannot_be_back_before_it_failed(void **state)
{
    (void)state;
    expect(HEAD("confirmed") "facts:\n  service.down_from: 2026-09-14T09:00:00+09:00\n"
                             "  service.restored_at: 2026-09-14T00:30:00+01:00\n",
           "9:3: error: service.restored_at (2026-09-14T00:30:00+01:00) is before "
           "service.down_from (2026-09-14T09:00:00+09:00) [facts-times]\n");
    /* The clock on the wall says less, and it is later. */
    expect(HEAD("confirmed") "facts:\n  service.down_from: 2026-09-14T09:00:00+09:00\n"
                             "  service.restored_at: 2026-09-14T01:30:00+01:00\n",
           "");
    expect(HEAD("confirmed") "facts: {}\ncohorts:\n  a:\n    facts:\n"
                             "      service.down_from: 2026-09-14T09:00:00+09:00\n"
                             "      service.restored_at: 2026-09-14T08:00:00+09:00\n",
           "12:7: error: service.restored_at (2026-09-14T08:00:00+09:00) is before "
           "service.down_from (2026-09-14T09:00:00+09:00) [facts-times]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cohorts_add_up_to_all),
        cmocka_unit_test(while_it_is_possible_those_possibly_affected_are_summed),
        cmocka_unit_test(a_cohort_that_does_not_say_how_many_is_not_summed),
        cmocka_unit_test(a_share_may_be_rounded_but_not_wrong),
        cmocka_unit_test(what_was_taken_cannot_be_safe_too),
        cmocka_unit_test(what_a_cohort_s_group_loses_is_told),
        cmocka_unit_test(a_text_without_one_of_the_languages_is_told),
        cmocka_unit_test(an_end_before_the_begin_is_told),
        cmocka_unit_test(a_service_cannot_be_back_before_it_failed),
    };
    int failed = cmocka_run_group_tests(tests, files_begin, files_end);
    told_free(&told);
    return failed;
}
