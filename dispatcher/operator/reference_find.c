#include "operator/reference_find.h"

#include "base/attributes.h"
#include "base/text.h"
#include "model/json.h"

static int ask(struct session *s, const char *reference, const struct json_t *position,
               struct buf *rows, struct json_t **out, struct error *err)
{
    struct buf request = {0};
    request_begin(&request, "reference");
    request_put_text(&request, "reference", reference);
    if (position != NULL) {
        buf_puts(&request, ",\"position\":");
        json_put(&request, position);
    }
    buf_putc(&request, '}');
    int rc = session_ask(s, buf_text(&request), rows, out, err);
    buf_free(&request);
    return rc;
}

static const char *fault_of(const struct json_t *end)
{
    static const char *const faults[] = {"length", "character", "check"};
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        if (text_equal(json_get_text(end, "fault", NULL), faults[i]))
            return faults[i];
    }
    return NULL;
}

int reference_find(struct session *s, const char *reference, struct buf *found, struct buf *guesses,
                   const char **out_fault, int64_t *out_at, struct error *err)
{
    struct json_t *end = NULL;
    struct buf first = {0};
    int rc = ask(s, reference, NULL, &first, &end, err);
    *out_fault = fault_of(end);
    *out_at = json_get_int(end, "at", 0);
    /* The first answer has either. */
    buf_put(json_get_int(end, "count", 0) > 0 ? found : guesses, buf_text(&first), first.len);
    buf_free(&first);
    while (rc == 0 && json_get_bool(end, "more", false)) {
        struct json_t *last = end;
        end = NULL;
        rc = ask(s, reference, json_get(last, "position"), found, &end, err);
        json_free(last);
    }
    json_free(end);
    return rc;
}
