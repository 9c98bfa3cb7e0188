/* A rendered letter as the rules look at it: its sections and parts folded for looking for words
 * (words.h), with the place to point at. */
#ifndef LAW_LETTER_H
#define LAW_LETTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/place.h"
#include "law/law.h"

struct yaml_node;

/* A section, or another part than the body. */
struct letter_piece {
    enum proof_part part;
    const char *name; /* id of the section; "subject", "sms" */
    char *heading;    /* folded; "" without one */
    char *text;       /* folded */
    struct place place;
};

struct letter {
    const struct law_text *text;
    struct letter_piece *pieces; /* only those that say something */
    size_t piece_count;
    char *whole; /* all of it, folded */
};

void letter_open(const struct law_text *text, struct letter *out);
void letter_close(struct letter *l);
/* The section; NULL if there is none, or nothing in it. */
const struct letter_piece *letter_section(const struct letter *l, const char *id);
/* Where to point: the section if the letter has it, else the letter. */
struct place letter_place(const struct letter *l, const char *section);
/* Where these words stand in the letter's file, in capitals or not. False: *out stays as it was. */
bool letter_find_source(const struct letter *l, const char *words, struct place *out);
/* Where words are looked for: in the section, or everywhere if it is NULL. Folded; "" if the
 * section is not there. */
const char *letter_words(const struct letter *l, const char *section);
/* Is the fact used there? Section and parts may be NULL: anywhere in the body. `name` may be a
 * group. */
bool letter_uses(const struct letter *l, const char *name, const char *section);
bool letter_part_uses(const struct letter *l, const char *name, enum proof_part part);
/* The part as it is sent; NULL if the letter has none (or it is the body). */
const struct buf *letter_part(const struct letter *l, enum proof_part part);
/* "sms" into PROOF_SMS; the names were checked when the file was read. */
enum proof_part letter_part_of_name(const char *name);
/* "the text message" */
const char *letter_part_title(enum proof_part part);

#endif
