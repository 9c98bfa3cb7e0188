/*
 * Which state of the source each translation was made from: translations.yaml in the folder of a
 * template, with a hash for every paragraph of the source. What is not there is older than the
 * source, or nobody said otherwise. `dispatcher translate` writes it.
 *
 *     schema: 1
 *     languages:
 *       ko:
 *         subject: 91c3…          # the hash of the English subject it translates
 *         nature/1: 5d0f…
 */
#ifndef RENDER_LINT_TRANSLATIONS_H
#define RENDER_LINT_TRANSLATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/problems.h"
#include "render/letter_units.h"

#define TRANSLATIONS_FILE "translations.yaml"

struct translation {
    char *tag, *id;
    char hash[UNIT_HASH_SIZE];
};

struct translations {
    struct translation *items;
    size_t count;
};

/* A missing file has none. ERR_CONFIG if it cannot be used, told to the problems. Free with
 * translations_free(). */
MUST_CHECK int translations_load(const char *path, struct problems *problems,
                                 struct translations *out);
void translations_free(struct translations *t);
/* Is anything said of this language? */
bool translations_has(const struct translations *t, const char *tag);
/* Was `source` as it is now translated into this language? Wherever it stood then. */
bool translations_is_current(const struct translations *t, const char *tag,
                             const struct unit *source);
/* What is said of a place of the letter, NULL if nothing. */
const struct translation *translations_find(const struct translations *t, const char *tag,
                                            const char *id);
/* Adds the same again, from another record. */
void translations_copy(struct translations *t, const struct translation *item);
/* Says that a language translates this unit as it is now. */
void translations_add(struct translations *t, const char *tag, const struct unit *source);
/* The whole file. */
void translations_put(const struct translations *t, struct buf *out);

#endif
