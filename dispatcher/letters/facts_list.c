/* dispatcher facts terms */
#include "letters/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/output.h"
#include "people/facts_words.h"
#include "render/library_look.h"

#define TAGS_MAX 16

/* Regions say what their language says, but for a word here and there. */
static size_t list_tags(const struct library *l, const char **tags)
{
    const char *tag;
    size_t count = 0;
    tags[count++] = "TERM";
    for (size_t i = 0; count < TAGS_MAX && (tag = library_locale_tag(l, i)) != NULL; i++)
        if (strchr(tag, '-') == NULL)
            tags[count++] = tag;
    return count;
}

static void print_table(const struct library *l)
{
    const char *heads[TAGS_MAX], *name;
    size_t count = list_tags(l, heads);
    struct table t;
    table_begin(&t, heads, count);
    for (size_t i = 0; (name = library_term_name(l, i)) != NULL; i++) {
        table_cell(&t, name);
        for (size_t k = 1; k < count; k++)
            table_cell(&t, library_term(l, heads[k], name));
    }
    table_end(&t);
}

static void print_json(const struct library *l)
{
    const char *heads[TAGS_MAX], *name;
    size_t count = list_tags(l, heads);
    for (size_t i = 0; (name = library_term_name(l, i)) != NULL; i++) {
        struct buf out = {0};
        buf_puts(&out, "{\"v\":1,\"type\":\"term\",\"term\":");
        buf_put_json(&out, name);
        for (size_t k = 1; k < count; k++) {
            const char *word = library_term(l, heads[k], name);
            buf_printf(&out, ",\"%s\":", heads[k]);
            buf_put_json(&out, word != NULL ? word : "");
        }
        printf("%s}\n", buf_text(&out));
        buf_free(&out);
    }
}

static int run(const struct invocation *inv, struct error *err)
{
    struct library *library = facts_words_library(inv);
    if (library == NULL)
        return error_set(err, ERR_CONFIG,
                         "the words of the languages cannot be read: `dispatcher check` says why");
    if (invocation_json(inv))
        print_json(library);
    else
        print_table(library);
    library_free(library);
    return 0;
}

const struct command command_facts_terms = {
    .name = "facts terms",
    .arguments = "",
    .summary = "the data categories a fact sheet can name, with their words",
    .example = "  dispatcher facts terms\n",
    .details =
        "What may stand in data_items, data_items_possible and not_affected, and how letters "
        "of each\n"
        "language call it (`terms` in the locales).",
    .run = run,
};
