#include "operator/refused.h"

#include "model/json.h"

static bool lies_there(struct session *s, const char *id)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    struct error ignored;
    request_begin(&request, "corrupt");
    request_put_text(&request, "name", id);
    buf_putc(&request, '}');
    int rc = session_ask(s, buf_text(&request), &rows, &end, &ignored);
    bool found = rc == 0 && rows.len > 0;
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return found;
}

int refused_explain(struct session *s, const char *id, int rc, struct error *err)
{
    if (rc != ERR_NOT_FOUND || s->client == NULL || !lies_there(s, id))
        return rc;
    return error_set(err, ERR_NOT_FOUND,
                     "\"%s\" was refused and lies in corrupt/: dispatcher corrupt explain %s says "
                     "why, and how to mend it",
                     id, id);
}
