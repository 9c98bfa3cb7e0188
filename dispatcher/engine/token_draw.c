#include "engine/token_draw.h"

#include <string.h>

#include "base/id.h"
#include "spool/token_key.h"

int token_draw_key(const char *spool, unsigned char out[TOKEN_KEY_SIZE], struct error *err)
{
    unsigned char fresh[TOKEN_KEY_SIZE];
    for (size_t at = 0; at < sizeof(fresh); at += sizeof(uint64_t)) {
        uint64_t bits = random_bits();
        memcpy(fresh + at, &bits, sizeof(bits));
    }
    int rc = token_key_make(spool, fresh, out, err);
    explicit_bzero(fresh, sizeof(fresh));
    return rc;
}
