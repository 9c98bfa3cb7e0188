#include "operator/preview_sms.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "base/unicode.h"

/* Units of each part of a message of several: six octets go to the concatenation header. */
#define GSM7_PART 153
#define UCS2_PART 67

const char *preview_profile_name(enum length_profile profile)
{
    static const char *const names[] = {
        [LENGTH_GSM] = "gsm", [LENGTH_EUC_KR] = "euc-kr", [LENGTH_CP949] = "cp949"};
    return names[profile];
}

/* ---- parts ---- */

static size_t units_of(const char *text, size_t len, enum sms_encoding encoding)
{
    const char *at = text;
    struct sms_length l;
    if (encoding == SMS_UCS2)
        return utf8_next(&at, text + len) > 0xffff ? 2 : 1;
    sms_measure(text, len, LENGTH_GSM, &l);
    size_t units = l.units;
    sms_length_free(&l);
    return units;
}

static void end_part(struct preview_sms *s, size_t end)
{
    s->ends = xreallocarray(s->ends, s->part_count + 1, sizeof(*s->ends));
    s->ends[s->part_count++] = end;
}

/* A character of two units is never cut in two. */
static void cut_parts(struct preview_sms *s)
{
    const char *begin = buf_text(&s->text), *at = begin, *end = begin + s->text.len;
    size_t room = s->length.encoding == SMS_GSM7 ? GSM7_PART : UCS2_PART, used = 0;
    bool cut = s->length.segments > 1;
    while (cut && at < end) {
        const char *start = at;
        utf8_next(&at, end);
        size_t units = units_of(start, (size_t)(at - start), s->length.encoding);
        if (used + units > room) {
            end_part(s, (size_t)(start - begin));
            used = 0;
        }
        used += units;
    }
    end_part(s, s->text.len);
}

void preview_sms_make(const struct buf *letter, enum length_profile profile,
                      struct preview_sms *out)
{
    *out = (struct preview_sms){.letter = letter, .profile = profile};
    out->replaced = sms_prepare(buf_text(letter), letter->len, profile, &out->text);
    sms_measure(buf_text(&out->text), out->text.len, profile, &out->length);
    cut_parts(out);
}

void preview_sms_free(struct preview_sms *s)
{
    buf_free(&s->text);
    sms_length_free(&s->length);
    free(s->ends);
}

/* ---- words ---- */

/* A character that cannot be told from its neighbours is named by its number. */
static void put_character(struct buf *out, uint32_t c)
{
    struct buf shown = {0};
    utf8_put(&shown, c);
    if (unicode_width(buf_text(&shown), shown.len) > 0 && c > 0x20 && c != 0xa0 &&
        !(c >= 0x2000 && c <= 0x200a) && c != 0x202f && c != 0x205f && c != 0x3000)
        buf_printf(out, "%s (U+%04X)", buf_text(&shown), (unsigned)c);
    else
        buf_printf(out, "U+%04X", (unsigned)c);
    buf_free(&shown);
}

static void put_replacement(struct buf *out, uint32_t c, const char *by)
{
    put_character(out, c);
    if (*by == '\0')
        buf_puts(out, " by nothing");
    else
        buf_printf(out, " by %s", text_equal(by, " ") ? "a blank" : by);
}

/* Every character that is replaced, once each. */
static void put_replacements(const struct preview_sms *s, struct buf *out)
{
    const char *begin = buf_text(s->letter), *at = begin, *end = begin + s->letter->len;
    const char *separator = ": ";
    while (at < end) {
        const char *start = at;
        uint32_t c = utf8_next(&at, end);
        size_t len = (size_t)(at - start);
        struct buf by = {0};
        if (memmem(begin, (size_t)(start - begin), start, len) == NULL &&
            sms_prepare(start, len, s->profile, &by) > 0) {
            buf_puts(out, separator);
            put_replacement(out, c, buf_text(&by));
            separator = ", ";
        }
        buf_free(&by);
    }
}

/* What cannot be written in a Korean charset, once each. */
static void put_unsendable(const struct preview_sms *s, struct buf *out)
{
    const char *separator = ": ";
    for (size_t i = 0; i < s->length.offender_count; i++) {
        uint32_t c = s->length.offenders[i].code_point;
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told = told || s->length.offenders[k].code_point == c;
        if (told)
            continue;
        buf_puts(out, separator);
        put_character(out, c);
        separator = ", ";
    }
}

void preview_sms_put_summary(const struct preview_sms *s, struct buf *out)
{
    const struct sms_length *l = &s->length;
    bool korean = l->encoding == SMS_EUC_KR || l->encoding == SMS_CP949;
    buf_printf(out, "%s, %zu %s, %zu %s", sms_encoding_name(l->encoding), l->units,
               korean ? "bytes" : "units", l->segments, l->segments == 1 ? "part" : "parts");
    if (korean && l->sendable)
        buf_printf(out, " (%s)", l->lms ? "LMS" : "SMS");
    if (!l->sendable) {
        buf_puts(out, ", CANNOT BE SENT");
        put_unsendable(s, out);
    }
    if (s->replaced > 0) {
        buf_printf(out, ", %zu %s replaced", s->replaced,
                   s->replaced == 1 ? "character" : "characters");
        put_replacements(s, out);
    }
}
