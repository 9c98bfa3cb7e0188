#include "channel/report_request.h"

#include <strings.h>

const char *report_request_header(const struct report_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    }
    return NULL;
}
