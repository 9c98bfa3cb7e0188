#include "engine/pacing.h"

#include "base/log.h"
#include "render/zone.h"

void pacing_decide(const struct pacing *p, const struct pace *pace, const struct pace_count *count,
                   struct pace_answer *out)
{
    pace_decide(pace, count, zone_offset_ms, p->zone, p->wall_ms, out);
}

const char *pacing_word(enum pace_brake brake)
{
    switch (brake) {
    case PACE_CANARY:
        return "canary";
    case PACE_WAVE:
        return "wave";
    case PACE_GOES:
        break;
    }
    return "";
}

static bool decide(const struct pacing *p, const struct lane *lane, struct pace_answer *out)
{
    struct pace pace;
    struct pace_count count;
    if (!ledger_lane_pace(p->ledger, lane, &pace, &count))
        return false;
    pacing_decide(p, &pace, &count, out);
    return true;
}

static int64_t begun_due(const struct pacing *p, const struct lane *lane)
{
    int64_t due_ms = INT64_MAX;
    struct error why;
    if (ledger_find_begun(p->ledger, lane->lane, &due_ms, &why) != 0)
        log_event(LOG_WARN, "ledger.look", "reason=\"%s\"", why.text);
    return due_ms;
}

int64_t pacing_due(const struct pacing *p, const struct lane *lane)
{
    struct pace_answer answer;
    if (lane->campaign == 0 || lane->next_due_ms == INT64_MAX || !decide(p, lane, &answer) ||
        answer.room > 0)
        return lane->next_due_ms;
    int64_t opens = lane->next_due_ms > answer.opens_ms ? lane->next_due_ms : answer.opens_ms;
    int64_t begun = begun_due(p, lane);
    return begun < opens ? begun : opens;
}

void pacing_grant(const struct pacing *p, const struct lane *lane, struct pace_grant *out)
{
    struct pace_answer answer = {0};
    *out = (struct pace_grant){0};
    if (lane->campaign == 0 || !decide(p, lane, &answer))
        return;
    out->room = answer.room;
    out->wave_ms = answer.wave_ms;
}
