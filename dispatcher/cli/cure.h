/*
 * What an operator does about deliveries of one state and cause: for `failures`, `why` and the
 * screen of `top`.
 */
#ifndef CLI_CURE_H
#define CLI_CURE_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/command.h"

struct cure_question {
    const char *state, *cause, *channel;
    const char *id;    /* of one delivery; NULL: all of this cause that the command line means */
    bool name_state;   /* the cause alone would also mean others */
    bool name_channel; /* likewise */
};

struct cure {
    const char *first;  /* what has to be done before, English, "" if nothing; a key of the
                           catalogue */
    struct buf command; /* to be run then, as it is; empty: there is none */
};

/* Clear with cure_clear(). */
void cure_find(const struct invocation *inv, const struct cure_question *q, struct cure *out);
void cure_clear(struct cure *cure);
/* In one sentence or command, for a table. */
void cure_put(const struct invocation *inv, const struct cure *cure, struct buf *out);

/* What a cause means, and what to do about it, in sentences; nothing for a word nobody here has
 * chosen. */
void cure_put_meaning(const struct invocation *inv, const char *cause, struct buf *out);

/* A word for the shell, quoted if it has to be. */
void cure_put_word(struct buf *out, const char *word);

#endif
