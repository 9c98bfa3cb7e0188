#include "letters/words_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/output.h"
#include "model/json.h"

struct kept_letters {
    char *directory; /* templates/ and locales/ */
    size_t count;
};

/* ---- documents ---- */

int kept_document_read(struct session *s, const char *sha256, struct buf *out, struct error *err)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    request_begin(&request, "evidence_document");
    request_put_text(&request, "sha256", sha256);
    buf_putc(&request, '}');
    int rc = session_ask(s, request.data, NULL, &end, err);
    const char *text = json_get_text(end, "base64", "");
    if (rc == 0 && !json_get_bool(end, "found", false))
        rc = error_set(err, ERR_NOT_FOUND, "the ledger keeps no document with the SHA-256 %s",
                       sha256);
    else if (rc == 0 && !base64_decode(text, strlen(text), out))
        rc = error_set(err, ERR_INTERNAL, "the document %s came damaged", sha256);
    json_free(end);
    buf_free(&request);
    return rc;
}

/* ---- the folder ---- */

/* Names are of the ledger, but a folder is left by nobody's name. */
static bool is_inside(const char *name)
{
    return name[0] != '/' && name[0] != '\0' && strstr(name, "..") == NULL;
}

static int write_file(const char *path, const struct buf *bytes, struct error *err)
{
    char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    int rc = file_make_directory(parent, 0700, err), fd = -1;
    free(parent);
    if (rc == 0) {
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        rc = fd < 0 ? error_errno(err, ERR_IO, "cannot make %s", path)
                    : file_write_all(fd, buf_text(bytes), bytes->len, path, err);
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

static int take_file(struct kept_letters *k, struct session *s, const struct json_t *entry,
                     struct error *err)
{
    const char *name = json_get_text(entry, "name", "");
    struct buf path = {0}, bytes = {0};
    bool of_locales = text_starts_with(name, "locales/");
    if (!text_equal(json_get_text(entry, "part", NULL), "letter") || !is_inside(name) ||
        strchr(name, '/') == NULL)
        return 0;
    buf_printf(&path, "%s/%s%s", k->directory, of_locales ? "" : "templates/", name);
    int rc = kept_document_read(s, json_get_text(entry, "sha256", ""), &bytes, err);
    if (rc == 0)
        rc = write_file(path.data, &bytes, err);
    k->count += rc == 0;
    buf_free(&path);
    buf_free(&bytes);
    return rc;
}

struct manifest_files {
    struct kept_letters *letters;
    struct session *session;
    struct error *err;
    int rc;
};

static void take_manifest(void *context, const struct json_t *row)
{
    struct manifest_files *f = context;
    const struct json_t *manifest = json_get(json_get(row, "evidence"), "manifest");
    if (!text_equal(json_get_text(row, "kind", NULL), "campaign"))
        return;
    for (size_t i = 0; f->rc == 0 && i < json_count(manifest); i++)
        f->rc = take_file(f->letters, f->session, json_at(manifest, i), f->err);
}

static char *make_folder(struct error *err)
{
    const char *base = getenv("TMPDIR");
    char *path = file_join(base != NULL && base[0] == '/' ? base : "/tmp", "dispatcher-XXXXXX");
    if (mkdtemp(path) != NULL)
        return path;
    error_errno(err, ERR_IO, "cannot make a folder for a while, %s", path);
    free(path);
    return NULL;
}

int kept_letters_fetch(struct session *s, const char *campaign, struct kept_letters **out,
                       struct error *err)
{
    struct kept_letters *k = xcalloc(1, sizeof(*k));
    struct buf request = {0}, rows = {0}, end = {0};
    struct manifest_files files = {.letters = k, .session = s, .err = err};
    *out = NULL;
    k->directory = make_folder(err);
    request_begin(&request, "evidence_campaign");
    request_put_text(&request, "campaign", campaign);
    buf_putc(&request, '}');
    int rc = k->directory == NULL ? ERR_IO : client_ask(s->client, request.data, &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, take_manifest, &files);
    if (rc == 0)
        rc = files.rc;
    if (rc == 0 && k->count == 0)
        rc = error_set(err, ERR_NOT_FOUND, "no letters are kept of %s", campaign);
    if (rc != 0)
        kept_letters_free(k);
    else
        *out = k;
    buf_free(&request);
    buf_free(&rows);
    buf_free(&end);
    return rc;
}

int kept_letters_load(const struct kept_letters *k, const struct settings *s, struct library **out,
                      struct error *err)
{
    char *templates = file_join(k->directory, "templates");
    char *locales = file_join(k->directory, "locales");
    const struct library_options options = {.templates = templates,
                                            .locales = locales,
                                            .default_zone = s->timezone,
                                            .organisation = &s->organisation};
    int rc = library_load(&options, out, err);
    free(templates);
    free(locales);
    return rc;
}

static int remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED,
                      struct FTW *walk UNUSED)
{
    return remove(path);
}

void kept_letters_free(struct kept_letters *k)
{
    if (k == NULL)
        return;
    if (k->directory != NULL)
        nftw(k->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(k->directory);
    free(k);
}
