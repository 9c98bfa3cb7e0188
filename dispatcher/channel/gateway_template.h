/*
 * Fills in the templates of a gateway description; their names and filters are those of
 * model/gateway_template.h. One pass: a value is never read as a template again, so a text that
 * holds {{to.e164}} stays what it is. Encoding is implied by the place, never written.
 */
#ifndef CHANNEL_GATEWAY_TEMPLATE_H
#define CHANNEL_GATEWAY_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "channel/sms_text.h"
#include "model/gateway.h"

/* What is known when a request is built, for who signs it. */
struct gateway_signing {
    const char *method;
    const char *path_query; /* "/path?query" */
    const struct buf *body;
    const char *signature; /* NULL until it is made */
};

/* One message and one attempt. Texts that are absent are NULL. */
struct gateway_values {
    const struct gateway *gateway;
    const char *to;   /* E.164 */
    const char *from; /* "" if the gateway chooses */
    const char *id;
    int attempt; /* from 1 */
    const char *text;
    size_t text_len;
    const struct sms_length *length; /* of the text */
    const char *subject;
    const char *campaign;
    const char *callback;
    const char *purpose; /* "info", "otp" or "ad"; NULL: info */
    int64_t ttl_s;       /* 0: none */
    int64_t now_ms;
    uint64_t nonce[2];
    const struct gateway_signing *signing; /* NULL while the request is built */
};

enum template_place {
    PLACE_URL,   /* what the operator wrote (text, variables, maps) as it is, values of the message
                    percent-encoded */
    PLACE_VALUE, /* query or form value: percent-encoded */
    PLACE_PLAIN, /* header or text body: as it is */
    PLACE_JSON,  /* inside the quotes of a JSON string */
};

/* Appends the expanded template. ERR_CONFIG: an unknown name or filter, or {{ without }}.
 * ERR_NOT_FOUND: a map has no entry for this message, or what should be a number is none. */
MUST_CHECK int gateway_template_put(struct buf *out, const char *template,
                                    enum template_place place, const struct gateway_values *v,
                                    struct error *err);
/* Appends the value of a name of a message or of a variable. ERR_CONFIG: there is none. */
MUST_CHECK int gateway_value_put(struct buf *out, const char *name, const struct gateway_values *v,
                                 struct error *err);
/* RFC 3986: everything but unreserved characters. Good for a form too: %20 is a space there as well
 * as +. */
void gateway_put_percent_encoded(struct buf *out, const char *bytes, size_t len);

#endif
