/* What an export of evidence is made of (model/evidence.h has the chain): page after page, so that
 * a campaign of millions costs no memory. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "engine/access.h"
#include "engine/requests_backend.h"
#include "engine/token_draw.h"
#include "model/evidence.h"
#include "model/json.h"
#include "model/reference.h"

/* The name of a campaign; or of a batch, which may belong to none. */
static const char *asked_campaign(const struct request *r)
{
    return json_get_text(r->root, "campaign", "");
}

/* ---- the rows of a page ---- */

enum addresses { ADDRESSES_NONE, ADDRESSES_MASKED, ADDRESSES_FULL };

/* What the lines of one batch have in common. */
struct shelfmark {
    char *id;
    char *reference; /* NULL: each line has its own, or none */
    bool there;      /* its texts are not purged */
};

struct rows {
    const struct request *r;
    struct error *err;
    enum addresses addresses;
    unsigned char key[TOKEN_KEY_SIZE];
    struct shelfmark batch; /* of the row before */
    int rc;
};

static int read_addresses(const struct request *r, enum addresses *out, struct error *err)
{
    static const char *const names[] = {"none", "masked", "full"};
    const char *name = json_get_text(r->root, "addresses", "masked");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *out = (enum addresses)i;
        return i != ADDRESSES_FULL
                   ? 0
                   : access_require(r->world->settings, r->world->allowed, r->world->who,
                                    "evidence --addresses full", REQUEST_OPERATE, err);
    }
    return error_set(err, ERR_USAGE, "addresses are \"full\", \"masked\" or \"none\", not \"%s\"",
                     name);
}

/* The text of a notice of its own, or of a line: what it says of a reference. NULL: nothing. */
static char *find_reference(const struct buf *text)
{
    struct json_t *root = NULL;
    struct error ignored;
    char *reference = NULL;
    if (text->len == 0 || memmem(text->data, text->len, "\"reference\"", 11) == NULL)
        return NULL;
    if (json_parse(text->data, text->len, "notice", 1, JOB_DEPTH_MAX, &root, &ignored) == 0)
        reference = xstrdup(json_get_text(root, "reference", NULL));
    json_free(root);
    return reference;
}

static void forget_batch(struct shelfmark *batch)
{
    free(batch->id);
    free(batch->reference);
    *batch = (struct shelfmark){0};
}

static int take_batch(struct rows *rows, const char *id)
{
    struct batch_facts facts;
    if (text_equal(rows->batch.id, id))
        return 0;
    forget_batch(&rows->batch);
    int rc = request_find_batch(rows->r, id, &facts, rows->err);
    rows->batch.id = xstrdup(id);
    rows->batch.there = facts.text.len > 0;
    rows->batch.reference = find_reference(&facts.text);
    batch_facts_clear(&facts);
    return rc;
}

/* ,"reference":"...","text":"there": what is known beside the ledger's rows. A text that cannot be
 * read just now is no reason to have no evidence of the rest. */
static int put_text_facts(struct rows *rows, const struct delivery_row *row)
{
    const struct request *r = rows->r;
    struct buf text = {0};
    struct error ignored;
    bool there;
    int rc = row->batch_id != NULL ? take_batch(rows, row->batch_id) : 0;
    if (rc != 0)
        return rc;
    if (row->batch_id == NULL)
        there = ledger_read_notice(r->world->ledger, row->notice_id, &text, &ignored) == 0;
    else
        there = rows->batch.there && r->world->spool != NULL &&
                spool_read_line(r->world->spool, row->batch_id, row->offset, row->length, &text,
                                &ignored) == 0;
    bool purged = row->batch_id != NULL ? !rows->batch.there : !there;
    char *own = find_reference(&text);
    char number[REFERENCE_SIZE];
    const char *reference = own != NULL || row->batch_id == NULL ? own : rows->batch.reference;
    if (row->numbered && reference_make(row->batch, row->line, number))
        reference = number;
    if (reference != NULL)
        answer_put_text(r->out, "reference", reference);
    answer_put_text(r->out, "text", there ? "there" : purged ? "purged" : "unread");
    free(own);
    buf_free(&text);
    return 0;
}

/* What servers say often repeats the address. */
static void put_words(struct buf *out, const char *key, const char *words, const char *address)
{
    struct buf masked = {0};
    evidence_put_without(&masked, words != NULL ? words : "", address);
    answer_put_sentence(out, key, buf_text(&masked));
    buf_free(&masked);
}

struct story {
    struct buf *out;
    const char *address;
    size_t count;
    char sha256[DIGEST_HEX_SIZE]; /* of the last try that was rendered */
};

static void put_attempt(void *context, const struct attempt_row *row)
{
    struct story *s = context;
    buf_printf(s->out, "%s{\"number\":%d", s->count++ > 0 ? "," : "", row->number);
    answer_put_time(s->out, "at", row->ended_ms);
    buf_printf(s->out, ",\"duration_ms\":%" PRId64 ",\"code\":%d", row->duration_ms, row->code);
    answer_put_text(s->out, "transport", row->transport);
    answer_put_text(s->out, "outcome", row->outcome);
    answer_put_text(s->out, "state", delivery_state_name(row->state));
    answer_put_text(s->out, "cause", row->cause);
    answer_put_text(s->out, "enhanced", row->enhanced);
    put_words(s->out, "reply", row->reply, s->address);
    answer_put_text(s->out, "locale", row->locale);
    answer_put_text(s->out, "rendered_sha256", row->sha256);
    buf_putc(s->out, '}');
    if (row->sha256 != NULL && strlen(row->sha256) == DIGEST_HEX_SIZE - 1)
        memcpy(s->sha256, row->sha256, DIGEST_HEX_SIZE);
}

static void put_report(void *context, const struct receipt *receipt, int64_t delivery UNUSED)
{
    struct story *s = context;
    bool believed = receipt->proven || receipt->kind == RECEIPT_NOTE;
    buf_printf(s->out, "%s{\"believed\":%s", s->count++ > 0 ? "," : "",
               believed ? "true" : "false");
    answer_put_text(s->out, "report", receipt_kind_name(receipt->kind));
    answer_put_time(s->out, "at", receipt->at_ms);
    answer_put_text(s->out, "source", receipt->source);
    answer_put_text(s->out, "transport", receipt->transport);
    answer_put_text(s->out, "message_id", receipt->message_id);
    answer_put_text(s->out, "cause", receipt->cause);
    buf_printf(s->out, ",\"code\":%d", receipt->code);
    put_words(s->out, "words", receipt->text, s->address);
    buf_putc(s->out, '}');
}

static int put_story(struct rows *rows, const struct delivery_row *row)
{
    struct ledger *l = rows->r->world->ledger;
    struct buf *out = rows->r->out;
    struct story story = {.out = out, .address = row->address};
    buf_puts(out, ",\"attempts\":[");
    int rc = ledger_walk_attempts(l, row->delivery, put_attempt, &story, rows->err);
    buf_puts(out, "]");
    answer_put_text(out, "rendered_sha256", story.sha256[0] != '\0' ? story.sha256 : NULL);
    story.count = 0;
    buf_puts(out, ",\"reports\":[");
    if (rc == 0)
        rc = ledger_walk_receipts(l, row->delivery, put_report, &story, rows->err);
    buf_puts(out, "]");
    return rc;
}

static void put_facts(struct buf *out, const struct delivery_row *row)
{
    buf_printf(out, "\"delivery\":%" PRId64, row->delivery);
    answer_put_text(out, "id", row->notice_id);
    if (row->batch_id != NULL) {
        answer_put_text(out, "batch", row->batch_id);
        buf_printf(out, ",\"line\":%" PRId64, row->line);
    }
    answer_put_text(out, "channel", channel_kind_name(row->channel));
    answer_put_text(out, "state", delivery_state_name(row->state));
    answer_put_text(out, "cause", row->cause);
    answer_put_text(out, "template", row->template_name);
    answer_put_text(out, "locale", row->locale);
    answer_put_text(out, "transport", row->transport);
    answer_put_text(out, "reported",
                    row->receipt != RECEIPT_NONE ? receipt_kind_name(row->receipt) : NULL);
    answer_put_time(out, "accepted_at", row->accepted_ms);
    answer_put_time(out, "changed_at", row->changed_ms);
}

/* The address as far as it may be seen in the row, and beside the row in full. */
static void put_address(const struct rows *rows, const struct delivery_row *row)
{
    struct buf *out = rows->r->out, masked = {0};
    char salt[EVIDENCE_SALT_SIZE], commitment[DIGEST_HEX_SIZE];
    evidence_make_salt(rows->key, row->delivery, salt);
    evidence_commit(salt, row->address, commitment);
    evidence_put_masked(&masked, row->address);
    answer_put_text(out, "address", rows->addresses != ADDRESSES_NONE ? buf_text(&masked) : NULL);
    answer_put_text(out, "address_commitment", commitment);
    buf_putc(out, '}');
    if (rows->addresses == ADDRESSES_FULL) {
        answer_put_text(out, "salt", salt);
        answer_put_text(out, "address", row->address);
    }
    buf_free(&masked);
}

/* {"v":1,"delivery":17,"evidence":{...},"salt":"...","address":"..."} */
static void put_row(void *context, const struct delivery_row *row)
{
    struct rows *rows = context;
    struct buf *out = rows->r->out;
    if (rows->rc != 0)
        return;
    buf_puts(out, "{\"v\":1,\"evidence\":{");
    put_facts(out, row);
    rows->rc = put_text_facts(rows, row);
    if (rows->rc == 0)
        rows->rc = put_story(rows, row);
    put_address(rows, row);
    buf_puts(out, "}\n");
}

struct name {
    const char *asked;
    bool campaign, batch;
};

static void look_for_name(void *context, const struct batch_row *row)
{
    struct name *name = context;
    name->campaign = name->campaign || text_equal(row->campaign, name->asked);
    name->batch = name->batch || text_equal(row->id, name->asked);
}

static int choose(const struct request *r, struct selector *out, struct error *err)
{
    const struct batch_question question = {0};
    struct name name = {.asked = asked_campaign(r)};
    int rc = ledger_walk_batches(r->world->ledger, &question, look_for_name, &name, err);
    *out = SELECTOR_ALL;
    if (name.batch && !name.campaign)
        out->batch = name.asked;
    else
        out->campaign = name.asked;
    return rc;
}

int request_refuse_in_daemon(const struct request *r, struct error *err)
{
    return r->world->daemon == NULL
               ? 0
               : error_set(err, ERR_DENIED,
                           "evidence is read beside the daemon, not through it: everybody else "
                           "would wait");
}

int request_evidence_rows(const struct request *r, struct error *err)
{
    struct rows rows = {.r = r, .err = err};
    struct selector selector = SELECTOR_ALL;
    size_t count = 0;
    int64_t last = json_get_int(r->root, "after", 0), limit = json_get_int(r->root, "limit", 0);
    if (limit < 1 || limit > ROWS_MAX)
        limit = ROWS_MAX;
    int rc = request_refuse_in_daemon(r, err);
    if (rc == 0)
        rc = read_addresses(r, &rows.addresses, err);
    if (rc == 0)
        rc = choose(r, &selector, err);
    if (rc == 0)
        rc = token_draw_key(r->world->settings->spool, rows.key, err);
    if (rc == 0)
        rc = ledger_walk(r->world->ledger, &selector, last, (size_t)limit, put_row, &rows, &count,
                         &last, err);
    if (rc == 0)
        rc = rows.rc;
    if (rc == 0)
        buf_printf(r->out,
                   "{\"v\":1,\"end\":true,\"count\":%zu,\"last\":%" PRId64 ",\"more\":%s}\n", count,
                   last, (int64_t)count == limit ? "true" : "false");
    forget_batch(&rows.batch);
    explicit_bzero(rows.key, sizeof(rows.key));
    return rc;
}

/* ---- the batches of a campaign ---- */

struct batches {
    const struct request *r;
    const char *campaign;
    int64_t count, people;
};

static void put_batch(void *context, const struct batch_row *row)
{
    struct batches *b = context;
    struct buf *out = b->r->out;
    if (!text_equal(row->campaign, b->campaign) && !text_equal(row->id, b->campaign))
        return;
    b->count++;
    b->people += row->total;
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "batch", row->id);
    buf_printf(out, ",\"people\":%" PRId64, row->total);
    answer_put_text(out, "stop", batch_stop_name(row->stop));
    answer_put_sentence(out, "stop_reason", row->stop_reason);
    answer_put_time(out, "accepted_at", row->accepted_ms);
    answer_put_time(out, "finished_at", row->finished_ms);
    answer_put_time(out, "expires_at", row->expires_at_ms);
    buf_printf(out, ",\"text\":%s}\n",
               row->text != NULL && row->state != BATCH_PURGED ? row->text : "null");
}

/* Each with its batch.json as it stands in the books. */
int request_evidence_batches(const struct request *r, struct error *err)
{
    struct batches batches = {.r = r, .campaign = asked_campaign(r)};
    const struct batch_question question = {0};
    int rc = ledger_walk_batches(r->world->ledger, &question, put_batch, &batches, err);
    if (rc == 0)
        buf_printf(r->out,
                   "{\"v\":1,\"end\":true,\"batches\":%" PRId64 ",\"people\":%" PRId64 "}\n",
                   batches.count, batches.people);
    return rc;
}
