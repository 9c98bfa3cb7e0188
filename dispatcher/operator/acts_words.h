/* What hold, release, expire, cancel and mark-delivered say. */
#ifndef OPERATOR_ACTS_WORDS_H
#define OPERATOR_ACTS_WORDS_H

#include "ledger/ledger.h"
#include "operator/acts_run.h"

/* To be asked before it is done; of more than one. */
void acts_put_question(const struct acts *a, enum act_kind kind, struct buf *out);
/* What would be done. */
void acts_tell_would(const struct acts *a, enum act_kind kind);
/* What was done, how to undo it, where to look. */
void acts_tell_done(const struct acts *a, enum act_kind kind);
/* On stderr: what was meant and left alone, or that nothing was meant. */
void acts_tell_left(const struct acts *a);

#endif
