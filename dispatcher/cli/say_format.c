#include "cli/say_format.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/unicode.h"

/* ---- reading ---- */

static int read_number(const char **at)
{
    int number = 0;
    while (**at >= '0' && **at <= '9' && number < 1000)
        number = number * 10 + *(*at)++ - '0';
    return number;
}

static enum format_kind read_kind(const char **at)
{
    static const struct {
        const char *letters;
        enum format_kind kind;
    } kinds[] = {
        {"lld", FORMAT_LLONG}, {"llu", FORMAT_ULLONG}, {"ld", FORMAT_LONG},  {"lu", FORMAT_ULONG},
        {"zu", FORMAT_SIZE},   {"s", FORMAT_TEXT},     {"c", FORMAT_CHAR},   {"d", FORMAT_INT},
        {"i", FORMAT_INT},     {"u", FORMAT_UNSIGNED}, {"f", FORMAT_DOUBLE}, {"g", FORMAT_SHORTEST},
        {"X", FORMAT_HEX},     {"o", FORMAT_OCTAL},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        size_t len = strlen(kinds[i].letters);
        if (strncmp(*at, kinds[i].letters, len) != 0)
            continue;
        *at += len;
        return kinds[i].kind;
    }
    return FORMAT_LITERAL;
}

/* Behind "%", "%2$": which value it is, or -1. */
static int read_position(const char **at)
{
    const char *here = *at;
    int number = read_number(&here);
    if (number == 0 || *here != '$')
        return -1;
    *at = here + 1;
    return number - 1;
}

static bool read_hole(const char **at, size_t next, struct format_piece *out)
{
    int position = read_position(at);
    *out = (struct format_piece){.precision = -1};
    out->value = position >= 0 ? (size_t)position : next;
    for (; **at == '-' || **at == '0'; (*at)++) {
        out->left = out->left || **at == '-';
        out->zero = out->zero || **at == '0';
    }
    out->width = read_number(at);
    if (**at == '.') {
        (*at)++;
        out->precision = read_number(at);
    }
    out->kind = read_kind(at);
    return out->kind != FORMAT_LITERAL && out->value < FORMAT_VALUES_MAX;
}

static void note_value(struct format *f, const struct format_piece *hole)
{
    while (f->value_count <= hole->value)
        f->values[f->value_count++] = FORMAT_LITERAL;
    f->values[hole->value] = hole->kind;
}

bool format_read(const char *sentence, struct format *out)
{
    size_t next = 0;
    *out = (struct format){0};
    for (const char *at = sentence; *at != '\0';) {
        struct format_piece *piece = &out->pieces[out->count];
        if (out->count == FORMAT_PIECES_MAX)
            return false;
        out->count++;
        if (at[0] == '%' && at[1] != '%') {
            at++;
            if (!read_hole(&at, next++, piece))
                return false;
            note_value(out, piece);
            continue;
        }
        bool percent = at[0] == '%'; /* "%%" is the second one */
        size_t len = percent ? 1 : strcspn(at, "%");
        *piece = (struct format_piece){.text = at, .len = len};
        at += percent ? 2 : len;
    }
    return true;
}

bool format_fits(const struct format *translation, const struct format *english)
{
    for (size_t i = 0; i < translation->count; i++) {
        const struct format_piece *p = &translation->pieces[i];
        if (p->kind == FORMAT_LITERAL)
            continue;
        if (p->value >= english->value_count || english->values[p->value] != p->kind)
            return false;
    }
    return true;
}

/* ---- filling ---- */

/* Whoever calls has begun the list; the analyzer looks at this function alone. */
/* NOLINTBEGIN(clang-analyzer-valist.Uninitialized) */
static struct format_value fetch_one(enum format_kind kind, va_list *args)
{
    struct format_value v = {0};
    switch (kind) {
    case FORMAT_LITERAL:
        break;
    case FORMAT_TEXT:
        v.as.text = va_arg(*args, const char *);
        break;
    case FORMAT_CHAR:
    case FORMAT_INT:
        v.as.number = va_arg(*args, int);
        break;
    case FORMAT_UNSIGNED:
    case FORMAT_HEX:
    case FORMAT_OCTAL:
        v.as.natural = va_arg(*args, unsigned);
        break;
    case FORMAT_LONG:
        v.as.number = va_arg(*args, long);
        break;
    case FORMAT_ULONG:
        v.as.natural = va_arg(*args, unsigned long);
        break;
    case FORMAT_LLONG:
        v.as.number = va_arg(*args, long long);
        break;
    case FORMAT_ULLONG:
        v.as.natural = va_arg(*args, unsigned long long);
        break;
    case FORMAT_SIZE:
        v.as.natural = va_arg(*args, size_t);
        break;
    case FORMAT_DOUBLE:
    case FORMAT_SHORTEST:
        v.as.real = va_arg(*args, double);
        break;
    }
    return v;
}
/* NOLINTEND(clang-analyzer-valist.Uninitialized) */

void format_fetch(const struct format *english, va_list *args,
                  struct format_value out[FORMAT_VALUES_MAX])
{
    for (size_t i = 0; i < english->value_count; i++)
        out[i] = fetch_one(english->values[i], args);
}

/* The value without its width, in `room` or where it is. */
static const char *spell_value(const struct format_piece *p, const struct format_value *v,
                               char *room, size_t size, size_t *out_len)
{
    int len = 0;
    switch (p->kind) {
    case FORMAT_LITERAL:
    case FORMAT_TEXT: {
        const char *text = v->as.text != NULL ? v->as.text : "(null)";
        *out_len = strnlen(text, p->precision >= 0 ? (size_t)p->precision : SIZE_MAX);
        return text;
    }
    case FORMAT_CHAR:
        len = snprintf(room, size, "%c", (int)v->as.number);
        break;
    case FORMAT_INT:
    case FORMAT_LONG:
    case FORMAT_LLONG:
        len = snprintf(room, size, "%lld", v->as.number);
        break;
    case FORMAT_UNSIGNED:
    case FORMAT_ULONG:
    case FORMAT_ULLONG:
    case FORMAT_SIZE:
        len = snprintf(room, size, "%llu", v->as.natural);
        break;
    case FORMAT_HEX:
        len = snprintf(room, size, "%llX", v->as.natural);
        break;
    case FORMAT_OCTAL:
        len = snprintf(room, size, "%llo", v->as.natural);
        break;
    case FORMAT_SHORTEST:
        len = snprintf(room, size, "%g", v->as.real);
        break;
    case FORMAT_DOUBLE:
        len = snprintf(room, size, "%.*f", p->precision >= 0 ? p->precision : 6, v->as.real);
        break;
    }
    *out_len = len > 0 && (size_t)len < size ? (size_t)len : 0;
    return room;
}

static void put_hole(struct buf *out, const struct format_piece *p, const struct format_value *v)
{
    char room[400];
    size_t len, width = (size_t)p->width;
    const char *text = spell_value(p, v, room, sizeof(room), &len);
    size_t have = unicode_width(text, len), rest = width > have ? width - have : 0;
    if (p->left)
        buf_put(out, text, len);
    for (size_t i = 0; i < rest; i++)
        buf_putc(out, p->zero && !p->left ? '0' : ' ');
    if (!p->left)
        buf_put(out, text, len);
}

void format_put(struct buf *out, const struct format *format, const struct format_value *values)
{
    for (size_t i = 0; i < format->count; i++) {
        const struct format_piece *p = &format->pieces[i];
        if (p->kind == FORMAT_LITERAL)
            buf_put(out, p->text, p->len);
        else
            put_hole(out, p, &values[p->value]);
    }
}
