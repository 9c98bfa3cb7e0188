#include "engine/resting.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

/* Who rests again so soon has rested since the first time. */
#define SAME_REST_MS (INT64_C(10) * 60 * 1000)

struct resting_entry {
    enum resting_kind kind;
    char *transport, *place, *reason;
    int64_t since_ms, until_ms;
};

static void clear(struct resting_entry *e)
{
    free(e->transport);
    free(e->place);
    free(e->reason);
    *e = (struct resting_entry){0};
}

void resting_free(struct resting *r)
{
    for (size_t i = 0; i < r->count; i++)
        clear(&r->at[i]);
    free(r->at);
    *r = (struct resting){0};
}

static struct resting_entry *find(const struct resting *r, enum resting_kind kind,
                                  const char *transport, const char *place)
{
    for (size_t i = 0; i < r->count; i++) {
        struct resting_entry *e = &r->at[i];
        if (e->kind == kind && text_equal(e->transport, transport) && text_equal(e->place, place))
            return e;
    }
    return NULL;
}

static struct resting_entry *find_first_to_end(const struct resting *r)
{
    struct resting_entry *first = &r->at[0];
    for (size_t i = 1; i < r->count; i++)
        first = r->at[i].until_ms < first->until_ms ? &r->at[i] : first;
    return first;
}

static void add(struct resting *r, const struct resting_note *note, int64_t now_ms)
{
    struct resting_entry *e;
    if (r->at == NULL)
        r->at = xcalloc(RESTING_MAX, sizeof(*r->at));
    if (r->count < RESTING_MAX) {
        e = &r->at[r->count++];
    } else {
        e = find_first_to_end(r);
        clear(e);
    }
    *e = (struct resting_entry){.kind = note->kind,
                                .transport = xstrdup(note->transport),
                                .place = xstrdup(note->place),
                                .reason = xstrdup(note->reason),
                                .since_ms = now_ms,
                                .until_ms = note->until_ms};
}

bool resting_note(struct resting *r, const struct resting_note *note, int64_t now_ms)
{
    struct resting_entry *e = find(r, note->kind, note->transport, note->place);
    if (e == NULL) {
        add(r, note, now_ms);
        return true;
    }
    bool begins = now_ms - e->until_ms > SAME_REST_MS;
    if (begins)
        e->since_ms = now_ms;
    e->until_ms = note->until_ms;
    free(e->reason);
    e->reason = xstrdup(note->reason);
    return begins;
}

bool resting_end(struct resting *r, enum resting_kind kind, const char *transport,
                 const char *place)
{
    struct resting_entry *e = find(r, kind, transport, place);
    if (e == NULL)
        return false;
    struct resting_entry *last = &r->at[--r->count], ended = *e;
    *e = *last;
    *last = (struct resting_entry){0};
    clear(&ended);
    return true;
}

static void put_entry(const struct resting_entry *e, bool first, struct buf *out)
{
    static const char *const kinds[] = {
        [RESTING_DESTINATION] = "destination", [RESTING_HOST] = "host"};
    char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
    buf_printf(out, "%s{\"kind\":\"%s\",\"transport\":", first ? "" : ",", kinds[e->kind]);
    buf_put_json(out, e->transport);
    buf_puts(out, ",\"name\":");
    buf_put_json(out, e->place);
    buf_printf(out, ",\"since\":\"%s\",\"until\":\"%s\",\"reason\":",
               clock_format_rfc3339(e->since_ms, since), clock_format_rfc3339(e->until_ms, until));
    buf_put_json(out, e->reason);
    buf_putc(out, '}');
}

void resting_put(const struct resting *r, int64_t now_ms, struct buf *out)
{
    bool first = true;
    buf_puts(out, ",\"resting\":[");
    for (size_t i = 0; i < r->count; i++) {
        if (r->at[i].until_ms <= now_ms)
            continue;
        put_entry(&r->at[i], first, out);
        first = false;
    }
    buf_putc(out, ']');
}
