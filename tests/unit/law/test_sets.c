/* Which rule sets judge a case: the day, the readers, what was asked for; and the line at the end.
 */
#include "law/sets.h"

#include "law/example.h"

static void assert_footer(const struct shelf *s, const char *changes, const char *wanted)
{
    struct example e;
    struct yaml_node *tree;
    struct buf footer = {0};
    open_case(s, changes, &e, &tree);
    law_put_footer(s->law, &e.c, 1, &footer);
    assert_string_equal(buf_text(&footer), wanted);
    buf_free(&footer);
    close_case(&e, tree);
}

static bool finds(const struct shelf *s, const char *changes, const char *rule)
{
    struct example e;
    struct yaml_node *tree;
    struct findings found;
    bool result = false;
    open_case(s, changes, &e, &tree);
    example_judge(s->law, &e, &found);
    for (size_t i = 0; i < found.count; i++)
        result = result || strcmp(found.items[i].rule, rule) == 0;
    close_case(&e, tree);
    return result;
}

static void names_the_sets_of_the_readers(void **state)
{
    assert_footer(*state, "{jurisdictions: KR}",
                  "3 rule sets (kr-network-50, kr-pipa-34-1, notice-chain), rules as of "
                  "2026-11-21; not legal advice");
    assert_footer(*state, "{jurisdictions: \"EU, UK\"}",
                  "3 rule sets (eu-gdpr-34, notice-chain, uk-gdpr-34), rules as of 2026-11-21; not "
                  "legal advice");
    assert_footer(*state, "{jurisdictions: KR, kind: possibility}",
                  "3 rule sets (kr-network-50, kr-pipa-34-2, notice-chain), rules as of "
                  "2026-11-21; not legal advice");
    assert_footer(*state, "{jurisdictions: US-CA, rulesets: us-ca}",
                  "1 rule set (us-ca), rules as of 2026-11-21; not legal advice");
    assert_footer(*state, "{jurisdictions: \"\", kind: none, category: service_notice}",
                  "no rule set applies; not legal advice");
}

/* The day changes in Korea, nine hours before it does in Greenwich. */
static void takes_the_rules_of_the_day_it_leaves(void **state)
{
    static const char before[] = "{jurisdictions: KR, send_at: \"2026-09-10T23:59:00+09:00\"}";
    static const char after[] = "{jurisdictions: KR, send_at: \"2026-09-11T00:00:00+09:00\"}";
    assert_footer(*state, before,
                  "3 rule sets (kr-network-50, kr-pipa-34-1-2023, notice-chain), rules as of "
                  "2026-11-21; not legal advice");
    assert_footer(*state, after,
                  "3 rule sets (kr-network-50, kr-pipa-34-1, notice-chain), rules as of "
                  "2026-11-21; not legal advice");
}

static void asks_for_the_rights_only_since_they_are_law(void **state)
{
    static const char *const jurisdictions[] = {"", "rulesets: kr-pipa-34-1, ",
                                                "rulesets: kr-pipa-34-1-2023, "};
    for (size_t i = 0; i < COUNT_OF(jurisdictions); i++) {
        char before[300], after[300];
        snprintf(before, sizeof before,
                 "{%sjurisdictions: KR, ko.rights: \"\", send_at: \"2026-09-10T09:00:00+09:00\"}",
                 jurisdictions[i]);
        snprintf(after, sizeof after,
                 "{%sjurisdictions: KR, ko.rights: \"\", send_at: \"2026-09-11T09:00:00+09:00\"}",
                 jurisdictions[i]);
        assert_false(finds(*state, before, "legal-kr-pipa-34-1:KR6"));
        assert_true(finds(*state, after, "legal-kr-pipa-34-1:KR6"));
    }
}

static void reads_the_clock_where_nothing_is_planned(void **state)
{
    assert_false(finds(*state,
                       "{jurisdictions: KR, ko.rights: \"\", send_at: \"\", now: "
                       "\"2026-09-10T09:00:00+09:00\"}",
                       "legal-kr-pipa-34-1:KR6"));
    assert_true(finds(*state, "{jurisdictions: KR, ko.rights: \"\", send_at: \"\"}",
                      "legal-kr-pipa-34-1:KR6"));
}

static void takes_a_letter_by_itself_for_the_blocks_it_asks_for(void **state)
{
    static const char korean[] = "{jurisdictions: \"\", rulesets: \"kr-pipa-34-1, eu-gdpr-34\", "
                                 "campaign: none, ko.rights: \"\", facts: {law.kr: true}}";
    static const char european[] = "{jurisdictions: \"\", rulesets: \"kr-pipa-34-1, eu-gdpr-34\", "
                                   "campaign: none, ko.rights: \"\", facts: {law.eu: true}}";
    static const char silent[] = "{jurisdictions: \"\", rulesets: \"kr-pipa-34-1, eu-gdpr-34\", "
                                 "campaign: none, ko.rights: \"\"}";
    assert_true(finds(*state, korean, "legal-kr-pipa-34-1:KR6"));
    assert_false(finds(*state, korean, "legal-eu-gdpr-34:DE3"));
    assert_false(finds(*state, european, "legal-kr-pipa-34-1:KR6"));
    assert_true(finds(*state, european, "legal-eu-gdpr-34:DE3"));
    assert_true(finds(*state, silent, "legal-kr-pipa-34-1:KR6"));
    assert_true(finds(*state, silent, "legal-eu-gdpr-34:DE3"));
}

/* What is late is told as an error, and does not count as one. */
static void lets_nothing_wait_because_it_is_late(void **state)
{
    const struct shelf *s = *state;
    struct example e;
    struct yaml_node *tree;
    struct findings found;
    open_case(s,
              "{rulesets: kr-pipa-34-1, jurisdictions: KR, letters: ko, languages: ko, "
              "sheet.aware_at: \"2026-11-10T09:00:00+09:00\"}",
              &e, &tree);
    example_judge(s->law, &e, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].level, PROBLEM_ERROR);
    assert_true(law_never_blocks(s->law, found.items[0].rule));
    assert_int_equal(found.errors, 0);
    close_case(&e, tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_sets_of_the_readers),
        cmocka_unit_test(takes_the_rules_of_the_day_it_leaves),
        cmocka_unit_test(asks_for_the_rights_only_since_they_are_law),
        cmocka_unit_test(reads_the_clock_where_nothing_is_planned),
        cmocka_unit_test(takes_a_letter_by_itself_for_the_blocks_it_asks_for),
        cmocka_unit_test(lets_nothing_wait_because_it_is_late),
    };
    return cmocka_run_group_tests(tests, open_shelf, close_shelf);
}
