/*
 * The grammar of the templates in a gateway description: {{name}} or {{name|filter|filter}}, spaces
 * inside do not matter. config/gateway_template.c checks them, channel/gateway_template.c fills
 * them in; both go by the lists here.
 *
 * A new name or filter: a constant here, its word in gateway_template.c, and the `case` that the
 * compiler then misses in channel/gateway_template.c.
 */
#ifndef MODEL_GATEWAY_TEMPLATE_H
#define MODEL_GATEWAY_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* What every message offers. Any other name is a variable of the description. */
enum gateway_name {
    GATEWAY_NAME_TEXT,        /* text */
    GATEWAY_NAME_TO_E164,     /* to.e164: +821012345678 */
    GATEWAY_NAME_TO_DIGITS,   /* to.digits: 821012345678 */
    GATEWAY_NAME_FROM,        /* from: the sender; nothing if the gateway chooses */
    GATEWAY_NAME_FROM_DIGITS, /* from.digits: without + */
    GATEWAY_NAME_ID,          /* id: of the delivery, the same when it is repeated */
    GATEWAY_NAME_ENC,         /* enc: gsm7, ucs2, ... */
    GATEWAY_NAME_SEGMENTS,    /* segments: how many the text takes */
    GATEWAY_NAME_KR_TYPE,     /* kr.type: SMS or LMS */
};
#define GATEWAY_NAMES 9

enum gateway_filter {
    GATEWAY_FILTER_UTF16BE, /* utf16be */
    GATEWAY_FILTER_HEX,     /* hex: two upper-case digits per byte */
};
#define GATEWAY_FILTERS 2

/* The words as they are written, in the order of the enums. */
extern const char *const gateway_names[GATEWAY_NAMES];
extern const char *const gateway_filters[GATEWAY_FILTERS];
bool gateway_name_parse(const char *word, enum gateway_name *out);
bool gateway_filter_parse(const char *word, enum gateway_filter *out);

/* One tag; the words are owned and trimmed, known or not. */
struct gateway_tag {
    const char *start, *end; /* of {{ and behind }}, in the template */
    char *name;
    char **filters;
    size_t filter_count;
};

/* The next tag of `text`: 1, free it with gateway_tag_free(); 0 if there is none; -1 for {{ without
 * }}. */
int gateway_tag_next(const char *text, struct gateway_tag *out);
void gateway_tag_free(struct gateway_tag *tag);

#endif
