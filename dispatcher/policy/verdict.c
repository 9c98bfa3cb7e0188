/*
 * One row per outcome:
 *
 *   outcome    becomes     waits for     counts  then                next channel
 *   delivered  delivered                 yes
 *   not_tried  waiting     pause         no
 *   throttle   deferred    first step    no
 *   transient  deferred    schedule      yes     failed, or expired  when failed
 *   permanent  failed                    yes                         yes
 *   config     waiting     pause         no
 *   suppress   suppressed                yes                         no, the person opted out
 *   uncertain  deferred    schedule      yes     uncertain           no, it may have arrived
 *     on hold  uncertain                 yes
 *
 * A throttle does not count: the peer said "later", not "no", and a campaign that is merely fast
 * must not use up the attempts of its recipients. What bounds it is the expiry of the notice.
 *
 * Where another transport steps in (policy/failover.h) what is not uncertain waits for nothing: the
 * advice and the schedule are of the one that failed.
 *
 * An uncertain notice that may not be repeated any more stays uncertain, even when it expired:
 * "expired" would claim that the person was not told.
 */
#include "policy/verdict.h"

#include "base/attributes.h"

#define RETRY_AFTER_MAX_MS   (INT64_C(24) * 3600 * 1000)
#define THROTTLE_DEFAULT_MS  (INT64_C(60) * 1000) /* for a schedule without steps */
#define TRANSPORT_PAUSE_MS   INT64_C(5000)
#define TRANSPORT_PAUSE_CAP  (INT64_C(5) * 60 * 1000)
#define TRANSPORT_PAUSE_LAST 7 /* doublings until the cap is certain */

enum wait { WAIT_NOT, WAIT_SCHEDULE, WAIT_FIRST_STEP, WAIT_PAUSE };

struct row {
    enum delivery_state state;
    enum wait wait;
    bool counts;
    enum delivery_state used_up; /* WAIT_SCHEDULE: the state behind the last step */
    enum delivery_state expired; /* waiting: the state if its time would be behind the expiry */
    bool next_channel;           /* a final state passes the notice on */
    bool pause_transport;
};

static const struct row rows[OUTCOMES] = {
    [OUTCOME_DELIVERED] = {.state = DELIVERY_DELIVERED, .counts = true},
    [OUTCOME_NOT_TRIED] = {.state = DELIVERY_WAITING,
                           .wait = WAIT_PAUSE,
                           .expired = DELIVERY_EXPIRED,
                           .pause_transport = true},
    [OUTCOME_THROTTLE] = {.state = DELIVERY_DEFERRED,
                          .wait = WAIT_FIRST_STEP,
                          .expired = DELIVERY_EXPIRED},
    [OUTCOME_TRANSIENT] = {.state = DELIVERY_DEFERRED,
                           .wait = WAIT_SCHEDULE,
                           .counts = true,
                           .used_up = DELIVERY_FAILED,
                           .expired = DELIVERY_EXPIRED,
                           .next_channel = true},
    [OUTCOME_PERMANENT] = {.state = DELIVERY_FAILED, .counts = true, .next_channel = true},
    [OUTCOME_CONFIG] = {.state = DELIVERY_WAITING,
                        .wait = WAIT_PAUSE,
                        .expired = DELIVERY_EXPIRED,
                        .pause_transport = true},
    [OUTCOME_SUPPRESS] = {.state = DELIVERY_SUPPRESSED, .counts = true},
    [OUTCOME_UNCERTAIN] = {.state = DELIVERY_DEFERRED,
                           .wait = WAIT_SCHEDULE,
                           .counts = true,
                           .used_up = DELIVERY_UNCERTAIN,
                           .expired = DELIVERY_UNCERTAIN},
};

static const struct row uncertain_hold = {.state = DELIVERY_UNCERTAIN, .counts = true};

/* U(1 - jitter, 1 + jitter): the upper 53 bits are all a double can hold. */
static double jitter_factor(double jitter, uint64_t draw)
{
    double uniform = (double)(draw >> 11) / 9007199254740992.0;
    return 1.0 - jitter + 2.0 * jitter * uniform;
}

static int64_t stretch_ms(int64_t delay_ms, double factor)
{
    return (int64_t)((double)delay_ms * factor + 0.5);
}

int64_t retry_delay_ms(const struct retry_schedule *s, int tries, uint64_t draw, double *out_jitter)
{
    size_t step = tries > 1 ? (size_t)tries - 1 : 0;
    *out_jitter = 1.0;
    if (step >= s->count)
        return -1;
    *out_jitter = jitter_factor(s->jitter, draw);
    return stretch_ms(s->delays_ms[step], *out_jitter);
}

int64_t transport_pause_ms(int consecutive_faults)
{
    if (consecutive_faults > TRANSPORT_PAUSE_LAST)
        return TRANSPORT_PAUSE_CAP;
    int64_t pause = TRANSPORT_PAUSE_MS << (consecutive_faults > 1 ? consecutive_faults - 1 : 0);
    return pause < TRANSPORT_PAUSE_CAP ? pause : TRANSPORT_PAUSE_CAP;
}

/* How long by our own rules, -1 when the schedule is used up. */
static int64_t own_delay_ms(const struct verdict_question *q, enum wait wait, double *out_jitter)
{
    int64_t delay = 0;
    switch (wait) {
    case WAIT_NOT:
        break;
    case WAIT_PAUSE:
        delay = transport_pause_ms(1);
        break;
    case WAIT_SCHEDULE:
        delay = retry_delay_ms(q->schedule, q->tries, q->draw, out_jitter);
        break;
    case WAIT_FIRST_STEP:
        delay = retry_delay_ms(q->schedule, 1, q->draw, out_jitter);
        if (delay < 0)
            delay = THROTTLE_DEFAULT_MS;
        break;
    }
    return delay;
}

/* Their advice can only delay, never hurry, and never beyond a day. */
static int64_t advised_delay_ms(const struct disposition *d)
{
    if (d->retry_after_s <= 0)
        return 0;
    if (d->retry_after_s >= RETRY_AFTER_MAX_MS / 1000)
        return RETRY_AFTER_MAX_MS;
    return d->retry_after_s * 1000;
}

static void become_final(struct verdict *v, enum delivery_state state, bool next_channel)
{
    v->state = state;
    v->due_ms = 0;
    v->next_channel = next_channel;
}

void verdict_decide(const struct verdict_question *q, struct verdict *out)
{
    enum outcome outcome = q->disposition->outcome;
    bool hold = outcome == OUTCOME_UNCERTAIN && q->on_uncertain == UNCERTAIN_HOLD;
    const struct row *row = hold ? &uncertain_hold : &rows[outcome];
    bool may_pass_on = row->next_channel && q->more_channels;

    *out = (struct verdict){.state = row->state,
                            .counts = row->counts,
                            .pause_transport = row->pause_transport,
                            .pause_ms = row->pause_transport ? transport_pause_ms(1) : 0,
                            .jitter = 1.0};
    if (row->wait == WAIT_NOT) {
        become_final(out, row->state, may_pass_on);
        return;
    }
    bool at_once = q->other_way && outcome != OUTCOME_UNCERTAIN;
    int64_t delay = at_once ? 0 : own_delay_ms(q, row->wait, &out->jitter);
    if (delay < 0) {
        become_final(out, row->used_up, may_pass_on);
        return;
    }
    int64_t advised = at_once ? 0 : advised_delay_ms(q->disposition);
    out->due_ms = q->now_ms + (advised > delay ? advised : delay);
    if (q->expires_at_ms > 0 && out->due_ms > q->expires_at_ms)
        become_final(out, row->expired, false);
}
