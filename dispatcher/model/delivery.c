#include "model/delivery.h"

#include <stddef.h>
#include <string.h>

#include "base/attributes.h"

static const char *const channel_names[CHANNEL_KINDS] = {
    [CHANNEL_EMAIL] = "email",
    [CHANNEL_SMS] = "sms",
    [CHANNEL_WEBHOOK] = "webhook",
};

static const char *const state_names[DELIVERY_STATES] = {
    [DELIVERY_WAITING] = "waiting",       [DELIVERY_IN_FLIGHT] = "in_flight",
    [DELIVERY_DEFERRED] = "deferred",     [DELIVERY_HELD] = "held",
    [DELIVERY_DELIVERED] = "delivered",   [DELIVERY_FAILED] = "failed",
    [DELIVERY_SUPPRESSED] = "suppressed", [DELIVERY_EXPIRED] = "expired",
    [DELIVERY_CANCELLED] = "cancelled",   [DELIVERY_UNCERTAIN] = "uncertain",
};

#define TO(state) (1u << DELIVERY_##state)

/* Row = from, bits = to. Final states leave only by an operator's retry (-> waiting) or
 * by what is reported later (policy/receipt.c). */
static const unsigned edges[DELIVERY_STATES] = {
    [DELIVERY_WAITING] = TO(IN_FLIGHT) | TO(HELD) | TO(SUPPRESSED) | TO(EXPIRED) | TO(CANCELLED) |
                         TO(WAITING) | TO(FAILED) | TO(DELIVERED) | TO(UNCERTAIN),
    [DELIVERY_IN_FLIGHT] = TO(DELIVERED) | TO(DEFERRED) | TO(FAILED) | TO(UNCERTAIN) | TO(WAITING) |
                           TO(HELD) | TO(SUPPRESSED) | TO(EXPIRED) | TO(CANCELLED),
    [DELIVERY_DEFERRED] = TO(IN_FLIGHT) | TO(WAITING) | TO(HELD) | TO(SUPPRESSED) | TO(EXPIRED) |
                          TO(CANCELLED) | TO(FAILED) | TO(DEFERRED) | TO(DELIVERED) | TO(UNCERTAIN),
    [DELIVERY_HELD] = TO(WAITING) | TO(CANCELLED) | TO(EXPIRED) | TO(DELIVERED) | TO(UNCERTAIN),
    [DELIVERY_DELIVERED] = TO(FAILED),
    [DELIVERY_FAILED] = TO(WAITING) | TO(DELIVERED),
    [DELIVERY_SUPPRESSED] = TO(WAITING),
    [DELIVERY_EXPIRED] = TO(WAITING) | TO(DELIVERED),
    [DELIVERY_CANCELLED] = TO(WAITING) | TO(DELIVERED),
    [DELIVERY_UNCERTAIN] = TO(WAITING) | TO(DELIVERED) | TO(FAILED) | TO(CANCELLED),
};

static bool find_name(const char *const *names, size_t count, const char *name, size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

const char *channel_kind_name(enum channel_kind kind)
{
    return channel_names[kind];
}

bool channel_kind_parse(const char *name, enum channel_kind *out)
{
    size_t at = 0;
    if (!find_name(channel_names, COUNT_OF(channel_names), name, &at))
        return false;
    *out = (enum channel_kind)at;
    return true;
}

const char *delivery_state_name(enum delivery_state state)
{
    return state_names[state];
}

bool delivery_state_parse(const char *name, enum delivery_state *out)
{
    size_t at = 0;
    if (!find_name(state_names, COUNT_OF(state_names), name, &at))
        return false;
    *out = (enum delivery_state)at;
    return true;
}

bool delivery_state_is_final(enum delivery_state state)
{
    return state >= DELIVERY_DELIVERED;
}

bool delivery_may_move(enum delivery_state from, enum delivery_state to)
{
    return (edges[from] >> to & 1u) != 0;
}
