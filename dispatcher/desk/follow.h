/*
 * Campaigns that follow another one, to those on whom that one's last word is such and such.
 *
 * `campaign people` writes their table, which is approved like any other; `send --to-those STATE
 * --of CAMPAIGN` sends only if that table still is what the books say: whoever was reached
 * meanwhile is not written to again, and nobody gets it whom nobody approved.
 */
#ifndef DESK_FOLLOW_H
#define DESK_FOLLOW_H

#include "base/buf.h"
#include "base/error.h"
#include "cli/session.h"
#include "model/campaign.h"

#define FOLLOW_OPTIONS                                                                             \
    {"to-those", 0, "STATES", "only if the tables are those of these people, like failed"},        \
    {                                                                                              \
        "of", 0, "CAMPAIGN", "the earlier campaign, of --to-those"                                 \
    }

/* The table of the people of a campaign (of a cohort; NULL: of all) on whom one of `states`, words
 * with commas between them, is the last word: in the order of the books, always the same. ERR_USAGE
 * for what is no state. */
MUST_CHECK int follow_put_people(struct session *s, const char *campaign, const char *cohort,
                                 const char *states, struct buf *out, int64_t *out_count,
                                 struct error *err);
/* 0 unless --to-those is given and the table of a cohort of `c` is not that of today: ERR_CONFLICT
 * with what to do. With one cohort it is of all people; of several each is of the cohort with its
 * name. */
MUST_CHECK int follow_check(const struct invocation *inv, const struct campaign *c,
                            struct error *err);

#endif
