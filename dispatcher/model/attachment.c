#include "model/attachment.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/job_members.h"

#define FILE_MAX 255
#define ID_SIZE  64

static bool is_part(const char *part, size_t len)
{
    return len > 0 && !(len == 1 && part[0] == '.') && !(len == 2 && memcmp(part, "..", 2) == 0);
}

/* Each part of the path names something below: no "/etc", no "a//b", no "../x". */
static bool stays_below(const char *path)
{
    for (;; path++) {
        size_t len = strcspn(path, "/");
        if (!is_part(path, len))
            return false;
        path += len;
        if (*path == '\0')
            return true;
    }
}

/* What turns the direction of a line makes "fdp.exe" look like "exe.pdf". */
static bool turns_text(const char *text)
{
    for (const char *at = text, *end = text + strlen(text); at < end;) {
        uint32_t c = utf8_next(&at, end);
        if (c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
            (c >= 0x2066 && c <= 0x2069))
            return true;
    }
    return false;
}

static int read_name(struct reading *r, const struct member_path *path, const json_t *value,
                     char **out)
{
    int rc = member_read_line(r, path, value, FILE_MAX, out);
    if (rc == 0 && (!stays_below(*out) || strchr(*out, '\\') != NULL))
        return member_fail(r, path,
                           "must be the name of a file below the directory `attachments`, like "
                           "terms.pdf or de/terms.pdf: it cannot lead out of it");
    if (rc == 0 && turns_text(*out))
        return member_fail(r, path,
                           "holds an invisible character that turns the direction of the text: "
                           "rename the file");
    return rc;
}

/* The one being read stands behind those that count. */
static struct attachment *current(struct reading *r)
{
    return &r->job->attachments.list[r->job->attachments.count];
}

static int read_file(struct reading *r, const struct member_path *path, const json_t *value)
{
    return read_name(r, path, value, &current(r)->file);
}

static int read_inline(struct reading *r, const struct member_path *path, const json_t *value)
{
    static const char grammar[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "._-";
    char **id = &current(r)->inline_id;
    int rc = member_read_text(r, path, value, ID_SIZE, id);
    if (rc == 0 && strspn(*id, grammar) != strlen(*id))
        return member_fail(r, path,
                           "may only hold letters, digits, `.`, `_` and `-`: the letter shows it "
                           "by cid:NAME");
    return rc;
}

static int check_new(struct reading *r, const struct member_path *path)
{
    const struct attachments *all = &r->job->attachments;
    const struct attachment *now = current(r);
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->list[i].file, now->file) == 0)
            return member_fail(r, path, "names a file that is listed twice");
        if (now->inline_id != NULL && text_equal(all->list[i].inline_id, now->inline_id))
            return member_fail(r, path, "has the same `inline` as another one");
    }
    return 0;
}

static const struct member members[] = {
    {"file", read_file, MEMBER_TEXT(1024)},
    {"inline", read_inline, SCHEMA_TEXT_AS("^[A-Za-z0-9._-]+$")},
};

void attachment_put_schema(struct buf *out)
{
    static const char *const required[] = {"file"};
    const struct member_table table = {
        .rows = members, .count = COUNT_OF(members), .required = required, .required_count = 1};
    member_put_schema(&table, out);
}

static int read_one(struct reading *r, const struct member_path *path, const json_t *value)
{
    int rc = json_is_object(value) ? member_read_all(r, path, value, members, COUNT_OF(members))
                                   : read_file(r, path, value);
    if (rc == 0 && current(r)->file == NULL)
        return member_fail(r, path,
                           "names no file: {\"file\": \"logo.png\", \"inline\": \"logo\"}");
    return rc == 0 ? check_new(r, path) : rc;
}

/* Replaces what the job has: those of a line win over the batch's. */
int job_read_attachments(struct reading *r, const struct member_path *path, const json_t *value)
{
    struct attachments *all = &r->job->attachments;
    attachments_clear(all);
    if (!json_is_array(value) || json_array_size(value) > ATTACHMENTS_MAX)
        return member_fail_with(r, path, "must be a list of at most %d files, like [\"terms.pdf\"]",
                                ATTACHMENTS_MAX);
    for (size_t i = 0; i < json_array_size(value); i++) {
        char index[24];
        snprintf(index, sizeof(index), "%zu", i);
        const struct member_path below = {path, index};
        int rc = read_one(r, &below, json_array_get(value, i));
        if (rc != 0)
            return rc;
        all->count++;
    }
    return 0;
}

void attachments_own(struct attachments *a)
{
    for (size_t i = 0; i < a->count; i++) {
        struct attachment *one = &a->list[i];
        one->file = xstrdup(one->file);
        one->inline_id = one->inline_id != NULL ? xstrdup(one->inline_id) : NULL;
    }
}

/* All places: one that could not be read whole stands behind those that count. */
void attachments_clear(struct attachments *a)
{
    for (size_t i = 0; i < ATTACHMENTS_MAX; i++) {
        free(a->list[i].file);
        free(a->list[i].inline_id);
    }
    *a = (struct attachments){0};
}
