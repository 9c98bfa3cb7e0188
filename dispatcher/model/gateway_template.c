#include "model/gateway_template.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define MAP_PREFIX "map:"

const char *const gateway_names[GATEWAY_NAMES] = {
    [GATEWAY_NAME_TEXT] = "text",
    [GATEWAY_NAME_SUBJECT] = "subject",
    [GATEWAY_NAME_ID] = "id",
    [GATEWAY_NAME_ID_ATTEMPT] = "id.attempt",
    [GATEWAY_NAME_CAMPAIGN] = "campaign",
    [GATEWAY_NAME_CALLBACK] = "callback",
    [GATEWAY_NAME_PURPOSE] = "purpose",
    [GATEWAY_NAME_TTL] = "ttl",
    [GATEWAY_NAME_TTL_MINUTES] = "ttl.minutes",
    [GATEWAY_NAME_ENC] = "enc",
    [GATEWAY_NAME_SEGMENTS] = "segments",
    [GATEWAY_NAME_KR_TYPE] = "kr.type",
    [GATEWAY_NAME_KR_TYPE_PURPOSE] = "kr.type_purpose",
    [GATEWAY_NAME_TO_E164] = "to.e164",
    [GATEWAY_NAME_TO_DIGITS] = "to.digits",
    [GATEWAY_NAME_TO_NATIONAL] = "to.national",
    [GATEWAY_NAME_TO_CC] = "to.cc",
    [GATEWAY_NAME_FROM] = "from",
    [GATEWAY_NAME_FROM_DIGITS] = "from.digits",
    [GATEWAY_NAME_FROM_KIND] = "from.kind",
    [GATEWAY_NAME_NOW_MS] = "now.ms",
    [GATEWAY_NAME_NOW_ISO8601] = "now.iso8601",
    [GATEWAY_NAME_NONCE] = "nonce",
    [GATEWAY_NAME_REQ_METHOD] = "req.method",
    [GATEWAY_NAME_REQ_PATH_QUERY] = "req.path_query",
    [GATEWAY_NAME_REQ_BODY] = "req.body",
    [GATEWAY_NAME_SIGNATURE] = "signature",
};

const char *const gateway_filters[GATEWAY_FILTERS] = {
    [GATEWAY_FILTER_UTF16BE] = "utf16be", [GATEWAY_FILTER_HEX] = "hex",
    [GATEWAY_FILTER_URL] = "url",         [GATEWAY_FILTER_NUMBER] = "number",
    [GATEWAY_FILTER_MAP] = "map:NAME",
};

static bool find_word(const char *const *words, size_t count, const char *word, size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

bool gateway_name_parse(const char *word, enum gateway_name *out)
{
    size_t place = 0;
    bool known = find_word(gateway_names, GATEWAY_NAMES, word, &place);
    *out = (enum gateway_name)place;
    return known;
}

bool gateway_filter_parse(const char *word, enum gateway_filter *out)
{
    size_t place = 0;
    bool map = text_starts_with(word, MAP_PREFIX);
    bool known = !map && find_word(gateway_filters, GATEWAY_FILTERS, word, &place);
    *out = map ? GATEWAY_FILTER_MAP : (enum gateway_filter)place;
    return map || known;
}

const char *gateway_filter_map(const char *word)
{
    return word + strlen(MAP_PREFIX);
}

static const char *const *encoding_words(enum length_profile profile)
{
    static const char *const gsm[] = {"gsm7", "ucs2", NULL};
    static const char *const euc_kr[] = {"euc-kr", NULL};
    static const char *const cp949[] = {"cp949", NULL};
    static const char *const *const words[] = {
        [LENGTH_GSM] = gsm, [LENGTH_EUC_KR] = euc_kr, [LENGTH_CP949] = cp949};
    return words[profile];
}

const char *const *gateway_name_words(enum gateway_name name, enum length_profile profile)
{
    static const char *const purposes[] = {"info", "otp", "ad", NULL};
    static const char *const types[] = {"SMS", "LMS", NULL};
    static const char *const both[] = {"SMS/info", "SMS/otp", "SMS/ad", "LMS/info",
                                       "LMS/otp",  "LMS/ad",  NULL};
    static const char *const kinds[] = {"alpha", "number", NULL};
    static const char *const *const words[GATEWAY_NAMES] = {
        [GATEWAY_NAME_PURPOSE] = purposes,
        [GATEWAY_NAME_KR_TYPE] = types,
        [GATEWAY_NAME_KR_TYPE_PURPOSE] = both,
        [GATEWAY_NAME_FROM_KIND] = kinds,
    };
    return name == GATEWAY_NAME_ENC ? encoding_words(profile) : words[name];
}

/* The word at *at, ended by | or `end`; *at moves behind it, to NULL behind the last one. */
static char *take_word(const char **at, const char *end)
{
    const char *from = *at, *bar = memchr(from, '|', (size_t)(end - from));
    const char *stop = bar != NULL ? bar : end;
    *at = bar != NULL ? bar + 1 : NULL;
    while (from < stop && *from == ' ')
        from++;
    while (stop > from && stop[-1] == ' ')
        stop--;
    return xstrndup(from, (size_t)(stop - from));
}

static void add_filter(struct gateway_tag *tag, char *word)
{
    tag->filters = xreallocarray(tag->filters, tag->filter_count + 1, sizeof(*tag->filters));
    tag->filters[tag->filter_count++] = word;
}

int gateway_tag_next(const char *text, struct gateway_tag *out)
{
    const char *start = strstr(text, "{{");
    if (start == NULL)
        return 0;
    const char *close = strstr(start + 2, "}}");
    if (close == NULL)
        return -1;
    const char *at = start + 2;
    *out = (struct gateway_tag){.start = start, .end = close + 2};
    out->name = take_word(&at, close);
    while (at != NULL)
        add_filter(out, take_word(&at, close));
    return 1;
}

void gateway_tag_free(struct gateway_tag *tag)
{
    for (size_t i = 0; i < tag->filter_count; i++)
        free(tag->filters[i]);
    free(tag->filters);
    free(tag->name);
}
