/* The key of a spool's tokens, drawn if it has none yet. */
#ifndef ENGINE_TOKEN_DRAW_H
#define ENGINE_TOKEN_DRAW_H

#include "base/error.h"
#include "model/token.h"

/* ERR_CONFIG: there is one, but it cannot be used. */
MUST_CHECK int token_draw_key(const char *spool, unsigned char out[TOKEN_KEY_SIZE],
                              struct error *err);

#endif
