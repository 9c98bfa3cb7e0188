/* The members of a notice, one reader each: the tables of job.c and batch.c choose among them. */
#ifndef MODEL_JOB_MEMBERS_H
#define MODEL_JOB_MEMBERS_H

#include "model/job.h"
#include "model/member.h"

member_fn job_read_version, job_read_id, job_read_idempotency_key, job_read_template,
    job_read_template_version, job_read_locale, job_read_to, job_read_routing, job_read_data,
    job_read_priority, job_read_category, job_read_campaign, job_read_reference,
    job_read_created_at, job_read_not_before, job_read_expires_at, job_read_metadata,
    job_read_event_type, job_read_overrides, job_read_reply_to, job_read_unsubscribe_url,
    job_read_attachments, job_read_condition;

#endif
