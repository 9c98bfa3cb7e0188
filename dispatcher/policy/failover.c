#include "policy/failover.h"

static bool is_listed(const struct carriers *c, const struct transport *t)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->at[i] == t)
            return true;
    }
    return false;
}

/* No more than the schedule of the home has: behind that it is the next one's turn. */
static int tries_each(const struct transport *home)
{
    int most = (int)home->retry.count + 1;
    int each = home->failover_after > 0 ? home->failover_after : 1;
    return each < most ? each : most;
}

void carriers_list(const struct settings *s, const struct transport *home, struct carriers *out)
{
    *out = (struct carriers){.at = {home}, .count = 1, .tries_each = tries_each(home)};
    for (size_t i = 0; i < home->failover_count && out->count < CARRIERS_MAX; i++) {
        const struct transport *t = settings_find_transport(s, home->failover[i]);
        if (t != NULL && t->channel == home->channel && !is_listed(out, t))
            out->at[out->count++] = t;
    }
}

static int first_round(const struct carriers *c)
{
    return c->tries_each * (int)c->count;
}

size_t carriers_start(const struct carriers *c, int tries)
{
    return tries > 0 ? (size_t)(tries / c->tries_each) % c->count : 0;
}

int carriers_schedule_tries(const struct carriers *c, int tries)
{
    if (c->count == 1 || tries < 1)
        return tries;
    if (tries < first_round(c))
        return (tries - 1) % c->tries_each + 1;
    return tries - c->tries_each * (int)(c->count - 1);
}

bool carriers_next_is_fresh(const struct carriers *c, int tries)
{
    return tries > 0 && tries < first_round(c) && tries % c->tries_each == 0;
}

bool carriers_hold(const struct carriers *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->at[i]->on_uncertain == UNCERTAIN_HOLD)
            return true;
    }
    return false;
}
