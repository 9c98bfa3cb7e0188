#include "cli/output.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/unicode.h"
#include "cli/color.h"
#include "cli/say.h"
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

void table_count(struct table *t, int64_t number)
{
    char text[OUTPUT_NUMBER_SIZE];
    t->right |= 1u << t->rows % t->columns;
    table_cell(t, output_number(number, text));
}

/* ---- printing a table ---- */

#define GAP       2
#define NARROWEST 8 /* a column is not cut below this, or below its head */

size_t output_columns(void)
{
    struct winsize size = {0};
    const char *given = getenv("COLUMNS");
    int64_t columns = 0;
    if (isatty(STDOUT_FILENO) != 1)
        return 0;
    if (given != NULL && text_parse_int(given, &columns) && columns > 0 && columns < 10000)
        return (size_t)columns;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void print_spaces(size_t count)
{
    for (size_t i = 0; i < count; i++)
        putchar(' ');
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t text_width(const char *text)
{
    return unicode_width(text, strlen(text));
}

/* Bytes of the longest beginning that takes at most so many columns; a mark stays with its letter.
 */
static size_t length_within(const char *text, size_t columns)
{
    const char *at = text, *end = text + strlen(text), *fits = text;
    while (at < end) {
        (void)utf8_next(&at, end);
        if (unicode_width(text, (size_t)(at - text)) > columns)
            break;
        fits = at;
    }
    return (size_t)(fits - text);
}

static void print_cut(const char *text, size_t columns)
{
    if (text_width(text) <= columns)
        fputs(text, stdout);
    else
        printf("%.*s\u2026", (int)length_within(text, columns - 1), text);
}

static void print_cell(const struct table *t, size_t column, const char *text, enum tint tint,
                       size_t width)
{
    size_t have = text_width(text), rest = width > have ? width - have : 0;
    bool right = (t->right >> column & 1u) != 0, last = column + 1 == t->columns;
    if (right)
        print_spaces(rest);
    fputs(color_begin(stdout, tint), stdout);
    print_cut(text, width);
    fputs(color_end(stdout, tint), stdout);
    if (last)
        putchar('\n');
    else
        print_spaces(right ? GAP : rest + GAP);
}

static void find_widths(const struct table *t, size_t widths[TABLE_COLUMNS_MAX])
{
    for (size_t c = 0; c < t->columns; c++)
        widths[c] = text_width(t->heads[c]);
    for (size_t i = 0; i < t->rows; i++)
        widths[i % t->columns] = larger(widths[i % t->columns], text_width(buf_text(&t->cells[i])));
}

static size_t whole_width(const struct table *t, const size_t *widths)
{
    size_t width = GAP * (t->columns - 1);
    for (size_t c = 0; c < t->columns; c++)
        width += widths[c];
    return width;
}

/* The ends of the last columns go first: there stand reasons and replies. The first one says what
 * the row is about, and half a number is none. False: it is too narrow for a table. */
static bool fit(const struct table *t, size_t *widths, size_t room)
{
    for (size_t c = t->columns; c-- > 1 && whole_width(t, widths) > room;) {
        size_t least = larger(text_width(t->heads[c]), NARROWEST);
        size_t over = whole_width(t, widths) - room;
        if (((t->right | t->whole) >> c & 1u) == 0 && widths[c] > least)
            widths[c] = widths[c] > least + over ? widths[c] - over : least;
    }
    return whole_width(t, widths) <= room;
}

static void print_rows(const struct table *t, const size_t *widths)
{
    for (size_t c = 0; c < t->columns; c++)
        print_cell(t, c, t->heads[c], TINT_HEAD, widths[c]);
    for (size_t i = 0; i < t->rows; i++) {
        const char *text = buf_text(&t->cells[i]);
        print_cell(t, i % t->columns, text, color_of_word(text), widths[i % t->columns]);
    }
}

/* Each row as lines of head and value. */
static void print_blocks(const struct table *t)
{
    size_t width = 0;
    for (size_t c = 0; c < t->columns; c++)
        width = larger(width, text_width(t->heads[c]));
    for (size_t i = 0; i < t->rows; i++) {
        const char *head = t->heads[i % t->columns], *text = buf_text(&t->cells[i]);
        enum tint tint = color_of_word(text);
        if (i > 0 && i % t->columns == 0)
            putchar('\n');
        printf("%s%s%s", color_begin(stdout, TINT_HEAD), head, color_end(stdout, TINT_HEAD));
        print_spaces(width - text_width(head) + GAP);
        printf("%s%s%s\n", color_begin(stdout, tint), text, color_end(stdout, tint));
    }
}

void table_end(struct table *t)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0}, room = output_columns();
    assert(t->columns > 0 && t->columns <= TABLE_COLUMNS_MAX);
    find_widths(t, widths);
    if (room == 0 || t->rows == 0 || fit(t, widths, room))
        print_rows(t, widths);
    else
        print_blocks(t);
    for (size_t i = 0; i < t->rows; i++)
        buf_free(&t->cells[i]);
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

/* "2026-11-18T00:00Z", with seconds or without, as it stands in sentences; its length, 0: none. */
static size_t utc_length(const char *text)
{
    static const char shape[] = "0000-00-00T00:00";
    size_t len = 0;
    for (; shape[len] != '\0'; len++) {
        bool fits = shape[len] == '0' ? isdigit((unsigned char)text[len]) : text[len] == shape[len];
        if (!fits)
            return 0;
    }
    len += strspn(text + len, ":.0123456789");
    return len < OUTPUT_NUMBER_SIZE - 4 && text[len] == 'Z' ? len + 1 : 0;
}

/* To the minute, if that is all there is. */
static void put_time(struct buf *out, const char *text, size_t len)
{
    char utc[OUTPUT_NUMBER_SIZE + 4], local[64];
    bool minutes = len == strlen("2026-11-18T00:00Z");
    snprintf(utc, sizeof(utc), "%.*s%s", (int)(len - 1), text, minutes ? ":00Z" : "Z");
    output_time(utc, local, sizeof(local));
    buf_put(out, local, minutes ? strlen("2026-11-18 00:00") : strlen(local));
    buf_puts(out, minutes ? strrchr(local, ' ') : "");
}

/* How long the quotation is that begins here, in any of our languages; 0: none does. */
static size_t quoted_length(const char *text)
{
    static const char *const quotes[][2] = {{"\"", "\""}, {"„", "“"}, {"“", "”"}};
    for (size_t i = 0; i < COUNT_OF(quotes); i++) {
        size_t len = strlen(quotes[i][0]);
        const char *end =
            strncmp(text, quotes[i][0], len) == 0 ? strstr(text + len, quotes[i][1]) : NULL;
        if (end != NULL)
            return (size_t)(end - text) + strlen(quotes[i][1]);
    }
    return 0;
}

void output_put_times(struct buf *out, const char *sentence)
{
    while (*sentence != '\0') {
        size_t quoted = quoted_length(sentence), len = quoted > 0 ? quoted : utc_length(sentence);
        if (quoted == 0 && len > 0)
            put_time(out, sentence, len);
        else
            buf_put(out, sentence, len > 0 ? len : 1);
        sentence += len > 0 ? len : 1;
    }
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

static void put_member(void *context, const char *name, const struct json_t *value)
{
    struct buf *out = context;
    if (strcmp(name, "v") == 0)
        return;
    buf_putc(out, ',');
    buf_put_json(out, name);
    buf_putc(out, ':');
    json_put(out, value);
}

void output_put_row(struct buf *out, const struct json_t *row)
{
    buf_puts(out, "{\"v\":1");
    json_walk(row, put_member, out);
    buf_putc(out, '}');
}

void output_error(const struct error *err)
{
    struct buf sentence = {0};
    struct buf spoken = {0};
    say_put_error(&spoken, err->text);
    text_put_visible_lines(&sentence, buf_text(&spoken));
    buf_free(&spoken);
    fprintf(stderr, "dispatcher: %s\n", buf_text(&sentence));
    buf_free(&sentence);
}

void output_put_error(struct buf *out, const struct error *err)
{
    struct buf sentence = {0};
    text_put_visible_lines(&sentence, err->text);
    buf_put_json(out, buf_text(&sentence));
    buf_free(&sentence);
}
