#include "cli/pace.h"

#define ETA_WINDOW_MS  60000
#define SHORTEST_MS    900 /* less than that says more about the moment than about the pace */
#define LONGEST_ETA_MS (INT64_C(1000) * 86400 * 1000)

static size_t index_back(const struct pace *p, size_t back)
{
    return (p->next + PACE_SAMPLES - 1 - back) % PACE_SAMPLES;
}

void pace_add(struct pace *p, int64_t now_ms, int64_t done)
{
    if (p->count > 0 && p->samples[index_back(p, 0)].done > done)
        *p = (struct pace){0};
    p->samples[p->next].at_ms = now_ms;
    p->samples[p->next].done = done;
    p->next = (p->next + 1) % PACE_SAMPLES;
    p->count += p->count < PACE_SAMPLES ? 1 : 0;
}

double pace_rate(const struct pace *p, int64_t window_ms)
{
    if (p->count < 2)
        return -1;
    size_t last = index_back(p, 0), first = last;
    for (size_t back = 1; back < p->count; back++) {
        size_t at = index_back(p, back);
        if (p->samples[last].at_ms - p->samples[at].at_ms > window_ms)
            break;
        first = at;
    }
    int64_t took_ms = p->samples[last].at_ms - p->samples[first].at_ms;
    if (took_ms < SHORTEST_MS)
        return -1;
    return (double)(p->samples[last].done - p->samples[first].done) * 1000 / (double)took_ms;
}

int64_t pace_eta_ms(const struct pace *p, int64_t left)
{
    double rate = pace_rate(p, ETA_WINDOW_MS);
    if (left <= 0)
        return 0;
    if (rate <= 0 || (double)left * 1000 / rate > (double)LONGEST_ETA_MS)
        return -1;
    return (int64_t)((double)left * 1000 / rate);
}
