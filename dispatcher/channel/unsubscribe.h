/* How a mail says that one may unsubscribe (RFC 2369), with one click (RFC 8058). */
#ifndef CHANNEL_UNSUBSCRIBE_H
#define CHANNEL_UNSUBSCRIBE_H

#include "base/buf.h"
#include "model/message.h"
#include "model/settings.h"

/* Addresses for List-Unsubscribe, printable ASCII without < and >. Empty: none. */
struct unsubscribe {
    struct buf url;  /* https://... */
    struct buf mail; /* mailto:... */
};

/*
 * The notice's own URL; else, for the categories of the configuration, its URL with the token of
 * the delivery (model/token.h) and its address with the token in the subject. Equal in every
 * attempt. Free with unsubscribe_free().
 */
void unsubscribe_make(const struct settings *s, const struct outgoing *item,
                      struct unsubscribe *out);
void unsubscribe_free(struct unsubscribe *u);

#endif
