#include "engine/receive.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "engine/metrics.h"
#include "model/token.h"
#include "policy/receipt.h"

#define PARKED_LIMIT ((size_t)256)
/* A next channel that could not be planned, because its line cannot be read now, is tried again. */
#define PLAN_AGAIN_MS 5000

/* One receipt on its way into the ledger. */
struct arrival {
    const struct receiving *r;
    const struct receipt *receipt;
    int64_t hint;                 /* the delivery it is of, if that is known already; 0 */
    bool proven;                  /* by its token, or by how it came */
    struct receipt_target target; /* what it speaks of */
    struct receipt_verdict verdict;
    struct next_channel next;
    int64_t next_ms; /* 0, or when it is tried again to plan that */
    bool kept_off;   /* its address is on the list because of it */
};

static const char *const reason_names[RECEIVE_REASONS] = {
    [RECEIVE_CHANGED] = "changed",   [RECEIVE_SILENT] = "silent",   [RECEIVE_FORGED] = "forged",
    [RECEIVE_UNPROVEN] = "unproven", [RECEIVE_UNKNOWN] = "unknown", [RECEIVE_FOREIGN] = "foreign",
    [RECEIVE_KNOWN] = "known",       [RECEIVE_OLD] = "old",         [RECEIVE_LATE] = "late",
};

const char *receive_reason_name(enum receive_reason reason)
{
    return reason_names[reason];
}

void receive_outcome_clear(struct receive_outcome *outcome)
{
    free(outcome->notice_id);
    *outcome = (struct receive_outcome){0};
}

/* ---- is it believed? ---- */

/* False: it brings a token that is none of ours. Then nothing else of it counts. */
static bool read_token(struct arrival *a)
{
    const char *token = a->receipt->token;
    int64_t number = 0;
    a->proven = a->receipt->proven;
    if (token == NULL)
        return true;
    if (!token_read(token, strlen(token), a->r->setup->settings->token_key, TOKEN_DELIVERY, "",
                    &number))
        return false;
    a->proven = true;
    a->hint = number;
    return true;
}

static bool is_believed(const struct arrival *a)
{
    return a->proven && !a->target.contradicts;
}

/* ---- what follows ---- */

static void decide(struct arrival *a)
{
    const struct receipt_question q = {.state = a->target.state,
                                       .furthest = a->target.receipt,
                                       .kind = a->receipt->kind,
                                       .opted_out = a->receipt->opted_out,
                                       .earlier = a->target.earlier,
                                       .more_channels = a->target.more_channels};
    a->verdict = (struct receipt_verdict){.state = a->target.state};
    if (is_believed(a) && !a->target.repeated)
        receipt_decide(&q, &a->verdict);
}

/* Of a batch: a notice of its own has its spare channels in the ledger. One batch whose lines
 * cannot be read (a disk that is not mounted) keeps no other report from being booked. */
static void plan_next(struct arrival *a)
{
    struct error why;
    if (!a->verdict.next_channel || a->target.row.batch == 0)
        return;
    int rc =
        shelf_next_channel(a->r->shelf, a->r->setup, &a->target.row, a->r->now_ms, &a->next, &why);
    if (rc == 0)
        return;
    a->verdict.next_channel = false;
    if (rc == ERR_NOT_FOUND)
        return;
    a->next_ms = a->r->now_ms + PLAN_AGAIN_MS;
    log_event(LOG_WARN, "delivery.no_next_channel", "id=%s state=%s reason=\"%s\"",
              a->target.notice_id, delivery_state_name(a->verdict.state), why.text);
}

/* What the delivery failed of, where they did not say. */
static const char *find_cause(const struct receipt *receipt)
{
    if (receipt->opted_out)
        return strcmp(receipt->cause, "complaint") == 0 ? "complaint" : "opted_out";
    if (receipt->cause[0] != '\0')
        return receipt->cause;
    if (receipt->kind == RECEIPT_CONFIRMED)
        return "confirmed";
    return receipt->kind == RECEIPT_EXPIRED     ? "expired"
           : receipt->kind == RECEIPT_REJECTED  ? "refused"
           : receipt_kind_is_end(receipt->kind) ? "undelivered"
                                                : "accepted";
}

static int book(struct arrival *a, struct error *err)
{
    bool moves = a->verdict.state != a->target.state;
    struct receipt told = *a->receipt; /* as it is kept: its token proves it no more later */
    told.proven = a->proven;
    const struct receipt_booking b = {
        .receipt = &told,
        .delivery = a->target.delivery,
        .state = a->verdict.state,
        .cause = moves ? find_cause(a->receipt) : NULL,
        .forward = a->verdict.forward,
        .declined = is_believed(a) && a->receipt->opted_out && !a->target.repeated,
        .next_channel = a->verdict.next_channel,
        .next = a->next.address != NULL ? &a->next.planned : NULL,
        .next_rest = a->next.rest,
        .next_ms = a->next_ms,
        .now_ms = a->r->now_ms,
    };
    return ledger_book_receipt(a->r->ledger, &b, err);
}

/* ---- addresses that are not written to any more ---- */

static bool keeps_off(const struct receipt *receipt)
{
    return receipt->opted_out || (receipt->lasting && receipt_kind_is_end(receipt->kind) &&
                                  receipt->kind != RECEIPT_CONFIRMED);
}

/* A bounce is over some day, because addresses come back to life; who said no has said no. */
static int keep_off(struct arrival *a, struct error *err)
{
    const struct receipt *receipt = a->receipt;
    int64_t keep_ms = a->r->setup->settings->bounce_suppress_ms;
    bool ends = !receipt->opted_out && keep_ms > 0;
    struct buf key = {0};
    if (!keeps_off(receipt) || a->target.channel == CHANNEL_WEBHOOK || a->target.repeated)
        return 0;
    if (a->target.earlier && !receipt->opted_out) /* it may have arrived since */
        return 0;
    suppression_put_key(a->target.channel, a->target.address, &key);
    const struct suppression s = {.channel = a->target.channel,
                                  .address = buf_text(&key),
                                  .cause = find_cause(receipt),
                                  .reason = receipt->text,
                                  .source =
                                      receipt->source[0] != '\0' ? receipt->source : "gateway",
                                  .since_ms = a->r->now_ms,
                                  .expires_ms = ends ? a->r->now_ms + keep_ms : 0};
    int rc = ledger_suppress(a->r->ledger, &s, NULL, err);
    buf_free(&key);
    a->kept_off = rc == 0;
    if (rc == 0)
        log_event(LOG_INFO, "address.suppressed", "id=%s channel=%s cause=%s source=%s",
                  a->target.notice_id, channel_kind_name(s.channel), s.cause, s.source);
    return rc;
}

/* ---- one ---- */

static void tell(const struct arrival *a)
{
    bool moved = a->verdict.state != a->target.state;
    const char *id = a->target.notice_id != NULL ? a->target.notice_id : "-";
    log_event(moved ? LOG_INFO : LOG_DEBUG, "delivery.receipt",
              "id=%s channel=%s kind=%s source=%s cause=%s state=%s believed=%s", id,
              channel_kind_name(a->receipt->channel), receipt_kind_name(a->receipt->kind),
              a->receipt->source, a->receipt->cause, delivery_state_name(a->verdict.state),
              is_believed(a) ? "yes" : "no");
}

static bool is_parked(const struct arrival *a)
{
    return a->target.delivery == 0 || a->verdict.park;
}

static void count(const struct arrival *a, struct receive_counts *counts)
{
    if (!is_believed(a))
        counts->refused++;
    else if (is_parked(a))
        counts->parked++;
    else
        counts->booked++;
    if (is_believed(a))
        metrics_note_receipt(a->receipt->kind);
}

/* Whose word counts for nothing. */
static enum receive_reason why_not_believed(const struct arrival *a)
{
    if (a->proven)
        return RECEIVE_FOREIGN;
    return a->target.delivery != 0 ? RECEIVE_UNPROVEN : RECEIVE_UNKNOWN;
}

static enum receive_reason find_reason(const struct arrival *a)
{
    const struct receipt_target *t = &a->target;
    enum receipt_kind kind = a->receipt->kind;
    if (!is_believed(a))
        return why_not_believed(a);
    if (is_parked(a) || a->verdict.forward || a->verdict.state != t->state || a->kept_off)
        return RECEIVE_CHANGED;
    if (t->repeated || kind == t->receipt)
        return RECEIVE_KNOWN;
    return t->earlier && receipt_kind_is_end(kind) ? RECEIVE_OLD : RECEIVE_LATE;
}

/* What is not proven is kept if it speaks of a delivery of ours: it belongs to its story. But it
 * does not wait for anything. */
static bool is_kept(const struct arrival *a)
{
    return is_believed(a) || (a->target.delivery != 0 && a->target.state != DELIVERY_IN_FLIGHT);
}

static void say(const struct arrival *a, struct receive_counts *counts, struct receive_outcome *out)
{
    const char *id = a->target.notice_id;
    *out = (struct receive_outcome){.reason = find_reason(a),
                                    .notice_id = id != NULL ? xstrdup(id) : NULL,
                                    .state = a->verdict.state};
    counts->reasons[out->reason]++;
}

static int arrive(struct arrival *a, struct receive_counts *counts, struct receive_outcome *out,
                  struct error *err)
{
    int rc = ledger_find_receipt(a->r->ledger, a->receipt, a->hint, &a->target, err);
    if (rc != 0)
        return rc;
    decide(a);
    plan_next(a);
    if (is_kept(a))
        rc = book(a, err);
    if (rc == 0 && is_believed(a) && a->target.delivery != 0)
        rc = keep_off(a, err);
    if (rc == 0) {
        tell(a);
        count(a, counts);
        say(a, counts, out);
    }
    next_channel_clear(&a->next);
    receipt_target_clear(&a->target);
    return rc;
}

static void tell_refusal(const struct receiving *r, const struct receipt *receipt)
{
    uint64_t count = 0;
    if (log_pace_is_due(r->refusals, 0, r->now_ms, &count))
        log_event(LOG_WARN, "receipt.refused", "count=%llu source=%s reason=\"%s\"",
                  (unsigned long long)count, receipt->source,
                  receipt->kind == RECEIPT_NONE ? "it says nothing"
                                                : "its token was not made by this spool");
}

static void refuse(const struct arrival *a, struct receive_counts *counts,
                   struct receive_outcome *out)
{
    bool silent = a->receipt->kind == RECEIPT_NONE;
    *out = (struct receive_outcome){.reason = silent ? RECEIVE_SILENT : RECEIVE_FORGED};
    tell_refusal(a->r, a->receipt);
    counts->refused++;
    counts->reasons[out->reason]++;
}

int receive_one(const struct receiving *r, const struct receipt *receipt,
                struct receive_counts *counts, struct receive_outcome *out, struct error *err)
{
    struct arrival a = {.r = r, .receipt = receipt};
    if (receipt->kind != RECEIPT_NONE && read_token(&a))
        return arrive(&a, counts, out, err);
    refuse(&a, counts, out);
    return 0;
}

/* ---- what was parked ---- */

struct waiting {
    struct receipt receipt;
    int64_t delivery;
};

struct waitings {
    struct waiting *at;
    size_t count;
};

static char *copy_text(const char *text)
{
    return text != NULL ? xstrdup(text) : NULL;
}

static void take(void *context, const struct receipt *r, int64_t delivery)
{
    struct waitings *all = context;
    struct waiting *w = &all->at[all->count++];
    *w = (struct waiting){.receipt = *r, .delivery = delivery};
    w->receipt.token = NULL; /* it was proven by it when it came */
    w->receipt.message_id = copy_text(r->message_id);
    w->receipt.notice_id = copy_text(r->notice_id);
    w->receipt.transport = copy_text(r->transport);
    w->receipt.address = copy_text(r->address);
}

static int book_all(const struct receiving *r, struct waitings *all, struct error *err)
{
    struct receive_counts counts = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        struct arrival a = {.r = r, .receipt = &all->at[i].receipt, .hint = all->at[i].delivery};
        struct receive_outcome outcome = {0};
        a.proven = true;
        rc = arrive(&a, &counts, &outcome, err);
        receive_outcome_clear(&outcome);
    }
    return rc;
}

static int walk_and_book(const struct receiving *r, bool *out_more, struct error *err)
{
    struct waitings all = {.at = xcalloc(PARKED_LIMIT, sizeof(*all.at))};
    size_t count = 0;
    int rc = ledger_walk_parked(r->ledger, r->now_ms, PARKED_LIMIT, take, &all, &count, err);
    if (rc == 0)
        rc = book_all(r, &all, err);
    *out_more = count == PARKED_LIMIT;
    for (size_t i = 0; i < all.count; i++)
        receipt_clear(&all.at[i].receipt);
    free(all.at);
    return rc;
}

int receive_parked(const struct receiving *r, bool *out_more, struct error *err)
{
    *out_more = false;
    int rc = ledger_begin(r->ledger, LEDGER_FAST, err);
    if (rc != 0)
        return rc;
    rc = walk_and_book(r, out_more, err);
    if (rc == 0)
        return ledger_commit(r->ledger, err);
    ledger_rollback(r->ledger);
    return rc;
}
