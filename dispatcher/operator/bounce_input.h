/* Where `dispatcher bounce` has its mails from: standard input, files, a Maildir. */
#ifndef OPERATOR_BOUNCE_INPUT_H
#define OPERATOR_BOUNCE_INPUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* One mail. Anything but 0 leaves it where it is. */
typedef int bounce_mail_fn(void *context, const char *shown, const struct buf *mail,
                           struct error *err);

/* Reads to the end, so that the mail server's pipe does not break, and keeps what is needed. */
MUST_CHECK int bounce_read_stdin(bounce_mail_fn *fn, void *context, struct error *err);
MUST_CHECK int bounce_read_file(const char *path, bounce_mail_fn *fn, void *context,
                                struct error *err);
/*
 * Every mail in DIR/new; one that is handled goes to DIR/cur as seen (`keep`: it stays). Killed in
 * between it is handled again, which changes nothing. What cannot be read stays, is told, and the
 * first such error is returned at the end; an error of `fn` ends it.
 */
MUST_CHECK int bounce_read_maildir(const char *directory, bool keep, bounce_mail_fn *fn,
                                   void *context, struct error *err);

#endif
