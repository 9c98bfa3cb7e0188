#include "model/member.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json_schema.h"
#include "base/text.h"
#include "model/json.h"

/* ---- failures ---- */

static void put_path(const struct member_path *path, struct buf *out)
{
    if (path->up == NULL)
        return;
    put_path(path->up, out);
    buf_printf(out, "/%s", path->key);
}

static int fail_at(struct reading *r, const struct member_path *path, bool at_key,
                   const char *sentence)
{
    struct buf pointer = {0};
    put_path(path, &pointer);
    struct json_position p = json_position(r->text, r->len, buf_text(&pointer), at_key);
    int rc =
        error_set(r->err, ERR_INPUT, "%s:%d:%d: \"%s\" %s", r->file, r->first_line + p.line - 1,
                  p.column, pointer.len > 0 ? pointer.data + 1 : "", sentence);
    buf_free(&pointer);
    return rc;
}

int member_fail(struct reading *r, const struct member_path *path, const char *sentence)
{
    return fail_at(r, path, false, sentence);
}

int member_fail_with(struct reading *r, const struct member_path *path, const char *format, ...)
{
    va_list args;
    char sentence[600];
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    return fail_at(r, path, false, sentence);
}

/* ---- scalars ---- */

int member_read_text(struct reading *r, const struct member_path *path, const json_t *value,
                     size_t max, char **out)
{
    if (!json_is_string(value))
        return member_fail(r, path, "must be a text in quotes");
    size_t len = json_string_length(value);
    if (len == 0)
        return member_fail(r, path, "is empty; leave it out or give it a value");
    if (len > max)
        return member_fail_with(r, path, "is %zu bytes long; at most %zu are accepted", len, max);
    free(*out);
    *out = xstrndup(json_string_value(value), len);
    return 0;
}

int member_read_line(struct reading *r, const struct member_path *path, const json_t *value,
                     size_t max, char **out)
{
    int rc = member_read_text(r, path, value, max, out);
    if (rc != 0)
        return rc;
    const char *at = *out, *end = at + json_string_length(value);
    while (at < end) {
        uint32_t c = utf8_next(&at, end);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
            return member_fail_with(
                r, path,
                "holds the control character U+%04X; a line break or control character "
                "here could forge a header, so remove it",
                c);
    }
    return 0;
}

int member_read_checked(struct reading *r, const struct member_path *path, const json_t *value,
                        char **out, int (*check)(const char *, struct error *))
{
    struct error why;
    int rc = member_read_text(r, path, value, 1024, out);
    if (rc != 0)
        return rc;
    if (check(*out, &why) != 0)
        return member_fail(r, path, why.text);
    return 0;
}

int member_read_time(struct reading *r, const struct member_path *path, const json_t *value,
                     int64_t *out)
{
    if (!json_is_string(value) || !clock_parse_rfc3339(json_string_value(value), out))
        return member_fail(r, path,
                           "must be a time with its offset, like 2026-11-24T09:00:00+09:00 or "
                           "2026-11-24T00:00:00Z");
    return 0;
}

int member_read_word(struct reading *r, const struct member_path *path, const json_t *value,
                     const char *const *words, size_t count, size_t *out)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return 0;
        }
    }
    struct buf list = {0};
    for (size_t i = 0; i < count; i++)
        text_put_choice(&list, words[i], i, count);
    int rc = member_fail_with(r, path, "must be %s", buf_text(&list));
    buf_free(&list);
    return rc;
}

/* ---- tables ---- */

#define MEMBERS_MAX 40

static int unknown_member(struct reading *r, const struct member_path *path,
                          const struct member *members, size_t count)
{
    const char *names[MEMBERS_MAX];
    for (size_t i = 0; i < count; i++)
        names[i] = members[i].name;
    const char *meant = text_closest(path->key, names, count);
    struct buf sentence = {0};
    buf_printf(&sentence, "is not a member of %s", r->what);
    if (meant != NULL)
        buf_printf(&sentence, "; did you mean \"%s\"?", meant);
    else
        buf_puts(&sentence, "; remove it (values for the letter belong into \"data\")");
    int rc = fail_at(r, path, true, sentence.data);
    buf_free(&sentence);
    return rc;
}

int member_read_all(struct reading *r, const struct member_path *path, const json_t *object,
                    const struct member *members, size_t count)
{
    struct member_path below = {path, NULL};
    json_t *value;
    int rc = 0;
    if (!json_is_object(object))
        return member_fail(r, path, "must be an object in braces");
    json_object_foreach((json_t *)(uintptr_t)object, below.key, value)
    {
        size_t at = 0;
        while (at < count && strcmp(members[at].name, below.key) != 0)
            at++;
        rc = at < count ? members[at].read(r, &below, value)
                        : unknown_member(r, &below, members, count);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* ---- as a schema ---- */

static bool is_required(const struct member_table *t, const char *name)
{
    for (size_t i = 0; i < t->required_count; i++) {
        if (strcmp(t->required[i], name) == 0)
            return true;
    }
    return false;
}

void member_put_schema(const struct member_table *t, struct buf *out)
{
    struct json_schema s;
    json_schema_open(&s, out);
    for (size_t i = 0; i < t->count; i++)
        json_schema_put(&s, t->rows[i].name, is_required(t, t->rows[i].name), t->rows[i].schema);
    json_schema_close(&s, t->rest);
}
