#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "campaign/fact_sheet_read.h"
#include "files.h"
#include "model/fact_value.h"
#include "model/json.h"

#define HEAD                                                                                       \
    "schema: 1\nincident: leak-1\nversion: 1\nvalid_from: 2026-10-18T10:00:00+09:00\n"             \
    "kind: leak\ncertainty: confirmed\n"

static struct told told;

static struct fact_sheet *read_sheet(const char *text)
{
    struct fact_sheet *s = NULL;
    char *path = write_file("facts.yaml", text);
    struct problems problems = told_problems(&told);
    int rc = fact_sheet_read(path, &problems, &s);
    assert_true((rc == 0) == (s != NULL));
    free(path);
    return s;
}

/* What is wrong with the text, and nothing else: "7:3: error: sentence [rule]" a line. */
static void expect(const char *text, const char *lines)
{
    struct fact_sheet *s = read_sheet(text);
    assert_string_equal(told_text(&told), lines);
    fact_sheet_free(s);
}

static void reads_everything_a_sheet_may_say(void **state)
{
    (void)state;
    struct fact_sheet *s = read_sheet(
        HEAD "jurisdictions: [KR]\n"
             "times:\n  aware_at: {at: 2026-10-16T12:00:00+09:00, source: report}\n"
             "flags: [unique_id]\nincomplete: [course]\n"
             "public_notice: {from: 2026-10-18, until: 2026-11-20, url: \"https://e.org\"}\n"
             "facts:\n  incident.start: 2026-09-14\n  affected_count: 30\n"
             "  contact: {phone: 1588-0000}\n  nature: {de: a, ko: b}\n"
             "cohorts:\n  a: {affected: 10, jurisdictions: [EU], facts: {data_items: [name]}}\n"
             "  b: {affected: 20, people: 25, from: all}\n"
             "sources: {affected_count: {source: report, at: 2026-10-16}}\n"
             "reasons: {affected_count: counted again}\n");
    assert_string_equal(told_text(&told), "");
    assert_string_equal(s->incident, "leak-1");
    assert_int_equal(s->certainty, CERTAINTY_CONFIRMED);
    assert_true(fact_sheet_has_flag(s, "unique_id"));
    assert_true(fact_sheet_is_incomplete(s, "course"));
    assert_true(s->has_public_notice);
    assert_int_equal(s->notice_until_day - s->notice_from_day, 33);
    assert_string_equal(s->aware_at.source, "report");
    assert_int_equal(s->cohort_count, 2);
    assert_string_equal(s->cohorts[0].jurisdictions[0], "EU");
    assert_string_equal(s->cohorts[1].jurisdictions[0], "KR");
    assert_int_equal(fact_cohort_people(&s->cohorts[0]), 10);
    assert_int_equal(fact_cohort_people(&s->cohorts[1]), 25);
    assert_string_equal(s->cohorts[1].from, "all");
    fact_sheet_free(s);
}

static void dotted_names_nest_and_numbers_are_numbers(void **state)
{
    (void)state;
    struct fact_sheet *s =
        read_sheet(HEAD "facts:\n  incident.start: 2026-09-14\n  contact.phone: 1588\n"
                        "  case.number: \"17\"\n  affected_count: 30\n  law.eu: true\n");
    struct buf out = {0};
    json_put(&out, s->facts);
    assert_non_null(strstr(buf_text(&out), "\"start\":\"2026-09-14\""));
    assert_non_null(strstr(buf_text(&out), "\"number\":\"17\""));
    assert_non_null(strstr(buf_text(&out), "\"affected_count\":30"));
    assert_non_null(strstr(buf_text(&out), "\"eu\":true"));
    buf_free(&out);
    fact_sheet_free(s);
}

static void tells_all_that_is_wrong_and_not_only_the_first(void **state)
{
    (void)state;
    expect("schema: 1\nincidnt: leak-1\nversion: 0\nvalid_from: 2026-10-18\nkind: leek\n"
           "certainty: [confirmed]\nfacts: {affected_count: 2.970.000, data_itmes: [name]}\n",
           "2:1: error: \"incidnt\" is no key of a fact sheet; did you mean \"incident\"? "
           "[yaml-unknown-key]\n"
           "3:10: error: versions count from 1 [yaml-type]\n"
           "4:13: error: \"2026-10-18\" must be a time with its offset, like "
           "2026-11-24T14:30:00+09:00 [yaml-type]\n"
           "5:7: error: \"leek\" is not possible here; did you mean \"leak\"? [yaml-type]\n"
           "6:12: error: \"certainty\" must be one value [yaml-type]\n"
           "7:25: error: \"affected_count\" (the number of people affected) must be a whole number "
           "without quotes, points or commas, like 280000 [yaml-type]\n"
           "7:36: warning: \"data_itmes\" is no fact every letter knows; did you mean "
           "\"data_items\"? [facts-unknown]\n"
           "1:1: error: a fact sheet needs \"incident\" [yaml-missing-key]\n");
}

static void a_fact_of_a_cohort_has_its_own_place(void **state)
{
    (void)state;
    struct fact_sheet *s =
        read_sheet(HEAD "facts:\n  remedy:\n    text: {ko: x}\n    steps: [{ko: y}]\n"
                        "cohorts:\n  a:\n    facts:\n      remedy.text: {ko: z}\n");
    struct place own = fact_sheet_place(s, "a", "remedy.text");
    struct place shared = fact_sheet_place(s, NULL, "remedy.steps");
    struct place nowhere = fact_sheet_place(s, "a", "course");
    assert_int_equal(own.line, 14);
    assert_int_equal(shared.line, 10);
    assert_int_equal(nowhere.line, 0);
    fact_sheet_free(s);
}

static void a_word_of_one_language_is_no_group_of_facts(void **state)
{
    (void)state;
    expect(HEAD "facts:\n  house_rule: {de: a, ko: b}\n  nature: {de: a, nonsense: b}\n",
           "9:11: error: \"nature\" (what happened) must be a text for each language, like {de: "
           "..., ko: ...} [yaml-type]\n");
}

static void what_is_written_twice_in_two_ways_is_found(void **state)
{
    (void)state;
    expect(HEAD "facts:\n  contact: {phone: 1588-0000}\n  contact.phone: 1588-0001\n",
           "9:3: error: \"contact.phone\" is written twice, or is a value where it should be a "
           "group [yaml-duplicate-key]\n");
}

static void a_foreign_jurisdiction_is_mentioned(void **state)
{
    (void)state;
    expect(HEAD "jurisdictions: [EU, DE]\n"
                "times: {aware_at: {at: 2026-10-16T12:00:00+09:00, source: x}}\n"
                "facts: {affected_count: 1}\n",
           "7:21: warning: \"DE\" is none of KR, EU, UK, US-CA: no rules of law will be applied "
           "for it (a member state of the EU is EU) [facts-jurisdiction]\n");
}

static void a_file_that_is_missing_is_told_once(void **state)
{
    (void)state;
    struct fact_sheet *s;
    struct problems problems = told_problems(&told);
    assert_int_equal(fact_sheet_read("/nonexistent/facts.yaml", &problems, &s), ERR_CONFIG);
    assert_null(s);
    assert_int_equal(problems.errors, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_everything_a_sheet_may_say),
        cmocka_unit_test(dotted_names_nest_and_numbers_are_numbers),
        cmocka_unit_test(tells_all_that_is_wrong_and_not_only_the_first),
        cmocka_unit_test(a_fact_of_a_cohort_has_its_own_place),
        cmocka_unit_test(a_word_of_one_language_is_no_group_of_facts),
        cmocka_unit_test(what_is_written_twice_in_two_ways_is_found),
        cmocka_unit_test(a_foreign_jurisdiction_is_mentioned),
        cmocka_unit_test(a_file_that_is_missing_is_told_once),
    };
    int failed = cmocka_run_group_tests(tests, files_begin, files_end);
    told_free(&told);
    return failed;
}
