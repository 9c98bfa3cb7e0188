#include "api/metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/desk.h"
#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "model/json.h"

#define PREFIX      "dispatcher_"
#define JSON_DEPTH  4
#define SAMPLES_MAX 5000

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM };
static const char *const page_names[PAGES] = {
    [PAGE_OTHER] = "other",   [PAGE_REPORTS] = "reports", [PAGE_HEALTHZ] = "healthz",
    [PAGE_READYZ] = "readyz", [PAGE_METRICS] = "metrics",
};
static const char *const type_names[] = {"gauge", "counter", "histogram"};

struct family {
    const char *name;
    enum metric_type type;
    const char *help;
};

/* What the scheduler may tell. */
static const struct family families[] = {
    {"build_info", METRIC_GAUGE, "Always 1; the release is in the label."},
    {"start_time_seconds", METRIC_GAUGE, "When the scheduler was started, seconds since 1970."},
    {"jobs", METRIC_GAUGE, "Deliveries by state."},
    {"oldest_job_timestamp_seconds", METRIC_GAUGE,
     "When the oldest delivery in this state was accepted, seconds since 1970; 0: there is none."},
    {"jobs_accepted_total", METRIC_COUNTER, "Notices and lines of batches that were accepted."},
    {"jobs_rejected_total", METRIC_COUNTER, "Notices that were refused."},
    {"jobs_deduplicated_total", METRIC_COUNTER, "Notices that were handed over again."},
    {"delivery_attempts_total", METRIC_COUNTER, "Attempts by what came of them."},
    {"delivery_failures_total", METRIC_COUNTER, "Failed attempts by cause."},
    {"delivery_duration_seconds", METRIC_HISTOGRAM, "How long sending took."},
    {"job_age_seconds", METRIC_HISTOGRAM, "From accepting a notice to its end."},
    {"receipts_total", METRIC_COUNTER, "Reports on deliveries that left, by what came of them."},
    {"render_errors_total", METRIC_COUNTER, "Letters that could not be written."},
    {"locale_fallbacks_total", METRIC_COUNTER, "Letters in another language than asked for."},
    {"workers", METRIC_GAUGE, "Worker processes."},
    {"workers_busy", METRIC_GAUGE, "Worker processes that are sending."},
    {"channel_paused", METRIC_GAUGE, "1 while every transport of the channel rests."},
    {"transport_paused", METRIC_GAUGE, "1 while the transport rests."},
    {"endpoint_disabled", METRIC_GAUGE, "1 while the endpoint gets nothing until it is enabled."},
    {"config_last_reload_successful", METRIC_GAUGE, "0 when the last reload was refused."},
    {"config_last_reload_success_timestamp_seconds", METRIC_GAUGE,
     "When a configuration was last taken, seconds since 1970."},
    {"letters_with_mistakes", METRIC_GAUGE,
     "Letters that are left out, or used as they were before."},
    {"last_delivery_timestamp_seconds", METRIC_GAUGE,
     "When something was last delivered, seconds since 1970."},
    {"ledger_available", METRIC_GAUGE, "0 while the ledger takes nothing."},
    {"spool_free_bytes", METRIC_GAUGE, "Room on the disk of the spool."},
    {"spool_free_inodes", METRIC_GAUGE, "Files the disk of the spool can still take."},
    {"log_messages_total", METRIC_COUNTER, "Lines of the log by level."},
};

/* ---- rows of the scheduler */

struct sample {
    struct json_t *row;
    const struct family *family;
};

static bool belongs_to(const struct family *f, const char *name)
{
    static const char *const suffixes[] = {"_bucket", "_sum", "_count"};
    size_t len = strlen(f->name);
    if (strncmp(name, f->name, len) != 0)
        return false;
    if (f->type != METRIC_HISTOGRAM)
        return name[len] == '\0';
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        if (strcmp(name + len, suffixes[i]) == 0)
            return true;
    }
    return false;
}

static const struct family *find_family(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        if (belongs_to(&families[i], name))
            return &families[i];
    }
    return NULL;
}

static size_t read_samples(const struct buf *rows, struct sample *out)
{
    size_t count = 0;
    const char *at = buf_text(rows), *end = at + rows->len;
    while (at < end && count < SAMPLES_MAX) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline != NULL ? newline : end) - at);
        struct json_t *row = NULL;
        if (json_parse(at, len, "row", 1, JSON_DEPTH, &row, NULL) == 0) {
            const struct family *f = find_family(json_get_text(row, "metric", ""));
            if (f != NULL)
                out[count++] = (struct sample){row, f};
            else
                json_free(row);
        }
        at += len + 1;
    }
    return count;
}

/* A label's value: backslash, quote and line feed are escaped, and nothing else. */
static void put_label_value(struct buf *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\n')
            buf_puts(out, "\\n");
        else if (*value == '\\' || *value == '"')
            buf_printf(out, "\\%c", *value);
        else
            buf_putc(out, *value);
    }
}

static void put_label(void *context, const char *name, const struct json_t *value)
{
    struct buf *out = context;
    struct buf plain = {0};
    json_put_plain(&plain, value);
    buf_printf(out, "%s%s=\"", out->len > 0 ? "," : "", name);
    put_label_value(out, buf_text(&plain));
    buf_putc(out, '"');
    buf_free(&plain);
}

static void put_sample(struct buf *out, const struct json_t *row)
{
    struct buf labels = {0}, value = {0};
    json_walk(json_get(row, "labels"), put_label, &labels);
    buf_printf(out, PREFIX "%s", json_get_text(row, "metric", ""));
    if (labels.len > 0)
        buf_printf(out, "{%s}", labels.data);
    json_put_plain(&value, json_get(row, "value"));
    buf_printf(out, " %s\n", value.len > 0 ? value.data : "NaN");
    buf_free(&labels);
    buf_free(&value);
}

static void put_head(struct buf *out, const struct family *f)
{
    buf_printf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", f->name, f->help, f->name,
               type_names[f->type]);
}

/* All of one name stand together, as the format wants it. */
static void put_samples(struct buf *out, const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        bool headed = false;
        for (size_t n = 0; n < count; n++) {
            if (samples[n].family != &families[i])
                continue;
            if (!headed)
                put_head(out, &families[i]);
            headed = true;
            put_sample(out, samples[n].row);
        }
    }
}

/* ---- our own */

static void put_requests(struct buf *out, const struct server *server)
{
    static const struct family f = {"api_requests_total", METRIC_COUNTER,
                                    "Requests to the API by page and kind of answer."};
    put_head(out, &f);
    for (int page = 0; page < PAGES; page++) {
        for (int digit = 2; digit <= 5; digit++)
            buf_printf(out, PREFIX "%s{page=\"%s\",status=\"%dxx\"} %llu\n", f.name,
                       page_names[page], digit,
                       (unsigned long long)server_answered(server, page, digit));
    }
}

static void put_receipts(struct buf *out, const struct inbox_counts *counts)
{
    static const struct family f = {"api_receipts_total", METRIC_COUNTER,
                                    "Reports of gateways that were handed to the scheduler."};
    put_head(out, &f);
    buf_printf(out, PREFIX "%s{result=\"booked\"} %llu\n", f.name,
               (unsigned long long)counts->booked);
    buf_printf(out, PREFIX "%s{result=\"parked\"} %llu\n", f.name,
               (unsigned long long)counts->parked);
    buf_printf(out, PREFIX "%s{result=\"refused\"} %llu\n", f.name,
               (unsigned long long)counts->refused);
}

static void put_own(struct buf *out, const struct desk *d, bool up)
{
    static const struct family alive = {"scheduler_up", METRIC_GAUGE,
                                        "1 when the scheduler answered this scrape."};
    static const struct family open = {"api_connections", METRIC_GAUGE,
                                       "Connections to the API that are open."};
    put_head(out, &alive);
    buf_printf(out, PREFIX "%s %d\n", alive.name, up ? 1 : 0);
    put_head(out, &open);
    buf_printf(out, PREFIX "%s %zu\n", open.name, server_connections(d->server));
    put_requests(out, d->server);
    put_receipts(out, inbox_counts(d->inbox));
}

/* ---- */

void metrics_write(void *context, int rc, const struct buf *rows, const struct buf *end,
                   const struct error *err, struct buf *body, struct reply *out)
{
    const struct desk *d = context;
    struct sample *samples = xcalloc(SAMPLES_MAX, sizeof(*samples));
    size_t count = rc == 0 ? read_samples(rows, samples) : 0;
    (void)end;
    (void)err;
    put_own(body, d, rc == 0);
    put_samples(body, samples, count);
    for (size_t i = 0; i < count; i++)
        json_free(samples[i].row);
    free(samples);
    out->type = "text/plain; version=0.0.4; charset=utf-8";
}
