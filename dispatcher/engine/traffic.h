/*
 * Traffic: how each transport fares and how each destination behind it does: breakers, buckets, how
 * much is under way. Kept by name over reloads, in memory only: a start begins with a clean slate,
 * and the first faults teach it again.
 *
 * A destination is what may be slow, limited or broken behind a transport that works: the mail
 * domain of an e-mail, the endpoint of a webhook. Texts have none: a gateway does not tell networks
 * apart. Millions of domains may pass by, so the table is bounded: what has been idle is forgotten,
 * and with three quarters of TRAFFIC_DESTINATIONS_MAX busy ones further ones go without (no rate,
 * no breaker).
 */
#ifndef ENGINE_TRAFFIC_H
#define ENGINE_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/disposition.h"
#include "model/settings.h"
#include "policy/breaker.h"
#include "policy/bucket.h"
#include "policy/slots.h"

#define TRAFFIC_DESTINATIONS_MAX 65536
/* A packet is to last about this long: then whoever comes in between waits no longer. */
#define TRAFFIC_PACKET_MS 500

struct transport_traffic {
    char *name;
    struct breaker breaker; /* counts packets */
    int64_t rest_mono_ms;   /* nothing before: a worker died and nobody is to blame */
    struct bucket bucket;
    struct slots slots;
    int64_t answered_mono_ms; /* when the other side last said anything */
    int64_t day, day_count;   /* warm-up: delivered on `day`; day -1: not asked yet */
    double ms_each;           /* moving average of a packet's time by its deliveries, 0: unknown */
    char reason[DISPOSITION_REPLY_SIZE]; /* of the last fault */
    int64_t since_wall_ms;               /* when it began to rest, if it does */
};

struct destination {
    uint64_t key; /* 0: the place is free */
    struct bucket bucket;
    struct breaker breaker; /* counts deliveries */
    int under_way;
    int64_t packet; /* the last one that has some of them, and how many */
    int in_packet;
    int64_t crowd;       /* sent back because too many were under way; less with each that passes */
    int64_t pushed_back; /* since it opened: they come back one by one, not all at its end */
    int64_t touched_mono_ms;
};

struct traffic {
    struct transport_traffic *transports;
    size_t transport_count;
    struct destination *destinations; /* open addressing; a power of two */
    size_t destination_room, destination_count;
    int64_t full_until_mono_ms; /* swept in vain: not again before */
    uint64_t seed;              /* so that nobody can choose domains that collide */
};

void traffic_init(struct traffic *t, uint64_t seed);
void traffic_free(struct traffic *t);
/* Never NULL; valid until a transport of another name is asked for. */
struct transport_traffic *traffic_transport(struct traffic *t, const char *name);
/* NULL if nothing is known of it. */
const struct transport_traffic *traffic_look(const struct traffic *t, const char *name);
/* Every breaker of a transport may probe at once: the configuration is a new one. */
void traffic_give_chance(struct traffic *t);

/* The destination's name within an address: the mail domain, the endpoint; NULL if the channel has
 * none. Borrowed from `address`. */
const char *traffic_destination_name(enum channel_kind channel, const char *address);
/* Valid until the next call. NULL: it has none, or the table is full. */
struct destination *traffic_destination(struct traffic *t, const struct transport *transport,
                                        const char *address, int64_t mono_ms);

/* The same without making it known; NULL if nothing is known of it. */
struct destination *traffic_look_destination(const struct traffic *t,
                                             const struct transport *transport,
                                             const char *address);

/* One that was under way in this packet is not any more. */
void traffic_leave(struct destination *d, int64_t packet);

/* A packet of `count` took `took_ms`. */
void traffic_measure(struct transport_traffic *t, int64_t took_ms, size_t count);
/* How many deliveries the next packet should have, 1..most. */
size_t traffic_packet_size(const struct transport_traffic *t, size_t most);

/*
 * Is this disposition the destination's fault? Only what tells about the domain or endpoint as a
 * whole: by mail an answer that speaks of routing, rate or policy (a full mailbox, a greylisted
 * recipient or a relay in trouble says nothing about the domain); by webhook everything that may
 * pass by itself, but not the refusal of one notice. `*out_answered`: the way there is open.
 */
bool traffic_is_destination_fault(enum channel_kind channel, const struct disposition *d,
                                  bool *out_answered);

#endif
