/* A rule is set aside only with its name, a reason and two people. */
#include "law/exemption.h"

#include "law/example.h"

#define BROKEN                                                                                     \
    "rulesets: kr-pipa-34-1, jurisdictions: KR, letters: ko, languages: ko, uses.measures: \"\""

static struct findings judge(const struct shelf *s, const char *exemption)
{
    struct example e;
    struct yaml_node *tree;
    struct findings found;
    char changes[500];
    snprintf(changes, sizeof changes, "{" BROKEN "%s%s}",
             exemption[0] != '\0' ? ", exemption: " : "", exemption);
    open_case(s, changes, &e, &tree);
    example_judge(s->law, &e, &found);
    close_case(&e, tree);
    return found;
}

static const struct finding *find(const struct findings *found, const char *rule)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->items[i].rule, rule) == 0)
            return &found->items[i];
    return NULL;
}

static void covers_its_rule_and_names_reason_and_people(void **state)
{
    struct findings found =
        judge(*state, "{rule: \"kr-pipa-34-1:KR4\", reason: see annex 2, by: \"A. Kim, B. Lee\"}");
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].level, PROBLEM_WARNING);
    assert_int_equal(found.errors, 0);
    assert_non_null(strstr(found.items[0].text, "set aside by A. Kim and B. Lee: \"see annex 2\""));
}

static void covers_no_other_rule(void **state)
{
    struct findings found =
        judge(*state, "{rule: \"kr-pipa-34-1:KR5\", reason: see annex 2, by: \"A. Kim, B. Lee\"}");
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].level, PROBLEM_ERROR);
}

static void lacking_something_it_covers_nothing_and_says_what(void **state)
{
    static const struct {
        const char *exemption, *says;
    } lacking[] = {
        {"{reason: r, by: \"A, B\"}", "names no rule"},
        {"{rule: \"kr-pipa-34-1:KR4\", by: \"A, B\"}", "KR4 gives no reason"},
        {"{rule: \"kr-pipa-34-1:KR4\", reason: \"  \", by: \"A, B\"}", "KR4 gives no reason"},
        {"{rule: \"kr-pipa-34-1:KR4\", reason: r}", "two different people in `by`; it has none"},
        {"{rule: \"kr-pipa-34-1:KR4\", reason: r, by: A. Kim}", "it has one"},
        {"{rule: \"kr-pipa-34-1:KR4\", reason: r, by: \"A. Kim, a. kim\"}", "it has one"},
        {"{rule: \"kr-pipa-34-1:KR4\", reason: r, by: \"A. Kim,  a. kim \"}", "it has one"},
        {"{rule: \"kr-pipa-34-1:KR40\", reason: r, by: \"A, B\"}", "kr-pipa-34-1 has no rule KR40"},
        {"{rule: \"kr-pipa-34:KR4\", reason: r, by: \"A, B\"}", "there is no rule kr-pipa-34:KR4"},
        {"{rule: KR4, reason: r, by: \"A, B\"}", "write the rule set and the rule"},
    };
    for (size_t i = 0; i < COUNT_OF(lacking); i++) {
        struct findings found = judge(*state, lacking[i].exemption);
        const struct finding *why = find(&found, "legal-exemption");
        const struct finding *rule = find(&found, "legal-kr-pipa-34-1:KR4");
        assert_non_null(why);
        assert_non_null(rule);
        if (strstr(why->text, lacking[i].says) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", lacking[i].says, why->text);
        assert_string_equal(why->position, "campaign.yaml:30:5");
        assert_int_equal(why->level, PROBLEM_ERROR);
        assert_int_equal(rule->level, PROBLEM_ERROR);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covers_its_rule_and_names_reason_and_people),
        cmocka_unit_test(covers_no_other_rule),
        cmocka_unit_test(lacking_something_it_covers_nothing_and_says_what),
    };
    return cmocka_run_group_tests(tests, open_shelf, close_shelf);
}
