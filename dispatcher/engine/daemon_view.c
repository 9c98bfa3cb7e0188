#include "engine/daemon_view.h"

#include <unistd.h>

#include "base/clock.h"

static void put_transport(const struct daemon_view *v, const struct transport *t, struct buf *out)
{
    struct transport_view view;
    dispatch_view(v->dispatch, t, clock_mono_ms(), &view);
    buf_puts(out, "{\"name\":");
    buf_put_json(out, t->name);
    buf_printf(out, ",\"channel\":\"%s\",\"in_flight\":%zu,\"paused_ms\":%lld,\"reason\":",
               channel_kind_name(t->channel), view.in_flight, (long long)view.paused_ms);
    buf_put_json(out, view.reason);
    buf_printf(out, ",\"breaker\":\"%s\",\"waits_for\":\"%s\"}", view.breaker, view.waits_for);
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
    put_intake_state(v, out);
    put_transports(v, out);
}
