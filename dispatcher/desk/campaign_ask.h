/* What the commands about campaigns ask the engine, and how they tell approvals. */
#ifndef DESK_CAMPAIGN_ASK_H
#define DESK_CAMPAIGN_ASK_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/session.h"
#include "model/campaign.h"
#include "model/manifest.h"

/* {"v":1,"verb":...,"campaign":...,"manifest":[...]: the caller goes on and closes it. */
void campaign_begin_request(struct buf *out, const char *verb, const char *campaign,
                            const struct manifest *m);
/* ,"file":"/srv/campaigns/x.yaml": so that others find it, wherever they stand. */
void campaign_put_file(struct buf *out, const char *path);
/* "approvals" of what stands there now; drop *out with json_free(). */
MUST_CHECK int campaign_ask_approvals(struct session *s, const char *campaign,
                                      const struct manifest *m, struct json_t **out,
                                      struct error *err);
/* The row of "campaign" with its history. ERR_NOT_FOUND: nobody approved or sent it yet. */
MUST_CHECK int campaign_ask_row(struct session *s, const char *campaign, struct json_t **out,
                                struct error *err);

/* "comms: ok (jana) · legal: MISSING", of the roles that are wanted. */
void campaign_put_approvals(const struct invocation *inv, const struct json_t *answer,
                            const char *const *roles, size_t count, struct buf *out);
/* Is one of these roles missing or void? */
bool campaign_lacks_approval(const struct json_t *answer, const char *const *roles, size_t count);
/* What comes next when nothing lacks. Who alone has approved does not send. */
void campaign_tell_send(const struct invocation *inv, const struct json_t *answer,
                        const char *const *roles, size_t count, const char *file);
/* What has changed since it was approved, a line each; nothing where nothing has. */
void campaign_put_changes(const struct invocation *inv, const struct json_t *answer,
                          struct buf *out);

#endif
