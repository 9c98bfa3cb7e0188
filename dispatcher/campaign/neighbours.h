/* What lies beside a campaign in its directory: later versions of its fact sheet, and the campaigns
 * that follow it. Files name what they follow, never what follows them. */
#ifndef CAMPAIGN_NEIGHBOURS_H
#define CAMPAIGN_NEIGHBOURS_H

#include <stddef.h>

#include "model/campaign.h"
#include "model/fact_sheet.h"

struct neighbours {
    struct fact_sheet **sheets; /* of the same incident, by version */
    size_t sheet_count;
    struct campaign **campaigns;
    size_t campaign_count;
};

/* Every sound fact sheet of the incident and every sound campaign in the directory of `path`; what
 * cannot be read is passed over: it is checked by its own name. */
void neighbours_read(const char *path, const char *incident, struct neighbours *out);
void neighbours_free(struct neighbours *n);
/* The same file, however it is written? NULL is none. */
bool neighbours_same_file(const char *a, const char *b);

#endif
