#include "letters/new_copy.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"
#include "letters/preview_json.h"
#include "letters/preview_write.h"
#include "model/fact_value.h"
#include "model/job.h"
#include "model/json.h"

#define FILE_MAX ((size_t)1024 * 1024)

typedef int change_fn(const struct buf *text, const char *path, struct buf *out, struct error *err);

/* The rest of every line that begins with `key` becomes `value` and, if wanted, what stood there.
 */
static void change_lines(const struct buf *text, const char *key, const char *value, bool keep,
                         struct buf *out)
{
    const char *at = buf_text(text), *end = at + text->len;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline != NULL ? newline + 1 : end;
        if (text_starts_with(at, key)) {
            buf_printf(out, "%s%s", key, value);
            at += strlen(key);
            at = keep ? at : newline != NULL ? newline : end;
        }
        buf_put(out, at, (size_t)(next - at));
        at = next;
    }
}

static int change_description(const struct buf *text, const char *path, struct buf *out,
                              struct error *err)
{
    static const char head[] = "# A draft is shown and checked by its name, and left out of "
                               "sending. Remove this line when\n"
                               "# `dispatcher check` of this folder finds nothing.\ndraft: true\n";
    struct buf changed = {0};
    (void)path;
    (void)err;
    change_lines(text, "version:", " 1", false, &changed);
    if (memmem(buf_text(&changed), changed.len, "\ndraft:", strlen("\ndraft:")) != NULL ||
        text_starts_with(buf_text(&changed), "draft:"))
        change_lines(&changed, "draft:", " true", false, out);
    else
        buf_printf(out, "%s%s", head, buf_text(&changed));
    buf_free(&changed);
    return 0;
}

static int change_letter(const struct buf *text, const char *path, struct buf *out,
                         struct error *err)
{
    (void)path;
    (void)err;
    change_lines(text, "subject: \"", "TODO ", true, out);
    return 0;
}

static int change_nothing(const struct buf *text, const char *path, struct buf *out,
                          struct error *err)
{
    (void)path;
    (void)err;
    buf_put(out, buf_text(text), text->len);
    return 0;
}

static bool put_member(void *context, const char *key, const struct json_t *value)
{
    struct buf *out = context;
    if (strcmp(key, "template") == 0)
        return true;
    buf_puts(out, out->len > 1 ? "," : "");
    buf_put_json(out, key);
    buf_putc(out, ':');
    json_put(out, value);
    return true;
}

static int change_fixture(const struct buf *text, const char *path, struct buf *out,
                          struct error *err)
{
    struct buf compact = {0};
    struct json_t *root = NULL;
    int rc = json_parse(buf_text(text), text->len, path, 1, JOB_DEPTH_MAX, &root, err);
    if (rc == 0) {
        buf_putc(&compact, '{');
        fact_value_each(root, put_member, &compact);
        buf_putc(&compact, '}');
        preview_put_json(out, compact.data, compact.len);
        buf_putc(out, '\n');
    }
    json_free(root);
    buf_free(&compact);
    return rc;
}

/* By the end of the name; the first that fits. */
static const struct {
    const char *folder, *suffix;
    change_fn *change;
} kinds[] = {
    {NULL, "template.yaml", change_description},
    {NULL, ".md", change_letter},
    {NULL, "webhook.json", change_nothing},
    {"fixtures", ".json", change_fixture},
};

static int copy_file(const char *from, const char *to, change_fn *change, struct error *err)
{
    struct buf text = {0}, out = {0};
    int rc = file_read_path(from, FILE_MAX, &text, err);
    if (rc == 0)
        rc = change(&text, from, &out, err);
    if (rc == 0)
        rc = preview_write_file(to, &out, false, err);
    buf_free(&text);
    buf_free(&out);
    return rc;
}

static int copy_named(const char *from, const char *to, const char *name, change_fn *change,
                      struct error *err)
{
    char *source = file_join(from, name), *target = file_join(to, name);
    int rc = copy_file(source, target, change, err);
    free(source);
    free(target);
    return rc;
}

/* All files of a folder of the letter (NULL: itself) whose names end so. */
static int copy_folder(const char *from, const char *to, const char *suffix, change_fn *change,
                       struct error *err)
{
    DIR *dir = opendir(from);
    int rc = 0;
    for (const struct dirent *entry; dir != NULL && rc == 0 && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.' && text_ends_with(entry->d_name, suffix))
            rc = copy_named(from, to, entry->d_name, change, err);
    }
    if (dir != NULL)
        closedir(dir);
    return rc;
}

int new_copy(const char *templates, const char *letter, const char *directory, struct error *err)
{
    char *source = file_join(templates, letter);
    struct stat facts;
    int rc = 0;
    if (stat(source, &facts) != 0)
        rc = error_set(err, ERR_NOT_FOUND, "there is no letter %s", source);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(kinds); i++) {
        bool below = kinds[i].folder != NULL;
        char *from = below ? file_join(source, kinds[i].folder) : file_join(source, ".");
        char *to = below ? file_join(directory, kinds[i].folder) : file_join(directory, ".");
        rc = copy_folder(from, to, kinds[i].suffix, kinds[i].change, err);
        free(from);
        free(to);
    }
    free(source);
    return rc;
}
