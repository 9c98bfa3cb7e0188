#include "config/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "config/checks.h"
#include "config/reader.h"
#include "model/address.h"

#define IN(m)   .offset = offsetof(struct rules, m)
#define RULE(m) .offset = offsetof(struct rule, m)

static int check_range(const char *text, struct error *err)
{
    return strcmp(text, "*") == 0 ? 0 : address_check_locale(text, err);
}

static const struct param file_rows[] = {
    {.key = "schema", .type = PARAM_SUBTREE, .required = true},
    {.key = "locale.fallback",
     .type = PARAM_TEXT,
     .fallback = "en",
     .check = address_check_locale,
     IN(fallback_locale),
     .about = "Language of a notice that names none."},
    {.key = "locale.aliases.*", .type = PARAM_SUBTREE},
    {.key = "locale.on_fallback",
     .type = PARAM_CHOICE,
     .fallback = "warn",
     .choices = param_fallback_names,
     IN(on_fallback),
     .about = "What happens when a letter is not written in the language wanted."},
    {.key = "rules", .type = PARAM_SUBTREE},
};
const struct param_table rules_file_table = {file_rows, COUNT_OF(file_rows)};

static const struct param rule_rows[] = {
    {.key = "name",
     .type = PARAM_TEXT,
     .required = true,
     RULE(name),
     .about = "what people and reports call this rule."},
    {.key = "when.campaign", .type = PARAM_TEXT, RULE(campaign)},
    {.key = "when.template", .type = PARAM_TEXT, RULE(template_pattern)},
    {.key = "when.category", .type = PARAM_TEXT, RULE(category)},
    {.key = "when.locale", .type = PARAM_TEXT, .check = check_range, RULE(locale)},
    {.key = "when.priority", .type = PARAM_TEXT, .check = check_priority, RULE(priority)},
    {.key = "then.template", .type = PARAM_TEXT, RULE(template_name)},
    {.key = "then.locale", .type = PARAM_TEXT, .check = address_check_locale, RULE(use_locale)},
    {.key = "then.channels", .type = PARAM_SUBTREE},
    {.key = "then.all_channels", .type = PARAM_SUBTREE},
    {.key = "then.after.*", .type = PARAM_SUBTREE},
    {.key = "then.confirm", .type = PARAM_SUBTREE},
    {.key = "then.method", .type = PARAM_CHOICE, .choices = param_method_names, RULE(method)},
    {.key = "then.on_fallback",
     .type = PARAM_CHOICE,
     .choices = param_fallback_names,
     RULE(on_fallback)},
};
const struct param_table rules_rule_table = {rule_rows, COUNT_OF(rule_rows)};

const struct param rules_after_row = {.key = "*",
                                      .type = PARAM_DURATION,
                                      .min = 100,
                                      .max = INT64_C(365) * 86400000,
                                      .about = "how long a channel has before the next begins."};

/* ---- one rule ---- */

static void read_channels(struct load *l, const char *file, const struct yaml_node *list,
                          struct rule *rule)
{
    if (list == NULL)
        return;
    if (list->kind != YAML_LIST || list->count == 0 || list->count > JOB_CHANNELS_MAX) {
        load_problem(l, place_of(file, list), "`channels` must be a list, like [email, sms]");
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *node = list->items[i];
        enum channel_kind kind;
        if (node->kind == YAML_SCALAR && channel_kind_parse(node->text, &kind))
            rule->channels[rule->channel_count++] = kind;
        else
            load_problem(l, place_of(file, node), "a channel is email, sms or webhook");
    }
}

/* The place of a channel in the list of the rule; its count if it is none of them. */
static size_t place_of_channel(const struct rule *rule, enum channel_kind kind)
{
    size_t i = 0;
    while (i < rule->channel_count && rule->channels[i] != kind)
        i++;
    return i;
}

/* What waits must have something behind it. Without `channels` the notice says what follows. */
static void check_after(struct load *l, struct place place, const struct rule *rule,
                        enum channel_kind kind)
{
    const char *name = channel_kind_name(kind);
    size_t at = place_of_channel(rule, kind);
    if (rule->has_method && rule->method == JOB_ALL)
        load_problem(l, place,
                     "`after` has no effect where all channels begin at once: leave it out, or "
                     "`all_channels`");
    else if (rule->channel_count > 0 && at == rule->channel_count)
        load_problem(l, place, "`after` names %s, which is none of this rule's `channels`", name);
    else if (rule->channel_count > 0 && at + 1 == rule->channel_count)
        load_problem(l, place,
                     "`after` has no effect for %s: it is the last of this rule's `channels`, and "
                     "nothing follows it; leave it out, or add a channel behind it",
                     name);
}

static void read_after(struct load *l, const struct section *section, const struct yaml_node *map,
                       struct rule *rule)
{
    for (size_t i = 0; map != NULL && map->kind == YAML_MAP && i < map->count; i++) {
        const struct yaml_node *node = map->items[i];
        struct place place = place_of_key(section->file, node);
        enum channel_kind kind;
        if (!channel_kind_parse(node->key, &kind)) {
            load_problem(l, place, "a channel is email, sms or webhook");
            continue;
        }
        struct buf key = {0};
        buf_printf(&key, "then.after.%s", node->key);
        reader_read_one(l, section, node, &rules_after_row, key.data, &rule->after_ms[kind]);
        buf_free(&key);
        check_after(l, place, rule, kind);
    }
}

static void read_confirm(struct load *l, const char *file, const struct yaml_node *list,
                         struct rule *rule)
{
    if (list == NULL)
        return;
    if (list->kind != YAML_LIST || list->count == 0)
        load_problem(l, place_of(file, list), "`confirm` must be a list, like [sms]");
    for (size_t i = 0; list->kind == YAML_LIST && i < list->count; i++) {
        const struct yaml_node *node = list->items[i];
        enum channel_kind kind;
        if (node->kind != YAML_SCALAR || !channel_kind_parse(node->text, &kind)) {
            load_problem(l, place_of(file, node), "a channel is email, sms or webhook");
            continue;
        }
        rule->confirm[kind] = true;
        if (rule->channel_count > 0 && place_of_channel(rule, kind) == rule->channel_count)
            load_problem(l, place_of(file, node),
                         "`confirm` names %s, which is none of this rule's `channels`", node->text);
    }
}

/* `all_channels: true` says for people what `method: all` says for programs. */
static void read_method(struct load *l, const char *file, const struct yaml_node *then,
                        struct rule *rule)
{
    const struct yaml_node *all = yaml_get(then, "all_channels");
    rule->has_method = yaml_get(then, "method") != NULL;
    if (all == NULL)
        return;
    const char *text = all->kind == YAML_SCALAR ? all->text : "";
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        load_problem(l, place_of(file, all), "`all_channels` must be true or false");
    else if (rule->has_method)
        load_problem(l, place_of_key(file, all),
                     "`all_channels` and `method` say the same; keep one");
    rule->has_method = true;
    rule->method = strcmp(text, "true") == 0 ? JOB_ALL : JOB_SINGLE;
}

static void read_rule(struct load *l, const char *file, const struct yaml_node *node,
                      struct rule *rule)
{
    const struct yaml_node *then = yaml_get(node, "then");
    const struct section section = {
        .file = file, .prefix = "", .map = node, .description = "a rule"};
    rule->line = node->line;
    reader_read(l, &section, &rules_rule_table, rule);
    if (rule->name == NULL)
        rule->name = xstrdup("");
    if (node->kind != YAML_MAP)
        return;
    if (then == NULL || then->count == 0)
        load_problem(l, place_of(file, node), "rule `%s` decides nothing: it has no `then`",
                     rule->name);
    read_channels(l, file, yaml_get(then, "channels"), rule);
    read_method(l, file, then, rule);
    read_after(l, &section, yaml_get(then, "after"), rule);
    read_confirm(l, file, yaml_get(then, "confirm"), rule);
    rule->has_on_fallback = yaml_get(then, "on_fallback") != NULL;
}

/* ---- the list ---- */

/* No condition stands there, nor what may be meant as one: that has been said. */
static bool takes_everything(const struct yaml_node *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        const struct yaml_node *member = rule->items[i];
        bool nothing =
            strcmp(member->key, "when") == 0 && member->kind == YAML_MAP && member->count == 0;
        if (!nothing && strcmp(member->key, "name") != 0 && strcmp(member->key, "then") != 0)
            return false;
    }
    return true;
}

static void check_order(struct load *l, const char *file, const struct yaml_node *list,
                        const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        for (size_t before = 0; before < i; before++) {
            const struct rule *earlier = &rules->rules[before];
            struct place place = place_of(file, list->items[i]);
            if (strcmp(earlier->name, rules->rules[i].name) == 0)
                load_problem(l, place, "there is a rule `%s` in line %d already", earlier->name,
                             earlier->line);
            if (before + 1 == i && list->items[before]->kind == YAML_MAP &&
                takes_everything(list->items[before]))
                load_problem(l, place,
                             "rule `%s` is never reached: `%s` in line %d has no `when` and takes "
                             "everything; move it to the end",
                             rules->rules[i].name, earlier->name, earlier->line);
        }
    }
}

static void read_list(struct load *l, const struct yaml_node *root, struct rules *rules)
{
    const struct yaml_node *list = yaml_get(root, "rules");
    if (list == NULL)
        return;
    if (list->kind != YAML_LIST) {
        load_problem(l, place_of(rules->file, list),
                     "`rules` must be a list of rules (- name: ...)");
        return;
    }
    rules->rules = xcalloc(list->count + 1, sizeof(*rules->rules));
    rules->count = list->count;
    for (size_t i = 0; i < list->count; i++)
        read_rule(l, rules->file, list->items[i], &rules->rules[i]);
    check_order(l, rules->file, list, rules);
}

static void read_aliases(struct load *l, const struct yaml_node *root, struct rules *rules)
{
    const struct yaml_node *map = yaml_get(yaml_get(root, "locale"), "aliases");
    if (map == NULL || map->kind != YAML_MAP)
        return;
    rules->aliases = xcalloc(map->count + 1, sizeof(*rules->aliases));
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *node = map->items[i];
        struct error why = {0};
        const char *to = node->kind == YAML_SCALAR ? node->text : "";
        if (address_check_locale(to, &why) != 0 ||
            address_check_locale_word(node->key, &why) != 0) {
            load_problem(l, place_of(rules->file, node), "alias `%s`: %s", node->key, why.text);
            continue;
        }
        rules->aliases[rules->alias_count++] =
            (struct locale_alias){.from = xstrdup(node->key), .to = xstrdup(to)};
    }
}

void rules_read(struct load *l, struct place where, struct rules *rules)
{
    const struct yaml_node *root = load_tree(l, rules->file, where);
    if (root == NULL)
        return;
    const struct section section = {
        .file = rules->file, .prefix = "", .map = root, .description = "the rules"};
    reader_read(l, &section, &rules_file_table, rules);
    load_check_schema(l, rules->file, root);
    read_aliases(l, root, rules);
    read_list(l, root, rules);
}

void rules_default(struct rules *rules)
{
    rules->fallback_locale = xstrdup("en");
    rules->on_fallback = FALLBACK_WARN;
}
