#include "people/cell.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/text.h"
#include "base/unicode.h"

/* ---- cleaning ---- */

/* Most cells: printable ASCII with nothing blank around it. */
static bool is_clean(const char *text, size_t len)
{
    if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
            return false;
    }
    return true;
}

/* Left behind by word processors and copied addresses; a letter, address or id never means them. */
static bool is_invisible(uint32_t c)
{
    return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x2064) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static bool is_odd_space(uint32_t c)
{
    return c == 0xa0 || c == 0x2007 || c == 0x202f;
}

static void put_visible_only(struct buf *out, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    while (at < end) {
        const char *from = at;
        uint32_t c = utf8_next(&at, end);
        if (c == '\r' && at < end && *at == '\n')
            continue;
        if (is_odd_space(c))
            buf_putc(out, ' ');
        else if (!is_invisible(c))
            buf_put(out, from, (size_t)(at - from));
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void cell_clean(const char *text, size_t len, struct buf *out)
{
    if (is_clean(text, len)) {
        buf_put(out, text, len);
        return;
    }
    struct buf seen = {0};
    put_visible_only(&seen, text, len);
    const char *from = buf_text(&seen), *end = from + seen.len;
    while (from < end && is_blank(*from))
        from++;
    while (end > from && is_blank(end[-1]))
        end--;
    unicode_put_nfc(out, from, (size_t)(end - from));
    buf_free(&seen);
}

/* ---- types ---- */

const struct cell_fault cell_power_of_ten = {
    "the spreadsheet has turned the number into a power of ten, and its digits are lost",
    "give the column the format Text, enter the numbers again and save anew"};

bool cell_is_power_of_ten(const char *text)
{
    static const char digits[] = "0123456789";
    const char *at = text + (*text == '+' || *text == '-' ? 1 : 0);
    size_t whole = strspn(at, digits);
    at += whole;
    if (*at == '.' || *at == ',')
        at += 1 + strspn(at + 1, digits);
    if (whole == 0 || (*at != 'E' && *at != 'e') || at[1] != '+')
        return false;
    size_t power = strspn(at + 2, digits);
    return power > 0 && at[2 + power] == '\0';
}

static bool fail(struct cell_fault *fault, const char *problem, const char *mend)
{
    *fault = (struct cell_fault){problem, mend};
    return false;
}

static bool put_integer(struct buf *out, const char *text, struct cell_fault *fault)
{
    int64_t value;
    if (cell_is_power_of_ten(text))
        return fail(fault, cell_power_of_ten.problem, cell_power_of_ten.mend);
    if (!text_parse_int(text, &value))
        return fail(fault, "is no whole number", "write digits only, like 1234");
    buf_printf(out, "%lld", (long long)value);
    return true;
}

/* Digits, at most one point, no sign but a minus, no exponent: what a spreadsheet shows. */
static bool put_number(struct buf *out, const char *text, bool comma_decimal,
                       struct cell_fault *fault)
{
    static const char digits[] = "0123456789";
    if (cell_is_power_of_ten(text))
        return fail(fault, cell_power_of_ten.problem, cell_power_of_ten.mend);
    const char *whole = text + (*text == '-' ? 1 : 0);
    size_t before = strspn(whole, digits);
    char point = whole[before];
    bool has_point = point == '.' || (point == ',' && comma_decimal);
    const char *rest = whole + before + (has_point ? 1 : 0);
    size_t after = strspn(rest, digits);
    if (before == 0 || before > 15 || after > 15 || rest[after] != '\0' ||
        (has_point && after == 0))
        return fail(fault, "is no number", "write it without separators of thousands, like 1234.5");
    while (before > 1 && *whole == '0') {
        whole++;
        before--;
    }
    buf_printf(out, "%s%.*s", *text == '-' ? "-" : "", (int)before, whole);
    if (has_point)
        buf_printf(out, ".%s", rest);
    return true;
}

static bool put_boolean(struct buf *out, const char *text, struct cell_fault *fault)
{
    static const struct {
        const char *word;
        const char *json;
    } words[] = {{"true", "true"},    {"false", "false"}, {"wahr", "true"},
                 {"falsch", "false"}, {"참", "true"},     {"거짓", "false"}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcasecmp(words[i].word, text) == 0) {
            buf_puts(out, words[i].json);
            return true;
        }
    }
    return fail(fault, "is neither true nor false", "write true or false");
}

/* The next number of a date with its point and spaces; false if there is none. */
static bool take_part(const char **at, int *out, size_t *out_digits)
{
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 4)
        return false;
    *out = 0;
    for (size_t i = 0; i < digits; i++)
        *out = *out * 10 + ((*at)[i] - '0');
    *out_digits = digits;
    *at += digits;
    *at += **at == '.' ? 1 : 0;
    *at += strspn(*at, " ");
    return true;
}

/* 24.11.2026 and 2026. 11. 24. say what they mean; 11/24/2026 does not, and stays as it is. */
void cell_put_date(struct buf *out, const char *text)
{
    int part[3];
    size_t digits[3];
    const char *at = text;
    bool dotted = strchr(text, '.') != NULL && strchr(text, 'T') == NULL;
    for (int i = 0; dotted && i < 3; i++)
        dotted = take_part(&at, &part[i], &digits[i]);
    if (dotted && *at == '\0' && digits[2] == 4 && digits[0] <= 2 && digits[1] <= 2)
        buf_printf(out, "%04d-%02d-%02d", part[2], part[1], part[0]);
    else if (dotted && *at == '\0' && digits[0] == 4 && digits[1] <= 2 && digits[2] <= 2)
        buf_printf(out, "%04d-%02d-%02d", part[0], part[1], part[2]);
    else
        buf_puts(out, text);
}

static void put_date(struct buf *out, const char *text)
{
    struct buf date = {0};
    cell_put_date(&date, text);
    buf_put_json(out, buf_text(&date));
    buf_free(&date);
}

static void put_list(struct buf *out, const char *text)
{
    struct buf item = {0};
    bool first = true;
    buf_putc(out, '[');
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ";|\n");
        buf_reset(&item);
        cell_clean(at, len, &item);
        if (item.len > 0) {
            buf_puts(out, first ? "" : ",");
            buf_put_json(out, item.data);
            first = false;
        }
        at += len;
        if (*at == '\0')
            break;
    }
    buf_putc(out, ']');
    buf_free(&item);
}

/* "50000 KRW", "KRW 50000", "12,50 EUR" with a German file. */
static bool put_money(struct buf *out, const char *text, bool comma_decimal,
                      struct cell_fault *fault)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *code = text + strcspn(text, letters);
    struct buf amount = {0}, number = {0};
    cell_clean(code == text ? text + 3 : text,
               code == text ? strlen(text) - 3 : (size_t)(code - text), &amount);
    bool good = strspn(code, letters) == 3 && (code == text || code[3] == '\0') && amount.len > 0 &&
                put_number(&number, buf_text(&amount), comma_decimal, fault);
    if (good)
        buf_printf(out, "{\"amount\":%s,\"currency\":\"%.3s\"}", buf_text(&number), code);
    buf_free(&amount);
    buf_free(&number);
    return good ||
           fail(fault, "is no amount of money", "write number and currency, like 50000 KRW");
}

bool cell_put_json(struct buf *out, enum cell_kind kind, const char *text, bool comma_decimal,
                   struct cell_fault *fault)
{
    switch (kind) {
    case CELL_TEXT:
    case CELL_DATETIME:
        buf_put_json(out, text);
        return true;
    case CELL_INTEGER:
        return put_integer(out, text, fault);
    case CELL_NUMBER:
        return put_number(out, text, comma_decimal, fault);
    case CELL_BOOLEAN:
        return put_boolean(out, text, fault);
    case CELL_DATE:
        put_date(out, text);
        return true;
    case CELL_LIST:
        put_list(out, text);
        return true;
    case CELL_MONEY:
        return put_money(out, text, comma_decimal, fault);
    case CELL_LANGUAGES:
    case CELL_UNFIT:
        break;
    }
    return fail(fault, "cannot stand in one cell", "put it into \"data\" of batch.json");
}
