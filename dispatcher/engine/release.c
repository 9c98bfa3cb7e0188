#include "engine/release.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"

/* Deliveries a step looks at: the loop must not wait long. */
#define RELEASE_LIMIT ((size_t)1000)

/* ---- what changed ---- */

static bool same_window(const struct send_window *a, const struct send_window *b)
{
    return a->from_minute == b->from_minute && a->to_minute == b->to_minute;
}

static bool same_hours(const struct transport *a, const struct transport *b)
{
    if (!same_window(&a->window, &b->window) || a->window_count != b->window_count)
        return false;
    for (size_t i = 0; i < a->window_count; i++) {
        if (!text_equal(a->windows[i].country, b->windows[i].country) ||
            !same_window(&a->windows[i].window, &b->windows[i].window))
            return false;
    }
    return true;
}

static bool same_crowds(const struct settings *a, const struct settings *b)
{
    if (a->endpoint_count != b->endpoint_count)
        return false;
    for (size_t i = 0; i < a->endpoint_count; i++) {
        if (a->endpoints[i].concurrency != b->endpoints[i].concurrency)
            return false;
    }
    return true;
}

static bool same_rates(const struct transport *a, const struct transport *b)
{
    if (a->domain_count != b->domain_count)
        return false;
    for (size_t i = 0; i < a->domain_count; i++) {
        const struct domain_rate *x = &a->domains[i], *y = &b->domains[i];
        if (!text_equal(x->domain, y->domain) || x->rate.count != y->rate.count ||
            x->rate.per_ms != y->rate.per_ms || x->concurrency != y->concurrency)
            return false;
    }
    return true;
}

static bool same_hosts(const struct smtp_settings *a, const struct smtp_settings *b)
{
    if (a->host_count != b->host_count)
        return false;
    for (size_t i = 0; i < a->host_count; i++) {
        if (!text_equal(a->hosts[i].host, b->hosts[i].host) || a->hosts[i].port != b->hosts[i].port)
            return false;
    }
    return true;
}

static bool same_server(const struct smtp_settings *a, const struct smtp_settings *b)
{
    return text_equal(a->host, b->host) && a->port == b->port && same_hosts(a, b) &&
           a->tls == b->tls && a->engine == b->engine &&
           text_equal(a->oauth_token, b->oauth_token) && text_equal(a->ca_file, b->ca_file) &&
           text_equal(a->helo_name, b->helo_name) && text_equal(a->user, b->user) &&
           text_equal(a->password, b->password);
}

static bool same_headers(const struct endpoint *a, const struct endpoint *b)
{
    if (a->header_count != b->header_count)
        return false;
    for (size_t i = 0; i < a->header_count; i++) {
        if (!text_equal(a->headers[i].name, b->headers[i].name) ||
            !text_equal(a->headers[i].value, b->headers[i].value))
            return false;
    }
    return true;
}

static bool same_signatures(const struct endpoint *a, const struct endpoint *b)
{
    return text_equal(a->secret, b->secret) && text_equal(a->old_secret, b->old_secret) &&
           a->old_secret_until_day == b->old_secret_until_day &&
           text_equal(a->signing_key, b->signing_key);
}

static bool same_endpoints(const struct settings *a, const struct settings *b)
{
    if (a->endpoint_count != b->endpoint_count)
        return false;
    for (size_t i = 0; i < a->endpoint_count; i++) {
        const struct endpoint *x = &a->endpoints[i], *y = &b->endpoints[i];
        if (!text_equal(x->name, y->name) || !text_equal(x->url, y->url) ||
            !same_signatures(x, y) || x->format != y->format || x->http2 != y->http2 ||
            x->timeout_ms != y->timeout_ms || x->allow_http != y->allow_http ||
            x->allow_private != y->allow_private || !same_headers(x, y))
            return false;
    }
    return true;
}

/* The way to what may rest: a mail domain is reached by the server, an endpoint by itself. */
static bool same_way(const struct settings *old, const struct settings *new,
                     const struct transport *a, const struct transport *b)
{
    if (a->type != b->type || a->channel != b->channel)
        return false;
    switch (a->channel) {
    case CHANNEL_EMAIL:
        return same_server(&a->smtp, &b->smtp);
    case CHANNEL_WEBHOOK:
        return text_equal(a->webhook.ca_file, b->webhook.ca_file) && same_endpoints(old, new);
    case CHANNEL_SMS:
        break; /* nothing behind a gateway rests */
    }
    return true;
}

struct release_causes release_compare(const struct settings *old, const struct settings *new,
                                      const char *transport)
{
    const struct transport *a = settings_find_transport(old, transport);
    const struct transport *b = settings_find_transport(new, transport);
    if (a == NULL || b == NULL)
        return (struct release_causes){0};
    return (struct release_causes){
        .window = !same_hours(a, b) || !text_equal(old->timezone, new->timezone),
        .rate = !same_rates(a, b) || (a->channel == CHANNEL_WEBHOOK && !same_crowds(old, new)),
        .destination_rest = !same_way(old, new, a, b),
    };
}

/* ---- what is to be done ---- */

static struct release_task *task_of(struct releasing *r, const char *transport)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->tasks[i].transport, transport) == 0)
            return &r->tasks[i];
    }
    r->tasks = xreallocarray(r->tasks, r->count + 1, sizeof(*r->tasks));
    struct release_task *task = &r->tasks[r->count++];
    *task = (struct release_task){.transport = xstrdup(transport)};
    return task;
}

/* From its beginning, with the causes of before beside those of now. */
static void add(struct releasing *r, const char *transport, struct release_causes causes,
                int64_t wall_ms)
{
    if (!causes.window && !causes.rate && !causes.destination_rest && !causes.letter)
        return;
    struct release_task *task = task_of(r, transport);
    const struct release before = task->place;
    task->place =
        (struct release){.transport = task->transport,
                         .causes = {causes.window ? "window" : before.causes[0],
                                    causes.rate ? "rate" : before.causes[1],
                                    causes.destination_rest ? "destination_rest" : before.causes[2],
                                    causes.letter ? "letter" : before.causes[3]},
                         .before_ms = wall_ms,
                         .more = true};
}

void releasing_begin(struct releasing *r, const struct settings *old, const struct settings *new,
                     bool letters, int64_t wall_ms)
{
    for (size_t i = 0; i < new->transport_count; i++) {
        const char *name = new->transports[i].name;
        struct release_causes causes = release_compare(old, new, name);
        causes.letter = letters;
        add(r, name, causes, wall_ms);
    }
}

bool releasing_has_more(const struct releasing *r)
{
    return r->count > 0;
}

static void end_last(struct releasing *r)
{
    const struct release_task *task = &r->tasks[r->count - 1];
    const struct release *place = &task->place;
    bool changed = place->causes[0] != NULL || place->causes[1] != NULL || place->causes[2] != NULL;
    if (changed || task->moved > 0) /* that no letter was waited for is no news */
        log_event(LOG_INFO, "config.released", "transport=%s deliveries=%zu", task->transport,
                  task->moved);
    free(r->tasks[--r->count].transport);
}

void releasing_step(struct releasing *r, struct recorder *recorder, int64_t mono_ms,
                    int64_t wall_ms)
{
    struct error why;
    if (r->count == 0)
        return;
    recorder_commit(recorder, mono_ms); /* what was decided by the configuration of before */
    if (recorder->down)
        return;
    struct release_task *task = &r->tasks[r->count - 1];
    if (ledger_release(recorder->ledger, &task->place, wall_ms, RELEASE_LIMIT, &why) != 0) {
        recorder_ledger_failed(recorder, &why);
        return;
    }
    task->moved += task->place.moved;
    if (!task->place.more)
        end_last(r);
}

void releasing_free(struct releasing *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->tasks[i].transport);
    free(r->tasks);
    *r = (struct releasing){0};
}
