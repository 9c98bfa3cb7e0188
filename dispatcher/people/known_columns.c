#include "people/known_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "engine/setup.h"
#include "model/json.h"
#include "render/library.h"

/* ---- names ---- */

void known_columns_squash(struct buf *out, const char *header)
{
    for (const char *at = header; *at != '\0'; at++) {
        if (*at == ' ' || *at == '_' || *at == '-')
            continue;
        buf_putc(out, *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at);
    }
}

static char *squash(const char *name)
{
    struct buf key = {0};
    known_columns_squash(&key, name);
    return buf_steal(&key);
}

int known_columns_find(const struct known_columns *k, const char *key)
{
    for (size_t i = 0; i < k->count; i++) {
        if (strcmp(k->items[i].key, key) == 0)
            return (int)i;
    }
    return -1;
}

const char *known_columns_closest(const struct known_columns *k, const char *key)
{
    const char **keys = xcalloc(k->count + 1, sizeof(*keys));
    for (size_t i = 0; i < k->count; i++)
        keys[i] = k->items[i].key;
    const char *closest = text_closest(key, keys, k->count);
    free(keys);
    return closest != NULL ? k->items[known_columns_find(k, closest)].name : NULL;
}

static bool is_variable(const struct known_column *c)
{
    return text_starts_with(c->pointer, "/data/") && !text_starts_with(c->name, "data.");
}

/* One of both kinds of names, without the longer form of each. */
static void put_names(const struct known_columns *k, bool variables, const char *before,
                      struct buf *out)
{
    for (size_t i = 0; i < k->count; i++) {
        const struct known_column *c = &k->items[i];
        bool of_person =
            !text_starts_with(c->pointer, "/data/") && !text_starts_with(c->name, "to.");
        if ((variables ? !is_variable(c) : !of_person) || c->of_language || c->kind == CELL_UNFIT)
            continue;
        buf_printf(out, "%s%s%s", before, c->name, c->kind == CELL_LANGUAGES ? ".LANGUAGE" : "");
        before = ", ";
    }
}

void known_columns_put_names(const struct known_columns *k, struct buf *out)
{
    put_names(k, false, "Columns there can be: ", out);
    put_names(k, true, "; of the letter: ", out);
}

/* ---- gathering ---- */

/* "/data/incident/start" */
static char *pointer_of(const char *prefix, const char *name)
{
    struct buf pointer = {0};
    buf_puts(&pointer, prefix);
    buf_putc(&pointer, '/');
    for (const char *at = name; *at != '\0'; at++)
        buf_putc(&pointer, *at == '.' ? '/' : *at);
    return buf_steal(&pointer);
}

/* The first of a name wins: a variable called `name` is reached as data.name. */
static struct known_column *add(struct known_columns *k, const char *name, char *pointer,
                                enum cell_kind kind)
{
    k->items = xreallocarray(k->items, k->count + 1, sizeof(*k->items));
    k->items[k->count] = (struct known_column){
        .name = xstrdup(name), .key = squash(name), .pointer = pointer, .kind = kind};
    return &k->items[k->count++];
}

struct known_column *known_columns_add(struct known_columns *k, const char *name,
                                       const char *pointer)
{
    return add(k, name, xstrdup(pointer), CELL_TEXT);
}

static void add_members(struct known_columns *k)
{
    static const char *const own[] = {"id", "locale", "reference"};
    static const char *const to[] = {"name",  "title", "given_name", "family_name", "gender",
                                     "email", "phone", "webhook",    "timezone"};
    for (size_t i = 0; i < COUNT_OF(own); i++)
        add(k, own[i], pointer_of("", own[i]), CELL_TEXT);
    for (size_t i = 0; i < COUNT_OF(to); i++)
        add(k, to[i], pointer_of("/to", to[i]), CELL_TEXT);
    for (size_t i = 0; i < COUNT_OF(to); i++) {
        char *pointer = pointer_of("/to", to[i]);
        struct buf name = {0};
        buf_printf(&name, "to.%s", to[i]);
        add(k, name.data, pointer, CELL_TEXT);
        buf_free(&name);
    }
}

enum cell_kind known_columns_kind(const char *type)
{
    static const struct {
        const char *name;
        enum cell_kind kind;
    } kinds[] = {
        {"text", CELL_TEXT},       {"date", CELL_DATE},     {"datetime", CELL_DATETIME},
        {"integer", CELL_INTEGER}, {"number", CELL_NUMBER}, {"boolean", CELL_BOOLEAN},
        {"list", CELL_LIST},       {"terms", CELL_LIST},    {"localized", CELL_LANGUAGES},
        {"money", CELL_MONEY},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i].name, type) == 0)
            return kinds[i].kind;
    }
    return CELL_UNFIT;
}

static void add_both_names(struct known_columns *k, const char *name, enum cell_kind kind,
                           bool required, bool of_language)
{
    struct buf whole = {0};
    buf_printf(&whole, "data.%s", name);
    struct known_column *plain = add(k, name, pointer_of("/data", name), kind);
    plain->required = required;
    plain->of_language = of_language;
    struct known_column *prefixed = add(k, whole.data, pointer_of("/data", name), kind);
    prefixed->of_language = of_language;
    buf_free(&whole);
}

/* Letters may declare the same name differently: then no column can serve both. */
static bool is_there(struct known_columns *k, const char *name, enum cell_kind kind)
{
    char *pointer = pointer_of("/data", name);
    bool found = false;
    for (size_t i = 0; i < k->count; i++) {
        if (strcmp(k->items[i].pointer, pointer) != 0)
            continue;
        found = true;
        if (k->items[i].kind != kind)
            k->items[i].kind = CELL_UNFIT;
    }
    free(pointer);
    return found;
}

static void add_variable(struct known_columns *k, const struct library_variable *v,
                         const char *const *languages, bool alone)
{
    enum cell_kind kind = known_columns_kind(v->type);
    if (is_there(k, v->name, kind))
        return;
    add_both_names(k, v->name, kind, v->required && alone, false);
    for (size_t i = 0; kind == CELL_LANGUAGES && languages[i] != NULL; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s.%s", v->name, languages[i]);
        if (!is_there(k, name.data, CELL_TEXT))
            add_both_names(k, name.data, CELL_TEXT, false, true);
        buf_free(&name);
    }
}

static void add_letter(struct known_columns *k, const struct library *l, int letter, bool alone)
{
    struct library_variable variable;
    for (size_t i = 0; library_template_variable(l, letter, i, &variable); i++)
        add_variable(k, &variable, library_template_locales(l, letter), alone);
}

static int find_letter(const struct setup *s, const char *name, const char *by, int *out,
                       struct error *err)
{
    *out = library_find_template(s->library, name);
    if (*out >= 0)
        return 0;
    struct error draft;
    if (library_refuse_letter(s->library, name, &draft) != 0)
        return error_set(err, ERR_INPUT, "%s: %s", by, draft.text);
    const char *meant = library_closest_template(s->library, name);
    return error_set(err, ERR_INPUT, "%s names the template \"%s\", which is not there%s%s%s", by,
                     name, meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
                     meant != NULL ? "\"?" : "");
}

/* Each row may become another letter by the rules: all that they can choose count. */
static int add_letters_of_rules(struct known_columns *k, const struct setup *s, struct error *err)
{
    const struct rules *rules = &s->settings->rules;
    const char *first = NULL;
    size_t different = 0;
    int index = -1, rc = 0;
    for (size_t i = 0; i < rules->count; i++) {
        const char *name = rules->rules[i].template_name;
        different += name != NULL && (first == NULL || strcmp(first, name) != 0) ? 1 : 0;
        first = first == NULL ? name : first;
    }
    if (first == NULL)
        return error_set(err, ERR_INPUT,
                         "no letter: batch.json has no \"template\" and no rule names one; add "
                         "\"template\" to batch.json");
    for (size_t i = 0; rc == 0 && i < rules->count; i++) {
        const char *name = rules->rules[i].template_name;
        /* rows that become a letter with a mistake are told one by one */
        if (name == NULL || library_refuse_letter(s->library, name, err) == ERR_CONFIG)
            continue;
        rc = find_letter(s, name, "a rule", &index, err);
        if (rc == 0)
            add_letter(k, s->library, index, different == 1);
    }
    return rc;
}

int known_columns_load(const struct batch *b, const struct setup *s, struct known_columns *out,
                       struct error *err)
{
    const char *name = b->shared->template_name;
    int index = -1, rc;
    *out = (struct known_columns){0};
    add_members(out);
    if (name == NULL) {
        rc = add_letters_of_rules(out, s, err);
    } else {
        rc = find_letter(s, name, "batch.json", &index, err);
        if (rc == 0)
            add_letter(out, s->library, index, true);
    }
    if (rc != 0)
        known_columns_free(out);
    return rc;
}

void known_columns_free(struct known_columns *k)
{
    for (size_t i = 0; i < k->count; i++) {
        free(k->items[i].name);
        free(k->items[i].key);
        free(k->items[i].pointer);
    }
    free(k->items);
    *k = (struct known_columns){0};
}

bool known_columns_shared(const struct batch *b, const char *pointer, struct buf *out)
{
    const struct json_t *value = b->root;
    while (value != NULL && *pointer == '/') {
        size_t len = strcspn(pointer + 1, "/");
        char *name = xstrndup(pointer + 1, len);
        value = json_get(value, name);
        free(name);
        pointer += 1 + len;
    }
    if (value != NULL)
        json_put(out, value);
    return value != NULL;
}
