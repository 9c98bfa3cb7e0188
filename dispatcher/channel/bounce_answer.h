/* What a mail server's answer, quoted in a returned mail, means: by the same words and codes as an
 * answer in a session (smtp_answer.h). */
#ifndef CHANNEL_BOUNCE_ANSWER_H
#define CHANNEL_BOUNCE_ANSWER_H

#include "channel/bounce_said.h"
#include "model/receipt.h"

/* Where an answer begins in a text: at its code ("550 5.1.1 ..."), else at an enhanced code; NULL.
 * The text ends with NUL at `stop` or behind it. */
const char *bounce_answer_find(const char *text, const char *stop);
/* Fills in kind, code, enhanced, cause, text, lasting and opted_out. */
void bounce_answer_judge(const struct bounce_said *said, struct receipt *out);

#endif
