#include "model/gateway_extract.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define TAG "{json:"

/* The next tag of a template: its pointer, owned; *at moves behind it. NULL: none, or not closed.
 */
static char *next_pointer(const char **at, const char **out_start)
{
    const char *start = strstr(*at, TAG);
    const char *close = start != NULL ? strchr(start, '}') : NULL;
    if (close == NULL)
        return NULL;
    *out_start = start;
    *at = close + 1;
    start += strlen(TAG);
    return xstrndup(start, (size_t)(close - start));
}

int gateway_extract_check_template(const char *text, struct error *err)
{
    const char *at = text, *start;
    int rc = 0, count = 0;
    char *pointer;
    while (rc == 0 && (pointer = next_pointer(&at, &start)) != NULL) {
        rc = json_check_pointer(pointer, err);
        count++;
        free(pointer);
    }
    if (rc == 0 && (count == 0 || strstr(at, TAG) != NULL))
        return error_set(err, ERR_INPUT, "`%s` must hold {json:/pointer}", text);
    return rc;
}

static bool put_json(struct buf *out, const struct gateway_reply *reply, const char *pointer)
{
    size_t before = out->len;
    return json_put_plain(out, json_find(reply->json, pointer)) && out->len > before;
}

static bool put_template(struct buf *out, const struct gateway_reply *reply, const char *text)
{
    const char *at = text, *start;
    bool found = true;
    for (;;) {
        const char *from = at;
        char *pointer = next_pointer(&at, &start);
        if (pointer == NULL)
            break;
        buf_put(out, from, (size_t)(start - from));
        found = put_json(out, reply, pointer) && found;
        free(pointer);
    }
    buf_puts(out, at);
    return found;
}

bool gateway_extract(const struct gateway_extractor *e, const struct gateway_reply *reply,
                     struct buf *out)
{
    size_t before = out->len;
    bool found = false;
    switch (e->kind) {
    case GATEWAY_EXTRACT_NONE:
        break;
    case GATEWAY_EXTRACT_JSON:
        found = put_json(out, reply, e->text);
        break;
    case GATEWAY_EXTRACT_REGEX:
        found = gateway_regex_find(e->regex, reply->body, out);
        break;
    case GATEWAY_EXTRACT_TEMPLATE:
        found = put_template(out, reply, e->text);
        break;
    }
    if (!found && before < out->len)
        buf_truncate(out, before);
    return found;
}

void gateway_extractor_free(struct gateway_extractor *e)
{
    gateway_regex_free(e->regex);
    free(e->text);
    *e = (struct gateway_extractor){0};
}
