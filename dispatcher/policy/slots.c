#include "policy/slots.h"

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

void slots_init(struct slots *s)
{
    *s = (struct slots){.credit = SLOTS_LOAN * SLOTS_COST};
}

static enum job_priority highest_priority(const struct contender *contenders, int count)
{
    enum job_priority highest = JOB_LOW;
    for (int i = 0; i < count; i++) {
        if (contenders[i].priority > highest)
            highest = contenders[i].priority;
    }
    return highest;
}

static bool is_before(const struct contender *a, const struct contender *b)
{
    return a->last_turn != b->last_turn ? a->last_turn < b->last_turn : a->due_ms < b->due_ms;
}

/* Among equals: whose turn is longest ago, then who is due longest. */
static int choose_among(const struct contender *contenders, int count, enum job_priority priority,
                        bool big)
{
    int chosen = -1;
    for (int i = 0; i < count; i++) {
        const struct contender *c = &contenders[i];
        if (c->priority == priority && c->big == big &&
            (chosen < 0 || is_before(c, &contenders[chosen])))
            chosen = i;
    }
    return chosen;
}

int slots_choose(const struct slots *s, const struct contender *contenders, int count)
{
    enum job_priority priority = highest_priority(contenders, count);
    int small = choose_among(contenders, count, priority, false);
    int big = choose_among(contenders, count, priority, true);
    if (small < 0 || big < 0)
        return small < 0 ? big : small;
    return s->credit >= SLOTS_COST ? small : big;
}

void slots_account(struct slots *s, bool big, bool contended, int64_t given)
{
    /* One packet is far below this; it keeps the sum from overflowing. */
    int64_t bounded = clamp(given, 0, SLOTS_MAX);
    if (big)
        s->credit += bounded;
    else if (contended)
        s->credit -= bounded * SLOTS_COST;
    s->credit = clamp(s->credit, -SLOTS_MAX * SLOTS_COST, SLOTS_MAX * SLOTS_COST);
}
