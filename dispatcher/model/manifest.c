#include "model/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "model/json.h"

static const char *const part_names[MANIFEST_PARTS] = {[MANIFEST_AUDIENCE] = "audience",
                                                       [MANIFEST_CAMPAIGN] = "campaign",
                                                       [MANIFEST_FACTS] = "facts",
                                                       [MANIFEST_LETTER] = "letter"};

const char *manifest_part_name(enum manifest_part part)
{
    return part_names[part];
}

static bool parse_part(const char *name, enum manifest_part *out)
{
    for (int i = 0; i < MANIFEST_PARTS; i++) {
        *out = (enum manifest_part)i;
        if (strcmp(part_names[i], name) == 0)
            return true;
    }
    return false;
}

static void clear_entry(struct manifest_entry *e)
{
    free(e->name);
    free(e->text);
}

void manifest_free(struct manifest *m)
{
    for (size_t i = 0; i < m->count; i++)
        clear_entry(&m->entries[i]);
    free(m->entries);
    *m = (struct manifest){0};
}

/* ---- in order ---- */

static int compare(const struct manifest_entry *a, const struct manifest_entry *b)
{
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void add(struct manifest *m, struct manifest_entry *e)
{
    size_t at = 0;
    while (at < m->count && compare(&m->entries[at], e) < 0)
        at++;
    if (at < m->count && compare(&m->entries[at], e) == 0) {
        clear_entry(&m->entries[at]);
        m->entries[at] = *e;
        return;
    }
    m->entries = xreallocarray(m->entries, m->count + 1, sizeof(*m->entries));
    memmove(&m->entries[at + 1], &m->entries[at], (m->count - at) * sizeof(*m->entries));
    m->entries[at] = *e;
    m->count++;
}

void manifest_add_text(struct manifest *m, enum manifest_part part, const char *name,
                       const void *bytes, size_t len)
{
    unsigned char sum[DIGEST_SIZE];
    struct manifest_entry e = {.part = part, .name = xstrdup(name), .len = len};
    digest_sha256(bytes, len, sum);
    digest_hex(sum, e.sha256);
    e.text = xmalloc(len + 1);
    memcpy(e.text, bytes, len);
    e.text[len] = '\0';
    add(m, &e);
}

void manifest_add_sum(struct manifest *m, enum manifest_part part, const char *name,
                      const unsigned char sha256[DIGEST_SIZE])
{
    struct manifest_entry e = {.part = part, .name = xstrdup(name)};
    digest_hex(sha256, e.sha256);
    add(m, &e);
}

/* ---- JSON ---- */

static bool is_sum(const char *hex)
{
    return strlen(hex) == DIGEST_HEX_SIZE - 1 &&
           strspn(hex, "0123456789abcdef") == DIGEST_HEX_SIZE - 1;
}

static int read_entry(const struct json_t *from, struct manifest *out, struct error *err)
{
    const char *name = json_get_text(from, "name", "");
    const char *sum = json_get_text(from, "sha256", "");
    const char *part = json_get_text(from, "part", "");
    struct manifest_entry e = {0};
    if (name[0] == '\0' || !is_sum(sum) || !parse_part(part, &e.part))
        return error_set(err, ERR_USAGE,
                         "each entry of a manifest has a part (audience, campaign, facts, letter), "
                         "a name and the SHA-256 of the file, in 64 digits");
    e.name = xstrdup(name);
    memcpy(e.sha256, sum, DIGEST_HEX_SIZE);
    add(out, &e);
    return 0;
}

int manifest_read(const struct json_t *list, struct manifest *out, struct error *err)
{
    int rc = 0;
    *out = (struct manifest){0};
    if (!json_is_list(list))
        return error_set(err, ERR_USAGE, "a manifest is a list of files with their sums");
    for (size_t i = 0; rc == 0 && i < json_count(list); i++)
        rc = read_entry(json_at(list, i), out, err);
    if (rc == 0 && out->count != json_count(list))
        rc = error_set(err, ERR_USAGE, "a manifest names each file once");
    return rc;
}

void manifest_put(const struct manifest *m, struct buf *out)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < m->count; i++) {
        buf_puts(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        buf_put_json(out, m->entries[i].name);
        buf_printf(out, ",\"part\":\"%s\",\"sha256\":\"%s\"}", part_names[m->entries[i].part],
                   m->entries[i].sha256);
    }
    buf_putc(out, ']');
}

void manifest_digest(const struct manifest *m, unsigned char out[DIGEST_SIZE])
{
    struct buf text = {0};
    manifest_put(m, &text);
    digest_sha256(buf_text(&text), text.len, out);
    buf_free(&text);
}

/* ---- what changed ---- */

static void tell(const struct manifest_entry *was, const struct manifest_entry *is,
                 manifest_change_fn *fn, void *context)
{
    const struct manifest_entry *one = was != NULL ? was : is;
    if (one == NULL)
        return;
    const struct manifest_change change = {.part = one->part,
                                           .name = one->name,
                                           .was = was != NULL ? was->sha256 : NULL,
                                           .is = is != NULL ? is->sha256 : NULL};
    if (was == NULL || is == NULL || strcmp(was->sha256, is->sha256) != 0)
        fn(context, &change);
}

void manifest_compare(const struct manifest *was, const struct manifest *is, manifest_change_fn *fn,
                      void *context)
{
    size_t a = 0, b = 0;
    while (a < was->count || b < is->count) {
        const struct manifest_entry *before = a < was->count ? &was->entries[a] : NULL;
        const struct manifest_entry *now = b < is->count ? &is->entries[b] : NULL;
        int order = before == NULL ? 1 : now == NULL ? -1 : compare(before, now);
        tell(order <= 0 ? before : NULL, order >= 0 ? now : NULL, fn, context);
        a += order <= 0 ? 1 : 0;
        b += order >= 0 ? 1 : 0;
    }
}
