/*
 * `metrics`: rows {"v":1,"metric":NAME,"labels":{...},"value":N}, for Prometheus; `health`: one
 * object with checks: [{name, ok, detail}]. Both are the daemon's.
 */
#include <stdio.h>

#include "base/attributes.h"
#include "engine/metrics.h"
#include "engine/requests_backend.h"

static void put_state(const struct request *r, enum delivery_state state,
                      int64_t counts[CHANNEL_KINDS][DELIVERY_STATES])
{
    char labels[100];
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        snprintf(labels, sizeof(labels), "\"channel\":\"%s\",\"state\":\"%s\"",
                 channel_kind_name((enum channel_kind)kind), delivery_state_name(state));
        metrics_put(r->out, "jobs", labels, (double)counts[kind][state]);
    }
}

/* When the one that has been in a state the longest was accepted, over all channels; 0: none. */
static int put_oldest(const struct request *r, enum delivery_state state,
                      int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], struct error *err)
{
    char labels[60];
    int64_t oldest_ms = 0;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        int64_t accepted_ms = 0;
        int rc = counts[kind][state] == 0 ? 0
                                          : ledger_oldest(r->world->ledger, (enum channel_kind)kind,
                                                          state, &accepted_ms, err);
        if (rc != 0)
            return rc;
        if (accepted_ms != 0 && (oldest_ms == 0 || accepted_ms < oldest_ms))
            oldest_ms = accepted_ms;
    }
    snprintf(labels, sizeof(labels), "\"state\":\"%s\"", delivery_state_name(state));
    metrics_put(r->out, "oldest_job_timestamp_seconds", labels, (double)oldest_ms / 1000);
    return 0;
}

static int put_jobs(const struct request *r, struct error *err)
{
    static const enum delivery_state open[] = {DELIVERY_WAITING, DELIVERY_DEFERRED, DELIVERY_HELD,
                                               DELIVERY_UNCERTAIN};
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    int rc = ledger_count(r->world->ledger, counts, err);
    for (int state = 0; rc == 0 && state < DELIVERY_STATES; state++)
        put_state(r, (enum delivery_state)state, counts);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(open); i++)
        rc = put_oldest(r, open[i], counts, err);
    return rc;
}

int request_metrics(const struct request *r, struct error *err)
{
    const struct request_daemon *d = r->world->daemon;
    if (d == NULL)
        return error_set(err, ERR_DOWN, "metrics are the daemon's, and none runs: dispatcher run");
    metrics_put(r->out, "build_info", "\"version\":\"" DISPATCHER_VERSION "\"", 1);
    int rc = put_jobs(r, err);
    metrics_put_noted(r->out);
    d->put_metrics(d->context, r->out);
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return rc;
}

int request_health(const struct request *r, struct error *err)
{
    const struct request_daemon *d = r->world->daemon;
    if (d == NULL)
        return error_set(err, ERR_DOWN, "health is the daemon's, and none runs: dispatcher run");
    buf_puts(r->out, "{\"v\":1,\"end\":true,\"checks\":[");
    d->put_checks(d->context, r->out);
    buf_puts(r->out, "]}\n");
    return 0;
}
