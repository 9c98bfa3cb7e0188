/* A campaign as one thing to be watched: what all of its batches come to, and whether its first
 * ones or the next wave are waited for. */
#ifndef DESK_WATCH_CAMPAIGN_H
#define DESK_WATCH_CAMPAIGN_H

#include "cli/session.h"

/*
 * As the answer to `progress` of a batch, summed; in addition "campaign": true, "first_out": so
 * many first ones are out and the others wait (if "looks": for a look), "next_wave_at": nothing
 * leaves before. ERR_NOT_FOUND: there is no campaign of this name; ERR_CONFLICT: it was not
 * sent yet. Drop *out with json_free().
 */
MUST_CHECK int watch_campaign_ask(struct session *s, const char *id, struct json_t **out,
                                  struct error *err);

#endif
