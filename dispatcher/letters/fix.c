#include "letters/fix.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "letters/fix_text.h"
#include "model/settings.h"
#include "render/locale.h"

#define FILE_SIZE_MAX (1024 * 1024)

struct fixing {
    const struct invocation *inv;
    const struct settings *settings;
    const char *path; /* of the file at hand */
    struct buf notes; /* what was changed in it */
};

static void note_change(void *context, const char *text)
{
    struct fixing *f = context;
    if (invocation_json(f->inv)) {
        buf_puts(&f->notes, "{\"v\":1,\"fixed\":");
        buf_put_json(&f->notes, f->path);
        buf_puts(&f->notes, ",\"text\":");
        buf_put_json(&f->notes, text);
        buf_puts(&f->notes, "}\n");
    } else {
        buf_printf(&f->notes, "%s: fixed: %s\n", f->path, text);
    }
}

/* Only now that it is written, it is changed. */
static int write_back(struct fixing *f, const struct buf *text, struct error *err)
{
    if (access(f->path, W_OK) != 0)
        return error_errno(err, ERR_IO, "cannot write %s", f->path);
    int rc = file_replace(f->path, buf_text(text), text->len, err);
    if (rc == 0)
        fwrite(buf_text(&f->notes), 1, f->notes.len, stdout);
    return rc;
}

/* How text messages of a language are counted, as its locale file says; Korean if it says nothing:
 * then the least is changed. */
static enum length_profile profile_of(const struct fixing *f, const char *tag)
{
    struct buf name = {0};
    struct error ignored = {0};
    struct locale *locale = NULL;
    buf_printf(&name, "%.*s.yaml", (int)strcspn(tag, "-."), tag);
    char *path = file_join(f->settings->locales, buf_text(&name));
    bool gsm = locale_load(path, NULL, &locale, &ignored) == 0 &&
               text_equal(locale_text(locale, "sms.profile"), "gsm");
    locale_free(locale);
    free(path);
    buf_free(&name);
    return gsm ? LENGTH_GSM : LENGTH_EUC_KR;
}

static int fix_file(struct fixing *f, const char *path, const char *name, struct error *err)
{
    struct buf before = {0}, after = {0};
    struct fix_options options = {.told = note_change, .context = f};
    f->path = path;
    options.letter = text_ends_with(name, ".md");
    options.profile = options.letter ? profile_of(f, name) : LENGTH_EUC_KR;
    int rc = file_read((struct file_at){AT_FDCWD, path, path}, FILE_SIZE_MAX, &before, NULL, err);
    if (rc == 0 && fix_text(buf_text(&before), before.len, &options, &after) &&
        (after.len != before.len || memcmp(buf_text(&after), buf_text(&before), after.len) != 0))
        rc = write_back(f, &after, err);
    buf_reset(&f->notes);
    buf_free(&before);
    buf_free(&after);
    return rc;
}

static bool is_text(const char *name)
{
    static const char *const endings[] = {".md", ".yaml", ".json", ".html"};
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (text_ends_with(name, endings[i]))
            return true;
    return false;
}

static int fix_path(struct fixing *f, const char *path, struct error *err);

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int fix_directory(struct fixing *f, const char *path, struct error *err)
{
    struct dirent **names = NULL;
    int rc = 0, count = scandir(path, &names, visible, alphasort);
    if (count < 0)
        return error_errno(err, ERR_IO, "cannot read %s", path);
    for (int i = 0; i < count; i++) {
        char *inside = file_join(path, names[i]->d_name);
        if (rc == 0)
            rc = fix_path(f, inside, err);
        free(inside);
        free(names[i]);
    }
    free((void *)names);
    return rc;
}

/* Links are left alone: what they lead to may belong to somebody else. */
static int fix_path(struct fixing *f, const char *path, struct error *err)
{
    struct stat st;
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (lstat(path, &st) != 0)
        return error_errno(err, ERR_IO, "cannot look at %s", path);
    if (S_ISDIR(st.st_mode))
        return strcmp(name, "golden") == 0 ? 0 : fix_directory(f, path, err);
    return S_ISREG(st.st_mode) && is_text(name) ? fix_file(f, path, name, err) : 0;
}

int fix_files(const struct invocation *inv, const struct settings *settings, struct error *err)
{
    struct fixing f = {.inv = inv, .settings = settings};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < argument_count(inv); i++)
        rc = fix_path(&f, argument_at(inv, i), err);
    if (argument_count(inv) == 0)
        rc = fix_path(&f, settings->templates, err);
    if (rc == 0 && argument_count(inv) == 0)
        rc = fix_path(&f, settings->locales, err);
    buf_free(&f.notes);
    return rc;
}
