#include "engine/traffic.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"

#define DESTINATIONS_FIRST 256
/* Faults that did not open a breaker, and rests long over, are forgotten after this. */
#define DESTINATION_IDLE_MS (INT64_C(30) * 60 * 1000)
/* How much a new packet counts in the average. */
#define MEASURE_WEIGHT 0.2
/* A table full of busy ones is swept at most this often. */
#define SWEEP_AGAIN_MS 1000
/* Before anything was measured. */
#define PACKET_FIRST 16

void traffic_init(struct traffic *t, uint64_t seed)
{
    *t = (struct traffic){.seed = seed};
}

void traffic_free(struct traffic *t)
{
    for (size_t i = 0; i < t->transport_count; i++)
        free(t->transports[i].name);
    free(t->transports);
    free(t->destinations);
    *t = (struct traffic){0};
}

/* ---- transports ---- */

const struct transport_traffic *traffic_look(const struct traffic *t, const char *name)
{
    for (size_t i = 0; i < t->transport_count; i++) {
        if (strcmp(t->transports[i].name, name) == 0)
            return &t->transports[i];
    }
    return NULL;
}

struct transport_traffic *traffic_transport(struct traffic *t, const char *name)
{
    const struct transport_traffic *known = traffic_look(t, name);
    if (known != NULL)
        return &t->transports[known - t->transports];
    t->transports = xreallocarray(t->transports, t->transport_count + 1, sizeof(*t->transports));
    struct transport_traffic *made = &t->transports[t->transport_count++];
    *made =
        (struct transport_traffic){.name = xstrdup(name), .day = -1, .answered_mono_ms = INT64_MIN};
    slots_init(&made->slots);
    return made;
}

void traffic_give_chance(struct traffic *t)
{
    for (size_t i = 0; i < t->transport_count; i++)
        t->transports[i].breaker.until_ms = 0;
}

void traffic_measure(struct transport_traffic *t, int64_t took_ms, size_t count)
{
    double each = (double)(took_ms > 0 ? took_ms : 1) / (double)count;
    t->ms_each = t->ms_each > 0 ? t->ms_each + MEASURE_WEIGHT * (each - t->ms_each) : each;
}

size_t traffic_packet_size(const struct transport_traffic *t, size_t most)
{
    double wanted = t->ms_each > 0 ? TRAFFIC_PACKET_MS / t->ms_each : PACKET_FIRST;
    if (wanted >= (double)most)
        return most;
    return wanted > 1 ? (size_t)wanted : 1;
}

/* ---- destinations ---- */

const char *traffic_destination_name(enum channel_kind channel, const char *address)
{
    const char *at = NULL;
    switch (channel) {
    case CHANNEL_EMAIL:
        at = strrchr(address, '@');
        return at != NULL ? at + 1 : NULL;
    case CHANNEL_WEBHOOK:
        return address;
    case CHANNEL_SMS:
        break;
    }
    return NULL;
}

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint64_t)tolower((unsigned char)*text)) * UINT64_C(0x100000001b3);
    return hash;
}

/* Seeded FNV-1a with a last stir: 64 bits, so that two of some thousand names never meet. */
static uint64_t key_of(const struct traffic *t, const char *transport, const char *name)
{
    uint64_t hash = mix((mix(t->seed, transport) ^ 0xff) * UINT64_C(0x100000001b3), name);
    hash = (hash ^ (hash >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    hash ^= hash >> 32;
    return hash != 0 ? hash : 1;
}

static struct destination *find_place(struct destination *table, size_t room, uint64_t key)
{
    size_t at = (size_t)key & (room - 1);
    while (table[at].key != 0 && table[at].key != key)
        at = (at + 1) & (room - 1);
    return &table[at];
}

static bool is_idle(const struct destination *d, int64_t mono_ms)
{
    if (d->under_way > 0 || !bucket_is_idle(&d->bucket, mono_ms))
        return false;
    bool calm = d->breaker.state == BREAKER_CLOSED && d->breaker.faults == 0;
    int64_t since =
        d->touched_mono_ms > d->breaker.until_ms ? d->touched_mono_ms : d->breaker.until_ms;
    return calm || mono_ms - since > DESTINATION_IDLE_MS;
}

/* Moves what is not idle into a table of `room`. */
static void rebuild(struct traffic *t, size_t room, int64_t mono_ms)
{
    struct destination *fresh = xcalloc(room, sizeof(*fresh));
    t->destination_count = 0;
    for (size_t i = 0; i < t->destination_room; i++) {
        const struct destination *d = &t->destinations[i];
        if (d->key == 0 || is_idle(d, mono_ms))
            continue;
        *find_place(fresh, room, d->key) = *d;
        t->destination_count++;
    }
    free(t->destinations);
    t->destinations = fresh;
    t->destination_room = room;
}

/* Never more than three quarters full. First the idle ones go; only if that does not help it grows.
 */
static bool make_room(struct traffic *t, int64_t mono_ms)
{
    if (t->destination_count < t->destination_room / 4 * 3)
        return true;
    if (mono_ms < t->full_until_mono_ms)
        return false;
    if (t->destination_room > 0)
        rebuild(t, t->destination_room, mono_ms);
    if (t->destination_count < t->destination_room / 2)
        return true;
    size_t room = t->destination_room > 0 ? t->destination_room * 2 : DESTINATIONS_FIRST;
    if (room <= TRAFFIC_DESTINATIONS_MAX)
        rebuild(t, room, mono_ms);
    bool fits = t->destination_count < t->destination_room / 4 * 3;
    t->full_until_mono_ms = fits ? 0 : mono_ms + SWEEP_AGAIN_MS;
    return fits;
}

struct destination *traffic_destination(struct traffic *t, const struct transport *transport,
                                        const char *address, int64_t mono_ms)
{
    const char *name = traffic_destination_name(transport->channel, address);
    if (name == NULL)
        return NULL;
    uint64_t key = key_of(t, transport->name, name);
    struct destination *d = NULL;
    if (t->destination_room > 0) {
        d = find_place(t->destinations, t->destination_room, key);
        if (d->key == key) {
            d->touched_mono_ms = mono_ms;
            return d;
        }
    }
    if (!make_room(t, mono_ms))
        return NULL;
    d = find_place(t->destinations, t->destination_room, key);
    *d = (struct destination){.key = key, .touched_mono_ms = mono_ms};
    t->destination_count++;
    return d;
}

struct destination *traffic_look_destination(const struct traffic *t,
                                             const struct transport *transport, const char *address)
{
    const char *name = traffic_destination_name(transport->channel, address);
    if (name == NULL || t->destination_room == 0)
        return NULL;
    uint64_t key = key_of(t, transport->name, name);
    struct destination *d = find_place(t->destinations, t->destination_room, key);
    return d->key == key ? d : NULL;
}

void traffic_leave(struct destination *d, int64_t packet)
{
    d->under_way -= d->under_way > 0 ? 1 : 0;
    d->in_packet -= d->packet == packet && d->in_packet > 0 ? 1 : 0;
}

/* ---- faults ---- */

/* By mail: causes of smtp_answer.c that speak of the domain. */
static const char *const mail_faults[] = {"routing", "rate_limited", "policy", "blocklisted",
                                          "domain_unknown"};
/* By webhook: causes of webhook_answer.c that speak of one notice. */
static const char *const webhook_excuses[] = {"refused", "too_early", "disk", "deadline",
                                              "worker_crash"};

static bool is_among(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

static bool may_pass(enum outcome outcome)
{
    return outcome == OUTCOME_TRANSIENT || outcome == OUTCOME_THROTTLE ||
           outcome == OUTCOME_UNCERTAIN;
}

bool traffic_is_destination_fault(enum channel_kind channel, const struct disposition *d,
                                  bool *out_answered)
{
    bool fault = false;
    switch (channel) {
    case CHANNEL_EMAIL:
        fault = d->code > 0 && may_pass(d->outcome) &&
                is_among(mail_faults, COUNT_OF(mail_faults), d->cause);
        break;
    case CHANNEL_WEBHOOK:
        fault =
            may_pass(d->outcome) && !is_among(webhook_excuses, COUNT_OF(webhook_excuses), d->cause);
        break;
    case CHANNEL_SMS:
        break;
    }
    bool gone = strcmp(d->cause, "endpoint_gone") == 0;
    *out_answered = !fault && !gone && (d->outcome == OUTCOME_DELIVERED || d->code > 0);
    return fault;
}
