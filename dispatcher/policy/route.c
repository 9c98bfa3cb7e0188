#include "policy/route.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/text.h"
#include "model/address.h"

static const char *const priority_names[] = {
    [JOB_LOW] = "low", [JOB_NORMAL] = "normal", [JOB_HIGH] = "high"};

/* RFC 4647 basic filtering: the range is the tag, or a prefix of it that ends before a hyphen. */
static bool in_range(const char *range, const char *tag)
{
    size_t len = strlen(range);
    if (strcmp(range, "*") == 0)
        return true;
    return strncasecmp(range, tag, len) == 0 && (tag[len] == '\0' || tag[len] == '-');
}

static const struct locale_alias *find_alias(const struct rules *rules, const char *tag, size_t len)
{
    for (size_t i = 0; i < rules->alias_count; i++) {
        const char *from = rules->aliases[i].from;
        if (strlen(from) == len && strncasecmp(from, tag, len) == 0)
            return &rules->aliases[i];
    }
    return NULL;
}

/* "kr" and, by its first part, "kr-KR" become "ko" and "ko-KR" with the alias kr: ko. */
static int apply_alias(const struct rules *rules, const char *tag, struct route *out,
                       struct error *err)
{
    const struct locale_alias *alias = find_alias(rules, tag, strlen(tag));
    const char *rest = "";
    if (alias == NULL) {
        size_t language = strcspn(tag, "-");
        alias = find_alias(rules, tag, language);
        rest = alias != NULL ? tag + language : tag;
    }
    int length =
        snprintf(out->locale, sizeof(out->locale), "%s%s", alias != NULL ? alias->to : "", rest);
    if (length < 0 || (size_t)length >= sizeof(out->locale))
        return error_set(err, ERR_INPUT, "`locale` is longer than %zu characters: %.40s...",
                         sizeof(out->locale) - 1, tag);
    return 0;
}

static bool wildcard_holds(const char *pattern, const char *value)
{
    return pattern == NULL || (value != NULL && text_matches_wildcard(pattern, value));
}

const char *route_find_mismatch(const struct rule *rule, const struct job *job,
                                const char *category, const char *locale)
{
    if (!wildcard_holds(rule->campaign, job->campaign))
        return "campaign";
    if (!wildcard_holds(rule->template_pattern, job->template_name))
        return "template";
    if (!wildcard_holds(rule->category, category))
        return "category";
    if (rule->locale != NULL && !in_range(rule->locale, locale))
        return "locale";
    if (rule->priority != NULL && strcmp(rule->priority, priority_names[job->priority]) != 0)
        return "priority";
    return NULL;
}

static const struct rule *find_rule(const struct rules *rules, const struct job *job,
                                    const char *category, const char *locale)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (route_find_mismatch(&rules->rules[i], job, category, locale) == NULL)
            return &rules->rules[i];
    }
    return NULL;
}

/* "rule `x` (rules.yaml:12)" or "no rule of rules.yaml matches", for messages. */
static const char *explain_rule(const struct rules *rules, const struct rule *rule, char *out,
                                size_t size)
{
    const char *file = rules->file != NULL ? rules->file : "rules.yaml";
    if (rule == NULL)
        snprintf(out, size, "no rule of %s matches", file);
    else
        snprintf(out, size, "rule `%s` (%s:%d) names none", rule->name, file, rule->line);
    return out;
}

static int decide_template(const struct rules *rules, const struct job *job, struct route *out,
                           struct error *err)
{
    char why[300];
    out->template_name = job->template_name;
    if (out->template_name == NULL && out->rule != NULL)
        out->template_name = out->rule->template_name;
    if (out->template_name != NULL)
        return 0;
    return error_set(err, ERR_INPUT,
                     "no template: the notice has no `template` and %s; add one to the notice, or "
                     "`template` to the `then` of a rule",
                     explain_rule(rules, out->rule, why, sizeof(why)));
}

static int decide_locale(const struct rules *rules, const struct job *job, struct route *out,
                         struct error *err)
{
    if (job->locale != NULL)
        return 0;
    if (out->rule == NULL || out->rule->use_locale == NULL) {
        out->locale_is_fallback = true;
        return 0;
    }
    return apply_alias(rules, out->rule->use_locale, out, err);
}

static bool is_among(const enum channel_kind *channels, size_t count, enum channel_kind channel)
{
    for (size_t i = 0; i < count; i++) {
        if (channels[i] == channel)
            return true;
    }
    return false;
}

static void add_channel(const struct job *job, enum channel_kind channel, struct route *out)
{
    if (is_among(out->channels, out->channel_count, channel) ||
        is_among(out->dropped, out->dropped_count, channel))
        return;
    if (job_address(job, channel) != NULL)
        out->channels[out->channel_count++] = channel;
    else
        out->dropped[out->dropped_count++] = channel;
}

/* "email (to.email), sms (to.phone)": what would have to be added. */
static const char *explain_addresses(const enum channel_kind *channels, size_t count, char *out,
                                     size_t size)
{
    static const char *const members[CHANNEL_KINDS] = {
        [CHANNEL_EMAIL] = "to.email", [CHANNEL_SMS] = "to.phone", [CHANNEL_WEBHOOK] = "to.webhook"};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++) {
        int added = snprintf(out + used, size - used, "%s%s (%s)", i > 0 ? ", " : "",
                             channel_kind_name(channels[i]), members[channels[i]]);
        used += added > 0 ? (size_t)added : 0;
    }
    return out;
}

static int decide_channels(const struct rules *rules, const struct job *job, struct route *out,
                           struct error *err)
{
    char why[300];
    const enum channel_kind *channels = job->channels;
    size_t count = job->channel_count;
    if (count == 0 && out->rule != NULL) {
        channels = out->rule->channels;
        count = out->rule->channel_count;
    }
    if (count == 0)
        return error_set(err, ERR_INPUT,
                         "no channel: the notice has no `routing.channels` and %s; add them to the "
                         "notice, or `channels` to the `then` of a rule",
                         explain_rule(rules, out->rule, why, sizeof(why)));
    for (size_t i = 0; i < count; i++)
        add_channel(job, channels[i], out);
    if (out->channel_count > 0)
        return 0;
    return error_set(err, ERR_INPUT,
                     "no usable channel: the recipient has no address for %s; add it to the notice",
                     explain_addresses(channels, count, why, sizeof(why)));
}

/* How long each channel has before the next one's turn comes. The last one has no next. */
static void decide_patience(struct route *out)
{
    if (out->rule == NULL || out->method != JOB_SINGLE)
        return;
    for (size_t i = 0; i + 1 < out->channel_count; i++) {
        out->patience_ms[i] = out->rule->after_ms[out->channels[i]];
        out->confirm[i] = out->rule->confirm[out->channels[i]];
    }
}

int route_check_locale(const struct rules *rules, const char *tag, struct error *err)
{
    struct route becomes = {0};
    int rc = apply_alias(rules, tag, &becomes, err);
    return rc != 0 ? rc : address_check_locale(becomes.locale, err);
}

int route_decide(const struct rules *rules, const struct job *job, const char *category,
                 struct route *out, struct error *err)
{
    *out = (struct route){.method = JOB_SINGLE, .on_fallback = rules->on_fallback};
    const char *tag = job->locale != NULL ? job->locale : rules->fallback_locale;
    int rc = apply_alias(rules, tag, out, err);
    if (rc != 0)
        return rc;

    out->rule = find_rule(rules, job, category, out->locale);
    if ((rc = decide_template(rules, job, out, err)) != 0 ||
        (rc = decide_locale(rules, job, out, err)) != 0 ||
        (rc = decide_channels(rules, job, out, err)) != 0)
        return rc;
    if (out->rule != NULL && out->rule->has_method)
        out->method = out->rule->method;
    if (job->has_routing)
        out->method = job->method;
    if (out->rule != NULL && out->rule->has_on_fallback)
        out->on_fallback = (enum fallback_policy)out->rule->on_fallback;
    decide_patience(out);
    return 0;
}
