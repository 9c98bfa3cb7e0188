#include "channel/attachment.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/unicode.h"
#include "channel/mime_parameter.h"

#define FILES_KEPT 16
#define KEPT_MAX   ((size_t)48 * 1024 * 1024)
#define LINE_BYTES 57 /* of input per line of 76 */

/* What mail programs open without a second thought and mail servers let pass. */
static const struct type {
    const char *ending, *type;
} types[] = {
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"txt", "text/plain; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"ics", "text/calendar; charset=utf-8"},
    {"vcf", "text/vcard; charset=utf-8"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"hwp", "application/vnd.hancom.hwp"},
    {"hwpx", "application/vnd.hancom.hwpx"},
    {"zip", "application/zip"},
};

/* ---- what may be sent ---- */

/* NULL: none of them. An SVG is left out on purpose: it can hold scripts. */
static const char *type_of(const char *file)
{
    const char *dot = strrchr(file, '.');
    for (size_t i = 0; dot != NULL && i < COUNT_OF(types); i++)
        if (strcasecmp(types[i].ending, dot + 1) == 0)
            return types[i].type;
    return NULL;
}

static int refuse_type(const char *file, struct error *err)
{
    struct buf endings = {0};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        buf_printf(&endings, "%s.%s", i > 0 ? ", " : "", types[i].ending);
    int rc = error_set(err, ERR_INPUT, "the attachment %s has an ending that is not sent: %s are",
                       file, endings.data);
    buf_free(&endings);
    return rc;
}

static int check_type(const struct attachment *a, struct error *err)
{
    const char *type = type_of(a->file);
    if (type == NULL)
        return refuse_type(a->file, err);
    if (a->inline_id != NULL && strncmp(type, "image/", strlen("image/")) != 0)
        return error_set(err, ERR_INPUT,
                         "the attachment %s is no image: only .png, .jpg and .gif can be inline",
                         a->file);
    return 0;
}

static int open_file(const char *directory, const char *file, struct file_facts *facts,
                     struct error *err)
{
    struct buf shown = {0};
    if (directory == NULL)
        return error_set(err, ERR_INPUT,
                         "the configuration names no directory of attachments: set `attachments`");
    int dirfd = file_open_directory(directory, err);
    if (dirfd < 0)
        return dirfd;
    buf_printf(&shown, "the attachment %s", file);
    int fd = file_open_beneath((struct file_at){dirfd, file, shown.data}, facts, err);
    if (fd >= 0 && facts->size == 0) {
        close(fd);
        fd = error_set(err, ERR_INPUT, "%s is empty", shown.data);
    }
    close(dirfd);
    buf_free(&shown);
    return fd;
}

int attachments_check(const char *directory, const struct attachments *a, size_t *out_index,
                      struct error *err)
{
    size_t sum = 0;
    for (*out_index = 0; *out_index < a->count; ++*out_index) {
        const struct attachment *one = &a->list[*out_index];
        struct file_facts facts = {0};
        int rc = check_type(one, err);
        if (rc != 0)
            return rc;
        int fd = open_file(directory, one->file, &facts, err);
        if (fd < 0)
            return fd;
        close(fd);
        sum += (size_t)facts.size;
        if (sum > ATTACHMENTS_SIZE_MAX)
            return error_set(err, ERR_INPUT,
                             "the attachments up to %s have %zu bytes in all; at most %zu are sent "
                             "with a mail",
                             one->file, sum, ATTACHMENTS_SIZE_MAX);
    }
    return 0;
}

/* ---- files, read once ---- */

struct kept_file {
    char *path; /* NULL: a free place */
    struct file_facts facts;
    struct buf encoded;
    uint64_t used;
};

static void drop(struct kept_file *k)
{
    free(k->path);
    buf_free(&k->encoded);
    *k = (struct kept_file){0};
}

/* A place for `size` bytes more: whatever was not asked for the longest makes room. */
static struct kept_file *make_room(struct kept_file kept[FILES_KEPT], size_t size)
{
    for (;;) {
        struct kept_file *oldest = NULL, *place = NULL;
        size_t sum = 0;
        for (size_t i = 0; i < FILES_KEPT; i++) {
            sum += kept[i].encoded.len;
            if (kept[i].path == NULL)
                place = &kept[i];
            else if (oldest == NULL || kept[i].used < oldest->used)
                oldest = &kept[i];
        }
        if (place != NULL && (sum + size <= KEPT_MAX || oldest == NULL))
            return place;
        drop(oldest);
    }
}

static void encode(const struct buf *bytes, struct buf *out)
{
    buf_reserve(out, bytes->len / LINE_BYTES * 78 + 80);
    for (size_t at = 0; at < bytes->len; at += LINE_BYTES) {
        size_t left = bytes->len - at;
        base64_put(out, bytes->data + at, left < LINE_BYTES ? left : LINE_BYTES);
        buf_puts(out, "\r\n");
    }
}

static int keep(struct kept_file *k, int fd, const char *file, struct error *err)
{
    struct buf bytes = {0};
    int rc = file_read_stream(fd, file, ATTACHMENTS_SIZE_MAX, &bytes, err);
    if (rc == 0)
        encode(&bytes, &k->encoded);
    buf_free(&bytes);
    return rc;
}

static bool is_same(const struct file_facts *a, const struct file_facts *b)
{
    return a->size == b->size && a->modified_ms == b->modified_ms;
}

static struct kept_file *find(struct kept_file kept[FILES_KEPT], const char *path)
{
    for (size_t i = 0; i < FILES_KEPT; i++)
        if (kept[i].path != NULL && strcmp(kept[i].path, path) == 0)
            return &kept[i];
    return NULL;
}

/* The open file in base64, borrowed until the next question; NULL: it cannot be read. */
static const struct buf *encoded_file(const char *path, int fd, const struct file_facts *facts,
                                      const char *file, struct error *err)
{
    static struct kept_file kept[FILES_KEPT];
    static uint64_t questions;
    struct kept_file *k = find(kept, path);
    if (k != NULL && !is_same(&k->facts, facts)) {
        drop(k);
        k = NULL;
    }
    if (k == NULL) {
        k = make_room(kept, (size_t)facts->size / LINE_BYTES * 78 + 80);
        if (keep(k, fd, file, err) != 0)
            return NULL;
        k->path = xstrdup(path);
        k->facts = *facts;
    }
    k->used = ++questions;
    return &k->encoded;
}

/* ---- the part ---- */

/* As every system shows it: macOS takes the letters of Hangul and umlauts apart. */
static void put_name(struct buf *out, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    struct buf composed = {0};
    unicode_put_nfc(&composed, name, strlen(name));
    mime_put_parameter(out, "filename", buf_text(&composed));
    buf_free(&composed);
}

static void put_head(struct buf *out, const struct attachment *a, bool shown_inline)
{
    buf_printf(out, "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n", type_of(a->file));
    if (shown_inline)
        buf_printf(out, "Content-ID: <%s>\r\n", a->inline_id);
    buf_printf(out, "Content-Disposition: %s", shown_inline ? "inline" : "attachment");
    put_name(out, a->file);
    buf_puts(out, "\r\n\r\n");
}

int attachment_put_part(const char *directory, const struct attachment *a, bool shown_inline,
                        struct buf *out, struct error *err)
{
    struct file_facts facts = {0};
    int fd = open_file(directory, a->file, &facts, err);
    if (fd < 0)
        return fd;
    char *path = file_join(directory, a->file);
    const struct buf *encoded = encoded_file(path, fd, &facts, a->file, err);
    if (encoded != NULL) {
        put_head(out, a, shown_inline);
        buf_put(out, encoded->data, encoded->len);
    }
    free(path);
    close(fd);
    return encoded != NULL ? 0 : err->code;
}
