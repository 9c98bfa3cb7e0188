#include "letters/fix_text.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/unicode.h"
#include "channel/sms_text.h"
#include "render/letter_units.h"

static void tell(const struct fix_options *o, const char *text)
{
    o->told(o->context, text);
}

/* ---- any text ---- */

static void put_without_mark(const char *text, size_t len, const struct fix_options *o,
                             struct buf *out)
{
    static const char mark[] = "\xef\xbb\xbf";
    bool marked = len >= 3 && memcmp(text, mark, 3) == 0;
    if (marked)
        tell(o, "removed the byte order mark at its beginning");
    buf_put(out, text + (marked ? 3 : 0), len - (marked ? 3 : 0));
}

static void mend_line_ends(struct buf *text, const struct fix_options *o)
{
    struct buf out = {0};
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] != '\r' || i + 1 == text->len || text->data[i + 1] != '\n')
            buf_putc(&out, text->data[i]);
    if (out.len != text->len)
        tell(o, "made its line ends those of Unix");
    buf_free(text);
    *text = out;
}

static void mend_normal_form(struct buf *text, const struct fix_options *o)
{
    struct buf out = {0};
    if (unicode_is_nfc(buf_text(text), text->len))
        return;
    unicode_put_nfc(&out, buf_text(text), text->len);
    tell(o, "composed decomposed characters (Unicode form NFC)");
    buf_free(text);
    *text = out;
}

/* ---- quotes around a value with tags ---- */

/* The value of a line like `sms: {{org.name}}: ...` that YAML cannot read, NULL if it needs no
 * quotes. One with " #" is left alone: whether that is a note or text only its writer knows. */
static const char *unquoted_value(const char *line, size_t len)
{
    static const char *const keys[] = {"subject: ", "preheader: ", "sms: ", "title: "};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (!text_starts_with(line, keys[i]))
            continue;
        const char *value = line + strlen(keys[i]);
        value += strspn(value, " ");
        size_t rest = len - (size_t)(value - line);
        bool open = strchr("\"'|>", *value) == NULL;
        return open && memmem(value, rest, "{{", 2) != NULL && memmem(value, rest, " #", 2) == NULL
                   ? value
                   : NULL;
    }
    return NULL;
}

static void put_quoted(struct buf *out, const char *value, size_t len)
{
    struct buf text = {0};
    while (len > 0 && value[len - 1] == ' ')
        len--;
    buf_put(&text, value, len);
    buf_put_json(out, buf_text(&text));
    buf_free(&text);
}

static void mend_quotes(struct buf *text, const struct fix_options *o)
{
    struct buf out = {0};
    const char *at = buf_text(text), *end = at + text->len;
    bool front = text_starts_with(at, "---\n");
    for (int line = 1; at < end; line++) {
        size_t len = strcspn(at, "\n");
        const char *value = front && line > 1 ? unquoted_value(at, len) : NULL;
        front = front && (line == 1 || len != 3 || memcmp(at, "---", 3) != 0);
        if (value != NULL) {
            char note[80];
            buf_put(&out, at, (size_t)(value - at));
            put_quoted(&out, value, len - (size_t)(value - at));
            snprintf(note, sizeof(note), "line %d: put the value in quotes", line);
            tell(o, note);
        } else {
            buf_put(&out, at, len);
        }
        buf_put(&out, at + len, at + len < end ? 1 : 0);
        at += len + (at + len < end ? 1 : 0);
    }
    buf_free(text);
    *text = out;
}

/* ---- the text message ---- */

/* Characters nobody sees, and blanks that only keep words together. */
static void put_visible_only(struct buf *out, const char *text)
{
    static const uint32_t unseen[] = {0x200b, 0x200c, 0x200d, 0x2060, 0xfeff};
    const char *at = text, *end = text + strlen(text);
    while (at < end) {
        const char *start = at;
        uint32_t c = utf8_next(&at, end);
        bool drop = false;
        for (size_t i = 0; i < COUNT_OF(unseen); i++)
            drop = drop || c == unseen[i];
        if (c == 0xa0 || c == 0x202f)
            buf_putc(out, ' ');
        else if (!drop)
            buf_put(out, start, (size_t)(at - start));
    }
}

static void mend_sms(struct buf *text, const struct fix_options *o)
{
    struct units units;
    struct buf seen = {0}, mended = {0}, out = {0};
    units_split(buf_text(text), text->len, "", &units);
    const struct unit *sms = units_find(&units, "sms");
    if (sms != NULL && sms->kind == UNIT_FIELD) {
        put_visible_only(&seen, sms->text);
        if (o->profile == LENGTH_GSM)
            sms_prepare(buf_text(&seen), seen.len, LENGTH_GSM, &mended);
        else
            buf_put(&mended, buf_text(&seen), seen.len);
        if (strcmp(buf_text(&mended), sms->text) != 0) {
            char note[120];
            struct place at = units_place(&units, sms, 0);
            snprintf(note, sizeof(note),
                     "line %d: replaced characters of the text message that are not sent as they "
                     "stand",
                     at.line);
            tell(o, note);
            buf_put(&out, buf_text(text), sms->start);
            buf_put_json(&out, buf_text(&mended));
            buf_put(&out, buf_text(text) + sms->end, text->len - sms->end);
            buf_free(text);
            *text = out;
        }
    }
    units_free(&units);
    buf_free(&seen);
    buf_free(&mended);
}

bool fix_text(const char *text, size_t len, const struct fix_options *options, struct buf *out)
{
    struct buf work = {0};
    if (!utf8_valid(text, len) || memchr(text, '\0', len) != NULL)
        return false;
    put_without_mark(text, len, options, &work);
    mend_line_ends(&work, options);
    mend_normal_form(&work, options);
    if (options->letter) {
        mend_quotes(&work, options);
        mend_sms(&work, options);
    }
    buf_put(out, buf_text(&work), work.len);
    buf_free(&work);
    return true;
}
