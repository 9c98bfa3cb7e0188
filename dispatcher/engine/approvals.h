/*
 * Approvals: who has agreed to what of a campaign, and whether that still is what would be sent.
 * One person counts for one role, and whoever sends is not the only one who agreed.
 */
#ifndef ENGINE_APPROVALS_H
#define ENGINE_APPROVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "ledger/campaigns.h"
#include "model/manifest.h"
#include "model/settings.h"

/* What one role has said: the last time it agreed to what is asked about, or the last time at all.
 */
struct role_approval {
    char *role, *who;
    int64_t at_ms, action;
    bool valid;
    char *replaced; /* who had approved in this role before; NULL: nobody else */
    int64_t replaced_ms;
    char *withdrawn_by, *withdrawn_why; /* NULL: it stands */
    int64_t withdrawn_ms;
    char digest[DIGEST_HEX_SIZE];
    struct manifest manifest; /* what it agreed to */
};

struct approvals {
    const struct manifest *manifest; /* asked about; NULL: nothing, none is valid */
    struct role_approval *roles;     /* in the order of their first approval */
    size_t count;
};

/* `manifest` is borrowed. Free with approvals_free(), also after an error. */
MUST_CHECK int approvals_find(struct ledger *l, const char *campaign,
                              const struct manifest *manifest, struct approvals *out,
                              struct error *err);
void approvals_free(struct approvals *a);
/* ,"approvals":[{"role","who","at","valid","changed":[{"part","name","was","is"}],
 * "replaced":{"who","at"},"withdrawn":{"who","at","reason"}}] */
void approvals_put(const struct approvals *a, struct buf *out);

/* The same person, whatever the account is called by now. */
bool approvals_same_person(const char *who, const char *other);
/* Whose approval of this role stands, whatever it was of; NULL: nobody's. Borrowed. */
const struct role_approval *approvals_standing(const struct approvals *a, const char *role);
/* ERR_DENIED: `who` has agreed to the same as another role. */
MUST_CHECK int approvals_check_person(const struct approvals *a, const char *role, const char *who,
                                      struct error *err);

/* What a campaign wants before it goes: what its file says, and what the configuration says of
 * every campaign. */
struct json_t;
struct approvals_wanted {
    char **roles; /* each once */
    size_t count;
    bool sender_apart; /* who sends is none of those who agreed */
};
/* `roles`: a list of texts. Free with approvals_wanted_free(). */
void approvals_want(const struct settings *s, const struct json_t *roles,
                    struct approvals_wanted *out);
void approvals_wanted_free(struct approvals_wanted *w);
/* May `sender` send it? ERR_DENIED with a sentence for each role that is missing or void. */
MUST_CHECK int approvals_check_sending(const struct approvals *a, const struct approvals_wanted *w,
                                       const char *sender, struct error *err);
/* ,"sender":{"who","may","because"}: null if `sender` may, else "approvals" (of others are
 * missing), "group" (unless `operates`), "approver", "only_approver" or "unwanted" (see above). */
void approvals_put_sender(const struct approvals *a, const struct approvals_wanted *w,
                          const char *sender, bool operates, struct buf *out);

#endif
