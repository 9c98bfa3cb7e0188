/*
 * The gates every delivery passes right before it is handed out, whatever was true when it was
 * accepted:
 *
 *   gate         closed while                             then
 *   expiry       its expires_at has passed                expired
 *   not_before   before the time that was asked for       back until then, without a cause
 *   trial        trial mode, address not on the list      suppressed, cause trial_mode
 *   window       outside the hours of the recipient       back until they begin, cause window
 *   destination  its domain or endpoint rests             back until it is asked again, cause
 *                                                         destination_rest
 *   rate         its domain is over its pace              back until its turn, cause rate
 *
 * What goes back gets a time: gates delay and never park. The pace of a whole transport and its
 * warm-up are no gates: there nothing is leased before its time.
 */
#ifndef ENGINE_GATES_H
#define ENGINE_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/setup.h"
#include "engine/traffic.h"
#include "ledger/ledger.h"
#include "model/batch.h"

struct gates {
    const struct setup *setup;
    const struct transport *transport;
    struct traffic *traffic;
    struct send_window window; /* of transport and batch, as they meet */
    int64_t not_before_ms;     /* of the batch; 0: none */
    int64_t mono_ms, wall_ms;
};

/* Where a delivery that may not pass goes. */
struct gate_answer {
    enum delivery_state state;
    int64_t due_ms;
    const char *cause; /* static */
};

/* True: it may be sent, and counts as under way at its destination. False: *out says what becomes
 * of it. */
bool gates_pass(const struct gates *g, const struct leased *row, struct gate_answer *out);
/* It came back without having been sent: its destination did not see it. */
void gates_return(const struct gates *g, const struct leased *row);

#endif
