#include "policy/halt.h"

static int64_t count_in(int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], enum delivery_state state)
{
    int64_t sum = 0;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        sum += counts[kind][state];
    return sum;
}

bool halt_decide(const struct halt_rule *own, const struct halt_rule *general,
                 int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], int64_t untried)
{
    const struct halt_rule *rule = own->set || own->off ? own : general;
    int64_t failures =
        count_in(counts, DELIVERY_FAILED) - untried + count_in(counts, DELIVERY_UNCERTAIN);
    int64_t tried = failures + count_in(counts, DELIVERY_DELIVERED);
    return !rule->off && failures > 0 && failures >= rule->failures &&
           (double)failures >= rule->share * (double)tried;
}
