/*
 * What a gateway reports later, by the `dlr` block of its description (model/gateway_report.h): one
 * request into receipts.
 *
 * A value is looked for by its name: `/a/b` in the JSON body (in the one report, then in the
 * whole), any other name in form, query, and the members of the JSON body.
 */
#ifndef CHANNEL_GATEWAY_REPORT_H
#define CHANNEL_GATEWAY_REPORT_H

#include <stddef.h>

#include "base/error.h"
#include "channel/report_request.h"
#include "model/gateway_report.h"
#include "model/receipt.h"

#define GATEWAY_REPORT_BODY_MAX ((size_t)256 * 1024)
#define GATEWAY_REPORTS_MAX     1000 /* in one request */

/* Zero-initialise; free with gateway_receipts_free(). */
struct gateway_receipts {
    struct receipt *items;
    size_t count;
    size_t ignored;  /* the filter of the description does not want these */
    size_t nameless; /* these do not say which message they mean */
};

/*
 * `transport` is the one at whose secret address the report came. ERR_DENIED: it is not the
 * gateway's, by the description. ERR_INPUT: it cannot be understood. None of the sentences holds an
 * address or a secret.
 */
MUST_CHECK int gateway_report_read(const struct gateway_report *description, const char *transport,
                                   const struct report_request *request,
                                   struct gateway_receipts *out, struct error *err);
void gateway_receipts_free(struct gateway_receipts *r);

#endif
