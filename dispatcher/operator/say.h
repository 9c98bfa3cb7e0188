/*
 * What commands say to people, in the operator's language. The English sentence in the source is
 * the key of `locales/messages/LANG.yaml`; what is not translated there is said in English. JSON
 * is for programs and never translated.
 */
#ifndef OPERATOR_SAY_H
#define OPERATOR_SAY_H

#include <stdio.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "operator/command.h"

/* Like fprintf(). The formats know %s, %c, %d, %u, %ld, %lld, %zu, each with a width, and %%. */
void say(const struct invocation *inv, FILE *to, const char *english, ...) PRINTF(3, 4);
/* The same, appended. */
void say_put(const struct invocation *inv, struct buf *out, const char *english, ...) PRINTF(3, 4);
/* Fixed words: heads of tables, names of states. Borrowed from the invocation. */
const char *say_word(const struct invocation *inv, const char *english);

#endif
