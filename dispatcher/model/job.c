#include "model/job.h"

#include <assert.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/job_members.h"
#include "model/json.h"
#include "model/reference.h"

static const struct member envelope[] = {
    {"version", job_read_version, JOB_VERSION},
    {"id", job_read_id, JOB_ID},
    {"idempotency_key", job_read_idempotency_key, MEMBER_LINE(255)},
    {"template", job_read_template, JOB_TEMPLATE},
    {"template_version", job_read_template_version, JOB_TEMPLATE_VERSION},
    {"locale", job_read_locale, SCHEMA_LANGUAGE},
    {"to", job_read_to, MEMBER_REF("to")},
    {"routing", job_read_routing, MEMBER_REF("routing")},
    {"data", job_read_data, SCHEMA_OBJECT},
    {"priority", job_read_priority, JOB_PRIORITY},
    {"category", job_read_category, JOB_CATEGORY},
    {"campaign", job_read_campaign, MEMBER_LINE(128)},
    {"reference", job_read_reference, MEMBER_LINE(255)},
    {"condition", job_read_condition, MEMBER_REF("condition")},
    {"reply_to", job_read_reply_to, JOB_EMAIL},
    {"unsubscribe_url", job_read_unsubscribe_url, JOB_HTTPS},
    {"attachments", job_read_attachments, JOB_ATTACHMENTS},
    {"created_at", job_read_created_at, SCHEMA_TIME},
    {"not_before", job_read_not_before, SCHEMA_TIME},
    {"expires_at", job_read_expires_at, SCHEMA_TIME},
    {"metadata", job_read_metadata, JOB_METADATA},
    {"overrides", job_read_overrides, MEMBER_REF("overrides")},
};

static const char *const required_of_all[] = {"version", "id", "to"};

static int require(struct reading *r, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (json_object_get(r->job->root, names[i]) == NULL)
            return error_set(r->err, ERR_INPUT, "%s:%d:1: \"%s\" is missing; every notice needs it",
                             r->file, r->first_line, names[i]);
    }
    return 0;
}

/* Checks job->root into the struct. */
static int read_root(struct reading *r, const char *const *required, size_t required_count)
{
    static const struct member_path document = {NULL, ""};
    r->job->priority = JOB_NORMAL;
    if (!json_is_object(r->job->root))
        return error_set(r->err, ERR_INPUT, "%s:%d:1: a notice is a JSON object in braces", r->file,
                         r->first_line);
    int rc = member_read_all(r, &document, r->job->root, envelope, COUNT_OF(envelope));
    if (rc == 0 && text_equal(r->job->reference, REFERENCE_AUTO))
        rc = error_set(
            r->err, ERR_INPUT,
            "%s:%d:1: \"reference\": \"auto\" numbers the recipients of a batch; a single "
            "notice brings its own number",
            r->file, r->first_line);
    return rc == 0 ? require(r, required, required_count) : rc;
}

static int parse(struct reading *r, const char *const *required, size_t required_count,
                 struct job **out)
{
    json_t *root = NULL;
    *out = NULL;
    int rc = json_parse(r->text, r->len, r->file, r->first_line, JOB_DEPTH_MAX, &root, r->err);
    if (rc != 0)
        return rc;
    r->what = "a notice";
    r->job = xcalloc(1, sizeof(*r->job));
    r->job->root = root;
    rc = read_root(r, required, required_count);
    if (rc == 0)
        *out = r->job;
    else
        job_free(r->job);
    return rc;
}

int job_parse(const char *text, size_t len, const char *file, int first_line, struct job **out,
              struct error *err)
{
    struct reading r = {
        .text = text, .len = len, .file = file, .first_line = first_line, .err = err};
    return parse(&r, required_of_all, COUNT_OF(required_of_all), out);
}

void job_put_schema(struct buf *out)
{
    const struct member_table whole = {.rows = envelope,
                                       .count = COUNT_OF(envelope),
                                       .required = required_of_all,
                                       .required_count = COUNT_OF(required_of_all)};
    member_put_schema(&whole, out);
    out->len--;
    buf_puts(out, ",\"$defs\":{");
    job_put_schema_defs(out);
    buf_puts(out, "}}");
}

int job_parse_fixture(const char *text, size_t len, const char *file, struct job **out,
                      struct error *err)
{
    static const char *const required[] = {"to"};
    struct reading r = {.text = text, .len = len, .file = file, .first_line = 1, .err = err};
    int rc = parse(&r, required, COUNT_OF(required), out);
    if (rc == 0 && (*out)->id == NULL)
        (*out)->id = xstrdup("preview");
    return rc;
}

/* Every text of a job that it owns. */
static const size_t texts[] = {
    offsetof(struct job, id),
    offsetof(struct job, idempotency_key),
    offsetof(struct job, template_name),
    offsetof(struct job, locale),
    offsetof(struct job, category),
    offsetof(struct job, campaign),
    offsetof(struct job, reference),
    offsetof(struct job, event_type),
    offsetof(struct job, condition),
    offsetof(struct job, reply_to),
    offsetof(struct job, unsubscribe_url),
    offsetof(struct job, to.recipient_id),
    offsetof(struct job, to.name),
    offsetof(struct job, to.title),
    offsetof(struct job, to.given_name),
    offsetof(struct job, to.family_name),
    offsetof(struct job, to.gender),
    offsetof(struct job, to.second.name),
    offsetof(struct job, to.second.title),
    offsetof(struct job, to.second.given_name),
    offsetof(struct job, to.second.family_name),
    offsetof(struct job, to.second.gender),
    offsetof(struct job, to.email),
    offsetof(struct job, to.phone),
    offsetof(struct job, to.webhook),
    offsetof(struct job, to.timezone),
};

static char **text_of(struct job *job, size_t index)
{
    return (char **)(void *)((char *)job + texts[index]);
}

struct job *job_copy(const struct job *job)
{
    struct job *copy = xmalloc(sizeof(*copy));
    *copy = *job;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char **text = text_of(copy, i);
        if (*text != NULL)
            *text = xstrdup(*text);
    }
    attachments_own(&copy->attachments);
    json_incref(copy->root);
    json_incref(copy->shared);
    json_incref(copy->data);
    return copy;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        free(*text_of(job, i));
    attachments_clear(&job->attachments);
    json_decref(job->root);
    json_decref(job->shared);
    json_decref(job->data);
    free(job);
}

/* ---- the document ---- */

static void set_text(json_t *document, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new_nocheck(document, key, json_string_nocheck(text));
}

/* A batch's line as it would have been written alone: what the batch says of each notice, then what
 * the line says, then what comes of both. */
static json_t *compose_line(const struct job *job)
{
    static const char *const of_the_batch[] = {"count",      "sha256", "window",       "halt",
                                               "event_type", "facts",  "letter_sha256"};
    json_t *document = json_copy(job->shared);
    for (size_t i = 0; i < COUNT_OF(of_the_batch); i++)
        json_object_del(document, of_the_batch[i]);
    json_object_update(document, job->root);
    set_text(document, "id", job->id);
    set_text(document, "campaign", job->campaign);
    set_text(document, "reference", job->reference);
    if (job->data != NULL)
        json_object_set(document, "data", job->data);
    if (job->event_type != NULL)
        json_object_set_new_nocheck(
            document, "overrides",
            json_pack("{s:{s:s}}", "webhook", "event_type", job->event_type));
    return document;
}

static json_t *document_of(const struct job *job)
{
    return job->shared != NULL ? compose_line(job) : json_incref(job->root);
}

void job_put_canonical(const struct job *job, struct buf *out)
{
    json_t *document = document_of(job);
    json_put(out, document);
    json_decref(document);
}

/* What is left of a notice without its names. */
static void put_content(const struct job *job, struct buf *out)
{
    json_t *document = document_of(job), *content = json_copy(document);
    json_object_del(content, "id");
    json_object_del(content, "idempotency_key");
    json_put(out, content);
    json_decref(content);
    json_decref(document);
}

void job_digest(const struct job *job, const struct buf *canonical, unsigned char out[DIGEST_SIZE])
{
    struct buf own = {0};
    if (job->idempotency_key != NULL)
        put_content(job, &own);
    else if (canonical == NULL)
        job_put_canonical(job, &own);
    const struct buf *text = own.len > 0 ? &own : canonical;
    assert(text != NULL);
    digest_sha256(text->data, text->len, out);
    buf_free(&own);
}

const char *job_address(const struct job *job, enum channel_kind kind)
{
    const char *addresses[CHANNEL_KINDS] = {
        [CHANNEL_EMAIL] = job->to.email,
        [CHANNEL_SMS] = job->to.phone,
        [CHANNEL_WEBHOOK] = job->to.webhook,
    };
    return addresses[kind];
}
