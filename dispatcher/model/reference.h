/*
 * Reference numbers: what stands in the letter of a recipient of a batch with `"reference":
 * "auto"`, and what he reads out when he calls. "7K2M9-QX4TD": nothing of it is stored, it is the
 * number of the batch and the line, mixed so that neighbours do not look like neighbours, in the
 * 32 digits and letters that are left without I, L, O and U, and one that checks the others.
 *
 * The check finds every single wrong character and every swap of two characters: over GF(32) the
 * sum of the characters, each times a power of 2 of its own, is zero. Which one is wrong it cannot
 * tell; but nearly all numbers are nobody's, so of those that one mistake could have come from
 * hardly ever more than one leads to a person.
 */
#ifndef MODEL_REFERENCE_H
#define MODEL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands for it in batch.json. */
#define REFERENCE_AUTO "auto"

#define REFERENCE_SIZE                                                                             \
    16 /* "7K2M9-QX4TD", or "7K2M-9QX4-TDRW" for the batches behind 2 million                      \
        */

/* The number of a line; of batch 0, which is never in the books, a sample. False: there are no
 * numbers for so large ones. */
bool reference_make(int64_t batch, int64_t line, char out[REFERENCE_SIZE]);

enum reference_fault {
    REFERENCE_GOOD,
    REFERENCE_LENGTH,    /* neither 10 nor 12 characters */
    REFERENCE_CHARACTER, /* one that stands in no number: see `at` */
    REFERENCE_CHECK,     /* the characters do not go together: one is wrong, or two are swapped */
};

struct reference {
    enum reference_fault fault;
    char text[REFERENCE_SIZE]; /* as it is written in letters; GOOD and CHECK */
    size_t count;              /* characters, without what only separates */
    size_t at;                 /* CHARACTER: which one, from 1 */
    int64_t batch, line;       /* GOOD */
};

/* As people type it: small letters, any spaces and hyphens, O for 0, I and L for 1. */
void reference_read(const char *text, struct reference *out);

/* A number one mistake away from the one that was typed, and the mistake. */
struct reference_guess {
    char text[REFERENCE_SIZE];
    int64_t batch, line;
    size_t at;    /* the wrong character, from 1 */
    bool swapped; /* it and the next one change places */
    char typed, right;
};
#define REFERENCE_GUESSES 24
/* Of one with REFERENCE_CHECK or REFERENCE_CHARACTER (of which only the first strange character is
 * replaced); how many. */
size_t reference_guess(const struct reference *typed, struct reference_guess *out);

#endif
