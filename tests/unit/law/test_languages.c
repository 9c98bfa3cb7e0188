/* Every rule of config/law says itself in German and Korean, with all its texts. */
#include "law/law.h"

#include "law/example.h"
#include "law/sets.h"

static const char *const languages[] = {"de", "ko"};

/* Counts the texts of a rule that have no words in a language. */
static size_t lacks(const char *set, const struct yaml_node *rule)
{
    static const char *const keys[] = {"about", "source", "note", "instead", "because", "to"};
    size_t missing = 0;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        for (size_t k = 0; k < COUNT_OF(languages); k++) {
            if (yaml_text(rule, keys[i]) == NULL ||
                yaml_text(yaml_get(rule, languages[k]), keys[i]) != NULL)
                continue;
            print_message("%s:%s (%s) has no %s in %s\n", set, yaml_text(rule, "id"),
                          yaml_text(rule, "about"), keys[i], languages[k]);
            missing++;
        }
    }
    return missing;
}

static void every_rule_has_german_and_korean_words(void **state)
{
    struct law *l = load_shipped_law();
    size_t missing = 0;
    (void)state;
    for (size_t i = 0; i < l->count; i++) {
        const struct ruleset *set = &l->sets[i];
        for (size_t k = 0; k < set->rule_count; k++)
            missing += lacks(set->id, set->rules[k].node);
        for (size_t k = 0; set->obligations != NULL && k < set->obligations->count; k++)
            missing += lacks(set->id, set->obligations->items[k]);
    }
    law_free(l);
    assert_int_equal(missing, 0);
}

struct told {
    bool rights, owed;
};

static void see_rule(void *context, const struct law_words *w)
{
    struct told *told = context;
    if (strcmp(w->id, "KR6") == 0) {
        assert_string_equal(w->about, "the legal rights and how to use them");
        assert_non_null(strstr(w->said_source, "제34조 제1항 제6호"));
        told->rights = true;
    }
}

static void see_text(void *context, const char *english, const char *said)
{
    struct told *told = context;
    assert_string_not_equal(english, said);
    told->owed = told->owed || strcmp(english, "send the news that was promised") == 0;
}

static void tells_rules_and_what_is_owed(void **state)
{
    struct law *l = load_shipped_law();
    struct told told = {0};
    (void)state;
    law_each_words(l, "ko", see_rule, see_text, &told);
    assert_true(told.rights);
    assert_true(told.owed);
    told = (struct told){0};
    law_each_words(l, "fr", see_rule, see_text, &told);
    assert_false(told.rights);
    law_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_german_and_korean_words),
        cmocka_unit_test(tells_rules_and_what_is_owed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
