#include "engine/chooser.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define PRIORITIES (JOB_HIGH + 1)

struct lane_turn {
    int64_t lane, turn;
};

static bool is_big(const struct lane *lane)
{
    return lane->batch != 0 && lane->batch_total > SLOTS_SMALL;
}

static bool belongs(const struct lane *lane, const char *transport, bool small_only)
{
    return !lane->stopped && !(small_only && is_big(lane)) &&
           strcmp(lane->transport, transport) == 0;
}

/* ---- whose turn was when ---- */

static size_t find_place(const struct chooser *c, int64_t lane)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->turns[middle].lane < lane)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t last_turn(const struct chooser *c, int64_t lane)
{
    size_t at = find_place(c, lane);
    return at < c->count && c->turns[at].lane == lane ? c->turns[at].turn : 0;
}

static bool is_there(const struct lane *lanes, size_t count, int64_t lane)
{
    for (size_t i = 0; i < count; i++) {
        if (lanes[i].lane == lane)
            return true;
    }
    return false;
}

/* Lanes end with their batches: once in a while what is remembered of them goes too. */
static void forget_gone(struct chooser *c, const struct lane *lanes, size_t count)
{
    size_t kept = 0;
    if (c->count <= 2 * count + 64)
        return;
    for (size_t i = 0; i < c->count; i++) {
        if (is_there(lanes, count, c->turns[i].lane))
            c->turns[kept++] = c->turns[i];
    }
    c->count = kept;
}

static void note_turn(struct chooser *c, int64_t lane)
{
    size_t at = find_place(c, lane);
    if (at == c->count || c->turns[at].lane != lane) {
        c->turns = xreallocarray(c->turns, c->count + 1, sizeof(*c->turns));
        memmove(&c->turns[at + 1], &c->turns[at], (c->count - at) * sizeof(*c->turns));
        c->count++;
    }
    c->turns[at] = (struct lane_turn){lane, ++c->turn};
}

/* ---- choosing ---- */

/* The first of each priority and size: however many stand in line, nobody else can be chosen. */
struct line_up {
    struct contender contenders[PRIORITIES * 2];
    const struct lane *lanes[PRIORITIES * 2];
    int count;
};

static int find_rival(const struct line_up *l, const struct contender *c)
{
    int at = 0;
    while (at < l->count &&
           (l->contenders[at].priority != c->priority || l->contenders[at].big != c->big))
        at++;
    return at;
}

static void line_up(struct line_up *l, const struct contender *c, const struct lane *lane)
{
    int at = find_rival(l, c);
    if (at < l->count && !slots_is_before(c, &l->contenders[at]))
        return;
    l->contenders[at] = *c;
    l->lanes[at] = lane;
    l->count += at == l->count ? 1 : 0;
}

bool chooser_pick(struct chooser *c, const struct slots *s, const struct lane *lanes, size_t count,
                  const char *transport, bool small_only, const struct pacing *pacing,
                  struct choice *out)
{
    struct line_up l = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        const struct lane *lane = &lanes[i];
        if (lane->next_due_ms > pacing->wall_ms || !belongs(lane, transport, small_only) ||
            pacing_due(pacing, lane) > pacing->wall_ms)
            continue;
        const struct contender contender = {.priority = lane->priority,
                                            .big = is_big(lane),
                                            .due_ms = lane->next_due_ms,
                                            .last_turn = last_turn(c, lane->lane)};
        line_up(&l, &contender, lane);
    }
    int at = slots_choose(s, l.contenders, l.count);
    if (at < 0)
        return false;
    *out = (struct choice){.lane = l.lanes[at]->lane,
                           .batch = l.lanes[at]->batch,
                           .big = l.contenders[at].big,
                           .pays = slots_must_pay(l.contenders, l.count, at)};
    note_turn(c, out->lane);
    forget_gone(c, lanes, count);
    return true;
}

int64_t chooser_next_due(const struct lane *lanes, size_t count, const char *transport,
                         const struct pacing *pacing)
{
    int64_t soonest = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (lanes[i].next_due_ms >= soonest || !belongs(&lanes[i], transport, false))
            continue;
        int64_t due = pacing_due(pacing, &lanes[i]);
        soonest = due < soonest ? due : soonest;
    }
    return soonest;
}

void chooser_free(struct chooser *c)
{
    free(c->turns);
    *c = (struct chooser){0};
}
