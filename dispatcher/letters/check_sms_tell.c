#include "letters/check_sms_tell.h"

#include "base/text.h"

#define OFFENDERS_MAX 5

static void put_character(uint32_t c, struct buf *out)
{
    if (c >= 0x20 && c != 0xa0 && !(c >= 0x2000 && c <= 0x200f)) {
        utf8_put(out, c);
        buf_printf(out, " (U+%04X)", (unsigned)c);
    } else {
        buf_printf(out, "U+%04X", (unsigned)c);
    }
}

/* Each once; false if there are more kinds than one would list. */
static bool put_offenders(const struct sms_length *l, struct buf *out)
{
    size_t kinds = 0;
    for (size_t i = 0; i < l->offender_count; i++) {
        const struct sms_offender *o = &l->offenders[i];
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || l->offenders[k].code_point == o->code_point;
        if (again)
            continue;
        if (++kinds > OFFENDERS_MAX)
            return false;
        buf_puts(out, kinds > 1 ? ", " : "");
        put_character(o->code_point, out);
        if (o->replacement != NULL)
            buf_printf(out, " (write \"%s\")", o->replacement);
    }
    return kinds > 0;
}

/* How many parts the text would have without its offenders. */
static size_t parts_without(const struct sms_fitting *f)
{
    struct sms_length length;
    struct buf plain = {0};
    const char *at = buf_text(&f->text), *end = at + f->text.len;
    size_t position = 0, next = 0;
    while (at < end) {
        const char *start = at;
        utf8_next(&at, end);
        if (next < f->length.offender_count && f->length.offenders[next].position == position)
            next++;
        else
            buf_put(&plain, start, (size_t)(at - start));
        position++;
    }
    sms_measure_for(buf_text(&plain), plain.len, f->gateway, &length);
    size_t parts = length.segments;
    sms_length_free(&length);
    buf_free(&plain);
    return parts;
}

static bool is_korean(const struct sms_fitting *f)
{
    return f->gateway->profile != LENGTH_GSM;
}

/* Characters a Korean charset lacks are named; of everything else the gateway's refusal tells. */
static void tell_refused(const struct sms_finding *f, const char *way)
{
    const struct sms_length *l = &f->fitting->length;
    struct buf names = {0};
    bool listed = put_offenders(l, &names);
    if (is_korean(f->fitting) && names.len > 0)
        problems_add_error(f->problems, &f->at, "sms-euckr",
                           listed ? "%s cannot be sent%s: %s"
                                  : "%s cannot be sent%s: %s and others",
                           f->who, way, buf_text(&names));
    else
        problems_add_error(f->problems, &f->at, "sms-refused", "%s cannot be sent%s: %s", f->who,
                           way, f->refusal);
    buf_free(&names);
}

/* A text that is Unicode by nature, as Korean is, has too many kinds to name. */
static void tell_unicode(const struct sms_finding *f, const char *way)
{
    const struct sms_length *l = &f->fitting->length;
    struct buf names = {0};
    if (l->encoding == SMS_UCS2 && put_offenders(l, &names)) {
        size_t parts = parts_without(f->fitting);
        if (parts < l->segments)
            problems_add_warning(f->problems, &f->at, "sms-unicode",
                                 "%s has %zu parts%s; removing %s makes it %zu", f->who,
                                 l->segments, way, buf_text(&names), parts);
    }
    buf_free(&names);
}

static void tell_parts(const struct sms_finding *f, const char *way)
{
    const struct sms_length *l = &f->fitting->length;
    bool decided = (int64_t)l->segments <= f->accepted_parts;
    if (l->lms)
        problems_add(f->problems, PROBLEM_HINT, &f->at, "sms-parts",
                     "%s becomes an LMS%s: %zu bytes of %s, an SMS holds %d", f->who, way, l->units,
                     sms_encoding_name(l->encoding), sms_fit_sms_bytes(f->fitting->gateway));
    else if (l->segments > 1)
        problems_add(f->problems, decided ? PROBLEM_HINT : PROBLEM_WARNING, &f->at, "sms-parts",
                     decided ? "%s has %zu parts%s: %zu units of %s"
                             : "%s has %zu parts%s: %zu units of %s; shorten it, or accept them "
                               "with sms_parts in the campaign",
                     f->who, l->segments, way, l->units, sms_encoding_name(l->encoding));
}

void check_sms_tell(const struct sms_finding *f)
{
    struct buf way = {0};
    sms_way_put(f->way, &way);
    if (f->refusal[0] != '\0') {
        tell_refused(f, buf_text(&way));
    } else {
        tell_unicode(f, buf_text(&way));
        tell_parts(f, buf_text(&way));
    }
    buf_free(&way);
}
