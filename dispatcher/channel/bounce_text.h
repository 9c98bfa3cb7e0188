/*
 * Returned mails written for people: qmail's, older ones of Exim, sendmail, Exchange and Yahoo, and
 * those of Korean and German providers. Found by the sentences they begin with; who writes a
 * sentence of his own is not understood, and then nothing moves.
 */
#ifndef CHANNEL_BOUNCE_TEXT_H
#define CHANNEL_BOUNCE_TEXT_H

#include <stdbool.h>

#include "channel/bounce_mime.h"
#include "channel/bounce_said.h"

struct bounce_letter {
    const struct buf *text; /* UTF-8 */
    const char *subject;    /* "" */
    const char *failed;     /* X-Failed-Recipients: "a@b.example, c@d.example"; NULL */
    const char *expected;   /* whom the returned mail went to, if that is known already; NULL */
    bool from_daemon;       /* the sender is a mail server by its name */
    bool from_nobody;       /* the envelope sender is <>, or not known */
};

/* The header of the returned mail that stands in the text, behind what is said; len 0: none. */
struct bounce_span bounce_text_find_copy(const struct buf *text);
/* Appends what it says, one at least; false, and nothing is appended: it is no returned mail. */
bool bounce_text_read(const struct bounce_letter *letter, struct bounce_said_list *out);

/* Behind where the text names the address: the answer of a server, or the words there; nothing is
 * appended if it does not name it, or says nothing of it. For reports for programs that leave it to
 * the part for people (OpenSMTPD, Exim). */
void bounce_text_put_answer(const struct buf *text, const char *address, struct buf *out);

#endif
