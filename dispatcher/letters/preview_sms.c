#include "letters/preview_sms.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "base/unicode.h"
#include "cli/say.h"

/* Units of each part of a message of several: six octets go to the concatenation header. */
#define GSM7_PART 153
#define UCS2_PART 67

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
    const char *begin = buf_text(&s->fitting.text), *at = begin, *end = begin + s->fitting.text.len;
    size_t room = s->fitting.length.encoding == SMS_GSM7 ? GSM7_PART : UCS2_PART, used = 0;
    bool cut = s->fitting.length.segments > 1;
    while (cut && at < end) {
        const char *start = at;
        utf8_next(&at, end);
        size_t units = units_of(start, (size_t)(at - start), s->fitting.length.encoding);
        if (used + units > room) {
            end_part(s, (size_t)(start - begin));
            used = 0;
        }
        used += units;
    }
    end_part(s, s->fitting.text.len);
}

void preview_sms_make(const struct message *m, const struct sms_way *way, struct preview_sms *out)
{
    *out = (struct preview_sms){.letter = &m->sms, .way = *way};
    sms_fit(&m->sms, way->gateway, &out->fitting);
    if (sms_fit_check(&out->fitting, &m->title, &out->refusal) == 0)
        out->refusal.text[0] = '\0';
    cut_parts(out);
}

void preview_sms_free(struct preview_sms *s)
{
    sms_fitting_free(&s->fitting);
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

static void put_replacement(const struct invocation *inv, struct buf *out, uint32_t c,
                            const char *by)
{
    struct buf shown = {0};
    put_character(&shown, c);
    if (*by == '\0')
        say_put(inv, out, "%s by nothing", buf_text(&shown));
    else if (text_equal(by, " "))
        say_put(inv, out, "%s by a blank", buf_text(&shown));
    else
        say_put(inv, out, "%s by %s", buf_text(&shown), by);
    buf_free(&shown);
}

/* Every character that is replaced, once each. */
static void put_replacements(const struct invocation *inv, const struct preview_sms *s,
                             struct buf *out)
{
    const char *begin = buf_text(s->letter), *at = begin, *end = begin + s->letter->len;
    const char *separator = "";
    while (at < end) {
        const char *start = at;
        uint32_t c = utf8_next(&at, end);
        size_t len = (size_t)(at - start);
        struct buf by = {0};
        if (memmem(begin, (size_t)(start - begin), start, len) == NULL &&
            sms_prepare_for(start, len, s->way.gateway, &by) > 0) {
            buf_puts(out, separator);
            put_replacement(inv, out, c, buf_text(&by));
            separator = ", ";
        }
        buf_free(&by);
    }
}

/* What cannot be written in a Korean charset, once each. */
static void put_unsendable(const struct preview_sms *s, struct buf *out)
{
    const char *separator = "";
    for (size_t i = 0; i < s->fitting.length.offender_count; i++) {
        uint32_t c = s->fitting.length.offenders[i].code_point;
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told = told || s->fitting.length.offenders[k].code_point == c;
        if (told)
            continue;
        buf_puts(out, separator);
        put_character(out, c);
        separator = ", ";
    }
}

/* Characters a Korean charset lacks are named; of everything else the gateway's refusal tells. */
static void put_refusal(const struct invocation *inv, const struct preview_sms *s, struct buf *out)
{
    const struct sms_length *l = &s->fitting.length;
    struct buf why = {0};
    if (s->refusal.text[0] == '\0')
        return;
    if (!l->sendable && l->offender_count > 0 && s->way.gateway->profile != LENGTH_GSM)
        put_unsendable(s, &why);
    else
        say_put_error(&why, s->refusal.text);
    say_put(inv, out, ", CANNOT BE SENT: %s", buf_text(&why));
    buf_free(&why);
}

/* "gsm7, 80 units, 1 part" */
static void put_length(const struct invocation *inv, const struct sms_length *l, struct buf *out)
{
    const char *encoding = sms_encoding_name(l->encoding);
    bool korean = l->encoding == SMS_EUC_KR || l->encoding == SMS_CP949;
    if (korean && l->segments == 1)
        say_put(inv, out, "%s, %zu bytes, 1 part", encoding, l->units);
    else if (korean)
        say_put(inv, out, "%s, %zu bytes, %zu parts", encoding, l->units, l->segments);
    else if (l->segments == 1)
        say_put(inv, out, "%s, %zu units, 1 part", encoding, l->units);
    else
        say_put(inv, out, "%s, %zu units, %zu parts", encoding, l->units, l->segments);
    if (korean && l->sendable)
        buf_printf(out, " (%s)", l->lms ? "LMS" : "SMS");
}

static void put_changes(const struct invocation *inv, const struct preview_sms *s, struct buf *out)
{
    struct buf each = {0};
    put_replacements(inv, s, &each);
    if (s->fitting.replaced == 1)
        say_put(inv, out, ", 1 character replaced: %s", buf_text(&each));
    else
        say_put(inv, out, ", %zu characters replaced: %s", s->fitting.replaced, buf_text(&each));
    buf_free(&each);
}

void preview_sms_put_summary(const struct invocation *inv, const struct preview_sms *s,
                             struct buf *out)
{
    put_length(inv, &s->fitting.length, out);
    if (s->way.transport != NULL)
        say_put(inv, out, " over %s (%s)", s->way.transport->name, s->way.gateway->name);
    put_refusal(inv, s, out);
    if (s->fitting.replaced > 0)
        put_changes(inv, s, out);
}
