/* Every rule of config/law has a broken example that it alone finds, and is silent when that is
 * repaired: tests/unit/law/cases. */
#include "law/law.h"

#include "law/example.h"
#include "law/sets.h"

static const char *const files[] = {"eu.yaml",          "uk.yaml",     "kr-confirmed.yaml",
                                    "kr-possible.yaml", "kr-ads.yaml", "us.yaml",
                                    "chain.yaml"};

struct suite {
    struct law *law;
    struct yaml_node *base;
    struct yaml_node *files[COUNT_OF(files)];
};

static int open_suite(void **state)
{
    static struct suite s;
    s.law = load_shipped_law();
    s.base = load_example_file("base.yaml");
    for (size_t i = 0; i < COUNT_OF(files); i++)
        s.files[i] = load_example_file(files[i]);
    *state = &s;
    return 0;
}

static int close_suite(void **state)
{
    struct suite *s = *state;
    law_free(s->law);
    yaml_free(s->base);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        yaml_free(s->files[i]);
    return 0;
}

/* ---- one case ---- */

static struct findings judge(const struct suite *s, const struct yaml_node *file,
                             const struct yaml_node *one, bool repaired)
{
    struct findings found;
    struct example e = {0};
    const struct yaml_node *layers[] = {
        repaired ? yaml_get(one, "repair") : NULL, one != NULL ? yaml_get(one, "break") : NULL,
        one != NULL ? yaml_get(one, "with") : NULL, yaml_get(file, "with"), s->base};
    /* Without a repair of its own, repaired is what was not broken. */
    bool mended = repaired && layers[0] != NULL;
    for (size_t i = 0; i < COUNT_OF(layers); i++)
        if (layers[i] != NULL && (i != 1 || !repaired || mended))
            e.layers[e.layer_count++] = layers[i];
    example_make(&e);
    example_judge(s->law, &e, &found);
    example_free(&e);
    return found;
}

static bool fits(const struct yaml_node *one, const struct finding *f)
{
    const char *at = yaml_text(one, "at"), *says = yaml_text(one, "says");
    char rule[100];
    snprintf(rule, sizeof rule, "legal-%s", yaml_text(one, "finds"));
    return strcmp(f->rule, rule) == 0 && strcmp(f->position, at) == 0 &&
           strcmp(problem_level_name(f->level), yaml_text(one, "level")) == 0 &&
           strstr(f->text, says) != NULL;
}

/* The one that is wanted is there, and no other rule but its own has anything to say. */
static bool finds_exactly(const struct yaml_node *one, const struct findings *found)
{
    bool wanted = false;
    for (size_t i = 0; i < found->count; i++) {
        wanted = wanted || fits(one, &found->items[i]);
        if (strcmp(found->items[i].rule, found->items[0].rule) != 0)
            return false;
    }
    return wanted;
}

static bool check_broken(const struct suite *s, const struct yaml_node *file,
                         const struct yaml_node *one)
{
    struct findings found = judge(s, file, one, false);
    if (finds_exactly(one, &found))
        return true;
    print_message("line %d: %s at %s \"%s\" was wanted, found:\n", one->line,
                  yaml_text(one, "finds"), yaml_text(one, "at"), yaml_text(one, "says"));
    findings_print(&found);
    return false;
}

static bool check_repaired(const struct suite *s, const struct yaml_node *file,
                           const struct yaml_node *one)
{
    struct findings found = judge(s, file, one, true);
    if (found.count == 0)
        return true;
    print_message("line %d: %s, repaired, still finds:\n", one->line, yaml_text(one, "finds"));
    findings_print(&found);
    return false;
}

static void finds_what_is_broken_and_is_silent_when_repaired(void **state)
{
    const struct suite *s = *state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const struct yaml_node *cases = yaml_get(s->files[i], "cases");
        print_message("%s: %zu cases\n", files[i], cases->count);
        for (size_t k = 0; k < cases->count; k++) {
            wrong += check_broken(s, s->files[i], cases->items[k]) ? 0 : 1;
            wrong += check_repaired(s, s->files[i], cases->items[k]) ? 0 : 1;
        }
    }
    assert_int_equal(wrong, 0);
}

/* ---- no rule without a case ---- */

static size_t count_cases(const struct suite *s, const char *set, const char *rule)
{
    size_t n = 0;
    char id[100];
    snprintf(id, sizeof id, "%s:%s", set, rule);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        const struct yaml_node *cases = yaml_get(s->files[i], "cases");
        for (size_t k = 0; k < cases->count; k++)
            n += text_equal(yaml_text(cases->items[k], "finds"), id) ? 1 : 0;
    }
    return n;
}

static size_t count_rules(const struct ruleset *set, const char *id)
{
    size_t n = 0;
    for (size_t i = 0; i < set->rule_count; i++)
        n += text_equal(set->rules[i].id, id) ? 1 : 0;
    return n;
}

static void every_rule_has_a_case(void **state)
{
    const struct suite *s = *state;
    size_t wrong = 0;
    for (size_t i = 0; i < s->law->count; i++) {
        const struct ruleset *set = &s->law->sets[i];
        for (size_t k = 0; k < set->rule_count; k++) {
            const char *id = set->rules[k].id;
            if (count_cases(s, set->id, id) >= count_rules(set, id))
                continue;
            print_message("%s:%s has fewer cases than rules\n", set->id, id);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_broken_and_is_silent_when_repaired),
        cmocka_unit_test(every_rule_has_a_case),
    };
    return cmocka_run_group_tests(tests, open_suite, close_suite);
}
