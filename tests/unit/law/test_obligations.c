/* What a chain of notices still owes. */
#include "law/law.h"

#include "law/example.h"

#define CHAIN_MAX 4

/* "kr-pipa-34-2:KP6 " for each that is open, with its due time if it has one. */
static void note(void *context, const struct obligation *o)
{
    char due[CLOCK_TEXT_SIZE] = "";
    assert_true(o->what[0] != '\0');
    assert_true(o->closed_by_kinds != 0 || o->due_ms != 0);
    buf_printf(context, "%s:%s%s%s ", o->ruleset, o->rule, o->due_ms != 0 ? "@" : "",
               o->due_ms != 0 ? clock_format_rfc3339(o->due_ms, due) : "");
}

static void assert_open(const struct shelf *s, const char *const *changes, const char *wanted)
{
    struct example examples[CHAIN_MAX];
    struct yaml_node *trees[CHAIN_MAX];
    struct law_case chain[CHAIN_MAX] = {{0}};
    struct buf open = {0};
    size_t count = 0;
    for (; changes[count] != NULL; count++) {
        open_case(s, changes[count], &examples[count], &trees[count]);
        chain[count] = examples[count].c;
    }
    law_open_obligations(s->law, chain, count, note, &open);
    assert_string_equal(buf_text(&open), wanted);
    buf_free(&open);
    for (size_t i = 0; i < count; i++)
        close_case(&examples[i], trees[i]);
}

#define KR       "jurisdictions: KR, "
#define POSSIBLE "{" KR "kind: possibility, sheet.certainty: possible, cohorts: \"a, b\"}"

static void a_possibility_must_be_resolved(void **state)
{
    const char *const alone[] = {POSSIBLE, NULL};
    const char *const followed[] = {POSSIBLE, "{" KR "kind: progress, cohorts: \"a, b\"}", NULL};
    assert_open(*state, alone, "kr-pipa-34-2:KP6 ");
    assert_open(*state, followed, "kr-pipa-34-2:KP6 ");
}

static void a_possibility_is_resolved_by_confirming_or_the_all_clear(void **state)
{
    const char *const confirmed[] = {POSSIBLE, "{" KR "kind: confirmed, cohorts: \"b, a\"}", NULL};
    const char *const refuted[] = {
        POSSIBLE, "{" KR "kind: all_clear, sheet.certainty: refuted, cohorts: \"a, b\"}", NULL};
    assert_open(*state, confirmed, "");
    assert_open(*state, refuted, "");
}

static void a_possibility_stays_open_until_the_same_people_know(void **state)
{
    const char *const some[] = {POSSIBLE, "{" KR "kind: confirmed, cohorts: a}", NULL};
    assert_open(*state, some, "kr-pipa-34-2:KP6 ");
}

/* Everybody was warned; then it is known that b was hit and a was not. */
static void a_cohort_that_was_divided_is_told_in_parts(void **state)
{
    static const char all[] =
        "{" KR "kind: possibility, sheet.certainty: possible, cohorts: all, letters: \"\"}";
    static const char hit[] = "{" KR "kind: confirmed, cohorts: b, sheet.from: all, sheet.second: "
                              "b}";
    static const char not_hit[] = "{" KR "kind: all_clear, cohorts: a, sheet.certainty: refuted}";
    const char *const half[] = {all, hit, NULL};
    const char *const whole[] = {all, hit, not_hit, NULL};
    assert_open(*state, half, "kr-pipa-34-2:KP6 ");
    assert_open(*state, whole, "");
}

static void a_first_notice_must_be_completed(void **state)
{
    const char *const alone[] = {"{" KR "kind: initial, sheet.incomplete: course}", NULL};
    const char *const completed[] = {"{" KR "kind: initial, sheet.incomplete: course}",
                                     "{" KR "kind: supplement}", NULL};
    const char *const not_yet[] = {"{" KR
                                   "kind: initial, sheet.incomplete: \"course, data_items\"}",
                                   "{" KR "kind: supplement, sheet.incomplete: course}", NULL};
    assert_open(*state, alone, "kr-pipa-34-1:KR8 ");
    assert_open(*state, completed, "");
    assert_open(*state, not_yet, "kr-pipa-34-1:KR8 ");
}

#define BEFORE KR "send_at: \"2026-09-01T10:00:00+09:00\", "

static void the_law_before_owed_the_same(void **state)
{
    const char *const initial[] = {"{" BEFORE "kind: initial}", NULL};
    const char *const incomplete[] = {"{" BEFORE "sheet.incomplete: course}", NULL};
    const char *const unreached[] = {"{" BEFORE "sending.without_contact: 5}", NULL};
    const char *const published[] = {"{" BEFORE "sheet.notice_days: 20780}", NULL};
    assert_open(*state, initial, "kr-pipa-34-1-2023:KR8 ");
    assert_open(*state, incomplete, "kr-pipa-34-1-2023:KR8 ");
    assert_open(*state, unreached, "kr-pipa-34-1-2023:KR11 ");
    assert_open(*state, published, "kr-pipa-34-1-2023:KR11@2026-11-23T15:00:00.000Z ");
}

static void every_law_has_its_own(void **state)
{
    const char *const both[] = {"{jurisdictions: \"KR, EU, UK\", sheet.incomplete: affected_count}",
                                NULL};
    const char *const whole[] = {both[0], "{jurisdictions: \"KR, EU, UK\", kind: confirmed}", NULL};
    assert_open(*state, both, "eu-gdpr-34:EU9 kr-pipa-34-1:KR8 uk-gdpr-34:UK1 ");
    assert_open(*state, whole, "");
}

static void who_cannot_be_reached_is_told_in_public(void **state)
{
    const char *const owed[] = {"{" KR "sending.without_contact: 5}", NULL};
    const char *const published[] = {"{" KR "sending.without_contact: 5}",
                                     "{" KR "kind: public_notice}", NULL};
    const char *const reached[] = {"{" KR "sending.without_contact: 0}", NULL};
    assert_open(*state, owed, "kr-pipa-34-1:KR11 ");
    assert_open(*state, published, "");
    assert_open(*state, reached, "");
}

static void a_link_without_letters_owes_what_its_readers_law_says(void **state)
{
    const char *const korea[] = {"{" KR "letters: \"\", sheet.incomplete: course}", NULL};
    const char *const europe[] = {"{jurisdictions: EU, letters: \"\", sheet.incomplete: course}",
                                  NULL};
    assert_open(*state, korea, "kr-pipa-34-1:KR8 ");
    assert_open(*state, europe, "eu-gdpr-34:EU9 ");
}

/* 20,780 days after 1970-01-01 is 2026-11-23; it ends there at midnight in Korea. */
static void a_public_notice_stays_up_until_its_day(void **state)
{
    const char *const before[] = {"{" KR "sheet.notice_days: 20780}", NULL};
    const char *const after[] = {"{" KR "sheet.notice_days: 20780, now: "
                                 "\"2026-11-24T00:00:00+09:00\"}",
                                 NULL};
    assert_open(*state, before, "kr-pipa-34-1:KR11@2026-11-23T15:00:00.000Z ");
    assert_open(*state, after, "");
}

static void news_that_was_promised_is_owed(void **state)
{
    static const char promise[] = "{" KR "facts: {next_update.at: \"2026-11-25T10:00:00+09:00\"}}";
    const char *const owed[] = {promise, NULL};
    const char *const sent[] = {promise, "{" KR "kind: progress}", NULL};
    const char *const published[] = {promise, "{" KR "kind: public_notice}", NULL};
    assert_open(*state, owed, "notice-chain:CH3@2026-11-25T01:00:00.000Z ");
    assert_open(*state, sent, "");
    assert_open(*state, published, "");
}

static void disproportionate_effort_needs_the_public(void **state)
{
    static const char effort[] = "{jurisdictions: EU, exemption: {rule: \"eu-gdpr-34:EU7\", "
                                 "reason: \"c: no addresses\", by: \"A, B\"}}";
    const char *const owed[] = {effort, NULL};
    const char *const published[] = {effort, "{jurisdictions: EU, kind: public_notice}", NULL};
    assert_open(*state, owed, "eu-gdpr-34:EU7 ");
    assert_open(*state, published, "");
}

static void a_whole_chain_ends_with_nothing_owed(void **state)
{
    static const char initial[] =
        "{" KR "kind: initial, cohorts: \"a, b\", sheet.incomplete: course}";
    const char *const half[] = {POSSIBLE, initial, NULL};
    const char *const whole[] = {POSSIBLE, initial, "{" KR "kind: confirmed, cohorts: \"a, b\"}",
                                 NULL};
    assert_open(*state, half, "kr-pipa-34-2:KP6 kr-pipa-34-1:KR8 ");
    assert_open(*state, whole, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_possibility_must_be_resolved),
        cmocka_unit_test(a_possibility_is_resolved_by_confirming_or_the_all_clear),
        cmocka_unit_test(a_possibility_stays_open_until_the_same_people_know),
        cmocka_unit_test(a_cohort_that_was_divided_is_told_in_parts),
        cmocka_unit_test(a_first_notice_must_be_completed),
        cmocka_unit_test(the_law_before_owed_the_same),
        cmocka_unit_test(every_law_has_its_own),
        cmocka_unit_test(who_cannot_be_reached_is_told_in_public),
        cmocka_unit_test(a_link_without_letters_owes_what_its_readers_law_says),
        cmocka_unit_test(a_public_notice_stays_up_until_its_day),
        cmocka_unit_test(news_that_was_promised_is_owed),
        cmocka_unit_test(disproportionate_effort_needs_the_public),
        cmocka_unit_test(a_whole_chain_ends_with_nothing_owed),
    };
    return cmocka_run_group_tests(tests, open_shelf, close_shelf);
}
