/*
 * Release: after a reload of the configuration, what a gate sent back by what is changed now is due
 * at once and the gates decide anew; a wider window or a higher rate is felt now and not when the
 * old one would have opened. Nothing is released by what stayed as it was: of millions that wait
 * for the morning none is to be moved because a letter was corrected.
 *
 *   cause             released when this changed
 *   window            the transport's hours, also of a country, the time zone of the configuration
 *   rate              the transport's rates and limits towards domains and endpoints
 *   destination_rest  the transport's servers, the endpoints
 *   letter            a letter that had a mistake, or was a draft; also by the start
 *
 * In steps, beside the work: it may be a whole campaign. A daemon that ends in between leaves the
 * rest with the times they have.
 */
#ifndef ENGINE_RELEASE_H
#define ENGINE_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/recorder.h"
#include "ledger/ledger.h"
#include "model/settings.h"

struct release_task {
    char *transport;
    struct release place;
    size_t moved;
};

/* Zero-initialise. */
struct releasing {
    struct release_task *tasks; /* one for each transport at most */
    size_t count;
};

/* What a reload changed of a transport. */
struct release_causes {
    bool window, rate, destination_rest, letter;
};
struct release_causes release_compare(const struct settings *old, const struct settings *new,
                                      const char *transport);

/* Adds what is to be released because `new` took the place of `old`; what was not done yet stays to
 * be done. `letters`: some may go that could not before. */
void releasing_begin(struct releasing *r, const struct settings *old, const struct settings *new,
                     bool letters, int64_t wall_ms);
bool releasing_has_more(const struct releasing *r);
/* One step, unless the ledger takes nothing. */
void releasing_step(struct releasing *r, struct recorder *recorder, int64_t mono_ms,
                    int64_t wall_ms);
void releasing_free(struct releasing *r);

#endif
