/* What a library says of its letters to those who judge them: operator and law. */
#ifndef RENDER_LIBRARY_LOOK_H
#define RENDER_LIBRARY_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "render/library.h"

/* What template.yaml says of the notice; NULL where it does not. Borrowed. */
struct library_notice {
    const char *name; /* of the folder */
    const char *file; /* template.yaml */
    const char *kind, *category;
    const char *const *legal; /* rule sets its samples must pass */
    size_t legal_count;
    const bool *channels; /* CHANNEL_KINDS of them */
};

void library_template_notice(const struct library *l, int template_index,
                             struct library_notice *out);
/* The drafts among the templates, whether they could be loaded or not. */
size_t library_draft_count(const struct library *l);
const char *library_draft_name(const struct library *l, size_t index);
/* Is a letter of this name there, but not to be used, for a mistake that was told? */
bool library_has_faulty(const struct library *l, const char *name);
/* Did template, layout and partials load without a mistake? */
bool library_template_is_sound(const struct library *l, int template_index);
/* The file of a letter; NULL if it is not written in this language. */
const char *library_letter_file(const struct library *l, int template_index, const char *locale);
/* The word of a data category in a language, NULL if there is none. */
const char *library_term(const struct library *l, const char *locale, const char *term);
/* The data categories there are words for, in the order of a locale; NULL behind the last. */
const char *library_term_name(const struct library *l, size_t index);
/* Whom it knows to be a woman or a man, it greets by the family name: Sehr geehrte Frau Schmidt. */
bool library_greets_by_family_name(const struct library *l, const char *locale);
/* The tags of the locales; NULL behind the last. */
const char *library_locale_tag(const struct library *l, size_t index);

#endif
