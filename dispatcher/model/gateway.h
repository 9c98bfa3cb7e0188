/*
 * A gateway description (config/gateways/NAME.yaml) as data: the request as templates
 * (gateway_template.h), the answers as an ordered list of predicates (gateway_answer.h). No C per
 * provider. config/gateway.c reads it, channel/sms.c follows it; the files gateway_template,
 * gateway_request and gateway_answer there are about the same parts of it.
 */
#ifndef MODEL_GATEWAY_H
#define MODEL_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/gateway_answer.h"
#include "model/gateway_report.h"

enum length_profile { LENGTH_GSM, LENGTH_EUC_KR, LENGTH_CP949 };

/* `{name: value}` pair of the request. `value` is a template: {{to.e164}}, {{text|utf16be}} ... */
struct gateway_field {
    char *name;
    char *value;
    char *when_encoding; /* "gsm7" or "ucs2": sent only then; NULL: always */
};

enum gateway_body { GATEWAY_BODY_NONE, GATEWAY_BODY_FORM, GATEWAY_BODY_TEXT };

struct gateway_variable {
    char *name;
    char *value; /* resolved */
    bool secret;
};

struct gateway {
    char *name;
    char *file;
    enum length_profile profile;
    int max_segments;
    bool certified; /* its provider may send advertising to many in Korea */
    int64_t timeout_ms;
    char *method; /* GET or POST */
    char *url;    /* template over variables */
    struct gateway_variable *variables;
    size_t variable_count;
    struct gateway_field *headers;
    size_t header_count;
    struct gateway_field *query;
    size_t query_count;
    enum gateway_body body_kind;
    struct gateway_field *form;
    size_t form_count;
    char *body_text;                   /* template, GATEWAY_BODY_TEXT */
    struct gateway_predicate *answers; /* first match wins */
    size_t answer_count;
    struct gateway_report *report; /* NULL: it reports nothing */
};

/* Borrowed; NULL if there is none. */
const struct gateway_variable *gateway_find_variable(const struct gateway *g, const char *name);
/* The struct too. */
void gateway_free(struct gateway *g);

#endif
