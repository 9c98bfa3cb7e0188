/*
 * The one word that says why a delivery stands where it stands, and what it means: for `show` and
 * `failures`. Channels, the engine and gateways' descriptions name causes; the words are the same
 * for all channels.
 */
#ifndef MODEL_CAUSE_H
#define MODEL_CAUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A sentence or two for people, in English: what it means and, if somebody can do something, what.
 * NULL for a word nobody here has chosen (a gateway's description may name its own). */
const char *cause_sentence(const char *cause);
/* The first of its sentences: what it means, for a table. NULL likewise. */
const char *cause_meaning(const char *cause);
/* What a person does about it, in a few words that follow "Try:"; "" if there is nothing to be
 * done first. NULL likewise. */
const char *cause_cure(const char *cause);
/* Can it go well when it is begun again, after the cure? Of a word nobody here has chosen: perhaps.
 */
bool cause_helps_retry(const char *cause);
/* As the end of an attempt refused for good, it says that no message will ever reach this address:
 * it can be suppressed. Only what is sure: an address kept off wrongly is a person not told. */
bool cause_is_lasting(const char *cause);
/* Every cause that has a sentence, by alphabet; NULL behind the last. */
const char *cause_name(size_t index);
/* Is it one of these? ERR_INPUT, with the one that was probably meant. */
MUST_CHECK int cause_check(const char *cause, struct error *err);

#endif
