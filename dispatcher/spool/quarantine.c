/*
 *   new/x.json ──▶ corrupt/x.reason   (written and synced first)
 *                  corrupt/x.json     (then moved, never overwriting)
 *
 * A crash between the two leaves the entry in new/ and a reason without a file: the next scan
 * refuses the entry again and finds the next free pair of names. Nothing is lost, and nothing waits
 * unexplained in corrupt/.
 */
#include "spool/spool_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

/* A visible name is up to four times as long as its bytes; this leaves room for number and suffix
 * below NAME_MAX. */
#define STEM_MAX   200
#define NUMBER_MAX 100000

/* Names in corrupt/ for one try. */
struct place {
    struct buf file, reason;
};

static void cut_whole_characters(struct buf *text, size_t len)
{
    if (text->len <= len)
        return;
    while (len > 0 && ((unsigned char)text->data[len] & 0xc0) == 0x80)
        len--;
    buf_truncate(text, len);
}

static void name_place(struct place *p, const char *name, int number)
{
    size_t len = 0;
    bool notice = spool_name_valid(name, &len);
    struct buf stem = {0};
    text_put_visible(&stem, name, notice ? len : strlen(name));
    cut_whole_characters(&stem, STEM_MAX);
    if (number > 0)
        buf_printf(&stem, ".%d", number);
    buf_reset(&p->file);
    buf_reset(&p->reason);
    buf_printf(&p->file, "%s%s", buf_text(&stem), notice ? ".json" : "");
    buf_printf(&p->reason, "%s.reason", buf_text(&stem));
    buf_free(&stem);
}

static bool taken(int dirfd, const char *name)
{
    struct stat st;
    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Writes the reason at the first free pair of names. */
static int write_reason(struct spool *s, const char *name, const char *reason, struct place *p,
                        struct error *err)
{
    struct buf text = {0};
    buf_printf(&text, "%s\n", reason);
    int rc = ERR_CONFLICT;
    for (int n = 0; rc == ERR_CONFLICT && n < NUMBER_MAX; n++) {
        name_place(p, name, n);
        if (taken(s->corrupt_fd, buf_text(&p->file)))
            continue;
        rc = file_publish(s->tmp_fd, s->corrupt_fd, buf_text(&p->reason), text.data, text.len, err);
    }
    buf_free(&text);
    return rc;
}

static int move(struct spool *s, const char *name, const char *new_name, struct error *err)
{
    int rc = file_move(s->new_fd, name, s->corrupt_fd, new_name, err);
    return rc == ERR_IO && batch_is_stuck(s, name) ? error_set(err, rc, "%s", BATCH_STUCK) : rc;
}

int quarantine_move(struct spool *s, const char *name, const char *reason, struct error *err)
{
    struct place p = {0};
    if (!taken(s->new_fd, name))
        return error_set(err, ERR_NOT_FOUND, "the entry is gone");
    int rc = write_reason(s, name, reason, &p, err);
    if (rc == 0) {
        rc = move(s, name, buf_text(&p.file), err);
        if (rc != 0)
            unlinkat(s->corrupt_fd, buf_text(&p.reason), 0);
    }
    buf_free(&p.file);
    buf_free(&p.reason);
    return rc;
}
