#include "desk/campaign_dossier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "campaign/campaign_read.h"
#include "letters/check_books.h"
#include "letters/check_campaign.h"
#include "letters/check_rows.h"
#include "render/library_sources.h"

#define FILE_MAX ((size_t)16 << 20)
#define PIECE    65536

/* ---- sums ---- */

/* As the campaign names it: the same wherever the command is typed. */
static char *name_of(const struct campaign *c, const char *path)
{
    const char *slash = strrchr(c->file, '/');
    size_t len = slash != NULL ? (size_t)(slash - c->file) + 1 : 0;
    bool below = strncmp(path, c->file, len) == 0;
    return xstrdup(below ? path + len : path);
}

static int add_text(struct manifest *m, enum manifest_part part, const struct campaign *c,
                    const char *path, struct error *err)
{
    struct buf text = {0};
    int rc = file_read_path(path, FILE_MAX, &text, err);
    if (rc == 0) {
        char *name = name_of(c, path);
        manifest_add_text(m, part, name, buf_text(&text), text.len);
        free(name);
    }
    buf_free(&text);
    return rc;
}

/* People may be millions: piece by piece. */
static int sum_file(const char *path, unsigned char out[DIGEST_SIZE], struct error *err)
{
    char *piece = xmalloc(PIECE);
    struct digest *d = digest_begin();
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0) {
        got = read(fd, piece, PIECE);
        if (got > 0)
            digest_put(d, piece, (size_t)got);
    }
    int rc = got < 0 ? error_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
                                   "%s cannot be read", path)
                     : 0;
    digest_sum(d, out);
    digest_end(d);
    if (fd >= 0)
        close(fd);
    free(piece);
    return rc;
}

/* "a: a.csv": the same people under another cohort are told something else. */
static char *name_of_people(const struct campaign *c, const struct campaign_cohort *cohort)
{
    struct buf out = {0};
    char *name = name_of(c, cohort->audience);
    buf_printf(&out, "%s: %s", cohort->name, name);
    free(name);
    return buf_steal(&out);
}

static int add_people(struct manifest *m, const struct campaign *c, struct error *err)
{
    unsigned char sum[DIGEST_SIZE];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->cohort_count; i++) {
        if (c->cohorts[i].audience == NULL)
            continue;
        rc = sum_file(c->cohorts[i].audience, sum, err);
        if (rc != 0)
            break;
        char *name = name_of_people(c, &c->cohorts[i]);
        manifest_add_sum(m, MANIFEST_AUDIENCE, name, sum);
        free(name);
    }
    return rc;
}

static int add_files(struct manifest *m, const struct campaign *c, struct error *err)
{
    int rc = add_text(m, MANIFEST_CAMPAIGN, c, c->file, err);
    if (rc == 0 && c->facts != NULL)
        rc = add_text(m, MANIFEST_FACTS, c, c->facts, err);
    return rc == 0 ? add_people(m, c, err) : rc;
}

static void add_source(void *context, const struct library_source *source)
{
    manifest_add_text(context, MANIFEST_LETTER, source->name, source->bytes, source->len);
}

static int add_letter(struct dossier *d, struct error *err)
{
    unsigned char sum[DIGEST_SIZE];
    const struct library *l = d->scene.library;
    d->template_index = library_find_template(l, d->campaign->template_name);
    if (d->template_index < 0)
        return error_set(err, ERR_INPUT, "%s: there is no letter \"%s\"", d->campaign->file,
                         d->campaign->template_name);
    library_letter_digest(l, d->template_index, sum);
    digest_hex(sum, d->letter_sha256);
    return library_letter_files(l, d->template_index, add_source, &d->manifest, err);
}

/* ---- the same before and after ---- */

static void note_change(void *context, const struct manifest_change *change)
{
    const char **name = context;
    if (change->part != MANIFEST_LETTER)
        *name = change->name;
}

/* What was checked is what was summed. */
static int check_steady(const struct dossier *d, struct error *err)
{
    struct manifest again = {0};
    const char *changed = NULL;
    int rc = add_files(&again, d->campaign, err);
    if (rc == 0)
        manifest_compare(&d->manifest, &again, note_change, &changed);
    if (rc == 0 && changed != NULL)
        rc = error_set(err, ERR_AGAIN, "%s has changed while it was read; try again", changed);
    manifest_free(&again);
    return rc;
}

/* NULL: it is none of the manifest's. */
static const char *sum_of(const struct manifest *m, enum manifest_part part, const char *name)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->entries[i].part == part && strcmp(m->entries[i].name, name) == 0)
            return m->entries[i].sha256;
    }
    return NULL;
}

static int check_sum(const struct dossier *d, enum manifest_part part, const char *name,
                     const char *path, const unsigned char sum[DIGEST_SIZE], struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    if (text_equal(sum_of(&d->manifest, part, name), digest_hex(sum, hex)))
        return 0;
    return error_set(err, ERR_DENIED,
                     "%s has changed since it was checked; this group was sent nothing. Put it "
                     "back, or have the campaign checked and approved anew",
                     path);
}

static int check_facts(const struct dossier *d, const unsigned char *sum, struct error *err)
{
    const char *facts = d->campaign->facts;
    if (facts == NULL || sum == NULL)
        return 0;
    char *name = name_of(d->campaign, facts);
    int rc = check_sum(d, MANIFEST_FACTS, name, facts, sum, err);
    free(name);
    return rc;
}

int dossier_check_files(const struct dossier *d, const struct campaign_cohort *cohort,
                        const unsigned char people[DIGEST_SIZE], const unsigned char *facts,
                        struct error *err)
{
    char *name = name_of_people(d->campaign, cohort);
    int rc = check_sum(d, MANIFEST_AUDIENCE, name, cohort->audience, people, err);
    free(name);
    return rc == 0 ? check_facts(d, facts, err) : rc;
}

/* Swapped and put back: what was checked are the bytes that were parsed, and those are to be the
 * bytes that were summed. */
static int check_parsed(const struct dossier *d, enum manifest_part part, const char *path,
                        const unsigned char sum[DIGEST_SIZE], struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    char *name = name_of(d->campaign, path);
    bool same = text_equal(sum_of(&d->manifest, part, name), digest_hex(sum, hex));
    free(name);
    return same ? 0
                : error_set(err, ERR_AGAIN, "%s has changed while it was read; try again", path);
}

static int check_read(const struct dossier *d, struct error *err)
{
    const struct campaign *c = d->campaign;
    int rc = check_parsed(d, MANIFEST_CAMPAIGN, c->file, c->sha256, err);
    if (rc == 0 && d->sheet != NULL && c->facts != NULL)
        rc = check_parsed(d, MANIFEST_FACTS, c->facts, d->sheet->sha256, err);
    return rc;
}

/* ---- who must agree ---- */

static void want(struct dossier *d, const char *role)
{
    for (size_t i = 0; i < d->role_count; i++) {
        if (strcmp(d->roles[i], role) == 0)
            return;
    }
    d->roles = xreallocarray(d->roles, d->role_count + 1, sizeof(*d->roles));
    d->roles[d->role_count++] = role;
}

/* The daemon asks for the same, by its own configuration. */
static void find_roles(struct dossier *d)
{
    const struct settings *s = d->scene.settings;
    for (size_t i = 0; i < d->campaign->approval_count; i++)
        want(d, d->campaign->approvals[i]);
    for (size_t i = 0; i < s->campaign_approval_count; i++)
        want(d, s->campaign_approvals[i]);
}

/* ---- opening ---- */

static void tell_nobody(void *context UNUSED, const struct problem *p UNUSED)
{
}

static int begin(const struct invocation *inv, const char *path, struct dossier *d,
                 struct error *err)
{
    *d = (struct dossier){.template_index = -1};
    int rc = check_scene_open_brief(inv, &d->scene, err);
    if (rc == 0 && d->scene.settings == NULL)
        rc = error_set(err, ERR_CONFIG, "the configuration has mistakes: dispatcher check");
    if (rc == 0)
        rc = check_scene_load_letter_of(&d->scene, path, err);
    if (rc == 0 && d->scene.library == NULL)
        rc = error_set(err, ERR_CONFIG, "the letters have mistakes: dispatcher check");
    d->scene.sms_cost = &d->cost;
    d->scene.has_left = check_books_has_left;
    return rc;
}

static int count_mistakes(const struct dossier *d, const char *path, struct error *err)
{
    size_t errors = d->scene.report.errors;
    if (errors == 0)
        return 0;
    return error_set(err, ERR_INPUT, "%s has %zu %s, so nothing was changed: dispatcher check %s",
                     path, errors, errors == 1 ? "mistake" : "mistakes", path);
}

static int refuse_file(const struct dossier *d, const char *path, struct error *err)
{
    int rc = count_mistakes(d, path, err);
    return rc != 0
               ? rc
               : error_set(err, ERR_INPUT, "%s cannot be used: dispatcher check %s", path, path);
}

static int take_sums(struct dossier *d, struct error *err)
{
    int rc = add_files(&d->manifest, d->campaign, err);
    return rc == 0 ? add_letter(d, err) : rc;
}

int dossier_open_unchecked(const struct invocation *inv, const char *path, struct dossier *out,
                           struct error *err)
{
    struct problems quiet = {.tell = tell_nobody};
    struct campaign *c = NULL;
    int rc = begin(inv, path, out, err);
    if (rc == 0 && campaign_read(path, &quiet, &c) != 0)
        rc = refuse_file(out, path, err);
    if (rc != 0)
        return rc;
    check_scene_keep(&out->scene, c, NULL);
    out->campaign = c;
    find_roles(out);
    return take_sums(out, err);
}

/* Summed before it is checked and again behind it: what was approved is what was proved. */
static int check_summed(struct dossier *d, const char *path, struct error *err)
{
    struct problems quiet = {.tell = tell_nobody};
    struct campaign *early = NULL;
    int rc = 0;
    if (campaign_read(path, &quiet, &early) == 0) {
        d->campaign = early;
        if (add_files(&d->manifest, early, err) != 0) /* the check says it with line and column */
            manifest_free(&d->manifest);
    }
    rc = check_campaign(&d->scene, path, err);
    if (rc == 0)
        rc = count_mistakes(d, path, err);
    if (rc == 0 && (early == NULL || d->scene.campaign_count == 0))
        rc = refuse_file(d, path, err);
    if (rc == 0)
        rc = check_steady(d, err);
    if (rc == 0) {
        d->campaign = d->scene.campaigns[0];
        d->sheet = d->scene.sheets[0];
        find_roles(d);
        rc = check_read(d, err);
    }
    campaign_free(early);
    return rc;
}

int dossier_open(const struct invocation *inv, const char *path, struct dossier *out,
                 struct error *err)
{
    int rc = begin(inv, path, out, err);
    if (rc == 0)
        rc = check_summed(out, path, err);
    return rc == 0 ? add_letter(out, err) : rc;
}

int dossier_check_rows(struct dossier *d, struct error *err)
{
    int rc = check_rows(&d->scene, d->campaign, err);
    if (rc == 0)
        rc = count_mistakes(d, d->campaign->file, err);
    return rc == 0 ? check_steady(d, err) : rc;
}

void dossier_close(struct dossier *d)
{
    manifest_free(&d->manifest);
    free(d->roles);
    check_scene_close(&d->scene);
    *d = (struct dossier){0};
}
