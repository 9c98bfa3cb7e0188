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
#include "operator/say.h"

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

void table_count(struct table *t, int64_t number)
{
    char text[OUTPUT_NUMBER_SIZE];
    t->right |= 1u << t->rows % t->columns;
    table_cell(t, output_number(number, text));
}

static void print_spaces(size_t count)
{
    for (size_t i = 0; i < count; i++)
        putchar(' ');
}

static void print_padded(const struct table *t, size_t column, const char *text, size_t width)
{
    size_t have = unicode_width(text, strlen(text)), rest = width > have ? width - have : 0;
    bool right = (t->right >> column & 1u) != 0, last = column + 1 == t->columns;
    if (right)
        print_spaces(rest);
    fputs(text, stdout);
    if (last)
        putchar('\n');
    else
        print_spaces(right ? 2 : rest + 2);
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
        print_padded(t, c, t->heads[c], widths[c]);
    for (size_t i = 0; i < t->rows; i++) {
        print_padded(t, i % t->columns, t->cells[i].data, widths[i % t->columns]);
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

const char *output_number(int64_t number, char out[OUTPUT_NUMBER_SIZE])
{
    char digits[OUTPUT_NUMBER_SIZE];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)number), at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* Two units at most: nobody needs the seconds of a day. */
const char *output_span(int64_t ms, char out[OUTPUT_NUMBER_SIZE])
{
    static const struct {
        int64_t unit_s, part_s;
        char unit, part;
    } scales[] = {{86400, 3600, 'd', 'h'}, {3600, 60, 'h', 'm'}, {60, 1, 'm', 's'}};
    int64_t seconds = ms > 0 ? ms / 1000 : 0;
    for (size_t i = 0; i < COUNT_OF(scales); i++) {
        if (seconds < scales[i].unit_s)
            continue;
        snprintf(out, OUTPUT_NUMBER_SIZE, "%lld%c%02lld%c", (long long)(seconds / scales[i].unit_s),
                 scales[i].unit, (long long)(seconds % scales[i].unit_s / scales[i].part_s),
                 scales[i].part);
        return out;
    }
    snprintf(out, OUTPUT_NUMBER_SIZE, "%llds", (long long)seconds);
    return out;
}

const char *output_age(const char *rfc3339, char out[OUTPUT_NUMBER_SIZE])
{
    int64_t wall_ms;
    if (rfc3339 == NULL || !clock_parse_rfc3339(rfc3339, &wall_ms))
        return "-";
    return output_span(clock_wall_ms() - wall_ms, out);
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
    struct buf spoken = {0};
    say_put_error(&spoken, err->text);
    put_sentence(&sentence, buf_text(&spoken));
    buf_free(&spoken);
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
