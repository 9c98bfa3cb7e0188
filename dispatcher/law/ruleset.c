#include "law/ruleset.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "law/node.h"

static enum problem_level level_of(const char *word)
{
    if (text_equal(word, "info"))
        return PROBLEM_HINT;
    return text_equal(word, "warning") ? PROBLEM_WARNING : PROBLEM_ERROR;
}

static int64_t day_of(const struct yaml_node *map, const char *key, int64_t fallback)
{
    int64_t day = fallback;
    const char *text = yaml_text(map, key);
    return text != NULL && node_parse_day(text, &day) ? day : fallback;
}

static void read_rule(struct schema_reader *r, struct ruleset *set, const struct yaml_node *node,
                      enum schema_group group)
{
    enum law_test test;
    schema_check_map(r, SCHEMA_RULE, node);
    if (node->kind != YAML_MAP || !schema_find_test(r, node, group, &test))
        return;
    set->rules = xreallocarray(set->rules, set->rule_count + 1, sizeof(*set->rules));
    set->rules[set->rule_count++] = (struct law_rule){
        .id = yaml_text(node, "id"),
        .about = yaml_text(node, "about"),
        .source = yaml_text(node, "source"),
        .level = level_of(yaml_text(node, "level")),
        .from_day = day_of(node, "effective_from", INT64_MIN),
        .until_day = day_of(node, "effective_until", INT64_MAX),
        .test = test,
        .value = yaml_get(node, law_test_key(test)),
        .node = node,
    };
}

static void read_lists(struct schema_reader *r, struct ruleset *set)
{
    for (int group = 0; group < SCHEMA_GROUPS; group++) {
        const char *name = schema_group_name((enum schema_group)group);
        const struct yaml_node *list = yaml_get(set->root, name);
        for (size_t i = 0; list != NULL && i < list->count; i++)
            read_rule(r, set, list->items[i], (enum schema_group)group);
    }
    set->obligations = yaml_get(set->root, "obligations_opened");
    for (size_t i = 0; set->obligations != NULL && i < set->obligations->count; i++)
        schema_check_map(r, SCHEMA_OBLIGATION, set->obligations->items[i]);
}

static void read_head(struct ruleset *set)
{
    const struct yaml_node *head = yaml_get(set->root, "ruleset");
    const char *offset = yaml_text(head, "utc_offset");
    set->id = yaml_text(head, "id");
    set->supersedes = yaml_text(head, "supersedes");
    set->as_of = yaml_text(head, "as_of");
    set->jurisdictions = yaml_get(head, "jurisdiction");
    set->applies_when = yaml_get(set->root, "applies_when");
    set->from_day = day_of(head, "effective_from", INT64_MIN);
    set->until_day = day_of(head, "effective_until", INT64_MAX);
    set->as_of_day = day_of(head, "as_of", 0);
    if (offset != NULL && !node_parse_offset(offset, &set->utc_offset_min))
        set->utc_offset_min = 0;
}

int ruleset_read(const char *path, struct problems *problems, struct ruleset *out)
{
    struct error err = {0};
    *out = (struct ruleset){.path = xstrdup(path)};
    struct schema_reader r = {.path = out->path, .problems = problems};
    if (yaml_load(path, &out->root, &err) < 0)
        return problems_add_failure(problems, &err, "law-file");
    schema_check_map(&r, SCHEMA_FILE, out->root);
    if (out->root->kind == YAML_MAP) {
        read_head(out);
        read_lists(&r, out);
    }
    return r.failed ? ERR_CONFIG : 0;
}

void ruleset_free(struct ruleset *s)
{
    yaml_free(s->root);
    free(s->rules);
    free(s->path);
    *s = (struct ruleset){0};
}
