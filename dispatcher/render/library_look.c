#include "render/library_look.h"

#include <string.h>

#include "base/yaml.h"
#include "render/library_backend.h"

void library_template_notice(const struct library *l, int template_index,
                             struct library_notice *out)
{
    const struct template *t = l->templates[template_index];
    *out = (struct library_notice){
        .name = t->name,
        .file = t->file,
        .kind = t->kind,
        .category = t->category,
        .legal = (const char *const *)t->legal,
        .legal_count = t->legal_count,
        .channels = t->channels,
    };
}

size_t library_draft_count(const struct library *l)
{
    return l->draft_count;
}

const char *library_draft_name(const struct library *l, size_t index)
{
    return l->drafts[index];
}

bool library_template_is_sound(const struct library *l, int template_index)
{
    return library_template_sound(l, (size_t)template_index);
}

const char *library_letter_file(const struct library *l, int template_index, const char *locale)
{
    const struct letter *letter = template_letter(l->templates[template_index], locale);
    return letter != NULL ? letter->file : NULL;
}

const char *library_term(const struct library *l, const char *locale, const char *term)
{
    int index = library_locale_index(l, locale);
    return index >= 0 ? locale_term(l->locales[index], term) : NULL;
}

/* A region's own file has only what differs: the one with most has all. */
const char *library_term_name(const struct library *l, size_t index)
{
    const struct yaml_node *most = NULL;
    for (size_t i = 0; i < l->locale_count; i++) {
        const struct yaml_node *terms = locale_map(l->locales[i], "terms");
        if (terms != NULL && (most == NULL || terms->count > most->count))
            most = terms;
    }
    return most != NULL && index < most->count ? most->items[index]->key : NULL;
}

const char *library_locale_tag(const struct library *l, size_t index)
{
    return index < l->locale_count ? l->locale_tags[index] : NULL;
}

bool library_greets_by_family_name(const struct library *l, const char *locale)
{
    int at = library_locale_index(l, locale);
    const char *form = at >= 0 ? locale_text(l->locales[at], "salutation.female") : NULL;
    return form != NULL && strstr(form, "{{family_name}}") != NULL;
}
