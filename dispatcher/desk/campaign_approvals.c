#include "desk/campaign_approvals.h"

#include <string.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "engine/access.h"
#include "model/json.h"

#define SELECTOR_DEPTH 8

/* ---- how they stand ---- */

/* NULL: nobody has approved it as that. */
static const struct json_t *find_role(const struct json_t *answer, const char *role)
{
    const struct json_t *list = json_get(answer, "approvals");
    for (size_t i = 0; i < json_count(list); i++) {
        if (text_equal(json_get_text(json_at(list, i), "role", NULL), role))
            return json_at(list, i);
    }
    return NULL;
}

static bool is_withdrawn(const struct json_t *approval)
{
    return json_kind_of(json_get(approval, "withdrawn")) == JSON_KIND_OBJECT;
}

static bool is_valid(const struct json_t *answer, const char *role)
{
    return json_get_bool(find_role(answer, role), "valid", false);
}

static void put_role(const struct invocation *inv, const char *role, const struct json_t *a,
                     struct buf *out)
{
    const char *who = json_get_text(a, "who", "");
    if (a == NULL)
        say_put(inv, out, "%s: MISSING", role);
    else if (json_get_bool(a, "valid", false))
        say_put(inv, out, "%s: ok (%s)", role, who);
    else if (is_withdrawn(a))
        say_put(inv, out, "%s: TAKEN BACK (%s)", role,
                json_get_text(json_get(a, "withdrawn"), "who", ""));
    else
        say_put(inv, out, "%s: VOID (%s)", role, who);
}

void campaign_put_approvals(const struct invocation *inv, const struct dossier *d,
                            const struct json_t *answer, struct buf *out)
{
    for (size_t i = 0; i < d->role_count; i++) {
        buf_puts(out, i > 0 ? " \u00b7 " : "");
        put_role(inv, d->roles[i], find_role(answer, d->roles[i]), out);
    }
    if (d->role_count == 0)
        say_put(inv, out, "none are wanted");
}

bool campaign_lacks_approval(const struct dossier *d, const struct json_t *answer)
{
    for (size_t i = 0; i < d->role_count; i++) {
        if (!is_valid(answer, d->roles[i]))
            return true;
    }
    return false;
}

/* ---- why one does not hold ---- */

static void put_change(const struct invocation *inv, const struct json_t *change, const char *role,
                       struct buf *out)
{
    const char *name = json_get_text(change, "name", "");
    if (json_get_text(change, "was", NULL) == NULL)
        say_put(inv, out, "  since %s approved: %s is new\n", role, name);
    else if (json_get_text(change, "is", NULL) == NULL)
        say_put(inv, out, "  since %s approved: %s is gone\n", role, name);
    else
        say_put(inv, out, "  since %s approved: %s has changed\n", role, name);
}

static void put_withdrawn(const struct invocation *inv, const struct json_t *approval,
                          struct buf *out)
{
    const struct json_t *w = json_get(approval, "withdrawn");
    const char *reason = json_get_text(w, "reason", "");
    char at[64];
    struct buf why = {0};
    text_put_visible(&why, reason, strlen(reason));
    say_put(inv, out, "  %s took the approval as %s back on %s: \"%s\"\n",
            json_get_text(w, "who", ""), json_get_text(approval, "role", ""),
            output_time(json_get_text(w, "at", NULL), at, sizeof(at)), buf_text(&why));
    buf_free(&why);
}

void campaign_put_changes(const struct invocation *inv, const struct json_t *answer,
                          struct buf *out)
{
    const struct json_t *list = json_get(answer, "approvals");
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json_t *a = json_at(list, i), *changed = json_get(a, "changed");
        if (is_withdrawn(a)) {
            put_withdrawn(inv, a, out);
            continue;
        }
        for (size_t k = 0; !json_get_bool(a, "valid", false) && k < json_count(changed); k++)
            put_change(inv, json_at(changed, k), json_get_text(a, "role", ""), out);
    }
}

/* ---- who approves next ---- */

/* "lee, choi, the group law": whom the configuration lets approve as that; nothing: whoever may. */
static void put_allowed(const struct invocation *inv, const struct settings *s, const char *role,
                        struct buf *out)
{
    const struct campaign_role *r = access_find_role(s, role);
    for (size_t i = 0; r != NULL && i < r->user_count; i++)
        buf_printf(out, "%s%s", out->len > 0 ? ", " : "", r->users[i]);
    for (size_t i = 0; r != NULL && i < r->group_count; i++) {
        buf_puts(out, out->len > 0 ? ", " : "");
        say_put(inv, out, "the group %s", r->groups[i]);
    }
}

/* Who has approved it in another role already. */
static void put_used(const struct dossier *d, const struct json_t *answer, struct buf *out)
{
    for (size_t i = 0; i < d->role_count; i++) {
        if (is_valid(answer, d->roles[i]))
            buf_printf(out, "%s%s", out->len > 0 ? ", " : "",
                       json_get_text(find_role(answer, d->roles[i]), "who", ""));
    }
}

static void put_next_role(const struct invocation *inv, const struct dossier *d, const char *role,
                          const char *used, struct buf *out)
{
    const char *file = d->campaign->file;
    struct buf allowed = {0};
    put_allowed(inv, d->scene.settings, role, &allowed);
    if (allowed.len > 0 && used[0] != '\0')
        say_put(inv, out, "Next, by %s, but not by %s: dispatcher campaign approve %s --as %s\n",
                buf_text(&allowed), used, file, role);
    else if (allowed.len > 0)
        say_put(inv, out, "Next, by %s: dispatcher campaign approve %s --as %s\n",
                buf_text(&allowed), file, role);
    else if (used[0] != '\0')
        say_put(inv, out,
                "Next, by another person than %s: dispatcher campaign approve %s --as %s\n", used,
                file, role);
    else
        say_put(inv, out, "Next: dispatcher campaign approve %s --as %s\n", file, role);
    buf_free(&allowed);
}

static void put_next_roles(const struct invocation *inv, const struct dossier *d,
                           const struct json_t *answer, struct buf *out)
{
    struct buf used = {0};
    size_t missing = 0;
    put_used(d, answer, &used);
    for (size_t i = 0; i < d->role_count; i++) {
        if (is_valid(answer, d->roles[i]))
            continue;
        put_next_role(inv, d, d->roles[i], buf_text(&used), out);
        missing++;
    }
    if (missing > 1)
        say_put(inv, out, "Each role is approved by another person.\n");
    buf_free(&used);
}

/* ---- who sends ---- */

static const char *obstacle_of(const struct json_t *answer)
{
    return json_get_text(json_get(answer, "sender"), "because", "");
}

bool campaign_may_send(const struct json_t *answer)
{
    return obstacle_of(answer)[0] == '\0';
}

void campaign_put_obstacle(const struct invocation *inv, const struct json_t *answer,
                           struct buf *out)
{
    const char *because = obstacle_of(answer);
    const char *who = json_get_text(json_get(answer, "sender"), "who", "");
    if (strcmp(because, "approver") == 0)
        say_put(inv, out,
                "%s has approved it, so somebody else sends it: the configuration says "
                "`campaigns.sender_approves: false`",
                who);
    else if (strcmp(because, "only_approver") == 0)
        say_put(inv, out, "nobody but %s has approved it, so somebody else sends it", who);
    else if (strcmp(because, "group") == 0)
        say_put(inv, out, "%s may not send (`control.operate` of the configuration)", who);
    else if (strcmp(because, "unwanted") == 0)
        say_put(inv, out,
                "it was approved with other words, and now wants no approvals at all: put "
                "`approvals` of the campaign's file back, or send it under another name");
}

static void put_next_sender(const struct invocation *inv, const struct dossier *d,
                            const struct json_t *answer, struct buf *out)
{
    const char *because = obstacle_of(answer), *file = d->campaign->file;
    const char *group = d->scene.settings->control.operate;
    const char *who = json_get_text(json_get(answer, "sender"), "who", "");
    if (strcmp(because, "approver") == 0)
        say_put(inv, out, "Next, by somebody who has not approved it: dispatcher send %s\n", file);
    else if (strcmp(because, "only_approver") == 0)
        say_put(inv, out, "Next, by another person than %s: dispatcher send %s\n", who, file);
    else if (strcmp(because, "group") == 0 && group != NULL)
        say_put(inv, out, "Next, by a member of the group %s: dispatcher send %s\n", group, file);
    else if (strcmp(because, "group") == 0)
        say_put(inv, out, "Next, by a member of the daemon's group: dispatcher send %s\n", file);
    else if (strcmp(because, "unwanted") == 0)
        say_put(inv, out, "Next: put `approvals` back into %s, or change its name there\n", file);
    else
        say_put(inv, out, "Next: dispatcher send %s\n", file);
}

void campaign_put_next(const struct invocation *inv, const struct dossier *d,
                       const struct json_t *answer, struct buf *out)
{
    if (campaign_lacks_approval(d, answer))
        put_next_roles(inv, d, answer, out);
    else
        put_next_sender(inv, d, answer, out);
}

/* ---- decisions ---- */

void campaign_put_verb(const struct json_t *decision, struct buf *out)
{
    const char *selector = json_get_text(decision, "selector", "");
    struct json_t *root = NULL;
    struct error ignored;
    buf_puts(out, json_get_text(decision, "verb", ""));
    if (json_parse(selector, strlen(selector), "selector", 1, SELECTOR_DEPTH, &root, &ignored) == 0)
        if (json_get_text(root, "role", NULL) != NULL)
            buf_printf(out, " --as %s", json_get_text(root, "role", ""));
    json_free(root);
}
