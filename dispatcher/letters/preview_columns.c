#include "letters/preview_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/unicode.h"

#define SEPARATOR       " │ "
#define SEPARATOR_WIDTH 3
#define RULE            "─"

#define STYLE_RULE    "\x1b[2m" /* faint */
#define STYLE_MARK    "\x1b[4m" /* underlined: a fact */
#define STYLE_MISSING "\x1b[7m" /* reversed */
#define STYLE_OFF     "\x1b[0m"

struct column_layout column_layout_for(size_t count, size_t width, bool colour)
{
    size_t between = count > 1 ? (count - 1) * SEPARATOR_WIDTH : 0;
    size_t column = width > between ? (width - between) / count : 0;
    bool stacked = count < 2 || column < COLUMN_NARROWEST;
    return (struct column_layout){.count = count,
                                  .width = width,
                                  .colour = colour,
                                  .stacked = stacked,
                                  .column = stacked ? width : column};
}

static void put_style(struct buf *out, const struct column_layout *l, const char *style)
{
    if (l->colour)
        buf_puts(out, style);
}

void columns_put_rule(struct buf *out, const struct column_layout *l, const char *word)
{
    size_t used = unicode_width(word, strlen(word)) + 4; /* two lines, two blanks */
    put_style(out, l, STYLE_RULE);
    buf_printf(out, RULE RULE " %s ", word);
    for (; used < l->width; used++)
        buf_puts(out, RULE);
    put_style(out, l, STYLE_OFF);
    buf_putc(out, '\n');
}

/* ---- lines ---- */

static size_t past_blanks(const char *text, size_t len, size_t at)
{
    while (at < len && text[at] == ' ')
        at++;
    return at;
}

size_t column_line(const char *text, size_t len, size_t width, size_t *out_next)
{
    const char *newline = memchr(text, '\n', len);
    size_t end = newline != NULL ? (size_t)(newline - text) : len, last_blank = 0, fits = 0;
    const char *at = text;
    *out_next = newline != NULL ? end + 1 : len;
    if (unicode_width(text, end) <= width)
        return end;
    while (fits < end) {
        if (text[fits] == ' ' && past_blanks(text, end, 0) < fits)
            last_blank = fits;
        utf8_next(&at, text + end);
        if (fits > 0 && unicode_width(text, (size_t)(at - text)) > width)
            break;
        fits = (size_t)(at - text);
    }
    size_t cut = last_blank > 0 ? last_blank : fits;
    *out_next = past_blanks(text, end, cut);
    while (cut > 0 && text[cut - 1] == ' ')
        cut--;
    return cut;
}

/* ---- texts ---- */

/* How far a text was put. */
struct reading {
    const struct column_text *text;
    size_t at;
    size_t mark; /* the first that does not lie before `at` */
};

static void put_stretch(struct buf *out, const struct column_layout *l, const char *text,
                        size_t len, const char *style)
{
    if (len == 0)
        return;
    if (style != NULL)
        put_style(out, l, style);
    text_put_visible(out, text, len);
    if (style != NULL)
        put_style(out, l, STYLE_OFF);
}

static void put_marked(struct buf *out, const struct column_layout *l, struct reading *r,
                       size_t end)
{
    const struct column_text *t = r->text;
    size_t at = r->at;
    while (l->colour && r->mark < t->mark_count && t->marks[r->mark].start < end) {
        size_t start = t->marks[r->mark].start, stop = start + t->marks[r->mark].len;
        start = start > at ? start : at;
        size_t shown = stop < end ? stop : end;
        put_stretch(out, l, t->text + at, start - at, NULL);
        if (shown > start)
            put_stretch(out, l, t->text + start, shown - start, STYLE_MARK);
        at = shown > start ? shown : start;
        if (stop > end)
            break; /* goes on in the next line */
        r->mark++;
    }
    put_stretch(out, l, t->text + at, end - at, t->missing ? STYLE_MISSING : NULL);
}

/* The next line of a text, filled up to the width of the column if another stands behind it. */
static void put_line(struct buf *out, const struct column_layout *l, struct reading *r, bool filled)
{
    const struct column_text *t = r->text;
    size_t next = 0, len = column_line(t->text + r->at, t->len - r->at, l->column, &next);
    size_t used = unicode_width(t->text + r->at, len);
    put_marked(out, l, r, r->at + len);
    r->at += next;
    for (; filled && used < l->column; used++)
        buf_putc(out, ' ');
}

static bool is_left(const struct reading *readings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (readings[i].at < readings[i].text->len)
            return true;
    }
    return false;
}

static void trim_end(struct buf *out)
{
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        buf_truncate(out, out->len - 1);
}

static void put_beside(struct buf *out, const struct column_layout *l, struct reading *readings)
{
    while (is_left(readings, l->count)) {
        for (size_t i = 0; i < l->count; i++) {
            if (i > 0)
                buf_puts(out, SEPARATOR);
            put_line(out, l, &readings[i], i + 1 < l->count);
        }
        trim_end(out);
        buf_putc(out, '\n');
    }
}

static void put_below(struct buf *out, const struct column_layout *l, const char *const *tags,
                      struct reading *readings)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->count > 1)
            buf_printf(out, "%s[%s]\n", i > 0 ? "\n" : "", tags[i]);
        while (is_left(&readings[i], 1)) {
            put_line(out, l, &readings[i], false);
            buf_putc(out, '\n');
        }
    }
}

void columns_put_texts(struct buf *out, const struct column_layout *l, const char *const *tags,
                       const struct column_text *texts)
{
    struct reading *readings = xcalloc(l->count, sizeof(*readings));
    for (size_t i = 0; i < l->count; i++)
        readings[i].text = &texts[i];
    if (l->stacked)
        put_below(out, l, tags, readings);
    else
        put_beside(out, l, readings);
    free(readings);
}
