/* The words of an HTML part: some providers return mails with nothing else. */
#ifndef CHANNEL_BOUNCE_HTML_H
#define CHANNEL_BOUNCE_HTML_H

#include "base/buf.h"

/* Appends it as text, a line for each block; styles, scripts and comments are left out. Takes
 * anything, in linear time. */
void bounce_html_put_text(const struct buf *html, struct buf *out);

#endif
