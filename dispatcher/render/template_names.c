#include "render/template_names.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "render/code.h"

/* ---- built-in names ---- */

struct builtin {
    const char *name;
    bool optional;
    bool layout; /* only there */
};

static const struct builtin builtins[] = {
    {"salutation", false, false},    {"closing", false, false},   {"lang", false, false},
    {"dir", false, false},           {"id", false, false},        {"to", false, false},
    {"to.name", false, false},       {"to.title", true, false},   {"to.given_name", true, false},
    {"to.family_name", true, false}, {"to.gender", false, false}, {"reference", true, false},
    {"subject", false, true},        {"preheader", false, true},  {"org", false, false},
    {"words", false, false},
};

static const struct builtin *find_builtin(const char *name, bool layout)
{
    for (size_t i = 0; i < COUNT_OF(builtins); i++)
        if (strcmp(builtins[i].name, name) == 0 && (layout || !builtins[i].layout))
            return &builtins[i];
    return NULL;
}

/* org.* and words.* stand in the language's context. */
static const json_t *context_value(const json_t *context, const char *name)
{
    const json_t *value = context;
    for (size_t len; value != NULL; name += len + 1) {
        len = strcspn(name, ".");
        value = json_object_getn(value, name, len);
        if (name[len] == '\0')
            break;
    }
    return value;
}

/* ---- one name ---- */

struct finding {
    bool known, optional, list, group, money;
    size_t variable; /* index, or SIZE_MAX */
};

static struct finding look_up(const struct names_options *o, const char *name)
{
    struct finding f = {.variable = SIZE_MAX};
    const struct builtin *builtin = find_builtin(name, o->layout);
    if (builtin != NULL) {
        f.known = true;
        f.optional = builtin->optional;
        f.group = strcmp(name, "org") == 0 || strcmp(name, "words") == 0 || strcmp(name, "to") == 0;
        return f;
    }
    if (text_starts_with(name, "org.") || text_starts_with(name, "words.")) {
        f.known = context_value(o->locale_context, name) != NULL ||
                  (text_starts_with(name, "org.") && !o->org_known);
        return f;
    }
    size_t index = 0;
    enum variable_match match =
        o->variables != NULL ? variables_match(o->variables, name, &index) : VARIABLE_UNKNOWN;
    f.known = match != VARIABLE_UNKNOWN;
    f.group = match == VARIABLE_GROUP;
    if (match == VARIABLE_EXACT || match == VARIABLE_BELOW) {
        f.variable = index;
        f.optional = !o->variables->items[index].required || match == VARIABLE_BELOW;
        f.list = match == VARIABLE_EXACT && variable_is_list(&o->variables->items[index]);
        f.money = match == VARIABLE_EXACT && variable_is_money(&o->variables->items[index]);
    }
    return f;
}

static const char *closest_name(const struct names_options *o, const char *name)
{
    size_t declared = o->variables != NULL ? o->variables->count : 0, count = 0;
    const json_t *words = json_object_get(o->locale_context, "words");
    const json_t *org = json_object_get(o->locale_context, "org");
    bool word = text_starts_with(name, "words."), own = text_starts_with(name, "org.");
    const char **names =
        xcalloc(declared + COUNT_OF(builtins) + json_object_size(words) + json_object_size(org) + 1,
                sizeof *names);
    const char *key;
    json_t *value;
    for (size_t i = 0; !word && !own && i < declared; i++)
        names[count++] = o->variables->items[i].name;
    for (size_t i = 0; !word && !own && i < COUNT_OF(builtins); i++)
        names[count++] = builtins[i].name;
    json_object_foreach((json_t *)(uintptr_t)(word  ? words
                                              : own ? org
                                                    : NULL),
                        key, value) names[count++] = key;
    const char *closest = text_closest(
        strchr(name, '.') != NULL && (word || own) ? strchr(name, '.') + 1 : name, names, count);
    free(names);
    return closest;
}

/* The language that has a word this one lacks, NULL if none has. */
static const char *who_has(const struct names_options *o, const char *name)
{
    for (size_t i = 0; i < o->language_count; i++)
        if (o->languages[i].context != o->locale_context &&
            context_value(o->languages[i].context, name) != NULL)
            return o->languages[i].tag;
    return NULL;
}

static void fail_unknown(const struct names_options *o, const struct instruction *i)
{
    const char *name = i->expression->name, *closest = closest_name(o, name);
    bool word = text_starts_with(name, "words."), own = text_starts_with(name, "org.");
    const char *prefix = word ? "words." : own ? "org." : "";
    const char *other = word || own ? who_has(o, name) : NULL;
    if (other != NULL && o->tag != NULL)
        problems_add_error(o->problems, &i->place, "var-missing-in-locale",
                           "{{%s}} is in %s.yaml but not in %s.yaml: add it there", name, other,
                           o->tag);
    else if (closest != NULL)
        problems_add_error(o->problems, &i->place, "var-unknown",
                           "{{%s}} is not defined; did you mean {{%s%s}}?", name, prefix, closest);
    else if (own)
        problems_add_error(
            o->problems, &i->place, "var-unknown",
            "{{%s}} is not defined: add it to `organisation` in dispatcher.yaml or to `org` in the "
            "locale file",
            name);
    else if (word)
        problems_add_error(o->problems, &i->place, "var-unknown",
                           "{{%s}} is not defined: add it to `words` in the locale file", name);
    else
        problems_add_error(o->problems, &i->place, "var-unknown",
                           "{{%s}} is not defined: declare it in template.yaml or remove it", name);
}

static void check_use(const struct names_options *o, const struct instruction *i,
                      const struct finding *f)
{
    const char *name = i->expression->name, *last = expression_last_filter(i->expression);
    if (i->op != OP_VALUE)
        return;
    if (f->group)
        problems_add_error(o->problems, &i->place, "var-type",
                           "{{%s}} is a group of values: name one of them", name);
    else if (f->list && last == NULL)
        problems_add_error(o->problems, &i->place, "var-type",
                           "{{%s}} is a list: write {{%s | list}}, or a section with {{.}}", name,
                           name);
    else if (f->money && last == NULL)
        problems_add_error(o->problems, &i->place, "var-type",
                           "{{%s}} is a sum of money: write {{%s | currency}}", name, name);
    else if (f->optional && !i->guarded)
        problems_add_error(o->problems, &i->place, "var-optional",
                           "{{%s}} may be absent: put it inside {{#%s}}...{{/%s}}, write {{%s | "
                           "default:\"...\"}}, "
                           "or declare it required",
                           name, name, name, name);
}

/* ---- a program ---- */

/* Inside {{#incident}}, {{start}} is incident.start. */
static struct finding look_up_inside(const struct names_options *o, const struct program *p,
                                     const size_t *open, size_t depth, const char *name)
{
    struct finding f = look_up(o, name);
    for (size_t i = depth; i > 0 && !f.known; i--) {
        struct buf whole = {0};
        buf_printf(&whole, "%s.%s", p->code[open[i - 1]].expression->name, name);
        f = look_up(o, buf_text(&whole));
        f.optional = false; /* the section on its group vouches for it as far as it can */
        buf_free(&whole);
    }
    return f;
}

static void check_instruction(const struct program *p, const struct instruction *i,
                              const size_t *open, size_t depth, const struct names_options *o,
                              struct place *used)
{
    struct finding f = look_up_inside(o, p, open, depth, i->expression->name);
    if (!f.known) {
        /* the guards of an optional org.street may ask for what is not there */
        if (!text_starts_with(i->expression->name, "org.") || (i->op == OP_VALUE && !i->guarded))
            fail_unknown(o, i);
        return;
    }
    if (f.variable != SIZE_MAX && used != NULL && used[f.variable].file == NULL)
        used[f.variable] = i->place;
    check_use(o, i, &f);
}

void names_check_program(const struct program *p, const struct names_options *options,
                         struct place *used)
{
    size_t open[SCAN_DEPTH_MAX * 2], depth = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct instruction *at = &p->code[i];
        while (depth > 0 && p->code[open[depth - 1]].to <= i)
            depth--;
        if (at->expression == NULL)
            continue;
        if (at->expression->part_count > 0)
            check_instruction(p, at, open, depth, options, used);
        if (at->op == OP_SECTION && depth < COUNT_OF(open))
            open[depth++] = i;
    }
}

/* ---- languages against each other ---- */

static const struct letter_section *find_section(const struct letter *l, const char *id)
{
    for (size_t i = 0; i < l->section_count; i++)
        if (strcmp(l->sections[i].id, id) == 0)
            return &l->sections[i];
    return NULL;
}

/* Where the section should stand in `b`: before the one that follows it in `a`. */
static struct place gap_in(const struct letter *b, const struct letter *a, size_t missing)
{
    struct place at = {b->file, 1, 1};
    if (b->section_count > 0)
        at = b->sections[b->section_count - 1].place;
    for (size_t i = missing + 1; i < a->section_count; i++) {
        const struct letter_section *next = find_section(b, a->sections[i].id);
        if (next != NULL)
            return next->place;
    }
    return at;
}

static void compare_sections(const struct letter *a, const struct letter *b,
                             struct problems *problems)
{
    for (size_t i = 0; i < a->section_count; i++) {
        struct place at = gap_in(b, a, i);
        if (find_section(b, a->sections[i].id) == NULL)
            problems_add_error(problems, &at, "section-missing",
                               "section \"%s\" is in %s.md but not in %s.md: write it here",
                               a->sections[i].id, a->locale, b->locale);
    }
}

static void compare_parts(const struct letter *a, const struct letter *b, struct problems *problems)
{
    static const char *const names[LETTER_PARTS] = {"subject", "preheader", "sms",
                                                    "title",   "body",      NULL};
    struct place at = {b->file, 1, 1};
    for (int part = 0; part < LETTER_PARTS; part++)
        if (names[part] != NULL && a->parts[part] != NULL && b->parts[part] == NULL)
            problems_add_error(problems, &at, "part-missing", "\"%s\" is in %s.md but not in %s.md",
                               names[part], a->locale, b->locale);
}

static void compare_variables(const struct template *t, size_t a, size_t b,
                              struct place *const *used, struct problems *problems)
{
    for (size_t v = 0; v < t->variables.count; v++)
        if (used[a][v].file != NULL && used[b][v].file == NULL)
            problems_add_error(
                problems, &used[a][v], "parity-fact", "{{%s}} is used in %s.md but not in %s.md",
                t->variables.items[v].name, t->letters[a]->locale, t->letters[b]->locale);
}

/* Each language is compared with the source only, or every difference would be told many times. */
static size_t source_letter(const struct template *t)
{
    for (size_t i = 0; t->source != NULL && i < t->letter_count; i++)
        if (strcmp(t->letters[i]->locale, t->source) == 0)
            return i;
    return 0;
}

static void check_unused(const struct template *t, struct place *const *used,
                         struct problems *problems)
{
    for (size_t v = 0; v < t->variables.count; v++) {
        bool any = false;
        for (size_t i = 0; i <= t->letter_count; i++)
            any = any || used[i][v].file != NULL;
        if (!any)
            problems_add_warning(problems, &t->variables.items[v].place, "var-unused",
                                 "{{%s}} is declared but no letter uses it",
                                 t->variables.items[v].name);
    }
}

void names_check_parity(const struct template *t, struct place *const *used,
                        struct problems *problems)
{
    size_t source = t->letter_count > 0 ? source_letter(t) : 0;
    for (size_t i = 0; i < t->letter_count; i++) {
        if (i == source)
            continue;
        const struct letter *a = t->letters[source], *b = t->letters[i];
        compare_sections(a, b, problems);
        compare_sections(b, a, problems);
        compare_parts(a, b, problems);
        compare_parts(b, a, problems);
        compare_variables(t, source, i, used, problems);
        compare_variables(t, i, source, used, problems);
    }
    check_unused(t, used, problems);
}
