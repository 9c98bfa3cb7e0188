#include "law/judge_fact.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "law/node.h"
#include "law/words.h"
#include "model/fact_value.h"
#include "model/json.h"

/* ---- names: "contact.dpo|contact.department" is one of several ---- */

/* The next name into `out`; false behind the last. */
static bool next_name(const char **at, struct buf *out)
{
    size_t len = strcspn(*at, "|");
    if (len == 0)
        return false;
    buf_reset(out);
    buf_put(out, *at, len);
    *at += len + ((*at)[len] == '|' ? 1 : 0);
    return true;
}

typedef bool name_fn(const struct look *look, const char *name);

static bool any_name(const struct look *look, const char *names, name_fn *holds)
{
    struct buf name = {0};
    bool found = false;
    while (!found && next_name(&names, &name))
        found = holds(look, buf_text(&name));
    buf_free(&name);
    return found;
}

static void put_names(struct buf *out, const char *names)
{
    struct buf name = {0};
    for (const char *separator = ""; next_name(&names, &name); separator = " or ")
        buf_printf(out, "%s%s", separator, buf_text(&name));
    buf_free(&name);
}

/* ---- is it known, is it used? ---- */

static bool is_known(const struct look *look, const char *name)
{
    struct buf text = {0};
    const struct json_t *value = fact_value_at(look->letter->text->facts, name);
    if (text_starts_with(name, "org.")) /* of the configuration, not of the incident */
        return true;
    if (value == NULL)
        return false;
    json_put(&text, value);
    bool empty = text.len <= 2 || strcmp(buf_text(&text), "null") == 0;
    const char *words = fact_value_text(value);
    int64_t number;
    bool given = fact_value_int(value, &number) || (words != NULL ? words[0] != '\0' : !empty);
    buf_free(&text);
    return given;
}

static bool is_used_somewhere(const struct look *look, const char *name)
{
    return letter_uses(look->letter, name, NULL);
}

/* The first part that the rule names, the letter has, and that does not use the fact. */
static bool find_part_without(const struct look *look, const char *name, enum proof_part *out)
{
    const struct yaml_node *parts = yaml_get(look->rule->node, "part");
    for (size_t i = 0; i < node_count(parts); i++) {
        *out = letter_part_of_name(node_text(parts, i));
        bool there = *out == PROOF_BODY || letter_part(look->letter, *out) != NULL;
        if (there && !letter_part_uses(look->letter, name, *out))
            return true;
    }
    return false;
}

static bool is_used(const struct look *look, const char *name)
{
    enum proof_part part;
    if (yaml_get(look->rule->node, "part") != NULL)
        return !find_part_without(look, name, &part);
    return letter_uses(look->letter, name, yaml_text(look->rule->node, "section"));
}

bool judge_unknown_is_fine(const struct look *look, const char *fact)
{
    const struct yaml_node *when = yaml_get(look->rule->node, "unknown_ok_if");
    const struct fact_sheet *sheet = look->c->sheet;
    if (when == NULL || !node_has(yaml_get(when, "kind"), notice_kind_name(look->c->kind)))
        return false;
    return sheet != NULL ? fact_sheet_is_incomplete(sheet, fact)
                         : letter_uses(look->letter, "unknown", NULL);
}

/* ---- what is wrong ---- */

static struct place place_of_fact(const struct look *look, const char *names)
{
    struct buf name = {0};
    const struct fact_sheet *sheet = look->c->sheet;
    struct place place = {look->letter->text->file, 0, 0};
    if (sheet != NULL && next_name(&names, &name))
        place = fact_sheet_place(sheet, look->letter->text->cohort, buf_text(&name));
    buf_free(&name);
    return place;
}

static void report_missing(const struct look *look, const char *names)
{
    struct buf shown = {0};
    const char *section = yaml_text(look->rule->node, "section");
    enum proof_part part;
    struct place at = letter_place(look->letter, section);
    put_names(&shown, names);
    if (!any_name(look, names, is_known)) {
        at = place_of_fact(look, names);
        finding_add(look, &at, "%s is not among the facts", buf_text(&shown));
    } else if (find_part_without(look, names, &part)) {
        finding_add(look, &at, "%s does not say %s", letter_part_title(part), buf_text(&shown));
    } else if (section != NULL && proof_section(look->letter->text->proof, section) == NULL) {
        finding_add(look, &at, "the letter has no section {#%s} with %s", section,
                    buf_text(&shown));
    } else if (section != NULL && any_name(look, names, is_used_somewhere)) {
        finding_add(look, &at, "the section {#%s} does not say %s, it stands elsewhere", section,
                    buf_text(&shown));
    } else if (section != NULL) {
        finding_add(look, &at, "the section {#%s} does not say %s", section, buf_text(&shown));
    } else {
        finding_add(look, &at, "the letter does not say %s", buf_text(&shown));
    }
    buf_free(&shown);
}

/* False: told. */
static bool check_named(const struct look *look)
{
    for (size_t i = 0; i < node_count(look->rule->value); i++) {
        const char *names = node_text(look->rule->value, i);
        if (!any_name(look, names, is_used) && !any_name(look, names, judge_unknown_is_fine)) {
            report_missing(look, names);
            return false;
        }
    }
    return true;
}

static bool check_one_of(const struct look *look)
{
    const struct yaml_node *list = yaml_get(look->rule->node, "with_any");
    struct buf shown = {0};
    struct place at = letter_place(look->letter, yaml_text(look->rule->node, "section"));
    bool found = list == NULL;
    for (size_t i = 0; i < node_count(list) && !found; i++)
        found = any_name(look, node_text(list, i), is_used);
    if (!found) {
        node_put_list(&shown, list, "and");
        finding_add(look, &at, "needs at least one of %s; found none", buf_text(&shown));
    }
    buf_free(&shown);
    return found;
}

static bool check_items(const struct look *look)
{
    int64_t least = node_number(look->rule->node, "min_items", 0);
    const char *name = node_text(look->rule->value, 0);
    size_t count = json_count(fact_value_at(look->letter->text->facts, name));
    if (least <= 0 || count >= (size_t)least || judge_unknown_is_fine(look, name))
        return true;
    struct place at = place_of_fact(look, name);
    finding_add(look, &at, "%s has %zu %s, %lld are needed", name, count,
                text_plural((int64_t)count, "entry", "entries"), (long long)least);
    return false;
}

/* ---- every entry of a list of data categories stands in the text ---- */

static void check_terms(const struct look *look)
{
    const struct law_case *c = look->c;
    const struct law_text *text = look->letter->text;
    const char *name = node_text(look->rule->value, 0);
    const char *section = yaml_text(look->rule->node, "section");
    const struct json_t *list = fact_value_at(text->facts, name);
    const char *words = letter_words(look->letter, section);
    struct buf missing = {0};
    for (size_t i = 0; i < json_count(list); i++) {
        const char *term = fact_value_text(json_at(list, i));
        const char *word = term == NULL ? NULL : c->term(c->term_context, text->locale, term);
        if (word == NULL || !words_contains(words, word))
            buf_printf(&missing, "%s%s", missing.len > 0 ? ", " : "",
                       word != NULL   ? word
                       : term != NULL ? term
                                      : "?");
    }
    struct place at = letter_place(look->letter, section);
    if (missing.len > 0)
        finding_add(look, &at, "not every entry of %s is in the text; missing: %s", name,
                    buf_text(&missing));
    buf_free(&missing);
}

void judge_fact(const struct look *look)
{
    bool good = check_named(look) && check_one_of(look) && check_items(look);
    if (good && node_flag(look->rule->node, "all_in_text") && look->c->term != NULL)
        check_terms(look);
}
