/* The members of a notice, one reader each: the tables of job.c and batch.c choose among them. */
#ifndef MODEL_JOB_MEMBERS_H
#define MODEL_JOB_MEMBERS_H

#include "base/json_schema.h"
#include "model/job.h"
#include "model/member.h"

member_fn job_read_version, job_read_id, job_read_idempotency_key, job_read_template,
    job_read_template_version, job_read_locale, job_read_to, job_read_routing, job_read_data,
    job_read_priority, job_read_category, job_read_campaign, job_read_reference,
    job_read_created_at, job_read_not_before, job_read_expires_at, job_read_metadata,
    job_read_event_type, job_read_overrides, job_read_reply_to, job_read_unsubscribe_url,
    job_read_attachments, job_read_condition;

/* What each of them takes. */
#define JOB_VERSION          "{\"const\":1}"
#define JOB_ID               SCHEMA_TEXT_AS("^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$")
#define JOB_TEMPLATE         SCHEMA_TEXT_AS("^[a-z0-9-]{1,64}$")
#define JOB_TEMPLATE_VERSION "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000}"
#define JOB_PRIORITY         "{\"enum\":[\"low\",\"normal\",\"high\"]}"
#define JOB_CATEGORY         SCHEMA_TEXT_AS("^[a-z0-9_.-]{1,64}$")
#define JOB_EVENT_TYPE       SCHEMA_TEXT_AS("^[A-Za-z0-9_.]{1,128}$")
#define JOB_EMAIL            "{\"type\":\"string\",\"pattern\":\"@\"}"
#define JOB_HTTPS            SCHEMA_TEXT_AS("^https://[^ ]+$")
#define JOB_METADATA                                                                               \
    "{\"type\":\"object\",\"maxProperties\":32,\"additionalProperties\":{\"type\":\"string\","     \
    "\"maxLength\":512}}"
#define JOB_ATTACHMENTS                                                                            \
    "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"type\":\"string\",\"minLength\":1}," MEMBER_REF( \
        "attachment") "]}}"

/* The objects these refer to, as members of "$defs". */
void job_put_schema_defs(struct buf *out);
void attachment_put_schema(struct buf *out);

#endif
