#include "base/place.h"

#include <stdarg.h>
#include <stdio.h>

int place_fail(const struct place *at, int code, struct error *err, const char *format, ...)
{
    char text[1500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(err, code, "%s:%d:%d: %s", at->file, at->line, at->column, text);
}
