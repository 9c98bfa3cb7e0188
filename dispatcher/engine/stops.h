/*
 * What operators stopped, as the dispatch knows it: transports that are paused, and whether trial
 * mode is on. Read from the ledger at the start and after every change.
 *
 * Trial mode: `live on` and `live off` go before the configuration; where nobody has said one of
 * them, its `trial` decides. So a fresh spool, or one that was restored without its ledger, is in
 * trial mode unless somebody wrote `trial: false`.
 */
#ifndef ENGINE_STOPS_H
#define ENGINE_STOPS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/rests.h"
#include "ledger/stops.h"
#include "model/settings.h"

struct stopped_transport {
    char *transport, *who, *reason;
    int64_t since_ms;
    bool over;
};

/* Zeroed: nothing is stopped, nobody said anything. */
struct stops {
    struct stopped_transport *at;
    size_t count;
    struct live_switch live;
};

/* Takes the place of what is in it. After an error it is as before. */
MUST_CHECK int stops_load(struct stops *s, struct ledger *l, struct error *err);
void stops_free(struct stops *s);
/* NULL: it is not paused. Borrowed. */
const struct stopped_transport *stops_find(const struct stops *s, const char *transport);
/* As why what stands in its lanes waits. */
void stops_put_rest(const struct stopped_transport *stop, struct transport_rest *out);

/* Is trial mode on, by the switch and the configuration? */
bool stops_trial(const struct live_switch *live, const struct settings *s);
/* From now on `trial` of these settings is what counts. */
void stops_use(const struct live_switch *live, struct settings *s);

#endif
