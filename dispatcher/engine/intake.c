#include "engine/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "channel/attachment.h"
#include "engine/approved.h"
#include "engine/category.h"
#include "model/json.h"
#include "policy/country.h"
#include "policy/window.h"
#include "render/zone.h"

static int refuse_at(const struct intake_source *from, const char *path, int code,
                     struct error *err)
{
    struct error why = *err;
    struct json_position p = json_position(from->text, from->len, path, false);
    return error_set(err, code, "%s:%d:%d: %s", from->shown, from->first_line + p.line - 1,
                     p.column, why.text);
}

static int fail_at(const struct intake_source *from, const char *path, struct error *err)
{
    return refuse_at(from, path, ERR_INPUT, err);
}

static int find_template(const struct setup *s, const struct intake_source *from,
                         struct intake_plan *plan, struct error *err)
{
    const char *name = plan->route.template_name;
    plan->template_index = library_find_template(s->library, name);
    if (plan->template_index >= 0)
        return 0;
    int rc = library_refuse_letter(s->library, name, err);
    if (rc != 0)
        return refuse_at(from, "/template", rc, err);
    const char *meant = library_closest_template(s->library, name);
    error_set(err, ERR_INPUT, "there is no template \"%s\"%s%s%s", name,
              meant != NULL ? "; did you mean \"" : " below the templates directory",
              meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
    return fail_at(from, "/template", err);
}

/* RFC 4647 lookup among the letter's languages, then the rules' fallback, visibly. */
static int choose_locale(const struct setup *s, const struct intake_source *from,
                         struct intake_plan *plan, struct error *err)
{
    const struct rules *rules = &s->settings->rules;
    if (plan->job->locale != NULL && route_check_locale(rules, plan->job->locale, err) != 0)
        return fail_at(from, "/locale", err);
    plan->locale = library_match_locale(s->library, plan->template_index, plan->route.locale);
    plan->fallback = plan->route.locale_is_fallback;
    if (plan->locale != NULL)
        return 0;
    plan->fallback = true;
    plan->locale = library_match_locale(s->library, plan->template_index, rules->fallback_locale);
    if (plan->locale != NULL && plan->route.on_fallback != FALLBACK_FAIL)
        return 0;
    error_set(err, ERR_INPUT,
              "the letter \"%s\" is not written in %s%s; add that language or ask for another",
              plan->route.template_name, plan->route.locale,
              plan->locale != NULL ? ", and the rule forbids a fallback" : "");
    return fail_at(from, "/locale", err);
}

/* Who reads that a text is missing in a language wants to know why it is that one. */
static int name_asked(const struct intake_plan *plan, struct error *err)
{
    struct error why = *err;
    return error_set(err, ERR_INPUT, "%s (it gets %s, as the letter is not written in %s)",
                     why.text, plan->locale, plan->route.locale);
}

static int check_data(const struct setup *s, const struct intake_source *from,
                      struct intake_plan *plan, struct error *err)
{
    char *path = NULL;
    int rc =
        library_check_job(s->library, plan->template_index, plan->locale, plan->job, &path, err);
    if (rc != 0)
        rc = fail_at(from, path != NULL ? path : "/data", err);
    if (rc != 0 && plan->fallback && !plan->route.locale_is_fallback)
        rc = name_asked(plan, err);
    free(path);
    return rc;
}

static int refuse_endpoint(const struct settings *s, const char *name, struct error *err)
{
    const char **names = xcalloc(s->endpoint_count + 1, sizeof(*names));
    for (size_t i = 0; i < s->endpoint_count; i++)
        names[i] = s->endpoints[i].name;
    const char *meant = text_closest(name, names, s->endpoint_count);
    free(names);
    if (meant != NULL)
        return error_set(err, ERR_INPUT,
                         "there is no endpoint \"%s\"; did you mean \"%s\"? (endpoints: in %s)",
                         name, meant, s->file);
    return error_set(err, ERR_INPUT, "there is no endpoint \"%s\" (endpoints: in %s)", name,
                     s->file);
}

/* A webhook goes to an endpoint by name; a name nobody configured is found now, not at the first
 * attempt. */
static int check_channels(const struct setup *s, const struct intake_source *from,
                          const struct intake_plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->route.channel_count; i++) {
        enum channel_kind kind = plan->route.channels[i];
        const char *address = job_address(plan->job, kind);
        if (settings_transport_for(s->settings, kind) == NULL) {
            error_set(err, ERR_INPUT,
                      "no transport is configured for channel %s (transports: in %s)",
                      channel_kind_name(kind), s->settings->file);
            return fail_at(from, "/routing/channels", err);
        }
        if (kind == CHANNEL_WEBHOOK && settings_find_endpoint(s->settings, address) == NULL) {
            refuse_endpoint(s->settings, address, err);
            return fail_at(from, "/to/webhook", err);
        }
        if (!library_has_part(s->library, plan->template_index, plan->locale, kind)) {
            error_set(err, ERR_INPUT, "the letter \"%s\" (%s) has nothing to send by %s",
                      plan->route.template_name, plan->locale, channel_kind_name(kind));
            return fail_at(from, "/routing/channels", err);
        }
    }
    return 0;
}

static bool goes_by_mail(const struct intake_plan *plan)
{
    for (size_t i = 0; i < plan->route.channel_count; i++)
        if (plan->route.channels[i] == CHANNEL_EMAIL)
            return true;
    return false;
}

/* Files are looked at now and sent later: one that goes away meanwhile fails its mails. */
static int check_attachments(const struct setup *s, const struct intake_source *from,
                             const struct intake_plan *plan, struct error *err)
{
    char path[40];
    size_t at = 0;
    if (plan->job->attachments.count == 0 || !goes_by_mail(plan) ||
        attachments_check(s->settings->attachments, &plan->job->attachments, &at, err) == 0)
        return 0;
    snprintf(path, sizeof(path), "/attachments/%zu", at);
    return fail_at(from, path, err);
}

static int decide_route(const struct setup *s, const struct intake_source *from,
                        struct intake_plan *plan, struct error *err)
{
    const char *category = category_of(s->library, plan->job, plan->job->template_name);
    int rc = route_decide(&s->settings->rules, plan->job, category, &plan->route, err);
    return rc == 0 ? 0 : fail_at(from, "", err);
}

/* Nobody knows the category of a letter that was left out, and by it the rules may choose. */
static int check_named(const struct setup *s, const struct intake_source *from,
                       const struct job *job, struct error *err)
{
    if (job->template_name == NULL ||
        library_refuse_letter(s->library, job->template_name, err) != ERR_CONFIG)
        return 0;
    return refuse_at(from, "/template", ERR_CONFIG, err);
}

int intake_plan_job(const struct setup *s, struct job *job, const struct intake_source *from,
                    struct intake_plan *out, struct error *err)
{
    *out = (struct intake_plan){.job = job};
    int rc = check_named(s, from, job, err);
    if (rc == 0)
        rc = decide_route(s, from, out, err);
    if (rc == 0)
        rc = find_template(s, from, out, err);
    if (rc == 0)
        out->category = category_of(s->library, job, out->route.template_name);
    if (rc == 0)
        rc = choose_locale(s, from, out, err);
    if (rc == 0)
        rc = check_data(s, from, out, err);
    if (rc == 0)
        rc = check_channels(s, from, out, err);
    if (rc == 0)
        rc = check_attachments(s, from, out, err);
    if (rc != 0)
        intake_plan_clear(out);
    return rc;
}

int intake_plan(const struct setup *s, const char *text, size_t len, const char *shown,
                int first_line, struct intake_plan *out, struct error *err)
{
    const struct intake_source from = {text, len, shown, first_line};
    struct job *job;
    *out = (struct intake_plan){0};
    int rc = job_parse(text, len, shown, first_line, &job, err);
    if (rc != 0)
        return rc;
    if (approved_check_notice(s->settings, job, err) != 0) {
        job_free(job);
        return fail_at(&from, "/campaign", err);
    }
    return intake_plan_job(s, job, &from, out, err);
}

void intake_plan_clear(struct intake_plan *plan)
{
    job_free(plan->job);
    *plan = (struct intake_plan){0};
}

void intake_plan_delivery(const struct setup *s, const struct intake_plan *plan, size_t index,
                          const struct send_window *window, int64_t now_ms,
                          struct planned_delivery *out)
{
    const struct job *job = plan->job;
    enum channel_kind kind = plan->route.channels[index];
    const struct transport *t = settings_transport_for(s->settings, kind);
    bool held = plan->fallback && plan->route.on_fallback == FALLBACK_HOLD;
    const char *zone = setup_zone(s, job->to.timezone, plan->locale);
    const struct country_clues clues = {job->to.phone, plan->route.locale, zone};
    const struct send_window both = window_meet(country_window(t, &clues), window);
    int64_t from_ms = job->not_before_ms > now_ms ? job->not_before_ms : now_ms;
    int64_t due_ms = window_open_in_zone(&both, from_ms, zone_offset_ms, zone);
    *out = (struct planned_delivery){
        .channel = kind,
        .transport = t->name,
        .address = job_address(job, kind),
        .state = held ? DELIVERY_HELD : DELIVERY_WAITING,
        .cause = held               ? "locale_fallback"
                 : due_ms > from_ms ? "window"
                                    : "",
        .due_ms = due_ms,
        .patience_ms = plan->route.patience_ms[index],
        .confirm = plan->route.confirm[index],
    };
}

int intake_accept(struct ledger *l, const struct setup *s, const struct intake_plan *plan,
                  int64_t now_ms, enum accept_result *out, struct error *err)
{
    struct planned_delivery deliveries[JOB_CHANNELS_MAX];
    unsigned char digest[DIGEST_SIZE];
    struct buf canonical = {0};
    size_t count = plan->route.channel_count;
    size_t now = plan->route.method == JOB_ALL ? count : 1;
    for (size_t i = 0; i < count; i++)
        intake_plan_delivery(s, plan, i, NULL, now_ms, &deliveries[i]);
    job_put_canonical(plan->job, &canonical);
    job_digest(plan->job, &canonical, digest);
    const struct acceptance a = {
        .job = plan->job,
        .text = canonical.data,
        .len = canonical.len,
        .digest = digest,
        .template_name = plan->route.template_name,
        .locale = plan->locale,
        .fallback = plan->fallback,
        .method = plan->route.method,
        .deliveries = deliveries,
        .count = now,
        .spare = deliveries + now,
        .spare_count = count - now,
        .now_ms = now_ms,
        .source = "spool",
    };
    int rc = ledger_accept(l, &a, out, err);
    buf_free(&canonical);
    return rc;
}
