#include "engine/campaigns.h"

#include "model/json.h"

const char *campaign_state_name(enum campaign_state state)
{
    static const char *const names[CAMPAIGN_STATES] = {
        [CAMPAIGN_DRAFT] = "draft",
        [CAMPAIGN_SCHEDULED] = "scheduled",
        [CAMPAIGN_CANARY] = "canary",
        [CAMPAIGN_RUNNING] = "running",
        [CAMPAIGN_IS_PAUSED] = "paused",
        [CAMPAIGN_HALTED] = "halted",
        [CAMPAIGN_FINISHED] = "finished",
        [CAMPAIGN_COMPLETED_WITH_FAILURES] = "completed_with_failures",
        [CAMPAIGN_IS_CANCELLED] = "cancelled",
    };
    return names[state];
}

/* ---- its batches ---- */

struct adding {
    struct ledger *ledger;
    struct campaign_sum *sum;
    struct error *err;
    int rc;
};

static void add_reason(struct campaign_sum *sum, const struct batch_row *row)
{
    sum->halted = sum->halted || row->stop == BATCH_HALTED;
    sum->paused = sum->paused || row->stop == BATCH_PAUSED;
    sum->paused = sum->paused || row->letter_reason[0] != '\0';
    sum->other_letter = sum->other_letter || row->letter_reason[0] != '\0';
    if (sum->reason.len == 0)
        buf_puts(&sum->reason, row->stop != BATCH_GOES ? row->stop_reason : row->letter_reason);
}

static int add_counts(struct adding *a, int64_t batch)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], refused = 0;
    int rc = ledger_count_batch(a->ledger, batch, counts, a->err);
    if (rc == 0)
        rc = ledger_count_untried(a->ledger, batch, &refused, a->err);
    if (rc != 0)
        return rc;
    a->sum->refused += refused;
    int64_t suppressed = 0;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        suppressed += counts[kind][DELIVERY_SUPPRESSED];
        for (int state = 0; state < DELIVERY_STATES; state++)
            a->sum->counts[state] += counts[kind][state];
    }
    if (suppressed > 0 && !a->sum->trial)
        return ledger_find_trial(a->ledger, batch, &a->sum->trial, a->err);
    return 0;
}

static void add_batch(void *context, const struct batch_row *row)
{
    struct adding *a = context;
    struct campaign_sum *sum = a->sum;
    buf_puts(&sum->ids, sum->batches++ > 0 ? "," : "");
    buf_put_json(&sum->ids, row->id);
    sum->loading += row->state == BATCH_LOADING ? 1 : 0;
    sum->unfinished += row->finished_ms == 0 ? 1 : 0;
    if (row->finished_ms > sum->finished_ms)
        sum->finished_ms = row->finished_ms;
    add_reason(sum, row);
    if (a->rc == 0)
        a->rc = add_counts(a, row->batch);
}

static void add_number(void *context, int64_t number)
{
    struct adding *a = context;
    const struct batch_question q = {.batch = number};
    if (a->rc == 0)
        a->rc = ledger_walk_batches(a->ledger, &q, add_batch, a, a->err);
}

int campaign_add_up(struct ledger *l, const char *id, struct campaign_sum *out, struct error *err)
{
    struct adding a = {.ledger = l, .sum = out, .err = err};
    *out = (struct campaign_sum){0};
    int rc = ledger_walk_campaign_batches(l, id, add_number, &a, err);
    return rc == 0 ? a.rc : rc;
}

void campaign_sum_clear(struct campaign_sum *sum)
{
    buf_free(&sum->ids);
    buf_free(&sum->reason);
}

/* ---- its state ---- */

static bool is_over(const struct campaign_sum *sum, int64_t planned)
{
    return sum->batches > 0 && sum->batches >= planned && sum->unfinished == 0 &&
           sum->counts[DELIVERY_HELD] == 0;
}

static enum campaign_state find_end(const struct campaign_sum *sum)
{
    bool whole = sum->counts[DELIVERY_FAILED] == 0 && sum->counts[DELIVERY_UNCERTAIN] == 0 &&
                 sum->counts[DELIVERY_EXPIRED] == 0 && !sum->trial;
    return whole ? CAMPAIGN_FINISHED : CAMPAIGN_COMPLETED_WITH_FAILURES;
}

enum campaign_state campaign_find_state(const struct campaign_row *row,
                                        const struct campaign_sum *sum, int64_t planned,
                                        int64_t now_ms)
{
    if (row->started_ms == 0)
        return CAMPAIGN_DRAFT;
    if (row->stop == CAMPAIGN_CANCELLED)
        return CAMPAIGN_IS_CANCELLED;
    if (is_over(sum, planned))
        return find_end(sum);
    if (row->stop == CAMPAIGN_PAUSED)
        return CAMPAIGN_IS_PAUSED;
    if (sum->halted || sum->paused)
        return sum->halted ? CAMPAIGN_HALTED : CAMPAIGN_IS_PAUSED;
    if (row->send_at_ms > now_ms && row->count.taken == 0)
        return CAMPAIGN_SCHEDULED;
    return row->count.passed ? CAMPAIGN_RUNNING : CAMPAIGN_CANARY;
}
