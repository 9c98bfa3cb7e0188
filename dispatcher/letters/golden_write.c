#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/say.h"
#include "engine/setup.h"
#include "letters/command_list.h"
#include "letters/golden.h"
#include "letters/preview_write.h"
#include "render/renderer.h"

#define GOLDEN_MAX ((size_t)4 * 1024 * 1024)

struct writing {
    const struct invocation *inv;
    const struct library *library;
    struct renderer *renderer;
    const char *templates; /* the directory */
    int template_index;
    size_t files, written;
};

static void put_json(struct buf *out, const char *path, bool removed)
{
    buf_puts(out, "{\"v\":1,\"file\":");
    buf_put_json(out, path);
    buf_printf(out, ",\"removed\":%s}", removed ? "true" : "false");
}

/* A line for each file that is not what it was. */
static void tell_file(const struct writing *w, const char *path, bool removed)
{
    struct buf out = {0};
    if (invocation_json(w->inv)) {
        put_json(&out, path, removed);
        printf("%s\n", buf_text(&out));
    } else if (removed) {
        say(w->inv, stdout, "removed %s\n", path);
    } else {
        printf("%s\n", path);
    }
    buf_free(&out);
}

static bool is_same(const char *path, const struct buf *text)
{
    struct buf file = {0};
    bool same = file_read_path(path, GOLDEN_MAX, &file, NULL) == 0 && file.len == text->len &&
                memcmp(buf_text(&file), buf_text(text), file.len) == 0;
    buf_free(&file);
    return same;
}

static int write_text(void *context, const char *path, const struct buf *text, struct error *err)
{
    struct writing *w = context;
    if (text == NULL)
        return error_set(err, ERR_INPUT, "%s: the letter cannot be rendered; see dispatcher check",
                         path);
    w->files++;
    if (is_same(path, text))
        return 0;
    w->written++;
    tell_file(w, path, false);
    return preview_write_file(path, text, true, err);
}

static int remove_unwanted(void *context, const char *path, const struct buf *text,
                           struct error *err)
{
    const struct writing *w = context;
    (void)text;
    if (golden_is_wanted(w->library, w->template_index, path))
        return 0;
    tell_file(w, path, true);
    return unlink(path) == 0 ? 0 : error_errno(err, ERR_IO, "cannot remove %s", path);
}

static int write_template(struct writing *w, int template_index, struct error *err)
{
    w->template_index = template_index;
    int rc = golden_each(w->library, w->renderer, template_index, write_text, w, err);
    return rc == 0 ? golden_each_file(w->library, template_index, remove_unwanted, w, err) : rc;
}

static int write_named(struct writing *w, const char *name, struct error *err)
{
    int index = library_find_template(w->library, name);
    if (index >= 0)
        return write_template(w, index, err);
    struct error draft;
    int rc = library_refuse_letter(w->library, name, &draft);
    if (rc == ERR_CONFIG)
        return error_set(err, ERR_INPUT, "%s", draft.text);
    if (rc != 0)
        return error_set(err, ERR_INPUT, "the draft \"%s\" has mistakes: dispatcher check %s/%s",
                         name, w->templates, name);
    const char *meant = library_closest_template(w->library, name);
    return error_set(err, ERR_NOT_FOUND, "there is no template \"%s\"%s%s%s", name,
                     meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
                     meant != NULL ? "\"?" : "");
}

static int write_all(struct writing *w, const struct invocation *inv, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < argument_count(inv); i++)
        rc = write_named(w, argument_at(inv, i), err);
    for (size_t i = 0;
         argument_count(inv) == 0 && rc == 0 && i < library_template_count(w->library); i++)
        rc = write_template(w, (int)i, err);
    return rc;
}

static void tell_written(const struct writing *w)
{
    if (w->files == 1)
        say(w->inv, stderr, "1 golden file, %zu written\n", w->written);
    else
        say(w->inv, stderr, "%zu golden files, %zu written\n", w->files, w->written);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct config_options options = *invocation_config(inv);
    struct setup *setup = NULL;
    struct writing w = {.inv = inv};
    options.without_secrets = true;
    int rc = setup_load_drafts(&options, &setup, err);
    if (rc == 0) {
        w.library = setup->library;
        w.templates = setup->settings->templates;
        rc = renderer_open(w.library, &w.renderer, err);
    }
    if (rc == 0)
        rc = write_all(&w, inv, err);
    if (rc == 0)
        tell_written(&w);
    renderer_close(w.renderer);
    setup_release(setup);
    return rc;
}

const struct command command_golden_write = {
    .name = "golden write",
    .arguments = "[TEMPLATE...]",
    .summary = "keep what letters say now as what they are to say",
    .example = "  dispatcher golden write apology\n",
    .details =
        "Writes TEMPLATE/golden/FIXTURE.LANGUAGE.txt: every part of the letter for each of its "
        "fixtures.\n"
        "`dispatcher check --golden` compares. Look at the difference (git diff) before you "
        "commit it.\n\n"
        "JSON, one object per file that changed: v, file, removed.",
    .arguments_max = 1000,
    .run = run,
};
