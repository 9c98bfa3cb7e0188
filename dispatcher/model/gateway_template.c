#include "model/gateway_template.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const char *const gateway_names[GATEWAY_NAMES] = {
    [GATEWAY_NAME_TEXT] = "text",
    [GATEWAY_NAME_TO_E164] = "to.e164",
    [GATEWAY_NAME_TO_DIGITS] = "to.digits",
    [GATEWAY_NAME_FROM] = "from",
    [GATEWAY_NAME_FROM_DIGITS] = "from.digits",
    [GATEWAY_NAME_ID] = "id",
    [GATEWAY_NAME_ENC] = "enc",
    [GATEWAY_NAME_SEGMENTS] = "segments",
    [GATEWAY_NAME_KR_TYPE] = "kr.type",
};

const char *const gateway_filters[GATEWAY_FILTERS] = {
    [GATEWAY_FILTER_UTF16BE] = "utf16be",
    [GATEWAY_FILTER_HEX] = "hex",
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
    bool known = find_word(gateway_filters, GATEWAY_FILTERS, word, &place);
    *out = (enum gateway_filter)place;
    return known;
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
