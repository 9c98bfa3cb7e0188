/* A pace: so many in so long. */
#ifndef MODEL_RATE_H
#define MODEL_RATE_H

#include <stdint.h>

#define RATE_COUNT_MAX  INT64_C(100000000)
#define RATE_PER_MAX_MS INT64_C(86400000)

/* So many in so long; count 0: unlimited. Written 50/s, 1200/min, 20000/h, 100000/d. */
struct rate {
    int64_t count;
    int64_t per_ms;
};

#endif
