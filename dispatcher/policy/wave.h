/*
 * How many people of a campaign may be told now: the first ones before the others, and waves of so
 * many, each in its hours, on its days. Pure: the clock, the zone and the counts are handed in.
 *
 * A wave begins with its first lease; the next one may begin so long after that, when the hours are
 * open. What a wave did not use up in its time is gone.
 */
#ifndef POLICY_WAVE_H
#define POLICY_WAVE_H

#include <stdint.h>

#include "model/delivery.h"
#include "model/pace.h"
#include "policy/window.h"

/* Why nobody more may begin now. */
enum pace_brake { PACE_GOES, PACE_CANARY, PACE_WAVE };

struct pace_answer {
    int64_t room;     /* people who may begin now */
    int64_t wave_ms;  /* when the wave they belong to began */
    int64_t opens_ms; /* without room: when there is some again; INT64_MAX: when somebody says so */
    enum pace_brake brake;
};
/* `zone`: of hours and days, unless the pace has one of its own; as `offset` understands it. */
void pace_decide(const struct pace *p, const struct pace_count *now, window_offset_fn *offset,
                 const char *zone, int64_t wall_ms, struct pace_answer *out);
/* The first moment not before `wall_ms` that lies within hours and days. INT64_MAX: there is none
 * (no such hours within two weeks). */
int64_t pace_open_ms(const struct pace *p, window_offset_fn *offset, const char *zone,
                     int64_t wall_ms);

enum first_verdict {
    FIRST_OPEN, /* they are not all out, or not settled */
    FIRST_PASS, /* few enough failed: it goes on by itself */
    FIRST_LOOK, /* a person looks at them and says so */
};
/*
 * What of the first ones? `counts` of all its batches: nobody else was told yet. Failed, uncertain
 * and set aside count as failures; what is deferred is waited for as long as the patience says,
 * then it is one, too. What intake refused (`untried`) counts as nothing.
 */
enum first_verdict first_judge(const struct pace *p, const struct pace_count *now,
                               const int64_t counts[DELIVERY_STATES], int64_t untried,
                               int64_t wall_ms);

#endif
