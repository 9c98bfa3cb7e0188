#include "operator/bounce_input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "channel/bounce_report.h"
#include "cli/output.h"

#define CHUNK    ((size_t)65536)
#define FILE_MAX ((size_t)64 * 1024 * 1024) /* a mail with the whole letter it returns */

int bounce_read_stdin(bounce_mail_fn *fn, void *context, struct error *err)
{
    struct buf mail = {0};
    int rc = 0;
    for (;;) {
        buf_reserve(&mail, CHUNK);
        ssize_t got = read(STDIN_FILENO, mail.data + mail.len, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = error_errno(err, ERR_IO, "cannot read standard input");
        if (got <= 0)
            break;
        /* What is behind the limit is read over. */
        if (mail.len + (size_t)got <= BOUNCE_SIZE_MAX)
            mail.len += (size_t)got;
    }
    buf_truncate(&mail, mail.len);
    if (rc == 0)
        rc = fn(context, "standard input", &mail, err);
    buf_free(&mail);
    return rc;
}

int bounce_read_file(const char *path, bounce_mail_fn *fn, void *context, struct error *err)
{
    struct buf mail = {0};
    int rc = file_read_path(path, FILE_MAX, &mail, err);
    if (rc == 0)
        rc = fn(context, path, &mail, err);
    buf_free(&mail);
    return rc;
}

/* ---- a Maildir ---- */

struct maildir {
    const char *path;
    int unread, seen; /* directories */
    bool keep;
    bounce_mail_fn *fn;
    void *context;
    struct error first; /* of mails that stayed */
};

static int open_below(const char *directory, const char *name, int *out, struct error *err)
{
    char *path = file_join(directory, name);
    *out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc =
        *out >= 0 ? 0 : error_errno(err, ERR_NOT_FOUND, "%s is no Maildir: %s", directory, path);
    free(path);
    return rc;
}

/* Delivered mails have no flags; who adds some keeps them. */
static int mark_seen(const struct maildir *m, const char *name, struct error *err)
{
    struct buf seen = {0};
    const char *flags = strstr(name, ":2,");
    buf_printf(&seen, "%s%s%s", name, flags == NULL ? ":2," : "",
               flags != NULL && strchr(flags + 3, 'S') != NULL ? "" : "S");
    int rc = file_move(m->unread, name, m->seen, buf_text(&seen), err);
    buf_free(&seen);
    return rc;
}

static void note_stayed(struct maildir *m, const struct error *why)
{
    output_error(why);
    if (m->first.code == 0)
        m->first = *why;
}

/* Not 0: nothing more can be handled. */
static int handle_one(struct maildir *m, const char *name, struct error *err)
{
    struct buf mail = {0}, shown = {0};
    struct error why = {0};
    buf_printf(&shown, "%s/new/%s", m->path, name);
    struct file_at at = {m->unread, name, buf_text(&shown)};
    int rc = 0, stayed = file_read(at, FILE_MAX, &mail, NULL, &why);
    if (stayed == 0)
        rc = m->fn(m->context, buf_text(&shown), &mail, err);
    if (stayed == 0 && rc == 0 && !m->keep)
        stayed = mark_seen(m, name, &why);
    if (stayed != 0 && stayed != ERR_NOT_FOUND) /* gone: somebody else took it */
        note_stayed(m, &why);
    buf_free(&mail);
    buf_free(&shown);
    return rc;
}

static int handle_all(struct maildir *m, struct error *err)
{
    DIR *list = fdopendir(dup(m->unread));
    struct dirent *entry;
    int rc = 0;
    if (list == NULL)
        return error_errno(err, ERR_IO, "cannot list %s/new", m->path);
    while (rc == 0 && (entry = readdir(list)) != NULL)
        if (entry->d_name[0] != '.')
            rc = handle_one(m, entry->d_name, err);
    closedir(list);
    return rc;
}

int bounce_read_maildir(const char *directory, bool keep, bounce_mail_fn *fn, void *context,
                        struct error *err)
{
    struct maildir m = {
        .path = directory, .unread = -1, .seen = -1, .keep = keep, .fn = fn, .context = context};
    int rc = open_below(directory, "new", &m.unread, err);
    if (rc == 0)
        rc = open_below(directory, "cur", &m.seen, err);
    if (rc == 0)
        rc = handle_all(&m, err);
    if (m.unread >= 0)
        close(m.unread);
    if (m.seen >= 0)
        close(m.seen);
    if (rc == 0 && m.first.code != 0)
        rc = error_set(err, m.first.code, "mails in %s/new were left where they are", directory);
    return rc;
}
