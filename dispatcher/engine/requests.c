#include "engine/requests.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/access.h"
#include "engine/dispatch.h"
#include "engine/events.h"
#include "engine/pacing.h"
#include "engine/requests_backend.h"
#include "engine/rests.h"
#include "engine/stops.h"
#include "model/json.h"
#include "model/reference.h"

struct verb {
    const char *name;
    unsigned class; /* bits of request_class: one of them must be allowed */
    int (*handle)(const struct request *r, struct error *err);
};

/* ---- writing answers ---- */

void answer_put_text(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, value);
}

void answer_put_sentence(struct buf *out, const char *key, const char *value)
{
    struct buf text = {0};
    buf_puts(&text, value);
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        buf_truncate(&text, text.len - 1);
    answer_put_text(out, key, buf_text(&text));
    buf_free(&text);
}

void answer_put_time(struct buf *out, const char *key, int64_t wall_ms)
{
    char when[CLOCK_TEXT_SIZE];
    answer_put_text(out, key, wall_ms > 0 ? clock_format_rfc3339(wall_ms, when) : NULL);
}

void answer_put_counts(struct buf *out, const int64_t counts[DELIVERY_STATES])
{
    for (int state = 0; state < DELIVERY_STATES; state++)
        buf_printf(out, ",\"%s\":%lld", delivery_state_name((enum delivery_state)state),
                   (long long)counts[state]);
}

/* Of all lanes of a batch: when the first one may go, and why not now. */
struct soonest {
    const struct request_world *world;
    int64_t at_ms;
    char word[REST_WORD_SIZE], reason[REST_REASON_SIZE];
};

/* At a rate something goes all the time; what rests or has used up its day does not. */
static bool find_long_rest(const struct request_world *w, const char *transport,
                           struct transport_rest *out)
{
    return w->find_rest != NULL && w->find_rest(w->rest_context, transport, out) &&
           (text_equal(out->word, "transport_rest") || text_equal(out->word, "warmup") ||
            text_equal(out->word, REST_PAUSED));
}

static void take_next(void *context, const struct next_due *next)
{
    struct soonest *s = context;
    struct transport_rest rest;
    bool by_rest =
        find_long_rest(s->world, next->transport, &rest) && rest.until_ms >= next->due_ms;
    int64_t at_ms = by_rest ? rest.until_ms : next->due_ms;
    if (at_ms >= s->at_ms && s->word[0] != '\0')
        return;
    s->at_ms = at_ms;
    snprintf(s->word, sizeof(s->word), "%s",
             by_rest ? rest.word : rests_name_time(next->cause, next->tried));
    snprintf(s->reason, sizeof(s->reason), "%s", by_rest ? rest.reason : "");
}

static void take_campaign(void *context, const struct batch_row *row)
{
    buf_puts(context, row->campaign != NULL ? row->campaign : "");
}

/* What has not begun waits for its campaign's pace; what has begun and is due sooner goes before.
 */
static int wait_for_pace(const struct request *r, int64_t batch, struct soonest *s,
                         struct error *err)
{
    const struct batch_question q = {.batch = batch};
    struct buf campaign = {0};
    struct pace_answer answer;
    if (batch == 0 || s->at_ms == INT64_MAX)
        return 0;
    int rc = ledger_walk_batches(r->world->ledger, &q, take_campaign, &campaign, err);
    if (rc == 0 && request_find_pace(r, buf_text(&campaign), &answer) &&
        answer.opens_ms > s->at_ms) {
        s->at_ms = answer.opens_ms == INT64_MAX ? INT64_MAX - 1 : answer.opens_ms;
        s->reason[0] = '\0';
        snprintf(s->word, sizeof(s->word), "%s", pacing_word(answer.brake));
    }
    buf_free(&campaign);
    return rc;
}

int answer_put_waits(const struct request *r, int64_t batch, struct error *err)
{
    struct soonest s = {.world = r->world, .at_ms = INT64_MAX};
    int rc = ledger_walk_next_due(r->world->ledger, batch, take_next, &s, err);
    if (rc == 0)
        rc = wait_for_pace(r, batch, &s, err);
    if (rc != 0)
        return rc;
    bool waits = s.word[0] != '\0' && s.at_ms > r->world->now_ms;
    answer_put_text(r->out, "waits_for", waits ? s.word : NULL);
    answer_put_text(r->out, "rests_because", waits && s.reason[0] != '\0' ? s.reason : NULL);
    answer_put_time(r->out, "next_attempt_at", waits && s.at_ms < INT64_MAX - 1 ? s.at_ms : 0);
    return 0;
}

struct step_place request_read_place(const struct request *r, size_t limit)
{
    return (struct step_place){.limit = limit,
                               .after = json_get_int(r->root, "after", 0),
                               .until = json_get_int(r->root, "until", 0),
                               .group = json_get_int(r->root, "group", 0),
                               .at_ms = json_get_int(r->root, "at", 0)};
}

void answer_put_place(struct buf *out, const struct step_place *place)
{
    buf_printf(out, ",\"more\":%s,\"after\":%lld,\"until\":%lld,\"group\":%lld,\"at\":%lld",
               place->more ? "true" : "false", (long long)place->after, (long long)place->until,
               (long long)place->group, (long long)place->at_ms);
}

void answer_put_left(struct buf *out, const char *const *names, const int64_t *counts, size_t count)
{
    const char *sign = "";
    buf_puts(out, ",\"left\":{");
    for (size_t i = 0; i < count; i++) {
        if (counts[i] == 0)
            continue;
        buf_printf(out, "%s\"%s\":%lld", sign, names[i], (long long)counts[i]);
        sign = ",";
    }
    buf_putc(out, '}');
}

void answer_sum_channels(int64_t counts[CHANNEL_KINDS][DELIVERY_STATES],
                         int64_t out[DELIVERY_STATES])
{
    for (int state = 0; state < DELIVERY_STATES; state++) {
        out[state] = 0;
        for (int kind = 0; kind < CHANNEL_KINDS; kind++)
            out[state] += counts[kind][state];
    }
}

/* Nobody of its campaign begins now. False: that is not why it waits. */
static bool put_pace_wait(const struct request *r, const struct delivery_row *row)
{
    struct pace_answer answer;
    if (row->state != DELIVERY_WAITING || row->attempts > 0 || row->batch_id == NULL ||
        row->batch_stop != BATCH_GOES || !request_find_pace(r, row->campaign, &answer) ||
        answer.opens_ms < row->due_ms)
        return false;
    answer_put_text(r->out, "waits_for", pacing_word(answer.brake));
    answer_put_text(r->out, "rests_because", NULL);
    answer_put_time(r->out, "next_attempt_at", answer.opens_ms != INT64_MAX ? answer.opens_ms : 0);
    return true;
}

/* What is wrong with the letter of one that waits for it; "" if nobody knows. */
static void find_letter_fault(const struct request *r, const struct delivery_row *row,
                              struct error *out)
{
    const struct request_daemon *d = r->world->daemon;
    *out = (struct error){0};
    if (d != NULL && row->template_name != NULL &&
        library_refuse_letter(d->setup->library, row->template_name, out) == 0)
        out->text[0] = '\0';
}

/* Why it does not go now, and when it may. */
static void put_wait(const struct request *r, const struct delivery_row *row)
{
    const struct request_world *w = r->world;
    bool pending = row->state == DELIVERY_WAITING || row->state == DELIVERY_DEFERRED;
    struct transport_rest rest = {0};
    bool known =
        pending && w->find_rest != NULL && w->find_rest(w->rest_context, row->transport, &rest);
    bool by_rest = false;
    int64_t due_ms = pending ? row->due_ms : 0;
    if (put_pace_wait(r, row))
        return;
    const char *word = rests_name_wait(row, known ? &rest : NULL, w->now_ms, &by_rest);
    struct error letter = {0};
    if (text_equal(word, "letter"))
        find_letter_fault(r, row, &letter);
    const char *because = by_rest ? rest.reason : letter.text;
    answer_put_text(r->out, "waits_for", word);
    answer_put_text(r->out, "rests_because", because[0] != '\0' ? because : NULL);
    if (by_rest && rest.until_ms > due_ms)
        due_ms = rest.until_ms == REST_UNTIL_TOLD ? 0 : rest.until_ms;
    answer_put_time(r->out, "next_attempt_at", due_ms);
}

static void put_follower(struct buf *out, const struct delivery_row *row)
{
    bool follows = row->over_ms > 0;
    bool named = follows && row->follower >= 0 && row->follower < CHANNEL_KINDS;
    answer_put_text(out, "next_channel",
                    named ? channel_kind_name((enum channel_kind)row->follower) : NULL);
    answer_put_time(out, "next_channel_at", follows ? row->over_ms : 0);
}

void answer_put_delivery(const struct request *r, const struct delivery_row *row)
{
    struct buf *out = r->out;
    char reference[REFERENCE_SIZE];
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "id", row->notice_id);
    buf_printf(out, ",\"delivery\":%lld", (long long)row->delivery);
    if (row->batch_id != NULL) {
        answer_put_text(out, "batch", row->batch_id);
        buf_printf(out, ",\"line\":%lld", (long long)row->line);
    }
    if (row->numbered && reference_make(row->batch, row->line, reference))
        answer_put_text(out, "reference", reference);
    answer_put_text(out, "channel", channel_kind_name(row->channel));
    answer_put_text(out, "state", delivery_state_name(row->state));
    answer_put_text(out, "cause", row->cause);
    buf_printf(out, ",\"attempts\":%d,\"crashes\":%d,\"suspect\":%s", row->attempts, row->crashes,
               row->suspect ? "true" : "false");
    answer_put_text(out, "template", row->template_name);
    answer_put_text(out, "locale", row->locale);
    answer_put_text(out, "campaign", row->campaign);
    answer_put_text(out, "transport", row->transport);
    answer_put_text(out, "address", row->address);
    answer_put_text(out, "reply", row->reply);
    answer_put_text(out, "reported",
                    row->receipt != RECEIPT_NONE ? receipt_kind_name(row->receipt) : NULL);
    answer_put_time(out, "accepted_at", row->accepted_ms);
    answer_put_time(out, "changed_at", row->changed_ms);
    put_wait(r, row);
    put_follower(out, row);
    buf_puts(out, "}\n");
}

void answer_put_attempt(void *context, const struct attempt_row *row)
{
    struct buf *out = context;
    buf_printf(out, "{\"v\":1,\"attempt\":%d", row->number);
    answer_put_time(out, "at", row->ended_ms);
    buf_printf(out, ",\"duration_ms\":%lld", (long long)row->duration_ms);
    answer_put_text(out, "transport", row->transport);
    answer_put_text(out, "outcome", row->outcome);
    answer_put_text(out, "state", delivery_state_name(row->state));
    answer_put_text(out, "cause", row->cause);
    buf_printf(out, ",\"code\":%d", row->code);
    answer_put_text(out, "enhanced", row->enhanced);
    answer_put_text(out, "reply", row->reply);
    answer_put_text(out, "locale", row->locale);
    answer_put_text(out, "rendered_sha256", row->sha256);
    answer_put_time(out, "next_attempt_at", row->next_due_ms);
    buf_printf(out, ",\"jitter\":%.4f}\n", row->jitter);
}

void answer_put_receipt(struct buf *out, const struct receipt *receipt, int64_t delivery, bool late)
{
    buf_printf(out, "{\"v\":1,\"receipt\":\"%s\",\"delivery\":%lld",
               receipt_kind_name(receipt->kind), (long long)delivery);
    answer_put_time(out, "at", receipt->at_ms);
    answer_put_text(out, "source", receipt->source);
    answer_put_text(out, "transport", receipt->transport);
    answer_put_text(out, "message_id", receipt->message_id);
    answer_put_text(out, "cause", receipt->cause);
    buf_printf(out, ",\"code\":%d", receipt->code);
    answer_put_text(out, "enhanced", receipt->enhanced);
    answer_put_text(out, "text", receipt->text);
    buf_printf(out, ",\"believed\":%s,\"late\":%s,\"lasting\":%s,\"opted_out\":%s}\n",
               receipt->proven || receipt->kind == RECEIPT_NOTE ? "true" : "false",
               late ? "true" : "false", receipt->lasting ? "true" : "false",
               receipt->opted_out ? "true" : "false");
}

int request_require_daemon(const struct request *r, const char *what, struct error *err)
{
    const struct request_daemon *d = r->world->daemon;
    if (d == NULL)
        return error_set(err, ERR_DOWN, "%s is done by the daemon, and none runs: dispatcher run",
                         what);
    return d->records ? 0
                      : error_set(err, ERR_AGAIN,
                                  "the ledger takes nothing just now (dispatcher status says why); "
                                  "ask again later");
}

int request_read_channel(const struct json_t *object, enum channel_kind *out, struct error *err)
{
    const char *name = json_get_text(object, "channel", "");
    if (channel_kind_parse(name, out))
        return 0;
    return error_set(err, ERR_USAGE, "there is no channel \"%s\"; channels are email, sms, webhook",
                     name);
}

struct action request_action(const struct request *r, const char *verb, const char *selector)
{
    return (struct action){
        .verb = verb,
        .who = r->world->who,
        .reason = json_get_text(r->root, "reason", ""),
        .selector = selector,
        .now_ms = r->world->now_ms,
    };
}

/* ---- verbs ---- */

struct page {
    const struct request *r;
    int64_t limit, count, last;
};

int request_require_batch(const struct request *r, const char *id, struct error *err)
{
    struct batch_facts facts;
    int rc = request_find_batch(r, id, &facts, err);
    batch_facts_clear(&facts);
    return rc;
}

static void put_page_row(void *context, const struct delivery_row *row)
{
    struct page *page = context;
    if (page->count++ >= page->limit)
        return; /* only asked for to know that there is more */
    page->last = row->delivery;
    answer_put_delivery(page->r, row);
}

static int handle_queue(const struct request *r, struct error *err)
{
    struct selector selector;
    size_t count = 0;
    int64_t last = 0, limit = json_get_int(r->root, "limit", 100);
    int rc = request_read_selector(r, &selector, err);
    if (limit < 1 || limit > ROWS_MAX)
        limit = ROWS_MAX;
    struct page page = {r, limit, 0, json_get_int(r->root, "after", 0)};
    if (rc == 0 && page.last == 0)
        rc = request_require_known(r, &selector, err);
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

/* When the one that has been in its state the longest was accepted; states nobody waits in are left
 * out. */
static int put_oldest(const struct request *r, enum channel_kind kind,
                      const int64_t counts[DELIVERY_STATES], struct error *err)
{
    char when[CLOCK_TEXT_SIZE];
    const char *sign = ",\"oldest\":{";
    for (int state = 0; state < DELIVERY_STATES; state++) {
        int64_t accepted_ms = 0;
        int rc = counts[state] == 0 ? 0
                                    : ledger_oldest(r->world->ledger, kind,
                                                    (enum delivery_state)state, &accepted_ms, err);
        if (rc != 0)
            return rc;
        if (accepted_ms == 0)
            continue;
        buf_printf(r->out, "%s\"%s\":\"%s\"", sign, delivery_state_name((enum delivery_state)state),
                   clock_format_rfc3339(accepted_ms, when));
        sign = ",";
    }
    if (sign[1] == '\0')
        buf_putc(r->out, '}');
    return 0;
}

static int count_selected(const struct request *r, const char *batch,
                          int64_t counts[CHANNEL_KINDS][DELIVERY_STATES], struct error *err)
{
    struct batch_facts facts;
    if (batch == NULL)
        return ledger_count(r->world->ledger, counts, err);
    int rc = request_find_batch(r, batch, &facts, err);
    if (rc == 0)
        rc = ledger_count_batch(r->world->ledger, facts.batch, counts, err);
    batch_facts_clear(&facts);
    return rc;
}

/* By channel and state, of everything or of one batch. The oldest are known of everything only. */
static int handle_summary(const struct request *r, struct error *err)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    const char *batch = json_get_text(r->root, "batch", NULL);
    int rc = count_selected(r, batch, counts, err);
    for (int kind = 0; rc == 0 && kind < CHANNEL_KINDS; kind++) {
        buf_puts(r->out, "{\"v\":1");
        answer_put_text(r->out, "channel", channel_kind_name((enum channel_kind)kind));
        answer_put_counts(r->out, counts[kind]);
        if (batch == NULL)
            rc = put_oldest(r, (enum channel_kind)kind, counts[kind], err);
        buf_puts(r->out, "}\n");
    }
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return rc;
}

/* Is this id known, or its idempotency key, and is it the same content? May its campaign have it?
 * For `enqueue`, before it drops anything and once more behind it. */
static int handle_known(const struct request *r, struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE] = "";
    const char *key = json_get_text(r->root, "key", NULL);
    bool known = false, by_key = false, refused = false;
    int rc =
        ledger_find_digest(r->world->ledger, json_get_text(r->root, "id", ""), &known, digest, err);
    if (rc == 0 && !known && key != NULL) {
        rc = ledger_find_key_digest(r->world->ledger, key, &known, digest, err);
        by_key = known;
    }
    if (rc == 0)
        rc = request_judge_batch(r, &refused, err);
    if (rc != 0)
        return rc;
    if (known)
        digest_hex(digest, hex);
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"known\":%s,\"by_key\":%s,\"sha256\":\"%s\"",
               known ? "true" : "false", by_key ? "true" : "false", hex);
    buf_puts(r->out, refused ? ",\"campaign_refused\":true}\n" : "}\n");
    return 0;
}

static void put_action(void *context, const struct action_row *row)
{
    struct buf *out = context;
    buf_printf(out, "{\"v\":1,\"action\":%lld", (long long)row->number);
    answer_put_time(out, "at", row->action.now_ms);
    answer_put_text(out, "who", row->action.who);
    answer_put_text(out, "verb", row->action.verb);
    answer_put_text(out, "selector", row->action.selector);
    answer_put_sentence(out, "reason", row->action.reason);
    buf_printf(out, ",\"count\":%lld", (long long)row->count);
    if (row->pending >= 0)
        buf_printf(out, ",\"pending\":%lld", (long long)row->pending);
    answer_put_text(out, "hash", row->hash);
    buf_puts(out, "}\n");
}

static int handle_actions(const struct request *r, struct error *err)
{
    int rc = ledger_walk_actions(r->world->ledger, put_action, r->out, err);
    if (rc == 0)
        buf_puts(r->out, "{\"v\":1,\"end\":true}\n");
    return rc;
}

static void put_books(struct buf *out, const struct books *books)
{
    int64_t total = 0;
    for (int state = 0; state < DELIVERY_STATES; state++)
        total += books->deliveries[state];
    answer_put_counts(out, books->deliveries);
    buf_printf(out, ",\"deliveries\":%lld,\"notices\":%lld,\"expected\":%lld", (long long)total,
               (long long)books->notices, (long long)books->expected);
}

static int put_batch_of_books(const struct request *r, const char *id, struct error *err)
{
    struct batch_facts facts;
    int rc = request_find_batch(r, id, &facts, err);
    if (rc == 0) {
        answer_put_text(r->out, "batch", id);
        buf_printf(r->out, ",\"lines\":%lld,\"loading\":%s", (long long)facts.total,
                   facts.state == BATCH_LOADING ? "true" : "false");
    }
    batch_facts_clear(&facts);
    return rc;
}

/* Recounts every row, of everything or of a batch, and walks the chain of actions; what does not
 * add up is in `reason`. */
static int handle_reconcile(const struct request *r, struct error *err)
{
    const char *batch = json_get_text(r->root, "batch", NULL);
    struct books books = {0};
    struct error why = {0};
    int unbalanced = ledger_reconcile(r->world->ledger, batch, &books, &why);
    if (unbalanced != 0 && unbalanced != ERR_INTERNAL)
        return error_set(err, unbalanced, "%s", why.text);
    buf_printf(r->out, "{\"v\":1,\"end\":true,\"balanced\":%s", unbalanced == 0 ? "true" : "false");
    answer_put_text(r->out, "reason", why.text);
    put_books(r->out, &books);
    int rc = batch != NULL ? put_batch_of_books(r, batch, err) : 0;
    buf_puts(r->out, "}\n");
    return rc;
}

static void put_stop(const struct stopped_transport *stop, struct buf *out)
{
    buf_puts(out, "{\"transport\":");
    buf_put_json(out, stop->transport);
    answer_put_time(out, "since", stop->since_ms);
    answer_put_text(out, "by", stop->who);
    answer_put_text(out, "because", stop->reason);
    buf_printf(out, ",\"over\":%s}", stop->over ? "true" : "false");
}

/* What operators stopped: from the ledger, so that it is told without a daemon as well. */
static void put_stops(const struct request *r, const struct stops *all)
{
    answer_put_live(r, &all->live);
    buf_puts(r->out, ",\"transports_paused\":[");
    for (size_t i = 0; i < all->count; i++) {
        if (i > 0)
            buf_putc(r->out, ',');
        put_stop(&all->at[i], r->out);
    }
    buf_putc(r->out, ']');
}

static int handle_status(const struct request *r, struct error *err)
{
    struct stops stops = {0};
    int rc = stops_load(&stops, r->world->ledger, err);
    if (rc != 0)
        return rc;
    buf_puts(r->out, "{\"v\":1,\"end\":true");
    answer_put_text(r->out, "version", DISPATCHER_VERSION);
    answer_put_text(r->out, "spool", r->world->settings->spool);
    put_stops(r, &stops);
    stops_free(&stops);
    buf_printf(r->out, ",\"daemon\":%s", r->world->put_state != NULL ? "true" : "false");
    if (r->world->put_state != NULL)
        r->world->put_state(r->world->state_context, r->out);
    rc = answer_put_waits(r, 0, err);
    buf_puts(r->out, "}\n");
    return rc;
}

/* What keeps transports, for who reads the ledger beside us. */
static int handle_rests(const struct request *r, struct error *err UNUSED)
{
    const struct settings *s = r->world->settings;
    const char *sign = "";
    buf_puts(r->out, "{\"v\":1,\"end\":true,\"rests\":[");
    for (size_t i = 0; i < s->transport_count; i++) {
        struct transport_rest rest;
        if (r->world->find_rest == NULL ||
            !r->world->find_rest(r->world->rest_context, s->transports[i].name, &rest))
            continue;
        buf_puts(r->out, sign);
        rests_put(r->out, s->transports[i].name, &rest);
        sign = ",";
    }
    buf_puts(r->out, "]}\n");
    return 0;
}

/* Nothing of persons, and what a producer of notices asks. */
#define ANYBODY (REQUEST_LOOK | REQUEST_ENQUEUE)

static const struct verb verbs[] = {
    {"queue", REQUEST_LOOK, handle_queue},
    {"summary", REQUEST_LOOK, handle_summary},
    {"show", REQUEST_LOOK, request_show},
    {"retry", REQUEST_OPERATE, request_retry},
    {"act", REQUEST_OPERATE, request_act},
    {"known", ANYBODY, handle_known},
    {"status", ANYBODY, handle_status},
    {"rests", ANYBODY, handle_rests},
    {"reconcile", REQUEST_LOOK, handle_reconcile},
    {"actions", REQUEST_LOOK, handle_actions},
    {"batches", REQUEST_LOOK, request_batches},
    {"progress", ANYBODY, request_progress},
    {"stop", REQUEST_OPERATE, request_stop},
    {"go", REQUEST_OPERATE, request_go},
    {"purge", REQUEST_OPERATE, request_purge},
    {"receive", REQUEST_ENQUEUE, request_receive},
    {"suppress", REQUEST_OPERATE, request_suppress},
    {"unsuppress", REQUEST_OPERATE, request_unsuppress},
    {"suppressions", REQUEST_LOOK, request_suppressions},
    {"endpoints", REQUEST_LOOK, request_endpoints},
    {"endpoint", REQUEST_OPERATE, request_endpoint},
    {"transport_pause", REQUEST_OPERATE, request_transport_pause},
    {"transport_resume", REQUEST_OPERATE, request_transport_resume},
    {"live", ANYBODY, request_live},
    {"set_live", REQUEST_OPERATE, request_set_live},
    {"reload", REQUEST_OPERATE, request_reload},
    {"preview_reload", REQUEST_OPERATE, request_preview_reload},
    {"log_level", REQUEST_OPERATE, request_log_level},
    {"metrics", REQUEST_LOOK, request_metrics},
    {"evidence_rows", REQUEST_LOOK, request_evidence_rows},
    {"evidence_batches", REQUEST_LOOK, request_evidence_batches},
    {"evidence_actions", REQUEST_LOOK, request_evidence_actions},
    {"evidence_campaign", REQUEST_LOOK, request_evidence_campaign},
    {"evidence_document", REQUEST_LOOK, request_evidence_document},
    {"evidence_taken", REQUEST_LOOK, request_evidence_taken},
    {"evidence_read", REQUEST_LOOK, request_evidence_read},
    {"health", ANYBODY, request_health},
    {"failures", REQUEST_LOOK, request_failures},
    {"shape", REQUEST_LOOK, request_shape},
    {"events", REQUEST_LOOK, request_events},
    {"top", REQUEST_LOOK, request_top},
    {"corrupt", REQUEST_LOOK, request_corrupt},
    {"release_corrupt", REQUEST_OPERATE, request_release_corrupt},
    {"keep", REQUEST_OPERATE | REQUEST_APPROVE, request_keep},
    {"approve", REQUEST_APPROVE, request_approve},
    {"disapprove", REQUEST_OPERATE | REQUEST_APPROVE, request_disapprove},
    {"approvals", REQUEST_LOOK | REQUEST_APPROVE, request_approvals},
    {"letter", REQUEST_LOOK | REQUEST_APPROVE, request_letter},
    {"start", REQUEST_OPERATE, request_start},
    {"campaigns", REQUEST_LOOK | REQUEST_APPROVE, request_campaigns},
    {"campaign", REQUEST_LOOK | REQUEST_APPROVE, request_campaign},
    {"campaign_stop", REQUEST_OPERATE, request_campaign_stop},
    {"campaign_go", REQUEST_OPERATE, request_campaign_go},
    {"campaign_pass", REQUEST_OPERATE, request_campaign_pass},
    {"campaign_cancel", REQUEST_OPERATE, request_campaign_cancel},
    {"reference", REQUEST_LOOK, request_reference},
    {"address", REQUEST_LOOK, request_address},
    {"report", REQUEST_LOOK, request_report},
    {"calls", REQUEST_LOOK, request_calls},
    {"call_list", REQUEST_LOOK, request_call_list},
    {"people", REQUEST_LOOK, request_people},
    {"call", REQUEST_OPERATE, request_call},
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
    text_put_visible_lines(&sentence, why->text);
    buf_puts(out, "{\"v\":1,\"error\":");
    buf_put_json(out, buf_text(&sentence));
    buf_printf(out, ",\"code\":%d}\n", code);
    buf_free(&sentence);
}

/* Once for all steps of it, and not of who only asks how many. */
static void note_action(const struct request *r, const struct verb *verb)
{
    struct buf what = {0};
    struct event e = EVENT_OF("action");
    bool changes = (verb->class & (REQUEST_OPERATE | REQUEST_APPROVE)) != 0 &&
                   (verb->class & (REQUEST_LOOK | REQUEST_ENQUEUE)) == 0;
    if (!changes || r->world->daemon == NULL || json_get_bool(r->root, "dry_run", false) ||
        json_get_int(r->root, "after", 0) != 0)
        return;
    buf_puts(&what, json_get_text(r->root, "what", verb->name));
    if (json_get(r->root, "selector") != NULL) {
        buf_putc(&what, ' ');
        json_put(&what, json_get(r->root, "selector"));
    }
    if (json_get_text(r->root, "reason", "")[0] != '\0')
        buf_printf(&what, ": %s", json_get_text(r->root, "reason", ""));
    e.batch = json_get_text(r->root, "batch", NULL);
    e.campaign = json_get_text(r->root, "campaign", NULL);
    e.who = r->world->who;
    e.text = buf_text(&what);
    events_note(&e);
    buf_free(&what);
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
    if (rc == 0 && verb != NULL)
        rc = access_require(world->settings, world->allowed, world->who, verb->name, verb->class,
                            &why);
    if (rc == 0 && verb != NULL) {
        struct known_pace known = {0};
        const struct request r = {world, root, out, &known};
        rc = verb->handle(&r, &why);
        if (rc == 0)
            note_action(&r, verb);
    }
    if (rc != 0) {
        buf_truncate(out, start); /* half an answer followed by an error would read as the whole */
        put_error(out, rc, &why);
    }
    json_free(root);
}
