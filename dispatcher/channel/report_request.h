/* A request by which a gateway reports, as the API took it from the wire. Everything is borrowed.
 */
#ifndef CHANNEL_REPORT_REQUEST_H
#define CHANNEL_REPORT_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct report_header {
    const char *name, *value;
};

struct report_request {
    const char *url; /* as the gateway called it: public address, path and query; signatures cover
                        it */
    const struct report_header *headers;
    size_t header_count;
    const char *body;
    size_t body_len;
    int64_t now_ms;
};

/* The first header of this name, in any case of letters; NULL if there is none. */
const char *report_request_header(const struct report_request *request, const char *name);

#endif
