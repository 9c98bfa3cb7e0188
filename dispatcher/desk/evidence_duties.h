/* What the law asked for and what was set aside: duties.jsonl and exemptions.jsonl of an export. */
#ifndef DESK_EVIDENCE_DUTIES_H
#define DESK_EVIDENCE_DUTIES_H

#include "base/buf.h"
#include "base/error.h"
#include "law/law.h"
#include "desk/evidence.h"
#include "desk/evidence_documents.h"
#include "cli/session.h"

struct invocation;
struct json_t;

/* The first five are set by the caller; they are borrowed. */
struct evidence_duties {
    const struct invocation *inv;
    const char *campaign;
    const struct evidence_documents *documents; /* taken already */
    struct evidence_file *duties, *exemptions;
    int64_t now_ms;
    int64_t counts[LAW_DUTY_STATES];
    struct buf unknown; /* why they could not be looked at; empty: they were */
    struct error *err;  /* of a row */
    int rc;
};
/* `about` is the campaign as it was handed over, NULL: it was only enqueued; `file` its
 * campaign.yaml, NULL: nobody knows it. */
MUST_CHECK int evidence_duties_take(struct evidence_duties *d, struct session *s,
                                    const struct json_t *about, const char *file,
                                    struct error *err);
/* The member "duties" of the manifest, with a comma before it. */
void evidence_duties_put(const struct evidence_duties *d, struct buf *out);
/* For people, of that member: how many were met, are open and so on; nothing if there are none. */
void evidence_duties_tell(const struct invocation *inv, const struct json_t *duties);
void evidence_duties_free(struct evidence_duties *d);

#endif
