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

#include "model/gateway_length.h"

/* What every message offers. Any other name is a variable of the description. */
enum gateway_name {
    GATEWAY_NAME_TEXT,            /* text */
    GATEWAY_NAME_SUBJECT,         /* subject: the title of an LMS; may be empty */
    GATEWAY_NAME_ID,              /* id: of the notice, the same when it is repeated */
    GATEWAY_NAME_ID_ATTEMPT,      /* id.attempt: receipt_key_put(), new for each attempt */
    GATEWAY_NAME_CAMPAIGN,        /* campaign: may be empty */
    GATEWAY_NAME_CALLBACK,        /* callback: where to report; empty if nothing listens there */
    GATEWAY_NAME_PURPOSE,         /* purpose: info, otp or ad */
    GATEWAY_NAME_TTL,             /* ttl: seconds until the message is of no use; may be empty */
    GATEWAY_NAME_TTL_MINUTES,     /* ttl.minutes: the same, at least 1 */
    GATEWAY_NAME_ENC,             /* enc: gsm7, ucs2, euc-kr or cp949 */
    GATEWAY_NAME_SEGMENTS,        /* segments: how many the text takes */
    GATEWAY_NAME_KR_TYPE,         /* kr.type: SMS or LMS */
    GATEWAY_NAME_KR_TYPE_PURPOSE, /* kr.type_purpose: SMS/info, LMS/ad ... */
    GATEWAY_NAME_TO_E164,         /* to.e164: +821012345678 */
    GATEWAY_NAME_TO_DIGITS,       /* to.digits: 821012345678 */
    GATEWAY_NAME_TO_NATIONAL,     /* to.national: 01012345678 */
    GATEWAY_NAME_TO_CC,           /* to.cc: 82 */
    GATEWAY_NAME_FROM,            /* from: the sender; nothing if the gateway chooses */
    GATEWAY_NAME_FROM_DIGITS,     /* from.digits: without + */
    GATEWAY_NAME_FROM_KIND,       /* from.kind: alpha or number */
    /* New for each attempt, and the same wherever they stand in it. */
    GATEWAY_NAME_NOW_MS,      /* now.ms */
    GATEWAY_NAME_NOW_ISO8601, /* now.iso8601: 2026-11-24T00:00:01Z */
    GATEWAY_NAME_NONCE,       /* nonce: 32 hex digits */
    /* Of the request that is being signed: in `auth` only. */
    GATEWAY_NAME_REQ_METHOD,     /* req.method */
    GATEWAY_NAME_REQ_PATH_QUERY, /* req.path_query: /path?query */
    GATEWAY_NAME_REQ_BODY,       /* req.body */
    GATEWAY_NAME_SIGNATURE,      /* signature */
};
#define GATEWAY_NAMES 27

enum gateway_filter {
    GATEWAY_FILTER_UTF16BE, /* utf16be */
    GATEWAY_FILTER_HEX,     /* hex: two upper-case digits per byte */
    GATEWAY_FILTER_URL,     /* url: percent-encoded, for a URL that is itself a value */
    GATEWAY_FILTER_NUMBER,  /* number: a whole number; alone in a JSON value it has no quotes */
    GATEWAY_FILTER_MAP,     /* map:NAME: of `maps` */
};
#define GATEWAY_FILTERS 5

/* The words as they are written, in the order of the enums. */
extern const char *const gateway_names[GATEWAY_NAMES];
extern const char *const gateway_filters[GATEWAY_FILTERS];
bool gateway_name_parse(const char *word, enum gateway_name *out);
bool gateway_filter_parse(const char *word, enum gateway_filter *out);
/* The name of the map in "map:NAME". Borrowed from `word`. */
const char *gateway_filter_map(const char *word);
/* All values a name can have, NULL-terminated; NULL: there is no end of them. */
const char *const *gateway_name_words(enum gateway_name name, enum length_profile profile);

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
