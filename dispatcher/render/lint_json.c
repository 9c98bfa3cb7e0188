#include "render/lint_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "model/json.h"

#define DEPTH_MAX 64

/* ---- a key written twice ---- */

struct key {
    const char *text; /* with its quotes */
    size_t len, object;
    size_t sections[DEPTH_MAX], section_depth; /* the sections it stands in */
    int line, column;
};

struct scanner {
    const char *at, *end;
    int line, column;
    struct key *keys;
    size_t key_count;
    size_t objects[DEPTH_MAX], depth, opened; /* 0 in the stack: a list */
    size_t sections[DEPTH_MAX], section_depth, sections_opened;
};

static void step(struct scanner *s, size_t bytes)
{
    for (; bytes > 0 && s->at < s->end; bytes--, s->at++) {
        s->column += ((unsigned char)*s->at & 0xc0) != 0x80 ? 1 : 0;
        if (*s->at == '\n') {
            s->line++;
            s->column = 1;
        }
    }
}

static size_t tag_length(const char *at, const char *end)
{
    bool tag = end - at >= 4 && memcmp(at, "{{", 2) == 0;
    const char *close = tag ? memmem(at, (size_t)(end - at), "}}", 2) : NULL;
    return close != NULL ? (size_t)(close - at) + 2 : 0;
}

/* With its quotes; tags within it are skipped whole. */
static size_t string_length(const char *at, const char *end)
{
    const char *p = at + 1;
    while (p < end && *p != '"') {
        size_t tag = tag_length(p, end);
        p += tag > 0 ? tag : *p == '\\' && p + 1 < end ? 2 : 1;
    }
    return (size_t)((p < end ? p + 1 : end) - at);
}

static void open_or_close_section(struct scanner *s)
{
    char sign = s->at[2];
    if (strchr("#^", sign) != NULL && s->section_depth < DEPTH_MAX)
        s->sections[s->section_depth++] = ++s->sections_opened;
    else if (sign == '/' && s->section_depth > 0)
        s->section_depth--;
}

/* Can both stand in one output? Not those of two different sections. */
static bool same_place(const struct key *a, const struct key *b)
{
    size_t depth = a->section_depth < b->section_depth ? a->section_depth : b->section_depth;
    return a->object == b->object && a->len == b->len && memcmp(a->text, b->text, a->len) == 0 &&
           memcmp(a->sections, b->sections, depth * sizeof(*a->sections)) == 0;
}

static const struct key *find_twin(const struct scanner *s, const struct key *key)
{
    for (size_t i = 0; i < s->key_count; i++)
        if (same_place(&s->keys[i], key))
            return &s->keys[i];
    return NULL;
}

/* Returns the earlier one if the key at `at` is its repetition. */
static const struct key *add_key(struct scanner *s, size_t len, struct key *out)
{
    *out = (struct key){.text = s->at,
                        .len = len,
                        .object = s->objects[s->depth - 1],
                        .section_depth = s->section_depth,
                        .line = s->line,
                        .column = s->column};
    memcpy(out->sections, s->sections, sizeof(s->sections));
    const struct key *twin = find_twin(s, out);
    if (twin == NULL) {
        s->keys = xreallocarray(s->keys, s->key_count + 1, sizeof(*s->keys));
        s->keys[s->key_count++] = *out;
    }
    return twin;
}

static bool is_key(const struct scanner *s, size_t len)
{
    const char *p = s->at + len;
    while (p < s->end && strchr(" \t\r\n", *p) != NULL)
        p++;
    return p < s->end && *p == ':' && s->depth > 0 && s->objects[s->depth - 1] != 0;
}

/* The length of what stands at `at`; brackets are counted. */
static size_t take(struct scanner *s)
{
    size_t tag = tag_length(s->at, s->end);
    if (tag > 0) {
        open_or_close_section(s);
        return tag;
    }
    if (*s->at == '"')
        return string_length(s->at, s->end);
    if ((*s->at == '{' || *s->at == '[') && s->depth < DEPTH_MAX)
        s->objects[s->depth++] = *s->at == '{' ? ++s->opened : 0;
    else if ((*s->at == '}' || *s->at == ']') && s->depth > 0)
        s->depth--;
    return 1;
}

static bool tell_duplicate(const char *path, const char *text, size_t len,
                           struct problems *problems)
{
    struct scanner s = {.at = text, .end = text + len, .line = 1, .column = 1};
    bool found = false;
    while (s.at < s.end && !found) {
        size_t bytes = take(&s);
        struct key key;
        const struct key *twin =
            *s.at == '"' && is_key(&s, bytes) ? add_key(&s, bytes, &key) : NULL;
        if (twin != NULL) {
            struct place at = {path, key.line, key.column};
            problems_add_error(problems, &at, "json-duplicate-key",
                               "%.*s is written twice (line %d and line %d): remove one",
                               (int)key.len, key.text, twin->line, key.line);
            found = true;
        }
        step(&s, bytes);
    }
    free(s.keys);
    return found;
}

void lint_json_failure(const char *path, const char *text, size_t len, const struct error *err,
                       const char *rule, struct problems *problems)
{
    bool syntax = strstr(err->text, ": not valid JSON: ") != NULL;
    bool twice = syntax && strstr(err->text, "duplicate object key") != NULL;
    if (!twice || !tell_duplicate(path, text, len, problems))
        problems_add_failure(problems, err, syntax ? "json-syntax" : rule);
}

/* ---- a template that no values make valid ---- */

/* The same bytes with values for tags, and without the sections that `sign` opens. */
static void put_sample(struct buf *out, const char *text, size_t len, char sign)
{
    const char *at = text, *end = text + len;
    size_t hidden = 0; /* 0: shown; else how deep in sections since one was hidden */
    bool quoted = false;
    while (at < end) {
        size_t tag = tag_length(at, end), bytes = tag > 0 ? tag : 1;
        bool opens = tag > 0 && strchr("#^", at[2]) != NULL, closes = tag > 0 && at[2] == '/';
        bool value = tag > 0 && !opens && !closes && at[2] != '!';
        hidden += opens && (hidden > 0 || at[2] == sign) ? 1 : 0;
        if (tag == 0 && *at == '\\' && quoted && at + 1 < end)
            bytes = 2;
        else if (tag == 0 && *at == '"' && hidden == 0)
            quoted = !quoted;
        for (size_t i = 0; i < bytes; i++)
            buf_putc(out, at[i] == '\n'             ? '\n'
                          : value && hidden == 0    ? (i == 0 || quoted ? '0' : ' ')
                          : tag == 0 && hidden == 0 ? at[i]
                                                    : ' ');
        hidden -= closes && hidden > 0 ? 1 : 0;
        at += bytes;
    }
}

static int try_sample(const char *path, const char *text, size_t len, char sign, struct error *err)
{
    struct buf sample = {0};
    struct json_t *value = NULL;
    put_sample(&sample, text, len, sign);
    int rc = json_parse(buf_text(&sample), sample.len, path, 1, DEPTH_MAX, &value, err);
    json_free(value);
    buf_free(&sample);
    return rc;
}

void lint_json_template(const char *path, const char *text, size_t len, struct problems *problems)
{
    struct error with = {0}, without = {0};
    if (tell_duplicate(path, text, len, problems))
        return;
    if (try_sample(path, text, len, '^', &with) < 0 &&
        try_sample(path, text, len, '#', &without) < 0)
        problems_add_failure(problems, &with, "json-syntax");
}
