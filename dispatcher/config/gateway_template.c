#include "config/gateway_template.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/gateway_template.h"

static void report_name(struct load *l, struct place place, const struct gateway *g,
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

static void check_tag(struct load *l, struct place place, const struct gateway *g,
                      const struct gateway_tag *tag, bool variables_only)
{
    enum gateway_name name;
    enum gateway_filter filter;
    bool of_message = gateway_name_parse(tag->name, &name);
    if (!of_message && gateway_find_variable(g, tag->name) == NULL)
        report_name(l, place, g, tag->name);
    else if (of_message && variables_only)
        load_problem(l, place, "`{{%s}}` cannot stand in the URL; use `query`", tag->name);
    for (size_t i = 0; i < tag->filter_count; i++) {
        if (!gateway_filter_parse(tag->filters[i], &filter))
            load_unknown(l, place, "filter", tag->filters[i], gateway_filters, GATEWAY_FILTERS);
    }
}

void gateway_check_template(struct load *l, struct place place, const struct gateway *g,
                            const char *text, bool variables_only)
{
    struct gateway_tag tag;
    int found;
    while ((found = gateway_tag_next(text, &tag)) == 1) {
        check_tag(l, place, g, &tag, variables_only);
        text = tag.end;
        gateway_tag_free(&tag);
    }
    if (found < 0)
        load_problem(l, place, "`{{` without `}}`");
}

void gateway_expand_variables(const struct gateway *g, const char *text, struct buf *out)
{
    struct gateway_tag tag;
    while (gateway_tag_next(text, &tag) == 1) {
        const struct gateway_variable *variable = gateway_find_variable(g, tag.name);
        buf_put(out, text, (size_t)(tag.start - text));
        if (variable != NULL)
            buf_puts(out, variable->value);
        else
            buf_put(out, tag.start, (size_t)(tag.end - tag.start));
        text = tag.end;
        gateway_tag_free(&tag);
    }
    buf_puts(out, text);
}
