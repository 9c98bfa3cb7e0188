/*
 * Selectors of requests: {"id","campaign","batch","template","channel","locale","state","cause",
 * "domain","older_than_ms","actions","everything"}. What is named and does not exist is a mistake
 * worth saying, with what there is, not "0 deliveries".
 */
#include "engine/requests_backend.h"

#include "base/text.h"
#include "config/quantity.h"
#include "model/cause.h"
#include "model/json.h"

/* Names told of what there is. */
#define NAMES_TOLD 20

/* ---- reading ---- */

static int read_state(const struct json_t *from, struct selector *out, struct error *err)
{
    const char *name = json_get_text(from, "state", NULL);
    enum delivery_state state;
    if (name == NULL)
        return 0;
    if (!delivery_state_parse(name, &state))
        return error_set(err, ERR_USAGE,
                         "there is no state \"%s\"; states are waiting, in_flight, deferred, held, "
                         "delivered, failed, suppressed, expired, cancelled, uncertain",
                         name);
    out->state = (int)state;
    return 0;
}

static int read_channel(const struct json_t *from, struct selector *out, struct error *err)
{
    enum channel_kind kind;
    if (json_get_text(from, "channel", NULL) == NULL)
        return 0;
    int rc = request_read_channel(from, &kind, err);
    if (rc == 0)
        out->channel = (int)kind;
    return rc;
}

/* As milliseconds, or as somebody wrote it. */
static int read_age(const struct request *r, const struct json_t *from, struct selector *out,
                    struct error *err)
{
    const char *text = json_get_text(from, "older_than", NULL);
    int64_t age_ms = json_get_int(from, "older_than_ms", 0);
    if (text != NULL && !quantity_parse_duration(text, &age_ms))
        return error_set(err, ERR_USAGE,
                         "--older-than is a number with a unit, such as 30m, 2h or 14d, not \"%s\"",
                         text);
    if (age_ms > 0)
        out->accepted_before_ms = age_ms < r->world->now_ms ? r->world->now_ms - age_ms : 1;
    return 0;
}

static int read_actions(const struct json_t *from, struct selector *out, struct error *err)
{
    out->actions = json_get_text(from, "actions", NULL);
    if (out->actions == NULL || ledger_actions_valid(out->actions))
        return 0;
    return error_set(err, ERR_USAGE,
                     "--action is the number of an action as `dispatcher actions` shows it, or "
                     "several, such as 12 or 12-14,16, not \"%s\"",
                     out->actions);
}

int request_read_selector(const struct request *r, struct selector *out, struct error *err)
{
    const struct json_t *from = json_get(r->root, "selector");
    *out = SELECTOR_ALL;
    out->id = json_get_text(from, "id", NULL);
    out->campaign = json_get_text(from, "campaign", NULL);
    out->cause = json_get_text(from, "cause", NULL);
    out->batch = json_get_text(from, "batch", NULL);
    out->template_name = json_get_text(from, "template", NULL);
    out->locale = json_get_text(from, "locale", NULL);
    out->domain = json_get_text(from, "domain", NULL);
    out->everything = json_get_bool(from, "everything", false);
    int rc = read_channel(from, out, err);
    if (rc == 0)
        rc = read_state(from, out, err);
    if (rc == 0)
        rc = read_actions(from, out, err);
    return rc == 0 ? read_age(r, from, out, err) : rc;
}

/* ---- what exists ---- */

struct names {
    struct buf text;
    size_t count;
};

static void add_name(void *context, const char *name)
{
    struct names *all = context;
    if (all->count++ < NAMES_TOLD)
        buf_printf(&all->text, "%s%s", all->count > 1 ? ", " : "", name);
}

static int refuse_name(const struct request *r, enum selector_name which, const char *name,
                       struct error *err)
{
    static const char *const words[SELECTOR_NAMES] = {[SELECTOR_CAMPAIGN] = "of the campaign",
                                                      [SELECTOR_TEMPLATE] = "of the template",
                                                      [SELECTOR_LOCALE] = "in the language"};
    struct names all = {0};
    int rc = ledger_walk_known(r->world->ledger, which, NAMES_TOLD + 1, add_name, &all, err);
    if (rc == 0 && all.count == 0)
        rc = error_set(err, ERR_NOT_FOUND, "there is nothing %s \"%s\", and of no other either",
                       words[which], name);
    else if (rc == 0)
        rc =
            error_set(err, ERR_NOT_FOUND, "there is nothing %s \"%s\"; there is %s%s", words[which],
                      name, buf_text(&all.text), all.count > NAMES_TOLD ? " and others" : "");
    buf_free(&all.text);
    return rc;
}

static int require_name(const struct request *r, enum selector_name which, const char *name,
                        struct error *err)
{
    bool known = true;
    int rc = name != NULL ? ledger_knows(r->world->ledger, which, name, &known, err) : 0;
    return rc != 0 || known ? rc : refuse_name(r, which, name, err);
}

static void ignore_row(void *context UNUSED, const struct delivery_row *row UNUSED)
{
}

/* A word nobody here has chosen may be a gateway's own: then something has it. */
static int require_cause(const struct request *r, const char *cause, struct error *err)
{
    struct selector selector = SELECTOR_ALL;
    struct error why = {0};
    size_t count = 0;
    int64_t last = 0;
    if (cause == NULL || cause_check(cause, &why) == 0)
        return 0;
    selector.cause = cause;
    int rc = ledger_walk(r->world->ledger, &selector, 0, 1, ignore_row, NULL, &count, &last, err);
    return rc != 0 || count > 0 ? rc : error_set(err, ERR_USAGE, "%s", why.text);
}

int request_require_known(const struct request *r, const struct selector *s, struct error *err)
{
    int rc = s->batch != NULL ? request_require_batch(r, s->batch, err) : 0;
    if (rc == 0)
        rc = require_name(r, SELECTOR_CAMPAIGN, s->campaign, err);
    if (rc == 0)
        rc = require_name(r, SELECTOR_TEMPLATE, s->template_name, err);
    if (rc == 0)
        rc = require_cause(r, s->cause, err);
    return rc == 0 ? require_name(r, SELECTOR_LOCALE, s->locale, err) : rc;
}

/* ---- for what changes something ---- */

static bool selects_nothing(const struct selector *s)
{
    bool named = s->id != NULL || s->campaign != NULL || s->cause != NULL || s->batch != NULL ||
                 s->template_name != NULL || s->locale != NULL || s->domain != NULL ||
                 s->actions != NULL;
    return !named && !s->everything && s->channel < 0 && s->state < 0 && s->accepted_before_ms == 0;
}

static int require_id(const struct request *r, const char *id, struct error *err)
{
    struct selector selector = SELECTOR_ALL;
    struct error ignored;
    size_t count = 0;
    int64_t last = 0;
    selector.id = id;
    int rc = ledger_walk(r->world->ledger, &selector, 0, 1, ignore_row, NULL, &count, &last, err);
    if (rc != 0 || count > 0)
        return rc;
    if (request_require_batch(r, id, &ignored) == 0)
        return error_set(err, ERR_USAGE, "\"%s\" is a batch; name it with --batch %s", id, id);
    return error_set(err, ERR_NOT_FOUND, "there is no notice with the id \"%s\"", id);
}

int request_read_selection(const struct request *r, const char *verb, struct selector *out,
                           struct error *err)
{
    int rc = request_read_selector(r, out, err);
    if (rc == 0 && selects_nothing(out))
        rc = error_set(err, ERR_USAGE,
                       "%s needs to know what: an id, - for ids from standard input, or options "
                       "such as --batch ID, --campaign NAME, --state failed, --cause mailbox_full; "
                       "--everything means all there is",
                       verb);
    if (rc == 0 && out->id != NULL)
        rc = require_id(r, out->id, err);
    return rc == 0 ? request_require_known(r, out, err) : rc;
}
