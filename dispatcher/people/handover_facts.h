/* `enqueue --batch ... --facts SHEET --cohort C`: the letter's facts from the sheet that `check`
 * and `preview` were given, so that what is sent is what was proved. */
#ifndef PEOPLE_HANDOVER_FACTS_H
#define PEOPLE_HANDOVER_FACTS_H

#include "base/buf.h"
#include "engine/setup.h"
#include "model/batch.h"
#include "model/fact_sheet.h"

struct handover_facts {
    struct fact_sheet *sheet; /* NULL: no --facts */
    const char *cohort;       /* NULL: everybody's facts */
};

/* Where facts are from; borrowed. */
struct handover_facts_source {
    const char *sheet;  /* path; NULL: batch.json has them */
    const char *cohort; /* NULL: everybody's facts */
    bool campaigns;     /* a campaign's cohort, which a sheet for everybody need not know */
};

/* Lays the facts under the batch's data. `path` and `text` of batch.json, for positions. Mistakes
 * in the sheet are told on stderr. ERR_USAGE, ERR_INPUT; free in any case. */
MUST_CHECK int handover_facts_take(const struct handover_facts_source *from, const struct setup *s,
                                   const char *path, const struct buf *text, struct batch *b,
                                   struct handover_facts *out, struct error *err);
/* Are there as many recipients in `table` as people in the cohort? ERR_INPUT; 0 where nobody has
 * counted. */
MUST_CHECK int handover_facts_check_count(const struct handover_facts *f, const char *table,
                                          int64_t count, struct error *err);
/* The cohorts whose people the sheet counts and nobody compares, because none was named; nothing
 * if there are none. */
void handover_facts_put_uncounted(const struct handover_facts *f, struct buf *out);
void handover_facts_free(struct handover_facts *f);

#endif
