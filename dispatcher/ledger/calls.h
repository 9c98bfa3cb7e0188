/* Calls: what came of telling people by telephone, as lists of the phone team bring it. */
#ifndef LEDGER_CALLS_H
#define LEDGER_CALLS_H

#include "base/digest.h"
#include "ledger/ledger.h"

/* Order is part of the file. */
enum call_outcome {
    CALL_REACHED,
    CALL_NO_ANSWER,
    CALL_WRONG_NUMBER,
    CALL_REFUSED, /* does not want to talk */
    CALL_BACK,    /* later, as asked */
    CALL_OUTCOMES
};
const char *call_outcome_name(enum call_outcome outcome); /* "no_answer" */
bool call_outcome_parse(const char *name, enum call_outcome *out);

struct call {
    unsigned char sum[DIGEST_SIZE]; /* of what the row says: the same sum, the same call */
    const char *notice;             /* id */
    const char *campaign;           /* NULL if it has none; set by the ledger */
    enum call_outcome outcome;
    int64_t at_ms;
    const char *note, *who;
};

/* Whose delivery is it, of which campaign (appended), and since when is it in the books? *out_found
 * false: there is no such notice. */
MUST_CHECK int ledger_find_called(struct ledger *l, const char *notice, bool *out_found,
                                  struct buf *campaign, int64_t *out_accepted_ms,
                                  struct error *err);
/* Those that are not known yet are put down, in one durable transaction with one action, whose
 * count they are; nothing is recorded if all are known. out_new[i]: it was not. */
MUST_CHECK int ledger_put_calls(struct ledger *l, const struct call *calls, size_t count,
                                const struct action *action, bool *out_new, int64_t *out_count,
                                struct error *err);
/* Of a notice, or (NULL) of a campaign, or (both NULL) all, in the order they were read in. */
typedef void ledger_call_fn(void *context, const struct call *c);
MUST_CHECK int ledger_walk_calls(struct ledger *l, const char *notice, const char *campaign,
                                 ledger_call_fn *fn, void *context, struct error *err);
/* People of a campaign by the outcome of their last call; `called` people in all. */
MUST_CHECK int ledger_count_calls(struct ledger *l, const char *campaign,
                                  int64_t out[CALL_OUTCOMES], struct error *err);

#endif
