/*
 * A gateway description (config/gateways/NAME.yaml) as data. No C per provider: config/gateway.c
 * reads it, channel/sms.c follows it. Its parts have files of the same names there: the templates
 * (gateway_template.h), the values of the request (gateway_node.h, gateway_map.h), how it knows us
 * (gateway_auth.h), what it answers (gateway_answer.h, gateway_extract.h), what it reports later
 * (gateway_report.h).
 */
#ifndef MODEL_GATEWAY_H
#define MODEL_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/gateway_answer.h"
#include "model/gateway_auth.h"
#include "model/gateway_extract.h"
#include "model/gateway_length.h"
#include "model/gateway_map.h"
#include "model/gateway_node.h"
#include "model/gateway_report.h"
#include "model/gateway_template.h"
#include "model/rate.h"

enum gateway_body { GATEWAY_BODY_NONE, GATEWAY_BODY_FORM, GATEWAY_BODY_JSON, GATEWAY_BODY_TEXT };

struct gateway_variable {
    char *name;
    char *value; /* resolved */
    bool secret;
};

struct gateway {
    char *name;
    char *file;
    bool certified; /* its provider may send advertising to many in Korea */
    /* text */
    enum length_profile profile;
    enum transliteration transliterate;
    int max_segments;
    int max_chars;                           /* 0: no limit */
    int sms_bytes, lms_bytes, subject_bytes; /* Korean profiles; 0: KR_... */
    /* limits: those of the transport hold too */
    int64_t timeout_ms;
    struct rate rate;
    int concurrency; /* requests at once; 0: the transport's */
    /* request */
    struct gateway_variable *variables;
    size_t variable_count;
    struct gateway_map *maps;
    size_t map_count;
    struct gateway_auth auth;
    char *method;                       /* GET or POST */
    char *url;                          /* template */
    struct gateway_node headers, query; /* objects of texts, like `form` */
    enum gateway_body body_kind;
    struct gateway_node form;
    struct gateway_node json;
    char *body_text;          /* template, GATEWAY_BODY_TEXT */
    bool uses[GATEWAY_NAMES]; /* which parts of a message the request holds */
    /* response */
    struct gateway_extractor id, parts, error_code, error_text;
    struct gateway_predicate *answers; /* first match wins */
    size_t answer_count;
    struct gateway_report *report; /* NULL: it reports nothing */
};

/* Borrowed; NULL if there is none. */
const struct gateway_variable *gateway_find_variable(const struct gateway *g, const char *name);
const struct gateway_map *gateway_find_map(const struct gateway *g, const char *name);
/* The struct too. */
void gateway_free(struct gateway *g);

#endif
