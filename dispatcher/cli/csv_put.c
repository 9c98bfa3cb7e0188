#include "cli/csv_put.h"

#include <string.h>

static bool is_formula(const char *text)
{
    const char *at = text + strspn(text, " ");
    return *at != '\0' && strchr("=+-@\t\r\n", *at) != NULL;
}

static void put_quoted(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_putc(out, '"');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

void csv_put_cell(struct buf *out, const char *text, bool first)
{
    buf_puts(out, first ? "\"" : ",\"");
    if (is_formula(text))
        buf_putc(out, '\'');
    put_quoted(out, text);
}

void csv_put_person(struct buf *out, const char *text)
{
    buf_puts(out, ",\"");
    put_quoted(out, text);
}

const char *csv_bare(const char *text)
{
    return text[0] == '\'' && is_formula(text + 1) ? text + 1 : text;
}
