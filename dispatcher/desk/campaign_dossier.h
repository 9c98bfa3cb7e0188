/*
 * A campaign as it stands now: checked, with the sum of every file that an approval covers. What is
 * approved, shown and sent is the same dossier; a byte that changes in between changes its digest.
 */
#ifndef DESK_CAMPAIGN_DOSSIER_H
#define DESK_CAMPAIGN_DOSSIER_H

#include "letters/check_scene.h"
#include "letters/check_sms_cost.h"
#include "model/campaign.h"
#include "model/manifest.h"

struct dossier {
    struct check_scene scene;
    const struct campaign *campaign; /* of the scene */
    const struct fact_sheet *sheet;  /* likewise; NULL: none */
    int template_index;
    /* Who must agree: the roles of its file, and those the configuration wants of every campaign.
     */
    const char **roles;
    size_t role_count;
    struct manifest manifest;
    char letter_sha256[DIGEST_HEX_SIZE]; /* as the engine will sum it */
    struct sms_cost cost;
};

/* What is wrong is told on stderr. ERR_INPUT if there are mistakes, ERR_AGAIN if a file changed
 * meanwhile. Close it in any case. */
MUST_CHECK int dossier_open(const struct invocation *inv, const char *path, struct dossier *out,
                            struct error *err);
/* Only the sums, to be compared: a campaign with mistakes can still be looked at. */
MUST_CHECK int dossier_open_unchecked(const struct invocation *inv, const char *path,
                                      struct dossier *out, struct error *err);
void dossier_close(struct dossier *d);

/* Each row of its tables, judged as when it is sent; what is wrong is told on stderr. ERR_INPUT if
 * one could not be sent, ERR_AGAIN if a file is not any more what was summed. */
MUST_CHECK int dossier_check_rows(struct dossier *d, struct error *err);

/* ERR_DENIED with the name of the file if people of a cohort or facts are not any more those that
 * were summed. `people` and `facts` (NULL: none) are the sums of table and sheet as they were read:
 * a file that was another one only meanwhile is found as well. */
MUST_CHECK int dossier_check_files(const struct dossier *d, const struct campaign_cohort *cohort,
                                   const unsigned char people[DIGEST_SIZE],
                                   const unsigned char *facts, struct error *err);

#endif
