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
