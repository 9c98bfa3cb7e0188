#include "engine/metrics.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/log.h"
#include "model/cause.h"

#define CAUSES_MAX 128
#define BUCKETS    11

struct histogram {
    int64_t counts[BUCKETS + 1]; /* the last: above them all */
    double sum_s;
};

/* Upper ends in seconds. */
static const double send_bounds[BUCKETS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                            0.5,   1,    2.5,   10,   60};
static const double age_bounds[BUCKETS] = {0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 43200, 172800};

static struct {
    int64_t notices[METRICS_DEDUPLICATED + 1];
    int64_t lines_accepted, lines_rejected, fallbacks;
    int64_t attempts[CHANNEL_KINDS][OUTCOMES];
    int64_t causes[CHANNEL_KINDS][CAUSES_MAX + 1]; /* the last: any other word */
    int64_t receipts[RECEIPT_KINDS];
    struct histogram sending[CHANNEL_KINDS], age;
    int64_t delivered_ms[CHANNEL_KINDS]; /* the last one; 0: none yet */
    int64_t render_errors;
    bool reload_failed;
    int64_t reload_ms;
} noted;

void metrics_note_notice(enum metrics_notice what)
{
    noted.notices[what]++;
}

void metrics_note_lines(int64_t accepted, int64_t rejected)
{
    noted.lines_accepted += accepted;
    noted.lines_rejected += rejected;
}

void metrics_note_fallback(void)
{
    noted.fallbacks++;
}

void metrics_note_receipt(enum receipt_kind kind)
{
    noted.receipts[kind]++;
}

void metrics_note_reload(bool taken, int64_t now_ms)
{
    noted.reload_failed = !taken;
    noted.reload_ms = taken ? now_ms : noted.reload_ms;
}

/* ---- attempts ---- */

static void observe(struct histogram *h, const double bounds[BUCKETS], double value_s)
{
    size_t at = 0;
    while (at < BUCKETS && value_s > bounds[at])
        at++;
    h->counts[at]++;
    h->sum_s += value_s;
}

static size_t find_cause(const char *cause)
{
    const char *name;
    for (size_t i = 0; i < CAUSES_MAX && (name = cause_name(i)) != NULL; i++) {
        if (strcmp(name, cause) == 0)
            return i;
    }
    return CAUSES_MAX;
}

void metrics_note_attempt(const struct metrics_attempt *a)
{
    noted.attempts[a->channel][a->disposition->outcome]++;
    observe(&noted.sending[a->channel], send_bounds, (double)a->duration_ms / 1000);
    if (a->disposition->outcome == OUTCOME_DELIVERED)
        noted.delivered_ms[a->channel] = a->now_ms;
    else
        noted.causes[a->channel][find_cause(a->disposition->cause)]++;
    if (strcmp(a->disposition->cause, "render") == 0)
        noted.render_errors++;
    if (delivery_state_is_final(a->state))
        observe(&noted.age, age_bounds, (double)(a->now_ms - a->accepted_ms) / 1000);
}

/* ---- rows ---- */

void metrics_put(struct buf *out, const char *name, const char *labels, double value)
{
    buf_printf(out, "{\"v\":1,\"metric\":\"%s\",\"labels\":{%s},\"value\":%.15g}\n", name,
               labels != NULL ? labels : "", value);
}

static void put_histogram(struct buf *out, const char *name, const char *labels,
                          const struct histogram *h, const double bounds[BUCKETS])
{
    char full[80], with[160];
    int64_t total = 0;
    snprintf(full, sizeof(full), "%s_bucket", name);
    for (size_t i = 0; i <= BUCKETS; i++) {
        char bound[24] = "+Inf";
        total += h->counts[i];
        if (i < BUCKETS)
            snprintf(bound, sizeof(bound), "%.15g", bounds[i]);
        snprintf(with, sizeof(with), "%s%s\"le\":\"%s\"", labels, labels[0] != '\0' ? "," : "",
                 bound);
        metrics_put(out, full, with, (double)total);
    }
    snprintf(full, sizeof(full), "%s_sum", name);
    metrics_put(out, full, labels, h->sum_s);
    snprintf(full, sizeof(full), "%s_count", name);
    metrics_put(out, full, labels, (double)total);
}

static void put_causes(struct buf *out, enum channel_kind kind)
{
    char labels[120];
    const char *name;
    for (size_t i = 0; i < CAUSES_MAX && (name = cause_name(i)) != NULL; i++) {
        if (noted.causes[kind][i] == 0)
            continue;
        snprintf(labels, sizeof(labels), "\"channel\":\"%s\",\"cause\":\"%s\"",
                 channel_kind_name(kind), name);
        metrics_put(out, "delivery_failures_total", labels, (double)noted.causes[kind][i]);
    }
    snprintf(labels, sizeof(labels), "\"channel\":\"%s\",\"cause\":\"other\"",
             channel_kind_name(kind));
    metrics_put(out, "delivery_failures_total", labels, (double)noted.causes[kind][CAUSES_MAX]);
}

static void put_channel(struct buf *out, enum channel_kind kind)
{
    char labels[120];
    for (int outcome = 0; outcome < OUTCOMES; outcome++) {
        snprintf(labels, sizeof(labels), "\"channel\":\"%s\",\"result\":\"%s\"",
                 channel_kind_name(kind), outcome_name((enum outcome)outcome));
        metrics_put(out, "delivery_attempts_total", labels, (double)noted.attempts[kind][outcome]);
    }
    put_causes(out, kind);
    snprintf(labels, sizeof(labels), "\"channel\":\"%s\"", channel_kind_name(kind));
    put_histogram(out, "delivery_duration_seconds", labels, &noted.sending[kind], send_bounds);
    metrics_put(out, "last_delivery_timestamp_seconds", labels,
                (double)noted.delivered_ms[kind] / 1000);
}

static void put_intake(struct buf *out)
{
    metrics_put(out, "jobs_accepted_total", "\"source\":\"spool\"",
                (double)noted.notices[METRICS_ACCEPTED]);
    metrics_put(out, "jobs_accepted_total", "\"source\":\"batch\"", (double)noted.lines_accepted);
    metrics_put(out, "jobs_rejected_total", "\"source\":\"spool\"",
                (double)noted.notices[METRICS_REJECTED]);
    metrics_put(out, "jobs_rejected_total", "\"source\":\"batch\"", (double)noted.lines_rejected);
    metrics_put(out, "jobs_deduplicated_total", NULL, (double)noted.notices[METRICS_DEDUPLICATED]);
    metrics_put(out, "locale_fallbacks_total", NULL, (double)noted.fallbacks);
}

static void put_receipts(struct buf *out)
{
    char labels[60];
    for (int kind = RECEIPT_ACCEPTED; kind < RECEIPT_KINDS; kind++) {
        snprintf(labels, sizeof(labels), "\"kind\":\"%s\"",
                 receipt_kind_name((enum receipt_kind)kind));
        metrics_put(out, "receipts_total", labels, (double)noted.receipts[kind]);
    }
}

static void put_log(struct buf *out)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    char labels[40];
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        snprintf(labels, sizeof(labels), "\"level\":\"%s\"", levels[i]);
        metrics_put(out, "log_messages_total", labels, (double)log_count((enum log_level)i));
    }
}

void metrics_put_noted(struct buf *out)
{
    put_intake(out);
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        put_channel(out, (enum channel_kind)kind);
    put_histogram(out, "job_age_seconds", "", &noted.age, age_bounds);
    put_receipts(out);
    put_log(out);
    metrics_put(out, "render_errors_total", NULL, (double)noted.render_errors);
    metrics_put(out, "config_last_reload_successful", NULL, noted.reload_failed ? 0 : 1);
    metrics_put(out, "config_last_reload_success_timestamp_seconds", NULL,
                (double)noted.reload_ms / 1000);
}
