/* What happens again and again, told in the log once a minute, with how often it was. */
#ifndef ENGINE_LOG_PACE_H
#define ENGINE_LOG_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_PACE_PLACES 16
#define LOG_PACE_MS     INT64_C(60000)

/* Zero-initialise. */
struct log_pace {
    struct {
        int64_t subject; /* a batch, or 0 */
        int64_t told_ms; /* 0: never */
        uint64_t held;   /* since then */
    } places[LOG_PACE_PLACES];
};

/* Is it time to tell? *out_count: how often it happened, with this one. Of more subjects than there
 * are places the one told longest ago is forgotten. */
bool log_pace_is_due(struct log_pace *p, int64_t subject, int64_t now_ms, uint64_t *out_count);

#endif
