/* Of a campaign what people wrote, approved and sent; and what came of telephone calls. */
#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "engine/requests_backend.h"
#include "ledger/calls.h"
#include "ledger/campaigns.h"
#include "model/json.h"

static const char *asked_campaign(const struct request *r)
{
    return json_get_text(r->root, "campaign", "");
}

static const char *or_null(const char *json)
{
    return json[0] != '\0' ? json : "null";
}

static void put_campaign(void *context, const struct campaign_row *row)
{
    static const char *const stops[] = {
        [CAMPAIGN_GOES] = "goes", [CAMPAIGN_PAUSED] = "paused", [CAMPAIGN_CANCELLED] = "cancelled"};
    struct buf *out = context;
    buf_puts(out, "{\"v\":1,\"kind\":\"campaign\",\"evidence\":{");
    buf_printf(out, "\"people\":%" PRId64, row->people);
    answer_put_text(out, "template", row->template_name);
    answer_put_text(out, "file", row->file);
    answer_put_text(out, "type", row->kind);
    answer_put_text(out, "digest", row->digest[0] != '\0' ? row->digest : NULL);
    answer_put_text(out, "started_by", row->started_by);
    answer_put_time(out, "created_at", row->created_ms);
    answer_put_time(out, "started_at", row->started_ms);
    answer_put_time(out, "send_at", row->send_at_ms);
    answer_put_text(out, "stop", stops[row->stop]);
    answer_put_sentence(out, "stop_reason", row->stop_reason);
    buf_printf(out, ",\"plan\":%s,\"manifest\":%s}}\n", or_null(row->plan), or_null(row->manifest));
}

static void put_withdrawn(struct buf *out, const struct withdrawal *w)
{
    if (w->at_ms == 0) {
        buf_puts(out, ",\"withdrawn\":null");
        return;
    }
    buf_printf(out, ",\"withdrawn\":{\"action\":%" PRId64, w->action);
    answer_put_text(out, "who", w->who);
    answer_put_time(out, "at", w->at_ms);
    answer_put_sentence(out, "reason", w->reason);
    buf_putc(out, '}');
}

static void put_approval(void *context, const struct approval *a)
{
    struct buf *out = context;
    char digest[DIGEST_HEX_SIZE];
    buf_printf(out, "{\"v\":1,\"kind\":\"approval\",\"evidence\":{\"action\":%" PRId64, a->action);
    answer_put_text(out, "role", a->role);
    answer_put_text(out, "who", a->who);
    answer_put_time(out, "at", a->at_ms);
    answer_put_text(out, "digest", digest_hex(a->digest, digest));
    put_withdrawn(out, &a->withdrawn);
    buf_printf(out, ",\"manifest\":%s}}\n", or_null(a->manifest));
}

struct calls {
    struct buf *out;
    bool notes;
};

/* {"v":1,"kind":"call","evidence":{...}}. What somebody has typed may name anybody, so it leaves
 * only where addresses do. */
static void put_call(void *context, const struct call *c)
{
    const struct calls *calls = context;
    struct buf *out = calls->out;
    buf_puts(out, "{\"v\":1,\"kind\":\"call\",\"evidence\":{\"id\":");
    buf_put_json(out, c->notice);
    answer_put_text(out, "outcome", call_outcome_name(c->outcome));
    answer_put_time(out, "at", c->at_ms);
    answer_put_text(out, "note", calls->notes ? c->note : NULL);
    answer_put_text(out, "who", c->who);
    buf_puts(out, "}}\n");
}

/* The campaign as it was handed over (kind: campaign), then its approvals (kind: approval) and
 * calls (kind: call). Nothing of one that was only enqueued. */
int request_evidence_campaign(const struct request *r, struct error *err)
{
    struct ledger *l = r->world->ledger;
    struct calls calls = {.out = r->out,
                          .notes = text_equal(json_get_text(r->root, "addresses", NULL), "full")};
    int rc = ledger_walk_campaigns(l, asked_campaign(r), put_campaign, r->out, err);
    if (rc == 0)
        rc = ledger_walk_approvals(l, asked_campaign(r), put_approval, r->out, err);
    if (rc == 0)
        rc = ledger_walk_calls(l, NULL, asked_campaign(r), put_call, &calls, err);
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return rc;
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static bool read_sum(const char *hex, unsigned char out[DIGEST_SIZE])
{
    if (strlen(hex) != DIGEST_HEX_SIZE - 1)
        return false;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

/* {"sha256"} -> {"found","base64"}: a letter, facts or a campaign's file, never people. */
int request_evidence_document(const struct request *r, struct error *err)
{
    unsigned char sha256[DIGEST_SIZE];
    struct buf bytes = {0};
    bool found = false;
    if (!read_sum(json_get_text(r->root, "sha256", ""), sha256))
        return error_set(err, ERR_USAGE, "sha256 wants 64 hexadecimal digits");
    int rc = ledger_read_document(r->world->ledger, sha256, &bytes, &found, err);
    if (rc == 0) {
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"found\":%s,\"base64\":\"",
                   found ? "true" : "false");
        base64_put(r->out, buf_text(&bytes), bytes.len);
        buf_puts(r->out, "\"}\n");
    }
    buf_free(&bytes);
    return rc;
}
