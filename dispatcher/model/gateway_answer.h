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
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/disposition.h"
#include "model/json.h"

/* A compiled POSIX extended expression. */
struct gateway_regex;

/* ERR_INPUT with what is wrong with `text`. Caller frees with gateway_regex_free(). */
MUST_CHECK int gateway_regex_compile(const char *text, struct gateway_regex **out,
                                     struct error *err);
/* How many groups ( ) it has. */
size_t gateway_regex_groups(const struct gateway_regex *regex);
/* Appends what its first group took of `text`. False: it does not match, or took nothing. */
bool gateway_regex_find(const struct gateway_regex *regex, const char *text, struct buf *out);
/* NULL is fine. */
void gateway_regex_free(struct gateway_regex *regex);

/* A complete answer, to be judged. */
struct gateway_reply {
    int status;
    const char *body;
    const struct json_t *json; /* of the body; NULL: it is none */
};

enum gateway_json_test {
    GATEWAY_JSON_EXISTS, /* something other than null is there, or with `absent` nothing */
    GATEWAY_JSON_EQ,     /* the value of the same type: "0" is not 0 */
    GATEWAY_JSON_IN,     /* one of the values; "0" and 0 are the same */
    GATEWAY_JSON_RANGE   /* a number, or a text that is one, from lowest to highest */
};

struct gateway_json_value {
    enum json_kind kind; /* NULL, BOOLEAN, NUMBER or TEXT */
    char *text;
};

struct gateway_json_condition {
    char *pointer;
    enum gateway_json_test test;
    bool absent;
    struct gateway_json_value *values; /* one for EQ */
    size_t value_count;
    double lowest, highest;
};

struct gateway_predicate {
    /* Conditions: all that are set must hold. */
    int status_from, status_to;       /* 200-299; 0-0: any */
    struct gateway_regex *body_regex; /* NULL: any */
    struct gateway_json_condition *json;
    size_t json_count;
    /* What the answer means then. */
    enum outcome outcome;
    char *cause;
    int64_t retry_after_s; /* advice where the answer has none, 0: none */
    int line;              /* in the description, for explanations */
};

/* No condition is set. */
bool gateway_predicate_takes_all(const struct gateway_predicate *p);
bool gateway_predicate_holds(const struct gateway_predicate *p, const struct gateway_reply *reply);
/* It would hold but for what it asks of JSON. */
bool gateway_predicate_depends_on_json(const struct gateway_predicate *p,
                                       const struct gateway_reply *reply);
/* Frees what it owns, not the struct. */
void gateway_predicate_free(struct gateway_predicate *p);

#endif
