/*
 * The receivers of webhooks.
 *
 *   endpoints                        -> a row for each that is configured, or remembered
 *   endpoint   name, action          -> changed, how many deliveries go on ("freed"), and
 *              ("enable", "disable"),    whether it rested after faults ("rested", "rests_until")
 *              reason
 *
 * Enabling one that rests ends that, and what waits for it goes on like what was held. Enabling
 * frees in steps, so that everybody else is served in between: who asks hands `after`,
 * `until`, `rested` and `record` of an answer in again while it says `more`.
 */
#include "engine/requests_backend.h"

#include "base/text.h"
#include "engine/endpoints.h"
#include "model/json.h"

#define FREE_STEP 2048 /* looked at for one request */

/* ---- looking ---- */

/* Only a daemon knows: null without one. */
static bool rests(const struct request *r, const char *name, int64_t *out_until_ms)
{
    const struct request_daemon *d = r->world->daemon;
    *out_until_ms = 0;
    return d != NULL && d->endpoint_rests != NULL &&
           d->endpoint_rests(d->context, name, out_until_ms);
}

static void put_rest(const struct request *r, const char *name)
{
    int64_t until_ms;
    (void)rests(r, name, &until_ms);
    answer_put_time(r->out, "rests_until", until_ms);
}

static void put_row(const struct request *r, const char *name, const struct endpoint *e,
                    const struct endpoint_health *h)
{
    struct buf *out = r->out;
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "name", name);
    buf_printf(out, ",\"configured\":%s,\"disabled\":%s", e != NULL ? "true" : "false",
               h != NULL && h->disabled ? "true" : "false");
    buf_printf(out, ",\"probing\":%s", h != NULL && endpoint_awaits_probe(h) ? "true" : "false");
    put_rest(r, name);
    answer_put_text(out, "reason", h != NULL ? h->reason : "");
    answer_put_time(out, "disabled_since", h != NULL && h->disabled ? h->since_ms : 0);
    answer_put_time(out, "failing_since", h != NULL ? h->failing_since_ms : 0);
    answer_put_time(out, "last_ok_at", h != NULL ? h->last_ok_ms : 0);
    buf_puts(out, "}\n");
}

int request_endpoints(const struct request *r, struct error *err)
{
    const struct settings *s = r->world->settings;
    struct endpoints all = {0};
    size_t count = s->endpoint_count;
    int rc = endpoints_load(&all, r->world->ledger, err);
    for (size_t i = 0; rc == 0 && i < s->endpoint_count; i++)
        put_row(r, s->endpoints[i].name, &s->endpoints[i],
                endpoints_find(&all, s->endpoints[i].name));
    for (size_t i = 0; rc == 0 && i < all.count; i++) {
        if (settings_find_endpoint(s, all.at[i].name) != NULL)
            continue;
        put_row(r, all.at[i].name, NULL, &all.at[i]);
        count++;
    }
    endpoints_free(&all);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%zu}\n", count);
    return rc;
}

/* ---- changing ---- */

/* What is held because the endpoint was disabled goes on, or what was sent back because it rested.
 */
static int free_waiting(const struct request *r, const char *name, bool rested, struct retry *retry,
                        struct error *err)
{
    const struct action action =
        request_action(r, "retry",
                       rested ? "{\"channel\":\"webhook\",\"cause\":\"destination_rest\"}"
                              : "{\"state\":\"held\",\"cause\":\"endpoint_disabled\"}");
    const struct selector selector = {.cause = rested ? "destination_rest" : "endpoint_disabled",
                                      .address = name,
                                      .channel = CHANNEL_WEBHOOK,
                                      .state = rested ? -1 : DELIVERY_HELD};
    *retry = (struct retry){.selector = &selector,
                            .place = request_read_place(r, FREE_STEP),
                            .now_ms = r->world->now_ms,
                            .action = json_get_int(r->root, "record", 0)};
    int rc = ledger_retry(r->world->ledger, retry, &action, err);
    retry->selector = NULL;
    return rc;
}

static int change(const struct request *r, const char *name, bool disabled,
                  const struct endpoint_health *before, const struct action *action,
                  struct error *err)
{
    bool stays = disabled && before != NULL && before->disabled; /* for another reason */
    const struct endpoint_state state = {
        .name = name,
        .disabled = disabled,
        .reason = disabled ? action->reason : "",
        /* Enabled: one asks first, until it was told something. */
        .since_ms = stays ? before->since_ms : r->world->now_ms,
        /* Enabled, it gets all of its time again. */
        .failing_since_ms = disabled && before != NULL ? before->failing_since_ms : 0,
        .last_ok_ms = before != NULL ? before->last_ok_ms : 0};
    int rc = ledger_put_endpoint(r->world->ledger, &state, action, err);
    const struct request_daemon *d = r->world->daemon;
    return rc == 0 && d != NULL ? d->use_endpoints(d->context, err) : rc;
}

static int find_endpoint(const struct request *r, const struct endpoints *all, const char *name,
                         struct error *err)
{
    if (settings_find_endpoint(r->world->settings, name) != NULL ||
        endpoints_find(all, name) != NULL)
        return 0;
    return error_set(err, ERR_NOT_FOUND, "there is no endpoint \"%s\" (endpoints: in %s)", name,
                     r->world->settings->file);
}

static int read_action(const struct request *r, bool *out_disable, struct error *err)
{
    const char *word = json_get_text(r->root, "action", "");
    *out_disable = text_equal(word, "disable");
    if (*out_disable || text_equal(word, "enable"))
        return 0;
    return error_set(err, ERR_USAGE, "an endpoint is enabled or disabled, not \"%.20s\"", word);
}

/* Disabled already, but for no reason or another one than is given now. */
static bool gives_reason(const struct request *r, const struct endpoint_health *before,
                         bool disable)
{
    const char *reason = json_get_text(r->root, "reason", "");
    return disable && before != NULL && before->disabled && reason[0] != '\0' &&
           !text_equal(reason, before->reason);
}

static void put_changed(struct buf *out, bool changes, bool disable, bool rested, int64_t until_ms,
                        const struct retry *freeing)
{
    buf_printf(out, "{\"v\":1,\"end\":true,\"changed\":%s,\"disabled\":%s,\"rested\":%s",
               changes ? "true" : "false", disable ? "true" : "false", rested ? "true" : "false");
    answer_put_time(out, "rests_until", until_ms);
    buf_printf(out, ",\"freed\":%lld", (long long)freeing->count);
    answer_put_place(out, &freeing->place);
    buf_printf(out, ",\"record\":%lld}\n", (long long)freeing->action);
}

static int act(const struct request *r, const struct endpoints *all, const char *name, bool disable,
               struct error *err)
{
    struct buf selector = {0};
    const struct endpoint_health *before = endpoints_find(all, name);
    struct retry freeing = {0};
    /* What disables it again between two steps is not undone by the next one. */
    bool first = json_get_int(r->root, "until", 0) == 0;
    bool disabled = before != NULL && before->disabled;
    int64_t until_ms = 0;
    bool rested = !disable && (first ? !disabled && rests(r, name, &until_ms)
                                     : json_get_bool(r->root, "rested", false));
    bool changes = first && (disable != disabled || rested || gives_reason(r, before, disable));
    buf_puts(&selector, "{\"endpoint\":");
    buf_put_json(&selector, name);
    buf_putc(&selector, '}');
    const struct action action =
        request_action(r, disable ? "endpoint disable" : "endpoint enable", buf_text(&selector));
    int rc = changes ? change(r, name, disable, before, &action, err) : 0;
    if (rc == 0 && !disable)
        rc = free_waiting(r, name, rested, &freeing, err);
    buf_free(&selector);
    if (rc == 0)
        put_changed(r->out, changes, disable, rested, until_ms, &freeing);
    return rc;
}

int request_endpoint(const struct request *r, struct error *err)
{
    const char *name = json_get_text(r->root, "name", "");
    struct endpoints all = {0};
    bool disable = false;
    int rc = read_action(r, &disable, err);
    if (rc == 0)
        rc = endpoints_load(&all, r->world->ledger, err);
    if (rc == 0)
        rc = find_endpoint(r, &all, name, err);
    if (rc == 0)
        rc = act(r, &all, name, disable, err);
    endpoints_free(&all);
    return rc;
}
