#include "render/letter_wrap.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/unicode.h"

#define NUMBER_MAX   999999999 /* where Markdown lets a list begin at most */
#define RULE_COLUMNS 40
#define LEVELS_MAX                                                                                 \
    40 /* lists, items and quotes within each other; Markdown is cut at 16 containers */

enum level_kind { LEVEL_LIST, LEVEL_ITEM, LEVEL_QUOTE };

struct level {
    enum level_kind kind;
    bool ordered, tight;
    long number;     /* LIST: of the next item */
    char marker[24]; /* ITEM: "12. ", put before its first line */
    bool marked;     /* ITEM: its marker has been put; QUOTE: its first line */
    size_t width;    /* ITEM: columns of the marker */
};

struct wrapper {
    struct buf *out;
    size_t columns;
    const char *marked;
    struct wrap_span *spans, *spans_end; /* not yet found, NULL: none wanted */
    struct level levels[LEVELS_MAX];
    size_t depth;
    size_t start;       /* of our output in out */
    bool blank_wanted;  /* before the next line */
    bool line_open;     /* the current line has its prefix */
    bool has_word;      /* ... and a word */
    size_t column;      /* of the current line */
    size_t widest;      /* of the lines of this block */
    int heading;        /* level of the heading we are in, 0: none */
    size_t line_prefix; /* columns before the first word */
};

/* Within U+AC00..U+D77F, syllables all of them. */
static bool is_hangul(const unsigned char *p)
{
    return (p[0] == 0xea && p[1] >= 0xb0) || p[0] == 0xeb || p[0] == 0xec ||
           (p[0] == 0xed && p[1] < 0x9e);
}

/* Most of a letter is ASCII, Latin letters or Hangul syllables, whose widths are beyond doubt; ICU
 * is asked for the rest. */
static size_t width_of(const char *word, size_t len)
{
    size_t width = 0;
    const unsigned char *p = (const unsigned char *)word, *end = p + len;
    while (p < end) {
        if (*p < 0x80) {
            width += 1;
            p += 1;
        } else if (*p >= 0xc3 && *p <= 0xc9 && end - p >= 2) {
            width += 1;
            p += 2;
        } else if (end - p >= 3 && is_hangul(p)) {
            width += 2;
            p += 3;
        } else {
            return unicode_width(word, len);
        }
    }
    return width;
}

static struct level *top(struct wrapper *w)
{
    return w->depth > 0 ? &w->levels[w->depth - 1] : NULL;
}

static struct level *push(struct wrapper *w, enum level_kind kind)
{
    if (w->depth == LEVELS_MAX)
        return NULL;
    struct level *l = &w->levels[w->depth++];
    *l = (struct level){.kind = kind};
    return l;
}

static void pop(struct wrapper *w, enum level_kind kind)
{
    if (w->depth > 0 && top(w)->kind == kind)
        w->depth--;
}

static void trim_line(struct wrapper *w)
{
    while (w->out->len > w->start && w->out->data[w->out->len - 1] == ' ')
        buf_truncate(w->out, w->out->len - 1);
}

/* Quotes and indentation of all levels; a marker stands once, its width in blanks afterwards. The
 * blank line before a quote is none of its lines. */
static void put_prefix(struct wrapper *w, bool blank)
{
    for (size_t i = 0; i < w->depth; i++) {
        struct level *l = &w->levels[i];
        if (l->kind == LEVEL_QUOTE && (l->marked || !blank)) {
            buf_puts(w->out, "> ");
            w->column += 2;
            l->marked = true;
        } else if (l->kind == LEVEL_ITEM) {
            if (!l->marked && !blank)
                buf_puts(w->out, l->marker);
            else
                for (size_t n = 0; n < l->width; n++)
                    buf_putc(w->out, ' ');
            l->marked = l->marked || !blank;
            w->column += l->width;
        }
    }
}

static void open_line(struct wrapper *w)
{
    if (w->line_open)
        return;
    if (w->blank_wanted && w->out->len > w->start) {
        put_prefix(w, true);
        trim_line(w);
        buf_putc(w->out, '\n');
    }
    w->blank_wanted = false;
    w->column = 0;
    put_prefix(w, false);
    w->line_prefix = w->column;
    w->line_open = true;
    w->has_word = false;
}

static void close_line(struct wrapper *w)
{
    if (!w->line_open)
        return;
    if (w->column > w->widest)
        w->widest = w->column;
    trim_line(w);
    buf_putc(w->out, '\n');
    w->line_open = false;
}

/* One call to the buffer for a word and the blank before it: this is most of the work here. */
static void append_word(struct wrapper *w, const char *word, size_t len)
{
    size_t blank = w->has_word ? 1 : 0;
    buf_reserve(w->out, blank + len);
    char *at = w->out->data + w->out->len;
    *at = ' ';
    memcpy(at + blank, word, len);
    at[blank + len] = '\0';
    w->out->len += blank + len;
}

/* Which of the spans have bytes in the word that was just appended? */
static void find_spans(struct wrapper *w, const char *word, size_t len)
{
    size_t from = (size_t)(word - w->marked), to = from + len;
    size_t at = w->out->len - w->start - len;
    for (struct wrap_span *s = w->spans; s != w->spans_end && s->start < to; s++) {
        if (s->end <= from) {
            w->spans = s + 1;
            continue;
        }
        if (s->out_end == 0)
            s->out_start = at + (s->start > from ? s->start - from : 0);
        s->out_end = at + (s->end < to ? s->end : to) - from;
    }
}

static void put_word(struct wrapper *w, const char *word, size_t len, size_t width)
{
    open_line(w);
    if (w->has_word && w->column + 1 + width > w->columns) {
        close_line(w);
        open_line(w);
    }
    append_word(w, word, len);
    if (w->spans != NULL)
        find_spans(w, word, len);
    w->column += width + (w->has_word ? 1 : 0);
    w->has_word = true;
}

static void put_line_of(struct wrapper *w, char c, size_t count)
{
    open_line(w);
    for (size_t i = 0; i < count; i++)
        buf_putc(w->out, c);
    w->column += count;
    close_line(w);
}

/* Ends what runs; the next block stands apart. A heading is underlined: plain text has nothing else
 * to show it. */
static void end_block(struct wrapper *w)
{
    close_line(w);
    if (w->heading > 0 && w->widest > 0)
        put_line_of(w, w->heading == 1 ? '=' : '-',
                    w->widest > w->columns ? w->columns : w->widest);
    w->heading = 0;
    w->widest = 0;
}

/* Items of a tight list follow each other without blank lines, and so do the blocks inside of one.
 */
static bool in_tight_list(const struct wrapper *w)
{
    for (size_t i = w->depth; i > 0; i--)
        if (w->levels[i - 1].kind == LEVEL_LIST)
            return w->levels[i - 1].tight;
    return false;
}

static void begin_block(struct wrapper *w)
{
    end_block(w);
    const struct level *l = top(w);
    bool first_in_item = l != NULL && l->kind == LEVEL_ITEM && !l->marked;
    if (!first_in_item && !(l != NULL && l->kind == LEVEL_ITEM && in_tight_list(w)))
        w->blank_wanted = true;
}

static const char *begin_list(struct wrapper *w, const char *at, bool ordered)
{
    end_block(w);
    bool nested = in_tight_list(w);
    bool tight = *at == 't';
    at += *at != '\0' ? 1 : 0;
    char *end;
    long number = ordered ? strtol(at, &end, 10) : 0;
    if (ordered)
        at = *end == ';' ? end + 1 : end;
    w->blank_wanted = w->blank_wanted || !nested;
    struct level *l = push(w, LEVEL_LIST);
    if (l != NULL) {
        l->ordered = ordered;
        l->tight = tight;
        l->number = number < NUMBER_MAX ? number : NUMBER_MAX;
    }
    return at;
}

static void begin_item(struct wrapper *w)
{
    end_block(w);
    pop(w, LEVEL_ITEM);
    struct level *list = top(w);
    struct level *item = push(w, LEVEL_ITEM);
    if (item == NULL)
        return;
    if (list != NULL && list->kind == LEVEL_LIST && list->ordered)
        snprintf(item->marker, sizeof item->marker, "%ld. ", list->number++);
    else
        snprintf(item->marker, sizeof item->marker, "- ");
    item->width = strlen(item->marker);
    w->blank_wanted = w->blank_wanted || !in_tight_list(w);
}

static void end_list(struct wrapper *w)
{
    end_block(w);
    pop(w, LEVEL_ITEM);
    pop(w, LEVEL_LIST);
    w->blank_wanted = !in_tight_list(w);
}

/* Does the mark at `at`; returns where the text goes on. */
static const char *do_mark(struct wrapper *w, const char *at)
{
    switch ((enum wrap_mark) * at++) {
    case WRAP_PARAGRAPH:
        begin_block(w);
        break;
    case WRAP_HEADING:
        begin_block(w);
        w->heading = *at - '0';
        at++;
        break;
    case WRAP_BULLETS:
        return begin_list(w, at, false);
    case WRAP_NUMBERS:
        return begin_list(w, at, true);
    case WRAP_ITEM:
        begin_item(w);
        break;
    case WRAP_LIST_END:
        end_list(w);
        break;
    case WRAP_QUOTE:
        begin_block(w);
        push(w, LEVEL_QUOTE);
        break;
    case WRAP_QUOTE_END:
        end_block(w);
        pop(w, LEVEL_QUOTE);
        w->blank_wanted = true;
        break;
    case WRAP_RULE:
        begin_block(w);
        put_line_of(w, '-', w->columns < RULE_COLUMNS ? w->columns : RULE_COLUMNS);
        break;
    case WRAP_LINE_BREAK:
        close_line(w);
        break;
    }
    return at;
}

static bool is_gap(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What is kept together is at most this long: a page full of digits must still break somewhere. */
#define TOGETHER_MAX 32

/*
 * May the line not break at the space at `at`? A telephone number torn apart is hard to dial ("157
 * 0192"), and a German day belongs to its month ("24. September").
 */
static bool belongs_together(const char *word, const char *at, const char *end)
{
    if (at + 1 >= end || *at != ' ' || at - word > TOGETHER_MAX || at == word)
        return false;
    bool day = at - word >= 2 && at[-1] == '.' && is_digit(at[-2]) &&
               (at - word == 2 || (at - word == 3 && is_digit(at[-3])));
    return (is_digit(at[-1]) && is_digit(at[1])) || (day && (unsigned char)at[1] > ' ');
}

/* Puts the word that begins at `at`; returns its end. */
static const char *take_word(struct wrapper *w, const char *at, const char *end)
{
    const char *word = at;
    unsigned char bits = 0;
    for (;; at++) {
        for (; at < end && (unsigned char)*at > ' '; at++)
            bits |= (unsigned char)*at;
        if (!belongs_together(word, at, end))
            break;
    }
    size_t len = (size_t)(at - word);
    put_word(w, word, len, bits < 0x80 ? len : width_of(word, len));
    return at;
}

void wrap_text(const char *marked, size_t len, struct buf *out)
{
    wrap_text_with(marked, len, &(struct wrap_options){.columns = WRAP_COLUMNS}, out);
}

void wrap_text_with(const char *marked, size_t len, const struct wrap_options *options,
                    struct buf *out)
{
    struct wrapper w = {.out = out,
                        .start = out->len,
                        .columns = options->columns,
                        .marked = marked,
                        .spans = options->span_count > 0 ? options->spans : NULL,
                        .spans_end = options->spans + options->span_count};
    const char *at = marked, *end = marked + len;
    buf_reserve(out, len + len / 8);
    while (at < end) {
        if (is_gap(*at))
            at++;
        else if ((unsigned char)*at < ' ')
            at = do_mark(&w, at);
        else
            at = take_word(&w, at, end);
    }
    end_block(&w);
}

/* How much deeper into lists and quotes a byte leads. */
static int depth_of(char byte)
{
    switch (byte) {
    case WRAP_BULLETS:
    case WRAP_NUMBERS:
    case WRAP_QUOTE:
        return 1;
    case WRAP_LIST_END:
    case WRAP_QUOTE_END:
        return -1;
    default:
        return 0;
    }
}

static bool begins_block(char byte)
{
    return byte == WRAP_PARAGRAPH || byte == WRAP_HEADING || byte == WRAP_RULE ||
           depth_of(byte) > 0;
}

size_t wrap_block_end(const char *marked, size_t len, size_t from)
{
    int depth = depth_of(marked[from]);
    for (size_t at = from + 1; at < len; at++) {
        if (depth == 0 && begins_block(marked[at]))
            return at;
        depth += depth_of(marked[at]);
    }
    return len;
}
