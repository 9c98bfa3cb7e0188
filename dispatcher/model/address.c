#include "model/address.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "base/unicode.h"
#include "model/language.h"

#define LOCAL_MAX    64  /* RFC 5321 4.5.3.1.1 */
#define DOMAIN_MAX   255 /* RFC 5321 4.5.3.1.2 */
#define LABEL_MAX    63  /* RFC 1035 2.3.4 */
#define ADDRESS_MAX  254 /* RFC 5321 4.5.3.1.3: a path of 256 with its angle brackets */
#define PHONE_MIN    7
#define PHONE_MAX    15 /* ITU-T E.164 6.2.1 */
#define ENDPOINT_MAX 64
#define LOCALE_MAX   35 /* RFC 5646 4.4.1 asks for room for 35 */
#define SUBTAG_MAX   8
#define PRIMARY_MIN                                                                                \
    2 /* ISO 639; RFC 5646 2.2.1: nothing longer than three letters was ever registered */
#define PRIMARY_MAX 3

/* ---- characters: never <ctype.h>, which asks the process locale ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_atom(char c)
{
    return is_letter(c) || is_digit(c) || (c != '\0' && strchr("!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

/* Names the offending character so that it can be found, without showing the whole address. */
static int refuse_character(struct error *err, const char *part, const char *at, size_t position)
{
    struct buf shown = {0};
    const char *next = at;
    utf8_next(&next, at + strlen(at));
    text_put_visible(&shown, at, (size_t)(next - at));
    error_set(err, ERR_INPUT,
              "%s has a character that is not allowed there: \"%s\" (the %zu. byte)", part,
              buf_text(&shown), position + 1);
    buf_free(&shown);
    return ERR_INPUT;
}

/* ---- e-mail ---- */

static int check_local(const char *local, size_t len, struct error *err)
{
    if (len == 0)
        return error_set(err, ERR_INPUT, "the e-mail address has nothing in front of the @");
    if (len > LOCAL_MAX)
        return error_set(
            err, ERR_INPUT,
            "the part of the e-mail address in front of the @ has %zu bytes, at most %d "
            "are allowed",
            len, LOCAL_MAX);
    if (!is_ascii(local, len))
        return error_set(
            err, ERR_INPUT,
            "the e-mail address has letters outside ASCII in front of the @: mail servers "
            "cannot be relied on to accept that, use an ASCII address of the person");
    for (size_t i = 0; i < len; i++) {
        bool dot = local[i] == '.';
        if (dot && (i == 0 || i + 1 == len || local[i - 1] == '.'))
            return error_set(err, ERR_INPUT,
                             "the e-mail address has a dot too many in front of the @");
        if (!dot && !is_atom(local[i]))
            return refuse_character(err, "the e-mail address", local + i, i);
    }
    return 0;
}

static int check_label(const char *label, size_t len, struct error *err)
{
    if (len == 0)
        return error_set(err, ERR_INPUT, "the domain of the e-mail address has a dot too many");
    if (len > LABEL_MAX)
        return error_set(err, ERR_INPUT,
                         "a part of the domain of the e-mail address has %zu bytes, at most %d are "
                         "allowed",
                         len, LABEL_MAX);
    if (label[0] == '-' || label[len - 1] == '-')
        return error_set(err, ERR_INPUT,
                         "a part of the domain of the e-mail address starts or ends with a hyphen");
    for (size_t i = 0; i < len; i++)
        if (!is_letter(label[i]) && !is_digit(label[i]) && label[i] != '-')
            return refuse_character(err, "the domain of the e-mail address", label + i, i);
    return 0;
}

static bool all_digits(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* `domain` is ASCII: either it was written so or it is what IDNA made of it. */
static int check_domain(const char *domain, struct error *err)
{
    if (*domain == '\0')
        return error_set(err, ERR_INPUT, "the e-mail address has nothing behind the @");
    if (*domain == '[')
        return error_set(
            err, ERR_INPUT,
            "the e-mail address has a network address behind the @: use a domain name");
    if (strlen(domain) > DOMAIN_MAX)
        return error_set(err, ERR_INPUT,
                         "the domain of the e-mail address has %zu bytes, at most %d are allowed",
                         strlen(domain), DOMAIN_MAX);
    const char *label = domain;
    for (;;) {
        size_t len = strcspn(label, ".");
        int rc = check_label(label, len, err);
        if (rc != 0)
            return rc;
        if (label[len] == '\0')
            break;
        label += len + 1;
    }
    if (all_digits(label))
        return error_set(err, ERR_INPUT,
                         "the e-mail address ends with a number: use a domain name, not a network "
                         "address");
    return 0;
}

/*
 * IDNA would quietly map a no-break space, a full-width sign or an ideographic full stop to
 * something else; what somebody typed by mistake should be seen instead.
 */
static int check_unicode_domain(const char *domain, struct error *err)
{
    if (!utf8_valid(domain, strlen(domain)))
        return error_set(err, ERR_INPUT, "the domain of the e-mail address is not valid UTF-8");
    const char *end = domain + strlen(domain);
    for (const char *at = domain; at < end;) {
        const char *here = at;
        uint32_t c = utf8_next(&at, end);
        bool ascii_wrong =
            c < 0x80 && !is_letter((char)c) && !is_digit((char)c) && c != '-' && c != '.';
        bool space = (c >= 0x80 && c <= 0xa0) || (c >= 0x2000 && c <= 0x206f) || c == 0x3000;
        bool look_alike = c == 0x3002 || c == 0xfeff || (c >= 0xff00 && c <= 0xffef);
        if (ascii_wrong || space || look_alike)
            return refuse_character(err, "the domain of the e-mail address", here,
                                    (size_t)(here - domain));
    }
    return 0;
}

/* Appends the domain in A-labels. On failure `out` may hold a part of it. */
static int put_domain(const char *domain, struct buf *out, struct error *err)
{
    size_t start = out->len;
    if (is_ascii(domain, strlen(domain))) {
        buf_puts(out, domain);
    } else {
        int rc = check_unicode_domain(domain, err);
        if (rc == 0)
            rc = unicode_domain_to_ascii(domain, out, err);
        if (rc != 0)
            return rc;
    }
    return check_domain(buf_text(out) + start, err);
}

int address_put_ascii_email(const char *address, struct buf *out, struct error *err)
{
    size_t start = out->len;
    const char *at = strrchr(address, '@');
    if (at == NULL)
        return error_set(err, ERR_INPUT, "the e-mail address has no @: write name@example.org");
    size_t local_len = (size_t)(at - address);
    int rc = check_local(address, local_len, err);
    if (rc != 0)
        return rc;
    buf_put(out, address, local_len + 1);
    rc = put_domain(at + 1, out, err);
    if (rc == 0 && out->len - start > ADDRESS_MAX)
        rc = error_set(err, ERR_INPUT, "the e-mail address has %zu bytes, at most %d are allowed",
                       out->len - start, ADDRESS_MAX);
    if (rc != 0)
        buf_truncate(out, start);
    return rc;
}

int address_check_email(const char *address, struct error *err)
{
    struct buf ascii = {0};
    int rc = address_put_ascii_email(address, &ascii, err);
    buf_free(&ascii);
    return rc;
}

const char *address_domain(const char *email)
{
    const char *at = strrchr(email, '@');
    return at == NULL ? "" : at + 1;
}

/* ---- telephone ---- */

#define GERMAN_MOBILE                                                                              \
    "this looks like a German mobile number as it is dialled in Germany: write +49 in place of "   \
    "its "                                                                                         \
    "first 0, as in +4915112345678 (from 0151 12345678)"

/* What people write instead of E.164, by how it starts; the first match is said. */
static const struct {
    const char *prefix;
    const char *advice;
} phone_habits[] = {
    {"00", "write + in place of the leading 00"},
    {"010",
     "this looks like a Korean mobile number as it is dialled in Korea: write +82 in place of "
     "its first 0, as in +821012345678 (from 010-1234-5678)"},
    {"015", GERMAN_MOBILE},
    {"016", GERMAN_MOBILE},
    {"017", GERMAN_MOBILE},
    {"0",
     "this is a national number: write the country code and leave out the leading 0, as in "
     "+4915112345678 (Germany, from 0151 12345678) or +821012345678 (Korea, from 010-1234-5678)"},
    {"+490", "leave out the 0 or (0) behind +49, as in +4915112345678"},
    {"+820", "leave out the 0 or (0) behind +82, as in +821012345678"},
    {"+0", "no country code starts with 0"},
    {"tel:", "leave out tel:"},
};

/* The beginning of a number without what people put between its digits. */
static void put_skeleton(struct buf *out, const char *number)
{
    for (const char *at = number; *at != '\0' && out->len < 8; at++) {
        if (strchr(" -./()", *at) == NULL)
            buf_putc(out, *at);
    }
}

static const char *phone_advice(const char *number)
{
    struct buf skeleton = {0};
    const char *advice = NULL;
    put_skeleton(&skeleton, number);
    for (size_t i = 0; advice == NULL && i < COUNT_OF(phone_habits); i++)
        if (text_starts_with(buf_text(&skeleton), phone_habits[i].prefix))
            advice = phone_habits[i].advice;
    buf_free(&skeleton);
    if (advice != NULL)
        return advice;
    if (*number != '+')
        return "write + and the country code first, as in +4915112345678 or +821012345678";
    return NULL;
}

int address_check_phone(const char *number, struct error *err)
{
    const char *advice = phone_advice(number);
    if (advice != NULL)
        return error_set(err, ERR_INPUT, "the telephone number is not in international form: %s",
                         advice);
    size_t digits = strspn(number + 1, "0123456789");
    if (number[1 + digits] != '\0')
        return error_set(
            err, ERR_INPUT,
            "the telephone number holds more than + and digits: leave out spaces, hyphens, "
            "slashes and brackets, as in +4915112345678 or +821012345678");
    if (digits < PHONE_MIN || digits > PHONE_MAX)
        return error_set(
            err, ERR_INPUT, "the telephone number has %zu %s, an international one has %d to %d",
            digits, text_plural((int64_t)digits, "digit", "digits"), PHONE_MIN, PHONE_MAX);
    return 0;
}

/* Country codes of one and two digits; all others have three. */
static const char *const short_country_codes[] = {
    "1",  "7",  "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45",
    "46", "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
    "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98"};

/* Countries whose numbers get a 0 in front when dialled from inside. */
static const char *const zero_trunk_codes[] = {
    "20",  "27",  "31",  "32",  "33",  "40",  "41",  "43",  "44",  "46",  "49",  "60", "61",  "62",
    "63",  "64",  "66",  "81",  "82",  "84",  "86",  "90",  "91",  "92",  "94",  "98", "212", "353",
    "355", "358", "359", "380", "381", "385", "386", "387", "421", "886", "971", "972"};

static bool begins_with_one(const char *digits, const char *const *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_starts_with(digits, codes[i]))
            return true;
    }
    return false;
}

size_t address_country_code_length(const char *number)
{
    const char *digits = *number == '+' ? number + 1 : number;
    size_t len = *digits == '1' || *digits == '7' ? 1 : 2;
    if (!begins_with_one(digits, short_country_codes, COUNT_OF(short_country_codes)))
        len = 3;
    return strnlen(digits, len);
}

void address_put_national(const char *number, struct buf *out)
{
    const char *digits = *number == '+' ? number + 1 : number;
    if (begins_with_one(digits, zero_trunk_codes, COUNT_OF(zero_trunk_codes)))
        buf_putc(out, '0');
    buf_puts(out, digits + address_country_code_length(number));
}

/* ---- names ---- */

int address_check_endpoint(const char *name, struct error *err)
{
    size_t len = strlen(name);
    if (len == 0)
        return error_set(err, ERR_INPUT, "the name of the endpoint is empty");
    if (strstr(name, "://") != NULL)
        return error_set(err, ERR_INPUT,
                         "the endpoint is a URL: use the name of an endpoint of the configuration");
    if (len > ENDPOINT_MAX)
        return error_set(err, ERR_INPUT,
                         "the name of the endpoint has %zu characters, at most %d are allowed", len,
                         ENDPOINT_MAX);
    for (size_t i = 0; i < len; i++)
        if (!is_letter(name[i]) && !is_digit(name[i]) && name[i] != '-' && name[i] != '_')
            return refuse_character(err, "the name of the endpoint", name + i, i);
    return 0;
}

/* `primary`: length of its first subtag. What is meant is named if it is known. */
static int refuse_locale(const char *tag, size_t primary, struct error *err)
{
    const char *meant = language_find_tag(tag, primary);
    if (meant == NULL)
        return error_set(err, ERR_INPUT,
                         "the locale is not a language tag: write de, ko-KR or en-GB (BCP 47)");
    const char *rest = tag + primary + (tag[primary] != '\0' ? 1 : 0);
    bool region = strlen(rest) == 2 && is_letter(rest[0]) && is_letter(rest[1]);
    return error_set(err, ERR_INPUT, "the locale is not a language tag: write %s%s%s, not \"%s\"",
                     meant, region ? "-" : "", region ? rest : "", tag);
}

/* Length of a subtag at `at` if it is one, 0 otherwise. */
static size_t subtag(const char *at, size_t least, size_t most)
{
    size_t len = 0;
    while (is_letter(at[len]) || (least < PRIMARY_MIN && is_digit(at[len])))
        len++;
    bool ends = at[len] == '\0' || at[len] == '-';
    return ends && len >= least && len <= most ? len : 0;
}

static int check_underscore(const char *tag, size_t primary, struct error *err)
{
    const char *underscore = strchr(tag, '_');
    if (underscore == NULL || strlen(tag) > 6 || subtag(underscore + 1, 1, SUBTAG_MAX) == 0)
        return 0;
    if (language_find_tag(tag, primary) != NULL)
        return refuse_locale(tag, primary, err);
    return error_set(err, ERR_INPUT, "the locale has an underscore: use %.*s-%s",
                     (int)(underscore - tag), tag, underscore + 1);
}

static int check_tag(const char *tag, size_t primary_most, struct error *err)
{
    size_t total = strlen(tag), primary = strcspn(tag, "-_");
    if (total > LOCALE_MAX)
        return error_set(err, ERR_INPUT, "the locale has %zu characters, at most %d are allowed",
                         total, LOCALE_MAX);
    if (check_underscore(tag, primary, err) != 0)
        return ERR_INPUT;
    for (size_t at = subtag(tag, PRIMARY_MIN, primary_most); at > 0;) {
        if (tag[at] == '\0')
            return 0;
        size_t len = subtag(tag + at + 1, 1, SUBTAG_MAX);
        at = len > 0 ? at + 1 + len : 0;
    }
    return refuse_locale(tag, primary, err);
}

int address_check_locale_word(const char *word, struct error *err)
{
    return check_tag(word, SUBTAG_MAX, err);
}

int address_check_locale(const char *tag, struct error *err)
{
    size_t primary = strcspn(tag, "-_");
    if (language_find_tag(tag, primary) != NULL)
        return refuse_locale(tag, primary, err);
    return check_tag(tag, PRIMARY_MAX, err);
}
