/*
 * Is the letter of a batch what was approved? Its batch.json holds the sum of it (letter_sha256);
 * where the library's letter differs, by one byte, nothing of the batch is leased until it is again
 * what it was, or an operator lets what it is now go. Looked at when a batch is begun, at the start
 * of the daemon, after a reload, and again with every packet.
 */
#ifndef ENGINE_APPROVED_H
#define ENGINE_APPROVED_H

#include <stdbool.h>

#include "base/error.h"
#include "engine/setup.h"
#include "ledger/ledger.h"
#include "model/batch.h"
#include "model/job.h"
#include "model/settings.h"

/* Is the letter the batch was approved for this one of the library's? True also of a batch that
 * says nothing. */
bool approved_is_same(const struct batch *b, const struct setup *setup, const char *template_name);
/* A batch that names a campaign goes with it: ERR_INPUT unless it is one of those the campaign was
 * started with, and with the letter it was started with. Where the configuration wants no approvals
 * of every campaign, it may also name one that the ledger does not know. */
MUST_CHECK int approved_check_campaign(struct ledger *l, const struct settings *s,
                                       const struct batch *b, struct error *err);
/* A single notice was approved by nobody: ERR_INPUT if it names a campaign where the configuration
 * wants approvals of every campaign. */
MUST_CHECK int approved_check_notice(const struct settings *s, const struct job *job,
                                     struct error *err);
/* Stops or releases the batch `id` (NULL: all that are not over). */
MUST_CHECK int approved_judge(struct ledger *l, const struct setup *setup, const char *id,
                              struct error *err);
/* An operator lets the letter as it is now go; recorded. */
MUST_CHECK int approved_allow(struct ledger *l, const struct setup *setup, const char *id,
                              const struct action *action, struct error *err);

#endif
