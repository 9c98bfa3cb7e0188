#include "desk/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

const char *evidence_part_name(enum evidence_part part)
{
    static const char *const names[] = {
        [EVIDENCE_DELIVERIES] = "deliveries.jsonl", [EVIDENCE_DECISIONS] = "decisions.jsonl",
        [EVIDENCE_APPROVALS] = "approvals.jsonl",   [EVIDENCE_CALLS] = "calls.jsonl",
        [EVIDENCE_DUTIES] = "duties.jsonl",         [EVIDENCE_EXEMPTIONS] = "exemptions.jsonl"};
    return names[part];
}

/* ---- writing ---- */

int evidence_file_open(const char *directory, const char *name, mode_t mode,
                       struct evidence_file *out, struct error *err)
{
    *out = (struct evidence_file){.path = file_join(directory, name)};
    evidence_begin(&out->chain);
    int fd = open(out->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0)
        out->file = fdopen(fd, "w");
    if (out->file != NULL)
        return 0;
    int rc = error_errno(err, errno == EEXIST ? ERR_CONFLICT : ERR_IO, "cannot make %s", out->path);
    if (fd >= 0)
        close(fd);
    free(out->path);
    *out = (struct evidence_file){0};
    return rc;
}

void evidence_file_put_row(struct evidence_file *f, struct json_t *row)
{
    buf_reset(&f->line);
    evidence_put_row(&f->chain, row, &f->line);
    fwrite(f->line.data, 1, f->line.len, f->file);
}

void evidence_file_put_text(struct evidence_file *f, const char *text)
{
    fputs(text, f->file);
}

int evidence_file_close(struct evidence_file *f, int rc, struct error *err)
{
    if (f->file == NULL)
        return rc;
    if (rc == 0 && (fflush(f->file) != 0 || ferror(f->file)))
        rc = error_errno(err, ERR_IO, "cannot write %s", f->path);
    if (rc == 0)
        rc = file_sync(fileno(f->file), f->path, err);
    fclose(f->file);
    free(f->path);
    buf_free(&f->line);
    f->file = NULL;
    f->path = NULL;
    return rc;
}

void evidence_put_address(struct buf *out, const char *address, const char *id, int64_t row,
                          const char *salt)
{
    buf_puts(out, "{\"address\":");
    buf_put_json(out, address);
    buf_puts(out, ",\"id\":");
    buf_put_json(out, id);
    buf_printf(out, ",\"row\":%" PRId64 ",\"salt\":", row);
    buf_put_json(out, salt);
    buf_puts(out, "}\n");
}

/* ---- reading ---- */

/* Whoever hands a folder over may have put anything there: a FIFO would be waited for. */
static FILE *open_regular(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    FILE *file = NULL;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        errno = EINVAL;
        file = S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
    }
    if (fd >= 0 && file == NULL)
        close(fd);
    return file;
}

int evidence_reader_open(const char *directory, const char *name, struct evidence_reader *out,
                         struct error *err)
{
    char *path = file_join(directory, name);
    int rc = 0;
    *out = (struct evidence_reader){.file = open_regular(path)};
    if (out->file == NULL && errno == EINVAL)
        rc = error_set(err, ERR_INPUT, "%s is no regular file; replace it by the file", path);
    else if (out->file == NULL && errno != ENOENT)
        rc = error_errno(err, ERR_IO, "cannot read %s", path);
    free(path);
    return rc;
}

bool evidence_reader_next(struct evidence_reader *r)
{
    if (r->file == NULL)
        return false;
    ssize_t got = getline(&r->line, &r->room, r->file);
    if (got <= 0)
        return false;
    r->number++;
    r->len = (size_t)got;
    r->cut = r->line[r->len - 1] != '\n';
    if (!r->cut)
        r->line[--r->len] = '\0';
    return true;
}

void evidence_reader_close(struct evidence_reader *r)
{
    if (r->file != NULL)
        fclose(r->file);
    free(r->line);
    *r = (struct evidence_reader){0};
}
