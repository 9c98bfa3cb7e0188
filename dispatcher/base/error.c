#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* A sentence too long for its place loses its last character whole, so that it stays UTF-8. */
static void trim_cut_character(char *text, int wanted, size_t size)
{
    size_t at = size - 1;
    if (wanted < 0 || (size_t)wanted < size)
        return;
    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at > 0 && (unsigned char)text[at - 1] >= 0xc0)
        text[at - 1] = '\0';
}

int error_set(struct error *err, int code, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        err->code = code;
        int wanted = vsnprintf(err->text, sizeof(err->text), format, args);
        va_end(args);
        trim_cut_character(err->text, wanted, sizeof(err->text));
    }
    return code;
}

int error_errno(struct error *err, int code, const char *format, ...)
{
    int number = errno;
    if (code == ERR_IO && (number == ENOSPC || number == EDQUOT))
        code = ERR_AGAIN;
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        err->code = code;
        int length = vsnprintf(err->text, sizeof(err->text), format, args);
        va_end(args);
        trim_cut_character(err->text, length, sizeof(err->text));
        if (length >= 0 && (size_t)length < sizeof(err->text)) {
            const char *meaning = strerrordesc_np(number);
            snprintf(err->text + length, sizeof(err->text) - (size_t)length, ": %s",
                     meaning != NULL ? meaning : "unknown error");
        }
    }
    return code;
}

int error_exit_status(int code)
{
    static const int table[] = {
        [0] = 0,
        [-ERR_INPUT] = EX_DATAERR,
        [-ERR_NOT_FOUND] = EX_NOINPUT,
        [-ERR_CONFLICT] = EX_DATAERR,
        [-ERR_CONFIG] = EX_CONFIG,
        [-ERR_IO] = EX_IOERR,
        [-ERR_AGAIN] = EX_TEMPFAIL,
        [-ERR_DENIED] = EX_NOPERM,
        [-ERR_DOWN] = EX_UNAVAILABLE,
        [-ERR_USAGE] = EX_USAGE,
        [-ERR_INTERNAL] = EX_SOFTWARE,
    };
    if (code > 0 || code < ERR_INTERNAL)
        return EX_SOFTWARE;
    return table[-code];
}
