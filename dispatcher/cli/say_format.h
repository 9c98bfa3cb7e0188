/*
 * Sentences with holes, as printf() writes them, taken apart: so that a translation may put the
 * holes in another order (%2$s) and none of its formats is ever handed to printf().
 */
#ifndef CLI_SAY_FORMAT_H
#define CLI_SAY_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define FORMAT_PIECES_MAX 48
#define FORMAT_VALUES_MAX 20

/* Of what type the hole is: one letter each. */
enum format_kind {
    FORMAT_LITERAL,
    FORMAT_TEXT,     /* %s */
    FORMAT_CHAR,     /* %c */
    FORMAT_INT,      /* %d %i */
    FORMAT_UNSIGNED, /* %u */
    FORMAT_LONG,     /* %ld */
    FORMAT_ULONG,    /* %lu */
    FORMAT_LLONG,    /* %lld */
    FORMAT_ULLONG,   /* %llu */
    FORMAT_SIZE,     /* %zu */
    FORMAT_DOUBLE,   /* %f */
    FORMAT_SHORTEST, /* %g */
    FORMAT_HEX,      /* %X */
    FORMAT_OCTAL,    /* %o */
};

struct format_piece {
    enum format_kind kind;
    const char *text; /* of a literal; borrowed from the sentence */
    size_t len;
    size_t value; /* which one fills the hole */
    bool left, zero;
    int width, precision; /* precision -1: none */
};

struct format {
    struct format_piece pieces[FORMAT_PIECES_MAX];
    size_t count;
    enum format_kind values[FORMAT_VALUES_MAX]; /* what is handed over, in order */
    size_t value_count;
};

/* False: it holds something this does not know (as `*`), or too much of it. */
bool format_read(const char *sentence, struct format *out);
/* May `translation` be filled with what `english` is handed? Each of its holes must be one of the
 * other's, of the same type. */
bool format_fits(const struct format *translation, const struct format *english);

struct format_value {
    union {
        const char *text;
        long long number;
        unsigned long long natural;
        double real;
    } as;
};
/* Fetches what `english` says is handed over. */
void format_fetch(const struct format *english, va_list *args,
                  struct format_value out[FORMAT_VALUES_MAX]);
void format_put(struct buf *out, const struct format *format, const struct format_value *values);

#endif
