#include "engine/approvals.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/requests_backend.h"
#include "model/json.h"

#define MANIFEST_DEPTH 4
/* Changes named in a sentence; the rest is counted. */
#define CHANGES_NAMED 5

/* ---- what was said ---- */

static void clear_role(struct role_approval *r)
{
    free(r->role);
    free(r->who);
    free(r->replaced);
    free(r->withdrawn_by);
    free(r->withdrawn_why);
    manifest_free(&r->manifest);
}

void approvals_free(struct approvals *a)
{
    for (size_t i = 0; i < a->count; i++)
        clear_role(&a->roles[i]);
    free(a->roles);
    *a = (struct approvals){0};
}

static struct role_approval *find_role(const struct approvals *a, const char *role)
{
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->roles[i].role, role) == 0)
            return &a->roles[i];
    }
    return NULL;
}

static struct role_approval *make_role(struct approvals *a)
{
    a->roles = xreallocarray(a->roles, a->count + 1, sizeof(*a->roles));
    return &a->roles[a->count++];
}

static bool is_valid(const struct approvals *a, const struct approval *one)
{
    unsigned char digest[DIGEST_SIZE];
    if (a->manifest == NULL || one->withdrawn.at_ms != 0)
        return false;
    manifest_digest(a->manifest, digest);
    return memcmp(digest, one->digest, DIGEST_SIZE) == 0;
}

/* It was canonical when it came in. */
static void read_manifest(const char *text, struct manifest *out)
{
    struct json_t *list = NULL;
    struct error ignored;
    if (json_parse(text, strlen(text), "manifest", 1, MANIFEST_DEPTH, &list, &ignored) != 0 ||
        manifest_read(list, out, &ignored) != 0)
        manifest_free(out);
    json_free(list);
}

/* Only what stood until now is replaced, and nobody replaces himself. */
static void note_replaced(const struct role_approval *before, struct role_approval *now)
{
    if (before->withdrawn_ms != 0)
        return;
    bool same = approvals_same_person(before->who, now->who);
    const char *whose = same ? before->replaced : before->who;
    now->replaced = whose != NULL ? xstrdup(whose) : NULL;
    now->replaced_ms = same ? before->replaced_ms : before->at_ms;
}

static void note_withdrawn(const struct withdrawal *w, struct role_approval *now)
{
    if (w->at_ms == 0)
        return;
    now->withdrawn_by = xstrdup(w->who);
    now->withdrawn_why = xstrdup(w->reason);
    now->withdrawn_ms = w->at_ms;
}

static void take_approval(void *context, const struct approval *one)
{
    struct approvals *a = context;
    struct role_approval *role = find_role(a, one->role);
    bool valid = is_valid(a, one);
    if (role != NULL && role->valid && !valid)
        return;
    struct role_approval now = {.role = xstrdup(one->role),
                                .who = xstrdup(one->who),
                                .at_ms = one->at_ms,
                                .action = one->action,
                                .valid = valid};
    note_withdrawn(&one->withdrawn, &now);
    if (role != NULL) {
        note_replaced(role, &now);
        clear_role(role);
    } else {
        role = make_role(a);
    }
    *role = now;
    digest_hex(one->digest, role->digest);
    read_manifest(one->manifest, &role->manifest);
}

int approvals_find(struct ledger *l, const char *campaign, const struct manifest *manifest,
                   struct approvals *out, struct error *err)
{
    *out = (struct approvals){.manifest = manifest};
    return ledger_walk_approvals(l, campaign, take_approval, out, err);
}

/* ---- as rows ---- */

struct changes {
    struct buf *out;
    int64_t count;
};

static void put_change(void *context, const struct manifest_change *c)
{
    struct changes *to = context;
    buf_printf(to->out, "%s{\"part\":\"%s\"", to->count++ > 0 ? "," : "",
               manifest_part_name(c->part));
    answer_put_text(to->out, "name", c->name);
    answer_put_text(to->out, "was", c->was);
    answer_put_text(to->out, "is", c->is);
    buf_putc(to->out, '}');
}

static void put_replaced(const struct role_approval *r, struct buf *out)
{
    if (r->replaced == NULL) {
        buf_puts(out, ",\"replaced\":null");
        return;
    }
    buf_puts(out, ",\"replaced\":{\"who\":");
    buf_put_json(out, r->replaced);
    answer_put_time(out, "at", r->replaced_ms);
    buf_putc(out, '}');
}

static void put_withdrawn(const struct role_approval *r, struct buf *out)
{
    if (r->withdrawn_by == NULL) {
        buf_puts(out, ",\"withdrawn\":null");
        return;
    }
    buf_puts(out, ",\"withdrawn\":{\"who\":");
    buf_put_json(out, r->withdrawn_by);
    answer_put_time(out, "at", r->withdrawn_ms);
    answer_put_sentence(out, "reason", r->withdrawn_why);
    buf_putc(out, '}');
}

static void put_role(const struct approvals *a, const struct role_approval *r, struct buf *out)
{
    struct changes changes = {.out = out};
    buf_puts(out, "{\"role\":");
    buf_put_json(out, r->role);
    answer_put_text(out, "who", r->who);
    answer_put_time(out, "at", r->at_ms);
    buf_printf(out, ",\"valid\":%s", r->valid ? "true" : "false");
    answer_put_text(out, "digest", r->digest);
    buf_printf(out, ",\"action\":%lld,\"changed\":[", (long long)r->action);
    if (a->manifest != NULL && !r->valid)
        manifest_compare(&r->manifest, a->manifest, put_change, &changes);
    buf_putc(out, ']');
    put_replaced(r, out);
    put_withdrawn(r, out);
    buf_putc(out, '}');
}

void approvals_put(const struct approvals *a, struct buf *out)
{
    buf_puts(out, ",\"approvals\":[");
    for (size_t i = 0; i < a->count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_role(a, &a->roles[i], out);
    }
    buf_putc(out, ']');
}

/* ---- who ---- */

/* "uid 1000 (jana)": the number is the person, the name may have been given to another one. */
bool approvals_same_person(const char *who, const char *other)
{
    size_t len = strcspn(who, "("), other_len = strcspn(other, "(");
    return len == other_len && strncmp(who, other, len) == 0;
}

const struct role_approval *approvals_standing(const struct approvals *a, const char *role)
{
    const struct role_approval *r = find_role(a, role);
    return r != NULL && r->withdrawn_by == NULL ? r : NULL;
}

int approvals_check_person(const struct approvals *a, const char *role, const char *who,
                           struct error *err)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct role_approval *r = &a->roles[i];
        if (r->valid && strcmp(r->role, role) != 0 && approvals_same_person(r->who, who))
            return error_set(err, ERR_DENIED,
                             "%s has approved this as %s; another person must approve it as %s",
                             who, r->role, role);
    }
    return 0;
}

/* ---- may it be sent ---- */

static void name_change(void *context, const struct manifest_change *c)
{
    struct changes *to = context;
    if (to->count++ < CHANGES_NAMED)
        buf_printf(to->out, "%s %s %s", to->count > 1 ? "," : "", manifest_part_name(c->part),
                   c->name);
}

static void say_void(const struct approvals *a, const struct role_approval *r, struct buf *out)
{
    struct changes changes = {.out = out};
    buf_printf(out, "what %s approved as %s has changed since:", r->who, r->role);
    manifest_compare(&r->manifest, a->manifest, name_change, &changes);
    if (changes.count > CHANGES_NAMED)
        buf_printf(out, " and %lld more", (long long)(changes.count - CHANGES_NAMED));
    buf_puts(out, ". ");
}

/* ---- what is wanted ---- */

static bool is_wanted(const struct approvals_wanted *w, const char *role)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->roles[i], role) == 0)
            return true;
    }
    return false;
}

static void want(struct approvals_wanted *w, const char *role)
{
    if (is_wanted(w, role))
        return;
    w->roles = xreallocarray(w->roles, w->count + 1, sizeof(*w->roles));
    w->roles[w->count++] = xstrdup(role);
}

void approvals_want(const struct settings *s, const struct json_t *roles,
                    struct approvals_wanted *out)
{
    *out = (struct approvals_wanted){.sender_apart = !s->sender_approves};
    for (size_t i = 0; i < json_count(roles); i++) {
        struct buf name = {0};
        json_put_plain(&name, json_at(roles, i));
        want(out, buf_text(&name));
        buf_free(&name);
    }
    for (size_t i = 0; i < s->campaign_approval_count; i++)
        want(out, s->campaign_approvals[i]);
}

void approvals_wanted_free(struct approvals_wanted *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->roles[i]);
    free(w->roles);
    *w = (struct approvals_wanted){0};
}

/* ---- is it there? ---- */

/* Nobody counts twice, however it came about. */
static const struct role_approval *find_double(const struct approvals *a,
                                               const struct approvals_wanted *w,
                                               const struct role_approval *one)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct role_approval *other = find_role(a, w->roles[i]);
        if (other != NULL && other != one && other->valid &&
            approvals_same_person(other->who, one->who))
            return other;
    }
    return NULL;
}

static void judge_role(const struct approvals *a, const struct approvals_wanted *w,
                       const char *name, struct buf *out)
{
    const struct role_approval *r = find_role(a, name);
    const struct role_approval *other = r != NULL && r->valid ? find_double(a, w, r) : NULL;
    if (r == NULL)
        buf_printf(out, "%s has not approved it. ", name);
    else if (r->withdrawn_by != NULL)
        buf_printf(out, "%s took the approval as %s back: \"%s\". ", r->withdrawn_by, name,
                   r->withdrawn_why);
    else if (!r->valid)
        say_void(a, r, out);
    else if (other != NULL && r < other)
        buf_printf(out, "%s has approved it as %s and as %s; that is one person. ", r->who, r->role,
                   other->role);
}

/* Who has agreed once has agreed to roles that are wanted: a file that wants none any more is
 * another one, and whoever changed it does not let it go alone. */
static bool other_than(const struct approvals *a, const struct approvals_wanted *w,
                       const char *sender)
{
    bool found = w->count == 0 && a->count == 0;
    for (size_t i = 0; !found && i < a->count; i++) {
        const struct role_approval *r = &a->roles[i];
        found = r->valid && (w->count == 0 || is_wanted(w, r->role)) &&
                !approvals_same_person(r->who, sender);
    }
    return found;
}

/* NULL: the sender is none of those who agreed. */
static const struct role_approval *find_own(const struct approvals *a,
                                            const struct approvals_wanted *w, const char *sender)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct role_approval *r = &a->roles[i];
        if (r->valid && is_wanted(w, r->role) && approvals_same_person(r->who, sender))
            return r;
    }
    return NULL;
}

/* Of one who could send what all have agreed to. */
enum obstacle { OBSTACLE_NONE, OBSTACLE_APPROVER, OBSTACLE_ONLY, OBSTACLE_UNWANTED };

static enum obstacle find_obstacle(const struct approvals *a, const struct approvals_wanted *w,
                                   const char *sender)
{
    if (w->sender_apart && find_own(a, w, sender) != NULL)
        return OBSTACLE_APPROVER;
    if (other_than(a, w, sender))
        return OBSTACLE_NONE;
    return w->count > 0 ? OBSTACLE_ONLY : OBSTACLE_UNWANTED;
}

static void judge_sender(const struct approvals *a, const struct approvals_wanted *w,
                         const char *sender, struct buf *out)
{
    switch (find_obstacle(a, w, sender)) {
    case OBSTACLE_NONE:
        break;
    case OBSTACLE_APPROVER:
        buf_printf(out,
                   "%s has approved it as %s, so somebody else sends it: the configuration says "
                   "`campaigns.sender_approves: false`. ",
                   sender, find_own(a, w, sender)->role);
        break;
    case OBSTACLE_ONLY:
        buf_printf(out, "only %s has approved it, who sends it: another person must agree. ",
                   sender);
        break;
    case OBSTACLE_UNWANTED:
        buf_puts(out, "it was approved with other words, and now wants no approvals at all: put "
                      "`approvals` of the campaign's file back, or send it under another name. ");
        break;
    }
}

static void judge_roles(const struct approvals *a, const struct approvals_wanted *w,
                        struct buf *out)
{
    for (size_t i = 0; i < w->count; i++)
        judge_role(a, w, w->roles[i], out);
}

int approvals_check_sending(const struct approvals *a, const struct approvals_wanted *w,
                            const char *sender, struct error *err)
{
    struct buf text = {0};
    int rc = 0;
    judge_roles(a, w, &text);
    if (text.len == 0)
        judge_sender(a, w, sender, &text);
    if (text.len > 0) {
        buf_truncate(&text, text.len - 2); /* ". " of the last one */
        rc = error_set(err, ERR_DENIED, "%s", buf_text(&text));
    }
    buf_free(&text);
    return rc;
}

void approvals_put_sender(const struct approvals *a, const struct approvals_wanted *w,
                          const char *sender, bool operates, struct buf *out)
{
    static const char *const words[] = {[OBSTACLE_NONE] = NULL,
                                        [OBSTACLE_APPROVER] = "approver",
                                        [OBSTACLE_ONLY] = "only_approver",
                                        [OBSTACLE_UNWANTED] = "unwanted"};
    struct buf missing = {0};
    judge_roles(a, w, &missing);
    const char *because = missing.len > 0 ? "approvals"
                          : !operates     ? "group"
                                          : words[find_obstacle(a, w, sender)];
    buf_puts(out, ",\"sender\":{\"who\":");
    buf_put_json(out, sender);
    buf_printf(out, ",\"may\":%s", because == NULL ? "true" : "false");
    answer_put_text(out, "because", because);
    buf_putc(out, '}');
    buf_free(&missing);
}
