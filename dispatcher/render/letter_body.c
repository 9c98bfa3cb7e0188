#include "render/letter_body.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

#define PARTIAL_DEPTH_MAX 16
#define PARTIAL_SIZE_MAX  (256 * 1024)
#define TAGS_MAX          20000
#define TEXT_MAX          (1024 * 1024)

#define TAG_OPEN  "\xee\x80\x80" /* U+E000 */
#define TAG_CLOSE "\xee\x80\x81" /* U+E001 */

/* A line while it is being put together: text, or one standalone section tag. */
struct line {
    struct buf text;
    size_t tag; /* BODY_NO_TAG: text */
    const char *file;
    int number;
};

struct assembly {
    struct body *body;
    const struct body_options *options;
    struct line *lines;
    size_t count, cap;
    bool fresh;                            /* the next piece begins a new line */
    const char *inside[PARTIAL_DEPTH_MAX]; /* partials we are in, for cycles */
    size_t depth;
    size_t open_sections;
    size_t bytes;
};

static const char *keep_file(struct body *b, const char *name)
{
    b->files = xreallocarray(b->files, b->file_count + 1, sizeof *b->files);
    return b->files[b->file_count++] = xstrdup(name);
}

static struct line *add_line(struct assembly *a, const struct place *at, size_t tag)
{
    if (a->count == a->cap) {
        a->cap = a->cap == 0 ? 64 : a->cap * 2;
        a->lines = xreallocarray(a->lines, a->cap, sizeof *a->lines);
    }
    a->lines[a->count] = (struct line){.tag = tag, .file = at->file, .number = at->line};
    return &a->lines[a->count++];
}

static struct line *current_line(struct assembly *a, const struct place *at)
{
    if (a->fresh)
        add_line(a, at, BODY_NO_TAG);
    a->fresh = false;
    return &a->lines[a->count - 1];
}

static void add_text(struct assembly *a, const struct token *t)
{
    struct place at = t->place;
    const char *from = t->text, *end = t->text + t->len;
    while (from < end) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        const char *stop = newline != NULL ? newline : end;
        buf_put(&current_line(a, &at)->text, from, (size_t)(stop - from));
        a->fresh = newline != NULL;
        at.line++;
        from = newline != NULL ? newline + 1 : end;
    }
}

static int count_columns(const char *text, size_t len)
{
    int columns = 0;
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            columns++;
    return columns;
}

static void put_placeholder(struct buf *out, size_t index)
{
    buf_printf(out, TAG_OPEN "%zu" TAG_CLOSE, index);
}

static int add_tag(struct assembly *a, const struct token *t, size_t *out_index, struct error *err)
{
    struct body *b = a->body;
    struct expression *e = NULL;
    int rc = 0;
    if (b->tag_count == TAGS_MAX)
        return place_fail(&t->place, ERR_CONFIG, err, "a letter may have at most %d tags",
                          TAGS_MAX);
    a->open_sections += t->kind == TOKEN_SECTION || t->kind == TOKEN_INVERTED ? 1 : 0;
    a->open_sections -= t->kind == TOKEN_END ? 1 : 0;
    if (a->open_sections > SCAN_DEPTH_MAX)
        return place_fail(&t->place, ERR_CONFIG, err, "sections are nested more than %d deep",
                          SCAN_DEPTH_MAX);
    if (memchr(t->source, '\n', t->source_len) != NULL)
        return place_fail(&t->place, ERR_CONFIG, err, "write this tag on one line");
    if (t->kind == TOKEN_VALUE)
        rc = expression_parse(t->text, t->len, &t->place, true, &e, err);
    else if (t->kind != TOKEN_END)
        rc = expression_parse_section(t->text, t->len, &t->place, true, &e, err);
    if (rc < 0)
        return rc;
    b->tags = xreallocarray(b->tags, b->tag_count + 1, sizeof *b->tags);
    b->tags[b->tag_count] = (struct body_tag){
        .kind = t->kind,
        .expression = e,
        .place = t->place,
        .own_line = BODY_NO_TAG,
        .columns = t->standalone ? 0 : count_columns(t->source, t->source_len),
    };
    *out_index = b->tag_count++;
    return 0;
}

static void place_tag(struct assembly *a, const struct token *t, size_t index)
{
    if (!t->standalone) {
        put_placeholder(&current_line(a, &t->place)->text, index);
        return;
    }
    struct line *line = add_line(a, &t->place, index);
    a->body->tags[index].own_line = a->count - 1;
    buf_put(&line->text, t->indent, t->indent_len);
    a->fresh = true;
}

static int assemble(struct assembly *a, const char *source, size_t len,
                    const struct scan_options *scan, struct error *err);

static int check_partial(const struct assembly *a, const struct token *t, const char *name,
                         struct error *err)
{
    for (const char *p = name; *p != '\0'; p++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", *p) == NULL)
            return place_fail(&t->place, ERR_CONFIG, err,
                              "\"%s\" is no name of a partial: use a-z, 0-9, _ and -", name);
    if (!t->standalone)
        return place_fail(&t->place, ERR_CONFIG, err, "write {{> %s}} alone on its line", name);
    for (size_t i = 0; i < a->depth; i++)
        if (strcmp(a->inside[i], name) == 0)
            return place_fail(&t->place, ERR_CONFIG, err, "the partial \"%s\" contains itself",
                              name);
    if (a->depth == PARTIAL_DEPTH_MAX)
        return place_fail(&t->place, ERR_CONFIG, err, "partials are nested more than %d deep",
                          PARTIAL_DEPTH_MAX);
    return 0;
}

static int read_partial(struct assembly *a, const struct token *t, const char *path,
                        const char *name, struct error *err)
{
    struct buf text = {0};
    struct error why = {0};
    int rc = file_read_path(path, PARTIAL_SIZE_MAX, &text, &why);
    if (rc == ERR_NOT_FOUND)
        rc = place_fail(&t->place, ERR_CONFIG, err,
                        "there is no partial \"%s\" in this language: write %s", name, path);
    else if (rc < 0)
        rc = place_fail(&t->place, ERR_CONFIG, err, "%s", why.text);
    else if (!utf8_valid(buf_text(&text), text.len) || strlen(buf_text(&text)) != text.len)
        rc = error_set(err, ERR_CONFIG, "%s: this file is not UTF-8 text", path);
    if (rc == 0) {
        struct scan_options scan = {
            .file = keep_file(a->body, path), .letter = true, .prose = true, .section_ids = true};
        a->inside[a->depth++] = name;
        rc = assemble(a, buf_text(&text), text.len, &scan, err);
        a->depth--;
    }
    buf_free(&text);
    return rc;
}

static int include_partial(struct assembly *a, const struct token *t, struct error *err)
{
    char *name = xstrndup(t->text, t->len);
    int rc = check_partial(a, t, name, err);
    if (rc == 0) {
        struct buf file = {0};
        buf_printf(&file, "%s.%s.md", name, a->options->language);
        char *path = file_join(a->options->partials, buf_text(&file));
        rc = read_partial(a, t, path, name, err);
        a->fresh = true;
        free(path);
        buf_free(&file);
    }
    free(name);
    return rc;
}

static int assemble_token(struct assembly *a, const struct token *t, size_t *out_tag,
                          struct error *err)
{
    int rc = 0;
    a->bytes += t->kind == TOKEN_TEXT ? t->len : 16;
    if (a->bytes > TEXT_MAX)
        return place_fail(&t->place, ERR_CONFIG, err, "this letter is too large with its partials");
    switch (t->kind) {
    case TOKEN_TEXT:
        add_text(a, t);
        return 0;
    case TOKEN_VALUE:
    case TOKEN_SECTION:
    case TOKEN_INVERTED:
    case TOKEN_END:
        rc = add_tag(a, t, out_tag, err);
        if (rc == 0)
            place_tag(a, t, *out_tag);
        return rc;
    case TOKEN_PARTIAL:
        return include_partial(a, t, err);
    case TOKEN_COMMENT:
    case TOKEN_RAW:
    case TOKEN_DELIMITERS:
        return 0;
    }
    return 0;
}

static int assemble(struct assembly *a, const char *source, size_t len,
                    const struct scan_options *scan, struct error *err)
{
    struct token *tokens;
    size_t count;
    int rc = scan_source(source, len, scan, &tokens, &count, err);
    if (rc < 0)
        return rc;
    size_t *tags = xcalloc(count + 1, sizeof *tags);
    a->fresh = true;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = assemble_token(a, &tokens[i], &tags[i], err);
        if (rc == 0 && tokens[i].kind == TOKEN_END) {
            size_t begin = tags[tokens[i].pair];
            a->body->tags[begin].pair = tags[i];
            a->body->tags[tags[i]].pair = begin;
        }
    }
    free(tags);
    free(tokens);
    return rc;
}

/* ---- which standalone sections belong to a paragraph ---- */

static bool is_blank_line(const struct line *l)
{
    return l->tag == BODY_NO_TAG && strspn(buf_text(&l->text), " \t\r") == l->text.len;
}

/* Does Markdown begin something other than a running paragraph here: heading, list, quote, rule? */
static bool begins_block(const struct line *l)
{
    const char *p = buf_text(&l->text) + strspn(buf_text(&l->text), " \t");
    if (*p == '#' || *p == '>' || text_starts_with(p, "---") || text_starts_with(p, "***"))
        return true;
    if ((*p == '-' || *p == '*' || *p == '+') && (p[1] == ' ' || p[1] == '\0'))
        return true;
    size_t digits = strspn(p, "0123456789");
    return digits > 0 && (p[digits] == '.' || p[digits] == ')') && p[digits + 1] == ' ';
}

/* A line that ends what it begins: text behind it is a new paragraph. */
static bool is_closed_line(const struct line *l)
{
    const char *p = buf_text(&l->text) + strspn(buf_text(&l->text), " \t");
    return *p == '#' || text_starts_with(p, "---") || text_starts_with(p, "***");
}

/* Line of the other end of the section tag that stands on line i, BODY_NO_TAG if it has none of its
 * own. */
static size_t line_of_pair(const struct assembly *a, size_t i)
{
    return a->body->tags[a->body->tags[a->lines[i].tag].pair].own_line;
}

/* Is there running text directly before line `open`, looking over whole sections? */
static bool text_before(const struct assembly *a, size_t from, size_t open)
{
    for (size_t k = open; k > from; k--) {
        const struct line *l = &a->lines[k - 1];
        if (l->tag == BODY_NO_TAG)
            return !is_blank_line(l) && !is_closed_line(l);
        if (a->body->tags[l->tag].kind != TOKEN_END || line_of_pair(a, k - 1) == BODY_NO_TAG)
            return false;
        k = line_of_pair(a, k - 1) + 1;
    }
    return false;
}

static bool text_behind(const struct assembly *a, size_t close, size_t to)
{
    for (size_t k = close + 1; k < to; k++) {
        const struct line *l = &a->lines[k];
        if (l->tag == BODY_NO_TAG)
            return !is_blank_line(l) && !begins_block(l);
        if (a->body->tags[l->tag].kind == TOKEN_END || line_of_pair(a, k) == BODY_NO_TAG)
            return false;
        k = line_of_pair(a, k);
    }
    return false;
}

static bool holds_plain_text(const struct assembly *a, size_t open, size_t close)
{
    for (size_t k = open + 1; k < close; k++)
        if (a->lines[k].tag == BODY_NO_TAG &&
            (is_blank_line(&a->lines[k]) || begins_block(&a->lines[k])))
            return false;
    return true;
}

/* Decides for the sections whose tags stand on lines from <= i < to; those within a paragraph's are
 * its too. */
static void decide_blocks(struct assembly *a, size_t from, size_t to, bool paragraph)
{
    for (size_t i = from; i < to; i++) {
        size_t tag = a->lines[i].tag;
        if (tag == BODY_NO_TAG)
            continue;
        size_t close = line_of_pair(a, i);
        bool whole = close != BODY_NO_TAG && a->body->tags[tag].kind != TOKEN_END;
        bool inside =
            whole && (paragraph || (holds_plain_text(a, i, close) &&
                                    (text_before(a, from, i) || text_behind(a, close, to))));
        a->body->tags[tag].block = !inside;
        if (!whole)
            continue;
        a->body->tags[a->lines[close].tag].block = !inside;
        decide_blocks(a, i + 1, close, inside);
        i = close;
    }
}

/* ---- writing the text ---- */

static void begin_output_line(struct body *b, const struct line *l)
{
    if ((b->line_count & (b->line_count - 1)) == 0)
        b->lines =
            xreallocarray(b->lines, b->line_count == 0 ? 1 : b->line_count * 2, sizeof *b->lines);
    b->lines[b->line_count++] =
        (struct body_line){.file = l->file, .line = l->number, .start = b->text.len};
}

static void write_text_line(struct body *b, const struct line *l, struct buf *pending)
{
    const char *text = buf_text(&l->text);
    size_t len = l->text.len, blanks = strspn(text, " \t");
    if (len > 0 && text[len - 1] == '\r')
        len--;
    begin_output_line(b, l);
    if (blanks > len)
        blanks = len;
    buf_put(&b->text, text, blanks);
    buf_put(&b->text, buf_text(pending), pending->len);
    buf_put(&b->text, text + blanks, len - blanks);
    buf_putc(&b->text, '\n');
    buf_reset(pending);
}

/* Ends of sections that no text follows go back to the end of the line before. */
static void flush_pending(struct body *b, struct buf *pending)
{
    if (pending->len == 0)
        return;
    if (b->text.len > 0)
        buf_truncate(&b->text, b->text.len - 1);
    buf_put(&b->text, buf_text(pending), pending->len);
    buf_putc(&b->text, '\n');
    buf_reset(pending);
}

static void write_empty_line(struct body *b, const struct line *l)
{
    begin_output_line(b, l);
    buf_putc(&b->text, '\n');
}

static void write_block_tag(struct assembly *a, size_t i)
{
    struct body *b = a->body;
    const struct line *l = &a->lines[i];
    struct body_tag *tag = &b->tags[l->tag];
    tag->tight_before = i > 0 && !is_blank_line(&a->lines[i - 1]);
    tag->tight_after = i + 1 < a->count && !is_blank_line(&a->lines[i + 1]);
    write_empty_line(b, l);
    begin_output_line(b, l);
    buf_put(&b->text, buf_text(&l->text), l->text.len);
    put_placeholder(&b->text, l->tag);
    buf_putc(&b->text, '\n');
    write_empty_line(b, l);
}

static void write_lines(struct assembly *a)
{
    struct buf pending = {0};
    for (size_t i = 0; i < a->count; i++) {
        const struct line *l = &a->lines[i];
        bool tag = l->tag != BODY_NO_TAG, block = tag && a->body->tags[l->tag].block;
        if (tag && !block) {
            put_placeholder(&pending, l->tag);
            continue;
        }
        if (block || is_blank_line(l) || begins_block(l))
            flush_pending(a->body, &pending);
        if (block)
            write_block_tag(a, i);
        else
            write_text_line(a->body, l, &pending);
    }
    flush_pending(a->body, &pending);
    buf_free(&pending);
}

int body_prepare(const char *source, size_t len, const struct body_options *options,
                 struct body *out, struct error *err)
{
    struct assembly a = {.body = out, .options = options};
    *out = (struct body){0};
    struct scan_options scan = {.file = keep_file(out, options->file),
                                .first_line = options->first_line,
                                .letter = true,
                                .prose = true,
                                .section_ids = true};
    int rc = assemble(&a, source, len, &scan, err);
    if (rc == 0) {
        decide_blocks(&a, 0, a.count, false);
        write_lines(&a);
    }
    for (size_t i = 0; i < a.count; i++)
        buf_free(&a.lines[i].text);
    free(a.lines);
    return rc;
}

void body_free(struct body *b)
{
    for (size_t i = 0; i < b->tag_count; i++)
        expression_free(b->tags[i].expression);
    for (size_t i = 0; i < b->file_count; i++)
        free(b->files[i]);
    free(b->files);
    free(b->tags);
    free(b->lines);
    buf_free(&b->text);
    *b = (struct body){0};
}

size_t body_find_tag(const struct body *b, const char *text, const char **out_start,
                     const char **out_end)
{
    const char *start = text;
    while ((start = strstr(start, TAG_OPEN)) != NULL) {
        char *end;
        unsigned long index = strtoul(start + strlen(TAG_OPEN), &end, 10);
        if (index < b->tag_count && text_starts_with(end, TAG_CLOSE)) {
            *out_start = start;
            *out_end = end + strlen(TAG_CLOSE);
            return index;
        }
        start += strlen(TAG_OPEN);
    }
    return BODY_NO_TAG;
}

struct place body_place(const struct body *b, int line, int byte_column)
{
    if (b->line_count == 0)
        return (struct place){b->files[0], 1, 1};
    size_t index = line > 0 && (size_t)line <= b->line_count ? (size_t)line - 1 : b->line_count - 1;
    const struct body_line *l = &b->lines[index];
    struct place at = {l->file, l->line, 1};
    const char *p = buf_text(&b->text) + l->start,
               *target = p + (byte_column > 0 ? byte_column - 1 : 0);
    while (p < target && *p != '\n' && *p != '\0') {
        const char *start = p, *end = p;
        size_t tag =
            text_starts_with(p, TAG_OPEN) ? body_find_tag(b, p, &start, &end) : BODY_NO_TAG;
        if (tag != BODY_NO_TAG && start == p) {
            at.column += b->tags[tag].columns;
            p = end;
        } else {
            at.column += ((unsigned char)*p & 0xc0) != 0x80;
            p++;
        }
    }
    return at;
}
