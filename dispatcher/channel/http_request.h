/*
 * One HTTP request as data, with the check that libcurl does not make: it sends CR LF inside a
 * header as it is.
 */
#ifndef CHANNEL_HTTP_REQUEST_H
#define CHANNEL_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Zero-initialise. */
struct http_request {
    const char *method; /* "GET" or "POST", static */
    struct buf url;
    struct buf body; /* POST */
    char **headers;  /* "Name: value", by http_request_add_header() */
    size_t header_count;
    /* AWS Signature Version 4, made by libcurl: "aws:amz:REGION:SERVICE" with the two keys; NULL:
     * not signed so. */
    char *sigv4;
    char *sigv4_key, *sigv4_secret;
    int64_t timeout_ms; /* of the whole exchange */
};

/* ERR_INPUT if the name is no token (RFC 9110, 5.6.2), or the value holds a control character. */
MUST_CHECK int http_check_header(const char *name, const char *value, struct error *err);
/* The same, and adds it. */
MUST_CHECK int http_request_add_header(struct http_request *r, const char *name, const char *value,
                                       struct error *err);
bool http_request_has_header(const struct http_request *r, const char *name);
void http_request_free(struct http_request *r);

#endif
