#include "engine/retention.h"

#include "base/log.h"

#define EVERY_MS (INT64_C(3600) * 1000)
/* Between two steps while there is more; each is one transaction. */
#define PAUSE_MS   200
#define STEP_LIMIT 200

struct sweep {
    struct spool *spool;
};

static void remove_batch(void *context, const char *id)
{
    const struct sweep *sweep = context;
    struct error why;
    /* What stays is removed by the next sweep. */
    if (spool_remove_batch(sweep->spool, id, &why) != 0)
        log_event(LOG_WARN, "batch.kept", "batch=%s reason=\"%s\"", id, why.text);
}

void retention_step(struct retention *r, struct ledger *l, struct spool *spool,
                    const struct settings *s, int64_t mono_ms, int64_t wall_ms)
{
    struct sweep sweep = {spool};
    struct purge_counts counts = {0};
    struct error why;
    if (s->retention_ms == 0 || mono_ms < r->next_mono_ms)
        return;
    r->next_mono_ms = mono_ms + EVERY_MS;
    if (ledger_purge(l, wall_ms - s->retention_ms, STEP_LIMIT, remove_batch, &sweep, NULL, &counts,
                     &why) != 0) {
        log_event(LOG_WARN, "retention", "reason=\"%s\"", why.text);
        return;
    }
    if (counts.notices + counts.batches > 0)
        log_event(LOG_INFO, "retention", "notices=%lld batches=%lld", (long long)counts.notices,
                  (long long)counts.batches);
    if (counts.more)
        r->next_mono_ms = mono_ms + PAUSE_MS;
}

int64_t retention_next(const struct retention *r, const struct settings *s)
{
    return s->retention_ms > 0 ? r->next_mono_ms : INT64_MAX;
}
