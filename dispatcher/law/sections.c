#include "law/sections.h"

#include "law/node.h"
#include "law/sets.h"

/* What is forbidden in a section does not ask for it. */
static const char *section_of(const struct law_rule *rule)
{
    const char *section = yaml_text(rule->node, "section");
    return rule->test == LAW_TEST_PATTERN ? NULL : section;
}

void law_each_section(const struct law *l, const char *ruleset, enum notice_kind kind,
                      law_section_fn *fn, void *context)
{
    const struct ruleset *set = sets_find(l, ruleset);
    for (size_t i = 0; set != NULL && i < set->rule_count; i++) {
        const struct law_rule *rule = &set->rules[i];
        const char *section = section_of(rule);
        if (section == NULL || !node_admits(yaml_get(rule->node, "kind"), notice_kind_name(kind)))
            continue;
        const struct law_section found = {section, set->id, rule->id, rule->about, rule->source};
        fn(context, &found);
    }
}

bool law_admits_kind(const struct law *l, const char *ruleset, enum notice_kind kind)
{
    const struct ruleset *set = sets_find(l, ruleset);
    return set != NULL && node_admits(yaml_get(set->applies_when, "kind"), notice_kind_name(kind));
}
