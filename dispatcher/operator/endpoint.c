#include "operator/endpoint.h"

#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/json.h"

#define MS_PER_DAY  INT64_C(86400000)
#define DATE_LENGTH 10 /* 2026-12-01 */

static int refuse_name(const struct settings *s, const char *name, struct error *err)
{
    struct buf names = {0};
    for (size_t i = 0; i < s->endpoint_count; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", s->endpoints[i].name);
    if (names.len > 0)
        error_set(err, ERR_NOT_FOUND, "there is no endpoint \"%s\"; there is %s", name,
                  buf_text(&names));
    else
        error_set(err, ERR_NOT_FOUND, "the configuration has no endpoints");
    buf_free(&names);
    return ERR_NOT_FOUND;
}

int endpoint_find(const struct settings *s, const char *name, const struct endpoint **out,
                  struct error *err)
{
    *out = settings_find_endpoint(s, name);
    return *out != NULL ? 0 : refuse_name(s, name, err);
}

void endpoint_put_host(struct buf *out, const struct endpoint *e)
{
    const char *host = strstr(e->url, "://");
    host = host != NULL ? host + strlen("://") : e->url;
    buf_put(out, host, strcspn(host, "/?#"));
}

const char *endpoint_format_name(const struct endpoint *e)
{
    static const char *const names[] = {
        [WEBHOOK_STANDARD] = "standard", [WEBHOOK_CLOUDEVENTS] = "cloudevents"};
    return names[e->format];
}

void endpoint_put_rotation(const struct invocation *inv, struct buf *out, const struct endpoint *e,
                           int64_t now_ms)
{
    char time[CLOCK_TEXT_SIZE];
    int64_t day = e->old_secret_until_day;
    clock_format_rfc3339(day * MS_PER_DAY, time);
    time[DATE_LENGTH] = '\0';
    if (e->old_secret == NULL)
        buf_puts(out, "-");
    else if (day == 0)
        say_put(inv, out, "old secret signs too");
    else if (now_ms / MS_PER_DAY <= day)
        say_put(inv, out, "old secret until %s", time);
    else
        say_put(inv, out, "old secret ended %s", time);
}

/* ---- what is known of them ---- */

const struct json_t *endpoint_find_known(const struct json_t *known, const char *name)
{
    for (size_t i = 0; i < json_count(known); i++) {
        if (text_equal(json_get_text(json_at(known, i), "name", ""), name))
            return json_at(known, i);
    }
    return NULL;
}

/* Lines of objects as one array. */
static int parse_rows(const struct buf *rows, struct json_t **out, struct error *err)
{
    struct buf array = {0};
    buf_putc(&array, '[');
    for (size_t i = 0; i < rows->len; i++)
        buf_putc(&array, rows->data[i] != '\n' ? rows->data[i] : i + 1 < rows->len ? ',' : ' ');
    buf_putc(&array, ']');
    int rc = json_parse(array.data, array.len, "endpoints", 1, 8, out, err);
    buf_free(&array);
    return rc;
}

int endpoint_ask_known(struct session *s, struct json_t **out, struct error *err)
{
    struct buf rows = {0};
    struct json_t *end = NULL;
    int rc = session_ask(s, "{\"v\":1,\"verb\":\"endpoints\"}", &rows, &end, err);
    if (rc == 0)
        rc = parse_rows(&rows, out, err);
    json_free(end);
    buf_free(&rows);
    return rc;
}
