/*
 * Fills in the templates of a gateway description; their names and filters are those of
 * model/gateway_template.h. One pass: a value is never read as a template again, so a text that
 * holds {{to.e164}} stays what it is. Encoding is implied by the place, never written.
 */
#ifndef CHANNEL_GATEWAY_TEMPLATE_H
#define CHANNEL_GATEWAY_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "channel/sms_text.h"
#include "model/gateway.h"

struct gateway_values {
    const struct gateway *gateway;
    const char *to;   /* E.164 */
    const char *from; /* "" if the gateway chooses */
    const char *id;
    const char *text;
    size_t text_len;
    const struct sms_length *length; /* of the text */
};

enum template_place {
    PLACE_URL,   /* the gateway's variables as they are (the operator's own), values of the message
                    percent-encoded */
    PLACE_VALUE, /* query or form value: percent-encoded */
    PLACE_PLAIN, /* header or text body: as it is */
};

/* Appends the expanded template. ERR_CONFIG: an unknown name or filter, or {{ without }}. */
MUST_CHECK int gateway_template_put(struct buf *out, const char *template,
                                    enum template_place place, const struct gateway_values *v,
                                    struct error *err);
/* RFC 3986: everything but unreserved characters. Good for a form too: %20 is a space there as well
 * as +. */
void gateway_put_percent_encoded(struct buf *out, const char *bytes, size_t len);

#endif
