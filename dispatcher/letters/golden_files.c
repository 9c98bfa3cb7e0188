/* Fixtures and golden files of a template, one after the other. */
#include "letters/golden.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "model/job.h"
#include "render/proof.h"

/* Any time does: it dates what a fixture leaves open. */
#define GOLDEN_ACCEPTED_MS INT64_C(1767225600000)

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.' ? 1 : 0;
}

struct walk {
    const struct library *library;
    struct renderer *renderer;
    int template_index;
    golden_fn *fn;
    void *context;
};

static const char *directory_of(const struct library *l, int template_index)
{
    return library_template_directory(l, (size_t)template_index);
}

/* Caller frees. */
static char *golden_path(const struct walk *w, const char *fixture, const char *tag)
{
    struct buf path = {0};
    buf_printf(&path, "%s/golden/%.*s.%s.txt", directory_of(w->library, w->template_index),
               (int)(strlen(fixture) - strlen(".json")), fixture, tag);
    return buf_steal(&path);
}

/* False: it does not render. */
static bool put_text(const struct walk *w, const struct job *job, const char *tag, struct buf *out)
{
    static const struct proof_options options = {0};
    struct proof proof;
    struct error ignored;
    int64_t accepted_ms = job->created_at_ms != 0 ? job->created_at_ms : GOLDEN_ACCEPTED_MS;
    int rc = library_check_job(w->library, w->template_index, tag, job, NULL, &ignored);
    if (rc != 0)
        return false;
    rc = proof_make(w->renderer, w->template_index, tag, job, accepted_ms, &options, &proof,
                    &ignored);
    if (rc == 0)
        golden_put(out, &proof);
    proof_free(&proof);
    return rc == 0;
}

static int walk_language(const struct walk *w, const struct job *job, const char *fixture,
                         const char *tag, struct error *err)
{
    struct buf text = {0};
    char *path = golden_path(w, fixture, tag);
    bool renders = job != NULL && put_text(w, job, tag, &text);
    int rc = w->fn(w->context, path, renders ? &text : NULL, err);
    buf_free(&text);
    free(path);
    return rc;
}

static int walk_fixture(const struct walk *w, const char *folder, const char *name,
                        struct error *err)
{
    const char *const *tags = library_template_locales(w->library, w->template_index);
    char *path = file_join(folder, name);
    struct buf text = {0};
    struct job *job = NULL;
    struct error ignored;
    int rc = 0;
    if (file_read_path(path, JOB_TEXT_MAX, &text, &ignored) == 0 &&
        job_parse_fixture(buf_text(&text), text.len, path, &job, &ignored) != 0)
        job = NULL;
    for (size_t i = 0; rc == 0 && tags[i] != NULL; i++)
        rc = walk_language(w, job, name, tags[i], err);
    job_free(job);
    buf_free(&text);
    free(path);
    return rc;
}

typedef int entry_fn(const struct walk *w, const char *folder, const char *name, struct error *err);

/* Names of a folder of the template that end so; a folder that is not there has none. */
static int walk_folder(const struct walk *w, const char *name, const char *suffix, entry_fn *fn,
                       struct error *err)
{
    struct dirent **entries = NULL;
    char *folder = file_join(directory_of(w->library, w->template_index), name);
    int count = scandir(folder, &entries, is_visible, by_name), rc = 0;
    for (int i = 0; i < count; i++) {
        if (rc == 0 && text_ends_with(entries[i]->d_name, suffix))
            rc = fn(w, folder, entries[i]->d_name, err);
        free(entries[i]);
    }
    free((void *)entries);
    free(folder);
    return rc;
}

int golden_each(const struct library *l, struct renderer *r, int template_index, golden_fn *fn,
                void *context, struct error *err)
{
    const struct walk w = {l, r, template_index, fn, context};
    return walk_folder(&w, "fixtures", ".json", walk_fixture, err);
}

static int walk_file(const struct walk *w, const char *folder, const char *name, struct error *err)
{
    char *path = file_join(folder, name);
    int rc = w->fn(w->context, path, NULL, err);
    free(path);
    return rc;
}

int golden_each_file(const struct library *l, int template_index, golden_fn *fn, void *context,
                     struct error *err)
{
    const struct walk w = {l, NULL, template_index, fn, context};
    return walk_folder(&w, "golden", ".txt", walk_file, err);
}

/* ---- is it still wanted? ---- */

struct search {
    const char *path;
    bool found;
};

static int look(const struct walk *w, const char *folder, const char *name, struct error *err)
{
    struct search *s = w->context;
    const char *const *tags = library_template_locales(w->library, w->template_index);
    (void)folder;
    (void)err;
    for (size_t i = 0; tags[i] != NULL; i++) {
        char *path = golden_path(w, name, tags[i]);
        s->found = s->found || strcmp(path, s->path) == 0;
        free(path);
    }
    return 0;
}

bool golden_is_wanted(const struct library *l, int template_index, const char *path)
{
    struct search s = {.path = path};
    const struct walk w = {l, NULL, template_index, NULL, &s};
    return walk_folder(&w, "fixtures", ".json", look, NULL) == 0 && s.found;
}
