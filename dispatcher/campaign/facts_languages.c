#include "campaign/facts_languages.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "campaign/reading.h"
#include "model/fact_value.h"
#include "model/json.h"

/* ---- what is a text in languages? ---- */

static bool is_text_in_language(void *context, const char *key, const struct json_t *value)
{
    bool *all = context;
    *all = reading_is_language(key) && fact_value_text(value) != NULL;
    return *all;
}

static bool is_localized(const struct json_t *value)
{
    bool all = false;
    fact_value_each(value, is_text_in_language, &all);
    return all;
}

/* ---- gathering ---- */

static bool add_language(void *context, const char *key, const struct json_t *value)
{
    struct language_list *l = context;
    (void)value;
    size_t at = 0;
    while (at < l->count && strcmp(l->tags[at], key) < 0)
        at++;
    if (at < l->count && strcmp(l->tags[at], key) == 0)
        return true;
    l->tags = xreallocarray(l->tags, l->count + 1, sizeof(*l->tags));
    memmove(&l->tags[at + 1], &l->tags[at], (l->count - at) * sizeof(*l->tags));
    l->tags[at] = xstrdup(key);
    l->count++;
    return true;
}

static void add_value(struct language_list *l, const struct json_t *value)
{
    if (is_localized(value))
        fact_value_each(value, add_language, l);
    for (size_t i = 0; i < json_count(value); i++)
        add_value(l, json_at(value, i));
}

static const struct json_t *facts_of(const struct fact_sheet *s, const char *cohort)
{
    const struct fact_cohort *c = cohort != NULL ? fact_sheet_cohort(s, cohort) : NULL;
    return c != NULL ? c->facts : s->facts;
}

void facts_languages(const struct fact_sheet *s, struct language_list *out)
{
    *out = (struct language_list){0};
    for (size_t i = 0; i < s->place_count; i++)
        if (!s->places[i].group)
            add_value(out, fact_value_at(facts_of(s, s->places[i].cohort), s->places[i].name));
}

void language_list_free(struct language_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->tags[i]);
    free(l->tags);
    *l = (struct language_list){0};
}

/* ---- what is missing ---- */

/* Appends the languages of `l` the text is not in; of a list, those any member is not in. */
static void put_missing(const struct language_list *l, const struct json_t *value, struct buf *out)
{
    for (size_t i = 0; is_localized(value) && i < l->count; i++)
        if (json_get(value, l->tags[i]) == NULL && strstr(buf_text(out), l->tags[i]) == NULL)
            buf_printf(out, "%s%s", out->len > 0 ? ", " : "", l->tags[i]);
    for (size_t i = 0; i < json_count(value); i++)
        put_missing(l, json_at(value, i), out);
}

void facts_languages_check(const struct fact_sheet *s, struct problems *problems)
{
    struct language_list all;
    struct buf missing = {0};
    facts_languages(s, &all);
    for (size_t i = 0; i < s->place_count; i++) {
        const struct fact_place *p = &s->places[i];
        buf_reset(&missing);
        if (!p->group)
            put_missing(&all, fact_value_at(facts_of(s, p->cohort), p->name), &missing);
        if (missing.len > 0)
            problems_add_warning(problems, &p->place, "facts-language",
                                 "%s has no text in %s, but other facts have", p->name,
                                 buf_text(&missing));
    }
    buf_free(&missing);
    language_list_free(&all);
}
