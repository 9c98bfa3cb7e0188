/* The columns of `shape`: how long ago it was accepted, each twice as wide as the one before. */
#ifndef ENGINE_SHAPE_H
#define ENGINE_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#define SHAPE_BUCKETS 10
#define SHAPE_FIRST_M 5 /* minutes: below 5, 10, 20 ... 1280, and above */

static inline int shape_bucket(int64_t age_ms)
{
    int at = 0;
    for (int64_t end_ms = INT64_C(60000) * SHAPE_FIRST_M;
         at < SHAPE_BUCKETS - 1 && age_ms >= end_ms; end_ms *= 2)
        at++;
    return at;
}

#endif
