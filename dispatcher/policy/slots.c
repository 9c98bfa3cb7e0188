#include "policy/slots.h"

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

void slots_init(struct slots *s)
{
    *s = (struct slots){.credit = SLOTS_LOAN * SLOTS_COST};
}

bool slots_is_before(const struct contender *a, const struct contender *b)
{
    return a->last_turn != b->last_turn ? a->last_turn < b->last_turn : a->due_ms < b->due_ms;
}

/* The first of its size. */
static int choose_of_size(const struct contender *contenders, int count, bool big)
{
    int chosen = -1;
    for (int i = 0; i < count; i++) {
        const struct contender *c = &contenders[i], *best = &contenders[chosen < 0 ? i : chosen];
        if (c->big == big && (chosen < 0 || c->priority > best->priority ||
                              (c->priority == best->priority && slots_is_before(c, best))))
            chosen = i;
    }
    return chosen;
}

int slots_choose(const struct slots *s, const struct contender *contenders, int count)
{
    int small = choose_of_size(contenders, count, false);
    int big = choose_of_size(contenders, count, true);
    if (small < 0 || big < 0)
        return small < 0 ? big : small;
    bool free = contenders[small].priority > contenders[big].priority;
    return free || s->credit >= SLOTS_COST ? small : big;
}

bool slots_must_pay(const struct contender *contenders, int count, int chosen)
{
    for (int i = 0; i < count; i++) {
        if (!contenders[chosen].big && contenders[i].big &&
            contenders[i].priority >= contenders[chosen].priority)
            return true;
    }
    return false;
}

void slots_account(struct slots *s, bool big, bool pays, int64_t given)
{
    /* One packet is far below this; it keeps the sum from overflowing. */
    int64_t bounded = clamp(given, 0, SLOTS_MAX);
    if (big)
        s->credit += bounded;
    else if (pays)
        s->credit -= bounded * SLOTS_COST;
    s->credit = clamp(s->credit, -SLOTS_MAX * SLOTS_COST, SLOTS_MAX * SLOTS_COST);
}
