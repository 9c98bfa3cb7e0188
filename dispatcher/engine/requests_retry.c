/*
 * Beginning deliveries again.
 *
 *   retry   selector, reason, dry_run   -> how many are moved or tried now ("count"), why others
 * are left ("left"), by channel and language ("by"), and of "count" those that wait for a
 * transport, a domain or an endpoint that rests ("rests")
 *
 * One step: who asks hands `after`, `until`, `group`, `at` and `action` of an answer in again while
 * it says `more`, so that everybody else is served in between. With dry_run only counts: commands
 * show the number before they ask.
 *
 * Who asks for what waits behind a rest says that it may be tried: the rest ends, and one goes.
 */
#include "engine/requests_backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "engine/mending.h"
#include "model/json.h"

/* Deliveries one step of a retry looks at. */
#define RETRY_STEP 2048

/* ---- what rests ---- */

struct waiting {
    const char *kind;
    char *name, *reason;
    int64_t until_ms, count;
};

/* What a step met. */
struct shut {
    const struct request_daemon *daemon;
    struct waiting *at;
    size_t count;
};

static struct waiting *find_waiting(struct shut *all, const struct mending *rest)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->at[i].kind == rest->kind && strcmp(all->at[i].name, rest->name) == 0)
            return &all->at[i];
    }
    all->at = xreallocarray(all->at, all->count + 1, sizeof(*all->at));
    struct waiting *w = &all->at[all->count++];
    *w = (struct waiting){.kind = rest->kind,
                          .name = xstrdup(rest->name),
                          .reason = xstrdup(rest->reason),
                          .until_ms = rest->until_ms};
    return w;
}

/* A ledger_meet_fn. The first that is met ends the rest. */
static bool meet(void *context, const struct retry_way *way)
{
    struct shut *all = context;
    struct mending rest;
    if (!all->daemon->end_rest(all->daemon->context, way, &rest))
        return false;
    find_waiting(all, &rest)->count++;
    return true;
}

static void put_shut(struct buf *out, const struct shut *all)
{
    buf_puts(out, ",\"rests\":[");
    for (size_t i = 0; i < all->count; i++) {
        const struct waiting *w = &all->at[i];
        buf_printf(out, "%s{\"kind\":\"%s\"", i > 0 ? "," : "", w->kind);
        answer_put_text(out, "name", w->name);
        answer_put_text(out, "reason", w->reason);
        answer_put_time(out, "until", w->until_ms);
        buf_printf(out, ",\"count\":%lld}", (long long)w->count);
    }
    buf_putc(out, ']');
}

static void free_shut(struct shut *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->at[i].name);
        free(all->at[i].reason);
    }
    free(all->at);
}

/* ---- the request ---- */

static int take_retry_step(const struct request *r, struct retry *retry, struct error *err)
{
    struct buf text = {0};
    if (json_get_bool(r->root, "dry_run", false))
        return ledger_count_retry(r->world->ledger, retry, err);
    json_put(&text, json_get(r->root, "selector"));
    const struct action action = request_action(r, "retry", buf_text(&text));
    int rc = ledger_retry(r->world->ledger, retry, &action, err);
    buf_free(&text);
    return rc;
}

/* "left":{"refused":3}: what was meant, and why it is left alone. */
static void put_barred(struct buf *out, const int64_t barred[RETRY_BARS])
{
    static const char *const names[RETRY_BARS] = {[RETRY_ARRIVED] = "arrived",
                                                  [RETRY_PURGED] = "purged",
                                                  [RETRY_REFUSED] = "refused",
                                                  [RETRY_EXPIRED] = "expired",
                                                  [RETRY_ON_ITS_WAY] = "on_its_way",
                                                  [RETRY_TOLD] = "told",
                                                  [RETRY_DISABLED] = "endpoint_disabled",
                                                  [RETRY_CANCELLED] = "campaign_cancelled",
                                                  [RETRY_DUE] = "due"};
    answer_put_left(out, names, barred, RETRY_BARS);
}

static void put_answer(struct buf *out, const struct retry *retry, const struct shut *shut)
{
    buf_puts(out, "{\"v\":1,\"end\":true");
    put_barred(out, retry->barred);
    put_shut(out, shut);
    answer_put_shares(out, retry->by);
    buf_printf(out, ",\"count\":%lld", (long long)retry->count);
    answer_put_place(out, &retry->place);
    buf_printf(out, ",\"action\":%lld}\n", (long long)retry->action);
}

int request_retry(const struct request *r, struct error *err)
{
    const struct request_daemon *daemon = r->world->daemon;
    struct shut shut = {.daemon = daemon};
    struct shares by = {0};
    struct selector selector;
    struct retry retry = {.selector = &selector,
                          .place = request_read_place(r, RETRY_STEP),
                          .now_ms = r->world->now_ms,
                          .action = json_get_int(r->root, "action", 0),
                          .meet = daemon != NULL && daemon->end_rest != NULL ? meet : NULL,
                          .context = &shut,
                          .by = &by};
    int rc = request_read_selection(r, "retry", &selector, err);
    if (rc == 0)
        rc = take_retry_step(r, &retry, err);
    if (rc == 0)
        put_answer(r->out, &retry, &shut);
    free_shut(&shut);
    shares_free(&by);
    return rc;
}
