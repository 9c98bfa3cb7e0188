/* What the commands about campaigns ask the engine. */
#ifndef DESK_CAMPAIGN_ASK_H
#define DESK_CAMPAIGN_ASK_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/session.h"
#include "model/campaign.h"
#include "model/manifest.h"

/* Does it name a file? Else it is the name of a campaign, beside whose directory of the same name
 * somebody may stand. */
bool campaign_is_file(const char *what);
/* {"v":1,"verb":...,"campaign":...,"manifest":[...]: the caller goes on and closes it. */
void campaign_begin_request(struct buf *out, const char *verb, const char *campaign,
                            const struct manifest *m);
/* ,"file":"/srv/campaigns/x.yaml": so that others find it, wherever they stand. */
void campaign_put_file(struct buf *out, const char *path);
/* ,"roles":["comms","legal"]: what its file wants; the daemon knows what its configuration wants.
 */
void campaign_put_roles(struct buf *out, const struct campaign *c);
/* "approvals" of what stands there now, and whether whoever asks may send it; drop *out with
 * json_free(). */
MUST_CHECK int campaign_ask_approvals(struct session *s, const struct campaign *c,
                                      const struct manifest *m, struct json_t **out,
                                      struct error *err);
/* The row of "campaign" with its history. ERR_NOT_FOUND: nobody approved or sent it yet. */
MUST_CHECK int campaign_ask_row(struct session *s, const char *campaign, struct json_t **out,
                                struct error *err);

#endif
