/*
 * The words somebody received, made again: the letter, the notice as it was accepted and the
 * transport give the same bytes whenever they are the same, and the ledger has the SHA-256 of what
 * left. Equality is said only where both sums are seen to be equal.
 */
#ifndef LETTERS_WORDS_H
#define LETTERS_WORDS_H

#include "base/buf.h"
#include "cli/session.h"
#include "model/message.h"

enum words_verdict {
    WORDS_SENT,     /* these bytes left: the sums are equal */
    WORDS_DIFFER,   /* something did, but not these bytes */
    WORDS_NOT_SENT, /* nothing left by this delivery; this is what would */
    WORDS_GONE,     /* the text of the notice is purged, or cannot be read */
    WORDS_UNMADE,   /* the letter cannot be made today */
    WORDS_VERDICTS
};
/* "sent", "differ", ... */
const char *words_verdict_name(enum words_verdict verdict);

/* One delivery of `show`, with what became of it. Texts are owned. */
struct words_delivery {
    int64_t delivery, accepted_ms;
    int attempt; /* the last one that was rendered; 0: none */
    char *id, *channel, *state, *address, *template_name, *locale, *transport, *campaign;
    char *sha256; /* of what it sent; NULL: nothing was rendered */
    char *at;     /* when */
};

struct words {
    enum words_verdict verdict;
    bool kept; /* made of the documents that were kept with the campaign, not of today's files */
    struct message message;
    struct buf wire;
    char sha256[DIGEST_HEX_SIZE]; /* of wire */
    struct error why;             /* UNMADE */
};
void words_clear(struct words *w);

struct words_maker;
/* Letters, secrets as far as the caller may read them, and the key of the spool's tokens. */
MUST_CHECK int words_open(const struct invocation *inv, struct session *s, struct words_maker **out,
                          struct error *err);
void words_close(struct words_maker *m);
/* `job`: JSON of the notice as accepted; NULL: it is gone. Never fails: what is wrong is the
 * verdict. */
void words_make(struct words_maker *m, const struct words_delivery *d, const struct buf *job,
                struct words *out);

#endif
