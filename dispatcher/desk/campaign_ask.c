#include "desk/campaign_ask.h"

#include <stdlib.h>

#include "base/text.h"
#include "cli/say.h"
#include "model/json.h"

void campaign_begin_request(struct buf *out, const char *verb, const char *campaign,
                            const struct manifest *m)
{
    request_begin(out, verb);
    request_put_text(out, "campaign", campaign);
    buf_puts(out, ",\"manifest\":");
    manifest_put(m, out);
}

void campaign_put_file(struct buf *out, const char *path)
{
    char *full = realpath(path, NULL);
    request_put_text(out, "file", full != NULL ? full : path);
    free(full);
}

int campaign_ask_approvals(struct session *s, const char *campaign, const struct manifest *m,
                           struct json_t **out, struct error *err)
{
    struct buf request = {0};
    campaign_begin_request(&request, "approvals", campaign, m);
    buf_putc(&request, '}');
    int rc = session_ask(s, buf_text(&request), NULL, out, err);
    buf_free(&request);
    return rc;
}

int campaign_ask_row(struct session *s, const char *campaign, struct json_t **out,
                     struct error *err)
{
    struct buf request = {0};
    request_begin(&request, "campaign");
    request_put_text(&request, "campaign", campaign);
    buf_putc(&request, '}');
    int rc = session_ask(s, buf_text(&request), NULL, out, err);
    buf_free(&request);
    return rc;
}

/* ---- approvals ---- */

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

void campaign_put_approvals(const struct invocation *inv, const struct json_t *answer,
                            const char *const *roles, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct json_t *a = find_role(answer, roles[i]);
        buf_puts(out, i > 0 ? " \u00b7 " : "");
        if (a == NULL)
            say_put(inv, out, "%s: MISSING", roles[i]);
        else if (json_get_bool(a, "valid", false))
            say_put(inv, out, "%s: ok (%s)", roles[i], json_get_text(a, "who", ""));
        else
            say_put(inv, out, "%s: VOID (%s)", roles[i], json_get_text(a, "who", ""));
    }
    if (count == 0)
        say_put(inv, out, "none are wanted");
}

bool campaign_lacks_approval(const struct json_t *answer, const char *const *roles, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!json_get_bool(find_role(answer, roles[i]), "valid", false))
            return true;
    }
    return false;
}

/* Borrowed; NULL: several have approved, or nobody. */
static const char *find_only_one(const struct json_t *answer, const char *const *roles,
                                 size_t count)
{
    const char *only = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *who = json_get_text(find_role(answer, roles[i]), "who", "");
        if (only != NULL && !text_equal(only, who))
            return NULL;
        only = who;
    }
    return only;
}

void campaign_tell_send(const struct invocation *inv, const struct json_t *answer,
                        const char *const *roles, size_t count, const char *file)
{
    const char *only = find_only_one(answer, roles, count);
    if (only != NULL)
        say(inv, stderr, "Next, by another person than %s: dispatcher send %s\n", only, file);
    else
        say(inv, stderr, "Next: dispatcher send %s\n", file);
}

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

void campaign_put_changes(const struct invocation *inv, const struct json_t *answer,
                          struct buf *out)
{
    const struct json_t *list = json_get(answer, "approvals");
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json_t *a = json_at(list, i), *changed = json_get(a, "changed");
        for (size_t k = 0; !json_get_bool(a, "valid", false) && k < json_count(changed); k++)
            put_change(inv, json_at(changed, k), json_get_text(a, "role", ""), out);
    }
}
