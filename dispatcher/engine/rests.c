#include "engine/rests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"

struct named_rest {
    char *transport;
    struct transport_rest rest;
};

void rests_free(struct rests *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->at[i].transport);
    free(r->at);
    *r = (struct rests){0};
}

void rests_put(struct buf *out, const char *transport, const struct transport_rest *rest)
{
    char time[CLOCK_TEXT_SIZE];
    buf_puts(out, "{\"transport\":");
    buf_put_json(out, transport);
    buf_printf(out, ",\"waits_for\":\"%s\",\"until\":", rest->word);
    bool told = rest->until_ms == REST_UNTIL_TOLD;
    buf_put_json(out, told ? NULL : clock_format_rfc3339(rest->until_ms, time));
    buf_puts(out, ",\"reason\":");
    buf_put_json(out, rest->reason);
    buf_putc(out, '}');
}

static bool read_one(const struct json_t *from, struct named_rest *out)
{
    const char *name = json_get_text(from, "transport", NULL);
    const char *until = json_get_text(from, "until", NULL);
    *out = (struct named_rest){0};
    snprintf(out->rest.word, sizeof(out->rest.word), "%s", json_get_text(from, "waits_for", ""));
    snprintf(out->rest.reason, sizeof(out->rest.reason), "%s", json_get_text(from, "reason", ""));
    out->rest.until_ms = REST_UNTIL_TOLD;
    if (name == NULL || out->rest.word[0] == '\0' ||
        (until != NULL && !clock_parse_rfc3339(until, &out->rest.until_ms)))
        return false;
    out->transport = xstrdup(name);
    return true;
}

void rests_read(const struct json_t *array, struct rests *out)
{
    size_t count = json_count(array);
    *out = (struct rests){0};
    out->at = xcalloc(count > 0 ? count : 1, sizeof(*out->at));
    for (size_t i = 0; i < count; i++)
        out->count += read_one(json_at(array, i), &out->at[out->count]) ? 1 : 0;
}

bool rests_find(const struct rests *r, const char *transport, struct transport_rest *out)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!text_equal(r->at[i].transport, transport))
            continue;
        *out = r->at[i].rest;
        return true;
    }
    return false;
}

/* ---- a row ---- */

static const char *name_gate(const char *cause)
{
    static const char *const gates[] = {"window", "rate", "destination_rest", "letter"};
    for (size_t i = 0; i < COUNT_OF(gates); i++) {
        if (text_equal(gates[i], cause))
            return gates[i];
    }
    return NULL;
}

const char *rests_name_time(const char *cause, bool tried)
{
    const char *gate = name_gate(cause);
    if (gate != NULL)
        return gate;
    /* Nobody was asked and it has a cause: its transport was at fault, and has its time, too. */
    return tried || cause[0] != '\0' ? "retry" : "not_before";
}

/* Of what is to go, and when. */
static const char *name_pending(const struct delivery_row *row, const struct transport_rest *rest,
                                int64_t now_ms, bool *out_by_rest)
{
    bool later = row->due_ms > now_ms;
    *out_by_rest = rest != NULL && (rest->until_ms >= row->due_ms || !later);
    if (*out_by_rest)
        return rest->word;
    return later ? rests_name_time(row->cause, row->attempts > 0) : NULL;
}

const char *rests_name_wait(const struct delivery_row *row, const struct transport_rest *rest,
                            int64_t now_ms, bool *out_by_rest)
{
    *out_by_rest = false;
    switch (row->state) {
    case DELIVERY_WAITING:
    case DELIVERY_DEFERRED:
        return row->batch_stop != BATCH_GOES ? "stopped"
                                             : name_pending(row, rest, now_ms, out_by_rest);
    case DELIVERY_HELD:
        return text_equal(row->cause, "endpoint_disabled") ? "endpoint_disabled" : "operator";
    case DELIVERY_UNCERTAIN:
        return "operator";
    case DELIVERY_IN_FLIGHT:
    case DELIVERY_DELIVERED:
    case DELIVERY_FAILED:
    case DELIVERY_SUPPRESSED:
    case DELIVERY_EXPIRED:
    case DELIVERY_CANCELLED:
        break;
    }
    return NULL;
}
