#include "engine/intake_scan.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/intake.h"
#include "engine/events.h"
#include "engine/metrics.h"

/* As many durable rows per commit as one fsync should carry. */
#define INTAKE_GROUP 100

struct pass {
    const struct intake_door *door;
    int64_t now_ms;
    bool in_transaction;
    bool stopped;
    size_t remembered;
};

/* A file still being written by a plain `cp` does not parse yet: it gets its quiet seconds. */
static enum spool_verdict refuse(const struct spool_entry *entry, const struct error *reason)
{
    if (!entry->settled)
        return SPOOL_LATER;
    metrics_note_notice(METRICS_REJECTED);
    log_event(LOG_WARN, "job.refused", "file=%s reason=\"%s\"", entry->shown, reason->text);
    return SPOOL_REFUSED;
}

/* Behind "new/ID.json:1:27: ": it is not the notice that is wrong. */
static const char *skip_position(const struct spool_entry *entry, const char *text)
{
    size_t len = strlen(entry->shown);
    const char *end = strncmp(text, entry->shown, len) == 0 ? strstr(text + len, ": ") : NULL;
    return end != NULL ? end + 2 : text;
}

/* It is told once; that its letter has a mistake the log says anyway. */
static enum spool_verdict wait_for_letter(struct pass *pass, const struct spool_entry *entry,
                                          const struct error *reason)
{
    struct letter_waits *letters = pass->door->letters;
    const char *why = skip_position(entry, reason->text);
    if (letters == NULL || letter_waits_note(letters, entry->name, why, clock_mono_ms()))
        log_event(LOG_INFO, "job.waits", "file=%s reason=\"%s\"", entry->shown, why);
    if (letters != NULL && letter_waits_find(letters, entry->name) != NULL)
        pass->remembered++;
    return SPOOL_LATER;
}

static enum spool_verdict stop(struct pass *pass, const struct error *why)
{
    log_event(LOG_ERR, "ledger.unavailable", "what=accept reason=\"%s\"", why->text);
    ledger_rollback(pass->door->ledger);
    pass->in_transaction = false;
    pass->stopped = true;
    return SPOOL_STOP;
}

static void note_accepted(const struct intake_plan *plan)
{
    struct event e = EVENT_OF("accepted");
    e.id = plan->job->id;
    e.campaign = plan->job->campaign;
    e.template_name = plan->route.template_name;
    e.locale = plan->locale;
    events_note(&e);
}

static void note_result(enum accept_result result, const struct intake_plan *plan)
{
    static const char *const words[] = {[ACCEPT_NEW] = "job.accepted",
                                        [ACCEPT_DUPLICATE] = "job.duplicate",
                                        [ACCEPT_CONFLICT] = "job.conflict",
                                        [ACCEPT_LATER] = "job.waits"};
    if (result != ACCEPT_LATER)
        metrics_note_notice(result == ACCEPT_NEW         ? METRICS_ACCEPTED
                            : result == ACCEPT_DUPLICATE ? METRICS_DEDUPLICATED
                                                         : METRICS_REJECTED);
    if (result == ACCEPT_NEW && plan->fallback)
        metrics_note_fallback();
    if (result == ACCEPT_NEW)
        note_accepted(plan);
    /* What waits for a batch is met by every pass. */
    log_event(result == ACCEPT_LATER ? LOG_DEBUG : LOG_INFO, words[result],
              "id=%s template=%s locale=%s fallback=%s", plan->job->id, plan->route.template_name,
              plan->locale, plan->fallback ? "yes" : "no");
}

/* Who handed in an id that is taken by now sees it when he asks once more, and takes it back: he
 * has until it settles, and it is told once. */
static enum spool_verdict settle_accept(enum accept_result result, const struct spool_entry *entry,
                                        const struct intake_plan *plan, struct error *reason)
{
    if (result == ACCEPT_CONFLICT && !entry->settled)
        return SPOOL_LATER;
    note_result(result, plan);
    if (result != ACCEPT_CONFLICT)
        return result == ACCEPT_LATER ? SPOOL_LATER : SPOOL_TAKEN;
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
    int rc =
        intake_plan(pass->door->setup, entry->text, entry->len, entry->shown, 1, &plan, reason);
    if (rc != 0)
        return rc == ERR_CONFIG ? wait_for_letter(pass, entry, reason) : refuse(entry, reason);
    if (strcmp(plan.job->id, entry->id) != 0) {
        error_set(reason, ERR_INPUT,
                  "%s:1:1: the file is called %s but its id is \"%s\"; the name must be the id "
                  "with .json",
                  entry->shown, entry->name, plan.job->id);
        intake_plan_clear(&plan);
        return refuse(entry, reason);
    }
    if (!pass->in_transaction)
        rc = ledger_begin(pass->door->ledger, LEDGER_DURABLE, &why);
    pass->in_transaction = true;
    if (rc == 0)
        rc = intake_accept(pass->door->ledger, pass->door->setup, &plan, pass->now_ms, &result,
                           &why);
    enum spool_verdict verdict =
        rc == 0 ? settle_accept(result, entry, &plan, reason) : stop(pass, &why);
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
    int rc = ledger_commit(pass->door->ledger, err);
    if (rc != 0)
        stop(pass, err);
    return rc;
}

/* Its own intake looks at it; the lines of a batch never pass here. */
static enum spool_verdict note_batch(void *context, const char *id, struct error *reason UNUSED)
{
    const struct pass *pass = context;
    batch_intake_note(pass->door->batches, id);
    return SPOOL_TAKEN;
}

static bool knows(void *context, const char *name)
{
    const struct intake_door *door = ((const struct pass *)context)->door;
    return (door->batches != NULL && batch_intake_knows(door->batches, name)) ||
           (door->letters != NULL && letter_waits_find(door->letters, name) != NULL);
}

/* What stands in new/ waits for room, safe where it is. */
static bool has_room(const struct intake_door *door, int64_t now_ms)
{
    struct error why;
    uint64_t count = 0;
    if (spool_check_room(door->spool, door->setup->settings->min_free_bytes, &why) == 0)
        return true;
    if (log_pace_is_due(door->full, 0, now_ms, &count))
        log_event(LOG_ERR, "spool.full",
                  "reason=\"%s\" action=\"nothing is accepted; trying again later\"", why.text);
    return false;
}

int intake_scan(const struct intake_door *door, int64_t now_ms, size_t limit,
                struct intake_result *out, struct error *err)
{
    struct pass pass = {.door = door, .now_ms = now_ms};
    const struct spool_intake intake = {
        .context = &pass,
        .batch = door->batches != NULL ? note_batch : NULL,
        .knows = knows,
        .entry = take_entry,
        .commit = commit_group,
        .group = INTAKE_GROUP,
        .now_ms = now_ms,
    };
    *out = (struct intake_result){0};
    out->stopped = !has_room(door, now_ms);
    if (out->stopped)
        return 0;
    int rc = spool_scan(door->spool, &intake, limit, &out->counts, err);
    if (pass.in_transaction)
        ledger_rollback(door->ledger);
    out->stopped = pass.stopped;
    out->remembered = pass.remembered;
    out->counts.taken += out->counts.batches; /* the pass got on */
    out->more = out->counts.taken + out->counts.refused + out->counts.later >= limit;
    return rc;
}
