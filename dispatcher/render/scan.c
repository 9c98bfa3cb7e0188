#include "render/scan.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define DELIMITER_MAX 16
#define SHOWN_MAX     60

struct scanner {
    const struct scan_options *options;
    const char *source, *end;
    const char *at; /* everything before it is in tokens */
    char open[DELIMITER_MAX + 1], close[DELIMITER_MAX + 1];
    /* a place that has been counted already, so that counting stays linear */
    const char *counted;
    struct place place;
    struct token *tokens;
    size_t count, cap;
    size_t sections[SCAN_DEPTH_MAX]; /* tokens of the sections open now */
    size_t depth;
};

/* A tag while it is being read. */
struct tag {
    const char *start, *end;     /* delimiters included */
    const char *text, *text_end; /* between sign and closing delimiter */
    enum token_kind kind;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

/* Lines and columns are counted forward only: callers ask for rising places. */
static struct place place_of(struct scanner *s, const char *target)
{
    for (; s->counted < target; s->counted++) {
        if (*s->counted == '\n') {
            s->place.line++;
            s->place.column = 1;
        } else if (((unsigned char)*s->counted & 0xc0) != 0x80) {
            s->place.column++;
        }
    }
    return s->place;
}

static const char *find(const char *from, const char *end, const char *what)
{
    return from != NULL && from < end ? memmem(from, (size_t)(end - from), what, strlen(what))
                                      : NULL;
}

static struct token *add_token(struct scanner *s, enum token_kind kind, const char *text,
                               size_t len)
{
    if (s->count == s->cap) {
        s->cap = s->cap == 0 ? 32 : s->cap * 2;
        s->tokens = xreallocarray(s->tokens, s->cap, sizeof *s->tokens);
    }
    struct token *t = &s->tokens[s->count++];
    *t = (struct token){.kind = kind, .text = text, .len = len};
    return t;
}

static enum token_kind kind_of_sign(char sign)
{
    static const struct {
        char sign;
        enum token_kind kind;
    } signs[] = {
        {'#', TOKEN_SECTION}, {'^', TOKEN_INVERTED}, {'/', TOKEN_END},        {'>', TOKEN_PARTIAL},
        {'!', TOKEN_COMMENT}, {'&', TOKEN_RAW},      {'=', TOKEN_DELIMITERS}, {'{', TOKEN_RAW},
    };
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (signs[i].sign == sign)
            return signs[i].kind;
    return TOKEN_VALUE;
}

/* "{{nature} and ... {{course}}": the } belongs to this tag, the }} to another. */
static bool has_lost_brace(const char *inside, const char *end)
{
    const char *brace = memchr(inside, '}', (size_t)(end - inside));
    for (const char *p = inside; brace != NULL && p < brace; p++)
        if (*p == '\n' || *p == '"') /* another line; a } between quotation marks is a word */
            return false;
    return brace != NULL;
}

/* Finds where the tag that opens at `start` ends, and what kind it is. */
static int read_tag(struct scanner *s, const char *start, struct tag *out, struct error *err)
{
    const char *inside = start + strlen(s->open);
    char close[DELIMITER_MAX + 3];
    snprintf(close, sizeof close, "%s", s->close);
    while (inside < s->end && is_space(*inside))
        inside++;
    enum token_kind kind = inside < s->end ? kind_of_sign(*inside) : TOKEN_VALUE;
    if (kind == TOKEN_RAW && *inside == '{')
        snprintf(close, sizeof close, "}%s", s->close);
    if (kind == TOKEN_DELIMITERS)
        snprintf(close, sizeof close, "=%s", s->close);
    if (kind != TOKEN_VALUE)
        inside++;
    const char *end = find(inside, s->end, close);
    if (s->options->prose && kind != TOKEN_COMMENT && kind != TOKEN_RAW &&
        has_lost_brace(inside, end != NULL ? end : s->end)) {
        struct place at = place_of(s, start);
        return place_fail(&at, ERR_CONFIG, err, "this tag is closed by one brace only: write }}");
    }
    if (end == NULL) {
        struct place at = place_of(s, start);
        return place_fail(&at, ERR_CONFIG, err, "this tag is never closed: write %s behind it",
                          close);
    }
    *out = (struct tag){
        .start = start, .end = end + strlen(close), .text = inside, .text_end = end, .kind = kind};
    return 0;
}

/* Alone on its line: only blanks before and behind. Sets what the line takes with it. */
static bool stands_alone(const struct scanner *s, const struct tag *tag, const char **out_line,
                         const char **out_next)
{
    if (tag->kind == TOKEN_VALUE || tag->kind == TOKEN_RAW)
        return false;
    const char *line = tag->start, *next = tag->end;
    assert(next != NULL);
    while (line > s->source && is_blank(line[-1]))
        line--;
    if (line > s->source && line[-1] != '\n')
        return false;
    while (next < s->end && is_blank(*next))
        next++;
    if (next + 1 < s->end && next[0] == '\r' && next[1] == '\n')
        next++;
    if (next < s->end && *next != '\n')
        return false;
    *out_line = line;
    *out_next = next < s->end ? next + 1 : next;
    return true;
}

static int set_delimiters(struct scanner *s, const struct token *t, struct error *err)
{
    const char *end = t->text + t->len, *p = t->text;
    while (p < end && !is_space(*p))
        p++;
    const char *second = p;
    while (second < end && is_space(*second))
        second++;
    size_t open = (size_t)(p - t->text), close = (size_t)(end - second);
    bool clean = open > 0 && close > 0 && open <= DELIMITER_MAX && close <= DELIMITER_MAX &&
                 memchr(t->text, '=', t->len) == NULL;
    for (p = second; clean && p < end; p++)
        clean = !is_space(*p);
    if (!clean)
        return place_fail(
            &t->place, ERR_CONFIG, err,
            "new delimiters are written {{=<%% %%>=}}: two words of at most %d bytes without =",
            DELIMITER_MAX);
    snprintf(s->open, sizeof s->open, "%.*s", (int)open, t->text);
    snprintf(s->close, sizeof s->close, "%.*s", (int)close, second);
    return 0;
}

static int open_section(struct scanner *s, struct error *err)
{
    const struct token *t = &s->tokens[s->count - 1];
    if (s->depth == SCAN_DEPTH_MAX)
        return place_fail(&t->place, ERR_CONFIG, err,
                          "sections are nested more than %d deep: use fewer levels",
                          SCAN_DEPTH_MAX);
    s->sections[s->depth++] = s->count - 1;
    return 0;
}

static int close_section(struct scanner *s, struct error *err)
{
    struct token *t = &s->tokens[s->count - 1];
    if (s->depth == 0)
        return place_fail(&t->place, ERR_CONFIG, err,
                          "{{/%.*s}} closes a section that was never opened: remove it or write "
                          "{{#%.*s}} before it",
                          (int)t->len, t->text, (int)t->len, t->text);
    size_t index = s->sections[--s->depth];
    struct token *begin = &s->tokens[index];
    if (begin->len != t->len || memcmp(begin->text, t->text, t->len) != 0)
        return place_fail(
            &t->place, ERR_CONFIG, err,
            "{{/%.*s}} stands here, but the section open is {{%c%.*s}} of line %d: close "
            "that one first",
            (int)t->len, t->text, begin->kind == TOKEN_SECTION ? '#' : '^', (int)begin->len,
            begin->text, begin->place.line);
    begin->pair = s->count - 1;
    t->pair = index;
    return 0;
}

/* A note that was never closed ends at the next tag's }} and takes the text up to there along. */
static int check_note(const struct scanner *s, const struct token *t, struct error *err)
{
    bool swallows = t->len >= 2 && memmem(t->text, t->len, "{{", 2) != NULL;
    bool runs_on = s->options->prose && memchr(t->source, '\n', t->source_len) != NULL;
    if (t->kind == TOKEN_COMMENT && (swallows || runs_on))
        return place_fail(&t->place, ERR_CONFIG, err,
                          "this note is not closed; write }} behind it, on the same line");
    return 0;
}

static int check_dialect(const struct scanner *s, const struct token *t, struct error *err)
{
    bool content = t->len == 7 && memcmp(t->text, "content", 7) == 0;
    if (t->len == 0 && t->kind != TOKEN_COMMENT && t->kind != TOKEN_DELIMITERS)
        return place_fail(&t->place, ERR_CONFIG, err,
                          "this tag has no name: write one between its braces");
    if (t->kind == TOKEN_VALUE && (*t->text == '<' || *t->text == '$'))
        return place_fail(&t->place, ERR_CONFIG, err,
                          "{{%c ...}} (inheritance) is not supported: use a partial", *t->text);
    if (!s->options->letter)
        return 0;
    if (t->kind == TOKEN_RAW && !(s->options->layout && content))
        return place_fail(
            &t->place, ERR_CONFIG, err,
            "there is no raw output in letters: write {{%.*s}}, it is escaped as its place needs",
            (int)t->len, t->text);
    if (t->kind == TOKEN_DELIMITERS)
        return place_fail(&t->place, ERR_CONFIG, err,
                          "letters cannot change the delimiters of tags: write {{ and }}");
    return check_note(s, t, err);
}

static int add_tag(struct scanner *s, const struct tag *tag, struct error *err)
{
    const char *text = tag->text, *text_end = tag->text_end;
    while (text < text_end && is_space(*text))
        text++;
    while (text_end > text && is_space(text_end[-1]))
        text_end--;
    struct place place = place_of(s, tag->start);
    struct token *t = add_token(s, tag->kind, text, (size_t)(text_end - text));
    t->place = place;
    t->source = tag->start;
    t->source_len = (size_t)(tag->end - tag->start);
    int rc = check_dialect(s, t, err);
    if (rc == 0 && (t->kind == TOKEN_SECTION || t->kind == TOKEN_INVERTED))
        rc = open_section(s, err);
    if (rc == 0 && t->kind == TOKEN_END)
        rc = close_section(s, err);
    if (rc == 0 && t->kind == TOKEN_DELIMITERS)
        rc = set_delimiters(s, t, err);
    return rc;
}

static const char name_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

static size_t name_length(const char *text, const char *end)
{
    size_t len = 0;
    while (text + len < end && strchr(name_characters, text[len]) != NULL && text[len] != '\0')
        len++;
    return len;
}

static int fail_brace(struct scanner *s, const char *brace, const char *end, struct error *err)
{
    struct place at = place_of(s, brace);
    size_t name = name_length(brace + 1, end);
    if (*brace == '}')
        return place_fail(&at, ERR_CONFIG, err,
                          "this } closes no tag: remove it, or write {{ before the name");
    if (name == 0 || name > SHOWN_MAX)
        return place_fail(
            &at, ERR_CONFIG, err,
            "a tag is written with two braces, {{...}}: a single { cannot stand here");
    return place_fail(&at, ERR_CONFIG, err, "a tag is written with two braces: write {{%.*s}}",
                      (int)name, brace + 1);
}

/* A brace that is left over in the words of a letter is a tag somebody mistyped. */
static int check_braces(struct scanner *s, const char *end, struct error *err)
{
    for (const char *p = s->at; p < end; p++) {
        if (*p != '{' && *p != '}')
            continue;
        if (*p == '}' || !s->options->section_ids || p + 1 == end || p[1] != '#')
            return fail_brace(s, p, end, err);
        p += 1 + name_length(p + 2, end);
        p += p + 1 < end && p[1] == '}' ? 1 : 0;
    }
    return 0;
}

static int add_text(struct scanner *s, const char *end, struct error *err)
{
    if (end <= s->at)
        return 0;
    struct place place = place_of(s, s->at);
    add_token(s, TOKEN_TEXT, s->at, (size_t)(end - s->at))->place = place;
    return s->options->prose ? check_braces(s, end, err) : 0;
}

static int scan_tag(struct scanner *s, const char *start, struct error *err)
{
    struct tag tag = {0};
    int rc = read_tag(s, start, &tag, err);
    if (rc < 0)
        return rc;
    const char *line = start, *next = tag.end;
    bool alone = stands_alone(s, &tag, &line, &next);
    rc = add_text(s, line, err);
    if (rc == 0)
        rc = add_tag(s, &tag, err);
    if (rc < 0)
        return rc;
    struct token *t = &s->tokens[s->count - 1];
    t->standalone = alone;
    t->indent = line;
    t->indent_len = (size_t)(start - line);
    s->at = next;
    return 0;
}

static int scan_all(struct scanner *s, struct error *err)
{
    const char *start;
    while ((start = find(s->at, s->end, s->open)) != NULL) {
        int rc = scan_tag(s, start, err);
        if (rc < 0)
            return rc;
    }
    int rc = add_text(s, s->end, err);
    if (rc < 0 || s->depth == 0)
        return rc;
    const struct token *open = &s->tokens[s->sections[s->depth - 1]];
    int shown = open->len < SHOWN_MAX ? (int)open->len : SHOWN_MAX;
    return place_fail(
        &open->place, ERR_CONFIG, err,
        "the section {{%c%.*s}} that opens here is never closed: write {{/%.*s}} behind it",
        open->kind == TOKEN_SECTION ? '#' : '^', shown, open->text, shown, open->text);
}

int scan_source(const char *source, size_t len, const struct scan_options *options,
                struct token **out, size_t *out_count, struct error *err)
{
    struct scanner s = {
        .options = options,
        .source = source,
        .end = source + len,
        .at = source,
        .open = "{{",
        .close = "}}",
        .counted = source,
        .place = {options->file, options->first_line > 0 ? options->first_line : 1,
                  options->first_column > 0 ? options->first_column : 1},
    };
    *out = NULL;
    *out_count = 0;
    if (len > SCAN_SOURCE_MAX)
        return place_fail(&s.place, ERR_CONFIG, err,
                          "a template may have at most %d bytes, this has %zu", SCAN_SOURCE_MAX,
                          len);
    int rc = scan_all(&s, err);
    if (rc < 0) {
        free(s.tokens);
        return rc;
    }
    *out = s.tokens;
    *out_count = s.count;
    return 0;
}
