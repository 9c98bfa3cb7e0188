#include "people/facts_terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "render/library_look.h"

#define PART_MIN 4 /* letters of a part of a name that say something: card */

struct checking {
    const char *path;
    const struct library *library;
    struct problems *problems;
};

/* ---- which one is meant? ---- */

static bool is_known(const struct library *l, const char *term)
{
    const char *name;
    for (size_t i = 0; (name = library_term_name(l, i)) != NULL; i++)
        if (strcmp(name, term) == 0)
            return true;
    return false;
}

/* Without regard to blanks: 카드 번호 is 카드번호. */
static bool same_words(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " ");
        b += strspn(b, " ");
        if (strncasecmp(a, b, 1) != 0)
            return false;
        if (*a == '\0')
            return true;
    }
}

/* Somebody wrote the word of a language where its name belongs. */
static const char *by_word(const struct library *l, const char *term)
{
    const char *name, *tag;
    for (size_t i = 0; (name = library_term_name(l, i)) != NULL; i++)
        for (size_t k = 0; (tag = library_locale_tag(l, k)) != NULL; k++) {
            const char *word = library_term(l, tag, name);
            if (word != NULL && same_words(word, term))
                return name;
        }
    return NULL;
}

static const char *by_spelling(const struct library *l, const char *term)
{
    const char *name, **names = NULL;
    size_t count = 0;
    while ((name = library_term_name(l, count)) != NULL) {
        names = xreallocarray(names, count + 1, sizeof(*names));
        names[count++] = name;
    }
    const char *meant = text_closest(term, names, count);
    free(names);
    return meant;
}

/* The last part of a name says what it is: a credit_card is a card, and of a card mostly its number
 * is meant. */
static const char *by_part(const struct library *l, const char *term)
{
    const char *last = strrchr(term, '_') != NULL ? strrchr(term, '_') + 1 : term;
    const char *name, *best = NULL;
    size_t len = strlen(last);
    for (size_t i = 0; len >= PART_MIN && (name = library_term_name(l, i)) != NULL; i++) {
        bool same = strncmp(name, last, len) == 0 && (name[len] == '\0' || name[len] == '_');
        if (same && (best == NULL || strcmp(name + len, "_number") == 0))
            best = name;
    }
    return best;
}

static const char *meant_by(const struct library *l, const char *term)
{
    const char *meant = by_word(l, term);
    meant = meant != NULL ? meant : by_part(l, term);
    return meant != NULL ? meant : by_spelling(l, term);
}

/* ---- a sheet ---- */

static void check_term(const struct checking *c, const struct yaml_node *node)
{
    struct place at = {c->path, node->line, node->column};
    if (node->kind != YAML_SCALAR || node->text[0] == '\0' || is_known(c->library, node->text))
        return;
    const char *meant = meant_by(c->library, node->text);
    problems_add_error(c->problems, &at, "facts-term",
                       "no language has a word for \"%s\"%s%s%s; `dispatcher facts terms` lists "
                       "them",
                       node->text, meant != NULL ? "; did you mean \"" : "",
                       meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
}

static const char *const lists[] = {"data_items", "data_items_possible", "not_affected"};

static void check_facts(const struct checking *c, const struct yaml_node *facts)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct yaml_node *list = yaml_get(facts, lists[i]);
        for (size_t k = 0; list != NULL && list->kind == YAML_LIST && k < list->count; k++)
            check_term(c, list->items[k]);
    }
}

void facts_terms_check(const char *path, const struct yaml_node *root,
                       const struct library *library, struct problems *problems)
{
    const struct checking c = {path, library, problems};
    const struct yaml_node *cohorts = yaml_get(root, "cohorts");
    if (library == NULL || library_term_name(library, 0) == NULL)
        return;
    check_facts(&c, yaml_get(root, "facts"));
    for (size_t i = 0; cohorts != NULL && cohorts->kind == YAML_MAP && i < cohorts->count; i++)
        check_facts(&c, yaml_get(cohorts->items[i], "facts"));
}

bool facts_terms_told(const struct library *library, const struct json_t *data, const char *pointer)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        char begin[64];
        int64_t index;
        int len = snprintf(begin, sizeof(begin), "/data/%s/", lists[i]);
        if (!text_starts_with(pointer, begin) || !text_parse_int(pointer + len, &index) ||
            index < 0)
            continue;
        const char *term = fact_value_text(json_at(fact_value_at(data, lists[i]), (size_t)index));
        return term != NULL && !is_known(library, term);
    }
    return false;
}
