/* The decisions in an export of evidence: the whole chain of actions, so that it can be checked,
 * but of what concerns other campaigns only the links; and that evidence was taken, or a text
 * opened, as actions of their own. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "engine/requests_backend.h"
#include "model/json.h"

struct chain {
    const struct request *r;
    const char *campaign;
    struct error *err;
    int rc;
};

/* ---- whom an action concerns ---- */

struct wanted {
    const char *campaign; /* or the batch */
    bool found;
};

static void look_at_batch(void *context, const struct batch_row *row)
{
    struct wanted *w = context;
    w->found =
        w->found || text_equal(row->campaign, w->campaign) || text_equal(row->id, w->campaign);
}

static void look_at_row(void *context, const struct delivery_row *row)
{
    struct wanted *w = context;
    w->found = w->found || text_equal(row->campaign, w->campaign) ||
               text_equal(row->batch_id, w->campaign);
}

static bool batch_is_ours(struct chain *c, const char *id)
{
    const struct batch_question question = {.id = id};
    struct wanted wanted = {.campaign = c->campaign};
    c->rc = ledger_walk_batches(c->r->world->ledger, &question, look_at_batch, &wanted, c->err);
    return wanted.found;
}

static bool notice_is_ours(struct chain *c, const char *id)
{
    struct selector selector = SELECTOR_ALL;
    struct wanted wanted = {.campaign = c->campaign};
    size_t count;
    int64_t last;
    selector.id = id;
    c->rc = ledger_walk(c->r->world->ledger, &selector, 0, 1, look_at_row, &wanted, &count, &last,
                        c->err);
    return wanted.found;
}

/* What names nobody and no campaign may have moved this one, too: it is shown. */
static bool is_ours(struct chain *c, const struct json_t *selector)
{
    const char *campaign = json_get_text(selector, "campaign", NULL);
    const char *batch = json_get_text(selector, "batch", NULL);
    const char *id = json_get_text(selector, "id", NULL);
    if (campaign != NULL)
        return strcmp(campaign, c->campaign) == 0;
    if (batch != NULL)
        return batch_is_ours(c, batch);
    if (id != NULL)
        return notice_is_ours(c, id);
    return json_kind_of(selector) == JSON_KIND_OBJECT && json_get(selector, "address") == NULL &&
           json_get(selector, "addresses") == NULL && json_get(selector, "reference") == NULL;
}

static bool concerns(struct chain *c, const struct action_row *row)
{
    struct json_t *selector = NULL;
    struct error ignored;
    const char *text = row->action.selector;
    bool ours = false;
    if (text[0] == '\0')
        return true;
    if (json_parse(text, strlen(text), "selector", 1, 16, &selector, &ignored) == 0)
        ours = is_ours(c, selector);
    json_free(selector);
    return ours;
}

/* ---- rows ---- */

/* {"v":1,"evidence":{"action":17, ...}} */
static void put_action(void *context, const struct action_row *row)
{
    struct chain *c = context;
    struct buf *out = c->r->out;
    if (c->rc != 0)
        return;
    bool shown = concerns(c, row);
    buf_printf(out, "{\"v\":1,\"evidence\":{\"action\":%" PRId64 ",\"at_ms\":%" PRId64, row->number,
               row->action.now_ms);
    answer_put_time(out, "at", row->action.now_ms);
    answer_put_text(out, "ledger_previous", row->previous);
    answer_put_text(out, "ledger_hash", row->hash);
    buf_printf(out, ",\"withheld\":%s", shown ? "false" : "true");
    if (shown) {
        answer_put_text(out, "verb", row->action.verb);
        answer_put_text(out, "who", row->action.who);
        answer_put_text(out, "selector", row->action.selector);
        answer_put_text(out, "reason", row->action.reason);
        buf_printf(out, ",\"count\":%" PRId64, row->count);
    }
    buf_puts(out, "}}\n");
}

int request_evidence_actions(const struct request *r, struct error *err)
{
    struct chain chain = {.r = r, .campaign = json_get_text(r->root, "campaign", ""), .err = err};
    int rc = request_refuse_in_daemon(r, err);
    if (rc == 0)
        rc = ledger_walk_actions(r->world->ledger, put_action, &chain, err);
    if (rc == 0)
        rc = chain.rc;
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return rc;
}

/* ---- that somebody looked ---- */

/* {"campaign","seal","addresses","rows"}: evidence left the house. */
int request_evidence_taken(const struct request *r, struct error *err)
{
    struct buf selector = {0};
    buf_puts(&selector, "{\"campaign\":");
    buf_put_json(&selector, json_get_text(r->root, "campaign", ""));
    answer_put_text(&selector, "seal", json_get_text(r->root, "seal", ""));
    answer_put_text(&selector, "addresses", json_get_text(r->root, "addresses", ""));
    buf_putc(&selector, '}');
    const struct action action = request_action(r, "evidence", selector.data);
    int64_t rows = json_get_int(r->root, "rows", 0);
    int rc = ledger_record_action(r->world->ledger, &action, rows, err);
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    buf_free(&selector);
    return rc;
}

/* {"id","reference"}: the words one person received were opened. The answer says whether the caller
 * may see full addresses. */
int request_evidence_read(const struct request *r, struct error *err)
{
    struct buf selector = {0};
    buf_puts(&selector, "{\"id\":");
    buf_put_json(&selector, json_get_text(r->root, "id", ""));
    buf_putc(&selector, '}');
    const struct action action = request_action(r, "read", selector.data);
    int rc = ledger_record_action(r->world->ledger, &action, 1, err);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"operate\":%s}\n",
                   (r->world->allowed & REQUEST_OPERATE) != 0 ? "true" : "false");
    buf_free(&selector);
    return rc;
}
