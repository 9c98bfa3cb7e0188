/*
 * What a careful colleague would say about the words of one letter: too familiar, advertising,
 * playing down, a date written by hand. The words stand in locales/LANG.yaml under `lint:`; the
 * rules and their sentences here. Nothing of it keeps a letter from being sent: it is for checks.
 */
#ifndef RENDER_LINT_LETTER_H
#define RENDER_LINT_LETTER_H

#include <stdbool.h>

#include "base/problems.h"
#include "render/letter_units.h"
#include "render/lint_words.h"
#include "render/locale.h"
#include "render/variable.h"

struct json_t;

struct lint_letter {
    const struct units *units;
    const struct locale *locale;
    const char *kind;                     /* of notice, "confirmed"; NULL: not said */
    const char *category;                 /* "breach_notice"; NULL: not said */
    const struct variable_set *variables; /* to name one of them; NULL: none */
    const struct json_t *samples;         /* a list of what its samples say of them; NULL: none */
    bool partial;                         /* a passage of several letters, not a letter */
    bool values;                          /* facts, by their names, not a letter */
    struct problems *problems;
};

/* All of the rules below. */
void lint_letter(const struct lint_letter *l);

/* ---- lint_tone.c: words that should not be there, or should ---- */
void lint_tone(const struct lint_letter *l);
/* The first half of it. */
void lint_wording(const struct lint_letter *l);
/* ---- lint_sentence.c: how sentences end, and how long they are ---- */
void lint_sentences(const struct lint_letter *l);
/* ---- lint_facts.c: dates and numbers by hand, personal data in the subject ---- */
void lint_facts(const struct lint_letter *l);

/* The words of a rule in this language, NULL if it has none. */
const struct yaml_node *lint_list(const struct lint_letter *l, const char *key);
bool lint_is_breach(const struct lint_letter *l);
/* A field, or a section of this id. */
bool lint_unit_is(const struct unit *unit, const char *id);

#endif
