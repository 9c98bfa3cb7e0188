/* A template as translators see it: the letter in the language it was written in first, the one in
 * theirs, and what is known of how old that is. */
#ifndef LETTERS_TRANSLATE_LETTER_H
#define LETTERS_TRANSLATE_LETTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "render/letter_units.h"
#include "render/lint_translations.h"

struct settings;

struct translate_letter {
    char *name;      /* of the template */
    char *directory; /* its folder */
    char *version;
    char *source_tag, *tag;
    char *source_path, *path;
    char *record_path; /* translations.yaml */
    struct units source;
    struct units target; /* no units while there is no such letter */
    bool exists;         /* the target does */
    bool aligned; /* both have the same units: those of one id are the same place in the letter */
    struct translations record;
};

/* ERR_NOT_FOUND: no such template; ERR_CONFIG. Free with translate_letter_close(), also after a
 * failure. */
MUST_CHECK int translate_letter_open(const struct settings *settings, const char *name,
                                     const char *tag, struct translate_letter *out,
                                     struct error *err);
void translate_letter_close(struct translate_letter *l);
/* The words of this place in the target, NULL if there are none. */
const struct unit *translate_letter_target(const struct translate_letter *l,
                                           const struct unit *source);
/* Has its section the same units in both? If not, those of one id need not be the same place. */
bool translate_letter_aligned(const struct translate_letter *l, const struct unit *source);
/* Is its translation older than the source? */
bool translate_letter_is_stale(const struct translate_letter *l, const struct unit *source);
/* Says in the record which state of the source each translation was made from: those `is_new` has
 * (one for each unit of the source) from the present one, the others as it was said before. */
MUST_CHECK int translate_letter_record(struct translate_letter *l, const bool *is_new,
                                       struct error *err);
/* The languages of a template but for its source: tags, NULL-terminated. Caller frees each and the
 * list. */
char **translate_languages(const char *directory, const char *source);
/* The source language, as template.yaml says. Caller frees. */
MUST_CHECK int translate_source(const char *directory, char **out_tag, char **out_version,
                                struct error *err);

#endif
