#include "operator/say.h"

#include <stdarg.h>

void say(const struct invocation *inv UNUSED, FILE *to, const char *english, ...)
{
    va_list args;
    va_start(args, english);
    vfprintf(to, english, args);
    va_end(args);
}

void say_put(const struct invocation *inv UNUSED, struct buf *out, const char *english, ...)
{
    va_list args;
    va_start(args, english);
    buf_vprintf(out, english, args);
    va_end(args);
}

const char *say_word(const struct invocation *inv UNUSED, const char *english)
{
    return english;
}
