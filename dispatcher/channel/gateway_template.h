/*
 * The templates of a gateway description: {{name}} or {{name|filter|filter}}. One pass: a value is
 * never read as a template again, so a text that holds {{to.e164}} stays what it is. Encoding is
 * implied by the place, never written.
 *
 *   to.e164 to.digits from from.digits text id enc segments kr.type   of the message (kr.type: SMS
 * or LMS) anything else                                                     a variable of the
 * gateway filters: utf16be, hex
 */
#ifndef CHANNEL_GATEWAY_TEMPLATE_H
#define CHANNEL_GATEWAY_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "channel/http_request.h"
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

/*
 * The whole request of the description. ERR_CONFIG from a template; ERR_INPUT if a value cannot
 * stand in a header. The caller frees `out` with http_request_free() in any case.
 */
MUST_CHECK int gateway_build_request(const struct gateway_values *v, struct http_request *out,
                                     struct error *err);

#endif
