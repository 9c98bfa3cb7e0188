#include "engine/clock_step.h"

#include "base/log.h"

/* Less is what every clock does. */
#define STEP_MS    5000
#define STEP_LIMIT ((size_t)1000)

void clock_step_begin(struct clock_step *c, int64_t written_ms, int64_t mono_ms, int64_t wall_ms)
{
    *c = (struct clock_step){.ahead_ms = wall_ms - mono_ms};
    if (written_ms <= wall_ms + STEP_MS)
        return;
    c->rewind.more = true;
    c->owed_ms = wall_ms - written_ms;
}

/* What is due and what expires follows the wall clock: when that steps, the log should say so. */
void clock_step_watch(struct clock_step *c, int64_t mono_ms, int64_t wall_ms)
{
    int64_t ahead_ms = wall_ms - mono_ms, step_ms = ahead_ms - c->ahead_ms;
    c->ahead_ms = ahead_ms;
    if (step_ms <= STEP_MS && step_ms >= -STEP_MS)
        return;
    log_event(LOG_WARN, "clock.stepped",
              "by_ms=%lld note=\"retry times and expiry follow the wall clock, the time a channel "
              "has does not\"",
              (long long)step_ms);
    c->owed_ms += step_ms;
    if (step_ms < 0)
        c->rewind = (struct rewind){.more = true};
}

bool clock_step_is_shifting(const struct clock_step *c)
{
    return c->shift.more || c->owed_ms != 0;
}

bool clock_step_has_more(const struct clock_step *c)
{
    return c->rewind.more || clock_step_is_shifting(c);
}

/* What waits for so and so long shall not wait longer because the clock was set back. */
static int rewind_some(struct clock_step *c, struct ledger *l, int64_t wall_ms, struct error *err)
{
    if (!c->rewind.more)
        return 0;
    int rc = ledger_rewind(l, &c->rewind, wall_ms, STEP_LIMIT, err);
    if (rc == 0 && c->rewind.moved > 0)
        log_event(LOG_INFO, "clock.rewound", "deliveries=%zu", c->rewind.moved);
    return rc;
}

/* Only when one step is followed to its end the next one is: of half of them it would be wrong. */
static int shift_some(struct clock_step *c, struct ledger *l, int64_t wall_ms, struct error *err)
{
    if (!clock_step_is_shifting(c))
        return 0;
    if (!c->shift.more) {
        c->shift = (struct patience_shift){
            .by_ms = c->owed_ms, .was_ms = wall_ms - c->owed_ms, .more = true};
        c->owed_ms = 0;
    }
    int rc = ledger_shift_patience(l, &c->shift, STEP_LIMIT, err);
    if (rc == 0 && c->shift.moved > 0)
        log_event(LOG_INFO, "clock.patience", "deliveries=%zu", c->shift.moved);
    return rc;
}

void clock_step_serve(struct clock_step *c, struct recorder *recorder, int64_t mono_ms,
                      int64_t wall_ms)
{
    struct error why;
    if (!clock_step_has_more(c))
        return;
    recorder_commit(recorder, mono_ms); /* what was decided by the clock of before */
    if (recorder->down)
        return;
    int rc = rewind_some(c, recorder->ledger, wall_ms, &why);
    if (rc == 0)
        rc = shift_some(c, recorder->ledger, wall_ms, &why);
    if (rc != 0)
        recorder_ledger_failed(recorder, &why);
}
