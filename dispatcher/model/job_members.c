#include "model/job_members.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/text.h"
#include "model/address.h"

#define GENDER "{\"enum\":[\"female\",\"male\",\"neutral\"]}"
#define CHANNELS                                                                                   \
    "{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true,\"items\":{\"enum\":[\"email\","      \
    "\"sms\","                                                                                     \
    "\"webhook\"]}}"
#define SOME_ADDRESS                                                                               \
    "\"additionalProperties\":false,\"anyOf\":[{\"required\":[\"email\"]},{\"required\":["         \
    "\"phone\"]},"                                                                                 \
    "{\"required\":[\"webhook\"]}]"
#define SOME_NAME                                                                                  \
    "\"additionalProperties\":false,\"anyOf\":[{\"required\":[\"name\"]},{\"required\":["          \
    "\"family_name\"]}]"

/* ---- to ---- */

static int read_recipient_id(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->to.recipient_id);
}

static int read_name(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->to.name);
}

static int read_title(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 64, &r->job->to.title);
}

static int read_given_name(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->to.given_name);
}

static int read_family_name(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->to.family_name);
}

static int read_gender_word(struct reading *r, const struct member_path *path, const json_t *value,
                            char **out)
{
    static const char *const words[] = {"female", "male", "neutral"};
    size_t at = 0;
    int rc = member_read_word(r, path, value, words, COUNT_OF(words), &at);
    if (rc == 0)
        *out = xstrdup(words[at]);
    return rc;
}

static int read_gender(struct reading *r, const struct member_path *path, const json_t *value)
{
    return read_gender_word(r, path, value, &r->job->to.gender);
}

static int read_email(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_checked(r, path, value, &r->job->to.email, address_check_email);
}

static int read_phone(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_checked(r, path, value, &r->job->to.phone, address_check_phone);
}

static int read_webhook(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_checked(r, path, value, &r->job->to.webhook, address_check_endpoint);
}

static int read_timezone(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 64, &r->job->to.timezone);
}

/* ---- to.second ---- */

static int read_second_name(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->to.second.name);
}

static int read_second_title(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 64, &r->job->to.second.title);
}

static int read_second_given_name(struct reading *r, const struct member_path *path,
                                  const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->to.second.given_name);
}

static int read_second_family_name(struct reading *r, const struct member_path *path,
                                   const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->to.second.family_name);
}

static int read_second_gender(struct reading *r, const struct member_path *path,
                              const json_t *value)
{
    return read_gender_word(r, path, value, &r->job->to.second.gender);
}

static const struct member second_members[] = {
    {"name", read_second_name, MEMBER_LINE(255)},
    {"title", read_second_title, MEMBER_LINE(64)},
    {"given_name", read_second_given_name, MEMBER_LINE(255)},
    {"family_name", read_second_family_name, MEMBER_LINE(255)},
    {"gender", read_second_gender, GENDER},
};

static int read_second(struct reading *r, const struct member_path *path, const json_t *value)
{
    int rc = member_read_all(r, path, value, second_members, COUNT_OF(second_members));
    const struct person *second = &r->job->to.second;
    if (rc == 0 && second->name == NULL && second->family_name == NULL)
        return member_fail(r, path, "names nobody: give it a name or a family_name");
    return rc;
}

static const struct member to_members[] = {
    {"recipient_id", read_recipient_id, MEMBER_LINE(255)},
    {"name", read_name, MEMBER_LINE(255)},
    {"title", read_title, MEMBER_LINE(64)},
    {"given_name", read_given_name, MEMBER_LINE(255)},
    {"family_name", read_family_name, MEMBER_LINE(255)},
    {"gender", read_gender, GENDER},
    {"second", read_second, MEMBER_REF("second")},
    {"email", read_email, JOB_EMAIL},
    {"phone", read_phone, SCHEMA_TEXT_AS("^[+][0-9]+$")},
    {"webhook", read_webhook, MEMBER_TEXT(1024)},
    {"timezone", read_timezone, MEMBER_LINE(64)},
};

int job_read_to(struct reading *r, const struct member_path *path, const json_t *value)
{
    int rc = member_read_all(r, path, value, to_members, COUNT_OF(to_members));
    const struct recipient *to = &r->job->to;
    if (rc == 0 && to->email == NULL && to->phone == NULL && to->webhook == NULL)
        return member_fail(r, path,
                           "names nobody: give it an email, a phone or a webhook endpoint");
    return rc;
}

/* ---- routing ---- */

static int read_method(struct reading *r, const struct member_path *path, const json_t *value)
{
    static const char *const words[] = {"single", "all"};
    size_t at = 0;
    int rc = member_read_word(r, path, value, words, COUNT_OF(words), &at);
    r->job->method = at == 1 ? JOB_ALL : JOB_SINGLE;
    return rc;
}

static int read_channels(struct reading *r, const struct member_path *path, const json_t *value)
{
    static const char *const words[] = {"email", "sms", "webhook"};
    bool seen[CHANNEL_KINDS] = {false};
    if (!json_is_array(value) || json_array_size(value) < 1)
        return member_fail(r, path, "must be a list of channels, like [\"email\", \"sms\"]");
    for (size_t i = 0; i < json_array_size(value); i++) {
        char index[24];
        size_t at = 0;
        snprintf(index, sizeof(index), "%zu", i);
        const struct member_path below = {path, index};
        int rc = member_read_word(r, &below, json_array_get(value, i), words, COUNT_OF(words), &at);
        if (rc == 0 && seen[at])
            rc = member_fail(r, &below, "is listed twice");
        if (rc != 0)
            return rc;
        seen[at] = true;
        r->job->channels[r->job->channel_count++] = (enum channel_kind)at;
    }
    return 0;
}

/* Looked for here, and decided elsewhere. */
static int refuse_after(struct reading *r, const struct member_path *path,
                        const json_t *value UNUSED)
{
    return member_fail(r, path,
                       "is decided by a rule: how long a channel has before the next one begins "
                       "stands in the rules file (`rules:` of the configuration), like then: "
                       "{after: {email: 24h}}; a rule may ask for this notice by its campaign, "
                       "category or template");
}

static int refuse_confirm(struct reading *r, const struct member_path *path,
                          const json_t *value UNUSED)
{
    return member_fail(r, path,
                       "is decided by a rule: which channel must be confirmed stands in the rules "
                       "file (`rules:` of the configuration), like then: {confirm: [sms]}; a rule "
                       "may ask for this notice by its campaign, category or template");
}

static const struct member routing_members[] = {
    {"method", read_method, "{\"enum\":[\"single\",\"all\"]}"},
    {"channels", read_channels, CHANNELS},
    {"after", refuse_after, "false"},
    {"confirm", refuse_confirm, "false"},
};

int job_read_routing(struct reading *r, const struct member_path *path, const json_t *value)
{
    r->job->has_routing = true;
    return member_read_all(r, path, value, routing_members, COUNT_OF(routing_members));
}

/* ---- overrides ---- */

int job_read_event_type(struct reading *r, const struct member_path *path, const json_t *value)
{
    int rc = member_read_line(r, path, value, 128, &r->job->event_type);
    const char *grammar = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
    if (rc == 0 && strspn(r->job->event_type, grammar) != strlen(r->job->event_type))
        return member_fail(r, path, "may only hold letters, digits, _ and . (Standard Webhooks)");
    return rc;
}

static const struct member webhook_members[] = {
    {"event_type", job_read_event_type, JOB_EVENT_TYPE},
};

static int read_webhook_overrides(struct reading *r, const struct member_path *path,
                                  const json_t *value)
{
    return member_read_all(r, path, value, webhook_members, COUNT_OF(webhook_members));
}

static const struct member override_members[] = {
    {"webhook", read_webhook_overrides, MEMBER_REF("webhook_overrides")},
};

int job_read_overrides(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_all(r, path, value, override_members, COUNT_OF(override_members));
}

/* ---- the envelope ---- */

int job_read_version(struct reading *r, const struct member_path *path, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) != 1)
        return member_fail(r, path, "must be 1: this program knows version 1 of notices only");
    return 0;
}

int job_read_id(struct reading *r, const struct member_path *path, const json_t *value)
{
    int rc = member_read_text(r, path, value, 1024, &r->job->id);
    if (rc == 0 && !id_valid(r->job->id, strlen(r->job->id)))
        return member_fail(r, path,
                           "must be 1 to 128 letters, digits, _ or -, and not start with -");
    return rc;
}

int job_read_idempotency_key(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->idempotency_key);
}

int job_read_template(struct reading *r, const struct member_path *path, const json_t *value)
{
    static const char grammar[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    int rc = member_read_text(r, path, value, 64, &r->job->template_name);
    if (rc == 0 && strspn(r->job->template_name, grammar) != strlen(r->job->template_name))
        return member_fail(r, path,
                           "must be the name of a template folder: small letters, digits and -");
    return rc;
}

int job_read_template_version(struct reading *r, const struct member_path *path,
                              const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 1 ||
        json_integer_value(value) > 1000000)
        return member_fail(r, path, "must be a whole number from 1");
    r->job->template_version = (int)json_integer_value(value);
    return 0;
}

int job_read_locale(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_checked(r, path, value, &r->job->locale, address_check_locale_word);
}

int job_read_data(struct reading *r, const struct member_path *path, const json_t *value)
{
    if (!json_is_object(value))
        return member_fail(r, path, "must be an object in braces");
    r->job->data = json_incref((json_t *)(uintptr_t)value);
    return 0;
}

int job_read_priority(struct reading *r, const struct member_path *path, const json_t *value)
{
    static const char *const words[] = {"low", "normal", "high"};
    size_t at = JOB_NORMAL;
    int rc = member_read_word(r, path, value, words, COUNT_OF(words), &at);
    r->job->priority = (enum job_priority)at;
    return rc;
}

int job_read_category(struct reading *r, const struct member_path *path, const json_t *value)
{
    static const char grammar[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    int rc = member_read_text(r, path, value, 64, &r->job->category);
    if (rc == 0 && strspn(r->job->category, grammar) != strlen(r->job->category))
        return member_fail(r, path, "may only hold small letters, digits, _ . and -");
    return rc;
}

int job_read_campaign(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 128, &r->job->campaign);
}

int job_read_reference(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 255, &r->job->reference);
}

static int read_endpoint(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_line(r, path, value, 128, &r->job->condition);
}

static const struct member condition_members[] = {
    {"endpoint", read_endpoint, MEMBER_LINE(128)},
};

int job_read_condition(struct reading *r, const struct member_path *path, const json_t *value)
{
    int rc = member_read_all(r, path, value, condition_members, COUNT_OF(condition_members));
    if (rc == 0 && r->job->condition == NULL)
        return member_fail(r, path, "names the endpoint that is asked: {\"endpoint\": \"crm\"}");
    return rc;
}

int job_read_reply_to(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_checked(r, path, value, &r->job->reply_to, address_check_email);
}

#define UNSUBSCRIBE_MAX 900 /* it stands on one line of a header, 998 at most */

/* RFC 8058: mail programs post to it, by https only. */
static int check_unsubscribe_url(const char *url, struct error *err)
{
    static const char scheme[] = "https://";
    if (!text_starts_with(url, scheme) || strcspn(url + strlen(scheme), "/?#@:") == 0)
        return error_set(err, ERR_INPUT,
                         "must be an address that begins with https:// and names a host: mail "
                         "programs unsubscribe over https only (RFC 8058)");
    if (strlen(url) > UNSUBSCRIBE_MAX)
        return error_set(err, ERR_INPUT, "is longer than %d bytes", UNSUBSCRIBE_MAX);
    for (const char *p = url; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~' || strchr("<>\"\\^`{|}", *p) != NULL)
            return error_set(err, ERR_INPUT,
                             "holds a space or another character that must be percent-encoded");
    return 0;
}

int job_read_unsubscribe_url(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_checked(r, path, value, &r->job->unsubscribe_url, check_unsubscribe_url);
}

int job_read_created_at(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_time(r, path, value, &r->job->created_at_ms);
}

int job_read_not_before(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_time(r, path, value, &r->job->not_before_ms);
}

int job_read_expires_at(struct reading *r, const struct member_path *path, const json_t *value)
{
    return member_read_time(r, path, value, &r->job->expires_at_ms);
}

int job_read_metadata(struct reading *r, const struct member_path *path, const json_t *value)
{
    const char *key;
    json_t *member;
    if (!json_is_object(value) || json_object_size(value) > 32)
        return member_fail(r, path, "must be an object of at most 32 texts");
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!json_is_string(member) || json_string_length(member) > 512)
            return member_fail(r, path, "may only hold texts of at most 512 bytes");
    }
    return 0;
}

/* ---- as a schema ---- */

static const char *const condition_needs[] = {"endpoint"};

#define TABLE(list) .rows = (list), .count = COUNT_OF(list)

void job_put_schema_defs(struct buf *out)
{
    static const struct {
        const char *name;
        struct member_table table;
    } defs[] = {
        {"to", {TABLE(to_members), .rest = SOME_ADDRESS}},
        {"second", {TABLE(second_members), .rest = SOME_NAME}},
        {"routing", {TABLE(routing_members)}},
        {"overrides", {TABLE(override_members)}},
        {"webhook_overrides", {TABLE(webhook_members)}},
        {"condition", {TABLE(condition_members), .required = condition_needs, .required_count = 1}},
    };
    for (size_t i = 0; i < COUNT_OF(defs); i++) {
        buf_printf(out, "\"%s\":", defs[i].name);
        member_put_schema(&defs[i].table, out);
        buf_putc(out, ',');
    }
    buf_puts(out, "\"attachment\":");
    attachment_put_schema(out);
}
