/* The keys of campaign.yaml that say how it leaves: who must agree, at which hours, the first ones
 * and the waves, when it stops. */
#ifndef CAMPAIGN_SENDING_READ_H
#define CAMPAIGN_SENDING_READ_H

#include "base/buf.h"
#include "campaign/reading.h"
#include "model/campaign.h"

/* For the table of keys; `target` is the campaign. */
void sending_read_approvals(const struct reading *r, const struct yaml_node *node, void *target);
void sending_read_window(const struct reading *r, const struct yaml_node *node, void *target);
void sending_read_halt(const struct reading *r, const struct yaml_node *node, void *target);
void sending_read_canary(const struct reading *r, const struct yaml_node *node, void *target);
void sending_read_waves(const struct reading *r, const struct yaml_node *node, void *target);
void sending_read_phoned(const struct reading *r, const struct yaml_node *node, void *target);
void sending_read_condition(const struct reading *r, const struct yaml_node *node, void *target);
void sending_read_expires_at(const struct reading *r, const struct yaml_node *node, void *target);

/* What only shows when all of it was read. */
void sending_check(const struct reading *r, const struct yaml_node *root, const struct campaign *c);

/* The maps of these keys, as members of "$defs", each with a comma before it. */
void sending_put_schema_defs(struct buf *out);

#endif
