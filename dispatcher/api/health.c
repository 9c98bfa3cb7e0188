#include "api/health.h"

#include "model/json.h"

#define JSON_DEPTH 8

static void put_check(struct buf *out, const char *name, bool ok, const char *detail)
{
    buf_puts(out, "{\"name\":");
    buf_put_json(out, name);
    buf_printf(out, ",\"ok\":%s", ok ? "true" : "false");
    if (detail != NULL && *detail != '\0') {
        buf_puts(out, ",\"detail\":");
        buf_put_json(out, detail);
    }
    buf_putc(out, '}');
}

/* Ours first: that there is an answer at all. */
static bool put_checks(struct buf *out, const struct json_t *answer, const char *why)
{
    const struct json_t *checks = json_get(answer, "checks");
    bool ready = answer != NULL;
    put_check(out, "scheduler", ready, why);
    for (size_t i = 0; i < json_count(checks); i++) {
        const struct json_t *check = json_at(checks, i);
        bool ok = json_get_bool(check, "ok", false);
        buf_putc(out, ',');
        put_check(out, json_get_text(check, "name", ""), ok, json_get_text(check, "detail", ""));
        ready = ready && ok;
    }
    return ready;
}

void health_write(void *context, int rc, const struct buf *rows, const struct buf *end,
                  const struct error *err, struct buf *body, struct reply *out)
{
    struct json_t *answer = NULL;
    struct buf checks = {0};
    (void)context;
    (void)rows;
    if (rc == 0 && json_parse(buf_text(end), end->len, "answer", 1, JSON_DEPTH, &answer, NULL) != 0)
        answer = NULL;
    bool ready = put_checks(&checks, answer, rc != 0 ? err->text : NULL);
    buf_printf(body, "{\"ready\":%s,\"checks\":[%s]}\n", ready ? "true" : "false",
               buf_text(&checks));
    out->status = ready ? 200 : 503;
    out->type = "application/json";
    json_free(answer);
    buf_free(&checks);
}
