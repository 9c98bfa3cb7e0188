/*
 * How much asking a change wants. What can be undone by one word runs and prints that word; what
 * moves many wants a yes; what cannot be taken back wants its name typed. A script says it
 * beforehand: --yes, --confirm NAME.
 */
#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include "base/error.h"
#include "cli/command.h"

/* The rows of commands that ask. A command may put "reason" and "dry-run" beside them. */
#define CONFIRM_YES_OPTION                                                                         \
    {                                                                                              \
        "yes", 'y', NULL, "do not ask"                                                             \
    }
#define CONFIRM_NAME_OPTION                                                                        \
    {                                                                                              \
        "confirm", 0, "NAME", "instead of typing the name when asked"                              \
    }

/* 0: go on, by --yes or the answer. ERR_USAGE: nobody can be asked, and the sentence names --yes;
 * or the answer was no. `question` is in the operator's language, without "[y/N]". */
MUST_CHECK int confirm_yes(const struct invocation *inv, const char *question, struct error *err);
/* 0: `name` was typed, or given by --confirm. ERR_USAGE otherwise; the sentence names --confirm. */
MUST_CHECK int confirm_name(const struct invocation *inv, const char *question, const char *name,
                            struct error *err);

#endif
