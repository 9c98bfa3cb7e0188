/*
 * The gates every delivery passes right before it is handed out, whatever was true when it was
 * accepted:
 *
 *   gate         closed while                             then
 *   expiry       its expires_at has passed                expired
 *   not_before   before the time that was asked for       back until then, without a cause
 *   letter       its letter has a mistake or is a draft   back until it is there, cause letter
 *   trial        trial mode, address not on the list      suppressed, cause trial_mode
 *   suppression  its address is on the suppression list   suppressed, cause of the entry
 *   endpoint     its endpoint is disabled                 held, cause endpoint_disabled
 *   window       outside the hours of the recipient       back until they begin, cause window
 *   destination  its domain or endpoint rests             back until it is asked again, cause
 *                                                         destination_rest
 *   crowd        as many are under way there as may be    back soon, cause rate
 *   rate         its domain is over its pace              back until its turn, cause rate
 *
 * What goes back gets a time: gates delay and never park. The pace of a whole transport and its
 * warm-up are no gates: there nothing is leased before its time.
 */
#ifndef ENGINE_GATES_H
#define ENGINE_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/endpoints.h"
#include "engine/setup.h"
#include "engine/suppressing.h"
#include "engine/traffic.h"
#include "ledger/ledger.h"
#include "model/batch.h"

struct gates {
    const struct setup *setup;
    const struct transport *home;      /* whose hours hold */
    const struct transport *transport; /* who carries it, and whose rates */
    struct traffic *traffic;
    const struct endpoints *endpoints; /* NULL: none is disabled */
    struct suppressing suppressing;
    struct send_window batch_window; /* no length: none */
    int64_t not_before_ms;           /* of the batch; 0: none */
    int64_t mono_ms, wall_ms;
};

/* Where a delivery that may not pass goes. */
struct gate_answer {
    enum delivery_state state;
    int64_t due_ms;
    const char *cause; /* static, or of `said` */
    bool passes_on;    /* single routing: the next channel's turn */
    bool has_said;     /* also of one that passes: a sentence for its story */
    struct disposition said;
};

/* True: it may be sent, and counts as under way at its destination. False: *out says what becomes
 * of it. */
bool gates_pass(const struct gates *g, struct leased *row, struct gate_answer *out);
/* It came back without having been sent: its destination did not see it. */
void gates_return(const struct gates *g, const struct leased *row);

#endif
