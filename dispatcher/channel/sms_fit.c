#include "channel/sms_fit.h"

#include "base/text.h"

#define NAMED_MAX 8 /* characters that an error sentence names */

int sms_fit_sms_bytes(const struct gateway *g)
{
    return g->sms_bytes > 0 ? g->sms_bytes : KR_SMS_BYTES;
}

int sms_fit_lms_bytes(const struct gateway *g)
{
    return g->lms_bytes > 0 ? g->lms_bytes : KR_LMS_BYTES;
}

static int subject_bytes(const struct gateway *g)
{
    return g->subject_bytes > 0 ? g->subject_bytes : KR_SUBJECT_BYTES;
}

bool sms_fit_is_same(const struct gateway *a, const struct gateway *b)
{
    return a->profile == b->profile && a->transliterate == b->transliterate &&
           a->max_segments == b->max_segments && a->max_chars == b->max_chars &&
           sms_fit_sms_bytes(a) == sms_fit_sms_bytes(b) &&
           sms_fit_lms_bytes(a) == sms_fit_lms_bytes(b) && subject_bytes(a) == subject_bytes(b) &&
           a->uses[GATEWAY_NAME_SUBJECT] == b->uses[GATEWAY_NAME_SUBJECT];
}

void sms_fit(const struct buf *letter, const struct gateway *g, struct sms_fitting *out)
{
    sms_length_free(&out->length);
    buf_reset(&out->text);
    out->gateway = g;
    out->replaced = sms_prepare_for(buf_text(letter), letter->len, g, &out->text);
    sms_measure_for(buf_text(&out->text), out->text.len, g, &out->length);
}

void sms_fitting_free(struct sms_fitting *f)
{
    sms_length_free(&f->length);
    buf_free(&f->text);
}

/* ---- what is refused */

/* "ü (U+00FC) as character 4, ..." */
static void put_offenders(struct buf *out, const struct sms_length *l)
{
    for (size_t i = 0; i < l->offender_count && i < NAMED_MAX; i++) {
        struct buf shown = {0};
        utf8_put(&shown, l->offenders[i].code_point);
        buf_puts(out, i > 0 ? ", " : "");
        text_put_visible(out, buf_text(&shown), shown.len);
        buf_printf(out, " (U+%04X) as character %zu", l->offenders[i].code_point,
                   l->offenders[i].position + 1);
        buf_free(&shown);
    }
    if (l->offender_count > NAMED_MAX)
        buf_printf(out, " and %zu more", l->offender_count - NAMED_MAX);
}

static int refuse_korean(const struct sms_length *l, const struct gateway *g, struct error *err)
{
    struct buf names = {0};
    put_offenders(&names, l);
    if (l->offender_count > 0)
        error_set(err, ERR_INPUT, "the SMS cannot be written in %s: %s",
                  sms_encoding_name(l->encoding), buf_text(&names));
    else
        error_set(err, ERR_INPUT, "the SMS has %zu bytes of %s, an LMS holds %d; shorten it",
                  l->units, sms_encoding_name(l->encoding), sms_fit_lms_bytes(g));
    buf_free(&names);
    return ERR_INPUT;
}

static int refuse_long(const struct sms_length *l, int max_segments, struct error *err)
{
    struct buf names = {0};
    put_offenders(&names, l);
    error_set(err, ERR_INPUT,
              "the SMS takes %zu segments of %s, the gateway allows %d; shorten it%s%s",
              l->segments, sms_encoding_name(l->encoding), max_segments,
              l->offender_count > 0 ? " or replace what needs Unicode: " : "", buf_text(&names));
    buf_free(&names);
    return ERR_INPUT;
}

static size_t count_characters(const struct buf *text)
{
    const char *at = buf_text(text), *end = at + text->len;
    size_t count = 0;
    for (; at < end; count++)
        utf8_next(&at, end);
    return count;
}

static int check_length(const struct sms_fitting *f, struct error *err)
{
    const struct gateway *g = f->gateway;
    const struct sms_length *l = &f->length;
    size_t characters = count_characters(&f->text);
    if (g->profile != LENGTH_GSM && !l->sendable)
        return refuse_korean(l, g, err);
    if (!l->sendable || (g->max_segments > 0 && l->segments > (size_t)g->max_segments))
        return refuse_long(l, g->max_segments, err);
    if (g->max_chars > 0 && characters > (size_t)g->max_chars)
        return error_set(err, ERR_INPUT,
                         "the SMS has %zu characters, the gateway allows %d; shorten it",
                         characters, g->max_chars);
    return 0;
}

void sms_fit_subject(const struct buf *title, const struct gateway *g, struct buf *out)
{
    sms_prepare_for(buf_text(title), title->len, g, out);
}

static int check_subject(const struct buf *title, const struct gateway *g, struct error *err)
{
    struct buf subject = {0};
    struct sms_length l;
    int rc = 0;
    sms_fit_subject(title, g, &subject);
    sms_measure_for(buf_text(&subject), subject.len, g, &l);
    if (l.offender_count > 0)
        rc = refuse_korean(&l, g, err);
    else if (l.units > (size_t)subject_bytes(g))
        rc =
            error_set(err, ERR_INPUT,
                      "the title of the LMS has %zu bytes of %s, the gateway allows %d; shorten it",
                      l.units, sms_encoding_name(l.encoding), subject_bytes(g));
    sms_length_free(&l);
    buf_free(&subject);
    return rc;
}

int sms_fit_check(const struct sms_fitting *f, const struct buf *title, struct error *err)
{
    int rc = check_length(f, err);
    if (rc == 0 && f->length.lms && f->gateway->uses[GATEWAY_NAME_SUBJECT])
        rc = check_subject(title, f->gateway, err);
    return rc;
}
