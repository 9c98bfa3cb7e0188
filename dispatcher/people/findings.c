#include "people/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/say.h"

#define SHOWN_MAX  60
#define FLUSH_SIZE ((size_t)64 * 1024)

struct findings {
    struct findings_options options;
    int fd; /* -1: not opened yet */
    struct buf pending;
    int64_t count, rows, last_row;
    int rc; /* the first failure of the file, and what it was */
    struct error why;
};

bool findings_would_overwrite(const char *path, const char *read)
{
    struct stat left, right;
    return stat(path, &left) == 0 && stat(read, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

struct findings *findings_open(const struct findings_options *options)
{
    struct findings *f = xcalloc(1, sizeof(*f));
    f->options = *options;
    f->fd = -1;
    return f;
}

/* ---- the file ---- */

/* A cell that begins so would be a formula to a spreadsheet. */
static bool is_formula(const char *text)
{
    return *text != '\0' && strchr("=+-@\t\r", *text) != NULL;
}

static void put_cell(struct findings *f, const char *text)
{
    const char special[] = {f->options.delimiter, '"', '\n', '\r', '\0'};
    bool quoted = strpbrk(text, special) != NULL;
    buf_puts(&f->pending, quoted ? "\"" : "");
    if (is_formula(text))
        buf_putc(&f->pending, '\'');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            buf_putc(&f->pending, '"');
        buf_putc(&f->pending, *at);
    }
    buf_puts(&f->pending, quoted ? "\"" : "");
}

static void put_line(struct findings *f, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(&f->pending, f->options.delimiter);
        put_cell(f, cells[i] != NULL ? cells[i] : "");
    }
    buf_puts(&f->pending, "\r\n");
}

/* It holds addresses: nobody else may read it. */
static void open_file(struct findings *f)
{
    static const char *const heads[] = {"row", "column", "value", "problem", "how to mend it"};
    f->fd = open(f->options.path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0600);
    if (f->fd < 0)
        f->rc = error_errno(&f->why, ERR_IO, "cannot write %s", f->options.path);
    if (f->options.mark)
        buf_puts(&f->pending, "\xef\xbb\xbf");
    put_line(f, heads, COUNT_OF(heads));
}

static void write_pending(struct findings *f)
{
    if (f->rc == 0)
        f->rc =
            file_write_all(f->fd, buf_text(&f->pending), f->pending.len, f->options.path, &f->why);
    buf_reset(&f->pending);
}

static void keep(struct findings *f, const struct finding *finding)
{
    char row[24];
    snprintf(row, sizeof(row), "%lld", (long long)finding->row);
    row[0] = finding->row == 0 ? '\0' : row[0];
    const char *const cells[] = {row, finding->column, finding->value, finding->problem,
                                 finding->mend};
    put_line(f, cells, COUNT_OF(cells));
    if (f->pending.len >= FLUSH_SIZE)
        write_pending(f);
}

/* ---- showing ---- */

/* Printable, and cut: the file has all of it. */
static void put_shown(struct buf *out, const char *text)
{
    const char *at = text, *end = text + strlen(text);
    for (int i = 0; i < SHOWN_MAX && at < end; i++)
        utf8_next(&at, end);
    text_put_visible(out, text, (size_t)(at - text));
    buf_puts(out, at < end ? "..." : "");
}

/* Where it stands: "row 7, email". */
static void put_where(const struct findings *f, const struct finding *finding, struct buf *out)
{
    if (finding->row > 0)
        say_put(f->options.inv, out, "row %lld", (long long)finding->row);
    if (finding->row > 0 && finding->column != NULL)
        buf_puts(out, ", ");
    if (finding->column != NULL)
        put_shown(out, finding->column);
}

static void put_sentence(const struct findings *f, const char *english, struct buf *out)
{
    struct buf said = {0};
    if (f->options.inv != NULL)
        say_put_error(&said, english);
    else
        buf_puts(&said, english);
    text_put_visible(out, buf_text(&said), said.len);
    buf_free(&said);
}

static void show_for_people(const struct findings *f, const struct finding *finding)
{
    struct buf line = {0};
    put_where(f, finding, &line);
    if (finding->value != NULL && finding->value[0] != '\0') {
        buf_puts(&line, " \"");
        put_shown(&line, finding->value);
        buf_putc(&line, '"');
    }
    buf_puts(&line, ": ");
    put_sentence(f, finding->problem, &line);
    if (finding->mend != NULL) {
        buf_puts(&line, "; ");
        put_sentence(f, finding->mend, &line);
    }
    fprintf(stderr, "%s\n", line.data);
    buf_free(&line);
}

static void put_member(struct buf *out, const char *name, const char *text)
{
    struct buf visible = {0};
    text_put_visible(&visible, text, strlen(text));
    buf_printf(out, ",\"%s\":", name);
    buf_put_json(out, buf_text(&visible));
    buf_free(&visible);
}

static void show_for_programs(const struct finding *finding)
{
    struct buf line = {0};
    buf_puts(&line, "{\"v\":1,\"status\":\"rejected\"");
    if (finding->row > 0)
        buf_printf(&line, ",\"row\":%lld", (long long)finding->row);
    if (finding->column != NULL)
        put_member(&line, "column", finding->column);
    if (finding->value != NULL)
        put_member(&line, "value", finding->value);
    put_member(&line, "problem", finding->problem);
    if (finding->mend != NULL)
        put_member(&line, "mend", finding->mend);
    printf("%s}\n", line.data);
    buf_free(&line);
}

/* ---- all ---- */

void findings_add(struct findings *f, const struct finding *finding)
{
    bool silent = f->options.path == NULL;
    if (f->count == 0 && !silent)
        open_file(f);
    if (finding->row > 0) {
        f->rows += finding->row != f->last_row ? 1 : 0;
        f->last_row = finding->row;
    }
    f->count++;
    if (!silent)
        keep(f, finding);
    if (f->options.tally != NULL)
        f->options.tally(f->options.tally_context, finding);
    if (silent || f->count > FINDINGS_SHOWN)
        return;
    if (f->options.before != NULL)
        f->options.before(f->options.context);
    if (f->options.json)
        show_for_programs(finding);
    else
        show_for_people(f, finding);
}

void findings_note(struct findings *f, const char *text)
{
    struct buf visible = {0};
    if (f->options.json || f->options.path == NULL)
        return;
    if (f->options.before != NULL)
        f->options.before(f->options.context);
    put_sentence(f, text, &visible);
    fprintf(stderr, "%s\n", buf_text(&visible));
    buf_free(&visible);
}

int64_t findings_count(const struct findings *f)
{
    return f->count;
}

int64_t findings_rows(const struct findings *f)
{
    return f->rows;
}

int findings_finish(struct findings *f, struct error *err)
{
    if (f->fd >= 0) {
        write_pending(f);
        if (close(f->fd) != 0 && f->rc == 0)
            f->rc = error_errno(&f->why, ERR_IO, "cannot finish %s", f->options.path);
    }
    f->fd = -1;
    return f->rc != 0 ? error_set(err, f->rc, "%s", f->why.text) : 0;
}

void findings_close(struct findings *f)
{
    if (f == NULL)
        return;
    if (f->fd >= 0)
        close(f->fd);
    buf_free(&f->pending);
    free(f);
}
