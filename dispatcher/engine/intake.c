#include "engine/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "model/json.h"

/* As many durable rows per commit as one fsync should carry. */
#define INTAKE_GROUP 100

static int fail_at(const struct intake_source *from, const char *path, struct error *err)
{
    struct error why = *err;
    struct json_position p = json_position(from->text, from->len, path, false);
    return error_set(err, ERR_INPUT, "%s:%d:%d: %s", from->shown, from->first_line + p.line - 1,
                     p.column, why.text);
}

static int find_template(const struct setup *s, const struct intake_source *from,
                         struct intake_plan *plan, struct error *err)
{
    const char *name = plan->route.template_name;
    plan->template_index = library_find_template(s->library, name);
    if (plan->template_index >= 0)
        return 0;
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

static int check_data(const struct setup *s, const struct intake_source *from,
                      struct intake_plan *plan, struct error *err)
{
    char *path = NULL;
    int rc =
        library_check_job(s->library, plan->template_index, plan->locale, plan->job, &path, err);
    if (rc != 0)
        rc = fail_at(from, path != NULL ? path : "/data", err);
    free(path);
    return rc;
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
            error_set(err, ERR_INPUT, "there is no endpoint \"%s\" (endpoints: in %s)", address,
                      s->settings->file);
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

int intake_plan_job(const struct setup *s, struct job *job, const struct intake_source *from,
                    struct intake_plan *out, struct error *err)
{
    *out = (struct intake_plan){.job = job};
    int rc = route_decide(&s->settings->rules, job, &out->route, err);
    if (rc != 0)
        rc = fail_at(from, "", err);
    if (rc == 0)
        rc = find_template(s, from, out, err);
    if (rc == 0)
        rc = choose_locale(s, from, out, err);
    if (rc == 0)
        rc = check_data(s, from, out, err);
    if (rc == 0)
        rc = check_channels(s, from, out, err);
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
    return rc == 0 ? intake_plan_job(s, job, &from, out, err) : rc;
}

void intake_plan_clear(struct intake_plan *plan)
{
    job_free(plan->job);
    *plan = (struct intake_plan){0};
}

static void plan_delivery(const struct setup *s, const struct intake_plan *plan, size_t index,
                          int64_t now_ms, struct planned_delivery *out)
{
    enum channel_kind kind = plan->route.channels[index];
    bool held = plan->fallback && plan->route.on_fallback == FALLBACK_HOLD;
    *out = (struct planned_delivery){
        .channel = kind,
        .transport = settings_transport_for(s->settings, kind)->name,
        .address = job_address(plan->job, kind),
        .state = held ? DELIVERY_HELD : DELIVERY_WAITING,
        .cause = held ? "locale_fallback" : "",
        .due_ms = plan->job->not_before_ms > now_ms ? plan->job->not_before_ms : now_ms,
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
        plan_delivery(s, plan, i, now_ms, &deliveries[i]);
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

/* ---- the pass over new/ ---- */

struct pass {
    struct ledger *ledger;
    const struct setup *setup;
    int64_t now_ms;
    bool in_transaction;
    bool stopped;
};

/* A file still being written by a plain `cp` does not parse yet: it gets two quiet seconds. */
#define STILL_WRITING_MS 2000

static enum spool_verdict refuse(struct pass *pass, const struct spool_entry *entry,
                                 const struct error *reason)
{
    if (pass->now_ms - entry->modified_ms < STILL_WRITING_MS && entry->modified_ms <= pass->now_ms)
        return SPOOL_LATER;
    log_event(LOG_WARN, "job.refused", "file=%s reason=\"%s\"", entry->shown, reason->text);
    return SPOOL_REFUSED;
}

static enum spool_verdict stop(struct pass *pass, const struct error *why)
{
    log_event(LOG_ERR, "ledger.unavailable", "what=accept reason=\"%s\"", why->text);
    ledger_rollback(pass->ledger);
    pass->in_transaction = false;
    pass->stopped = true;
    return SPOOL_STOP;
}

static enum spool_verdict settle_accept(enum accept_result result, const struct intake_plan *plan,
                                        struct error *reason)
{
    static const char *const words[] = {"job.accepted", "job.duplicate", "job.conflict"};
    log_event(LOG_INFO, words[result], "id=%s template=%s locale=%s fallback=%s", plan->job->id,
              plan->route.template_name, plan->locale, plan->fallback ? "yes" : "no");
    if (result != ACCEPT_CONFLICT)
        return SPOOL_TAKEN;
    error_set(
        reason, ERR_CONFLICT,
        "the id \"%s\" (or its idempotency_key) was already used for other content; nothing was "
        "sent. Give the new notice an id of its own",
        plan->job->id);
    return SPOOL_REFUSED;
}

static enum spool_verdict take_entry(void *context, const struct spool_entry *entry,
                                     struct error *reason)
{
    struct pass *pass = context;
    struct intake_plan plan;
    struct error why;
    enum accept_result result;
    if (intake_plan(pass->setup, entry->text, entry->len, entry->shown, 1, &plan, reason) != 0)
        return refuse(pass, entry, reason);
    if (strcmp(plan.job->id, entry->id) != 0) {
        error_set(reason, ERR_INPUT,
                  "%s:1:1: the file is called %s but its id is \"%s\"; the name must be the id "
                  "with .json",
                  entry->shown, entry->name, plan.job->id);
        intake_plan_clear(&plan);
        return refuse(pass, entry, reason);
    }
    int rc = 0;
    if (!pass->in_transaction)
        rc = ledger_begin(pass->ledger, LEDGER_DURABLE, &why);
    pass->in_transaction = true;
    if (rc == 0)
        rc = intake_accept(pass->ledger, pass->setup, &plan, pass->now_ms, &result, &why);
    enum spool_verdict verdict = rc == 0 ? settle_accept(result, &plan, reason) : stop(pass, &why);
    intake_plan_clear(&plan);
    return verdict;
}

/* From here on the notices of the group are safe. */
static int commit_group(void *context, struct error *err)
{
    struct pass *pass = context;
    if (!pass->in_transaction)
        return pass->stopped ? error_set(err, ERR_AGAIN, "the ledger cannot record now") : 0;
    pass->in_transaction = false;
    int rc = ledger_commit(pass->ledger, err);
    if (rc != 0)
        stop(pass, err);
    return rc;
}

int intake_scan(struct spool *spool, struct ledger *l, const struct setup *s, int64_t now_ms,
                size_t limit, struct intake_result *out, struct error *err)
{
    struct pass pass = {.ledger = l, .setup = s, .now_ms = now_ms};
    const struct spool_intake intake = {
        .context = &pass,
        .entry = take_entry,
        .commit = commit_group,
        .group = INTAKE_GROUP,
        .now_ms = now_ms,
    };
    *out = (struct intake_result){0};
    int rc = spool_scan(spool, &intake, limit, &out->counts, err);
    if (pass.in_transaction)
        ledger_rollback(l);
    out->stopped = pass.stopped;
    out->more = out->counts.taken + out->counts.refused + out->counts.later >= limit;
    return rc;
}
