#include "desk/evidence_documents.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "desk/evidence.h"
#include "letters/words_kept.h"
#include "model/json.h"

bool evidence_documents_has(const struct evidence_documents *d, const char *sha256)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->seen[i], sha256) == 0)
            return true;
    return false;
}

static bool was_seen(struct evidence_documents *d, const char *sha256)
{
    if (evidence_documents_has(d, sha256))
        return true;
    d->seen = xreallocarray(d->seen, d->count + 1, sizeof(*d->seen));
    d->seen[d->count++] = xstrdup(sha256);
    return false;
}

/* "51be...-apology_de.md" */
static void put_file_name(struct buf *out, const char *sha256, const char *name)
{
    buf_printf(out, "%s-", sha256);
    for (const char *p = name; *p != '\0'; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("._-", *p) != NULL;
        buf_putc(out, plain ? *p : '_');
    }
}

static int write_document(const struct evidence_documents *d, const char *file,
                          const struct buf *bytes, struct error *err)
{
    char *folder = file_join(d->directory, EVIDENCE_LETTERS);
    struct evidence_file out = {0};
    int rc = file_make_directory(folder, 0750, err);
    if (rc == 0)
        rc = evidence_file_open(folder, file, 0640, &out, err);
    if (rc == 0)
        fwrite(buf_text(bytes), 1, bytes->len, out.file);
    rc = evidence_file_close(&out, rc, err);
    free(folder);
    return rc;
}

static void put_entry(struct buf *list, const struct json_t *entry, const char *file, size_t bytes)
{
    buf_printf(list, "%s{\"bytes\":%zu,\"file\":", list->len > 0 ? "," : "", bytes);
    buf_put_json(list, file);
    request_put_text(list, "name", json_get_text(entry, "name", ""));
    request_put_text(list, "part", json_get_text(entry, "part", ""));
    request_put_text(list, "sha256", json_get_text(entry, "sha256", ""));
    buf_putc(list, '}');
}

static int take_one(struct evidence_documents *d, struct session *s, const struct json_t *entry,
                    struct error *err)
{
    const char *sha256 = json_get_text(entry, "sha256", "");
    struct buf bytes = {0}, file = {0};
    if (text_equal(json_get_text(entry, "part", NULL), "audience") || was_seen(d, sha256))
        return 0;
    put_file_name(&file, sha256, json_get_text(entry, "name", ""));
    int rc = kept_document_read(s, sha256, &bytes, err);
    if (rc == 0)
        rc = write_document(d, file.data, &bytes, err);
    if (rc == 0)
        put_entry(&d->written, entry, file.data, bytes.len);
    if (rc == ERR_NOT_FOUND)
        put_entry(&d->absent, entry, file.data, 0);
    buf_free(&bytes);
    buf_free(&file);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

int evidence_documents_take(struct evidence_documents *d, struct session *s,
                            const struct json_t *manifest, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_count(manifest); i++)
        rc = take_one(d, s, json_at(manifest, i), err);
    return rc;
}

char *evidence_documents_campaign(const struct evidence_documents *d, const struct json_t *manifest)
{
    char *folder = file_join(d->directory, EVIDENCE_LETTERS), *path = NULL;
    for (size_t i = 0; path == NULL && i < json_count(manifest); i++) {
        const struct json_t *entry = json_at(manifest, i);
        struct buf file = {0};
        if (!text_equal(json_get_text(entry, "part", NULL), "campaign"))
            continue;
        put_file_name(&file, json_get_text(entry, "sha256", ""), json_get_text(entry, "name", ""));
        path = file_join(folder, file.data);
        buf_free(&file);
        if (access(path, R_OK) == 0)
            break;
        free(path);
        path = NULL;
    }
    free(folder);
    return path;
}

void evidence_documents_free(struct evidence_documents *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->seen[i]);
    free(d->seen);
    buf_free(&d->written);
    buf_free(&d->absent);
    *d = (struct evidence_documents){0};
}
