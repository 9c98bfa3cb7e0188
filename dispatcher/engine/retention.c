#include "engine/retention.h"

#include "base/log.h"

#define EVERY_MS   (INT64_C(3600) * 1000)
#define OVERDUE_MS (INT64_C(3600) * 1000)
/* Between two steps while there is more; each is one transaction. */
#define PAUSE_MS   200
#define STEP_LIMIT 200

struct sweep {
    struct spool *spool;
};

static int remove_batch(void *context, const char *id)
{
    const struct sweep *sweep = context;
    struct error why;
    int rc = spool_remove_batch(sweep->spool, id, &why);
    if (rc != 0)
        log_event(LOG_WARN, "batch.kept",
                  "batch=%s reason=\"%s\" action=\"tried again in an hour\"", id, why.text);
    return rc;
}

bool retention_is_due(struct retention *r, bool idle, int64_t mono_ms)
{
    if (r->next_mono_ms == 0)
        r->next_mono_ms = mono_ms;
    r->overdue = r->overdue || mono_ms - r->next_mono_ms >= OVERDUE_MS;
    return mono_ms >= r->next_mono_ms && (idle || r->overdue);
}

void retention_step(struct retention *r, struct ledger *l, struct spool *spool,
                    const struct settings *s, int64_t mono_ms, int64_t wall_ms)
{
    struct sweep sweep = {spool};
    struct error why;
    r->next_mono_ms = mono_ms + EVERY_MS;
    int64_t before_ms = s->retention_ms > 0 ? wall_ms - s->retention_ms : INT64_MIN;
    if (ledger_purge(l, &r->purge, before_ms, STEP_LIMIT, remove_batch, &sweep, NULL, &why) != 0) {
        log_event(LOG_WARN, "retention", "reason=\"%s\"", why.text);
        r->purge = (struct purge){0};
        r->overdue = false;
        return;
    }
    if (r->purge.notices + r->purge.batches > 0)
        log_event(LOG_INFO, "retention", "notices=%lld batches=%lld", (long long)r->purge.notices,
                  (long long)r->purge.batches);
    if (r->purge.more) {
        r->next_mono_ms = mono_ms + PAUSE_MS;
        return;
    }
    r->purge = (struct purge){0};
    r->overdue = false;
}

int64_t retention_next(const struct retention *r, bool idle)
{
    return idle || r->overdue || r->next_mono_ms == 0 ? r->next_mono_ms
                                                      : r->next_mono_ms + OVERDUE_MS;
}
