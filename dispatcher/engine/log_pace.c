#include "engine/log_pace.h"

static size_t find_place(const struct log_pace *p, int64_t subject)
{
    size_t oldest = 0;
    for (size_t i = 0; i < LOG_PACE_PLACES; i++) {
        if (p->places[i].told_ms != 0 && p->places[i].subject == subject)
            return i;
        if (p->places[i].told_ms < p->places[oldest].told_ms)
            oldest = i;
    }
    return oldest;
}

bool log_pace_is_due(struct log_pace *p, int64_t subject, int64_t now_ms, uint64_t *out_count)
{
    size_t at = find_place(p, subject);
    bool known = p->places[at].told_ms != 0 && p->places[at].subject == subject;
    int64_t since_ms = now_ms - p->places[at].told_ms;
    if (known && since_ms >= 0 && since_ms < LOG_PACE_MS) { /* less: the clock was set back */
        p->places[at].held++;
        return false;
    }
    *out_count = (known ? p->places[at].held : 0) + 1;
    p->places[at].subject = subject;
    p->places[at].told_ms = now_ms;
    p->places[at].held = 0;
    return true;
}
