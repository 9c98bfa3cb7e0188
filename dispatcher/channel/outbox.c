/*
 * A folder instead of the world: a Maildir for e-mail (tmp/, new/, cur/; ID.eml), plain files for
 * the others (ID.txt, ID.json). What lands there is byte for byte what would have been sent. Files
 * are named after the identity alone, so that a repeated delivery finds itself already there.
 */
#include "channel/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/id.h"

#define DIRECTORY_MODE 0750
#define PLACES         3

struct channel_session {
    int tmp_fd; /* same file system: publishing is a link */
    int out_fd; /* where the files appear */
    const char *ending;
    const char *shown; /* for replies: "new/" or "" */
};

/* Per channel: the folders below the transport's directory (the first two are opened) and how files
 * end. */
static const struct layout {
    const char *folders[PLACES]; /* tmp, out, others */
    const char *shown;
    const char *ending;
} layouts[CHANNEL_KINDS] = {
    [CHANNEL_EMAIL] = {{"tmp", "new", "cur"}, "new/", ".eml"},
    [CHANNEL_SMS] = {{"tmp", ".", NULL}, "", ".txt"},
    [CHANNEL_WEBHOOK] = {{"tmp", ".", NULL}, "", ".json"},
};

static int outbox_compose(const struct settings *s, const struct transport *t,
                          struct outgoing *item, struct error *err)
{
    return channel_of_kind(t->channel)->compose(s, t, item, err);
}

static int make_folders(const char *directory, const struct layout *layout, struct error *err)
{
    int rc = file_make_directory(directory, DIRECTORY_MODE, err);
    for (size_t i = 0; rc == 0 && i < PLACES && layout->folders[i] != NULL; i++) {
        char *path = file_join(directory, layout->folders[i]);
        rc = file_make_directory(path, DIRECTORY_MODE, err);
        free(path);
    }
    return rc;
}

static int open_folder(const char *directory, const char *name, struct error *err)
{
    char *path = file_join(directory, name);
    int fd = file_open_directory(path, err);
    free(path);
    return fd;
}

static void outbox_close(struct channel_session *session)
{
    if (session == NULL)
        return;
    if (session->tmp_fd >= 0)
        close(session->tmp_fd);
    if (session->out_fd >= 0)
        close(session->out_fd);
    free(session);
}

static int outbox_open(const struct settings *s, const struct transport *t,
                       struct channel_session **out, struct error *err)
{
    (void)s;
    const struct layout *layout = &layouts[t->channel];
    *out = NULL;
    if (t->directory == NULL)
        return error_set(err, ERR_CONFIG, "transport %s is an outbox and needs a directory",
                         t->name);
    int rc = make_folders(t->directory, layout, err);
    if (rc != 0)
        return rc;
    struct channel_session *session = xmalloc(sizeof(*session));
    *session = (struct channel_session){-1, -1, layout->ending, layout->shown};
    session->tmp_fd = open_folder(t->directory, layout->folders[0], err);
    if (session->tmp_fd >= 0)
        session->out_fd = open_folder(t->directory, layout->folders[1], err);
    if (session->tmp_fd < 0 || session->out_fd < 0) {
        rc = session->tmp_fd < 0 ? session->tmp_fd : session->out_fd;
        outbox_close(session);
        return rc;
    }
    *out = session;
    return 0;
}

static void deliver_one(struct channel_session *session, const struct outgoing *item,
                        struct disposition *out)
{
    struct error err = {0};
    char name[ID_MAX + 8], reply[ID_MAX + 32];
    snprintf(name, sizeof(name), "%s%s", item->identity, session->ending);
    int rc =
        file_publish(session->tmp_fd, session->out_fd, name, item->wire.data, item->wire.len, &err);
    bool there =
        rc == ERR_CONFLICT; /* an attempt before this one wrote it: nothing is ever overwritten */
    snprintf(reply, sizeof(reply), "%s%s%s", session->shown, name,
             there ? " was already there" : "");
    if (rc == 0 || there)
        disposition_set(out, OUTCOME_DELIVERED, 0, "outbox", reply, strlen(reply));
    else
        disposition_set(out, OUTCOME_TRANSIENT, 0, "disk", err.text, strlen(err.text));
}

static void outbox_deliver(struct channel_session *session, struct outgoing *items, size_t count,
                           const struct channel_reporter *reporter)
{
    for (size_t i = 0; i < count; i++) {
        struct disposition d;
        reporter->started(reporter->context, &items[i]);
        deliver_one(session, &items[i], &d);
        reporter->done(reporter->context, &items[i], &d);
    }
}

const struct channel channel_outbox = {
    .name = "outbox",
    .compose = outbox_compose,
    .open = outbox_open,
    .deliver = outbox_deliver,
    .close = outbox_close,
};
