/*
 * What operators stopped, as it is remembered over restarts: transports that were paused, and
 * whether anybody but the allow list gets something. Every change is recorded with its action.
 */
#ifndef LEDGER_STOPS_H
#define LEDGER_STOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/ledger.h"

struct transport_stop {
    const char *transport, *who, *reason;
    int64_t since_ms;
    bool over; /* those of its `failover` carry meanwhile */
};
/* One that is paused already is paused by this from now on. Durable. */
MUST_CHECK int ledger_pause_transport(struct ledger *l, const struct transport_stop *stop,
                                      const struct action *action, struct error *err);
/* Durable; one that is not paused stays so. */
MUST_CHECK int ledger_resume_transport(struct ledger *l, const char *transport,
                                       const struct action *action, struct error *err);
typedef void ledger_stop_fn(void *context, const struct transport_stop *stop);
/* By name; texts are valid during the call. */
MUST_CHECK int ledger_walk_transport_stops(struct ledger *l, ledger_stop_fn *fn, void *context,
                                           struct error *err);

/* `live on` and `live off`; nobody has said: the configuration decides. */
enum live_word { LIVE_UNSAID, LIVE_OFF, LIVE_ON };
struct live_switch {
    enum live_word word;
    int64_t since_ms;
    char who[80];
    char reason[256];
};
/* Durable. */
MUST_CHECK int ledger_put_live(struct ledger *l, const struct live_switch *live,
                               const struct action *action, int64_t count, struct error *err);
MUST_CHECK int ledger_find_live(struct ledger *l, struct live_switch *out, struct error *err);

/* Records what an operator did that left no other trace in the ledger. Durable. */
MUST_CHECK int ledger_note_action(struct ledger *l, const struct action *action, struct error *err);

#endif
