#include "render/payload.h"

#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/clock.h"

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, key, json_string(text));
}

/* Event types are words joined by _ and dots: no hyphens. */
static json_t *event_type(const struct job *job, const char *template_name)
{
    if (job->event_type != NULL)
        return json_string(job->event_type);
    json_t *type = json_string(template_name);
    char *name = xstrdup(template_name);
    for (char *p = name; *p != '\0'; p++)
        *p = *p == '-' ? '_' : *p;
    json_string_set(type, name);
    free(name);
    return type;
}

static json_t *event_data(const struct job *job, const char *locale)
{
    json_t *data = job->data != NULL ? json_copy(job->data) : json_object();
    set_text(data, "id", job->id);
    set_text(data, "locale", locale);
    set_text(data, "recipient_id", job->to.recipient_id);
    set_text(data, "reference", job->reference);
    return data;
}

static int append(const char *bytes, size_t len, void *out)
{
    buf_put(out, bytes, len);
    return 0;
}

void payload_put_json(const struct json_t *body, struct buf *out)
{
    json_dump_callback(body, append, out, JSON_COMPACT);
}

static json_t *event_time(const struct job *job, int64_t accepted_ms)
{
    char time[CLOCK_TEXT_SIZE];
    int64_t at_ms = job->created_at_ms != 0 ? job->created_at_ms : accepted_ms;
    return json_string(clock_format_rfc3339(at_ms, time));
}

void payload_date(const struct job *job, int64_t accepted_ms, struct json_t **body)
{
    json_t *type = json_object_get(*body, "type");
    if (type == NULL || !json_is_object(json_object_get(*body, "data")) ||
        json_object_get(*body, "timestamp") != NULL)
        return;
    json_t *dated = json_object();
    json_object_set(dated, "type", type);
    json_object_set_new(dated, "timestamp", event_time(job, accepted_ms));
    json_object_update(dated, *body);
    json_decref(*body);
    *body = dated;
}

void payload_put(const struct job *job, const char *template_name, const char *locale,
                 int64_t accepted_ms, struct buf *out)
{
    json_t *payload = json_object();
    json_object_set_new(payload, "type", event_type(job, template_name));
    json_object_set_new(payload, "timestamp", event_time(job, accepted_ms));
    json_object_set_new(payload, "data", event_data(job, locale));
    payload_put_json(payload, out);
    json_decref(payload);
}
