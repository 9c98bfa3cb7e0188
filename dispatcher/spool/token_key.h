/*
 * SPOOL/token.key: what makes the tokens of a spool (model/token.h). 32 random bytes, mode 0600,
 * made once and never replaced: with another key nobody who reports on an older message would be
 * believed.
 */
#ifndef SPOOL_TOKEN_KEY_H
#define SPOOL_TOKEN_KEY_H

#include "base/error.h"
#include "model/token.h"

/* ERR_NOT_FOUND: there is none yet. ERR_CONFIG: it is damaged, or others may read it. */
MUST_CHECK int token_key_read(const char *spool, unsigned char out[TOKEN_KEY_SIZE],
                              struct error *err);
/* The same of a spool that is there, but makes it of `fresh` if there is none. Of several who do so
 * at once one wins, and all get its key. */
MUST_CHECK int token_key_make(const char *spool, const unsigned char fresh[TOKEN_KEY_SIZE],
                              unsigned char out[TOKEN_KEY_SIZE], struct error *err);

#endif
