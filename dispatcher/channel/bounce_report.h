/*
 * A mail that came back to our envelope sender: what it reports of which delivery, as receipts.
 *
 *   a report for programs (RFC 3464)        one receipt for each recipient it names
 *   a complaint (RFC 5965)                  the person does not want any more
 *   a returned mail written for people      bounce_text.h
 *   an answer by a machine, a challenge     nothing: somebody is on holiday, the letter is there
 *   anything else                           nothing
 *
 * The delivery is found by our token: in the address it came back to, in the envelope id the report
 * repeats, or in the envelope sender within the returned mail. Without one there is the Message-ID
 * of the returned mail: everybody who ever got a mail of ours can make such a report, so it is kept
 * and moves nothing (the receipt is not proven).
 *
 * Mail of strangers: never fails, in linear time, at most BOUNCE_SAID_MAX receipts.
 */
#ifndef CHANNEL_BOUNCE_REPORT_H
#define CHANNEL_BOUNCE_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "model/receipt.h"

#define BOUNCE_SIZE_MAX ((size_t)10 * 1024 * 1024) /* what is behind it is not needed */

enum bounce_kind {
    BOUNCE_NONE,      /* no report of anything */
    BOUNCE_AUTOMATIC, /* an answer by a machine */
    BOUNCE_STATUS,
    BOUNCE_COMPLAINT,
    BOUNCE_LETTER, /* a returned mail written for people */
};
#define BOUNCE_KINDS 5

/* "none", "automatic", "status", "complaint", "letter" */
const char *bounce_kind_name(enum bounce_kind kind);

struct bounce_arrival {
    const char *bytes;
    size_t len;
    const char *to;     /* the address it was returned to, as the mail server says; NULL */
    const char *domain; /* of our Message-IDs; NULL: any is taken for ours */
    int64_t now_ms;
};

/* Clear with bounce_report_clear(). */
struct bounce_report {
    enum bounce_kind kind;
    struct receipt *items;
    size_t count;
    size_t nameless; /* these do not say which mail they mean */
};

void bounce_report_read(const struct bounce_arrival *arrival, struct bounce_report *out);
void bounce_report_clear(struct bounce_report *report);

#endif
