#include "channel/mime.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/id.h"
#include "base/text.h"
#include "channel/mime_structure.h"
#include "model/address.h"

#define LINE_MAX_SOFT  76  /* RFC 5322 2.1.1 allows 78; RFC 2045 and RFC 2047 want 76 */
#define LINE_MAX_HARD  998 /* RFC 5322 2.1.1 */
#define WORD_MAX       75  /* RFC 2047 2 */
#define WORD_FRAME     12  /* =?UTF-8?B? and ?= */
#define WORD_MIN       24  /* shorter rests of a line hold too little of a word to be worth it */
#define PLAIN_MAX      60  /* longer ASCII words are encoded: they could not be folded */
#define SUBJECT_MAX    1000
#define NAME_MAX_SIZE  500
#define URI_MAX        960 /* with the name of its header less than LINE_MAX_HARD */
#define HEADERS_MOSTLY 1000

/* ---- values ---- */

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/* A header value: one line of text. `what` names it in the sentence. */
static int check_value(const char *what, const char *text, size_t len, size_t max,
                       struct error *err)
{
    if (len > max)
        return error_set(err, ERR_INPUT, "%s has %zu bytes, at most %zu are allowed in a mail",
                         what, len, max);
    if (!utf8_valid(text, len))
        return error_set(err, ERR_INPUT, "%s is not valid UTF-8", what);
    for (const char *at = text, *end = text + len; at < end;) {
        uint32_t c = utf8_next(&at, end);
        if (is_control(c))
            return error_set(
                err, ERR_INPUT,
                "%s holds a line break or another control character (U+%04X), which cannot "
                "stand in the header of a mail",
                what, c);
    }
    return 0;
}

/* It stands in angle brackets, and no reader unfolds or decodes it. */
static int check_uri(const char *uri, struct error *err)
{
    for (const char *p = uri; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~' || *p == '<' || *p == '>')
            return error_set(err, ERR_INPUT,
                             "the address to unsubscribe at holds a space or another character "
                             "that must be percent-encoded");
    if (strlen(uri) > URI_MAX)
        return error_set(err, ERR_INPUT,
                         "the address to unsubscribe at has %zu bytes, at most %d are allowed in a "
                         "mail",
                         strlen(uri), URI_MAX);
    return 0;
}

static int check_mail(const struct mime_mail *m, struct error *err)
{
    const char *const names[][2] = {{"the sender's name", m->from_name},
                                    {"the recipient's name", m->to_name},
                                    {"the language of the letter", m->locale}};
    if (m->subject->len == 0)
        return error_set(err, ERR_INPUT, "the letter has no subject: a mail needs one");
    if (m->text->len == 0)
        return error_set(err, ERR_INPUT,
                         "the letter has no plain text: a mail needs it beside the HTML");
    if (!id_valid(m->identity, strlen(m->identity)))
        return error_set(err, ERR_INPUT, "the id of the notice cannot stand in a Message-ID");
    int rc = check_value("the subject", m->subject->data, m->subject->len, SUBJECT_MAX, err);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(names); i++)
        if (names[i][1] != NULL)
            rc = check_value(names[i][0], names[i][1], strlen(names[i][1]), NAME_MAX_SIZE, err);
    if (rc == 0 && m->unsubscribe_url != NULL)
        rc = check_uri(m->unsubscribe_url, err);
    if (rc == 0 && m->unsubscribe_mail != NULL)
        rc = check_uri(m->unsubscribe_mail, err);
    return rc;
}

/* ---- headers: tokens on lines that fold ---- */

struct line {
    struct buf *out;
    size_t start; /* of the current line in `out` */
    bool fresh;   /* only the header's name stands on it: never fold to an empty first line */
};

static size_t column(const struct line *l)
{
    return l->out->len - l->start;
}

static struct line begin(struct buf *out, const char *name)
{
    struct line l = {out, out->len, true};
    buf_puts(out, name);
    buf_putc(out, ':');
    return l;
}

static void fold(struct line *l)
{
    buf_puts(l->out, "\r\n");
    l->start = l->out->len;
}

static void end(struct line *l)
{
    buf_puts(l->out, "\r\n");
}

/* A space and the token, on a new line if it does not fit. */
static void put_token(struct line *l, const char *token, size_t len)
{
    if (!l->fresh && column(l) + 1 + len > LINE_MAX_SOFT)
        fold(l);
    buf_putc(l->out, ' ');
    buf_put(l->out, token, len);
    l->fresh = false;
}

static void put_header(struct buf *out, const char *name, const char *value)
{
    struct line l = begin(out, name);
    put_token(&l, value, strlen(value));
    end(&l);
}

/* How many bytes of `text` (valid UTF-8), at most `room`, end with a whole code point. */
static size_t whole_code_points(const char *text, size_t len, size_t room)
{
    if (len <= room)
        return len;
    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    return room;
}

/* RFC 2047 encoded words; the white space between them is not part of the text. */
static void put_encoded(struct line *l, const char *text, size_t len)
{
    while (len > 0) {
        if (column(l) + 1 + WORD_MIN > LINE_MAX_SOFT)
            fold(l);
        size_t room = LINE_MAX_SOFT - column(l) - 1;
        room = room > WORD_MAX ? WORD_MAX : room;
        size_t part = whole_code_points(text, len, (room - WORD_FRAME) / 4 * 3);
        buf_puts(l->out, " =?UTF-8?B?");
        base64_put(l->out, text, part);
        buf_puts(l->out, "?=");
        l->fresh = false;
        text += part;
        len -= part;
    }
}

/* White space that folding would not keep: at either end, or more than one in a row. */
static bool has_odd_spaces(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == ' ' && (i == 0 || i + 1 == len || text[i - 1] == ' '))
            return true;
    return false;
}

/* Printable ASCII that folds, and nothing that could be taken for an encoded word. */
static bool is_plain(const char *text, size_t len)
{
    size_t word = 0;
    for (size_t i = 0; i < len; i++) {
        word = text[i] == ' ' ? 0 : word + 1;
        if (text[i] < ' ' || text[i] > '~' || word > PLAIN_MAX)
            return false;
    }
    return !has_odd_spaces(text, len) && memmem(text, len, "=?", 2) == NULL;
}

static void put_plain(struct line *l, const char *text, size_t len)
{
    const char *stop = text + len;
    while (text < stop) {
        const char *space = memchr(text, ' ', (size_t)(stop - text));
        const char *word_end = space != NULL ? space : stop;
        put_token(l, text, (size_t)(word_end - text));
        text = word_end + 1;
    }
}

static void put_unstructured(struct buf *out, const char *name, const struct buf *value)
{
    struct line l = begin(out, name);
    if (is_plain(value->data, value->len))
        put_plain(&l, value->data, value->len);
    else
        put_encoded(&l, value->data, value->len);
    end(&l);
}

static bool is_atoms(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr("()<>[]:;@\\,.\"", text[i]) != NULL)
            return false;
    return is_plain(text, len);
}

static void put_quoted(struct line *l, const char *name)
{
    struct buf quoted = {0};
    buf_putc(&quoted, '"');
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_putc(&quoted, '\\');
        buf_putc(&quoted, *p);
    }
    buf_putc(&quoted, '"');
    put_plain(l, quoted.data, quoted.len);
    buf_free(&quoted);
}

static void put_encoded_whole(struct line *l, const char *text, size_t len)
{
    struct buf word = {0};
    buf_puts(&word, "=?UTF-8?B?");
    base64_put(&word, text, len);
    buf_puts(&word, "?=");
    if (word.len <= WORD_MAX)
        put_token(l, word.data, word.len);
    else
        put_encoded(l, text, len);
    buf_free(&word);
}

static size_t word_length(const char *at, const char *stop)
{
    const char *space = memchr(at, ' ', (size_t)(stop - at));
    return (size_t)((space != NULL ? space : stop) - at);
}

/*
 * Words that need no encoding stay as they are, runs of the others become one encoded word if they
 * fit: Python's reader up to 3.12 shows a space where two encoded words of a name meet.
 */
static void put_mixed(struct line *l, const char *name, size_t len)
{
    for (const char *at = name, *stop = name + len; at < stop;) {
        size_t run = 0;
        while (at + run < stop && !is_atoms(at + run, word_length(at + run, stop)))
            run += word_length(at + run, stop) + 1;
        if (run > 0) {
            put_encoded_whole(l, at, run - 1);
            at += run;
        } else {
            put_token(l, at, word_length(at, stop));
            at += word_length(at, stop) + 1;
        }
    }
}

/* RFC 5322 display name: atoms, a quoted string, or encoded words. */
static void put_phrase(struct line *l, const char *name)
{
    size_t len = strlen(name);
    if (has_odd_spaces(name, len))
        put_encoded_whole(l, name, len);
    else if (!is_plain(name, len))
        put_mixed(l, name, len);
    else if (is_atoms(name, len))
        put_plain(l, name, len);
    else
        put_quoted(l, name);
}

static int put_mailbox(struct buf *out, const char *header, const char *name, const char *address,
                       struct error *err)
{
    struct buf angle = {0};
    buf_putc(&angle, '<');
    int rc = address_put_ascii_email(address, &angle, err);
    if (rc == 0) {
        struct line l = begin(out, header);
        buf_putc(&angle, '>');
        if (name != NULL && *name != '\0') {
            put_phrase(&l, name);
            put_token(&l, angle.data, angle.len);
        } else {
            put_token(&l, angle.data + 1, angle.len - 2);
        }
        end(&l);
    }
    buf_free(&angle);
    return rc;
}

/* Never folded: some readers lose a Message-ID that starts on the second line. */
static int put_message_id(struct buf *out, const struct mime_mail *m, struct error *err)
{
    struct buf mailbox = {0}, ascii = {0}, id = {0};
    buf_printf(&mailbox, "x@%s", m->domain); /* borrows the grammar of addresses for the domain */
    int rc = address_put_ascii_email(mailbox.data, &ascii, err);
    if (rc == 0) {
        buf_printf(&id, "<%s%s>", m->identity, ascii.data + 1);
        put_header(out, "Message-ID", id.data);
    }
    buf_free(&mailbox);
    buf_free(&ascii);
    buf_free(&id);
    return rc;
}

static void put_uri(struct line *l, const char *uri, const char *behind)
{
    struct buf angle = {0};
    buf_printf(&angle, "<%s>%s", uri, behind);
    put_token(l, angle.data, angle.len);
    buf_free(&angle);
}

/* RFC 8058: the promise of one click belongs to the URL; an address alone cannot keep it. */
static void put_unsubscribe(struct buf *out, const struct mime_mail *m)
{
    const char *url = m->unsubscribe_url, *mail = m->unsubscribe_mail;
    if (url == NULL && mail == NULL)
        return;
    struct line l = begin(out, "List-Unsubscribe");
    if (url != NULL)
        put_uri(&l, url, mail != NULL ? "," : "");
    if (mail != NULL)
        put_uri(&l, mail, "");
    end(&l);
    if (url != NULL)
        put_header(out, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
}

static int put_headers(struct buf *out, const struct mime_mail *m, struct error *err)
{
    char date[CLOCK_TEXT_SIZE];
    int rc = put_mailbox(out, "From", m->from_name, m->from_address, err);
    if (rc == 0)
        rc = put_mailbox(out, "To", m->to_name, m->to_address, err);
    if (rc == 0 && m->reply_to != NULL)
        rc = put_mailbox(out, "Reply-To", NULL, m->reply_to, err);
    if (rc != 0)
        return rc;
    put_unstructured(out, "Subject", m->subject);
    put_header(out, "Date", clock_format_rfc5322(m->date_ms, date));
    rc = put_message_id(out, m, err);
    if (rc != 0)
        return rc;
    put_header(out, "MIME-Version", "1.0");
    put_header(out, "Auto-Submitted", "auto-generated"); /* RFC 3834: no vacation notices, please */
    if (m->locale != NULL && *m->locale != '\0')
        put_header(out, "Content-Language", m->locale);
    put_unsubscribe(out, m);
    return 0;
}

int mime_compose(const struct mime_mail *mail, struct buf *out, struct error *err)
{
    size_t start = out->len;
    int rc = check_mail(mail, err);
    buf_reserve(out, HEADERS_MOSTLY + (mail->text->len + mail->html->len) * 3 / 2);
    if (rc == 0)
        rc = put_headers(out, mail, err);
    if (rc == 0)
        rc = mime_put_content(mail, out, err);
    if (rc != 0)
        buf_truncate(out, start);
    return rc;
}

/* ---- the last look ---- */

static int refuse_wire(const char *what, size_t at, struct error *err)
{
    return error_set(err, ERR_INTERNAL,
                     "the composed mail has %s at byte %zu and was not sent: please report this",
                     what, at);
}

/* Where the next control character or byte beyond ASCII stands, looked for eight bytes at a time.
 */
static const char *skip_plain(const char *at, const char *stop)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word;
    for (; (size_t)(stop - at) >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        if (((word | ((word - each * ' ') & ~word)) & each * 0x80) != 0)
            break;
    }
    while (at < stop && (unsigned char)*at >= ' ' && (unsigned char)*at < 0x80)
        at++;
    return at;
}

int mime_check_wire(const char *bytes, size_t len, struct error *err)
{
    const char *stop = bytes + len, *line = bytes, *at = bytes;
    while (at < stop) {
        at = skip_plain(at, stop);
        if (at - line > LINE_MAX_HARD)
            return refuse_wire("a line over 998 bytes", (size_t)(line - bytes) + LINE_MAX_HARD,
                               err);
        if (at == stop)
            break;
        bool pair = *at == '\r' && at + 1 < stop && at[1] == '\n';
        if (pair)
            line = at + 2;
        else if (*at == '\0' || *at == '\r' || *at == '\n' || (unsigned char)*at >= 0x80)
            return refuse_wire("a byte that must not leave us", (size_t)(at - bytes), err);
        at += pair ? 2 : 1;
    }
    if (len == 0 || line != stop)
        return error_set(err, ERR_INTERNAL, "the composed mail does not end with a line end");
    return 0;
}
