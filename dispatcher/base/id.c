#include "base/id.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool id_valid(const char *text, size_t len)
{
    static const char grammar[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    if (len < 1 || len > ID_MAX || text[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\0' || strchr(grammar, text[i]) == NULL)
            return false;
    }
    return true;
}

uint64_t random_bits(void)
{
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
        abort();
    return bits;
}

static void put_base32(uint64_t value, int digits, char *out)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = alphabet[value & 31];
        value >>= 5;
    }
}

void id_random(int64_t wall_ms, char *out)
{
    put_base32((uint64_t)wall_ms & 0xffffffffffffULL, 10, out);
    put_base32(random_bits() & 0xffffffffffULL, 8, out + 10);
    put_base32(random_bits() & 0xffffffffffULL, 8, out + 18);
    out[26] = '\0';
}
