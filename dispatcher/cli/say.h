/*
 * What commands say to people, in the operator's language. The English sentence in the source is
 * the key of `locales/messages/LANG.yaml`; what is not translated there is said in English. JSON
 * is for programs and never translated.
 */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stdio.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "cli/command.h"

/* de, ko or en: the first of LC_ALL, LC_MESSAGES and LANG that is set decides. NULL: they say
 * nothing (LANG=C is what a machine without people has). */
const char *say_language(void);
/* Then operator.language decides. It becomes LANG of this process, so that whoever speaks without
 * an invocation in hand finds the same. */
struct config_options;
void say_choose_language(const struct config_options *options);

/* A sentence in a table, said elsewhere by say_word(). */
#define SAID(english) english

/* Like fprintf(); with --quiet nothing on stderr. The formats know %s, %c, %d, %u, %ld, %lld, %zu,
 * each with a width, and %%. */
void say(const struct invocation *inv, FILE *to, const char *english, ...) PRINTF(3, 4);
/* The same, appended. */
void say_put(const struct invocation *inv, struct buf *out, const char *english, ...) PRINTF(3, 4);
/* What error_set() said in English, in the operator's language: the sentence it was made of is
 * found again by its words. */
void say_put_error(struct buf *out, const char *sentence);
/* The same with what was learned. */
void say_put_sentence(const struct invocation *inv, struct buf *out, const char *sentence);
/* A sentence of a file in the operator's language, for say_put_sentence() and say_word(). */
void say_learn(const struct invocation *inv, const char *english, const char *translation);
/* Fixed words: heads of tables, names of states. Borrowed from the invocation. */
const char *say_word(const struct invocation *inv, const char *english);

#endif
