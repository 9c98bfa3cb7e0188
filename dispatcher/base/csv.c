/*
 * A record is read by a small automaton, a byte at a time out of a large buffer:
 *
 *   START ── " ──▶ QUOTED ── " ──▶ CLOSED ── " ──▶ QUOTED (a doubled quote)
 *     │                              ├── delimiter, line end ─▶ next field, end of the record
 *     └── else ─▶ PLAIN              └── else ─▶ PLAIN, with a fault
 *
 * After a fault the bytes are taken as they stand, so that the next record is found again. A quote
 * that is never closed would swallow the rest of the file: past CSV_FIELD_MAX the field is cut, and
 * the record ends with that line.
 */
#include "base/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"

#define WINDOW_SIZE ((size_t)256 * 1024)
#define END         (-1)

enum place { START, PLAIN, QUOTED, CLOSED };

struct csv {
    char *path;
    int fd;
    char delimiter;
    char *window; /* WINDOW_SIZE bytes of the file */
    size_t window_len, window_at;
    int64_t window_offset; /* of the window's first byte */
    int64_t row, line;     /* of what comes next */
    int64_t data_offset;   /* behind the byte order mark and the sep= line */
    struct buf text;       /* of the record, each field with a NUL behind it */
    size_t starts[CSV_FIELDS_MAX];
    struct csv_field fields[CSV_FIELDS_MAX];
    struct csv_record record;
    bool high;                       /* the field has a byte that is not ASCII */
    int io;                          /* errno of a failed read */
    struct digest *sum;              /* NULL: nobody wants it */
    const struct csv_fault *charset; /* which one it is instead of UTF-8; NULL: not asked yet */
};

static const struct csv_fault lone_quote = {
    .problem = "a lone quote in a field without quotes",
    .mend = "put the whole field into quotes and write each quote in it twice (\"\")"};
static const struct csv_fault behind_quote = {
    .problem = "text behind the closing quote of a field",
    .mend = "write each quote inside a field in quotes twice (\"\")"};
static const struct csv_fault never_closed = {.problem =
                                                  "a quote that is opened here and never closed",
                                              .mend = "close the quote, or remove it"};
static const struct csv_fault nul_byte = {.problem = "a NUL byte",
                                          .mend = "save the file again as \"CSV UTF-8\""};
static const struct csv_fault too_long = {.problem = "more than 64 KiB in one field",
                                          .mend =
                                              "shorten it; perhaps a quote in it is never closed"};
static const struct csv_fault too_many = {.problem = "more than 1024 columns",
                                          .mend = "remove the columns that are not needed"};
#define SAVE_ANEW                                                                                  \
    "save it as \"CSV UTF-8\": in Excel under Save As, in LibreOffice with the character set "     \
    "Unicode (UTF-8)"

static const struct csv_fault western = {.problem =
                                             "the file is not UTF-8, it looks like Windows-1252",
                                         .mend = SAVE_ANEW,
                                         .of_file = true};
static const struct csv_fault korean = {.problem =
                                            "the file is not UTF-8, it looks like CP949 (EUC-KR)",
                                        .mend = SAVE_ANEW,
                                        .of_file = true};

/* ---- bytes ---- */

static bool fill(struct csv *c)
{
    c->window_offset += (int64_t)c->window_len;
    c->window_len = c->window_at = 0;
    ssize_t got;
    do
        got = pread(c->fd, c->window, WINDOW_SIZE, (off_t)c->window_offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        c->io = errno;
    c->window_len = got > 0 ? (size_t)got : 0;
    if (c->sum != NULL)
        digest_put(c->sum, c->window, c->window_len);
    return got > 0;
}

static int next_byte(struct csv *c)
{
    if (c->window_at == c->window_len && !fill(c))
        return END;
    return (unsigned char)c->window[c->window_at++];
}

static int look_ahead(struct csv *c)
{
    if (c->window_at == c->window_len && !fill(c))
        return END;
    return (unsigned char)c->window[c->window_at];
}

static int64_t offset_now(const struct csv *c)
{
    return c->window_offset + (int64_t)c->window_at;
}

static void move_to(struct csv *c, int64_t offset)
{
    if (offset >= c->window_offset && offset <= c->window_offset + (int64_t)c->window_len) {
        c->window_at = (size_t)(offset - c->window_offset);
        return;
    }
    c->window_offset = offset;
    c->window_len = c->window_at = 0;
}

/* ---- fields ---- */

/* Only the first fault of a record is kept: what follows may be its doing. */
static void blame(struct csv *c, const struct csv_fault *fault)
{
    if (c->record.fault.problem != NULL)
        return;
    c->record.fault = *fault;
    c->record.fault.column = c->record.count;
}

static void begin_field(struct csv *c)
{
    if (c->record.count < CSV_FIELDS_MAX)
        c->starts[c->record.count] = c->text.len;
    c->high = false;
}

/* Is it a syllable of KS X 1001? "\xf6\xdf" of "Gr\xf6\xdfe" is none. */
static bool is_syllable(const char *at, const char *end)
{
    return end - at >= 2 && (unsigned char)at[0] >= 0xb0 && (unsigned char)at[0] <= 0xc8 &&
           (unsigned char)at[1] >= 0xa1;
}

/* Any other pair of CP949: a sign, a Chinese character, a rare syllable. */
static bool is_pair(const char *at, const char *end)
{
    if (end - at < 2)
        return false;
    unsigned char lead = (unsigned char)at[0], trail = (unsigned char)at[1];
    bool letter = (trail >= 'A' && trail <= 'Z') || (trail >= 'a' && trail <= 'z');
    bool rare = lead >= 0x81 && lead <= 0xc6 && (letter || (trail >= 0x81 && trail < 0xa1));
    return rare || (lead >= 0x81 && lead < 0xff && trail >= 0xa1 && trail < 0xff);
}

/* Pairs that may be either say nothing. */
static void count_syllables(const char *text, size_t len, size_t *syllables, size_t *other)
{
    const char *end = text + len;
    for (const char *at = text; at < end; at++) {
        bool high = (unsigned char)*at >= 0x80, syllable = high && is_syllable(at, end);
        bool pair = high && is_pair(at, end);
        *syllables += syllable ? 1 : 0;
        *other += high && !pair ? 1 : 0;
        at += pair ? 1 : 0;
    }
}

/* One field may hold a single odd letter: all of the file decides, once. A pair that is cut in two
 * between pieces does not outvote the others. */
static const struct csv_fault *guess_charset(struct csv *c)
{
    size_t syllables = 0, other = 0;
    char *piece = c->charset == NULL ? xmalloc(WINDOW_SIZE) : NULL;
    ssize_t got = 1;
    for (off_t at = 0; piece != NULL && got > 0; at += got) {
        do
            got = pread(c->fd, piece, WINDOW_SIZE, at);
        while (got < 0 && errno == EINTR);
        count_syllables(piece, got > 0 ? (size_t)got : 0, &syllables, &other);
    }
    free(piece);
    if (c->charset == NULL)
        c->charset = syllables > other ? &korean : &western;
    return c->charset;
}

static void end_field(struct csv *c)
{
    if (c->record.count >= CSV_FIELDS_MAX) {
        blame(c, &too_many);
        return;
    }
    size_t start = c->starts[c->record.count];
    if (c->high && !utf8_valid(c->text.data + start, c->text.len - start))
        blame(c, guess_charset(c));
    buf_putc(&c->text, '\0');
    c->record.count++;
}

static void put_byte(struct csv *c, int byte)
{
    if (c->record.count >= CSV_FIELDS_MAX)
        return;
    if (byte == '\0') {
        blame(c, &nul_byte);
        byte = '?';
    }
    c->high = c->high || byte >= 0x80;
    if (c->text.len - c->starts[c->record.count] < CSV_FIELD_MAX)
        buf_putc(&c->text, (char)byte);
    else
        blame(c, &too_long);
}

static bool is_full(const struct csv *c)
{
    return c->record.count < CSV_FIELDS_MAX && c->record.fault.problem == too_long.problem &&
           c->text.len - c->starts[c->record.count] >= CSV_FIELD_MAX;
}

/* The bulk of a field goes over in one piece. */
static void put_run(struct csv *c, bool quoted)
{
    const char *at = c->window + c->window_at, *end = c->window + c->window_len, *from = at;
    if (c->record.count >= CSV_FIELDS_MAX)
        return;
    size_t room = CSV_FIELD_MAX - (c->text.len - c->starts[c->record.count]);
    if ((size_t)(end - at) > room)
        end = at + room;
    bool high = false;
    for (; at < end; at++) {
        char b = *at;
        if (b == '"' || b == '\n' || b == '\0' || (!quoted && (b == c->delimiter || b == '\r')))
            break;
        high = high || (unsigned char)b >= 0x80;
    }
    buf_put(&c->text, from, (size_t)(at - from));
    c->high = c->high || high;
    c->window_at += (size_t)(at - from);
}

/* ---- records ---- */

static bool ends_line(struct csv *c, int byte)
{
    if (byte == '\r' && look_ahead(c) == '\n')
        byte = next_byte(c);
    if (byte == '\n' || byte == '\r')
        c->line++;
    return byte == '\n' || byte == '\r' || byte == END;
}

/* A byte outside of quotes; true when the record is over. */
static bool take_plain(struct csv *c, enum place *place, int byte)
{
    if (byte == c->delimiter) {
        end_field(c);
        begin_field(c);
        *place = START;
    } else if (ends_line(c, byte)) {
        end_field(c);
        return true;
    } else if (byte == '"' && *place == START) {
        *place = QUOTED;
    } else {
        if (byte == '"')
            blame(c, &lone_quote);
        put_byte(c, byte);
        *place = PLAIN;
    }
    return false;
}

static bool take_quoted(struct csv *c, enum place *place, int byte)
{
    if (byte == END) {
        blame(c, &never_closed);
        end_field(c);
        return true;
    }
    c->line += byte == '\n' ? 1 : 0;
    if (byte == '\n' && is_full(c)) {
        end_field(c);
        return true;
    }
    if (byte == '"')
        *place = CLOSED;
    else
        put_byte(c, byte);
    return false;
}

static bool take_closed(struct csv *c, enum place *place, int byte)
{
    if (byte == '"') {
        put_byte(c, byte);
        *place = QUOTED;
        return false;
    }
    if (byte != c->delimiter && byte != '\r' && byte != '\n' && byte != END)
        blame(c, &behind_quote);
    *place = PLAIN;
    return take_plain(c, place, byte);
}

static void read_record(struct csv *c)
{
    enum place place = START;
    bool over = false;
    buf_reset(&c->text);
    c->record = (struct csv_record){
        .fields = c->fields, .row = c->row++, .line = c->line, .offset = offset_now(c)};
    begin_field(c);
    while (!over) {
        if (place == PLAIN || place == QUOTED)
            put_run(c, place == QUOTED);
        int byte = next_byte(c);
        if (place == QUOTED)
            over = take_quoted(c, &place, byte);
        else if (place == CLOSED)
            over = take_closed(c, &place, byte);
        else
            over = take_plain(c, &place, byte);
    }
    for (size_t i = 0; i < c->record.count; i++) {
        size_t next = i + 1 < c->record.count ? c->starts[i + 1] : c->text.len;
        c->fields[i] = (struct csv_field){c->text.data + c->starts[i], next - c->starts[i] - 1};
    }
}

/* Spreadsheets save empty rows as `;;;;`. */
static bool is_blank(const struct csv_record *r)
{
    bool blank = r->fault.problem == NULL;
    for (size_t i = 0; blank && i < r->count; i++)
        blank = strspn(r->fields[i].text, " \t") == r->fields[i].len;
    return blank;
}

int csv_next(struct csv *c, const struct csv_record **out, struct error *err)
{
    *out = NULL;
    while (look_ahead(c) != END) {
        read_record(c);
        if (c->io == 0 && is_blank(&c->record))
            continue;
        *out = &c->record;
        break;
    }
    if (c->io != 0) {
        *out = NULL;
        errno = c->io;
        return error_errno(err, ERR_IO, "cannot read %s", c->path);
    }
    return 0;
}

/* ---- opening ---- */

/* The one that stands most often in the first line, outside of quotes. */
static char find_delimiter(struct csv *c)
{
    static const char candidates[] = ",;\t";
    size_t counts[sizeof(candidates)] = {0}, best = 0;
    bool quoted = false;
    int byte;
    while ((byte = next_byte(c)) != END && (quoted || (byte != '\n' && byte != '\r'))) {
        quoted = quoted != (byte == '"');
        const char *found = byte == '\0' || quoted ? NULL : strchr(candidates, byte);
        if (found != NULL)
            counts[found - candidates]++;
        if (offset_now(c) - c->data_offset > (int64_t)CSV_FIELD_MAX)
            break;
    }
    for (size_t i = 1; i < sizeof(candidates) - 1; i++)
        best = counts[i] > counts[best] ? i : best;
    return candidates[best];
}

/* Excel's own hint: a first line `sep=;`, which it never shows. */
static bool take_hint(struct csv *c)
{
    static const char hint[] = "sep=";
    size_t len = sizeof(hint) - 1;
    if (c->window_len - c->window_at < len + 2 || memcmp(c->window + c->window_at, hint, len) != 0)
        return false;
    char delimiter = c->window[c->window_at + len], end = c->window[c->window_at + len + 1];
    if (strchr(",;\t", delimiter) == NULL || delimiter == '\0' || (end != '\r' && end != '\n'))
        return false;
    c->delimiter = delimiter;
    c->window_at += len + 1;
    ends_line(c, next_byte(c));
    c->row++;
    return true;
}

/* .xlsx and .ods are ZIP archives, .xls is a compound file. */
static bool is_workbook(const struct csv *c)
{
    static const char zip[] = "PK\x03\x04", compound[] = "\xd0\xcf\x11\xe0";
    return c->window_len >= 4 &&
           (memcmp(c->window, zip, 4) == 0 || memcmp(c->window, compound, 4) == 0);
}

static int begin(struct csv *c, struct error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    c->row = c->line = 1;
    if (!fill(c) && c->io != 0) {
        errno = c->io;
        return error_errno(err, ERR_IO, "cannot read %s", c->path);
    }
    if (is_workbook(c))
        return error_set(err, ERR_INPUT, "%s is a workbook, not a CSV; " SAVE_ANEW, c->path);
    if (c->window_len >= 2 &&
        (memcmp(c->window, "\xff\xfe", 2) == 0 || memcmp(c->window, "\xfe\xff", 2) == 0))
        return error_set(err, ERR_INPUT,
                         "%s is UTF-16 (\"Unicode text\"); save it as \"CSV UTF-8\"", c->path);
    if (c->window_len >= 3 && memcmp(c->window, mark, 3) == 0)
        c->window_at = 3;
    bool told = take_hint(c);
    c->data_offset = offset_now(c);
    if (!told)
        c->delimiter = find_delimiter(c);
    move_to(c, c->data_offset);
    c->io = 0;
    return 0;
}

int csv_open(const char *path, struct csv **out, struct error *err)
{
    struct stat st;
    *out = NULL;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? error_set(err, ERR_NOT_FOUND, "%s does not exist", path)
                               : error_errno(err, ERR_IO, "cannot open %s", path);
    struct csv *c = xcalloc(1, sizeof(*c));
    c->fd = fd;
    c->path = xstrdup(path);
    c->window = xmalloc(WINDOW_SIZE);
    int rc = 0;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        rc = error_set(err, ERR_INPUT,
                       "%s is not a regular file; it is read more than once, so save it first",
                       path);
    if (rc == 0)
        rc = begin(c, err);
    if (rc != 0) {
        csv_close(c);
        return rc;
    }
    *out = c;
    return 0;
}

void csv_close(struct csv *c)
{
    if (c == NULL)
        return;
    close(c->fd);
    free(c->path);
    free(c->window);
    buf_free(&c->text);
    free(c);
}

void csv_put_sum(struct csv *c, struct digest *sum)
{
    c->sum = sum;
    c->window_offset = 0;
    c->window_len = 0;
    fill(c);
    move_to(c, c->data_offset);
}

char csv_delimiter(const struct csv *c)
{
    return c->delimiter;
}

int64_t csv_line(const struct csv *c)
{
    return c->line;
}

int csv_seek(struct csv *c, int64_t offset, int64_t row, int64_t line, struct error *err)
{
    if (offset < c->data_offset || row < 1 || line < 1)
        return error_set(err, ERR_INTERNAL, "no record begins at byte %lld of %s",
                         (long long)offset, c->path);
    move_to(c, offset);
    c->row = row;
    c->line = line;
    return 0;
}
