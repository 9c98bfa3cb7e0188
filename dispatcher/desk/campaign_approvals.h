/* How the commands about campaigns tell approvals, and what they say is to be done next, by whom.
 * `answer` is that of the requests "approve" and "approvals". */
#ifndef DESK_CAMPAIGN_APPROVALS_H
#define DESK_CAMPAIGN_APPROVALS_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/command.h"
#include "desk/campaign_dossier.h"

struct json_t;

/* "comms: ok (jana) · legal: MISSING", of the roles that are wanted. */
void campaign_put_approvals(const struct invocation *inv, const struct dossier *d,
                            const struct json_t *answer, struct buf *out);
/* Is one of these roles missing, void or taken back? */
bool campaign_lacks_approval(const struct dossier *d, const struct json_t *answer);
/* What has changed since it was approved, and who took an approval back, a line each; nothing where
 * nothing has. */
void campaign_put_changes(const struct invocation *inv, const struct json_t *answer,
                          struct buf *out);
/* May whoever asked send it, if nothing lacks? */
bool campaign_may_send(const struct json_t *answer);
/* Why not, a sentence; nothing if they may. */
void campaign_put_obstacle(const struct invocation *inv, const struct json_t *answer,
                           struct buf *out);
/* The lines "Next...": each approval that lacks, and who may give it; then who sends. */
void campaign_put_next(const struct invocation *inv, const struct dossier *d,
                       const struct json_t *answer, struct buf *out);
/* "approve --as legal": what was decided, as it was typed. */
void campaign_put_verb(const struct json_t *decision, struct buf *out);

#endif
