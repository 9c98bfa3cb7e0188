/* letters/ of an export of evidence: every document that was approved or sent, once. */
#ifndef DESK_EVIDENCE_DOCUMENTS_H
#define DESK_EVIDENCE_DOCUMENTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/session.h"

struct evidence_documents {
    const char *directory; /* of the export; borrowed */
    struct buf written;    /* {"bytes":..,"file":"..","name":"..","part":"..","sha256":".."},... */
    struct buf absent;     /* likewise, of which the ledger keeps no text */
    char **seen;           /* their sums */
    size_t count;
};
/* Of a manifest (model/manifest.h) as JSON; people are never among the documents. */
MUST_CHECK int evidence_documents_take(struct evidence_documents *d, struct session *s,
                                       const struct json_t *manifest, struct error *err);
/* Is it one of them? Also if the ledger kept no text of it. */
bool evidence_documents_has(const struct evidence_documents *d, const char *sha256);
/* Where the campaign's file of a manifest was written; NULL: nowhere. The caller frees it. */
char *evidence_documents_campaign(const struct evidence_documents *d,
                                  const struct json_t *manifest);
void evidence_documents_free(struct evidence_documents *d);

#endif
