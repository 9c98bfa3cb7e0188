#include "engine/daemon_view.h"

#include <unistd.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/metrics.h"

static void put_time(struct buf *out, const char *key, int64_t wall_ms)
{
    char time[CLOCK_TEXT_SIZE];
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, wall_ms > 0 ? clock_format_rfc3339(wall_ms, time) : NULL);
}

/* Deliveries in the hands of workers. */
static size_t count_open(const struct daemon_view *v, const struct transport *t)
{
    const struct pool *pool = &v->dispatch->pool;
    size_t open = 0;
    for (size_t i = 0; i < pool->count; i++) {
        const struct worker_slot *w = &pool->slots[i];
        if (w->busy && w->transport != NULL && strcmp(w->transport->name, t->name) == 0)
            open += w->open;
    }
    return open;
}

static void put_transport(const struct daemon_view *v, const struct transport *t, struct buf *out)
{
    struct transport_view view;
    dispatch_view(v->dispatch, t, clock_mono_ms(), &view);
    buf_puts(out, "{\"name\":");
    buf_put_json(out, t->name);
    buf_printf(out, ",\"channel\":\"%s\",\"in_flight\":%zu,\"paused_ms\":%lld,\"reason\":",
               channel_kind_name(t->channel), view.in_flight, (long long)view.paused_ms);
    buf_put_json(out, view.reason);
    buf_printf(out, ",\"open\":%zu,\"breaker\":\"%s\",\"waits_for\":\"%s\"", count_open(v, t),
               view.breaker, view.waits_for);
    put_time(out, "since", view.since_wall_ms);
    put_time(out, "until", view.paused_ms > 0 ? clock_wall_ms() + view.paused_ms : 0);
    buf_putc(out, '}');
}

static void put_transports(const struct daemon_view *v, struct buf *out)
{
    const struct settings *settings = v->settings;
    buf_puts(out, ",\"transports\":[");
    for (size_t i = 0; i < settings->transport_count; i++) {
        if (i > 0)
            buf_putc(out, ',');
        put_transport(v, &settings->transports[i], out);
    }
    buf_putc(out, ']');
}

/* Why nothing is sent while the ledger takes nothing, and since when. */
static void put_ledger_state(const struct recorder *r, struct buf *out)
{
    char since[CLOCK_TEXT_SIZE];
    buf_printf(out, ",\"ledger_available\":%s", r->told ? "false" : "true");
    if (!r->told)
        return;
    buf_puts(out, ",\"ledger_reason\":");
    buf_put_json(out, r->why.text);
    buf_printf(out, ",\"ledger_since\":\"%s\",\"unrecorded\":%zu",
               clock_format_rfc3339(r->told_wall_ms, since), r->unrecorded_count);
}

/* Why nothing is taken in; nothing if there is room. */
static void put_lack_of_room(const struct daemon_view *v, struct buf *out)
{
    struct error why;
    if (spool_check_room(v->spool, v->settings->min_free_bytes, &why) == 0)
        return;
    buf_puts(out, ",\"disk_reason\":");
    buf_put_json(out, why.text);
}

static void put_intake_state(const struct daemon_view *v, struct buf *out)
{
    int64_t line = 0, total = 0;
    const char *id = batch_intake_current(v->batches, &line, &total);
    buf_puts(out, ",\"intake\":");
    if (id == NULL) {
        buf_puts(out, "null");
        return;
    }
    buf_puts(out, "{\"batch\":");
    buf_put_json(out, id);
    buf_printf(out, ",\"line\":%lld,\"total\":%lld}", (long long)line, (long long)total);
}

/* Only those of the configuration: what is remembered of others disturbs nobody. */
static const struct endpoint_health *find_disabled(const struct daemon_view *v, size_t at)
{
    const struct endpoint_health *h =
        endpoints_find(&v->dispatch->endpoints, v->settings->endpoints[at].name);
    return h != NULL && h->disabled ? h : NULL;
}

static void put_disabled_endpoints(const struct daemon_view *v, struct buf *out)
{
    const char *sign = "";
    char time[CLOCK_TEXT_SIZE];
    buf_puts(out, ",\"endpoints_disabled\":[");
    for (size_t i = 0; i < v->settings->endpoint_count; i++) {
        const struct endpoint_health *h = find_disabled(v, i);
        if (h == NULL)
            continue;
        buf_printf(out, "%s{\"name\":", sign);
        buf_put_json(out, h->name);
        buf_printf(out, ",\"since\":\"%s\",\"reason\":", clock_format_rfc3339(h->since_ms, time));
        buf_put_json(out, h->reason);
        buf_putc(out, '}');
        sign = ",";
    }
    buf_putc(out, ']');
}

/* Those with a mistake: the version of before is used, or they are left out. */
static void put_letters(const struct daemon_view *v, struct buf *out)
{
    struct library_fault f;
    buf_puts(out, ",\"letters_with_mistakes\":[");
    for (size_t i = 0; library_fault_at(v->library, i, &f); i++) {
        buf_printf(out, "%s{\"name\":", i > 0 ? "," : "");
        buf_put_json(out, f.name);
        buf_printf(out, ",\"kept\":%s,\"reason\":", f.kept ? "true" : "false");
        buf_put_json(out, f.reason);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

void daemon_view_put(const struct daemon_view *v, struct buf *out)
{
    size_t lanes = 0;
    (void)ledger_lanes(v->ledger, &lanes);
    buf_printf(out, ",\"pid\":%d,\"uptime_ms\":%lld,\"workers\":%zu,\"busy\":%zu,\"stopping\":%s",
               (int)getpid(), (long long)v->uptime_ms, v->dispatch->pool.count,
               pool_busy(&v->dispatch->pool), v->stopping ? "true" : "false");
    buf_printf(out, ",\"refused\":%lld,\"lanes\":%zu", (long long)spool_count_refused(v->spool),
               lanes);
    put_ledger_state(&v->dispatch->recorder, out);
    put_lack_of_room(v, out);
    put_intake_state(v, out);
    put_letters(v, out);
    put_transports(v, out);
    put_disabled_endpoints(v, out);
    resting_put(&v->dispatch->resting, clock_wall_ms(), out);
}

/* ---- metrics ---- */

static bool is_paused(const struct daemon_view *v, const struct transport *t)
{
    struct transport_view view;
    dispatch_view(v->dispatch, t, clock_mono_ms(), &view);
    return view.paused_ms > 0 || view.stop != NULL;
}

static void put_paused_transports(const struct daemon_view *v, struct buf *out)
{
    struct buf labels = {0};
    for (size_t i = 0; i < v->settings->transport_count; i++) {
        const struct transport *t = &v->settings->transports[i];
        buf_reset(&labels);
        buf_puts(&labels, "\"transport\":");
        buf_put_json(&labels, t->name);
        metrics_put(out, "transport_paused", buf_text(&labels), is_paused(v, t) ? 1 : 0);
    }
    buf_free(&labels);
}

static void put_paused_channels(const struct daemon_view *v, struct buf *out)
{
    char labels[40];
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        size_t all = 0, paused = 0;
        for (size_t i = 0; i < v->settings->transport_count; i++) {
            const struct transport *t = &v->settings->transports[i];
            bool belongs = t->channel == (enum channel_kind)kind;
            all += belongs ? 1 : 0;
            paused += belongs && is_paused(v, t) ? 1 : 0;
        }
        snprintf(labels, sizeof(labels), "\"channel\":\"%s\"",
                 channel_kind_name((enum channel_kind)kind));
        metrics_put(out, "channel_paused", labels, all > 0 && all == paused ? 1 : 0);
    }
}

static void put_endpoints(const struct daemon_view *v, struct buf *out)
{
    struct buf labels = {0};
    for (size_t i = 0; i < v->settings->endpoint_count; i++) {
        buf_reset(&labels);
        buf_puts(&labels, "\"endpoint\":");
        buf_put_json(&labels, v->settings->endpoints[i].name);
        metrics_put(out, "endpoint_disabled", buf_text(&labels), find_disabled(v, i) != NULL);
    }
    buf_free(&labels);
}

static void put_room(const struct daemon_view *v, struct buf *out)
{
    struct spool_room room;
    struct error ignored;
    if (spool_measure_room(v->spool, &room, &ignored) != 0)
        return;
    metrics_put(out, "spool_free_bytes", NULL, (double)room.bytes);
    metrics_put(out, "spool_free_inodes", NULL, (double)room.inodes);
}

static size_t count_faults(const struct library *l)
{
    struct library_fault f;
    size_t count = 0;
    while (library_fault_at(l, count, &f))
        count++;
    return count;
}

void daemon_view_put_metrics(const struct daemon_view *v, struct buf *out)
{
    metrics_put(out, "start_time_seconds", NULL, (double)(clock_wall_ms() - v->uptime_ms) / 1000);
    metrics_put(out, "workers", NULL, (double)v->dispatch->pool.count);
    metrics_put(out, "workers_busy", NULL, (double)pool_busy(&v->dispatch->pool));
    metrics_put(out, "ledger_available", NULL, v->dispatch->recorder.told ? 0 : 1);
    metrics_put(out, "letters_with_mistakes", NULL, (double)count_faults(v->library));
    put_paused_transports(v, out);
    put_paused_channels(v, out);
    put_endpoints(v, out);
    put_room(v, out);
}

/* ---- health ---- */

static void put_check(struct buf *out, const char *name, bool ok, const char *detail)
{
    buf_printf(out, "%s{\"name\":\"%s\",\"ok\":%s", text_ends_with(buf_text(out), "[") ? "" : ",",
               name, ok ? "true" : "false");
    if (detail[0] != '\0') {
        buf_puts(out, ",\"detail\":");
        buf_put_json(out, detail);
    }
    buf_putc(out, '}');
}

/* Ready all the same: a letter with a mistake keeps no other one from being sent. */
static void put_letters_check(const struct library *l, struct buf *out)
{
    struct library_fault f;
    struct buf detail = {0};
    for (size_t i = 0; library_fault_at(l, i, &f); i++)
        buf_printf(&detail, "%s%s: %s", i > 0 ? "; " : "", f.name, f.reason);
    put_check(out, "letters", true, buf_text(&detail));
    buf_free(&detail);
}

void daemon_view_put_checks(const struct daemon_view *v, struct buf *out)
{
    const struct recorder *r = &v->dispatch->recorder;
    struct error spool = {0}, room = {0};
    bool writable = spool_check_writable(v->spool, &spool) == 0;
    bool has_room = spool_check_room(v->spool, v->settings->min_free_bytes, &room) == 0;
    put_check(out, "loop", true, "");
    put_check(out, "config", v->refused_config[0] == '\0', v->refused_config);
    put_letters_check(v->library, out);
    put_check(out, "spool", writable && has_room, writable ? room.text : spool.text);
    put_check(out, "ledger", !r->told, r->told ? r->why.text : "");
    put_check(out, "draining", !v->stopping,
              v->stopping ? "it is stopping and takes nothing new" : "");
}
