#include "channel/sms_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "base/unicode.h"

/* How the parts of a long message are counted. */
struct part_size {
    size_t whole; /* units of a text that fits one message */
    size_t part; /* units of each part of a longer one: six octets go to the concatenation header */
};

static const struct part_size gsm7_parts = {160, 153};
static const struct part_size ucs2_parts = {70, 67};

#define PARTS_MAX  255            /* the header counts them in one octet */
#define HANGUL_WON "\xec\x9b\x90" /* 원 */
#define MIDDLE_DOT "\xc2\xb7"     /* · */
#define LEFT_QUOTE "\xe2\x80\x9c" /* “ */

/* The default alphabet beyond ASCII (3GPP TS 23.038, 6.2.1), sorted. */
static const uint16_t gsm7_letters[] = {
    0x00a1, 0x00a3, 0x00a4, 0x00a5, 0x00a7, 0x00bf, 0x00c4, 0x00c5, 0x00c6, 0x00c7,
    0x00c9, 0x00d1, 0x00d6, 0x00d8, 0x00dc, 0x00df, 0x00e0, 0x00e4, 0x00e5, 0x00e6,
    0x00e8, 0x00e9, 0x00ec, 0x00f1, 0x00f2, 0x00f6, 0x00f8, 0x00f9, 0x00fc, 0x0393,
    0x0394, 0x0398, 0x039b, 0x039e, 0x03a0, 0x03a3, 0x03a6, 0x03a8, 0x03a9,
};

/*
 * What changes the look of a text but not its words. A NULL means that the profile keeps the
 * character: Hangul gateways have quotes and dots of their own, GSM-7 has none.
 */
struct replacement {
    uint32_t first, last;
    const char *gsm;
    const char *korean;
};

static const struct replacement replacements[] = {
    {0x0009, 0x0009, " ", NULL},        /* tab */
    {0x0060, 0x0060, "'", NULL},        /* backtick */
    {0x00a0, 0x00a0, " ", " "},         /* no-break space */
    {0x00ab, 0x00ab, "\"", "\""},       /* « */
    {0x00ad, 0x00ad, "", ""},           /* soft hyphen */
    {0x00b4, 0x00b4, "'", NULL},        /* ´ */
    {0x00b7, 0x00b7, "-", NULL},        /* · */
    {0x00bb, 0x00bb, "\"", "\""},       /* » */
    {0x00d7, 0x00d7, "x", NULL},        /* × */
    {0x1e9e, 0x1e9e, "SS", "SS"},       /* ẞ */
    {0x2000, 0x200a, " ", " "},         /* spaces of a width */
    {0x200b, 0x200b, "", ""},           /* zero width space */
    {0x2010, 0x2014, "-", "-"},         /* hyphens and dashes */
    {0x2015, 0x2015, "-", NULL},        /* horizontal bar */
    {0x2018, 0x2019, "'", NULL},        /* ‘ ’ */
    {0x201a, 0x201a, ",", ","},         /* ‚ */
    {0x201c, 0x201d, "\"", NULL},       /* “ ” */
    {0x201e, 0x201e, "\"", LEFT_QUOTE}, /* „ */
    {0x2022, 0x2022, "-", MIDDLE_DOT},  /* • */
    {0x2026, 0x2026, "...", NULL},      /* … */
    {0x202f, 0x202f, " ", " "},         /* narrow no-break space */
    {0x2032, 0x2032, "'", NULL},        /* ′ */
    {0x2033, 0x2033, "\"", NULL},       /* ″ */
    {0x2039, 0x203a, "'", "'"},         /* ‹ › */
    {0x205f, 0x205f, " ", " "},         /* mathematical space */
    {0x2060, 0x2060, "", ""},           /* word joiner */
    {0x20a9, 0x20a9, NULL, HANGUL_WON}, /* ₩ */
    {0x2212, 0x2212, "-", "-"},         /* minus */
    {0x22c5, 0x22c5, NULL, MIDDLE_DOT}, /* ⋅ */
    {0x3000, 0x3000, " ", NULL},        /* ideographic space */
    {0x301c, 0x301c, NULL, "~"},        /* 〜 */
    {0x30fb, 0x30fb, NULL, MIDDLE_DOT}, /* ・ */
    {0xfeff, 0xfeff, "", ""},           /* zero width no-break space */
};

const char *sms_encoding_name(enum sms_encoding encoding)
{
    static const char *const names[] = {
        [SMS_GSM7] = "gsm7",
        [SMS_UCS2] = "ucs2",
        [SMS_EUC_KR] = "euc-kr",
        [SMS_CP949] = "cp949",
    };
    return names[encoding];
}

static const char *find_replacement(uint32_t c, enum length_profile profile)
{
    for (size_t i = 0; i < COUNT_OF(replacements); i++) {
        const struct replacement *r = &replacements[i];
        if (c >= r->first && c <= r->last)
            return profile == LENGTH_GSM ? r->gsm : r->korean;
    }
    return NULL;
}

/* 1 or 2 septets (the second is the escape), 0 if GSM-7 cannot write it. */
static size_t count_septets(uint32_t c)
{
    if (c == '\n' || c == '\r')
        return 1;
    if (c == '\f' || c == 0x20ac || (c > ' ' && c < 0x7f && strchr("^{}\\[~]|", (int)c) != NULL))
        return 2;
    if (c >= ' ' && c < 0x7f)
        return c == '`' ? 0 : 1;
    for (size_t i = 0; i < COUNT_OF(gsm7_letters); i++) {
        if (c == gsm7_letters[i])
            return 1;
    }
    return 0;
}

static size_t count_utf16(uint32_t c)
{
    return c > 0xffff ? 2 : 1;
}

/* The form that is counted and sent: NFC (Hangul and umlauts in one code point each) and LF line
 * ends. */
static void put_normal(struct buf *out, const char *text, size_t len)
{
    struct buf nfc = {0};
    unicode_put_nfc(&nfc, text, len);
    for (size_t i = 0; i < nfc.len; i++) {
        bool line_end = nfc.data[i] == '\r' && i + 1 < nfc.len && nfc.data[i + 1] == '\n';
        if (!line_end)
            buf_putc(out, nfc.data[i]);
    }
    buf_free(&nfc);
}

static void add_offender(struct sms_length *out, uint32_t c, size_t position,
                         enum length_profile profile)
{
    size_t n = out->offender_count;
    if ((n & (n - 1)) == 0)
        out->offenders = xreallocarray(out->offenders, n == 0 ? 1 : 2 * n, sizeof(*out->offenders));
    out->offenders[out->offender_count++] =
        (struct sms_offender){c, position, find_replacement(c, profile)};
}

/* Parts, as a gateway fills them: a character of two units is never cut, so a part may stay one
 * unit short. */
static size_t count_parts(const struct buf *text, size_t (*count_units)(uint32_t),
                          const struct part_size *size, size_t *out_units)
{
    const char *at = buf_text(text), *end = at + text->len;
    size_t total = 0, parts = 1, filled = 0;
    while (at < end) {
        size_t units = count_units(utf8_next(&at, end));
        total += units;
        filled += units;
        if (filled > size->part) {
            parts++;
            filled = units;
        }
    }
    *out_units = total;
    return total <= size->whole ? 1 : parts;
}

static void measure_gsm(const struct buf *text, struct sms_length *out)
{
    const char *at = buf_text(text), *end = at + text->len;
    for (size_t position = 0; at < end; position++) {
        uint32_t c = utf8_next(&at, end);
        if (count_septets(c) == 0)
            add_offender(out, c, position, LENGTH_GSM);
    }
    if (out->offender_count == 0) {
        out->encoding = SMS_GSM7;
        out->segments = count_parts(text, count_septets, &gsm7_parts, &out->units);
    } else {
        out->encoding = SMS_UCS2;
        out->segments = count_parts(text, count_utf16, &ucs2_parts, &out->units);
    }
    out->sendable = out->segments <= PARTS_MAX;
}

static struct unicode_charset *open_charset(enum length_profile profile)
{
    return unicode_charset_open(profile == LENGTH_CP949 ? "windows-949" : "EUC-KR");
}

static size_t limit(int bytes, size_t otherwise)
{
    return bytes > 0 ? (size_t)bytes : otherwise;
}

static void measure_korean(const struct buf *text, const struct gateway *g, struct sms_length *out)
{
    enum length_profile profile = g->profile;
    struct unicode_charset *charset = open_charset(profile);
    const char *at = buf_text(text), *end = at + text->len;
    for (size_t position = 0; at < end; position++) {
        uint32_t c = utf8_next(&at, end);
        size_t bytes = unicode_charset_bytes(charset, c);
        if (bytes == 0)
            add_offender(out, c, position, profile);
        out->units += bytes;
    }
    unicode_charset_close(charset);
    out->encoding = profile == LENGTH_CP949 ? SMS_CP949 : SMS_EUC_KR;
    out->lms = out->units > limit(g->sms_bytes, KR_SMS_BYTES);
    out->sendable = out->offender_count == 0 && out->units <= limit(g->lms_bytes, KR_LMS_BYTES);
    out->segments = out->sendable ? 1 : 0;
}

void sms_measure_for(const char *text, size_t len, const struct gateway *g, struct sms_length *out)
{
    struct buf normal = {0};
    *out = (struct sms_length){0};
    put_normal(&normal, text, len);
    if (g->profile == LENGTH_GSM)
        measure_gsm(&normal, out);
    else
        measure_korean(&normal, g, out);
    buf_free(&normal);
}

void sms_measure(const char *text, size_t len, enum length_profile profile, struct sms_length *out)
{
    const struct gateway g = {.profile = profile};
    sms_measure_for(text, len, &g, out);
}

void sms_length_free(struct sms_length *l)
{
    free(l->offenders);
    *l = (struct sms_length){0};
}

/* ---- transliteration ---- */

/* "a" for á, "oe" for œ; NULL if it is no letter with something about it. `room` holds the answer.
 */
static const char *without_accent(uint32_t c, char room[2])
{
    static const struct {
        uint32_t letter;
        const char *plain;
    } others[] = {{0x00d0, "D"}, {0x00de, "Th"}, {0x00f0, "d"},  {0x00fe, "th"}, {0x0110, "D"},
                  {0x0111, "d"}, {0x0126, "H"},  {0x0127, "h"},  {0x0131, "i"},  {0x0141, "L"},
                  {0x0142, "l"}, {0x0152, "OE"}, {0x0153, "oe"}, {0x0166, "T"},  {0x0167, "t"}};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (others[i].letter == c)
            return others[i].plain;
    }
    uint32_t base = unicode_base_letter(c);
    bool letter = (base >= 'A' && base <= 'Z') || (base >= 'a' && base <= 'z');
    if (base == c || !letter)
        return NULL;
    room[0] = (char)base;
    room[1] = '\0';
    return room;
}

/* What stands for a character, NULL for itself. */
static const char *replace(uint32_t c, const struct gateway *g, bool accents, char room[2])
{
    const char *replacement = find_replacement(c, g->profile);
    bool plain =
        replacement == NULL && accents && g->profile == LENGTH_GSM && count_septets(c) == 0;
    return plain ? without_accent(c, room) : replacement;
}

/* Replaces everything there is a replacement for; returns how many characters. */
static size_t put_replaced(struct buf *out, const struct buf *text, const struct gateway *g,
                           bool accents)
{
    const char *at = buf_text(text), *end = at + text->len;
    size_t count = 0;
    char room[2];
    buf_reset(out);
    while (at < end) {
        uint32_t c = utf8_next(&at, end);
        const char *replacement = replace(c, g, accents, room);
        if (replacement == NULL) {
            utf8_put(out, c);
        } else {
            buf_puts(out, replacement);
            count++;
        }
    }
    return count;
}

static bool fits_gsm7(const struct buf *text)
{
    const char *at = buf_text(text), *end = at + text->len;
    while (at < end) {
        if (count_septets(utf8_next(&at, end)) == 0)
            return false;
    }
    return true;
}

size_t sms_prepare_for(const char *text, size_t len, const struct gateway *g, struct buf *out)
{
    struct buf normal = {0}, replaced = {0};
    size_t count = 0;
    bool worth_it = false;
    put_normal(&normal, text, len);
    if (g->transliterate != TRANSLITERATE_OFF) {
        count = put_replaced(&replaced, &normal, g, false);
        worth_it = g->profile != LENGTH_GSM || fits_gsm7(&replaced);
    }
    if (!worth_it && g->transliterate == TRANSLITERATE_ACCENTS) {
        count = put_replaced(&replaced, &normal, g, true);
        worth_it = fits_gsm7(&replaced);
    }
    const struct buf *chosen = worth_it ? &replaced : &normal;
    buf_put(out, buf_text(chosen), chosen->len);
    buf_free(&normal);
    buf_free(&replaced);
    return worth_it ? count : 0;
}

size_t sms_prepare(const char *text, size_t len, enum length_profile profile, struct buf *out)
{
    const struct gateway g = {.profile = profile};
    return sms_prepare_for(text, len, &g, out);
}
