/* The rules of law, told in the operator's language as far as their files have words for it. */
#ifndef LETTERS_LEGAL_H
#define LETTERS_LEGAL_H

#include "law/law.h"
#include "cli/command.h"

/* As law_load(). What law_check() then finds is known to say_put_sentence(). */
MUST_CHECK int legal_load(const struct invocation *inv, const char *directory,
                          struct problems *problems, struct law **out);

#endif
