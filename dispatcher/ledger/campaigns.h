/*
 * Campaigns in the ledger: drafts with their approvals, what was started, its pace, and whether it
 * goes. Batches belong to a campaign by its id in their batch.json, whichever came first. Every
 * decision is an action in the chain.
 */
#ifndef LEDGER_CAMPAIGNS_H
#define LEDGER_CAMPAIGNS_H

#include "ledger/ledger.h"
#include "model/pace.h"

/* Order is part of the file. Of all its batches, those of now and those to come. */
enum campaign_stop { CAMPAIGN_GOES = 0, CAMPAIGN_PAUSED = 2, CAMPAIGN_CANCELLED = 3 };

struct campaign_row {
    int64_t campaign; /* its number */
    const char *id, *kind, *template_name, *file;
    const char *plan;     /* JSON; "": a draft */
    const char *manifest; /* JSON; "": a draft */
    const char *started_by, *stop_reason;
    char digest[DIGEST_HEX_SIZE]; /* "": a draft */
    int64_t people, created_ms, started_ms, send_at_ms;
    enum campaign_stop stop;
    struct pace pace;
    struct pace_count count;
};
/* All in the order they were made, or the one of this id (NULL: all). Texts are valid during the
 * call. */
typedef void ledger_campaign_fn(void *context, const struct campaign_row *row);
MUST_CHECK int ledger_walk_campaigns(struct ledger *l, const char *id, ledger_campaign_fn *fn,
                                     void *context, struct error *err);

/* ---- approvals ---- */

/* Who took an approval back; at_ms 0: nobody. */
struct withdrawal {
    const char *who, *reason;
    int64_t at_ms, action;
};
struct approval {
    const char *campaign, *role, *who;
    int64_t at_ms;
    const unsigned char *digest;
    const char *manifest; /* canonical JSON */
    int64_t action;       /* its number in the chain */
    const char *file;     /* when it is given: campaign.yaml; NULL: nobody says */
    struct withdrawal withdrawn;
};
/* The campaign becomes a draft if it is not known. Durable. */
MUST_CHECK int ledger_put_approval(struct ledger *l, const struct approval *a,
                                   const struct action *action, struct error *err);
/* In the order they were given. */
typedef void ledger_approval_fn(void *context, const struct approval *a);
MUST_CHECK int ledger_walk_approvals(struct ledger *l, const char *campaign, ledger_approval_fn *fn,
                                     void *context, struct error *err);

/* Whatever was approved in this role until now counts no more; who and why stand in the action.
 * Durable. ERR_CONFLICT: it was sent. ERR_NOT_FOUND: there is nothing to take back. */
MUST_CHECK int ledger_withdraw_approval(struct ledger *l, const char *campaign, const char *role,
                                        const struct action *action, struct error *err);

/* ---- start and stop ---- */

struct campaign_start {
    const char *id, *kind, *template_name, *file;
    const char *plan;     /* canonical JSON */
    const char *manifest; /* likewise */
    const unsigned char *digest;
    int64_t people, send_at_ms;
};
/* A draft, or one that is not known, is started. Durable. *out_started false: it was, with the same
 * digest. ERR_CONFLICT: with another one, or it is cancelled. */
MUST_CHECK int ledger_start_campaign(struct ledger *l, const struct campaign_start *start,
                                     const struct action *action, bool *out_started,
                                     struct error *err);
/* Nothing of its batches is leased any more, or it goes on. What is cancelled stays so:
 * ERR_CONFLICT. ERR_NOT_FOUND unless it was started. Durable; *out_was what it was. */
MUST_CHECK int ledger_stop_campaign(struct ledger *l, const char *id, enum campaign_stop stop,
                                    const char *reason, const struct action *action,
                                    enum campaign_stop *out_was, struct error *err);
/* The first ones were looked at: all others may go. *out_was_passed: already. */
MUST_CHECK int ledger_pass_campaign(struct ledger *l, const char *id, const struct action *action,
                                    bool *out_was_passed, struct error *err);

/* False: it has none. Only with LEDGER_WRITE, from memory. */
bool ledger_lane_pace(const struct ledger *l, const struct lane *lane, struct pace *out_pace,
                      struct pace_count *out_count);
/* Campaigns that go, whose first ones are out and not passed: from memory, only with LEDGER_WRITE.
 * fn may ask the ledger, not change it. */
struct campaign_first {
    int64_t campaign;
    const char *id;
    const struct pace *pace;
    const struct pace_count *count;
};
typedef void ledger_first_fn(void *context, const struct campaign_first *first);
void ledger_walk_firsts(const struct ledger *l, ledger_first_fn *fn, void *context);
/* When the first of a lane is due that was begun, whatever the pace; INT64_MAX: nothing was. By
 * index, or from memory. */
MUST_CHECK int ledger_find_begun(struct ledger *l, int64_t lane, int64_t *out_due_ms,
                                 struct error *err);

/* The numbers of its batches, in order. */
typedef void ledger_number_fn(void *context, int64_t number);
MUST_CHECK int ledger_walk_campaign_batches(struct ledger *l, const char *id, ledger_number_fn *fn,
                                            void *context, struct error *err);

/* ---- documents ---- */

struct document {
    const unsigned char *sha256; /* DIGEST_SIZE */
    const char *kind, *name;     /* "letter", "apology/de.md" */
    const void *bytes;
    size_t len;
};
/* A piece of a document, from `start` on. With `last` they are put together: ERR_INPUT if their sum
 * is not sha256; then all are to come again. What is kept already stays. */
MUST_CHECK int ledger_put_document(struct ledger *l, const struct document *piece, int64_t start,
                                   bool last, struct error *err);
/* *out_found false: it is not kept. Else its bytes, appended. */
MUST_CHECK int ledger_read_document(struct ledger *l, const unsigned char sha256[DIGEST_SIZE],
                                    struct buf *out, bool *out_found, struct error *err);

#endif
