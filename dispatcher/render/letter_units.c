#include "render/letter_units.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/yaml.h"

struct splitter {
    struct units *out;
    const char *text;
    size_t len;
    char section[128];
    size_t number; /* of the last paragraph or item of the section */
    bool open;     /* the last unit may go on on the next line */
};

static struct unit *add_unit(struct splitter *s, enum unit_kind kind, size_t start, size_t end)
{
    struct units *u = s->out;
    u->items = xreallocarray(u->items, u->count + 1, sizeof(*u->items));
    struct unit *unit = &u->items[u->count++];
    *unit = (struct unit){.kind = kind, .start = start, .end = end, .plain_start = start};
    return unit;
}

/* ---- masking ---- */

static size_t tag_length(const char *text, size_t len)
{
    const char *end = memmem(text, len, "}}", 2);
    return end != NULL ? (size_t)(end - text) + 2 : len;
}

/* Behind {{: a tag that puts no words. */
static bool is_silent(char sign)
{
    return sign == '#' || sign == '^' || sign == '/' || sign == '!' || sign == '>';
}

static void mask_tags(char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (text[i] != '{' || text[i + 1] != '{')
            continue;
        size_t tag = tag_length(text + i, len - i);
        bool silent = tag > 2 && is_silent(text[i + 2]);
        memset(text + i, silent ? UNIT_NOTHING : UNIT_VALUE, tag);
        i += tag - 1;
    }
}

/* Blanks of any width that keep words together are blanks all the same. */
static void blank_spaces(char *plain)
{
    static const char *const spaces[] = {"\xc2\xa0", "\xe2\x80\xaf"};
    for (size_t i = 0; i < COUNT_OF(spaces); i++)
        for (char *p = plain; (p = strstr(p, spaces[i])) != NULL;)
            memset(p, ' ', strlen(spaces[i]));
}

static bool has_words(const char *plain, size_t len)
{
    const char *at = plain, *end = plain + len;
    while (at < end) {
        uint32_t c = utf8_next(&at, end);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c < 0x2000) ||
            (c >= 0x3040 && c < 0xe000))
            return true;
    }
    return false;
}

/* What follows a backslash belongs to it; only a quotation mark is a character of the text. */
static void blank_escapes(char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (text[i] != '\\')
            continue;
        text[i] = ' ';
        text[i + 1] = text[i + 1] == '"' ? '"' : ' ';
        i++;
    }
}

static void finish_unit(struct splitter *s, struct unit *unit, size_t plain_end)
{
    unit->plain_len = plain_end - unit->plain_start;
    unit->plain = xstrndup(s->text + unit->plain_start, unit->plain_len);
    for (size_t i = 0; i < unit->plain_len; i++)
        if (unit->plain[i] == '\n' || unit->plain[i] == '\t')
            unit->plain[i] = ' ';
    blank_spaces(unit->plain);
    mask_tags(unit->plain, unit->plain_len);
    if (unit->kind == UNIT_FIELD && s->text[unit->start] == '"')
        blank_escapes(unit->plain, unit->plain_len);
    unit->words = has_words(unit->plain, unit->plain_len);
}

/* ---- front matter ---- */

static size_t line_end(const struct splitter *s, size_t at)
{
    const char *newline = memchr(s->text + at, '\n', s->len - at);
    return newline != NULL ? (size_t)(newline - s->text) : s->len;
}

static size_t offset_of(const struct splitter *s, int line, int column)
{
    size_t at = 0;
    for (int i = 1; i < line && at < s->len; i++)
        at = line_end(s, at) + 1;
    const char *p = s->text + (at < s->len ? at : s->len), *end = s->text + s->len;
    for (int i = 1; i < column && p < end && *p != '\n'; i++)
        utf8_next(&p, end);
    return (size_t)(p - s->text);
}

/* Behind the closing quotation mark. */
static size_t quoted_end(const struct splitter *s, size_t start)
{
    char quote = s->text[start];
    size_t at = start + 1;
    while (at < s->len && s->text[at] != quote) {
        bool twice = quote == '\'' && at + 2 < s->len && memcmp(s->text + at, "''", 2) == 0;
        at += (quote == '"' && s->text[at] == '\\') || twice ? 2 : 1;
    }
    return at < s->len ? at + 1 : s->len;
}

/* A block (| or >): up to the next line that is indented less than its first one. */
static size_t block_end(const struct splitter *s, size_t start)
{
    size_t end = line_end(s, start), indent = 0;
    while (end + 1 < s->len) {
        size_t blanks = strspn(s->text + end + 1, " ");
        bool empty = s->text[end + 1 + blanks] == '\n';
        if (!empty && (blanks == 0 || blanks < indent))
            break;
        indent = indent == 0 && !empty ? blanks : indent;
        end = line_end(s, end + 1);
    }
    return end;
}

/* As it is read, but for the blanks where it goes on on the next line. */
static size_t plain_scalar_end(const struct splitter *s, size_t start, const char *text)
{
    size_t at = start;
    for (; *text != '\0' && at < s->len; text++)
        at += *text == ' ' || *text == '\n' ? strspn(s->text + at, " \t\n") : 1;
    return at;
}

static void add_value(struct splitter *s, const struct yaml_node *node, const char *id,
                      const char *section)
{
    size_t start = offset_of(s, node->line, node->column), end, plain_end;
    char first = start < s->len ? s->text[start] : '\0';
    struct unit *unit = add_unit(s, UNIT_FIELD, start, start);
    if (first == '"' || first == '\'') {
        end = quoted_end(s, start);
        unit->plain_start = start + 1;
        plain_end = end > start + 1 ? end - 1 : start + 1;
    } else if (node->quoted) {
        end = plain_end = block_end(s, start);
        size_t line = line_end(s, start);
        unit->plain_start = line < plain_end ? line : plain_end;
    } else {
        end = plain_end = plain_scalar_end(s, start, node->text);
    }
    unit->end = end;
    unit->id = xstrdup(id);
    unit->section = xstrdup(section);
    unit->text = xstrdup(node->text);
    finish_unit(s, unit, plain_end);
}

/* Returns where the body begins. */
static size_t split_front(struct splitter *s)
{
    struct yaml_node *root;
    if (!text_starts_with(s->text, "---\n"))
        return 0;
    const char *from = s->text + 4;
    const char *end = text_starts_with(from, "---\n") ? from - 1 : strstr(from, "\n---\n");
    if (end == NULL)
        return 0;
    if (yaml_parse(from, (size_t)(end + 1 - from), s->out->path, 2, &root, NULL) == 0) {
        for (size_t i = 0; root->kind == YAML_MAP && i < root->count; i++)
            if (root->items[i]->kind == YAML_SCALAR)
                add_value(s, root->items[i], root->items[i]->key, root->items[i]->key);
        yaml_free(root);
    }
    return (size_t)(end - s->text) + strlen("\n---\n");
}

/* ---- body ---- */

/* One line of the body. */
struct line {
    size_t start, end; /* without blanks at either side */
};

static bool stands_alone(const struct splitter *s, const struct line *l)
{
    const char *at = s->text + l->start;
    size_t len = l->end - l->start;
    return len > 4 && memcmp(at, "{{", 2) == 0 && is_silent(at[2]) && tag_length(at, len) == len;
}

static bool is_rule(const struct splitter *s, const struct line *l)
{
    const char *at = s->text + l->start;
    size_t len = l->end - l->start;
    return len >= 3 && strchr("-*_", at[0]) != NULL && strspn(at, (char[]){at[0], ' ', 0}) >= len;
}

/* The length of "## ", "- ", "12. " or "> " at the beginning of the line, 0 without it. */
static size_t marker_length(const struct splitter *s, const struct line *l, const char *signs)
{
    const char *at = s->text + l->start;
    size_t len = strspn(at, signs);
    if (strcmp(signs, "0123456789") == 0 && len > 0)
        len = at[len] == '.' || at[len] == ')' ? len + 1 : 0;
    else if (strcmp(signs, "-*+") == 0 && len > 1)
        return 0;
    if (len == 0 || l->start + len >= l->end || at[len] != ' ')
        return 0;
    return len + strspn(at + len, " ");
}

static void name_unit(struct splitter *s, struct unit *unit, size_t number)
{
    struct buf id = {0};
    buf_printf(&id, "%s/%zu", s->section, number);
    unit->id = buf_steal(&id);
    unit->section = xstrdup(s->section);
}

static void add_heading(struct splitter *s, struct line l, size_t marker)
{
    l.start += marker;
    const char *at = s->text + l.start;
    const char *id = memmem(at, l.end - l.start, "{#", 2);
    s->section[0] = '\0';
    s->number = 0;
    if (id != NULL) {
        size_t len = strcspn(id + 2, "}\n");
        snprintf(s->section, sizeof(s->section), "%.*s", (int)len, id + 2);
        l.end = (size_t)(id - s->text);
    }
    while (l.end > l.start && s->text[l.end - 1] == ' ')
        l.end--;
    name_unit(s, add_unit(s, UNIT_HEADING, l.start, l.end), 0);
    s->open = false;
}

static void add_block(struct splitter *s, enum unit_kind kind, size_t start, size_t end)
{
    name_unit(s, add_unit(s, kind, start, end), ++s->number);
    s->open = true;
}

static void split_line(struct splitter *s, struct line l)
{
    size_t heading, bullet, number, quote;
    if (l.start == l.end || stands_alone(s, &l) || is_rule(s, &l)) {
        s->open = false;
        return;
    }
    heading = marker_length(s, &l, "#");
    bullet = marker_length(s, &l, "-*+");
    number = marker_length(s, &l, "0123456789");
    quote = marker_length(s, &l, ">");
    if (heading > 0)
        add_heading(s, l, heading);
    else if (bullet + number > 0)
        add_block(s, UNIT_ITEM, l.start + bullet + number, l.end);
    else if (quote > 0)
        add_block(s, UNIT_PARAGRAPH, l.start + quote, l.end);
    else if (s->open)
        s->out->items[s->out->count - 1].end = l.end;
    else
        add_block(s, UNIT_PARAGRAPH, l.start, l.end);
}

static void split_body(struct splitter *s, size_t from)
{
    while (from < s->len) {
        size_t end = line_end(s, from);
        struct line l = {from, end};
        while (l.start < l.end && strchr(" \t", s->text[l.start]) != NULL)
            l.start++;
        while (l.end > l.start && strchr(" \t", s->text[l.end - 1]) != NULL)
            l.end--;
        split_line(s, l);
        from = end + 1;
    }
}

/* On one line, one blank where the source goes on over the next. */
static char *joined(const char *text, size_t len)
{
    struct buf out = {0};
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n') {
            buf_putc(&out, text[i]);
            continue;
        }
        while (out.len > 0 && out.data[out.len - 1] == ' ')
            buf_truncate(&out, out.len - 1);
        buf_putc(&out, ' ');
        while (i + 1 < len && (text[i + 1] == ' ' || text[i + 1] == '\t'))
            i++;
    }
    return buf_steal(&out);
}

void units_open(const char *source, size_t len, const char *path, struct units *out)
{
    *out = (struct units){.path = xstrdup(path)};
    buf_put(&out->source, source, len);
}

void units_add_value(struct units *u, const struct yaml_node *node, const char *id,
                     const char *section)
{
    struct splitter s = {.out = u, .text = buf_text(&u->source), .len = u->source.len};
    add_value(&s, node, id, section);
}

void units_split(const char *source, size_t len, const char *path, struct units *out)
{
    units_open(source, len, path, out);
    struct splitter s = {.out = out, .text = buf_text(&out->source), .len = len};
    split_body(&s, split_front(&s));
    for (size_t i = 0; i < out->count; i++) {
        struct unit *unit = &out->items[i];
        if (unit->kind == UNIT_FIELD)
            continue;
        unit->text = joined(s.text + unit->start, unit->end - unit->start);
        finish_unit(&s, unit, unit->end);
    }
}

void units_free(struct units *u)
{
    for (size_t i = 0; i < u->count; i++) {
        free(u->items[i].id);
        free(u->items[i].section);
        free(u->items[i].text);
        free(u->items[i].plain);
    }
    free(u->items);
    free(u->path);
    buf_free(&u->source);
    *u = (struct units){0};
}

const struct unit *units_find(const struct units *u, const char *id)
{
    for (size_t i = 0; i < u->count; i++)
        if (strcmp(u->items[i].id, id) == 0)
            return &u->items[i];
    return NULL;
}

struct place units_place(const struct units *u, const struct unit *unit, size_t offset)
{
    struct place at = {u->path, 1, 1};
    const char *text = buf_text(&u->source);
    size_t stop = unit->plain_start + offset;
    for (size_t i = 0; i < stop && i < u->source.len; i++) {
        if (text[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

/* FNV-1a, 64 bits: a change is to be noticed, not an attack. */
void unit_hash(const struct unit *unit, char out[UNIT_HASH_SIZE])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    bool gap = false;
    for (const char *p = unit->text; *p != '\0'; p++) {
        if (*p == ' ' || *p == '\n') {
            gap = true;
            continue;
        }
        if (gap)
            hash = (hash ^ ' ') * UINT64_C(1099511628211);
        gap = false;
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    }
    snprintf(out, UNIT_HASH_SIZE, "%016llx", (unsigned long long)hash);
}
