#include "engine/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"

/* That all is well is written down this often, not with every request. */
#define WRITE_OK_MS (INT64_C(60) * 1000)

static void clear(struct endpoint_health *h)
{
    free(h->name);
    free(h->reason);
    *h = (struct endpoint_health){0};
}

void endpoints_free(struct endpoints *e)
{
    for (size_t i = 0; i < e->count; i++)
        clear(&e->at[i]);
    free(e->at);
    *e = (struct endpoints){0};
}

static struct endpoint_health *add(struct endpoints *e, const char *name)
{
    e->at = xreallocarray(e->at, e->count + 1, sizeof(*e->at));
    struct endpoint_health *h = &e->at[e->count++];
    *h = (struct endpoint_health){.name = xstrdup(name), .reason = xstrdup("")};
    return h;
}

static void take(void *context, const struct endpoint_state *state)
{
    struct endpoint_health *h = add(context, state->name);
    free(h->reason);
    h->reason = xstrdup(state->reason);
    h->disabled = state->disabled;
    h->since_ms = state->since_ms;
    h->failing_since_ms = state->failing_since_ms;
    h->last_ok_ms = h->written_ok_ms = state->last_ok_ms;
}

int endpoints_load(struct endpoints *e, struct ledger *l, struct error *err)
{
    endpoints_free(e);
    return ledger_walk_endpoints(l, take, e, err);
}

static struct endpoint_health *find(const struct endpoints *e, const char *name)
{
    for (size_t i = 0; i < e->count; i++) {
        if (strcmp(e->at[i].name, name) == 0)
            return &e->at[i];
    }
    return NULL;
}

const struct endpoint_health *endpoints_find(const struct endpoints *e, const char *name)
{
    return find(e, name);
}

bool endpoints_are_disabled(const struct endpoints *e, const char *name)
{
    const struct endpoint_health *h = find(e, name);
    return h != NULL && h->disabled;
}

bool endpoint_awaits_probe(const struct endpoint_health *h)
{
    return !h->disabled && h->since_ms != 0;
}

/* ---- what an attempt tells ---- */

bool endpoint_says_gone(const struct disposition *d)
{
    return d->outcome == OUTCOME_PERMANENT && strcmp(d->cause, "endpoint_gone") == 0;
}

enum telling { TELLS_NOTHING, TELLS_WELL, TELLS_FAILING, TELLS_GONE };

/* That one notice is too large, that it is asked to wait, or that our own configuration forbids the
 * way says nothing about the health of a receiver. */
static enum telling read_telling(const struct disposition *d)
{
    switch (d->outcome) {
    case OUTCOME_DELIVERED:
        return TELLS_WELL;
    case OUTCOME_TRANSIENT:
    case OUTCOME_UNCERTAIN:
        return TELLS_FAILING;
    case OUTCOME_PERMANENT:
        return endpoint_says_gone(d) ? TELLS_GONE : TELLS_NOTHING;
    case OUTCOME_NOT_TRIED:
    case OUTCOME_THROTTLE:
    case OUTCOME_CONFIG:
    case OUTCOME_SUPPRESS:
        break;
    }
    return TELLS_NOTHING;
}

static int write_down(struct endpoint_health *h, struct ledger *l, struct error *err)
{
    const struct endpoint_state state = {.name = h->name,
                                         .disabled = h->disabled,
                                         .reason = h->reason,
                                         .since_ms = h->since_ms,
                                         .failing_since_ms = h->failing_since_ms,
                                         .last_ok_ms = h->last_ok_ms};
    h->written_ok_ms = h->last_ok_ms;
    int rc = ledger_put_endpoint(l, &state, NULL, err);
    h->unwritten = rc != 0;
    return rc;
}

int endpoints_catch_up(struct endpoints *e, struct ledger *l, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < e->count; i++)
        rc = e->at[i].unwritten ? write_down(&e->at[i], l, err) : 0;
    return rc;
}

static void disable(struct endpoint_health *h, const char *reason, int64_t now_ms)
{
    free(h->reason);
    h->reason = xstrdup(reason);
    h->disabled = true;
    h->since_ms = now_ms;
    log_event(
        LOG_ERR, "endpoint.disabled",
        "endpoint=%s reason=\"%s\" note=\"its deliveries are held; dispatcher endpoint enable "
        "%s\"",
        h->name, reason, h->name);
}

static bool note_well(struct endpoint_health *h, int64_t now_ms)
{
    bool news = h->failing_since_ms != 0 || now_ms - h->written_ok_ms >= WRITE_OK_MS;
    if (h->failing_since_ms != 0)
        log_event(LOG_INFO, "endpoint.recovered", "endpoint=%s", h->name);
    h->failing_since_ms = 0;
    h->last_ok_ms = now_ms;
    return news;
}

static bool note_failing(struct endpoint_health *h, const struct endpoint *settings,
                         const struct disposition *d, int64_t now_ms)
{
    bool news = h->failing_since_ms == 0;
    if (news) {
        h->failing_since_ms = now_ms;
        log_event(LOG_WARN, "endpoint.failing", "endpoint=%s cause=%s", h->name, d->cause);
    }
    int64_t limit_ms = settings->disable_after_ms;
    if (h->disabled || limit_ms == 0 || now_ms - h->failing_since_ms < limit_ms)
        return news;
    struct buf reason = {0};
    buf_printf(&reason, "nothing but failures for %lld h, last: %s",
               (long long)((now_ms - h->failing_since_ms) / 3600000), d->reply);
    disable(h, buf_text(&reason), now_ms);
    buf_free(&reason);
    return true;
}

/* Any word of the receiver answers the probe; from then on its breaker knows how it is. */
static bool end_probe(struct endpoint_health *h, const struct disposition *d)
{
    bool silent = d->outcome == OUTCOME_NOT_TRIED || d->outcome == OUTCOME_CONFIG ||
                  d->outcome == OUTCOME_SUPPRESS;
    if (h == NULL || !endpoint_awaits_probe(h) || silent)
        return false;
    h->since_ms = 0;
    return true;
}

int endpoints_note(struct endpoints *e, const struct endpoint *settings,
                   const struct disposition *d, int64_t now_ms, struct ledger *l, struct error *err)
{
    enum telling telling = read_telling(d);
    struct endpoint_health *h = find(e, settings->name);
    bool news = end_probe(h, d);
    if (h == NULL && telling == TELLS_NOTHING)
        return 0;
    if (h == NULL)
        h = add(e, settings->name);
    if (telling == TELLS_WELL) {
        news = note_well(h, now_ms) || news;
    } else if (telling == TELLS_FAILING) {
        news = note_failing(h, settings, d, now_ms) || news;
    } else if (telling == TELLS_GONE && !h->disabled) {
        disable(h, d->reply, now_ms);
        news = true;
    }
    return news ? write_down(h, l, err) : 0;
}
