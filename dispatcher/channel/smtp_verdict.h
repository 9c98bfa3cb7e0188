/*
 * From what a server answered to what became of a mail: tables and nothing else. The facts are
 * those of one mail with one recipient.
 */
#ifndef CHANNEL_SMTP_VERDICT_H
#define CHANNEL_SMTP_VERDICT_H

#include <stdbool.h>

#include "channel/smtp_answer.h"
#include "channel/smtp_monitor.h"
#include "model/disposition.h"

struct smtp_facts {
    struct smtp_answer mail;
    struct smtp_answer rcpt;
    struct smtp_answer data; /* to DATA (354 as long as nothing followed) or to the final dot */
    bool whole_line;         /* the first line of the answer to the final dot arrived to its end */
    bool ended; /* the end of the mail was handed out: the final dot may have been sent */
};

/* How a session ended, for mails it did not get to and for those it lost. Texts are borrowed. */
struct smtp_end {
    int dial_problem; /* errno of connect(), 0 */
    bool connected;
    bool timed_out;           /* the peer was silent, or the deadline came */
    const char *name_problem; /* why the host's name was not found, NULL if it was */
    bool no_starttls;         /* required and not offered */
    const char *tls_problem;  /* NULL or "": none */
    const char *mechanisms;   /* of login that we know; NULL: "PLAIN, LOGIN" */
    const struct smtp_monitor *monitor;
};

/*
 * The outcome of a mail. `end` NULL: the session is still running; then false if nothing is known
 * for sure yet. With an `end` it is always true.
 */
bool smtp_judge(const struct smtp_facts *facts, const struct smtp_end *end,
                struct disposition *out);

/* What kept a session from its first mail: outcome (not_tried or config), cause and a sentence. */
void smtp_judge_session(const struct smtp_end *end, struct disposition *out);

#endif
