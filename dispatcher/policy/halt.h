/*
 * Does a campaign halt itself? Pure. Only what tells about the campaign counts: failed and
 * uncertain, as a share of those and the delivered; not what was suppressed, cancelled or expired,
 * nor what intake refused and nobody tried.
 * Number AND share, so that neither three bad addresses of ten nor a thousand of six million stop
 * it.
 */
#ifndef POLICY_HALT_H
#define POLICY_HALT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/batch.h"
#include "model/delivery.h"

/* `own` is the batch's rule, `general` the configuration's, for a batch that says nothing.
 * `untried`: so many of the failed were never tried. */
bool halt_decide(const struct halt_rule *own, const struct halt_rule *general,
                 int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], int64_t untried);

#endif
