#include "operator/output.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/unicode.h"
#include "model/json.h"

void table_begin(struct table *t, const char *const *heads, size_t columns)
{
    *t = (struct table){.heads = heads, .columns = columns};
}

void table_cell(struct table *t, const char *text)
{
    size_t used = t->rows;
    t->cells = xreallocarray(t->cells, used + 1, sizeof(*t->cells));
    t->cells[used] = (struct buf){0};
    if (text == NULL || text[0] == '\0')
        text = "-";
    text_put_visible(&t->cells[used], text, strlen(text));
    t->rows = used + 1; /* counts cells until table_end() */
}

void table_cellf(struct table *t, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    table_cell(t, text);
}

static void print_padded(const char *text, size_t len, size_t width, bool last)
{
    fwrite(text, 1, len, stdout);
    size_t have = unicode_width(text, len);
    for (size_t i = have; !last && i < width + 2; i++)
        putchar(' ');
    if (last)
        putchar('\n');
}

void table_end(struct table *t)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    assert(t->columns > 0 && t->columns <= TABLE_COLUMNS_MAX);
    for (size_t c = 0; c < t->columns; c++)
        widths[c] = unicode_width(t->heads[c], strlen(t->heads[c]));
    for (size_t i = 0; i < t->rows; i++) {
        size_t width = unicode_width(t->cells[i].data, t->cells[i].len);
        if (width > widths[i % t->columns])
            widths[i % t->columns] = width;
    }
    for (size_t c = 0; c < t->columns; c++)
        print_padded(t->heads[c], strlen(t->heads[c]), widths[c], c + 1 == t->columns);
    for (size_t i = 0; i < t->rows; i++) {
        size_t c = i % t->columns;
        print_padded(t->cells[i].data, t->cells[i].len, widths[c], c + 1 == t->columns);
        buf_free(&t->cells[i]);
    }
    free(t->cells);
    *t = (struct table){0};
}

const char *output_time(const char *rfc3339, char *out, size_t size)
{
    int64_t wall_ms;
    struct tm t;
    if (rfc3339 == NULL || !clock_parse_rfc3339(rfc3339, &wall_ms))
        return "-";
    time_t seconds = (time_t)(wall_ms / 1000);
    localtime_r(&seconds, &t);
    strftime(out, size, "%Y-%m-%d %H:%M:%S %z", &t);
    return out;
}

void output_each_line(const struct buf *lines, void (*fn)(void *context, const struct json_t *row),
                      void *context)
{
    const char *at = buf_text(lines), *end = at + lines->len, *newline;
    while (at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        struct json_t *row = NULL;
        struct error ignored;
        if (json_parse(at, (size_t)(newline - at), "answer", 1, 64, &row, &ignored) == 0)
            fn(context, row);
        json_free(row);
        at = newline + 1;
    }
}

/* Line by line: the list of problems of a configuration has several. */
static void put_sentence(struct buf *out, const char *text)
{
    size_t len = strcspn(text, "\n");
    text_put_visible(out, text, len);
    while (text[len] == '\n') {
        text += len + 1;
        len = strcspn(text, "\n");
        buf_putc(out, '\n');
        text_put_visible(out, text, len);
    }
}

void output_error(const struct error *err)
{
    struct buf sentence = {0};
    put_sentence(&sentence, err->text);
    fprintf(stderr, "dispatcher: %s\n", buf_text(&sentence));
    buf_free(&sentence);
}

void output_put_error(struct buf *out, const struct error *err)
{
    struct buf sentence = {0};
    put_sentence(&sentence, err->text);
    buf_put_json(out, buf_text(&sentence));
    buf_free(&sentence);
}

bool output_confirm(const char *question)
{
    char answer[16];
    if (!isatty(STDIN_FILENO))
        return false;
    fprintf(stderr, "%s [y/N] ", question);
    if (fgets(answer, sizeof(answer), stdin) == NULL)
        return false;
    return answer[0] == 'y' || answer[0] == 'Y';
}
