#include "render/library_sources.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "model/settings.h"
#include "render/library_backend.h"

#define SOURCE_MAX ((size_t)4 * 1024 * 1024)
#define PARTIALS   "_partials"
#define LAYOUTS    "_layouts"
#define LOCALES    "locales"
#define TAG_OPEN   "{{"
#define TAG_SPACE  " \t\r\n" /* as scan.c passes over it on both sides of a sign */

struct source {
    char *name, *path; /* path NULL: the bytes are in `text` */
    char *text;
    char sha256[DIGEST_HEX_SIZE];
    char **includes; /* names of partials, in the order of the text */
    size_t include_count;
};

/* ---- one of them ---- */

static void clear(struct source *s)
{
    for (size_t i = 0; i < s->include_count; i++)
        free(s->includes[i]);
    free(s->includes);
    free(s->name);
    free(s->path);
    free(s->text);
}

void sources_free(struct sources *s)
{
    for (size_t i = 0; i < s->count; i++)
        clear(&s->items[i]);
    free(s->items);
    *s = (struct sources){0};
}

static void sum(const void *bytes, size_t len, char out[DIGEST_HEX_SIZE])
{
    unsigned char digest[DIGEST_SIZE];
    digest_sha256(bytes, len, digest);
    digest_hex(digest, out);
}

static struct source *add(struct sources *s, char *name)
{
    s->items = xreallocarray(s->items, s->count + 1, sizeof(*s->items));
    s->items[s->count] = (struct source){.name = name};
    return &s->items[s->count++];
}

/* Which partials a letter calls: all that looks like it, for one too many does no harm. One too few
 * would leave its words out of what is approved. */
static void find_includes(struct source *s, const char *text)
{
    const char *at = text;
    while ((at = strstr(at, TAG_OPEN)) != NULL) {
        const char *sign = at + strlen(TAG_OPEN);
        sign += strspn(sign, TAG_SPACE);
        at++;
        if (*sign != '>')
            continue;
        const char *name = sign + 1 + strspn(sign + 1, TAG_SPACE);
        size_t len = strcspn(name, "}" TAG_SPACE);
        s->includes = xreallocarray(s->includes, s->include_count + 1, sizeof(*s->includes));
        s->includes[s->include_count++] = xstrndup(name, len);
    }
}

/* ---- all there is ---- */

static char *join(const char *folder, const char *name)
{
    struct buf whole = {0};
    buf_printf(&whole, "%s/%s", folder, name);
    return buf_steal(&whole);
}

static void read_file(struct sources *s, const char *folder, const char *directory,
                      const char *name)
{
    struct buf text = {0};
    struct error ignored;
    char *path = file_join(directory, name);
    if (file_read_path(path, SOURCE_MAX, &text, &ignored) != 0) {
        free(path);
        buf_free(&text);
        return;
    }
    struct source *one = add(s, join(folder, name));
    one->path = path;
    sum(buf_text(&text), text.len, one->sha256);
    if (text_ends_with(name, ".md"))
        find_includes(one, buf_text(&text));
    buf_free(&text);
}

static void read_folder(struct sources *s, const char *folder, const char *directory)
{
    static const char *const endings[] = {".md", ".yaml", ".html", "webhook.json"};
    DIR *d = opendir(directory);
    const struct dirent *entry;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        bool meant = false;
        for (size_t i = 0; i < COUNT_OF(endings); i++)
            meant = meant || text_ends_with(entry->d_name, endings[i]);
        if (meant && entry->d_name[0] != '.')
            read_file(s, folder, directory, entry->d_name);
    }
    if (d != NULL)
        closedir(d);
}

static void read_templates(struct sources *s, const char *templates)
{
    DIR *d = opendir(templates);
    const struct dirent *entry;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (entry->d_name[0] == '.' || strchr(entry->d_name, '.') != NULL)
            continue;
        char *directory = file_join(templates, entry->d_name);
        read_folder(s, entry->d_name, directory);
        free(directory);
    }
    if (d != NULL)
        closedir(d);
}

static void add_text(struct sources *s, const char *name, struct buf *text)
{
    struct source *one = add(s, xstrdup(name));
    sum(buf_text(text), text->len, one->sha256);
    one->text = buf_steal(text);
}

static void put_member(struct buf *out, const char *key, const char *value)
{
    buf_put_json(out, key);
    buf_putc(out, ':');
    buf_put_json(out, value);
    buf_putc(out, '\n');
}

/* What readers see of it: names, addresses, who writes. Not where bounces go. */
static void add_organisation(struct sources *s, const struct organisation *o)
{
    struct buf text = {0};
    if (o == NULL)
        return;
    put_member(&text, "domain", o->domain);
    put_member(&text, "from_address", o->from_address);
    put_member(&text, "reply_to", o->reply_to);
    for (size_t i = 0; i < o->field_count; i++) {
        buf_put_json(&text, o->fields[i].locale);
        buf_putc(&text, ' ');
        put_member(&text, o->fields[i].key, o->fields[i].value);
    }
    add_text(s, "organisation", &text);
}

static int by_name(const void *a, const void *b)
{
    const struct source *left = a, *right = b;
    return strcmp(left->name, right->name);
}

void sources_read(const struct library_options *options, struct sources *out)
{
    struct buf zone = {0};
    *out = (struct sources){0};
    read_templates(out, options->templates);
    read_folder(out, LOCALES, options->locales);
    add_organisation(out, options->organisation);
    if (options->default_zone != NULL) {
        buf_puts(&zone, options->default_zone);
        add_text(out, "timezone", &zone);
    }
    if (out->count > 0)
        qsort(out->items, out->count, sizeof(*out->items), by_name);
}

bool sources_equal(const struct sources *a, const struct sources *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = strcmp(a->items[i].name, b->items[i].name) == 0 &&
                strcmp(a->items[i].sha256, b->items[i].sha256) == 0;
    return equal;
}

/* ---- those of one letter ---- */

static size_t find(const struct sources *s, const char *name)
{
    size_t at = 0;
    while (at < s->count && strcmp(s->items[at].name, name) != 0)
        at++;
    return at;
}

static void mark(const struct sources *s, const char *name, const char *language, bool *used);

/* A partial in the language of the file that calls it. */
static void mark_includes(const struct sources *s, size_t at, const char *language, bool *used)
{
    for (size_t i = 0; i < s->items[at].include_count; i++) {
        struct buf name = {0};
        buf_printf(&name, PARTIALS "/%s.%s.md", s->items[at].includes[i], language);
        mark(s, buf_text(&name), language, used);
        buf_free(&name);
    }
}

static void mark(const struct sources *s, const char *name, const char *language, bool *used)
{
    size_t at = find(s, name);
    if (at == s->count || used[at])
        return;
    used[at] = true;
    mark_includes(s, at, language, used);
}

static bool is_of(const char *name, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(name, folder, len) == 0 && name[len] == '/';
}

static bool is_shared(const char *name)
{
    return is_of(name, LOCALES) || strchr(name, '/') == NULL;
}

static size_t next_shared(const struct sources *s, size_t at)
{
    while (at < s->count && !is_shared(s->items[at].name))
        at++;
    return at;
}

bool sources_share(const struct sources *a, const struct sources *b)
{
    size_t i = next_shared(a, 0), k = next_shared(b, 0);
    while (i < a->count && k < b->count && strcmp(a->items[i].name, b->items[k].name) == 0 &&
           strcmp(a->items[i].sha256, b->items[k].sha256) == 0) {
        i = next_shared(a, i + 1);
        k = next_shared(b, k + 1);
    }
    return i == a->count && k == b->count;
}

/* Caller frees. */
static bool *mark_used(const struct library *l, int template_index)
{
    const struct template *t = l->templates[template_index];
    const struct sources *s = &l->sources;
    bool *used = xcalloc(s->count + 1, sizeof(*used));
    struct buf frame = {0};
    for (size_t i = 0; i < s->count; i++)
        used[i] = is_shared(s->items[i].name) ||
                  (is_of(s->items[i].name, t->name) && !text_ends_with(s->items[i].name, ".md"));
    for (size_t i = 0; i < t->letter_count; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s/%s.md", t->name, t->tags[i]);
        mark(s, buf_text(&name), t->tags[i], used);
        buf_free(&name);
    }
    buf_printf(&frame, LAYOUTS "/%s.html", t->layout != NULL ? t->layout : LAYOUT_DEFAULT);
    mark(s, buf_text(&frame), "", used);
    buf_free(&frame);
    return used;
}

static void sum_letter(const struct library *l, int template_index, unsigned char out[DIGEST_SIZE])
{
    struct buf text = {0};
    bool *used = mark_used(l, template_index);
    for (size_t i = 0; i < l->sources.count; i++) {
        if (used[i])
            buf_printf(&text, "%s %s\n", l->sources.items[i].sha256, l->sources.items[i].name);
    }
    digest_sha256(buf_text(&text), text.len, out);
    free(used);
    buf_free(&text);
}

void sources_sum_letters(struct library *l)
{
    l->letter_sums = xcalloc(l->template_count + 1, DIGEST_SIZE);
    for (size_t i = 0; i < l->template_count; i++)
        sum_letter(l, (int)i, l->letter_sums + i * DIGEST_SIZE);
}

void library_letter_digest(const struct library *l, int template_index,
                           unsigned char out[DIGEST_SIZE])
{
    memcpy(out, l->letter_sums + (size_t)template_index * DIGEST_SIZE, DIGEST_SIZE);
}

static int tell(const struct source *s, library_source_fn *fn, void *context, struct error *err)
{
    struct buf text = {0};
    char now[DIGEST_HEX_SIZE];
    int rc = 0;
    if (s->path == NULL)
        buf_puts(&text, s->text);
    else
        rc = file_read_path(s->path, SOURCE_MAX, &text, err);
    sum(buf_text(&text), text.len, now);
    if (rc == 0 && strcmp(now, s->sha256) != 0)
        rc = error_set(err, ERR_AGAIN, "%s was changed while it was read; try again", s->path);
    const struct library_source source = {.name = s->name,
                                          .path = s->path,
                                          .sha256 = s->sha256,
                                          .bytes = buf_text(&text),
                                          .len = text.len};
    if (rc == 0)
        fn(context, &source);
    buf_free(&text);
    return rc;
}

int library_letter_files(const struct library *l, int template_index, library_source_fn *fn,
                         void *context, struct error *err)
{
    bool *used = mark_used(l, template_index);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->sources.count; i++) {
        if (used[i])
            rc = tell(&l->sources.items[i], fn, context, err);
    }
    free(used);
    return rc;
}
