/*
 * An approval that is taken back before anything leaves:
 *
 *   disapprove   campaign, role (may be left out by who approved in one role only), reason
 *
 * Whoever approved may, and whoever operates: to stop what is wrong is never for one person alone.
 */
#include "engine/requests_backend.h"

#include <string.h>

#include "base/text.h"
#include "engine/access.h"
#include "engine/approvals.h"
#include "ledger/campaigns.h"
#include "model/json.h"

/* ---- which one ---- */

/* Of whoever asks, in this role (NULL: any); NULL: none was taken back. */
static const struct role_approval *find_withdrawn(const struct approvals *all, const char *who,
                                                  const char *role)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct role_approval *r = &all->roles[i];
        if (r->withdrawn_by != NULL && approvals_same_person(r->who, who) &&
            (role == NULL || text_equal(r->role, role)))
            return r;
    }
    return NULL;
}

/* Typed once more: nobody is to take a colleague's instead. */
static int refuse_again(const struct role_approval *own, const char *campaign, struct error *err)
{
    return error_set(err, ERR_NOT_FOUND,
                     "your approval of %s as %s is taken back already: dispatcher campaign show %s",
                     campaign, own->role, campaign);
}

static int refuse_role(const struct approvals *all, const char *campaign, const char *role,
                       struct error *err)
{
    struct buf names = {0};
    size_t count = 0, at = 0;
    for (size_t i = 0; i < all->count; i++)
        count += all->roles[i].withdrawn_by == NULL;
    for (size_t i = 0; i < all->count; i++) {
        if (all->roles[i].withdrawn_by == NULL)
            text_put_choice(&names, all->roles[i].role, at++, count);
    }
    int rc;
    if (count == 0)
        rc = error_set(err, ERR_NOT_FOUND,
                       "nobody has approved %s, so there is nothing to take back: dispatcher "
                       "campaign show %s",
                       campaign, campaign);
    else if (role != NULL)
        rc = error_set(err, ERR_NOT_FOUND, "nobody has approved %s as %s; say --as %s", campaign,
                       role, buf_text(&names));
    else
        rc = error_set(err, ERR_USAGE, "whose approval is taken back? Add --as %s",
                       buf_text(&names));
    buf_free(&names);
    return rc;
}

static bool is_own(const struct role_approval *r, const char *who)
{
    return r->withdrawn_by == NULL && approvals_same_person(r->who, who);
}

static size_t count_own(const struct approvals *all, const char *who)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        count += is_own(&all->roles[i], who);
    return count;
}

/* NULL: none, or several. */
static const struct role_approval *find_own(const struct approvals *all, const char *who)
{
    if (count_own(all, who) != 1)
        return NULL;
    size_t i = 0;
    while (!is_own(&all->roles[i], who))
        i++;
    return &all->roles[i];
}

static int choose(const struct request *r, const struct approvals *all, const char *campaign,
                  const struct role_approval **out, struct error *err)
{
    const char *role = json_get_text(r->root, "role", NULL);
    *out = role != NULL ? approvals_standing(all, role) : find_own(all, r->world->who);
    if (*out != NULL)
        return 0;
    const struct role_approval *own = find_withdrawn(all, r->world->who, role);
    if (role == NULL && count_own(all, r->world->who) > 0)
        own = NULL; /* several of theirs stand: which one? */
    return own != NULL ? refuse_again(own, campaign, err) : refuse_role(all, campaign, role, err);
}

/* ---- may it be? ---- */

struct known {
    bool known, started;
    struct buf file; /* where it was approved */
};

static void note_known(void *context, const struct campaign_row *row)
{
    struct known *k = context;
    k->known = true;
    k->started = row->started_ms != 0;
    buf_puts(&k->file, row->file);
}

/* What was agreed to when it left cannot be unsaid. */
static int check_unsent(const struct request *r, const char *campaign, struct known *k,
                        struct error *err)
{
    int rc = ledger_walk_campaigns(r->world->ledger, campaign, note_known, k, err);
    if (rc == 0 && !k->known)
        rc = error_set(err, ERR_NOT_FOUND,
                       "there is no campaign \"%s\"; `dispatcher campaign list` lists them",
                       campaign);
    if (rc == 0 && k->started)
        rc = error_set(err, ERR_CONFLICT,
                       "%s was sent, and what was approved for that stays on record. To stop what "
                       "has not left: dispatcher campaign pause %s; for good: dispatcher campaign "
                       "cancel %s",
                       campaign, campaign, campaign);
    return rc;
}

static int check_person(const struct request *r, const struct role_approval *one, struct error *err)
{
    if ((r->world->allowed & REQUEST_OPERATE) != 0 ||
        approvals_same_person(one->who, r->world->who))
        return 0;
    return error_set(err, ERR_DENIED,
                     "%s approved it as %s, and %s may not take that back: ask %s, or somebody who "
                     "may operate (`control.operate` of the configuration)",
                     one->who, one->role, r->world->who, one->who);
}

static int check_reason(const struct request *r, struct error *err)
{
    const char *reason = json_get_text(r->root, "reason", "");
    return reason[strspn(reason, " \t\r\n")] != '\0'
               ? 0
               : error_set(err, ERR_USAGE,
                           "say why the approval is taken back: --reason \"the telephone number "
                           "is wrong\"; whoever wants to send reads it");
}

/* ---- doing it ---- */

static int record(const struct request *r, const char *campaign, const struct role_approval *one,
                  struct error *err)
{
    struct buf selector = {0};
    buf_puts(&selector, "{\"campaign\":");
    buf_put_json(&selector, campaign);
    answer_put_text(&selector, "role", one->role);
    answer_put_text(&selector, "digest", one->digest);
    buf_printf(&selector, ",\"approval\":%lld}", (long long)one->action);
    const struct action action = request_action(r, "disapprove", buf_text(&selector));
    int rc = ledger_withdraw_approval(r->world->ledger, campaign, one->role, &action, err);
    buf_free(&selector);
    return rc;
}

static void put_answer(const struct request *r, const char *campaign, const struct known *k,
                       const struct role_approval *one)
{
    buf_puts(r->out, "{\"v\":1,\"end\":true");
    answer_put_text(r->out, "campaign", campaign);
    answer_put_text(r->out, "file", k->file.len > 0 ? buf_text(&k->file) : NULL);
    answer_put_text(r->out, "role", one->role);
    answer_put_text(r->out, "who", one->who);
    answer_put_time(r->out, "at", one->at_ms);
    buf_puts(r->out, ",\"withdrawn\":{\"who\":");
    buf_put_json(r->out, r->world->who);
    answer_put_time(r->out, "at", r->world->now_ms);
    answer_put_sentence(r->out, "reason", json_get_text(r->root, "reason", ""));
    buf_puts(r->out, "}}\n");
}

int request_disapprove(const struct request *r, struct error *err)
{
    const struct role_approval *one = NULL;
    const char *campaign = NULL;
    struct approvals all = {0};
    struct known known = {0};
    int rc = request_read_campaign(r, &campaign, err);
    if (rc == 0)
        rc = check_unsent(r, campaign, &known, err);
    if (rc == 0)
        rc = check_reason(r, err);
    if (rc == 0)
        rc = approvals_find(r->world->ledger, campaign, NULL, &all, err);
    if (rc == 0)
        rc = choose(r, &all, campaign, &one, err);
    if (rc == 0)
        rc = check_person(r, one, err);
    if (rc == 0)
        rc = record(r, campaign, one, err);
    if (rc == 0)
        put_answer(r, campaign, &known, one);
    approvals_free(&all);
    buf_free(&known.file);
    return rc;
}
