/* How fast something goes on, and when it will be over: from samples of the last minute, the clock
 * being the caller's. */
#ifndef CLI_PACE_H
#define CLI_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_SAMPLES 128 /* a minute at two in a second */

struct pace {
    struct {
        int64_t at_ms, done;
    } samples[PACE_SAMPLES];
    size_t next, count;
};

/* Zero-initialise. `done` may fall (an operator began something anew): then it begins anew too. */
void pace_add(struct pace *p, int64_t now_ms, int64_t done);
/* Done per second over about the last `window_ms`; negative: not known yet. */
double pace_rate(const struct pace *p, int64_t window_ms);
/* How long `left` takes at the rate of the last minute; negative: nobody knows. */
int64_t pace_eta_ms(const struct pace *p, int64_t left);

#endif
