/* A campaign before it leaves: its letters for every cohort in every language, the law, its place
 * in the chain of notices, and its people. */
#ifndef LETTERS_CHECK_CAMPAIGN_H
#define LETTERS_CHECK_CAMPAIGN_H

#include "letters/check_scene.h"
#include "model/campaign.h"
#include "model/fact_sheet.h"

struct check_case;

/* What the parts of the check share. */
struct campaign_check {
    struct check_scene *scene;
    const struct campaign *campaign;
    const struct fact_sheet *sheet; /* NULL: none */
    const struct fact_sheet *older; /* the version before, NULL */
    const struct campaign *earlier; /* the notice before, NULL */
    const struct fact_sheet *earlier_sheet;
    int template_index;
    struct check_case *letters;
};

/* The same of one that was read already, with its sheets. */
MUST_CHECK int check_campaign_read(struct campaign_check *k, struct error *err);
/* The letters were loaded. Everything wrong is told; ERR_IO and the like if a file cannot be read.
 */
MUST_CHECK int check_campaign(struct check_scene *s, const char *path, struct error *err);

#endif
