/*
 * The health of the receivers of webhooks: since when one has only failed, and whether it is
 * disabled. In memory, with a copy in the ledger that outlives a restart. A receiver that says that
 * it is gone (410), or has only failed for too long, is disabled and says so; what is addressed to
 * it is held until an operator enables it, and then one of them asks first.
 */
#ifndef ENGINE_ENDPOINTS_H
#define ENGINE_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"
#include "model/disposition.h"
#include "model/settings.h"

struct endpoint_health {
    char *name;
    bool disabled;
    char *reason;
    int64_t since_ms; /* disabled, or enabled again and not asked yet; 0: neither */
    int64_t failing_since_ms, last_ok_ms;
    int64_t written_ok_ms; /* as it stands in the ledger */
    bool unwritten;        /* the ledger took nothing when there was news */
};

/* Zero-initialise. */
struct endpoints {
    struct endpoint_health *at;
    size_t count;
};

/* What the ledger remembers, in the place of what is there. */
MUST_CHECK int endpoints_load(struct endpoints *e, struct ledger *l, struct error *err);
/* NULL: nothing was ever told about it. */
const struct endpoint_health *endpoints_find(const struct endpoints *e, const char *name);
/* It was enabled and has said nothing since: one delivery goes first, the others wait for what it
 * is told. */
bool endpoint_awaits_probe(const struct endpoint_health *h);
/* Gone for good (410). That is said of the endpoint; the notice is as good as before. */
bool endpoint_says_gone(const struct disposition *d);
bool endpoints_are_disabled(const struct endpoints *e, const char *name);
/* What an attempt tells about its endpoint, into the ledger too if it is worth it: an error is the
 * ledger's. */
MUST_CHECK int endpoints_note(struct endpoints *e, const struct endpoint *settings,
                              const struct disposition *d, int64_t now_ms, struct ledger *l,
                              struct error *err);
/* What could not be written when it was news. */
MUST_CHECK int endpoints_catch_up(struct endpoints *e, struct ledger *l, struct error *err);
void endpoints_free(struct endpoints *e);

#endif
