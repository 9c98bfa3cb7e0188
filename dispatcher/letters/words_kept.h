/* The letters of a campaign as the ledger keeps them, put into a folder for a while. */
#ifndef LETTERS_WORDS_KEPT_H
#define LETTERS_WORDS_KEPT_H

#include "cli/session.h"
#include "render/library.h"

struct kept_letters;
/* ERR_NOT_FOUND: none are kept. The folder goes with kept_letters_free(). */
MUST_CHECK int kept_letters_fetch(struct session *s, const char *campaign,
                                  struct kept_letters **out, struct error *err);
/* Caller frees with library_free(), before the letters. */
MUST_CHECK int kept_letters_load(const struct kept_letters *k, const struct settings *s,
                                 struct library **out, struct error *err);
void kept_letters_free(struct kept_letters *k);

/* The bytes of one document, appended. ERR_NOT_FOUND. */
MUST_CHECK int kept_document_read(struct session *s, const char *sha256, struct buf *out,
                                  struct error *err);

#endif
