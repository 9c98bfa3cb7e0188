/*
 * To find a row again its place is remembered for each 64th; from there they are counted. Two
 * readers stand in the file: one goes on, the other goes back.
 */
#include "people/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/csv.h"

#define MARK_EVERY   64
#define COUNT_SIZE   ((size_t)256 * 1024)
#define LONGEST_LINE ((int64_t)16 * 1024 * 1024)
#define ROWS_MOST    ((int64_t)1000 * 1000 * 1000)

/* Where a row begins. */
struct mark {
    int64_t offset, row, line;
};

/* One place in the file. */
struct reader {
    struct csv *csv; /* or: */
    FILE *lines;
    char *text;
    size_t text_size;
    int64_t line;
    struct columns *columns;
    int64_t number; /* of the row read last */
    bool unreadable;
    struct row row;
};

struct rows {
    char *path;
    bool is_csv;
    struct reader forth, back;
    struct mark *marks;
    size_t mark_count, mark_room;
    int64_t lines;        /* in the file */
    int64_t longest_line; /* in bytes */
    struct digest *sum;   /* of what `forth` has read */
};

/* ---- opening ---- */

static void count_bytes(struct rows *r, const char *bytes, size_t len, char *last, int64_t *length)
{
    for (size_t i = 0; i < len; i++) {
        bool ends = bytes[i] == '\n' || *last == '\r';
        r->lines += bytes[i] == '\n' || (*last == '\r' && bytes[i] != '\n') ? 1 : 0;
        *length = ends ? 0 : *length + 1;
        if (*length > r->longest_line)
            r->longest_line = *length;
        *last = bytes[i];
    }
}

/* Once through the file: how large a table of its rows must be, and what 100 % is. */
static int count_lines(struct rows *r, struct error *err)
{
    struct stat st;
    int64_t length = 0;
    char last = '\n', *bytes;
    ssize_t got;
    int rc = 0;
    int fd = open(r->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? error_set(err, ERR_NOT_FOUND, "%s does not exist", r->path)
                               : error_errno(err, ERR_IO, "cannot open %s", r->path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return error_set(err, ERR_INPUT,
                         "%s is not a regular file; it is read more than once, so save it first",
                         r->path);
    }
    bytes = xmalloc(COUNT_SIZE);
    while ((got = read(fd, bytes, COUNT_SIZE)) > 0 || (got < 0 && errno == EINTR))
        count_bytes(r, bytes, got > 0 ? (size_t)got : 0, &last, &length);
    if (got < 0)
        rc = error_errno(err, ERR_IO, "cannot read %s", r->path);
    r->lines += last != '\n' ? 1 : 0;
    free(bytes);
    close(fd);
    return rc;
}

static int open_reader(struct rows *r, struct reader *to, struct error *err)
{
    if (r->is_csv)
        return csv_open(r->path, &to->csv, err);
    to->lines = fopen(r->path, "re");
    return to->lines != NULL ? 0 : error_errno(err, ERR_IO, "cannot open %s", r->path);
}

int rows_open(const char *path, bool csv, struct rows **out, struct error *err)
{
    struct rows *r = xcalloc(1, sizeof(*r));
    *out = NULL;
    r->path = xstrdup(path);
    r->is_csv = csv;
    int rc = count_lines(r, err);
    if (rc == 0 && r->lines > ROWS_MOST)
        rc = error_set(err, ERR_INPUT, "%s has more than %lld lines; make several batches of it",
                       path, (long long)ROWS_MOST);
    if (rc == 0 && !csv && r->longest_line > LONGEST_LINE)
        rc = error_set(err, ERR_INPUT,
                       "%s has a line of more than %lld MiB; JSON Lines have one object per line",
                       path, (long long)(LONGEST_LINE >> 20));
    if (rc == 0)
        rc = open_reader(r, &r->forth, err);
    if (rc == 0)
        rc = open_reader(r, &r->back, err);
    r->sum = digest_begin();
    if (rc == 0 && csv)
        csv_put_sum(r->forth.csv, r->sum);
    if (rc != 0) {
        rows_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

static void close_reader(struct reader *r)
{
    csv_close(r->csv);
    if (r->lines != NULL)
        fclose(r->lines);
    columns_free(r->columns);
    buf_free(&r->row.line);
    free(r->text);
}

void rows_close(struct rows *r)
{
    if (r == NULL)
        return;
    close_reader(&r->forth);
    close_reader(&r->back);
    digest_end(r->sum);
    free(r->marks);
    free(r->path);
    free(r);
}

char rows_delimiter(const struct rows *r)
{
    return r->is_csv ? csv_delimiter(r->forth.csv) : ',';
}

int64_t rows_most(const struct rows *r)
{
    return r->lines;
}

int64_t rows_lines_done(const struct rows *r)
{
    return r->is_csv ? csv_line(r->forth.csv) - 1 : r->forth.line;
}

void rows_sum(const struct rows *r, unsigned char out[DIGEST_SIZE])
{
    digest_sum(r->sum, out);
}

struct columns *rows_columns(struct rows *r)
{
    return r->forth.columns;
}

bool rows_unreadable(const struct rows *r)
{
    return r->forth.unreadable;
}

int rows_begin(struct rows *r, const struct batch *b, const struct setup *s,
               struct findings *findings, struct error *err)
{
    const struct csv_record *header;
    if (!r->is_csv)
        return 0;
    int rc = csv_next(r->forth.csv, &header, err);
    if (rc == 0 && header == NULL)
        return error_set(err, ERR_INPUT,
                         "%s is empty; the first row must hold the names of the columns", r->path);
    if (rc == 0)
        r->forth.unreadable = header->fault.of_file;
    if (rc == 0)
        rc = columns_map(header, csv_delimiter(r->forth.csv), b, s, findings, &r->forth.columns,
                         err);
    if (rc == 0 && r->forth.columns != NULL)
        rc =
            columns_map(header, csv_delimiter(r->forth.csv), b, s, findings, &r->back.columns, err);
    return rc;
}

/* ---- reading ---- */

/* A CSV row that is not blank into reader->row; *out_place is where it began. False at the end. */
static int read_record(struct reader *from, struct findings *findings, struct mark *place,
                       bool *out_there, struct error *err)
{
    const struct csv_record *record;
    enum row_kind kind = ROW_BLANK;
    *out_there = false;
    while (kind == ROW_BLANK) {
        int rc = csv_next(from->csv, &record, err);
        if (rc != 0 || record == NULL)
            return rc;
        kind = columns_take(from->columns, record, findings);
    }
    from->unreadable = record->fault.of_file;
    *place = (struct mark){record->offset, record->row, record->line};
    *out_there = true;
    from->row.row = record->row;
    from->row.good = kind == ROW_GOOD;
    buf_reset(&from->row.line);
    if (from->row.good)
        from->row.good = columns_put_line(from->columns, record->row, findings, &from->row.line);
    return 0;
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
            return false;
    }
    return true;
}

static void take_text(struct reader *from, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *at = from->text;
    if (from->line == 1 && len >= 3 && memcmp(at, mark, 3) == 0) {
        at += 3;
        len -= 3;
    }
    while (len > 0 && (at[len - 1] == '\n' || at[len - 1] == '\r'))
        len--;
    buf_reset(&from->row.line);
    buf_put(&from->row.line, at, len);
}

static int read_json(struct rows *r, struct reader *from, struct mark *place, bool *out_there,
                     struct error *err)
{
    ssize_t len = 0;
    *out_there = false;
    do {
        *place = (struct mark){ftello(from->lines), from->line + 1, from->line + 1};
        len = getline(&from->text, &from->text_size, from->lines);
        from->line += len >= 0 ? 1 : 0;
        if (from == &r->forth && len > 0)
            digest_put(r->sum, from->text, (size_t)len);
    } while (len >= 0 && is_blank(from->text, (size_t)len));
    if (len < 0)
        return ferror(from->lines) ? error_errno(err, ERR_IO, "cannot read %s", r->path) : 0;
    take_text(from, (size_t)len);
    from->row.row = from->line;
    from->row.good = true;
    *out_there = true;
    return 0;
}

static int read_row(struct rows *r, struct reader *from, struct findings *findings,
                    struct mark *place, bool *out_there, struct error *err)
{
    int rc = r->is_csv ? read_record(from, findings, place, out_there, err)
                       : read_json(r, from, place, out_there, err);
    if (rc == 0 && *out_there)
        from->row.number = ++from->number;
    return rc;
}

static void remember(struct rows *r, const struct mark *place)
{
    if (r->mark_count == r->mark_room) {
        r->mark_room = r->mark_room == 0 ? 256 : r->mark_room * 2;
        r->marks = xreallocarray(r->marks, r->mark_room, sizeof(*r->marks));
    }
    r->marks[r->mark_count++] = *place;
}

int rows_next(struct rows *r, struct findings *findings, struct row **out, struct error *err)
{
    struct mark place;
    bool there = false;
    int rc = read_row(r, &r->forth, findings, &place, &there, err);
    *out = there ? &r->forth.row : NULL;
    if (rc == 0 && there && (r->forth.number - 1) % MARK_EVERY == 0)
        remember(r, &place);
    return rc;
}

/* ---- reading again ---- */

static int go_back(struct rows *r, int64_t number, struct error *err)
{
    struct reader *b = &r->back;
    const struct mark *mark = &r->marks[(number - 1) / MARK_EVERY];
    b->number = (number - 1) / MARK_EVERY * MARK_EVERY;
    b->line = mark->line - 1;
    if (r->is_csv)
        return csv_seek(b->csv, mark->offset, mark->row, mark->line, err);
    if (fseeko(b->lines, mark->offset, SEEK_SET) != 0)
        return error_errno(err, ERR_IO, "cannot read %s again", r->path);
    return 0;
}

int rows_read_again(struct rows *r, int64_t number, struct buf *line, int64_t *out_row,
                    struct error *err)
{
    struct reader *b = &r->back;
    struct mark place;
    bool there = number > 0 && number <= r->forth.number;
    int rc = 0;
    /* Often the same is wanted, for another of its keys, or the next one, of a file that holds
     * another twice. */
    if (there && (b->number > number || number - b->number > MARK_EVERY || b->number == 0))
        rc = go_back(r, number, err);
    while (rc == 0 && there && b->number < number)
        rc = read_row(r, b, NULL, &place, &there, err);
    if (rc == 0 && !there)
        rc = error_set(err, ERR_INPUT, "%s has changed while it was read; try again", r->path);
    if (rc == 0)
        buf_put(line, buf_text(&b->row.line), b->row.line.len);
    *out_row = b->row.row;
    return rc;
}
