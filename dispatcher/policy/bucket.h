/*
 * Token buckets, as GCRA (ITU-T I.371): one number says when the next one may go, so a bucket is
 * small, exact, and can tell the moment at which a delivery's turn comes instead of sending it round
 * the queue until then. Pure: times are parameters, in ms of the monotonic clock.
 */
#ifndef POLICY_BUCKET_H
#define POLICY_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "model/settings.h"

struct bucket {
    int64_t next_us; /* theoretical arrival time of the next one, monotonic microseconds */
};

/* How many of `wanted` may go now; 0..wanted. Takes nothing. An unlimited rate (count 0) says all. */
int64_t bucket_room(const struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t wanted);
/* Takes `count` (as bucket_room() allowed, or more: what is too much delays those behind). */
void bucket_take(struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t count);
/* Gives `count` back: leased but not sent. */
void bucket_give_back(struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t count);
/* When one more may go: now_ms if at once. */
int64_t bucket_next_ms(const struct bucket *b, const struct rate *rate, int64_t now_ms);
/* Takes one for later and tells when it may go, at most `horizon_ms` from now: then the one that was
 * told that time asks again. */
int64_t bucket_reserve(struct bucket *b, const struct rate *rate, int64_t now_ms, int64_t horizon_ms);
/* Nothing was taken lately: it says the same as a fresh one and can be forgotten. */
bool bucket_is_idle(const struct bucket *b, int64_t now_ms);

#endif
