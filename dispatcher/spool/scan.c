/*
 *   new/x.json ── read ── asked: TAKEN ── group committed ── unlinked
 *       │           │        ├── REFUSED ─▶ corrupt/ (quarantine.c)
 *       │           │        └── LATER, STOP: stays
 *       │           └── empty, too large, unreadable ─▶ corrupt/
 *       └── no regular file, foreign link, strange name ─▶ corrupt/
 *
 *   new/ID/ ── looks like a batch ── asked: TAKEN (stays; its intake goes on by itself)
 *       └── anything else in it, or wrong when it has settled ─▶ corrupt/
 *
 * An entry is unlinked only after the ledger is durable. A crash or an error between the two leaves
 * it in new/: the next scan hands it over again, the ledger knows it, and it is taken a second time
 * without effect. For the same reason new/ is not synced after unlinking: a power cut may bring the
 * name back, never lose the notice.
 *
 * Whatever may only be half there (a plain cp still writing, a link still being replaced) is left
 * alone until its inode has not changed for two seconds. The inode's change time is asked, not the
 * modification time: that one can be set.
 */
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "spool/spool_backend.h"

#define SETTLED_MS         2000
#define CLOCK_WENT_BACK_MS 60000 /* a change this far in the future says nothing about waiting */

/* A taken entry that still stands in new/, and how to know it again. */
struct taken {
    char *name;
    dev_t device;
    ino_t inode;
    off_t size;
    int64_t modified_ms;
};

struct pass {
    struct spool *spool;
    const struct spool_intake *intake;
    struct spool_counts *counts;
    struct taken *taken; /* room for a group */
    size_t taken_count;
    void *kept; /* names that stay, of tsearch(3) */
    bool stop;
};

/* The entry being judged. */
struct found {
    const char *name;
    struct buf shown; /* new/NAME, printable */
    struct stat st;
    bool settled;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* It stays; this pass does not look at it again. */
static void leave(struct pass *p, const char *name)
{
    char *copy = xstrdup(name);
    char **place = tsearch(copy, &p->kept, compare_names);
    if (place == NULL)
        abort(); /* out of memory ends the process */
    if (*place != copy)
        free(copy);
}

static void keep(struct pass *p, const char *name)
{
    p->counts->later++;
    leave(p, name);
}

static bool was_kept(const struct pass *p, const char *name)
{
    return tfind(name, &p->kept, compare_names) != NULL;
}

static bool is_known(const struct pass *p, const char *name)
{
    return p->intake->knows != NULL && p->intake->knows(p->intake->context, name);
}

/* ---- removing what was taken ---- */

/* Only what was read is removed: a file put in its place meanwhile (against the protocol, by mv) is
 * a new entry. */
static bool is_same(const struct pass *p, const struct taken *t)
{
    struct stat st;
    return fstatat(p->spool->new_fd, t->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           st.st_dev == t->device && st.st_ino == t->inode && st.st_size == t->size &&
           spool_time_ms(st.st_mtim) == t->modified_ms;
}

static void remove_taken(struct pass *p, const struct taken *t)
{
    if (is_same(p, t) && unlinkat(p->spool->new_fd, t->name, 0) != 0 && errno != ENOENT) {
        int why = errno;
        if (stuck_is_news(p->spool, t->name, p->intake->now_ms))
            log_event(LOG_WARN, "spool.stuck", "name=new/%s error=%s", t->name,
                      strerrorname_np(why));
        keep(p, t->name);
        return;
    }
    p->counts->taken++;
}

static void commit_group(struct pass *p)
{
    struct error err = {0};
    if (p->taken_count == 0)
        return;
    bool safe = p->intake->commit(p->intake->context, &err) == 0;
    for (size_t i = 0; i < p->taken_count; i++) {
        if (safe)
            remove_taken(p, &p->taken[i]); /* from here on the notice is safe */
        else
            keep(p, p->taken[i].name);
        free(p->taken[i].name);
    }
    p->taken_count = 0;
    p->stop = p->stop || !safe;
}

static void take(struct pass *p, const struct found *f)
{
    p->taken[p->taken_count++] = (struct taken){.name = xstrdup(f->name),
                                                .device = f->st.st_dev,
                                                .inode = f->st.st_ino,
                                                .size = f->st.st_size,
                                                .modified_ms = spool_time_ms(f->st.st_mtim)};
    if (p->taken_count >= p->intake->group)
        commit_group(p);
}

/* ---- refusing ---- */

static void tell_stuck(struct pass *p, const struct found *f, const char *why)
{
    if (stuck_is_news(p->spool, f->name, p->intake->now_ms))
        log_event(LOG_WARN, "spool.stuck", "name=%s error=\"%s\"", buf_text(&f->shown), why);
}

static void refuse(struct pass *p, const struct found *f, const char *reason)
{
    struct error err = {0};
    int rc = quarantine_move(p->spool, f->name, reason, &err);
    if (rc == ERR_NOT_FOUND)
        return;
    if (rc != 0) {
        tell_stuck(p, f, err.text);
        keep(p, f->name);
        return;
    }
    p->counts->refused++;
    log_event(LOG_WARN, "spool.refused", "name=%s see=corrupt/", buf_text(&f->shown));
}

static void refuse_if_settled(struct pass *p, const struct found *f, const char *reason)
{
    if (f->settled)
        refuse(p, f, reason);
    else
        keep(p, f->name);
}

/* ---- judging one entry ---- */

bool spool_is_settled(const struct stat *st, int64_t now_ms)
{
    int64_t age_ms = now_ms - spool_time_ms(st->st_ctim);
    return age_ms >= SETTLED_MS || age_ms < -CLOCK_WENT_BACK_MS;
}

static const char *kind_name(mode_t mode)
{
    static const struct {
        mode_t type;
        const char *name;
    } kinds[] = {{S_IFLNK, "a symbolic link"},
                 {S_IFIFO, "a FIFO"},
                 {S_IFSOCK, "a socket"},
                 {S_IFCHR, "a character device"},
                 {S_IFBLK, "a block device"}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if ((mode & S_IFMT) == kinds[i].type)
            return kinds[i].name;
    }
    return "no file";
}

static void refuse_kind(struct pass *p, const struct found *f)
{
    struct error reason;
    error_set(&reason, ERR_INPUT,
              "%s is %s, not a regular file. Drop the file itself, it was not opened or followed",
              buf_text(&f->shown), kind_name(f->st.st_mode));
    refuse(p, f, reason.text);
}

static void judge_batch(struct pass *p, const struct found *f)
{
    struct error reason = {0};
    enum spool_verdict verdict = SPOOL_REFUSED;
    if (p->intake->batch == NULL)
        error_set(&reason, ERR_INPUT,
                  "%s is a directory. Batches are not accepted here; drop one ID.json for each "
                  "notice",
                  buf_text(&f->shown));
    else
        verdict = batch_inspect(p->spool, f->name, p->intake->now_ms, &reason);
    if (verdict == SPOOL_TAKEN && batch_is_stuck(p->spool, f->name)) {
        tell_stuck(p, f, BATCH_STUCK);
        verdict = SPOOL_LATER;
    }
    if (verdict == SPOOL_TAKEN)
        verdict = p->intake->batch(p->intake->context, f->name, &reason);
    switch (verdict) {
    case SPOOL_TAKEN:
        p->counts->batches++;
        leave(p, f->name);
        break;
    case SPOOL_REFUSED:
        refuse(p, f, reason.text);
        break;
    case SPOOL_LATER:
        keep(p, f->name);
        break;
    case SPOOL_STOP:
        p->stop = true;
        break;
    }
}

static unsigned long count_links_in_tmp(const struct spool *s, const struct stat *wanted)
{
    unsigned long count = 0;
    int fd = openat(s->tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *reader = fd >= 0 ? fdopendir(fd) : NULL;
    if (reader == NULL) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    const struct dirent *entry;
    struct stat st;
    while ((entry = readdir(reader)) != NULL) {
        if (fstatat(s->tmp_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            st.st_ino == wanted->st_ino && st.st_dev == wanted->st_dev)
            count++;
    }
    closedir(reader);
    return count;
}

/*
 * A second name is normal for a moment: the producer links tmp/x to new/ID.json and then unlinks
 * tmp/x, and if it died in between, tmp/x stays for 36 hours. Any other second name means that the
 * file belongs somewhere else, and whoever linked it here may not even be allowed to read it: its
 * content must not get into a letter or a reason.
 */
static bool has_foreign_links(const struct pass *p, const struct found *f)
{
    struct stat now;
    if (f->st.st_nlink < 2 || count_links_in_tmp(p->spool, &f->st) + 1 == f->st.st_nlink)
        return false;
    /* The producer may have unlinked between our two looks. */
    return fstatat(p->spool->new_fd, f->name, &now, AT_SYMLINK_NOFOLLOW) == 0 && now.st_nlink > 1;
}

/* Called when reading failed: is it the file's fault, or are we out of descriptors or the disk out
 * of order? */
static void keep_unreadable(struct pass *p, const struct found *f, const struct error *err)
{
    if (faccessat(p->spool->new_fd, f->name, R_OK, AT_EACCESS) != 0 && errno == EACCES) {
        refuse_if_settled(p, f, err->text);
        return;
    }
    log_event(LOG_WARN, "spool.unreadable", "name=%s error=%s", buf_text(&f->shown), err->text);
    keep(p, f->name);
}

static void ask(struct pass *p, const struct found *f, const struct buf *text)
{
    struct error reason = {0};
    size_t id_len = strlen(f->name) - strlen(".json");
    char *id = xstrndup(f->name, id_len);
    struct spool_entry entry = {.name = f->name,
                                .shown = buf_text(&f->shown),
                                .id = id,
                                .text = text->data,
                                .len = text->len,
                                .settled = f->settled};
    enum spool_verdict verdict = p->intake->entry(p->intake->context, &entry, &reason);
    free(id);
    switch (verdict) {
    case SPOOL_TAKEN:
        take(p, f);
        break;
    case SPOOL_REFUSED:
        refuse_if_settled(p, f, reason.text);
        break;
    case SPOOL_LATER:
        keep(p, f->name);
        break;
    case SPOOL_STOP:
        p->stop = true;
        break;
    }
}

static void read_and_ask(struct pass *p, const struct found *f)
{
    struct buf text = {0};
    struct error err = {0};
    struct file_at at = {.dirfd = p->spool->new_fd, .name = f->name, .shown = buf_text(&f->shown)};
    int rc = file_read(at, JOB_TEXT_MAX, &text, NULL, &err);
    if (rc == ERR_INPUT) {
        refuse(p, f, err.text);
    } else if (rc != 0 && rc != ERR_NOT_FOUND) {
        keep_unreadable(p, f, &err);
    } else if (rc == 0 && text.len == 0) {
        error_set(&err, ERR_INPUT, "%s is empty. Drop it again with its content", at.shown);
        refuse_if_settled(p, f, err.text);
    } else if (rc == 0) {
        ask(p, f, &text);
    }
    buf_free(&text);
}

static void judge(struct pass *p, const struct found *f)
{
    size_t id_len = 0;
    struct error reason;
    if (S_ISDIR(f->st.st_mode)) {
        judge_batch(p, f);
    } else if (!S_ISREG(f->st.st_mode)) {
        refuse_kind(p, f);
    } else if (!spool_name_valid(f->name, &id_len)) {
        error_set(&reason, ERR_INPUT,
                  "%s is not named like a notice. The name must be ID.json with an ID of 1 to 128 "
                  "letters, digits, _ or -, not beginning with -",
                  buf_text(&f->shown));
        refuse_if_settled(p, f, reason.text);
    } else if (has_foreign_links(p, f)) {
        error_set(&reason, ERR_INPUT,
                  "%s is a hard link to a file outside of tmp/. Write a copy to tmp/ and link that",
                  buf_text(&f->shown));
        refuse_if_settled(p, f, reason.text);
    } else {
        read_and_ask(p, f);
    }
}

static void look_at(struct pass *p, const char *name)
{
    struct found f = {.name = name};
    if (fstatat(p->spool->new_fd, name, &f.st, AT_SYMLINK_NOFOLLOW) != 0)
        return; /* vanished */
    f.settled = spool_is_settled(&f.st, p->intake->now_ms);
    buf_puts(&f.shown, "new/");
    text_put_visible(&f.shown, name, strlen(name));
    judge(p, &f);
    buf_free(&f.shown);
}

/* ---- the pass ---- */

static int open_reader(struct spool *s, struct error *err)
{
    if (s->reader != NULL)
        return 0;
    int fd = openat(s->new_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, ERR_IO, "cannot open %s", s->new_path);
    s->reader = fdopendir(fd);
    if (s->reader == NULL) {
        close(fd);
        return error_errno(err, ERR_IO, "cannot open %s", s->new_path);
    }
    s->at_start = true;
    return 0;
}

static size_t handled(const struct pass *p)
{
    return p->counts->taken + p->counts->refused + p->counts->later + p->counts->batches +
           p->taken_count;
}

/* The next name, NULL at the end (the reader then stands at the beginning again). */
static int read_name(struct spool *s, const char **out, struct error *err)
{
    errno = 0;
    const struct dirent *entry = readdir(s->reader);
    *out = entry != NULL ? entry->d_name : NULL;
    if (entry == NULL && errno != 0)
        return error_errno(err, ERR_IO, "cannot read %s", s->new_path);
    if (entry == NULL)
        rewinddir(s->reader);
    s->at_start = entry == NULL;
    return 0;
}

/*
 * Once around the directory, beginning where the last pass stopped, so that entries that stay
 * (LATER) cannot keep the ones behind them out. The second half goes to the end too, past what this
 * pass left standing: the reader may have missed entries that appeared since it began.
 */
static int go_round(struct pass *p, size_t limit, struct error *err)
{
    bool last_half = p->spool->at_start;
    int rc = 0;
    while (!p->stop && handled(p) < limit) {
        const char *name = NULL;
        rc = read_name(p->spool, &name, err);
        if (rc != 0 || (name == NULL && last_half))
            break;
        if (name == NULL) {
            commit_group(p); /* or the second half would meet what is only not unlinked yet */
            last_half = true;
        } else if (name[0] != '.' && !(last_half && was_kept(p, name)) && !is_known(p, name)) {
            look_at(p, name);
        }
    }
    return rc;
}

int spool_scan(struct spool *s, const struct spool_intake *intake, size_t limit,
               struct spool_counts *out, struct error *err)
{
    *out = (struct spool_counts){0};
    int rc = open_reader(s, err);
    if (rc != 0)
        return rc;
    size_t group = intake->group > 0 ? intake->group : 1;
    struct pass p = {
        .spool = s, .intake = intake, .counts = out, .taken = xcalloc(group, sizeof(struct taken))};
    rc = go_round(&p, limit, err);
    commit_group(&p);
    tdestroy(p.kept, free);
    free(p.taken);
    return rc;
}
