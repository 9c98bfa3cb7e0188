/*
 * What is taken out of the answer of a gateway: the id of the message, how many parts it counts,
 * the code and the words of an error.
 */
#ifndef MODEL_GATEWAY_EXTRACT_H
#define MODEL_GATEWAY_EXTRACT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/gateway_answer.h"

enum gateway_extract_kind {
    GATEWAY_EXTRACT_NONE,
    GATEWAY_EXTRACT_JSON,    /* `text` is a JSON pointer */
    GATEWAY_EXTRACT_REGEX,   /* the first group of `regex` */
    GATEWAY_EXTRACT_TEMPLATE /* `text` holds {json:/pointer}, as in "{json:/a}#{json:/b}" */
};

struct gateway_extractor {
    enum gateway_extract_kind kind;
    char *text;
    struct gateway_regex *regex;
};

/* The grammar of GATEWAY_EXTRACT_TEMPLATE. ERR_INPUT with what is wrong. */
MUST_CHECK int gateway_extract_check_template(const char *text, struct error *err);
/* Appends what is found. False, and nothing is appended, if any part of it is not there or empty.
 */
bool gateway_extract(const struct gateway_extractor *e, const struct gateway_reply *reply,
                     struct buf *out);
/* Frees what it owns, not the struct. */
void gateway_extractor_free(struct gateway_extractor *e);

#endif
