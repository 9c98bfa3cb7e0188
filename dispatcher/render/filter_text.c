#include "render/filter_backend.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/unicode.h"
#include "render/format.h"
#include "render/hide.h"
#include "render/josa.h"

/* ---- particles ---- */

int filter_apply_josa(struct filter_value *value, const char *argument, struct formatter *formatter,
                      struct error *err)
{
    struct buf out = {0}, particle = {0};
    bool known;
    if (filter_is_nothing(value))
        return 0;
    const struct locale *locale = formatter != NULL ? formatter_locale(formatter) : NULL;
    int rc = filter_put_plain(value, &out, err);
    if (rc == 0)
        rc = josa_put(buf_text(&out), out.len, argument != NULL ? argument : "",
                      locale != NULL ? locale_josa_unit : NULL, locale, &particle, &known, err);
    buf_puts(&out, buf_text(&particle));
    buf_free(&particle);
    return filter_finish(value, &out, rc);
}

/* ---- default ---- */

static bool is_empty(const struct filter_value *value)
{
    const char *text = filter_text_of(value);
    return filter_is_nothing(value) || (text != NULL && text[0] == '\0') ||
           (json_is_array(value->json) && json_array_size(value->json) == 0);
}

int filter_apply_default(struct filter_value *value, const char *argument,
                         struct formatter *formatter UNUSED, struct error *err UNUSED)
{
    struct buf out = {0};
    if (!is_empty(value))
        return 0;
    buf_puts(&out, argument != NULL ? argument : "");
    filter_set_text(value, &out);
    return 0;
}

/* ---- mask ---- */

static bool parse_mask(const char *argument, enum hide_kind *out)
{
    static const struct {
        const char *name;
        enum hide_kind kind;
    } kinds[] = {{"name", HIDE_NAME}, {"email", HIDE_EMAIL}, {"number", HIDE_NUMBER}};
    *out = HIDE_BY_LOOK;
    for (size_t i = 0; i < COUNT_OF(kinds) && argument != NULL; i++) {
        if (strcmp(argument, kinds[i].name) == 0)
            *out = kinds[i].kind;
    }
    return filter_takes_no_argument(argument) || *out != HIDE_BY_LOOK;
}

bool filter_mask_ok(const char *argument)
{
    enum hide_kind kind;
    return parse_mask(argument, &kind);
}

int filter_apply_mask(struct filter_value *value, const char *argument,
                      struct formatter *formatter UNUSED, struct error *err)
{
    struct buf plain = {0}, out = {0};
    enum hide_kind kind;
    if (filter_is_nothing(value))
        return 0;
    int rc = filter_put_plain(value, &plain, err);
    if (rc == 0 && parse_mask(argument, &kind))
        hide_put(kind, buf_text(&plain), &out);
    buf_free(&plain);
    return filter_finish(value, &out, rc);
}

/* ---- spaces ---- */

#define NO_BREAK_SPACE "\xc2\xa0"

int filter_apply_nbsp(struct filter_value *value, const char *argument UNUSED,
                      struct formatter *formatter UNUSED, struct error *err)
{
    struct buf plain = {0}, out = {0};
    if (filter_is_nothing(value))
        return 0;
    int rc = filter_put_plain(value, &plain, err);
    for (const char *at = buf_text(&plain); *at != '\0'; at++) {
        if (*at == ' ')
            buf_puts(&out, NO_BREAK_SPACE);
        else
            buf_putc(&out, *at);
    }
    buf_free(&plain);
    return filter_finish(value, &out, rc);
}

/* ---- length ---- */

static const struct {
    const char *name;
    const char *charset; /* for ICU; NULL: UTF-8 */
} encodings[] = {{"utf-8", NULL}, {"euc-kr", "EUC-KR"}, {"cp949", "windows-949"}};

/* "40" or "40 euc-kr". */
static bool parse_trunc(const char *argument, size_t *out_bytes, const char **out_charset)
{
    char *end = NULL;
    *out_charset = NULL;
    if (argument == NULL || argument[0] < '1' || argument[0] > '9')
        return false;
    *out_bytes = strtoul(argument, &end, 10);
    end += strspn(end, " ");
    for (size_t i = 0; i < COUNT_OF(encodings) && *end != '\0'; i++) {
        if (strcasecmp(end, encodings[i].name) != 0)
            continue;
        *out_charset = encodings[i].charset;
        return true;
    }
    return *end == '\0' && *out_bytes <= 1000000;
}

bool filter_trunc_bytes_ok(const char *argument)
{
    size_t bytes;
    const char *charset;
    return parse_trunc(argument, &bytes, &charset);
}

/* What cannot be written there costs two: whatever takes its place will not be longer. */
static size_t bytes_of(struct unicode_charset *charset, uint32_t c, size_t utf8_len)
{
    if (charset == NULL)
        return utf8_len;
    size_t bytes = unicode_charset_bytes(charset, c);
    return bytes > 0 ? bytes : 2;
}

#define ZERO_WIDTH_JOINER 0x200d

/* Where to cut: a mark stays with the letter it belongs to, what is joined stays together. */
static size_t cut_at(const char *text, size_t len, size_t bytes, struct unicode_charset *charset)
{
    const char *end = text + len, *whole = text;
    size_t used = 0;
    bool joined = false;
    for (const char *at = text; at < end;) {
        const char *start = at;
        uint32_t c = utf8_next(&at, end);
        size_t own = (size_t)(at - start);
        if (!joined && unicode_width(start, own) > 0)
            whole = start;
        used += bytes_of(charset, c, own);
        if (used > bytes)
            return (size_t)(whole - text);
        joined = c == ZERO_WIDTH_JOINER;
    }
    return len;
}

int filter_apply_trunc_bytes(struct filter_value *value, const char *argument,
                             struct formatter *formatter UNUSED, struct error *err)
{
    struct buf plain = {0}, out = {0};
    size_t bytes;
    const char *name;
    if (filter_is_nothing(value))
        return 0;
    if (!parse_trunc(argument, &bytes, &name))
        return error_set(err, ERR_INPUT,
                         "trunc_bytes needs a number of bytes, like trunc_bytes:40");
    int rc = filter_put_plain(value, &plain, err);
    struct unicode_charset *charset = name != NULL ? unicode_charset_open(name) : NULL;
    unicode_put_nfc(&out, buf_text(&plain), plain.len);
    size_t cut = cut_at(buf_text(&out), out.len, bytes, charset);
    while (cut < out.len && cut > 0 && out.data[cut - 1] == ' ')
        cut--;
    buf_truncate(&out, cut);
    unicode_charset_close(charset);
    buf_free(&plain);
    return filter_finish(value, &out, rc);
}
