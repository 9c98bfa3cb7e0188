/*
 * What a gateway may answer, as a list of predicates in its description. config/gateway_answer.c
 * reads them, channel/gateway_answer.c judges by them.
 *
 * A new condition: a member here, a row of `conditions` (and its free()) in gateway_answer.c, a row
 * of the table in config/gateway_answer.c.
 */
#ifndef MODEL_GATEWAY_ANSWER_H
#define MODEL_GATEWAY_ANSWER_H

#include <stdbool.h>

#include "base/error.h"
#include "model/disposition.h"

/* A compiled POSIX extended expression. */
struct gateway_regex;

/* ERR_INPUT with what is wrong with `text`. Caller frees with gateway_regex_free(). */
MUST_CHECK int gateway_regex_compile(const char *text, struct gateway_regex **out,
                                     struct error *err);
/* NULL is fine. */
void gateway_regex_free(struct gateway_regex *regex);

struct gateway_predicate {
    /* Conditions: all that are set must hold. */
    int status_from, status_to;       /* 200-299; 0-0: any */
    struct gateway_regex *body_regex; /* NULL: any */
    /* What the answer means then. */
    enum outcome outcome;
    char *cause;
    int line; /* in the description, for explanations */
};

/* No condition is set. */
bool gateway_predicate_takes_all(const struct gateway_predicate *p);
bool gateway_predicate_holds(const struct gateway_predicate *p, int status, const char *body);
/* Frees what it owns, not the struct. */
void gateway_predicate_free(struct gateway_predicate *p);

#endif
