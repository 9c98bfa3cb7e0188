#include "engine/mending.h"

#include "policy/failover.h"

static bool list_carriers(const struct dispatch *d, const struct retry_way *way,
                          struct carriers *out)
{
    const struct transport *home = settings_find_transport(d->setup->settings, way->transport);
    if (home == NULL)
        return false;
    carriers_list(d->setup->settings, home, out);
    return true;
}

static bool is_shut(const struct dispatch *d, const struct transport *t)
{
    const struct transport_traffic *known = traffic_look(&d->traffic, t->name);
    return known != NULL && breaker_is_shut(&known->breaker);
}

/* Whoever may carry it rests. */
static bool all_are_shut(const struct dispatch *d, const struct carriers *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!is_shut(d, c->at[i]))
            return false;
    }
    return true;
}

/* Behind one of those that may carry it. */
static struct destination *find_shut_destination(const struct dispatch *d, const struct carriers *c,
                                                 const char *address)
{
    for (size_t i = 0; i < c->count; i++) {
        struct destination *at = traffic_look_destination(&d->traffic, c->at[i], address);
        if (at != NULL && breaker_is_shut(&at->breaker))
            return at;
    }
    return NULL;
}

static int64_t until_ms(const struct breaker *b, int64_t mono_ms, int64_t wall_ms)
{
    int64_t left_ms = breaker_next_ms(b, mono_ms) - mono_ms;
    return left_ms > 0 ? wall_ms + left_ms : 0;
}

bool mending_find(struct dispatch *d, const struct retry_way *way, int64_t mono_ms, int64_t wall_ms,
                  struct mending *out)
{
    struct carriers c;
    if (!list_carriers(d, way, &c))
        return false;
    if (all_are_shut(d, &c)) {
        const struct transport_traffic *t = traffic_look(&d->traffic, way->transport);
        *out = (struct mending){.kind = "transport",
                                .name = way->transport,
                                .reason = t->reason,
                                .until_ms = until_ms(&t->breaker, mono_ms, wall_ms)};
        return true;
    }
    const struct destination *at = find_shut_destination(d, &c, way->address);
    if (at == NULL)
        return false;
    *out = (struct mending){.kind = way->channel == CHANNEL_EMAIL ? "domain" : "endpoint",
                            .name = traffic_destination_name(way->channel, way->address),
                            .reason = "",
                            .until_ms = until_ms(&at->breaker, mono_ms, wall_ms)};
    return true;
}

bool mending_find_endpoint(struct dispatch *d, const char *name, int64_t mono_ms, int64_t wall_ms,
                           int64_t *out_until_ms)
{
    const struct settings *s = d->setup->settings;
    for (size_t i = 0; i < s->transport_count; i++) {
        const struct transport *t = &s->transports[i];
        const struct destination *at =
            t->channel == CHANNEL_WEBHOOK ? traffic_look_destination(&d->traffic, t, name) : NULL;
        if (at == NULL || !breaker_is_shut(&at->breaker))
            continue;
        *out_until_ms = until_ms(&at->breaker, mono_ms, wall_ms);
        return true;
    }
    return false;
}

void mending_try(struct dispatch *d, const struct retry_way *way, int64_t mono_ms)
{
    struct carriers c;
    if (!list_carriers(d, way, &c))
        return;
    bool all = all_are_shut(d, &c);
    for (size_t i = 0; i < c.count; i++) {
        struct destination *at = traffic_look_destination(&d->traffic, c.at[i], way->address);
        if (all)
            breaker_end_rest(&traffic_transport(&d->traffic, c.at[i]->name)->breaker, mono_ms);
        if (at != NULL && breaker_is_shut(&at->breaker)) {
            breaker_end_rest(&at->breaker, mono_ms);
            at->pushed_back = 0;
        }
    }
}
