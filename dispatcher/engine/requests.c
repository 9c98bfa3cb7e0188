#include "engine/requests.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"

#define ROWS_MAX 1000

struct request {
    struct request_world *world;
    const struct json_t *root;
    struct buf *out;
};

struct verb {
    const char *name;
    int (*handle)(const struct request *r, struct error *err);
};

/* ---- writing answers ---- */

static void put_text(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value);
}

static void put_time(struct buf *out, const char *key, int64_t wall_ms)
{
    char when[CLOCK_TEXT_SIZE];
    put_text(out, key, wall_ms > 0 ? clock_format_rfc3339(wall_ms, when) : NULL);
}

static void put_delivery(void *context, const struct delivery_row *row)
{
    struct buf *out = context;
    buf_puts(out, "{\"v\":1");
    put_text(out, "id", row->notice_id);
    buf_printf(out, ",\"delivery\":%lld", (long long)row->delivery);
    put_text(out, "channel", channel_kind_name(row->channel));
    put_text(out, "state", delivery_state_name(row->state));
    put_text(out, "cause", row->cause);
    buf_printf(out, ",\"attempts\":%d", row->attempts);
    put_text(out, "template", row->template_name);
    put_text(out, "locale", row->locale);
    put_text(out, "campaign", row->campaign);
    put_text(out, "transport", row->transport);
    put_text(out, "address", row->address);
    put_text(out, "reply", row->reply);
    put_time(out, "accepted_at", row->accepted_ms);
    put_time(out, "changed_at", row->changed_ms);
    bool pending = row->state == DELIVERY_WAITING || row->state == DELIVERY_DEFERRED;
    put_time(out, "next_attempt_at", pending ? row->due_ms : 0);
    buf_puts(out, "}\n");
}

static void put_attempt(void *context, const struct attempt_row *row)
{
    struct buf *out = context;
    buf_printf(out, "{\"v\":1,\"attempt\":%d", row->number);
    put_time(out, "at", row->ended_ms);
    buf_printf(out, ",\"duration_ms\":%lld", (long long)row->duration_ms);
    put_text(out, "transport", row->transport);
    put_text(out, "outcome", row->outcome);
    put_text(out, "state", delivery_state_name(row->state));
    put_text(out, "cause", row->cause);
    buf_printf(out, ",\"code\":%d", row->code);
    put_text(out, "enhanced", row->enhanced);
    put_text(out, "reply", row->reply);
    put_text(out, "locale", row->locale);
    put_text(out, "rendered_sha256", row->sha256);
    put_time(out, "next_attempt_at", row->next_due_ms);
    buf_printf(out, ",\"jitter\":%.4f}\n", row->jitter);
}

/* ---- selectors ---- */

static int read_selector(const struct json_t *root, struct selector *out, struct error *err)
{
    const struct json_t *from = json_get(root, "selector");
    const char *channel = json_get_text(from, "channel", NULL);
    const char *state = json_get_text(from, "state", NULL);
    enum channel_kind kind;
    enum delivery_state at;
    *out = SELECTOR_ALL;
    out->id = json_get_text(from, "id", NULL);
    out->campaign = json_get_text(from, "campaign", NULL);
    out->cause = json_get_text(from, "cause", NULL);
    if (channel != NULL && !channel_kind_parse(channel, &kind))
        return error_set(err, ERR_USAGE,
                         "there is no channel \"%s\"; channels are email, sms, webhook", channel);
    if (state != NULL && !delivery_state_parse(state, &at))
        return error_set(err, ERR_USAGE,
                         "there is no state \"%s\"; states are waiting, in_flight, deferred, held, "
                         "delivered, failed, suppressed, expired, cancelled, uncertain",
                         state);
    out->channel = channel != NULL ? (int)kind : -1;
    out->state = state != NULL ? (int)at : -1;
    return 0;
}

static bool selects_everything(const struct selector *s)
{
    return s->id == NULL && s->campaign == NULL && s->cause == NULL && s->channel < 0 &&
           s->state < 0;
}

/* ---- verbs ---- */

struct page {
    struct buf *out;
    int64_t limit, count, last;
};

static void put_page_row(void *context, const struct delivery_row *row)
{
    struct page *page = context;
    if (page->count++ >= page->limit)
        return; /* only asked for to know that there is more */
    page->last = row->delivery;
    put_delivery(page->out, row);
}

static int handle_queue(const struct request *r, struct error *err)
{
    struct selector selector;
    size_t count = 0;
    int64_t last = 0, limit = json_get_int(r->root, "limit", 100);
    int rc = read_selector(r->root, &selector, err);
    if (limit < 1 || limit > ROWS_MAX)
        limit = ROWS_MAX;
    struct page page = {r->out, limit, 0, json_get_int(r->root, "after", 0)};
    if (rc == 0)
        rc = ledger_walk(r->world->ledger, &selector, page.last, (size_t)limit + 1, put_page_row,
                         &page, &count, &last, err);
    bool more = page.count > limit;
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"count\":%lld,\"last\":%lld,\"more\":%s}\n",
                   (long long)(more ? limit : page.count), (long long)page.last,
                   more ? "true" : "false");
    return rc;
}

static int handle_summary(const struct request *r, struct error *err)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    int rc = ledger_count(r->world->ledger, counts, err);
    if (rc != 0)
        return rc;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        buf_puts(r->out, "{\"v\":1");
        put_text(r->out, "channel", channel_kind_name((enum channel_kind)kind));
        for (int state = 0; state < DELIVERY_STATES; state++)
            buf_printf(r->out, ",\"%s\":%lld", delivery_state_name((enum delivery_state)state),
                       (long long)counts[kind][state]);
        buf_puts(r->out, "}\n");
    }
    buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return 0;
}

struct show {
    struct ledger *ledger;
    struct buf *out;
    struct error *err;
    int rc;
};

static void show_delivery(void *context, const struct delivery_row *row)
{
    struct show *show = context;
    put_delivery(show->out, row);
    if (show->rc == 0)
        show->rc =
            ledger_walk_attempts(show->ledger, row->delivery, put_attempt, show->out, show->err);
}

/* The notice as accepted, then each delivery followed by its attempts. */
static int handle_show(const struct request *r, struct error *err)
{
    const char *id = json_get_text(r->root, "id", "");
    struct selector selector = SELECTOR_ALL;
    struct buf job = {0};
    struct show show = {r->world->ledger, r->out, err, 0};
    size_t count = 0;
    int64_t last = 0;
    int rc = ledger_read_notice(r->world->ledger, id, &job, err);
    selector.id = id;
    if (rc == 0) {
        buf_puts(r->out, "{\"v\":1,\"job\":");
        buf_put(r->out, job.data, job.len);
        buf_puts(r->out, "}\n");
        rc = ledger_walk(r->world->ledger, &selector, 0, ROWS_MAX, show_delivery, &show, &count,
                         &last, err);
    }
    if (rc == 0)
        rc = show.rc;
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    buf_free(&job);
    return rc;
}

static void put_end_count(struct buf *out, int64_t count)
{
    buf_printf(out, "{\"v\":1,\"end\":true,\"count\":%lld}\n", (long long)count);
}

/* An id nobody handed over is a mistake worth saying, not "0 deliveries". */
static int require_known(const struct request *r, const char *id, struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    bool known = true;
    int rc = id != NULL ? ledger_find_digest(r->world->ledger, id, &known, digest, err) : 0;
    if (rc == 0 && !known)
        rc = error_set(err, ERR_NOT_FOUND, "there is no notice with the id \"%s\"", id);
    return rc;
}

/* With dry_run only counts: commands show the number before they ask. */
static int handle_retry(const struct request *r, struct error *err)
{
    struct selector selector;
    int64_t count = 0;
    struct buf text = {0};
    int rc = read_selector(r->root, &selector, err);
    if (rc == 0 && selects_everything(&selector))
        rc = error_set(
            err, ERR_USAGE,
            "retry needs to know what: an id, or --state failed, --cause, --campaign, --channel");
    if (rc == 0)
        rc = require_known(r, selector.id, err);
    if (rc == 0 && json_get_bool(r->root, "dry_run", false)) {
        rc = ledger_count_retry(r->world->ledger, &selector, &count, err);
    } else if (rc == 0) {
        json_put(&text, json_get(r->root, "selector"));
        const struct action action = {
            .verb = "retry",
            .who = r->world->who,
            .reason = json_get_text(r->root, "reason", ""),
            .selector = buf_text(&text),
            .now_ms = r->world->now_ms,
        };
        rc = ledger_retry(r->world->ledger, &selector, &action, &count, err);
    }
    if (rc == 0)
        put_end_count(r->out, count);
    buf_free(&text);
    return rc;
}

/* Is this id known, and is it the same content? For `enqueue`, before it drops anything. */
static int handle_known(const struct request *r, struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE] = "";
    bool known = false;
    int rc =
        ledger_find_digest(r->world->ledger, json_get_text(r->root, "id", ""), &known, digest, err);
    if (rc != 0)
        return rc;
    if (known)
        digest_hex(digest, hex);
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"known\":%s,\"sha256\":\"%s\"}\n",
               known ? "true" : "false", hex);
    return 0;
}

static void put_action(void *context, const struct action_row *row)
{
    struct buf *out = context;
    buf_printf(out, "{\"v\":1,\"action\":%lld", (long long)row->number);
    put_time(out, "at", row->action.now_ms);
    put_text(out, "who", row->action.who);
    put_text(out, "verb", row->action.verb);
    put_text(out, "selector", row->action.selector);
    put_text(out, "reason", row->action.reason);
    buf_printf(out, ",\"count\":%lld", (long long)row->count);
    put_text(out, "hash", row->hash);
    buf_puts(out, "}\n");
}

static int handle_actions(const struct request *r, struct error *err)
{
    int rc = ledger_walk_actions(r->world->ledger, put_action, r->out, err);
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return rc;
}

/* Recounts every row and walks the chain of actions; what does not add up is in `reason`. */
static int handle_reconcile(const struct request *r, struct error *err)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], total = 0;
    struct error why = {0};
    int rc = ledger_count(r->world->ledger, counts, err);
    if (rc != 0)
        return rc;
    int unbalanced = ledger_reconcile(r->world->ledger, &why);
    if (unbalanced != 0 && unbalanced != ERR_INTERNAL)
        return error_set(err, unbalanced, "%s", why.text);
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"balanced\":%s", unbalanced == 0 ? "true" : "false");
    put_text(r->out, "reason", why.text);
    for (int state = 0; state < DELIVERY_STATES; state++) {
        int64_t of_state = 0;
        for (int kind = 0; kind < CHANNEL_KINDS; kind++)
            of_state += counts[kind][state];
        buf_printf(r->out, ",\"%s\":%lld", delivery_state_name((enum delivery_state)state),
                   (long long)of_state);
        total += of_state;
    }
    buf_printf(r->out, ",\"deliveries\":%lld}\n", (long long)total);
    return 0;
}

static int handle_status(const struct request *r, struct error *err UNUSED)
{
    buf_puts(r->out, "{\"v\":1,\"end\":true");
    put_text(r->out, "version", DISPATCHER_VERSION);
    put_text(r->out, "spool", r->world->settings->spool);
    buf_printf(r->out, ",\"trial\":%s,\"daemon\":%s", r->world->settings->trial ? "true" : "false",
               r->world->put_state != NULL ? "true" : "false");
    if (r->world->put_state != NULL)
        r->world->put_state(r->world->state_context, r->out);
    buf_puts(r->out, "}\n");
    return 0;
}

static const struct verb verbs[] = {
    {"queue", handle_queue},         {"summary", handle_summary}, {"show", handle_show},
    {"retry", handle_retry},         {"known", handle_known},     {"status", handle_status},
    {"reconcile", handle_reconcile}, {"actions", handle_actions},
};

static int find_verb(const struct json_t *root, const struct verb **out, struct error *err)
{
    const char *name = json_get_text(root, "verb", "");
    int64_t version = json_get_int(root, "v", 0);
    if (version != REQUEST_VERSION)
        return error_set(
            err, ERR_USAGE,
            "this daemon speaks version %d of the control protocol, the request is version "
            "%lld; use the program of the same release",
            REQUEST_VERSION, (long long)version);
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (strcmp(verbs[i].name, name) == 0) {
            *out = &verbs[i];
            return 0;
        }
    }
    return error_set(err, ERR_USAGE, "the daemon does not know the request \"%.40s\"", name);
}

/* A sentence that quotes something long may have been cut within a character: JSON wants whole
 * ones.
 */
static void put_error(struct buf *out, int code, const struct error *why)
{
    struct buf sentence = {0};
    text_put_visible(&sentence, why->text, strlen(why->text));
    buf_puts(out, "{\"v\":1,\"error\":");
    buf_put_json(out, buf_text(&sentence));
    buf_printf(out, ",\"code\":%d}\n", code);
    buf_free(&sentence);
}

void request_handle(struct request_world *world, const char *line, size_t len, struct buf *out)
{
    struct json_t *root = NULL;
    const struct verb *verb = NULL;
    struct error why;
    size_t start = out->len;
    int rc = json_parse(line, len, "request", 1, 8, &root, &why);
    if (rc == 0)
        rc = find_verb(root, &verb, &why);
    if (rc == 0 && verb != NULL) {
        const struct request r = {world, root, out};
        rc = verb->handle(&r, &why);
    }
    if (rc != 0) {
        buf_truncate(out, start); /* half an answer followed by an error would read as the whole */
        put_error(out, rc, &why);
    }
    json_free(root);
}
