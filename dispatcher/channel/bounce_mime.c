#include "channel/bounce_mime.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/text.h"
#include "base/unicode.h"

#define BOUNDARY_SIZE 256 /* RFC 2046 allows 70 */

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* ---- fields ---- */

/* The line at `at`, with its end. */
static size_t line_length(const char *at, size_t left)
{
    const char *end = memchr(at, '\n', left);
    return end != NULL ? (size_t)(end - at) + 1 : left;
}

/* A line and those that are folded behind it. */
static size_t field_length(const char *at, size_t left)
{
    size_t len = line_length(at, left);
    while (len < left && (at[len] == ' ' || at[len] == '\t'))
        len += line_length(at + len, left - len);
    return len;
}

static bool is_field_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return len > 0;
}

bool bounce_field_next(struct bounce_span *rest, struct bounce_field *out)
{
    while (rest->len > 0 && rest->at[0] != '\n') {
        const char *at = rest->at;
        size_t len = field_length(at, rest->len);
        const char *colon = memchr(at, ':', len);
        rest->at += len;
        rest->len -= len;
        size_t name = colon != NULL ? (size_t)(colon - at) : 0;
        while (name > 0 && at[name - 1] == ' ')
            name--;
        if (!is_field_name(at, name))
            continue;
        out->name = (struct bounce_span){at, name};
        out->value = (struct bounce_span){colon + 1, len - (size_t)(colon - at) - 1};
        return true;
    }
    return false;
}

bool bounce_field_is(const struct bounce_field *f, const char *name)
{
    return f->name.len == strlen(name) && strncasecmp(f->name.at, name, f->name.len) == 0;
}

void bounce_field_put(const struct bounce_field *f, struct buf *out)
{
    const char *at = f->value.at, *end = at + min_size(f->value.len, BOUNCE_VALUE_MAX);
    bool gap = false, any = false;
    for (; at < end; at++) {
        if (is_blank(*at)) {
            gap = true;
            continue;
        }
        if (gap && any)
            buf_putc(out, ' ');
        buf_putc(out, *at);
        any = true;
        gap = false;
    }
}

bool bounce_head_get(struct bounce_span head, const char *name, struct buf *out)
{
    struct bounce_field f;
    while (bounce_field_next(&head, &f)) {
        if (bounce_field_is(&f, name)) {
            bounce_field_put(&f, out);
            return true;
        }
    }
    return false;
}

/* ---- Content-Type ---- */

/* "text/plain" of a Content-Type; a value that is none makes plain text. */
static void read_type(struct bounce_span head, char *out, size_t size)
{
    struct buf value = {0};
    size_t len = 0;
    bounce_head_get(head, "Content-Type", &value);
    const char *text = buf_text(&value);
    for (; text[len] != '\0' && text[len] != ';' && text[len] != ' ' && len + 1 < size; len++)
        out[len] = (char)(text[len] >= 'A' && text[len] <= 'Z' ? text[len] - 'A' + 'a' : text[len]);
    out[len] = '\0';
    if (strchr(out, '/') == NULL)
        snprintf(out, size, "text/plain");
    buf_free(&value);
}

/* Copies a parameter's value, with or without quotes; false if it does not fit. */
static bool copy_value(const char *text, char *out, size_t size)
{
    bool quoted = *text == '"';
    size_t len = 0;
    for (text += quoted; *text != '\0'; text++) {
        if (quoted ? *text == '"' : *text == ';' || *text == ' ')
            break;
        if (quoted && *text == '\\' && text[1] != '\0')
            text++;
        if (len + 1 >= size)
            return false;
        out[len++] = *text;
    }
    out[len] = '\0';
    return len > 0;
}

/* Behind this parameter's value, so that "; x=" within quotes is none. */
static const char *skip_value(const char *text)
{
    bool quoted = false;
    for (; *text != '\0' && (quoted || *text != ';'); text++) {
        if (quoted && *text == '\\' && text[1] != '\0')
            text++;
        else if (*text == '"')
            quoted = !quoted;
    }
    return text;
}

static bool read_parameter(struct bounce_span head, const char *name, char *out, size_t size)
{
    struct buf value = {0};
    size_t len = strlen(name);
    bool found = false;
    bounce_head_get(head, "Content-Type", &value);
    const char *at = skip_value(buf_text(&value));
    while (*at == ';' && !found) {
        at++;
        at += strspn(at, " ");
        const char *equals =
            at + len + (strncasecmp(at, name, len) == 0 ? strspn(at + len, " ") : 0);
        if (strncasecmp(at, name, len) == 0 && *equals == '=')
            found = copy_value(equals + 1 + strspn(equals + 1, " "), out, size);
        at = skip_value(at);
    }
    buf_free(&value);
    return found;
}

/* ---- parts ---- */

struct reader {
    struct bounce_mime *mime;
    int depth;
};

static void read_entity(struct reader *r, const char *at, size_t len);

/* Is this line a delimiter of the boundary? 2: the last one. */
static int delimiter_kind(const char *line, size_t len, const char *boundary, size_t boundary_len)
{
    if (len < boundary_len + 2 || memcmp(line, "--", 2) != 0 ||
        memcmp(line + 2, boundary, boundary_len) != 0)
        return 0;
    const char *at = line + 2 + boundary_len, *end = line + len;
    bool last = end - at >= 2 && memcmp(at, "--", 2) == 0;
    for (at += last ? 2 : 0; at < end; at++)
        if (!is_blank(*at))
            return 0;
    return last ? 2 : 1;
}

/* Everything between two delimiters is an entity of its own; where the last one is missing, the
 * rest is. */
static void read_multipart(struct reader *r, struct bounce_span body, const char *boundary)
{
    size_t boundary_len = strlen(boundary), at = 0;
    const char *begin = NULL;
    int kind = 0;
    while (at < body.len && kind != 2) {
        size_t len = line_length(body.at + at, body.len - at);
        kind = delimiter_kind(body.at + at, len, boundary, boundary_len);
        if (kind != 0 && begin != NULL)
            read_entity(r, begin, (size_t)(body.at + at - begin));
        at += len;
        if (kind != 0)
            begin = kind == 1 ? body.at + at : NULL;
    }
    if (begin != NULL)
        read_entity(r, begin, (size_t)(body.at + body.len - begin));
}

/* Up to and with the empty line. */
static size_t head_length(const char *at, size_t len)
{
    size_t head = 0;
    while (head < len && at[head] != '\n')
        head += line_length(at + head, len - head);
    return head;
}

static void read_entity(struct reader *r, const char *at, size_t len)
{
    char boundary[BOUNDARY_SIZE];
    if (r->mime->count == BOUNCE_PARTS_MAX)
        return;
    struct bounce_part *part = &r->mime->parts[r->mime->count++];
    size_t head = head_length(at, len), skip = head < len ? 1 : 0;
    part->head = (struct bounce_span){at, min_size(head, BOUNCE_HEAD_MAX)};
    part->body = (struct bounce_span){at + head + skip, len - head - skip};
    read_type(part->head, part->type, sizeof(part->type));
    if (!text_starts_with(part->type, "multipart/") || r->depth == BOUNCE_DEPTH_MAX ||
        !read_parameter(part->head, "boundary", boundary, sizeof(boundary)))
        return;
    r->depth++;
    read_multipart(r, part->body, boundary);
    r->depth--;
}

static void put_with_lf(const char *bytes, size_t len, struct buf *out)
{
    buf_reserve(out, len);
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '\r')
            buf_putc(out, bytes[i]);
        else if (i + 1 == len || bytes[i + 1] != '\n')
            buf_putc(out, '\n');
    }
}

void bounce_mime_read(const char *bytes, size_t len, struct bounce_mime *out)
{
    struct reader r = {.mime = out};
    size_t skip = 0;
    *out = (struct bounce_mime){0};
    put_with_lf(bytes, len, &out->bytes);
    const char *text = buf_text(&out->bytes);
    while (skip < out->bytes.len && text[skip] == '\n')
        skip++;
    if (text_starts_with(text + skip, "From ") || text_starts_with(text + skip, ">From "))
        skip += line_length(text + skip, out->bytes.len - skip);
    read_entity(&r, text + skip, out->bytes.len - skip);
}

void bounce_mime_clear(struct bounce_mime *m)
{
    buf_free(&m->bytes);
    m->count = 0;
}

const struct bounce_part *bounce_mime_find(const struct bounce_mime *m, size_t from,
                                           const char *const *types, size_t count)
{
    for (size_t i = from; i < m->count; i++)
        for (size_t k = 0; k < count; k++)
            if (strcmp(m->parts[i].type, types[k]) == 0)
                return &m->parts[i];
    return NULL;
}

/* ---- encodings: lenient, because a report that is a little wrong is still a report ---- */

static int digit_of(char c, const char *digits)
{
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static int hex_digit(char c)
{
    int value = digit_of(c, "0123456789ABCDEFabcdef");
    return value > 15 ? value - 6 : value;
}

static void put_base64(struct bounce_span in, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 0; i < in.len && in.at[i] != '='; i++) {
        int value = digit_of(in.at[i], digits);
        if (value < 0)
            continue;
        bits = (bits << 6 | (unsigned)value) & 0xffffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_putc(out, (char)(bits >> count & 0xff));
        }
    }
}

/* Length of a soft line break at `at` (=, spaces, line end), 0 if it is none. */
static size_t soft_break(const char *at, size_t left)
{
    size_t len = 1;
    while (len < left && (at[len] == ' ' || at[len] == '\t'))
        len++;
    return len < left && at[len] == '\n' ? len + 1 : 0;
}

static void put_quoted_printable(struct bounce_span in, struct buf *out)
{
    for (size_t i = 0; i < in.len;) {
        size_t soft = in.at[i] == '=' ? soft_break(in.at + i, in.len - i) : 0;
        int high = in.at[i] == '=' && in.len - i > 2 ? hex_digit(in.at[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(in.at[i + 2]) : -1;
        if (soft > 0) {
            i += soft;
        } else if (low >= 0) {
            buf_putc(out, (char)(high << 4 | low));
            i += 3;
        } else {
            buf_putc(out, in.at[i++]);
        }
    }
}

static void put_decoded(const struct bounce_part *part, struct buf *out)
{
    struct bounce_span in = {part->body.at, min_size(part->body.len, BOUNCE_TEXT_MAX)};
    struct buf encoding = {0};
    bounce_head_get(part->head, "Content-Transfer-Encoding", &encoding);
    if (strcasecmp(buf_text(&encoding), "base64") == 0)
        put_base64(in, out);
    else if (strcasecmp(buf_text(&encoding), "quoted-printable") == 0)
        put_quoted_printable(in, out);
    else
        buf_put(out, in.at, in.len);
    buf_free(&encoding);
}

/* Only names we know are given on. EUC-KR is what Korean providers call the larger windows-949. */
static const char *known_charset(const char *name)
{
    static const struct {
        const char *name, *known;
    } charsets[] = {
        {"euc-kr", "windows-949"},
        {"ks_c_5601-1987", "windows-949"},
        {"cp949", "windows-949"},
        {"windows-949", "windows-949"},
        {"ks_c_5601", "windows-949"},
        {"iso-2022-kr", "iso-2022-kr"},
        {"iso-8859-1", "windows-1252"},
        {"iso-8859-15", "iso-8859-15"},
        {"windows-1252", "windows-1252"},
        {"iso-2022-jp", "iso-2022-jp"},
        {"us-ascii", "windows-1252"},
        {"windows-1250", "windows-1250"},
        {"iso-8859-2", "iso-8859-2"},
        {"shift_jis", "shift_jis"},
        {"utf-16", "utf-16"},
        {"utf-8", "utf-8"},
        {"gb2312", "gb18030"},
        {"gb18030", "gb18030"},
        {"big5", "big5"},
    };
    for (size_t i = 0; i < COUNT_OF(charsets); i++)
        if (strcasecmp(charsets[i].name, name) == 0)
            return charsets[i].known;
    return "windows-1252";
}

/* Many say nothing, or us-ascii, and write UTF-8: what is valid as such is taken as such. */
static void put_utf8(struct bounce_span head, const struct buf *bytes, struct buf *out)
{
    char charset[64] = "";
    read_parameter(head, "charset", charset, sizeof(charset));
    const char *known = known_charset(charset);
    bool shifts = strncmp(known, "iso-2022", 8) == 0 || strcmp(known, "utf-16") == 0;
    if (!shifts && utf8_valid(buf_text(bytes), bytes->len))
        buf_put(out, buf_text(bytes), bytes->len);
    else
        unicode_put_from_charset(out, known, buf_text(bytes), bytes->len);
}

void bounce_part_put_text(const struct bounce_part *part, struct buf *out)
{
    struct buf decoded = {0}, text = {0};
    put_decoded(part, &decoded);
    put_utf8(part->head, &decoded, &text);
    put_with_lf(buf_text(&text), text.len, out);
    buf_free(&decoded);
    buf_free(&text);
}
