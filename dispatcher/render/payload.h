/* The body of a webhook when a template does not bring its own: Standard Webhooks' type, timestamp
 * and data. */
#ifndef RENDER_PAYLOAD_H
#define RENDER_PAYLOAD_H

#include "base/buf.h"
#include "model/job.h"

struct json_t;

/*
 * {"type", "timestamp", "data"}, minified. type: the job's event type or the template's name with _
 * for -. timestamp: when the job was created, or else accepted. data: the job's own data as it was
 * handed over, so that a receiver sees what the sender wrote, and id, locale, recipient_id and
 * reference.
 */
void payload_put(const struct job *job, const char *template_name, const char *locale,
                 int64_t accepted_ms, struct buf *out);
/* An event of a template's own, {"type", "data"}, gets the same timestamp if it says none: *body is
 * another object then. Any other body stays as it is. */
void payload_date(const struct job *job, int64_t accepted_ms, struct json_t **body);
/* Minified, members in the order they were written. */
void payload_put_json(const struct json_t *body, struct buf *out);

#endif
