#include "engine/recorder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

/* A commit costs as much as a dozen outcomes, a worker's report of one is about to be followed by
 * other workers'. A kill repeats what waits: it is in flight still. */
#define COMMIT_OUTCOMES 32
#define COMMIT_MS       5
/* The commit group: power loss repeats at most this much, or this long. */
#define SYNC_OUTCOMES 256
#define SYNC_MS       50
#define RETRY_MS      1000

/* A settlement that outlives the report it came from. */
struct settlement_copy {
    struct settlement settlement;
    struct disposition disposition;
    char sha256[DIGEST_HEX_SIZE];
    char locale[36];
    char cause[DISPOSITION_CAUSE_SIZE];
    char *transport; /* these are owned */
    struct planned_delivery next;
    char *next_transport, *next_address, *next_cause, *next_remark;
    struct suppression suppression;                                        /* of its address */
    char *suppressed, *suppress_cause, *suppress_reason, *suppress_source; /* NULL: it is not */
};

/* ---- the ledger's state ---- */

void recorder_ledger_failed(struct recorder *r, const struct error *why)
{
    if (!r->told) {
        log_event(LOG_ERR, "ledger.unavailable",
                  "reason=\"%s\" action=\"sending stops until outcomes can be recorded again\"",
                  why->text);
        r->told_wall_ms = clock_wall_ms();
    }
    r->why = *why;
    r->told = true;
    r->down = true;
    r->retry_mono_ms = clock_mono_ms() + RETRY_MS;
    ledger_rollback(r->ledger);
}

/* An empty transaction proves nothing, it commits on a full disk too: so only writers call this. */
void recorder_ledger_wrote(struct recorder *r)
{
    if (r->told)
        log_event(LOG_INFO, "ledger.available", "note=\"sending goes on\"");
    r->told = false;
}

/* ---- settling ---- */

static void copy_text(char *out, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    memcpy(out, text, len);
    out[len] = '\0';
}

static void copy_next(struct settlement_copy *copy, const struct planned_delivery *next)
{
    if (next == NULL)
        return;
    copy->next = *next;
    copy->next_transport = xstrdup(next->transport);
    copy->next_address = xstrdup(next->address);
    copy->next_cause = xstrdup(next->cause);
    copy->next_remark = next->remark != NULL ? xstrdup(next->remark) : NULL;
}

static void make_room(struct recorder *r)
{
    if (r->unrecorded_count < r->unrecorded_room)
        return;
    r->unrecorded_room = r->unrecorded_room * 2 + 64;
    r->unrecorded = xreallocarray(r->unrecorded, r->unrecorded_room, sizeof(*r->unrecorded));
}

static void forget_recorded(struct recorder *r)
{
    for (size_t i = 0; i < r->unrecorded_count; i++) {
        free(r->unrecorded[i].transport);
        free(r->unrecorded[i].next_transport);
        free(r->unrecorded[i].next_address);
        free(r->unrecorded[i].next_cause);
        free(r->unrecorded[i].next_remark);
        free(r->unrecorded[i].suppressed);
        free(r->unrecorded[i].suppress_cause);
        free(r->unrecorded[i].suppress_reason);
        free(r->unrecorded[i].suppress_source);
    }
    r->unrecorded_count = 0;
}

void recorder_settle(struct recorder *r, const struct settlement *s)
{
    make_room(r);
    struct settlement_copy *copy = &r->unrecorded[r->unrecorded_count++];
    copy->settlement = *s;
    if (s->disposition != NULL)
        copy->disposition = *s->disposition;
    copy_text(copy->sha256, sizeof(copy->sha256), s->sha256);
    copy_text(copy->locale, sizeof(copy->locale), s->locale);
    copy_text(copy->cause, sizeof(copy->cause), s->cause);
    copy->transport = xstrdup(s->transport);
    copy->next_transport = copy->next_address = copy->next_cause = copy->next_remark = NULL;
    copy->suppressed = copy->suppress_cause = NULL;
    copy->suppress_reason = copy->suppress_source = NULL;
    copy_next(copy, s->next);
}

void recorder_suppress(struct recorder *r, const struct suppression *s)
{
    assert(r->unrecorded_count > 0);
    struct settlement_copy *copy = &r->unrecorded[r->unrecorded_count - 1];
    assert(copy->suppressed == NULL);
    copy->suppressed = xstrdup(s->address);
    copy->suppress_cause = xstrdup(s->cause);
    copy->suppress_reason = xstrdup(s->reason);
    copy->suppress_source = xstrdup(s->source);
    copy->suppression = *s;
    copy->suppression.address = copy->suppressed;
    copy->suppression.cause = copy->suppress_cause;
    copy->suppression.reason = copy->suppress_reason;
    copy->suppression.source = copy->suppress_source;
}

/* Copies move when their array grows, so their texts are found again here. */
static void restore(struct settlement_copy *copy)
{
    struct settlement *s = &copy->settlement;
    s->disposition = s->disposition != NULL ? &copy->disposition : NULL;
    s->sha256 = copy->sha256;
    s->locale = copy->locale;
    s->cause = copy->cause;
    s->transport = copy->transport;
    if (s->next == NULL)
        return;
    copy->next.transport = copy->next_transport;
    copy->next.address = copy->next_address;
    copy->next.cause = copy->next_cause;
    copy->next.remark = copy->next_remark;
    s->next = &copy->next;
}

/* ---- committing ---- */

static int settle_all(struct recorder *r, struct error *err)
{
    for (size_t i = 0; i < r->unrecorded_count; i++) {
        const struct settlement *s = &r->unrecorded[i].settlement;
        bool settled = false;
        restore(&r->unrecorded[i]);
        int rc = ledger_settle(r->ledger, s, &settled, err);
        if (rc == 0 && r->unrecorded[i].suppressed != NULL)
            rc = ledger_suppress(r->ledger, &r->unrecorded[i].suppression, NULL, err);
        if (rc != 0)
            return rc;
        if (!settled)
            log_event(LOG_WARN, "delivery.moved", "delivery=%lld note=\"no longer in flight\"",
                      (long long)s->delivery);
    }
    return 0;
}

static bool is_sync_due(const struct recorder *r, size_t unsynced, int64_t mono_ms)
{
    return unsynced >= SYNC_OUTCOMES ||
           (r->unsynced > 0 && mono_ms - r->unsynced_since_mono_ms >= SYNC_MS);
}

static void note_committed(struct recorder *r, bool durable, int64_t mono_ms)
{
    r->down = false;
    if (r->unrecorded_count > 0)
        recorder_ledger_wrote(r);
    if (r->unsynced == 0)
        r->unsynced_since_mono_ms = mono_ms;
    r->unsynced = durable ? 0 : r->unsynced + r->unrecorded_count;
    forget_recorded(r);
}

static void commit_group(struct recorder *r, int64_t mono_ms)
{
    struct error why;
    /* A commit that is synced anyway spares one that only syncs. */
    bool durable = is_sync_due(r, r->unsynced + r->unrecorded_count, mono_ms);
    r->commit_mono_ms = 0;
    int rc = ledger_begin(r->ledger, durable ? LEDGER_DURABLE : LEDGER_FAST, &why);
    if (rc == 0)
        rc = settle_all(r, &why);
    if (rc == 0)
        rc = ledger_commit(r->ledger, &why);
    if (rc != 0)
        recorder_ledger_failed(r, &why);
    else
        note_committed(r, durable, mono_ms);
}

void recorder_sync(struct recorder *r)
{
    struct error why;
    if (ledger_sync(r->ledger, &why) != 0) {
        recorder_ledger_failed(r, &why);
        return;
    }
    r->unsynced = 0;
    recorder_ledger_wrote(r);
}

static void sync_group(struct recorder *r)
{
    if (r->unsynced > 0 && !r->down)
        recorder_sync(r);
}

void recorder_hurry(struct recorder *r)
{
    r->commit_mono_ms = -1; /* long over */
}

void recorder_commit(struct recorder *r, int64_t mono_ms)
{
    if (r->down ? mono_ms >= r->retry_mono_ms : r->unrecorded_count > 0)
        commit_group(r, mono_ms);
    if (is_sync_due(r, r->unsynced, mono_ms))
        sync_group(r);
}

void recorder_tend(struct recorder *r, int64_t mono_ms)
{
    if (r->unrecorded_count > 0 && r->commit_mono_ms == 0)
        r->commit_mono_ms = mono_ms + COMMIT_MS;
    bool gathers = !r->down && r->unrecorded_count > 0 && r->unrecorded_count < COMMIT_OUTCOMES &&
                   mono_ms < r->commit_mono_ms;
    if (!gathers)
        recorder_commit(r, mono_ms);
}

int64_t recorder_gathers_until(const struct recorder *r)
{
    return r->unrecorded_count > 0 && !r->down ? r->commit_mono_ms : INT64_MAX;
}

int64_t recorder_next(const struct recorder *r)
{
    if (r->down)
        return r->retry_mono_ms;
    int64_t commit = recorder_gathers_until(r);
    int64_t sync = r->unsynced > 0 ? r->unsynced_since_mono_ms + SYNC_MS : INT64_MAX;
    return commit < sync ? commit : sync;
}

void recorder_end(struct recorder *r)
{
    r->retry_mono_ms = 0;
    recorder_commit(r, clock_mono_ms());
    sync_group(r);
    if (r->unrecorded_count > 0)
        log_event(LOG_ERR, "ledger.lost",
                  "outcomes=%zu note=\"they were never recorded; the next start treats these "
                  "deliveries as interrupted\"",
                  r->unrecorded_count);
    forget_recorded(r);
    free(r->unrecorded);
    r->unrecorded = NULL;
    r->unrecorded_room = 0;
}
