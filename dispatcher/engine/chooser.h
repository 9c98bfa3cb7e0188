/*
 * The chooser: which lane of a transport gets the next packet. It puts what policy/slots.h needs
 * together and remembers whose turn is longest ago.
 */
#ifndef ENGINE_CHOOSER_H
#define ENGINE_CHOOSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/pacing.h"
#include "ledger/ledger.h"
#include "policy/slots.h"

struct chooser {
    struct lane_turn *turns; /* by lane, in order */
    size_t count;
    int64_t turn;
};

struct choice {
    int64_t lane;
    int64_t batch;
    bool big;
    bool pays; /* it passes a big one, see policy/slots.h */
};

/*
 * The lane of this transport that is to be leased from now; false if nothing is due in any of them.
 * `small_only`: big batches do not count.
 */
bool chooser_pick(struct chooser *c, const struct slots *s, const struct lane *lanes, size_t count,
                  const char *transport, bool small_only, const struct pacing *pacing,
                  struct choice *out);
/* When the first delivery of this transport is due that may go by the pace of its campaign;
 * INT64_MAX if there is none. */
int64_t chooser_next_due(const struct lane *lanes, size_t count, const char *transport,
                         const struct pacing *pacing);
void chooser_free(struct chooser *c);

#endif
