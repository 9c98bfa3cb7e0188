#include "model/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/text.h"
#include "model/job_members.h"
#include "model/json.h"
#include "model/reference.h"

#define BATCH_SUM    SCHEMA_TEXT_AS("^[0-9a-f]{64}$")
#define BATCH_WINDOW SCHEMA_TEXT_AS("^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$")

/* ---- batch.json ---- */

static int read_id(struct reading *r, const struct member_path *path, const json_t *value)
{
    int rc = member_read_text(r, path, value, 1024, &r->batch->id);
    size_t len = rc == 0 ? strlen(r->batch->id) : 0;
    if (rc == 0 && (len > BATCH_ID_MAX || !id_valid(r->batch->id, len)))
        return member_fail_with(r, path,
                                "must be 1 to %d letters, digits, _ or -, and not start with -: "
                                "each recipient's own id is put behind it",
                                BATCH_ID_MAX);
    return rc;
}

static int read_count(struct reading *r, const struct member_path *path, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return member_fail(r, path, "must be the number of lines of notices.jsonl");
    r->batch->count = json_integer_value(value);
    return 0;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static bool read_hex(const json_t *value, unsigned char out[DIGEST_SIZE])
{
    const char *hex = json_string_value(value);
    bool good = hex != NULL && strlen(hex) == (size_t)2 * DIGEST_SIZE;
    for (size_t i = 0; good && i < DIGEST_SIZE; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        good = high >= 0 && low >= 0;
        out[i] = (unsigned char)(good ? high << 4 | low : 0);
    }
    return good;
}

static int read_letter_sha256(struct reading *r, const struct member_path *path,
                              const json_t *value)
{
    r->batch->has_letter = read_hex(value, r->batch->letter_sha256);
    return r->batch->has_letter
               ? 0
               : member_fail(r, path,
                             "must be the SHA-256 of the letter, 64 digits and small letters a-f");
}

static int read_sha256(struct reading *r, const struct member_path *path, const json_t *value)
{
    if (!read_hex(value, r->batch->sha256))
        return member_fail(r, path,
                           "must be the SHA-256 of notices.jsonl, 64 digits and small letters a-f");
    r->batch->has_sum = true;
    return 0;
}

static bool parse_minute(const char *text, int *out)
{
    static const char digits[] = "0123456789";
    if (strspn(text, digits) != 2 || text[2] != ':' || strspn(text + 3, digits) < 2)
        return false;
    int hour = (text[0] - '0') * 10 + (text[1] - '0');
    int minute = (text[3] - '0') * 10 + (text[4] - '0');
    *out = (hour * 60 + minute) % (24 * 60);
    return minute < 60 && hour * 60 + minute <= 24 * 60;
}

bool send_window_parse(const char *text, struct send_window *out)
{
    struct send_window w;
    if (strlen(text) != strlen("08:00-21:00") || text[5] != '-' ||
        !parse_minute(text, &w.from_minute) || !parse_minute(text + 6, &w.to_minute))
        return false;
    *out = w;
    return true;
}

static int read_window(struct reading *r, const struct member_path *path, const json_t *value)
{
    if (json_is_string(value) && send_window_parse(json_string_value(value), &r->batch->window))
        return 0;
    return member_fail(r, path, "must be hours of the recipient's day, like 08:00-21:00");
}

static int read_failures(struct reading *r, const struct member_path *path, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 1)
        return member_fail(r, path, "must be a number of failures, from 1");
    r->batch->halt.failures = json_integer_value(value);
    return 0;
}

static int read_share(struct reading *r, const struct member_path *path, const json_t *value)
{
    double share = json_number_value(value);
    if (!json_is_number(value) || !(share > 0 && share <= 1))
        return member_fail(r, path, "must be a share, like 0.05 for five of a hundred");
    r->batch->halt.share = share;
    return 0;
}

static const struct member halt_members[] = {
    {"failures", read_failures, SCHEMA_POSITIVE},
    {"share", read_share, "{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":1}"}};

static int read_halt(struct reading *r, const struct member_path *path, const json_t *value)
{
    struct halt_rule *halt = &r->batch->halt;
    halt->set = true;
    halt->off = json_is_null(value);
    if (halt->off)
        return 0;
    int rc = member_read_all(r, path, value, halt_members, COUNT_OF(halt_members));
    if (rc == 0 && (halt->failures == 0 || halt->share <= 0))
        return member_fail(r, path,
                           "needs both: like {\"failures\": 500, \"share\": 0.05}, or null for "
                           "never");
    return rc;
}

static int read_origin_text(struct reading *r, const struct member_path *path, const json_t *value)
{
    return json_is_string(value) ? 0 : member_fail(r, path, "must be a text");
}

static int read_origin_version(struct reading *r, const struct member_path *path,
                               const json_t *value)
{
    return json_is_integer(value) ? 0 : member_fail(r, path, "must be a whole number");
}

static const struct member origin_members[] = {
    {"incident", read_origin_text, "{\"type\":\"string\"}"},
    {"version", read_origin_version, "{\"type\":\"integer\"}"},
    {"cohort", read_origin_text, "{\"type\":\"string\"}"},
    {"sha256", read_origin_text, "{\"type\":\"string\"}"}};

/* Nobody below reads it: it stands there for people. */
static int read_origin(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_all(r, path, value, origin_members, COUNT_OF(origin_members));
}

static const struct member batch_members[] = {
    {"version", job_read_version, JOB_VERSION},
    {"id", read_id, SCHEMA_TEXT_AS("^[A-Za-z0-9_][A-Za-z0-9_-]{0,95}$")},
    {"count", read_count, SCHEMA_COUNT},
    {"sha256", read_sha256, BATCH_SUM},
    {"template", job_read_template, JOB_TEMPLATE},
    {"locale", job_read_locale, SCHEMA_LANGUAGE},
    {"routing", job_read_routing, MEMBER_REF("routing")},
    {"priority", job_read_priority, JOB_PRIORITY},
    {"category", job_read_category, JOB_CATEGORY},
    {"campaign", job_read_campaign, MEMBER_LINE(128)},
    {"reference", job_read_reference, MEMBER_LINE(255)},
    {"event_type", job_read_event_type, JOB_EVENT_TYPE},
    {"condition", job_read_condition, MEMBER_REF("condition")},
    {"reply_to", job_read_reply_to, JOB_EMAIL},
    {"unsubscribe_url", job_read_unsubscribe_url, JOB_HTTPS},
    {"attachments", job_read_attachments, JOB_ATTACHMENTS},
    {"created_at", job_read_created_at, SCHEMA_TIME},
    {"not_before", job_read_not_before, SCHEMA_TIME},
    {"expires_at", job_read_expires_at, SCHEMA_TIME},
    {"window", read_window, BATCH_WINDOW},
    {"halt", read_halt, "{\"anyOf\":[{\"type\":\"null\"}," MEMBER_REF("halt") "]}"},
    {"data", job_read_data, SCHEMA_OBJECT},
    {"facts", read_origin, MEMBER_REF("facts")},
    {"letter_sha256", read_letter_sha256, BATCH_SUM},
};

static int require(struct reading *r, bool with_sum)
{
    static const char *const names[] = {"version", "id", "count", "sha256"};
    size_t count = with_sum ? 4 : 2;
    for (size_t i = 0; i < count; i++) {
        if (json_object_get(r->batch->root, names[i]) == NULL)
            return error_set(r->err, ERR_INPUT, "%s:1:1: \"%s\" is missing; every batch needs it",
                             r->file, names[i]);
    }
    if (r->batch->has_letter && r->batch->shared->template_name == NULL)
        return error_set(r->err, ERR_INPUT,
                         "%s:1:1: \"letter_sha256\" is about one letter: name it with \"template\"",
                         r->file);
    return 0;
}

static int read_batch(struct reading *r, bool with_sum)
{
    static const struct member_path document = {NULL, ""};
    struct batch *b = r->batch;
    if (!json_is_object(b->root))
        return error_set(r->err, ERR_INPUT, "%s:1:1: a batch is a JSON object in braces", r->file);
    int rc = member_read_all(r, &document, b->root, batch_members, COUNT_OF(batch_members));
    if (rc == 0)
        rc = require(r, with_sum);
    if (rc != 0)
        return rc;
    b->campaign = xstrdup(b->shared->campaign);
    if (b->campaign == NULL)
        b->shared->campaign = xstrdup(b->id);
    b->numbered = text_equal(b->shared->reference, REFERENCE_AUTO);
    b->priority = b->shared->priority;
    b->expires_at_ms = b->shared->expires_at_ms;
    b->not_before_ms = b->shared->not_before_ms;
    return 0;
}

int batch_parse(const char *text, size_t len, const char *file, bool with_sum, struct batch **out,
                struct error *err)
{
    json_t *root = NULL;
    *out = NULL;
    int rc = json_parse(text, len, file, 1, JOB_DEPTH_MAX, &root, err);
    if (rc != 0)
        return rc;
    struct batch *b = xcalloc(1, sizeof(*b));
    b->count = -1;
    b->root = root;
    b->shared = xcalloc(1, sizeof(*b->shared));
    b->shared->priority = JOB_NORMAL;
    b->shared->shared = json_incref(root);
    struct reading r = {.text = text,
                        .len = len,
                        .file = file,
                        .first_line = 1,
                        .what = "a batch",
                        .err = err,
                        .job = b->shared,
                        .batch = b};
    rc = read_batch(&r, with_sum);
    if (rc == 0)
        *out = b;
    else
        batch_free(b);
    return rc;
}

void batch_free(struct batch *b)
{
    if (b == NULL)
        return;
    free(b->id);
    free(b->campaign);
    json_decref(b->root);
    job_free(b->shared);
    free(b);
}

void batch_put_canonical(const struct batch *b, struct buf *out)
{
    json_put(out, b->root);
}

void batch_put_summed(const struct batch *b, int64_t count, const unsigned char sha256[DIGEST_SIZE],
                      struct buf *out)
{
    char hex[DIGEST_HEX_SIZE];
    json_t *root = json_copy(b->root);
    json_object_set_new(root, "count", json_integer(count));
    json_object_set_new(root, "sha256", json_string(digest_hex(sha256, hex)));
    json_put(out, root);
    json_decref(root);
}

void batch_lay_facts(struct batch *b, const json_t *facts, const struct batch_origin *from)
{
    json_t *data = json_copy((json_t *)(uintptr_t)facts);
    json_t *origin = json_pack("{s:s, s:i, s:s*, s:s}", "incident", from->incident, "version",
                               from->version, "cohort", from->cohort, "sha256", from->sha256);
    if (b->shared->data != NULL)
        json_object_update(data, b->shared->data);
    json_object_set(b->root, "data", data);
    json_object_set_new(b->root, "facts", origin);
    json_decref(b->shared->data);
    b->shared->data = data;
}

/* ---- a line ---- */

/* Messages count lines in int, and add to it. */
#define LINE_SHOWN_MAX 2000000000

/* Until the whole id is made of it, job->id holds the line's own. */
static int read_line_id(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_text(r, path, value, 1024, &r->job->id);
}

static const struct member line_members[] = {
    {"id", read_line_id, JOB_ID},
    {"to", job_read_to, MEMBER_REF("to")},
    {"data", job_read_data, SCHEMA_OBJECT},
    {"locale", job_read_locale, SCHEMA_LANGUAGE},
    {"reference", job_read_reference, MEMBER_LINE(255)},
    {"unsubscribe_url", job_read_unsubscribe_url, JOB_HTTPS},
    {"attachments", job_read_attachments, JOB_ATTACHMENTS},
};

static int name_line(struct reading *r, const struct batch *b, int64_t line,
                     const char **out_recipient)
{
    char number[24];
    struct buf id = {0};
    char *own = r->job->id;
    snprintf(number, sizeof(number), "%lld", (long long)line);
    buf_puts(&id, b->id);
    buf_putc(&id, '_');
    size_t at = id.len;
    buf_puts(&id, own != NULL ? own : number);
    r->job->id = buf_steal(&id);
    free(own);
    if (out_recipient != NULL)
        *out_recipient = r->job->id + at;
    if (id_valid(r->job->id, strlen(r->job->id)))
        return 0;
    const struct member_path document = {NULL, ""}, path = {&document, "id"};
    return member_fail_with(
        r, &path, "must be 1 to %zu letters, digits, _ or -: with the batch's id in front of it",
        ID_MAX - at);
}

/* What the line brings lies over what the batch has. */
static void lay_data_over(struct job *job, struct json_t *of_the_batch)
{
    if (of_the_batch == NULL)
        return;
    if (job->data == NULL) {
        job->data = json_incref(of_the_batch);
        return;
    }
    json_t *whole = json_copy(of_the_batch);
    json_object_update(whole, job->data);
    json_decref(job->data);
    job->data = whole;
}

/* Nothing of it is stored: whoever reads the line knows batch and line. */
static int give_reference(struct reading *r, const struct batch *b, int64_t line)
{
    static const struct member_path document = {NULL, ""}, path = {&document, "reference"};
    char number[REFERENCE_SIZE];
    bool own = json_object_get(r->job->root, "reference") != NULL;
    if (!b->numbered && !(own && text_equal(r->job->reference, REFERENCE_AUTO)))
        return 0;
    if (own)
        return member_fail(r, &path,
                           b->numbered
                               ? "must be left out: batch.json gives each recipient a number"
                               : "\"auto\" stands in batch.json: all of them or none");
    if (!reference_make(b->number, line, number))
        return member_fail(r, &path, "cannot be made: there are no numbers for so many lines");
    free(r->job->reference);
    r->job->reference = xstrdup(number);
    return 0;
}

static int read_line(struct reading *r, const struct batch *b, int64_t line,
                     const char **out_recipient)
{
    static const struct member_path document = {NULL, ""};
    struct job *job = r->job;
    if (!json_is_object(job->root))
        return error_set(r->err, ERR_INPUT, "%s:%d:1: a line is a JSON object in braces", r->file,
                         r->first_line);
    int rc = member_read_all(r, &document, job->root, line_members, COUNT_OF(line_members));
    if (rc == 0 && json_object_get(job->root, "to") == NULL)
        rc = error_set(r->err, ERR_INPUT,
                       "%s:%d:1: \"to\" is missing; every line names its recipient", r->file,
                       r->first_line);
    if (rc == 0)
        rc = name_line(r, b, line, out_recipient);
    if (rc == 0)
        rc = give_reference(r, b, line);
    if (rc == 0)
        lay_data_over(job, b->shared->data);
    return rc;
}

/* The shared members, without those a line brings itself. */
static struct job *begin_line(const struct batch *b)
{
    struct job *job = job_copy(b->shared);
    json_decref(job->data);
    job->data = NULL;
    return job;
}

int batch_read_line(const struct batch *b, const char *text, size_t len, const char *file,
                    int64_t line, struct job **out, const char **out_recipient, struct error *err)
{
    int shown = (int)(line < LINE_SHOWN_MAX ? line : LINE_SHOWN_MAX);
    json_t *root = NULL;
    *out = NULL;
    if (len > BATCH_LINE_MAX)
        return error_set(err, ERR_INPUT,
                         "%s:%d:1: the line is %zu bytes long; at most %zu are accepted", file,
                         shown, len, BATCH_LINE_MAX);
    int rc = json_parse(text, len, file, shown, JOB_DEPTH_MAX, &root, err);
    if (rc != 0)
        return rc;
    struct reading r = {.text = text,
                        .len = len,
                        .file = file,
                        .first_line = shown,
                        .what = "a line of a batch",
                        .err = err,
                        .job = begin_line(b)};
    r.job->root = root;
    rc = read_line(&r, b, line, out_recipient);
    if (rc == 0)
        *out = r.job;
    else
        job_free(r.job);
    return rc;
}

static bool may_be_line_id(const struct batch *b, const char *own)
{
    struct buf id = {0};
    buf_printf(&id, "%s_%s", b->id, own);
    bool valid = *own != '\0' && id_valid(buf_text(&id), id.len);
    buf_free(&id);
    return valid;
}

bool batch_read_line_id(const struct batch *b, const char *text, size_t len, char out[ID_MAX + 1])
{
    struct error ignored;
    json_t *root = NULL;
    if (len > BATCH_LINE_MAX ||
        json_parse(text, len, "line", 1, JOB_DEPTH_MAX, &root, &ignored) != 0)
        return false;
    const char *own = json_string_value(json_object_get(root, "id"));
    bool found = own != NULL && may_be_line_id(b, own);
    if (found)
        snprintf(out, ID_MAX + 1, "%s", own);
    json_decref(root);
    return found;
}

/* ---- as schemas ---- */

void batch_put_schema(struct buf *out)
{
    static const char *const required[] = {"version", "id"}, *const both[] = {"failures", "share"};
    const struct member_table halt = {.rows = halt_members,
                                      .count = COUNT_OF(halt_members),
                                      .required = both,
                                      .required_count = COUNT_OF(both)};
    const struct member_table origin = {.rows = origin_members, .count = COUNT_OF(origin_members)};
    const struct member_table whole = {.rows = batch_members,
                                       .count = COUNT_OF(batch_members),
                                       .required = required,
                                       .required_count = COUNT_OF(required)};
    member_put_schema(&whole, out);
    out->len--;
    buf_puts(out, ",\"$defs\":{\"halt\":");
    member_put_schema(&halt, out);
    buf_puts(out, ",\"facts\":");
    member_put_schema(&origin, out);
    buf_putc(out, ',');
    job_put_schema_defs(out);
    buf_puts(out, "}}");
}

void batch_put_line_schema(struct buf *out)
{
    static const char *const required[] = {"to"};
    const struct member_table whole = {.rows = line_members,
                                       .count = COUNT_OF(line_members),
                                       .required = required,
                                       .required_count = COUNT_OF(required)};
    member_put_schema(&whole, out);
    out->len--;
    buf_puts(out, ",\"$defs\":{");
    job_put_schema_defs(out);
    buf_puts(out, "}}");
}
