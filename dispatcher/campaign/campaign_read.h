/* campaign.yaml into a campaign; docs/facts.md says what may stand there. */
#ifndef CAMPAIGN_CAMPAIGN_READ_H
#define CAMPAIGN_CAMPAIGN_READ_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/problems.h"
#include "model/campaign.h"

/* Everything that is wrong with the file by itself goes to `problems`. ERR_CONFIG if there was an
 * error; *out is NULL then. Free with campaign_free(). */
MUST_CHECK int campaign_read(const char *path, struct problems *problems, struct campaign **out);

/* "breach_notice", "service_notice", "ad", "newsletter": walks over them; NULL behind the last. */
const char *campaign_category_at(size_t index);

/* What a campaign may hold, as JSON Schema, appended. */
void campaign_put_schema(struct buf *out);

#endif
