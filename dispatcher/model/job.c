#include "model/job.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "model/address.h"
#include "model/json.h"

/* What the checks need to name a place: the text, and the path walked so far ("/to/phone"). */
struct reading {
    const char *text;
    size_t len;
    const char *file;
    int first_line;
    struct error *err;
    struct job *job;
};

typedef int member_fn(struct reading *r, const char *path, const json_t *value);

struct member {
    const char *name;
    member_fn *read;
};

static int fail(struct reading *r, const char *path, bool at_key, const char *sentence)
{
    struct json_position p = json_position(r->text, r->len, path, at_key);
    return error_set(r->err, ERR_INPUT, "%s:%d:%d: \"%s\" %s", r->file, r->first_line + p.line - 1,
                     p.column, path + 1, sentence);
}

static int fail_with(struct reading *r, const char *path, const char *format, ...) PRINTF(3, 4);
static int fail_with(struct reading *r, const char *path, const char *format, ...)
{
    va_list args;
    char sentence[600];
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    return fail(r, path, false, sentence);
}

/* ---- scalars ---- */

static int read_text(struct reading *r, const char *path, const json_t *value, size_t max,
                     char **out)
{
    if (!json_is_string(value))
        return fail(r, path, false, "must be a text in quotes");
    size_t len = json_string_length(value);
    if (len == 0)
        return fail(r, path, false, "is empty; leave it out or give it a value");
    if (len > max)
        return fail_with(r, path, "is %zu bytes long; at most %zu are accepted", len, max);
    *out = xstrndup(json_string_value(value), len);
    return 0;
}

/* A name on one line: what ends in a header or a log may hold no control character. */
static int read_line(struct reading *r, const char *path, const json_t *value, size_t max,
                     char **out)
{
    int rc = read_text(r, path, value, max, out);
    if (rc != 0)
        return rc;
    const char *at = *out, *end = at + strlen(at);
    while (at < end) {
        uint32_t c = utf8_next(&at, end);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
            return fail_with(
                r, path,
                "holds the control character U+%04X; a line break or control character "
                "here could forge a header, so remove it",
                c);
    }
    return 0;
}

static int read_checked(struct reading *r, const char *path, const json_t *value, char **out,
                        int (*check)(const char *, struct error *))
{
    struct error why;
    int rc = read_text(r, path, value, 1024, out);
    if (rc != 0)
        return rc;
    if (check(*out, &why) != 0)
        return fail(r, path, false, why.text);
    return 0;
}

static int read_time(struct reading *r, const char *path, const json_t *value, int64_t *out)
{
    if (!json_is_string(value) || !clock_parse_rfc3339(json_string_value(value), out))
        return fail(r, path, false,
                    "must be a time with its offset, like 2026-11-24T09:00:00+09:00 or "
                    "2026-11-24T00:00:00Z");
    return 0;
}

static int read_word(struct reading *r, const char *path, const json_t *value,
                     const char *const *words, size_t count, size_t *out)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; text != NULL && i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return 0;
        }
    }
    struct buf list = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i == 0 ? "" : (i + 1 == count ? " or " : ", "), words[i]);
    int rc = fail_with(r, path, "must be %s", buf_text(&list));
    buf_free(&list);
    return rc;
}

/* ---- tables of members ---- */

static int unknown_member(struct reading *r, const char *path, const char *key,
                          const struct member *members, size_t count)
{
    const char *names[40];
    for (size_t i = 0; i < count; i++)
        names[i] = members[i].name;
    const char *meant = text_closest(key, names, count);
    struct buf sentence = {0};
    buf_puts(&sentence, "is not a member of a job");
    if (meant != NULL)
        buf_printf(&sentence, "; did you mean \"%s\"?", meant);
    else
        buf_puts(&sentence, "; remove it (values for the letter belong into \"data\")");
    int rc = fail(r, path, true, sentence.data);
    buf_free(&sentence);
    return rc;
}

static int read_members(struct reading *r, const char *path, const json_t *object,
                        const struct member *members, size_t count)
{
    const char *key;
    json_t *value;
    int rc = 0;
    if (!json_is_object(object))
        return fail(r, path[0] != '\0' ? path : "/", false, "must be an object in braces");
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        struct buf below = {0};
        size_t at = 0;
        buf_printf(&below, "%s/%s", path, key);
        while (at < count && strcmp(members[at].name, key) != 0)
            at++;
        rc = at < count ? members[at].read(r, below.data, value)
                        : unknown_member(r, below.data, key, members, count);
        buf_free(&below);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* ---- to ---- */

static int read_recipient_id(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 255, &r->job->to.recipient_id);
}

static int read_name(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 255, &r->job->to.name);
}

static int read_title(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 64, &r->job->to.title);
}

static int read_given_name(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 255, &r->job->to.given_name);
}

static int read_family_name(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 255, &r->job->to.family_name);
}

static int read_gender(struct reading *r, const char *path, const json_t *value)
{
    static const char *const words[] = {"female", "male", "neutral"};
    size_t at = 0;
    int rc = read_word(r, path, value, words, COUNT_OF(words), &at);
    if (rc == 0)
        r->job->to.gender = xstrdup(words[at]);
    return rc;
}

static int read_email(struct reading *r, const char *path, const json_t *value)
{
    return read_checked(r, path, value, &r->job->to.email, address_check_email);
}

static int read_phone(struct reading *r, const char *path, const json_t *value)
{
    return read_checked(r, path, value, &r->job->to.phone, address_check_phone);
}

static int read_webhook(struct reading *r, const char *path, const json_t *value)
{
    return read_checked(r, path, value, &r->job->to.webhook, address_check_endpoint);
}

static int read_timezone(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 64, &r->job->to.timezone);
}

static int read_to(struct reading *r, const char *path, const json_t *value)
{
    static const struct member members[] = {
        {"recipient_id", read_recipient_id},
        {"name", read_name},
        {"title", read_title},
        {"given_name", read_given_name},
        {"family_name", read_family_name},
        {"gender", read_gender},
        {"email", read_email},
        {"phone", read_phone},
        {"webhook", read_webhook},
        {"timezone", read_timezone},
    };
    int rc = read_members(r, path, value, members, COUNT_OF(members));
    const struct recipient *to = &r->job->to;
    if (rc == 0 && to->email == NULL && to->phone == NULL && to->webhook == NULL)
        return fail(r, path, false,
                    "names nobody: give it an email, a phone or a webhook endpoint");
    return rc;
}

/* ---- routing ---- */

static int read_method(struct reading *r, const char *path, const json_t *value)
{
    static const char *const words[] = {"single", "all"};
    size_t at = 0;
    int rc = read_word(r, path, value, words, COUNT_OF(words), &at);
    r->job->method = at == 1 ? JOB_ALL : JOB_SINGLE;
    return rc;
}

static int read_channels(struct reading *r, const char *path, const json_t *value)
{
    static const char *const words[] = {"email", "sms", "webhook"};
    bool seen[CHANNEL_KINDS] = {false};
    if (!json_is_array(value) || json_array_size(value) < 1)
        return fail(r, path, false, "must be a list of channels, like [\"email\", \"sms\"]");
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct buf below = {0};
        size_t at = 0;
        buf_printf(&below, "%s/%zu", path, i);
        int rc = read_word(r, below.data, json_array_get(value, i), words, COUNT_OF(words), &at);
        if (rc == 0 && seen[at])
            rc = fail(r, below.data, false, "is listed twice");
        buf_free(&below);
        if (rc != 0)
            return rc;
        seen[at] = true;
        r->job->channels[r->job->channel_count++] = (enum channel_kind)at;
    }
    return 0;
}

static int read_routing(struct reading *r, const char *path, const json_t *value)
{
    static const struct member members[] = {{"method", read_method}, {"channels", read_channels}};
    r->job->has_routing = true;
    return read_members(r, path, value, members, COUNT_OF(members));
}

/* ---- overrides ---- */

static int read_event_type(struct reading *r, const char *path, const json_t *value)
{
    int rc = read_line(r, path, value, 128, &r->job->event_type);
    const char *grammar = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
    if (rc == 0 && strspn(r->job->event_type, grammar) != strlen(r->job->event_type))
        return fail(r, path, false, "may only hold letters, digits, _ and . (Standard Webhooks)");
    return rc;
}

static int read_webhook_overrides(struct reading *r, const char *path, const json_t *value)
{
    static const struct member members[] = {{"event_type", read_event_type}};
    return read_members(r, path, value, members, COUNT_OF(members));
}

static int read_overrides(struct reading *r, const char *path, const json_t *value)
{
    static const struct member members[] = {{"webhook", read_webhook_overrides}};
    return read_members(r, path, value, members, COUNT_OF(members));
}

/* ---- the envelope ---- */

static int read_version(struct reading *r, const char *path, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) != 1)
        return fail(r, path, false, "must be 1: this program knows job version 1 only");
    return 0;
}

static int read_id(struct reading *r, const char *path, const json_t *value)
{
    int rc = read_text(r, path, value, 1024, &r->job->id);
    if (rc == 0 && !id_valid(r->job->id, strlen(r->job->id)))
        return fail(r, path, false,
                    "must be 1 to 128 letters, digits, _ or -, and not start with -");
    return rc;
}

static int read_idempotency_key(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 255, &r->job->idempotency_key);
}

static int read_template(struct reading *r, const char *path, const json_t *value)
{
    static const char grammar[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    int rc = read_text(r, path, value, 64, &r->job->template_name);
    if (rc == 0 && strspn(r->job->template_name, grammar) != strlen(r->job->template_name))
        return fail(r, path, false,
                    "must be the name of a template folder: small letters, digits and -");
    return rc;
}

static int read_template_version(struct reading *r, const char *path, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 1 ||
        json_integer_value(value) > 1000000)
        return fail(r, path, false, "must be a whole number from 1");
    r->job->template_version = (int)json_integer_value(value);
    return 0;
}

static int read_locale(struct reading *r, const char *path, const json_t *value)
{
    return read_checked(r, path, value, &r->job->locale, address_check_locale);
}

static int read_data(struct reading *r, const char *path, const json_t *value)
{
    if (!json_is_object(value))
        return fail(r, path, false, "must be an object in braces");
    r->job->data = (json_t *)(uintptr_t)value;
    return 0;
}

static int read_priority(struct reading *r, const char *path, const json_t *value)
{
    static const char *const words[] = {"low", "normal", "high"};
    size_t at = JOB_NORMAL;
    int rc = read_word(r, path, value, words, COUNT_OF(words), &at);
    r->job->priority = (enum job_priority)at;
    return rc;
}

static int read_category(struct reading *r, const char *path, const json_t *value)
{
    static const char grammar[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    int rc = read_text(r, path, value, 64, &r->job->category);
    if (rc == 0 && strspn(r->job->category, grammar) != strlen(r->job->category))
        return fail(r, path, false, "may only hold small letters, digits, _ . and -");
    return rc;
}

static int read_campaign(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 128, &r->job->campaign);
}

static int read_reference(struct reading *r, const char *path, const json_t *value)
{
    return read_line(r, path, value, 255, &r->job->reference);
}

static int read_created_at(struct reading *r, const char *path, const json_t *value)
{
    return read_time(r, path, value, &r->job->created_at_ms);
}

static int read_not_before(struct reading *r, const char *path, const json_t *value)
{
    return read_time(r, path, value, &r->job->not_before_ms);
}

static int read_expires_at(struct reading *r, const char *path, const json_t *value)
{
    return read_time(r, path, value, &r->job->expires_at_ms);
}

static int read_metadata(struct reading *r, const char *path, const json_t *value)
{
    const char *key;
    json_t *member;
    if (!json_is_object(value) || json_object_size(value) > 32)
        return fail(r, path, false, "must be an object of at most 32 texts");
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!json_is_string(member) || json_string_length(member) > 512)
            return fail(r, path, false, "may only hold texts of at most 512 bytes");
    }
    return 0;
}

static const struct member envelope[] = {
    {"version", read_version},
    {"id", read_id},
    {"idempotency_key", read_idempotency_key},
    {"template", read_template},
    {"template_version", read_template_version},
    {"locale", read_locale},
    {"to", read_to},
    {"routing", read_routing},
    {"data", read_data},
    {"priority", read_priority},
    {"category", read_category},
    {"campaign", read_campaign},
    {"reference", read_reference},
    {"created_at", read_created_at},
    {"not_before", read_not_before},
    {"expires_at", read_expires_at},
    {"metadata", read_metadata},
    {"overrides", read_overrides},
};

static int require(struct reading *r, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (json_object_get(r->job->root, names[i]) == NULL)
            return error_set(r->err, ERR_INPUT, "%s:%d:1: \"%s\" is missing; every job needs it",
                             r->file, r->first_line, names[i]);
    }
    return 0;
}

/* Checks job->root into the struct; on failure the job is gone. */
static int read_root(struct reading *r, const char *const *required, size_t required_count,
                     struct job **out)
{
    int rc = 0;
    r->job->priority = JOB_NORMAL;
    if (!json_is_object(r->job->root))
        rc = error_set(r->err, ERR_INPUT, "%s:%d:1: a job is a JSON object in braces", r->file,
                       r->first_line);
    if (rc == 0)
        rc = read_members(r, "", r->job->root, envelope, COUNT_OF(envelope));
    if (rc == 0)
        rc = require(r, required, required_count);
    if (rc != 0) {
        job_free(r->job);
        return rc;
    }
    *out = r->job;
    return 0;
}

static int parse(const char *text, size_t len, const char *file, int first_line,
                 const char *const *required, size_t required_count, struct job **out,
                 struct error *err)
{
    json_t *root = NULL;
    *out = NULL;
    int rc = json_parse(text, len, file, first_line, JOB_DEPTH_MAX, &root, err);
    if (rc != 0)
        return rc;
    struct job *job = xcalloc(1, sizeof(*job));
    job->root = root;
    struct reading r = {text, len, file, first_line, err, job};
    return read_root(&r, required, required_count, out);
}

static const char *const every_job[] = {"version", "id", "to"};

int job_from_value(struct json_t *root, struct job **out, struct error *err)
{
    struct job *job = xcalloc(1, sizeof(*job));
    struct reading r = {"", 0, "job", 1, err, job};
    *out = NULL;
    job->root = json_incref(root);
    return read_root(&r, every_job, COUNT_OF(every_job), out);
}

int job_parse(const char *text, size_t len, const char *file, int first_line, struct job **out,
              struct error *err)
{
    return parse(text, len, file, first_line, every_job, COUNT_OF(every_job), out, err);
}

int job_parse_fixture(const char *text, size_t len, const char *file, struct job **out,
                      struct error *err)
{
    static const char *const required[] = {"to"};
    int rc = parse(text, len, file, 1, required, COUNT_OF(required), out, err);
    if (rc == 0 && (*out)->id == NULL)
        (*out)->id = xstrdup("preview");
    return rc;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    char *texts[] = {job->id,
                     job->idempotency_key,
                     job->template_name,
                     job->locale,
                     job->category,
                     job->campaign,
                     job->reference,
                     job->event_type,
                     job->to.recipient_id,
                     job->to.name,
                     job->to.title,
                     job->to.given_name,
                     job->to.family_name,
                     job->to.gender,
                     job->to.email,
                     job->to.phone,
                     job->to.webhook,
                     job->to.timezone};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        free(texts[i]);
    json_decref(job->root);
    free(job);
}

void job_put_canonical(const struct job *job, struct buf *out)
{
    json_put(out, job->root);
}

/* What is left of a notice without its names. */
static void put_content(const struct job *job, struct buf *out)
{
    json_t *content = json_copy(job->root);
    json_object_del(content, "id");
    json_object_del(content, "idempotency_key");
    json_put(out, content);
    json_decref(content);
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
