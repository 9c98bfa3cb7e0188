/*
 * Entries of new/ that cannot be moved or removed are met again by each scan, every two seconds for
 * as long as a person takes to mend it. Each is told at once and then once an hour, by a small
 * table of what was told last: two names that fall into the same place of it share it, at most one
 * telling a minute, so that even a million stuck entries do not fill the log.
 */
#include "spool/spool_backend.h"

#include "base/attributes.h"

#define AGAIN_MS    ((int64_t)3600 * 1000)
#define TAKEOVER_MS ((int64_t)60 * 1000)

/* FNV-1a; never 0. */
static uint64_t key_of(const char *name)
{
    uint64_t key = 0xcbf29ce484222325u;
    for (const char *at = name; *at != '\0'; at++)
        key = (key ^ (unsigned char)*at) * 0x100000001b3u;
    return key | 1;
}

bool stuck_is_news(struct spool *s, const char *name, int64_t now_ms)
{
    uint64_t key = key_of(name);
    struct stuck *place = &s->stuck[(key >> 1) % COUNT_OF(s->stuck)];
    int64_t pause_ms = place->key == key ? AGAIN_MS : TAKEOVER_MS;
    int64_t age_ms = now_ms - place->told_ms;
    if (place->key != 0 && age_ms >= 0 && age_ms < pause_ms) /* below 0: the clock went back */
        return false;
    *place = (struct stuck){.key = key, .told_ms = now_ms};
    return true;
}
