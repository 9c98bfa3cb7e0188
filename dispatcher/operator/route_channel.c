#include "operator/route.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/output.h"
#include "cli/session.h"
#include "model/json.h"
#include "policy/country.h"
#include "policy/failover.h"

/* One channel of a plan. */
struct way {
    const struct route_scene *s;
    const struct intake_plan *plan;
    size_t index;
    enum channel_kind kind;
    const char *name, *address; /* of the channel, of the recipient */
    const struct transport *transport;
};

static void note_transport(const struct way *w, const char *where)
{
    static const char *const keys[CHANNEL_KINDS] = {[CHANNEL_EMAIL] = "transport.email",
                                                    [CHANNEL_SMS] = "transport.sms",
                                                    [CHANNEL_WEBHOOK] = "transport.webhook"};
    route_decisions_add(w->s->decisions, "transport", w->transport->name, where);
    route_decisions_add(w->s->decisions, keys[w->kind], w->transport->name, where);
}

static void explain_transport(const struct way *w)
{
    struct carriers c;
    struct buf where = {0}, others = {0};
    carriers_list(w->s->setup->settings, w->transport, &c);
    for (size_t i = 1; i < c.count; i++)
        buf_printf(&others, "%s%s", i > 1 ? ", " : "", c.at[i]->name);
    route_put_transport_place(w->s, w->transport->name, NULL, &where);
    if (c.count > 1)
        route_step(w->s, where.data, w->name,
                   "to %s over %s; while that rests, or after %d %s over it: %s", w->address,
                   w->transport->name, c.tries_each, c.tries_each == 1 ? "try" : "tries",
                   buf_text(&others));
    else
        route_step(w->s, where.data, w->name, "to %s over %s", w->address, w->transport->name);
    note_transport(w, where.data);
    buf_free(&where);
    buf_free(&others);
}

/* ---- what keeps it from being sent ---- */

static void explain_trial(const struct way *w)
{
    const struct settings *settings = w->s->setup->settings;
    struct buf where = {0};
    if (!settings->trial)
        return;
    route_put_config_place(w->s, "trial", &where);
    if (settings_allows(settings, w->address))
        route_step(w->s, where.data, w->name, "trial mode, and the address is on the allow list");
    else
        route_step(w->s, where.data, w->name,
                   "trial mode, and the address is not on the allow list: suppressed");
    buf_free(&where);
}

static bool overrides(const struct way *w)
{
    const struct settings *settings = w->s->setup->settings;
    const char *category = w->plan->category;
    for (size_t i = 0; category != NULL && i < settings->suppress_override_count; i++) {
        if (strcmp(settings->suppress_override[i], category) == 0)
            return true;
    }
    return false;
}

static void tell_suppression(void *context, const struct json_t *row)
{
    const struct way *w = context;
    struct buf where = {0};
    if (overrides(w)) {
        route_put_config_place(w->s, "suppression", &where);
        route_step(w->s, where.data, w->name,
                   "the address is suppressed (%s), but the category %s overrides that",
                   json_get_text(row, "cause", ""), w->plan->category);
    } else {
        char since[64];
        route_step(w->s, NULL, w->name,
                   "the address is suppressed (%s, by %s, since %s): it is not sent",
                   json_get_text(row, "cause", ""), json_get_text(row, "source", ""),
                   output_time(json_get_text(row, "since", NULL), since, sizeof(since)));
    }
    buf_free(&where);
}

static void explain_suppression(struct way *w)
{
    struct buf request = {0}, rows = {0}, end = {0};
    struct error ignored;
    if (w->s->client == NULL || w->kind == CHANNEL_WEBHOOK)
        return;
    request_begin(&request, "suppressions");
    request_put_text(&request, "channel", w->name);
    request_put_text(&request, "address", w->address);
    buf_putc(&request, '}');
    if (client_ask(w->s->client, request.data, &rows, &end, &ignored) == 0)
        output_each_line(&rows, tell_suppression, w);
    buf_free(&request);
    buf_free(&rows);
    buf_free(&end);
}

static void tell_endpoint(void *context, const struct json_t *row)
{
    const struct way *w = context;
    if (strcmp(json_get_text(row, "name", ""), w->address) == 0 &&
        json_get_bool(row, "disabled", false))
        route_step(w->s, NULL, w->name, "the endpoint is disabled: it is held (%s)",
                   json_get_text(row, "reason", ""));
}

static void explain_endpoint(struct way *w)
{
    struct buf rows = {0}, end = {0};
    struct error ignored;
    if (w->s->client == NULL || w->kind != CHANNEL_WEBHOOK)
        return;
    if (client_ask(w->s->client, "{\"v\":1,\"verb\":\"endpoints\"}", &rows, &end, &ignored) == 0)
        output_each_line(&rows, tell_endpoint, w);
    buf_free(&rows);
    buf_free(&end);
}

/* ---- when ---- */

static void explain_hours(const struct way *w)
{
    const struct job *job = w->plan->job;
    const struct transport *t = w->transport;
    const char *zone = setup_zone(w->s->setup, job->to.timezone, w->plan->locale);
    const struct country_clues clues = {job->to.phone, w->plan->route.locale, zone};
    const struct send_window *hours = country_window(t, &clues);
    char country[COUNTRY_SIZE];
    struct buf where = {0};
    if (hours->from_minute == hours->to_minute)
        return;
    route_put_transport_place(w->s, t->name, hours == &t->window ? "window" : "windows", &where);
    route_step(w->s, where.data, w->name, "only from %02d:%02d to %02d:%02d in %s (%s)",
               hours->from_minute / 60, hours->from_minute % 60, hours->to_minute / 60,
               hours->to_minute % 60, zone != NULL ? zone : "UTC",
               country_find(&clues, country) ? country : "country unknown");
    buf_free(&where);
}

static void explain_patience(const struct way *w)
{
    const struct route *route = &w->plan->route;
    char span[OUTPUT_NUMBER_SIZE];
    struct buf where = {0};
    if (route->method != JOB_SINGLE || w->index + 1 >= route->channel_count)
        return;
    const char *next = channel_kind_name(route->channels[w->index + 1]);
    route_put_rule_place(w->s, route->rule, &where);
    if (route->patience_ms[w->index] > 0)
        route_step(w->s, where.data, w->name, "has %s; if it has not %s by then, or fails: %s",
                   output_span(route->patience_ms[w->index], span),
                   route->confirm[w->index] ? "been confirmed" : "been delivered", next);
    else
        route_step(w->s, where.data, w->name, "if it fails: %s", next);
    buf_free(&where);
}

static void explain_leaving(const struct way *w)
{
    struct planned_delivery d;
    char utc[CLOCK_TEXT_SIZE], local[64];
    intake_plan_delivery(w->s->setup, w->plan, w->index, NULL, w->s->now_ms, &d);
    const char *when = output_time(clock_format_rfc3339(d.due_ms, utc), local, sizeof(local));
    if (d.state == DELIVERY_HELD)
        route_step(w->s, NULL, w->name, "held (%s) until somebody retries it", d.cause);
    else if (w->plan->route.method == JOB_SINGLE && w->index > 0)
        route_step(w->s, NULL, w->name, "leaves when its turn has come");
    else if (d.due_ms > w->s->now_ms)
        route_step(w->s, NULL, w->name, "leaves at %s", when);
    else
        route_step(w->s, NULL, w->name, "leaves at once");
}

void route_explain_channel(const struct route_scene *s, const struct intake_plan *plan,
                           size_t index)
{
    struct way w = {.s = s, .plan = plan, .index = index, .kind = plan->route.channels[index]};
    w.name = channel_kind_name(w.kind);
    w.address = job_address(plan->job, w.kind);
    w.transport = settings_transport_for(s->setup->settings, w.kind);
    explain_transport(&w);
    explain_trial(&w);
    explain_suppression(&w);
    explain_endpoint(&w);
    explain_hours(&w);
    explain_patience(&w);
    explain_leaving(&w);
}
