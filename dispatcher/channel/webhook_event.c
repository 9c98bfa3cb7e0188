#include "channel/webhook_event.h"

#include <string.h>

#include "base/clock.h"
#include "model/job.h"
#include "model/json.h"

#define TYPE_UNKNOWN "notice"

int webhook_event_check(const struct settings *s, struct error *err)
{
    if (s->organisation.domain != NULL)
        return 0;
    return error_set(err, ERR_CONFIG,
                     "format: cloudevents needs organisation.domain, the source of its events");
}

/* 3.1.3.2 of the binding: what is no visible ASCII, and the two with a meaning there. */
static void put_encoded(struct buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c > ' ' && c < 0x7f && c != '"' && c != '%')
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static int add_encoded(struct http_request *r, const char *name, const char *value,
                       struct error *err)
{
    struct buf encoded = {0};
    put_encoded(&encoded, value);
    int rc = http_request_add_header(r, name, buf_text(&encoded), err);
    buf_free(&encoded);
    return rc;
}

static const char *find_time(const struct json_t *body, int64_t date_ms, char *out)
{
    int64_t ignored;
    const char *said = json_get_text(body, "timestamp", "");
    return clock_parse_rfc3339(said, &ignored) ? said : clock_format_rfc3339(date_ms, out);
}

static int add_source(struct http_request *r, const struct settings *s, struct error *err)
{
    struct buf source = {0};
    buf_printf(&source, "https://%s", s->organisation.domain);
    int rc = add_encoded(r, "ce-source", buf_text(&source), err);
    buf_free(&source);
    return rc;
}

int webhook_event_add_headers(struct http_request *r, const struct settings *s,
                              const struct outgoing *item, struct error *err)
{
    struct json_t *body = NULL;
    char time[CLOCK_TEXT_SIZE];
    int rc =
        json_parse(buf_text(&item->wire), item->wire.len, "body", 1, JOB_DEPTH_MAX, &body, err);
    if (rc == 0)
        rc = http_request_add_header(r, "ce-specversion", "1.0", err);
    if (rc == 0)
        rc = http_request_add_header(r, "ce-id", item->identity, err);
    if (rc == 0)
        rc = add_source(r, s, err);
    if (rc == 0)
        rc = add_encoded(r, "ce-type", json_get_text(body, "type", TYPE_UNKNOWN), err);
    if (rc == 0)
        rc = add_encoded(r, "ce-time", find_time(body, item->date_ms, time), err);
    json_free(body);
    return rc;
}
