/*
 * What one answer of a mail server means: from its code, its enhanced code (RFC 3463) and its
 * words. Mail servers agree on little: the same code says "no such mailbox" here and "your address
 * is on a blocklist" there, so their words are read first. For answers in a session and for those
 * quoted in returned mails.
 */
#ifndef CHANNEL_SMTP_ANSWER_H
#define CHANNEL_SMTP_ANSWER_H

#include <stddef.h>

#include "channel/smtp_monitor.h"
#include "model/disposition.h"

/* One answer; code 0: there was none. `text` is borrowed: what stands behind the code, lines joined
 * by spaces. */
struct smtp_answer {
    int code;
    const char *text;
    size_t len;
};

/* The cause and class of one negative answer at a stage; SMTP_STAGE_OTHER where it is unknown. */
void smtp_judge_answer(const struct smtp_answer *answer, enum smtp_stage stage,
                       struct disposition *out);
/* Writes the enhanced code of any answer into `out`; "" if it has none of its class. */
void smtp_answer_enhanced(const struct smtp_answer *answer, char out[DISPOSITION_ENHANCED_SIZE]);

#endif
