/*
 * How a gateway reports what became of a message: the `dlr` block of its description
 * (config/gateway_report.c reads it, channel/gateway_report.c follows it). A value is found by a
 * field name in a query or form, or by a JSON pointer (it begins with `/`) in a JSON body.
 */
#ifndef MODEL_GATEWAY_REPORT_H
#define MODEL_GATEWAY_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/receipt.h"

enum gateway_report_source {
    GATEWAY_REPORT_QUERY,
    GATEWAY_REPORT_FORM,
    GATEWAY_REPORT_JSON,
    GATEWAY_REPORT_ANY /* by its content type; a GET by its query */
};

/* How they show that they are the gateway, beside the secret address at which they report. */
enum gateway_verify {
    GATEWAY_VERIFY_NONE,
    GATEWAY_VERIFY_SHARED_HEADER,   /* the header `name` is `key` */
    GATEWAY_VERIFY_TWILIO,          /* X-Twilio-Signature: HMAC-SHA1 over the URL and the form */
    GATEWAY_VERIFY_HMAC_SHA256,     /* the header `name` is the hex or base64 HMAC of the body */
    GATEWAY_VERIFY_MESSAGEBIRD_JWT, /* MessageBird-Signature-JWT: HS256, hashes of URL and body */
    GATEWAY_VERIFY_VONAGE_SIG       /* `sig`: HMAC-SHA256 over the sorted fields */
};

/* A state word of theirs. */
struct gateway_report_state {
    char *word;
    enum receipt_kind kind;
};

struct gateway_report {
    enum gateway_report_source source;
    char *each; /* JSON pointer to the array of reports, "" the body is one; NULL: one report */
    char *filter_from;  /* only reports in which this is `filter_value`; NULL: all */
    char *filter_value; /* others are answered with yes and ignored */
    enum gateway_verify verify;
    char *verify_name;
    char *verify_key; /* resolved secret */
    bool by_key;      /* `from` holds our own id (of the notice), else their message id */
    char *from;
    char *status_from;
    struct gateway_report_state *states;
    size_t state_count;
    enum receipt_kind otherwise; /* a word that is not in `states`; RECEIPT_NONE: kept as unknown */
    char *detail_from;           /* their error code or words, for the story; NULL: none */
    char *optout_from;           /* the person said no if this is one of `optout_values` */
    char **optout_values;
    size_t optout_count;
    char *lasting_from; /* the number will never work if this is one of `lasting_values` */
    char **lasting_values;
    size_t lasting_count;
    int reply_status; /* what they want to hear */
    char *reply_type; /* text/plain */
    char *reply_body;
};

/* The struct too. NULL is fine. */
void gateway_report_free(struct gateway_report *r);

#endif
