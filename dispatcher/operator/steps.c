#include "operator/steps.h"

#include "base/buf.h"
#include "cli/output.h"
#include "model/json.h"

static int ask_one(struct session *s, const struct invocation *inv, const char *verb,
                   struct buf *place, struct buf *rows, bool *out_more, struct error *err)
{
    struct buf request = {0};
    struct json_t *end = NULL;
    request_begin(&request, verb);
    request_put_selector(&request, inv, argument_at(inv, 0));
    buf_printf(&request, ",\"place\":%s}", place->len > 0 ? place->data : "{}");
    int rc = session_ask(s, request.data, rows, &end, err);
    buf_reset(place);
    if (rc == 0)
        json_put(place, json_get(end, "place"));
    *out_more = rc == 0 && json_get_bool(end, "more", false);
    json_free(end);
    buf_free(&request);
    return rc;
}

int steps_ask(struct session *s, const struct invocation *inv, const char *verb, steps_row_fn *fn,
              void *context, struct error *err)
{
    struct buf place = {0}, rows = {0};
    bool more = true;
    int rc = 0;
    while (rc == 0 && more) {
        buf_reset(&rows);
        rc = ask_one(s, inv, verb, &place, &rows, &more, err);
        if (rc == 0)
            output_each_line(&rows, fn, context);
    }
    buf_free(&place);
    buf_free(&rows);
    return rc;
}
