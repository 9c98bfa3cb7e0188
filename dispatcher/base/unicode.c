#include "base/unicode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"

/* ICU counts in int32_t; nothing we handle comes near (the largest text is a rendered letter of 10
 * MiB). */
#define TEXT_MAX ((size_t)512 * 1024 * 1024)

size_t unicode_to_utf16(const char *text, size_t len, uint16_t **out_units)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = 0;
    assert(len <= TEXT_MAX);
    UChar *units = xreallocarray(NULL, len + 1, sizeof(UChar));
    u_strFromUTF8WithSub(units, (int32_t)len + 1, &count, text, (int32_t)len, 0xfffd, NULL,
                         &status);
    assert(U_SUCCESS(status));
    *out_units = units;
    return (size_t)count;
}

void unicode_put_utf16(struct buf *out, const uint16_t *units, size_t count)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t length = 0;
    assert(count <= TEXT_MAX);
    buf_reserve(out, count * 3);
    u_strToUTF8WithSub(out->data + out->len, (int32_t)(count * 3 + 1), &length, units,
                       (int32_t)count, 0xfffd, NULL, &status);
    assert(U_SUCCESS(status));
    out->len += (size_t)length;
    out->data[out->len] = '\0';
}

/* ---- normalisation ---- */

static const UNormalizer2 *nfc(void)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *instance = unorm2_getNFCInstance(&status);
    assert(U_SUCCESS(status));
    return instance;
}

uint32_t unicode_base_letter(uint32_t code_point)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar units[32]; /* no decomposition has more than 18 */
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&status);
    assert(U_SUCCESS(status));
    int32_t len =
        unorm2_getDecomposition(nfd, (UChar32)code_point, units, COUNT_OF(units), &status);
    bool decomposed = U_SUCCESS(status) && len > 0 && !U16_IS_SURROGATE(units[0]);
    return decomposed ? units[0] : code_point;
}

/* No character below U+0300 combines with anything, and their UTF-8 begins below 0xcc: most German
 * and English text. */
static bool has_only_inert(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] >= 0xcc)
            return false;
    }
    return true;
}

bool unicode_is_nfc(const char *text, size_t len)
{
    if (has_only_inert(text, len))
        return true;
    UErrorCode status = U_ZERO_ERROR;
    uint16_t *units;
    size_t count = unicode_to_utf16(text, len, &units);
    bool normal = unorm2_isNormalized(nfc(), units, (int32_t)count, &status);
    assert(U_SUCCESS(status));
    free(units);
    return normal;
}

void unicode_put_nfc(struct buf *out, const char *text, size_t len)
{
    if (has_only_inert(text, len)) {
        buf_put(out, text, len);
        return;
    }
    UErrorCode status = U_ZERO_ERROR;
    uint16_t *units;
    size_t count = unicode_to_utf16(text, len, &units);
    /* NFC grows a text at most threefold (UAX #15, section 9). */
    size_t room = count * 3 + 1;
    UChar *composed = xreallocarray(NULL, room, sizeof(UChar));
    int32_t length =
        unorm2_normalize(nfc(), units, (int32_t)count, composed, (int32_t)room, &status);
    assert(U_SUCCESS(status));
    unicode_put_utf16(out, composed, (size_t)length);
    free(composed);
    free(units);
}

/* ---- width ---- */

#define SOFT_HYPHEN 0xad

static size_t width_of(UChar32 c)
{
    if (c >= 0x20 && c < 0x7f)
        return 1;
    /* The vowels and finals of decomposed Hangul join the block their initial opened. */
    int32_t syllable = u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE);
    if (syllable == U_HST_VOWEL_JAMO || syllable == U_HST_TRAILING_JAMO)
        return 0;
    if (U_MASK(u_charType(c)) &
        (U_GC_MN_MASK | U_GC_ME_MASK | U_GC_CF_MASK | U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK))
        return c == SOFT_HYPHEN ? 1 : 0;
    int32_t width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

size_t unicode_width(const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    size_t width = 0;
    while (at < end)
        width += width_of((UChar32)utf8_next(&at, end));
    return width;
}

/* ---- internationalised domains ---- */

static const char *domain_problem(uint32_t errors)
{
    static const struct {
        uint32_t bits;
        const char *text;
    } problems[] = {
        {UIDNA_ERROR_EMPTY_LABEL, "a part between two dots is empty"},
        {UIDNA_ERROR_LABEL_TOO_LONG, "a part is longer than 63 characters"},
        {UIDNA_ERROR_DOMAIN_NAME_TOO_LONG, "it is longer than 255 characters"},
        {UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN,
         "a part begins or ends with a hyphen"},
        {UIDNA_ERROR_HYPHEN_3_4, "a part has -- in third place but is no valid xn-- name"},
        {UIDNA_ERROR_LEADING_COMBINING_MARK, "a part begins with a combining mark"},
        {UIDNA_ERROR_PUNYCODE | UIDNA_ERROR_INVALID_ACE_LABEL, "an xn-- part is not valid"},
        {UIDNA_ERROR_LABEL_HAS_DOT, "a part holds another kind of dot"},
        {UIDNA_ERROR_BIDI, "it mixes writing directions"},
        {UIDNA_ERROR_DISALLOWED | UIDNA_ERROR_CONTEXTJ,
         "it holds a character that domain names may not have"},
    };
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        if (errors & problems[i].bits)
            return problems[i].text;
    }
    return "it is not a valid domain name";
}

#define DOMAIN_MAX 255

int unicode_domain_to_ascii(const char *domain, struct buf *out, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    char ascii[4 * DOMAIN_MAX];
    size_t len = strlen(domain);
    if (len == 0)
        return error_set(err, ERR_INPUT, "the domain is empty");
    if (len > sizeof(ascii) || !utf8_valid(domain, len))
        return error_set(err, ERR_INPUT, "the domain is longer than %d characters or not UTF-8",
                         DOMAIN_MAX);
    UIDNA *idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_USE_STD3_RULES |
                                      UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ,
                                  &status);
    assert(U_SUCCESS(status));
    int32_t length = uidna_nameToASCII_UTF8(idna, domain, (int32_t)len, ascii,
                                            (int32_t)sizeof(ascii), &info, &status);
    uidna_close(idna);
    if (U_FAILURE(status) || info.errors != 0)
        return error_set(err, ERR_INPUT, "the domain \"%s\" cannot be used: %s", domain,
                         domain_problem(info.errors));
    buf_put(out, ascii, (size_t)length);
    return 0;
}

/* ---- charsets ---- */

struct unicode_charset {
    UConverter *converter;
    bool only_ks_x_1001;
};

/*
 * ICU's own EUC-KR (ibm-970) is KS X 1001 of 1987, without the euro sign of 1998. windows-949 holds
 * the whole standard where both bytes are at least 0xa1; its other two-byte codes are the syllables
 * Microsoft added.
 */
static const char whole_korean[] = "windows-949";
#define KS_X_1001_FIRST 0xa1

struct unicode_charset *unicode_charset_open(const char *name)
{
    UErrorCode status = U_ZERO_ERROR;
    bool strict = strcasecmp(name, "EUC-KR") == 0;
    UConverter *converter = ucnv_open(strict ? whole_korean : name, &status);
    if (U_FAILURE(status))
        return NULL;
    ucnv_setFromUCallBack(converter, UCNV_FROM_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
    assert(U_SUCCESS(status));
    struct unicode_charset *charset = xmalloc(sizeof(*charset));
    charset->converter = converter;
    charset->only_ks_x_1001 = strict;
    return charset;
}

void unicode_put_from_charset(struct buf *out, const char *name, const char *bytes, size_t len)
{
    UErrorCode status = U_ZERO_ERROR;
    assert(len <= TEXT_MAX);
    UConverter *converter = ucnv_open(name, &status);
    if (U_FAILURE(status))
        return;
    /* A byte gives two units at most, in any charset ICU knows. */
    UChar *units = xreallocarray(NULL, len + 1, 2 * sizeof(UChar));
    int32_t count =
        ucnv_toUChars(converter, units, (int32_t)len * 2 + 1, bytes, (int32_t)len, &status);
    if (U_SUCCESS(status))
        unicode_put_utf16(out, units, (size_t)count);
    free(units);
    ucnv_close(converter);
}

/* Surrogates are no characters; private use and C1 controls have codes in ICU's tables but mean
 * nothing on a phone. */
static bool is_writable(uint32_t code_point)
{
    if (code_point > UCHAR_MAX_VALUE)
        return false;
    uint32_t category = U_MASK(u_charType((UChar32)code_point));
    if (category & U_GC_CC_MASK)
        return code_point < 0x80;
    return (category & (U_GC_CO_MASK | U_GC_CS_MASK)) == 0;
}

size_t unicode_charset_bytes(struct unicode_charset *charset, uint32_t code_point)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar units[U16_MAX_LENGTH];
    unsigned char bytes[16];
    int32_t count = 0;
    if (!is_writable(code_point))
        return 0;
    U16_APPEND_UNSAFE(units, count, code_point);
    int32_t length = ucnv_fromUChars(charset->converter, (char *)bytes, (int32_t)sizeof(bytes),
                                     units, count, &status);
    if (U_FAILURE(status) || length < 1)
        return 0;
    if (charset->only_ks_x_1001 && length == 2 &&
        (bytes[0] < KS_X_1001_FIRST || bytes[1] < KS_X_1001_FIRST))
        return 0;
    return (size_t)length;
}

void unicode_charset_close(struct unicode_charset *charset)
{
    if (charset == NULL)
        return;
    ucnv_close(charset->converter);
    free(charset);
}
