/*
 * Token buckets, as GCRA (ITU-T I.371): a bucket is a point on the time line, so it is small and
 * exact, and can tell the moment at which a delivery's turn comes instead of sending it round the
 * queue until then. Pure: times are parameters, in ms of the monotonic clock.
 *
 * What the rate allows in one second (at least 1) may go in one go: the burst. So within any t ms
 * at most count * t / per_ms + burst go. A clock that goes back makes everyone wait longer and
 * never lets more through.
 *
 * Going and being told when to come are two lines, because nobody remembers who was told what: what
 * goes is judged by what went, whoever comes; the promises only see to it that those who were sent
 * away come back one by one. When somebody else took the place of one of them, that one is told a
 * new time; a place is never lost and the rate is kept whoever comes.
 */
#ifndef POLICY_BUCKET_H
#define POLICY_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "model/settings.h"

/* us + rest / count: exact for rates whose interval is no whole number of microseconds. */
struct bucket_line {
    int64_t us;   /* monotonic */
    int64_t rest; /* 0..count-1 */
};

/* Zeroed: nothing went yet. */
struct bucket {
    struct bucket_line went;           /* theoretical arrival time of the next one */
    struct bucket_line promised;       /* the same behind all promises */
    struct bucket_line promised_small; /* behind those to small notices */
};

/* How many of `wanted` may go now; 0..wanted. Takes nothing. An unlimited rate (count 0) says all.
 */
int64_t bucket_room(const struct bucket *b, const struct rate *rate, int64_t now_ms,
                    int64_t wanted);
/* Takes `count` (as bucket_room() allowed, or more: what is too much delays those behind). */
void bucket_take(struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t count);
/* Gives back `count` of what was taken a moment ago: leased but not sent. */
void bucket_give_back(struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t count);
/* When one more may go: now_ms if at once. */
int64_t bucket_next_ms(const struct bucket *b, const struct rate *rate, int64_t now_ms);
/*
 * Promises a place behind all others and tells its time, at which bucket_room() is to be asked
 * again. Never later than now_ms + horizon_ms: a place behind that is not promised yet, so that a
 * rate that is raised is felt within the horizon.
 */
int64_t bucket_reserve(struct bucket *b, const struct rate *rate, int64_t now_ms,
                       int64_t horizon_ms);
/* The same for a notice that must not stand behind a campaign: behind other small ones only.
 * Whoever asks bucket_room() for small notices first gives them the places that were promised
 * twice. */
int64_t bucket_reserve_small(struct bucket *b, const struct rate *rate, int64_t now_ms,
                             int64_t horizon_ms);
/* Nothing was taken or promised lately: it says the same as a fresh one and can be forgotten. */
bool bucket_is_idle(const struct bucket *b, int64_t now_ms);

#endif
