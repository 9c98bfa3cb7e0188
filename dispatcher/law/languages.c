/* What the rule files say of themselves in other languages: the maps `de` and `ko` of their rules.
 */
#include "law/law.h"

#include "law/sets.h"

struct teller {
    const char *language;
    law_words_fn *rule;
    law_text_fn *text;
    void *context;
};

static void tell_text(const struct teller *t, const struct yaml_node *node, const char *key)
{
    const char *english = yaml_text(node, key);
    const char *said = yaml_text(yaml_get(node, t->language), key);
    if (english != NULL && said != NULL)
        t->text(t->context, english, said);
}

static void tell_rule(const struct teller *t, const struct law_rule *rule)
{
    static const char *const keys[] = {"note", "instead", "because", "to"};
    const struct yaml_node *own = yaml_get(rule->node, t->language);
    if (own == NULL)
        return;
    const struct law_words words = {
        .id = rule->id,
        .about = rule->about,
        .source = rule->source,
        .said_about = yaml_text(own, "about"),
        .said_source = yaml_text(own, "source"),
    };
    t->rule(t->context, &words);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        tell_text(t, rule->node, keys[i]);
}

void law_each_words(const struct law *l, const char *language, law_words_fn *rule,
                    law_text_fn *text, void *context)
{
    const struct teller t = {language, rule, text, context};
    for (size_t i = 0; i < l->count; i++) {
        const struct ruleset *set = &l->sets[i];
        for (size_t k = 0; k < set->rule_count; k++)
            tell_rule(&t, &set->rules[k]);
        for (size_t k = 0; set->obligations != NULL && k < set->obligations->count; k++)
            tell_text(&t, set->obligations->items[k], "about");
    }
}
