#include "config/gateway_template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"

/* ---- names ---- */

void gateway_report_name(struct load *l, struct place place, const struct gateway *g,
                         const char *name)
{
    size_t count = 0;
    const char **names = xcalloc(GATEWAY_NAMES + g->variable_count, sizeof(*names));
    for (size_t i = 0; i < GATEWAY_NAMES; i++)
        names[count++] = gateway_names[i];
    for (size_t i = 0; i < g->variable_count; i++)
        names[count++] = g->variables[i].name;
    load_unknown(l, place, "name in {{ }}", name, names, count);
    free(names);
}

static bool is_of_request(enum gateway_name name)
{
    return name == GATEWAY_NAME_REQ_METHOD || name == GATEWAY_NAME_REQ_PATH_QUERY ||
           name == GATEWAY_NAME_REQ_BODY;
}

static void check_scope(struct load *l, struct place place, enum gateway_name name,
                        enum template_scope scope)
{
    const char *word = gateway_names[name];
    bool written = name == GATEWAY_NAME_TEXT || name == GATEWAY_NAME_SUBJECT;
    if (scope == SCOPE_VARIABLES)
        load_problem(l, place, "`{{%s}}` cannot stand here, only variables of `vars`", word);
    else if (written && scope == SCOPE_URL)
        load_problem(l, place, "`{{%s}}` cannot stand in the URL; use `query`, or a form", word);
    else if (name == GATEWAY_NAME_SIGNATURE && scope != SCOPE_SIGNATURE)
        load_problem(l, place, "`{{signature}}` can only stand in `auth.headers`");
    else if (is_of_request(name) && scope != SCOPE_SIGNED && scope != SCOPE_SIGNATURE)
        load_problem(l, place, "`{{%s}}` can only stand in `auth`: it is known when all else is",
                     word);
}

/* ---- filters ---- */

static void report_map(struct load *l, struct place place, const struct gateway *g,
                       const char *name)
{
    const char **names = xcalloc(g->map_count + 1, sizeof(*names));
    for (size_t i = 0; i < g->map_count; i++)
        names[i] = g->maps[i].name;
    load_unknown(l, place, "map", name, names, g->map_count);
    free(names);
}

/* Every value that `tag` can have needs an entry. */
static void check_entries(struct load *l, struct place place, const struct gateway *g,
                          const struct gateway_tag *tag, const struct gateway_map *map)
{
    const struct gateway_variable *variable = gateway_find_variable(g, tag->name);
    const char *set[] = {variable != NULL && variable->value[0] != '\0' ? variable->value : NULL,
                         NULL};
    enum gateway_name name;
    const char *const *words = set;
    if (gateway_name_parse(tag->name, &name))
        words = gateway_name_words(name, g->profile);
    for (; words != NULL && *words != NULL; words++) {
        if (gateway_map_find(map, *words) == NULL)
            load_problem(
                l, place,
                "map `%s` has no entry for `%s`, which {{%s}} can be: add it, or `default`",
                map->name, variable != NULL && variable->secret ? "***" : *words, tag->name);
    }
}

static void check_map(struct load *l, struct place place, const struct gateway *g,
                      const struct gateway_tag *tag, size_t index)
{
    const char *name = gateway_filter_map(tag->filters[index]);
    const struct gateway_map *map = gateway_find_map(g, name);
    if (map == NULL)
        report_map(l, place, g, name);
    else if (index == 0)
        check_entries(l, place, g, tag, map);
}

/* UTF-16 holds NULs: only percent-encoding carries it, or digits. */
static void check_bytes(struct load *l, struct place place, const struct gateway_tag *tag,
                        enum template_scope scope)
{
    bool bytes = false;
    enum gateway_filter filter;
    for (size_t i = 0; i < tag->filter_count; i++) {
        if (!gateway_filter_parse(tag->filters[i], &filter))
            return;
        bytes = filter == GATEWAY_FILTER_UTF16BE ||
                (bytes && filter != GATEWAY_FILTER_HEX && filter != GATEWAY_FILTER_URL);
    }
    if (bytes && scope != SCOPE_FIELD)
        load_problem(l, place, "`utf16be` makes bytes that cannot stand here: write |utf16be|hex");
}

static void check_filters(struct load *l, struct place place, const struct gateway *g,
                          const struct gateway_tag *tag)
{
    enum gateway_filter filter;
    for (size_t i = 0; i < tag->filter_count; i++) {
        if (!gateway_filter_parse(tag->filters[i], &filter))
            load_unknown(l, place, "filter", tag->filters[i], gateway_filters, GATEWAY_FILTERS);
        else if (filter == GATEWAY_FILTER_MAP)
            check_map(l, place, g, tag, i);
    }
}

/* ---- tags ---- */

static void check_tag(struct load *l, struct place place, struct gateway *g,
                      const struct gateway_tag *tag, enum template_scope scope)
{
    enum gateway_name name;
    if (gateway_name_parse(tag->name, &name)) {
        g->uses[name] = true;
        check_scope(l, place, name, scope);
    } else if (gateway_find_variable(g, tag->name) == NULL) {
        gateway_report_name(l, place, g, tag->name);
        return;
    }
    check_filters(l, place, g, tag);
    check_bytes(l, place, tag, scope);
}

void gateway_check_template(struct load *l, struct place place, struct gateway *g, const char *text,
                            enum template_scope scope)
{
    struct gateway_tag tag;
    int found;
    while ((found = gateway_tag_next(text, &tag)) == 1) {
        check_tag(l, place, g, &tag, scope);
        text = tag.end;
        gateway_tag_free(&tag);
    }
    if (found < 0)
        load_problem(l, place, "`{{` without `}}`");
}

size_t gateway_expand_variables(const struct gateway *g, const char *text, struct buf *out)
{
    struct gateway_tag tag;
    size_t first = SIZE_MAX;
    while (gateway_tag_next(text, &tag) == 1) {
        const struct gateway_variable *variable = gateway_find_variable(g, tag.name);
        buf_put(out, text, (size_t)(tag.start - text));
        if (variable == NULL && first == SIZE_MAX)
            first = out->len;
        buf_puts(out, variable != NULL ? variable->value : "x");
        text = tag.end;
        gateway_tag_free(&tag);
    }
    buf_puts(out, text);
    return first;
}
