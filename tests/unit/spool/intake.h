/* An engine for the tests of this folder, and looks at what a scan left. Include behind cmocka. */
#ifndef TESTS_SPOOL_INTAKE_H
#define TESTS_SPOOL_INTAKE_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "spool/spool.h"

#include "directory.h"

#define LATER_MS 5000 /* by then nothing is half-written any more */
#define MANY     1000

/* An engine that remembers what it was asked, as the ledger would. */
struct intake {
    struct spool_intake hooks;
    struct fixture *f;
    enum spool_verdict verdict;
    char asked[64][160];
    size_t asked_count;
    char text[512]; /* of the last entry */
    int commits;
    int commit_result;
    const char *refuse_prefix; /* texts that begin so are refused */
    void (*during_entry)(struct fixture *f, const char *name);
    void (*during_commit)(struct fixture *f);
};

static inline enum spool_verdict entry(void *context, const struct spool_entry *e,
                                       struct error *reason)
{
    struct intake *in = context;
    char expected[300];
    snprintf(expected, sizeof(expected), "new/%s.json", e->id);
    assert_string_equal(e->shown, expected);
    assert_string_equal(e->name, expected + 4);
    if (in->asked_count < COUNT_OF(in->asked))
        snprintf(in->asked[in->asked_count], sizeof(in->asked[0]), "%s", e->id);
    in->asked_count++;
    snprintf(in->text, sizeof(in->text), "%.*s", (int)e->len, e->text);
    if (in->during_entry != NULL)
        in->during_entry(in->f, e->name);
    if (in->refuse_prefix != NULL &&
        strncmp(e->text, in->refuse_prefix, strlen(in->refuse_prefix)) == 0) {
        error_set(reason, ERR_INPUT, "%s:1:1: this is no notice", e->shown);
        return SPOOL_REFUSED;
    }
    return in->verdict;
}

static inline int commit(void *context, struct error *err)
{
    struct intake *in = context;
    (void)err;
    in->commits++;
    if (in->during_commit != NULL)
        in->during_commit(in->f);
    return in->commit_result;
}

static inline struct intake intake_of(struct fixture *f)
{
    return (struct intake){
        .f = f, .verdict = SPOOL_TAKEN, .hooks = {.entry = entry, .commit = commit, .group = 100}};
}

static inline struct spool_counts scan_at(struct fixture *f, struct intake *in, size_t limit,
                                          int64_t now_ms)
{
    struct spool_counts counts = {0};
    struct error err = {0};
    in->hooks.context = in;
    in->hooks.now_ms = now_ms;
    int rc = spool_scan(f->s, &in->hooks, limit, &counts, &err);
    if (rc != 0)
        fail_msg("%s", err.text);
    return counts;
}

static inline struct spool_counts scan(struct fixture *f, struct intake *in)
{
    return scan_at(f, in, MANY, clock_wall_ms() + LATER_MS);
}

static inline void must_count(struct spool_counts c, size_t taken, size_t refused, size_t later)
{
    if (c.taken != taken || c.refused != refused || c.later != later)
        fail_msg("taken %zu refused %zu later %zu, expected %zu %zu %zu", c.taken, c.refused,
                 c.later, taken, refused, later);
}

static inline bool stands(const struct fixture *f, const char *path)
{
    struct stat st;
    return fstatat(f->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline void drop(struct fixture *f, const char *id, const char *text)
{
    struct error err = {0};
    bool duplicate = false;
    if (spool_drop(f->s, id, text, strlen(text), &duplicate, &err) != 0)
        fail_msg("%s", err.text);
}

/* The reason file beside a quarantined entry; caller does not free. */
static inline const char *reason_of(const struct fixture *f, const char *name)
{
    static char text[2100];
    char path[300];
    snprintf(path, sizeof(path), "corrupt/%s.reason", name);
    int fd = openat(f->fd, path, O_RDONLY);
    if (fd < 0)
        fail_msg("no %s", path);
    ssize_t got = read(fd, text, sizeof(text) - 1);
    text[got > 0 ? got : 0] = '\0';
    close(fd);
    return text;
}

static inline void must_be_refused(struct fixture *f, const char *kept_as, const char *stem,
                                   const char *words)
{
    char path[300];
    snprintf(path, sizeof(path), "corrupt/%s", kept_as);
    if (!stands(f, path))
        fail_msg("no %s", path);
    if (strstr(reason_of(f, stem), words) == NULL)
        fail_msg("expected \"%s\" in: %s", words, reason_of(f, stem));
}

/* Modes mean nothing to root: so the scan is somebody else for a while. tmp/ and corrupt/ stay open
 * to it. */
static inline void step_down(struct fixture *f)
{
    assert_int_equal(fchmodat(f->fd, "tmp", 0777, 0), 0);
    assert_int_equal(fchmodat(f->fd, "corrupt", 0777, 0), 0);
    if (geteuid() == 0 && seteuid(65534) != 0)
        skip();
}

static inline void step_up(void)
{
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

#endif
