/*
 * `top`: one look at the whole daemon: what it says of itself (as `status`), room on the disk,
 * counts by state, each transport with its pulse, and the batches that are under way. Counters and
 * memory only: it is asked every second.
 */
#include "base/clock.h"
#include "engine/pulse.h"
#include "engine/requests_backend.h"

#define BATCHES_MAX 20

static void put_room(const struct request *r)
{
    struct spool_room room;
    struct error ignored;
    if (r->world->spool == NULL || spool_measure_room(r->world->spool, &room, &ignored) != 0)
        return;
    buf_printf(r->out, ",\"free_bytes\":%lld,\"free_inodes\":%lld", (long long)room.bytes,
               (long long)room.inodes);
}

static int put_counts(const struct request *r, struct error *err)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], sums[DELIVERY_STATES];
    int rc = ledger_count(r->world->ledger, counts, err);
    if (rc != 0)
        return rc;
    answer_sum_channels(counts, sums);
    buf_puts(r->out, ",\"counts\":{\"v\":1");
    answer_put_counts(r->out, sums);
    buf_putc(r->out, '}');
    return 0;
}

static void put_pulses(const struct request *r)
{
    const struct settings *s = r->world->settings;
    int64_t mono_ms = clock_mono_ms();
    struct pulse pulse;
    buf_puts(r->out, ",\"pulses\":[");
    for (size_t i = 0; i < s->transport_count; i++) {
        pulse_read(PULSE_TRANSPORT, s->transports[i].name, mono_ms, &pulse);
        buf_puts(r->out, i > 0 ? ",{\"transport\":" : "{\"transport\":");
        buf_put_json(r->out, s->transports[i].name);
        pulse_put(r->out, &pulse);
        buf_putc(r->out, '}');
    }
    buf_putc(r->out, ']');
}

/* ---- batches ---- */

struct listing {
    const struct request *r;
    struct error *err;
    int64_t mono_ms, count;
    int rc;
};

static void put_batch(void *context, const struct batch_row *row)
{
    struct listing *list = context;
    struct buf *out = list->r->out;
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], sums[DELIVERY_STATES];
    struct pulse pulse;
    if (list->rc != 0 || list->count >= BATCHES_MAX)
        return;
    list->rc = ledger_count_batch(list->r->world->ledger, row->batch, counts, list->err);
    if (list->rc != 0)
        return;
    answer_sum_channels(counts, sums);
    pulse_read(PULSE_BATCH, row->id, list->mono_ms, &pulse);
    buf_puts(out, list->count++ > 0 ? ",{\"v\":1" : "{\"v\":1");
    answer_put_text(out, "batch", row->id);
    answer_put_text(out, "campaign", row->campaign);
    answer_put_text(out, "stop", batch_stop_name(row->stop));
    answer_put_sentence(out, "stop_reason", row->stop_reason);
    buf_printf(out, ",\"lines\":%lld,\"lines_taken\":%lld", (long long)row->total,
               (long long)(row->state == BATCH_LOADING ? row->next_line - 1 : row->total));
    answer_put_counts(out, sums);
    pulse_put(out, &pulse);
    buf_putc(out, '}');
}

static int put_batches(const struct request *r, struct error *err)
{
    const struct batch_question question = {.unfinished = true};
    struct listing list = {.r = r, .err = err, .mono_ms = clock_mono_ms()};
    buf_puts(r->out, ",\"batches\":[");
    int rc = ledger_walk_batches(r->world->ledger, &question, put_batch, &list, err);
    buf_putc(r->out, ']');
    return rc == 0 ? list.rc : rc;
}

int request_top(const struct request *r, struct error *err)
{
    if (r->world->daemon == NULL || r->world->put_state == NULL)
        return error_set(err, ERR_DOWN,
                         "there is nothing to watch: no daemon runs: dispatcher run");
    buf_puts(r->out, "{\"v\":1,\"end\":true");
    answer_put_text(r->out, "version", DISPATCHER_VERSION);
    answer_put_time(r->out, "at", r->world->now_ms);
    r->world->put_state(r->world->state_context, r->out);
    put_room(r);
    int rc = put_counts(r, err);
    put_pulses(r);
    if (rc == 0)
        rc = put_batches(r, err);
    buf_puts(r->out, "}\n");
    return rc;
}
