#include "engine/pulse.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define NAME_SIZE 132
#define SLICES    7 /* of ten seconds: six that are whole, and this one */
#define SLICE_S   10
#define RATE_S    10
/* Four to an octave, up to some minutes: a reader sees the middle of one. */
#define BUCKETS 80

struct beat {
    enum pulse_kind kind;
    char name[NAME_SIZE]; /* "": the place is free */
    int64_t second;       /* up to this one the rings are current */
    uint32_t ways[PULSE_SECONDS][PULSE_WAYS];
    uint32_t durations[SLICES][BUCKETS];
};

static struct {
    struct beat beats[PULSE_NAMES];
} noted;

/* ---- finding ---- */

static struct beat *find(enum pulse_kind kind, const char *name)
{
    for (size_t i = 0; i < PULSE_NAMES; i++) {
        if (noted.beats[i].kind == kind && strcmp(noted.beats[i].name, name) == 0)
            return &noted.beats[i];
    }
    return NULL;
}

static struct beat *find_place(enum pulse_kind kind, const char *name, int64_t second)
{
    struct beat *oldest = &noted.beats[0];
    struct beat *found = find(kind, name);
    if (found != NULL)
        return found;
    for (size_t i = 1; i < PULSE_NAMES && oldest->name[0] != '\0'; i++) {
        struct beat *b = &noted.beats[i];
        if (b->name[0] == '\0' || b->second < oldest->second)
            oldest = b;
    }
    *oldest = (struct beat){.kind = kind, .second = second};
    snprintf(oldest->name, sizeof(oldest->name), "%s", name);
    return oldest;
}

/* What the rings hold of seconds that are over is emptied for those that begin. */
static void advance(struct beat *b, int64_t second)
{
    int64_t from = second - b->second > PULSE_SECONDS ? second - PULSE_SECONDS : b->second;
    for (int64_t s = from + 1; s <= second; s++)
        memset(b->ways[s % PULSE_SECONDS], 0, sizeof(b->ways[0]));
    int64_t slice = second / SLICE_S, old = b->second / SLICE_S;
    int64_t first = slice - old > SLICES ? slice - SLICES : old;
    for (int64_t s = first + 1; s <= slice; s++)
        memset(b->durations[s % SLICES], 0, sizeof(b->durations[0]));
    b->second = second > b->second ? second : b->second;
}

/* ---- noting ---- */

static enum pulse_way way_of(enum delivery_state state)
{
    if (state == DELIVERY_DELIVERED)
        return PULSE_SENT;
    return delivery_state_is_final(state) || state == DELIVERY_HELD ? PULSE_FAILED : PULSE_DEFERRED;
}

/* The octave in the high bits, the quarter of it in the two low ones. */
static size_t bucket_of(int64_t ms)
{
    size_t octave = 0;
    while (octave < BUCKETS / 4 - 1 && ms >> (octave + 1) > 0)
        octave++;
    if (octave < 2)
        return octave * 4 + (octave == 1 && ms == 3 ? 2 : 0);
    size_t quarter = (size_t)(ms >> (octave - 2)) & 3;
    return octave * 4 + quarter;
}

static int64_t middle_of(size_t bucket)
{
    size_t octave = bucket / 4;
    if (octave < 2)
        return octave == 0 ? 1 : (bucket % 4 == 2 ? 3 : 2);
    int64_t step = INT64_C(1) << (octave - 2);
    return (INT64_C(1) << octave) + (int64_t)(bucket % 4) * step + step / 2;
}

void pulse_note(enum pulse_kind kind, const char *name, enum delivery_state state,
                int64_t duration_ms, int64_t mono_ms)
{
    int64_t second = mono_ms / 1000;
    struct beat *b = find_place(kind, name, second);
    advance(b, second);
    b->ways[second % PULSE_SECONDS][way_of(state)]++;
    b->durations[second / SLICE_S % SLICES][bucket_of(duration_ms > 0 ? duration_ms : 0)]++;
}

/* ---- reading ---- */

static int64_t find_share(const uint64_t counts[BUCKETS], uint64_t total, uint64_t percent)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += counts[i];
        if (seen > 0 && seen * 100 >= total * percent)
            return middle_of(i);
    }
    return -1;
}

static void read_durations(const struct beat *b, struct pulse *out)
{
    uint64_t counts[BUCKETS] = {0}, total = 0;
    for (size_t s = 0; s < SLICES; s++) {
        for (size_t i = 0; i < BUCKETS; i++) {
            counts[i] += b->durations[s][i];
            total += b->durations[s][i];
        }
    }
    out->p50_ms = total > 0 ? find_share(counts, total, 50) : -1;
    out->p95_ms = total > 0 ? find_share(counts, total, 95) : -1;
}

void pulse_read(enum pulse_kind kind, const char *name, int64_t mono_ms, struct pulse *out)
{
    int64_t second = mono_ms / 1000;
    struct beat *b = find(kind, name);
    *out = (struct pulse){.p50_ms = -1, .p95_ms = -1};
    if (b == NULL)
        return;
    advance(b, second);
    for (int64_t i = 0; i < PULSE_SECONDS; i++)
        out->sent[PULSE_SECONDS - 1 - i] =
            b->ways[(second - i + PULSE_SECONDS) % PULSE_SECONDS][PULSE_SENT];
    for (int way = 0; way < PULSE_WAYS; way++) {
        for (int64_t i = 1; i <= RATE_S; i++)
            out->per_s[way] +=
                (double)b->ways[(second - i + PULSE_SECONDS) % PULSE_SECONDS][way] / RATE_S;
    }
    read_durations(b, out);
}

void pulse_put(struct buf *out, const struct pulse *p)
{
    buf_printf(out, ",\"sent_per_s\":%.1f,\"deferred_per_s\":%.1f,\"failed_per_s\":%.1f",
               p->per_s[PULSE_SENT], p->per_s[PULSE_DEFERRED], p->per_s[PULSE_FAILED]);
    buf_printf(out, ",\"p50_ms\":%lld,\"p95_ms\":%lld,\"last_60s\":[", (long long)p->p50_ms,
               (long long)p->p95_ms);
    for (int i = 0; i < PULSE_SECONDS; i++)
        buf_printf(out, "%s%lld", i > 0 ? "," : "", (long long)p->sent[i]);
    buf_putc(out, ']');
}
