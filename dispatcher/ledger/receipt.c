/*
 * Receipts: what they speak of, and what they change. The rules are policy's; here stands only
 * that nothing of it is lost and that the books follow.
 */
#include "ledger/ledger.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char put_message_sql[] =
    "INSERT INTO message (transport, id, delivery, attempt) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (transport, id) DO UPDATE SET attempt = excluded.attempt,"
    " delivery = CASE WHEN delivery = excluded.delivery THEN delivery ELSE 0 END";
static const char find_message_sql[] =
    "SELECT delivery, attempt FROM message WHERE transport = ? AND id = ?";
static const char find_number_sql[] = "SELECT seq FROM delivery WHERE seq = ?";
static const char find_single_sql[] =
    "SELECT seq FROM delivery WHERE notice = ? AND channel = ? ORDER BY seq DESC LIMIT 1";
static const char find_line_sql[] =
    "SELECT seq FROM delivery WHERE batch = ? AND recipient = ? AND channel = ?";
static const char via_sql[] =
    "SELECT t.name, d.state = 9 AND (d.tried = 0 OR d.cause = 'interrupted')"
    " FROM delivery d LEFT JOIN lane l ON l.seq = d.lane JOIN transport t ON t.seq ="
    " coalesce(d.transport, (SELECT a.transport FROM attempt a WHERE a.delivery = d.seq"
    "  ORDER BY a.n DESC LIMIT 1), l.transport) WHERE d.seq = ?";
/* Was it sent over this transport, or is that its home? */
static const char used_sql[] =
    "SELECT 1 FROM delivery d JOIN transport t ON t.name = ? WHERE d.seq = ? AND"
    " (d.transport = t.seq OR EXISTS (SELECT 1 FROM lane l WHERE l.seq = d.lane AND"
    "   l.transport = t.seq) OR EXISTS (SELECT 1 FROM attempt a WHERE a.delivery = d.seq AND"
    "   a.transport = t.seq))";
static const char repeated_sql[] =
    "SELECT 1 FROM receipt WHERE delivery = ? AND proven = 1 AND kind = ? AND code = ? AND"
    " enhanced = ? AND cause = ? AND source = ? AND words = ? AND message_id IS ? LIMIT 1";
static const char newer_sql[] = "SELECT 1 FROM delivery WHERE notice = ? AND seq > ? LIMIT 1";
static const char last_sql[] = "SELECT n FROM receipt WHERE delivery = ? ORDER BY n DESC LIMIT 1";
static const char insert_sql[] =
    "INSERT INTO receipt (delivery, n, came_ms, " RECEIPT_COLUMNS ", moved, times)"
    " VALUES (?, ?, ?, " RECEIPT_PLACES ", ?, 0)";
static const char once_more_sql[] =
    "UPDATE receipt SET times = times + 1 WHERE delivery = ? AND n = ?";
static const char forward_sql[] = "UPDATE delivery SET receipt = ?, over_ms = ? WHERE seq = ?";
static const char walk_sql[] = "SELECT r.times, d.channel, " RECEIPT_COLUMNS_OF(
    "r") " FROM receipt r"
         " JOIN delivery d ON d.seq = r.delivery LEFT JOIN transport t ON t.seq = r.transport"
         " WHERE r.delivery = ? ORDER BY r.n";

/* ---- what it speaks of ---- */

int ledger_put_message(struct ledger *l, int64_t delivery, int64_t attempt, int64_t transport,
                       const char *id, struct error *err)
{
    struct query *q = db_query(l->db, put_message_sql);
    query_bind_int(q, transport);
    query_bind_text(q, id);
    query_bind_int(q, delivery);
    query_bind_int(q, attempt);
    int rc = query_run(q, err);
    return rc == 0 ? parked_wake_message(l, delivery, transport, id, err) : rc;
}

static int find_number(struct ledger *l, int64_t number, int64_t *out, struct error *err)
{
    struct query *q = db_query(l->db, find_number_sql);
    query_bind_int(q, number);
    int rc = query_run_int(q, out, err);
    return rc < 0 ? rc : 0;
}

/* *out_attempt: which one the gateway called so; 0: not known. */
static int find_message(struct ledger *l, const struct receipt *r, int64_t *out,
                        int64_t *out_attempt, struct error *err)
{
    int64_t transport = 0;
    if (r->message_id == NULL || r->transport == NULL)
        return 0;
    int rc = ledger_find_transport(l, r->transport, false, &transport, err);
    if (rc != 0 || transport == 0)
        return rc;
    struct query *q = db_query(l->db, find_message_sql);
    query_bind_int(q, transport);
    query_bind_text(q, r->message_id);
    rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out = query_int(q);
    *out_attempt = query_int(q);
    query_end(q);
    return 0;
}

static int find_id(struct ledger *l, const char *id, enum channel_kind channel, int64_t *out,
                   struct error *err)
{
    struct named named;
    int rc = ledger_find_id(l, id, &named, err);
    if (rc != 0 || (named.notice == 0 && named.batch == 0))
        return rc;
    struct query *q = db_query(l->db, named.notice != 0 ? find_single_sql : find_line_sql);
    query_bind_int(q, named.notice != 0 ? named.notice : named.batch);
    if (named.notice == 0)
        query_bind_text(q, named.recipient);
    query_bind_int(q, channel);
    rc = query_run_int(q, out, err);
    return rc < 0 ? rc : 0;
}

/* *out_attempt: as of find_message(), if the key says it. */
static int find_named(struct ledger *l, const struct receipt *r, int64_t *out, int64_t *out_attempt,
                      struct error *err)
{
    int64_t attempt = 0;
    if (r->notice_id == NULL)
        return 0;
    char *id = xstrndup(r->notice_id, receipt_key_read(r->notice_id, &attempt));
    int rc = find_id(l, id, r->channel, out, err);
    free(id);
    if (*out_attempt == 0)
        *out_attempt = attempt;
    return rc;
}

/* The first name that is known decides; it contradicts if another one means another. */
static int find_delivery(struct ledger *l, const struct receipt *r, int64_t proven,
                         struct receipt_target *out, int64_t *out_attempt, struct error *err)
{
    int64_t found[3] = {0};
    int rc = proven != 0 ? find_number(l, proven, &found[0], err) : 0;
    if (rc == 0)
        rc = find_message(l, r, &found[1], out_attempt, err);
    if (rc == 0)
        rc = find_named(l, r, &found[2], out_attempt, err);
    for (size_t i = 0; i < 3; i++) {
        if (out->delivery == 0)
            out->delivery = found[i];
        else if (found[i] != 0 && found[i] != out->delivery)
            out->contradicts = true;
    }
    return rc;
}

/* ---- is that whom they speak of? ---- */

/* Digits without what comes before a number in its own country. */
static void put_digits(const char *number, struct buf *out)
{
    for (; *number != '\0'; number++) {
        if (isdigit((unsigned char)*number) && (out->len > 0 || *number != '0'))
            buf_putc(out, *number);
    }
}

/* Gateways write 010-1234-5678 for +82 10-1234-5678. */
static bool same_number(const char *a, const char *b)
{
    struct buf left = {0}, right = {0};
    put_digits(a, &left);
    put_digits(b, &right);
    size_t shorter = left.len < right.len ? left.len : right.len;
    bool same = shorter >= 6 && memcmp(left.data + left.len - shorter,
                                       right.data + right.len - shorter, shorter) == 0;
    buf_free(&left);
    buf_free(&right);
    return same;
}

static bool same_text(enum channel_kind channel, const char *a, const char *b)
{
    struct buf left = {0}, right = {0};
    suppression_put_key(channel, a, &left);
    suppression_put_key(channel, b, &right);
    bool same = strcmp(buf_text(&left), buf_text(&right)) == 0;
    buf_free(&left);
    buf_free(&right);
    return same;
}

static bool same_address(enum channel_kind channel, const char *a, const char *b)
{
    return same_text(channel, a, b) || (channel == CHANNEL_SMS && same_number(a, b));
}

/* ---- the target ---- */

/* With single routing: has a channel behind this one begun? Then what is left is that one's. */
static int is_newest(struct ledger *l, const struct flying *row, bool *out, struct error *err)
{
    int64_t newer = 0;
    *out = true;
    if (row->notice == 0)
        return 0;
    struct query *q = db_query(l->db, newer_sql);
    query_bind_int(q, row->notice);
    query_bind_int(q, row->delivery);
    int rc = query_run_int(q, &newer, err);
    *out = rc == 0;
    return rc < 0 ? rc : 0;
}

/* *out_unsure: it stopped in the middle, and over which transport was not written down. */
static int read_via(struct ledger *l, int64_t delivery, char **out, bool *out_unsure,
                    struct error *err)
{
    struct query *q = db_query(l->db, via_sql);
    query_bind_int(q, delivery);
    int rc = query_step(q, err);
    if (rc <= 0)
        return rc;
    *out = xstrdup(ledger_read_text(q));
    *out_unsure = query_int(q) != 0;
    query_end(q);
    return 0;
}

/* A gateway knows of what went over it, and its word on that ends where another one sent it again:
 * whoever guesses our ids cannot speak of what others carry. In flight it waits until it is known
 * over which transport that was. */
static int compare_transport(struct ledger *l, const struct receipt *r, struct receipt_target *out,
                             struct error *err)
{
    int64_t used = 0;
    if (r->transport == NULL || strcmp(r->source, "gateway") != 0)
        return 0;
    struct query *q = db_query(l->db, used_sql);
    query_bind_text(q, r->transport);
    query_bind_int(q, out->delivery);
    int rc = query_run_int(q, &used, err);
    if (rc < 0)
        return rc;
    out->contradicts = out->contradicts || used == 0;
    out->earlier = out->earlier || !text_equal(r->transport, out->transport);
    return 0;
}

/* The same returned mail again: it is of what was sent when it came first. A gateway's report has
 * nothing that tells a repeated one from a new one but the name of its message. */
static int find_repeated(struct ledger *l, const struct receipt *r, struct receipt_target *out,
                         struct error *err)
{
    int64_t found = 0;
    if (strcmp(r->source, "bounce") != 0 || !receipt_kind_is_end(r->kind))
        return 0;
    struct query *q = db_query(l->db, repeated_sql);
    query_bind_int(q, out->delivery);
    query_bind_int(q, r->kind);
    query_bind_int(q, r->code);
    query_bind_text(q, r->enhanced);
    query_bind_text(q, r->cause);
    query_bind_text(q, r->source);
    query_bind_text(q, r->text);
    query_bind_text(q, r->message_id);
    int rc = query_run_int(q, &found, err);
    out->repeated = rc >= 0 && found != 0;
    return rc < 0 ? rc : 0;
}

static int describe(struct ledger *l, const struct receipt *r, int64_t attempt,
                    struct receipt_target *out, struct error *err)
{
    struct flying row;
    bool newest = true, unsure = false;
    int rc = ledger_read_delivery(l, out->delivery, &out->row, &row, err);
    if (rc == 0)
        rc = read_via(l, out->delivery, &out->transport, &unsure, err);
    if (rc == 0 && out->row.more_channels)
        rc = is_newest(l, &row, &newest, err);
    if (rc != 0)
        return rc;
    bool flies = flight_find(&l->flight, out->delivery) != NULL;
    out->row.more_channels = out->row.more_channels && newest;
    out->state = flies ? DELIVERY_IN_FLIGHT : row.state;
    out->receipt = row.receipt;
    out->channel = row.channel;
    out->more_channels = out->row.more_channels;
    out->notice_id = xstrdup(out->row.notice_id);
    out->address = xstrdup(out->row.address);
    if (r->address != NULL && !same_address(row.channel, r->address, out->address))
        out->contradicts = true;
    out->earlier = attempt != 0 && attempt < row.attempts;
    if (!flies && !unsure)
        rc = compare_transport(l, r, out, err);
    return rc == 0 ? find_repeated(l, r, out, err) : rc;
}

static int find_target(struct ledger *l, const struct receipt *r, int64_t delivery,
                       struct receipt_target *out, struct error *err)
{
    int64_t attempt = 0;
    int rc = find_delivery(l, r, delivery, out, &attempt, err);
    return rc != 0 || out->delivery == 0 ? rc : describe(l, r, attempt, out, err);
}

int ledger_find_receipt(struct ledger *l, const struct receipt *r, int64_t delivery,
                        struct receipt_target *out, struct error *err)
{
    bool own = false;
    *out = (struct receipt_target){0};
    int rc = ledger_look(l, &own, err);
    if (rc == 0)
        rc = ledger_looked(l, own, find_target(l, r, delivery, out, err), err);
    if (rc != 0)
        receipt_target_clear(out);
    return rc;
}

void receipt_target_clear(struct receipt_target *target)
{
    free(target->notice_id);
    free(target->address);
    free(target->transport);
    leased_clear(&target->row);
    *target = (struct receipt_target){0};
}

/* ---- keeping ---- */

static int insert(struct ledger *l, const struct receipt_booking *b, int64_t n, bool moved,
                  struct error *err)
{
    int64_t transport = 0;
    const char *name = b->receipt->transport;
    int rc = name != NULL ? ledger_find_transport(l, name, true, &transport, err) : 0;
    if (rc != 0)
        return rc;
    struct query *q = db_query(l->db, insert_sql);
    query_bind_int(q, b->delivery);
    query_bind_int(q, n);
    query_bind_int(q, b->now_ms);
    receipt_bind(q, b->receipt, transport);
    if (moved)
        query_bind_int(q, b->state);
    else
        query_bind_text(q, NULL);
    return query_run(q, err);
}

/* What says nothing new is only counted when there are many: nobody fills the disk with them. */
static int keep(struct ledger *l, const struct receipt_booking *b, bool moved, struct error *err)
{
    int64_t last = 0;
    struct query *q = db_query(l->db, last_sql);
    query_bind_int(q, b->delivery);
    int rc = query_run_int(q, &last, err);
    if (rc < 0)
        return rc;
    if (last < RECEIPTS_MOST || moved || b->forward)
        return insert(l, b, last + 1, moved, err);
    q = db_query(l->db, once_more_sql);
    query_bind_int(q, b->delivery);
    query_bind_int(q, last);
    return query_run(q, err);
}

int ledger_put_note(struct ledger *l, int64_t delivery, const char *text, int64_t now_ms,
                    struct error *err)
{
    struct receipt note = {.kind = RECEIPT_NOTE, .at_ms = now_ms, .source = "dispatcher"};
    const struct receipt_booking b = {.receipt = &note, .delivery = delivery, .now_ms = now_ms};
    snprintf(note.text, sizeof(note.text), "%s", text);
    return keep(l, &b, false, err);
}

/* ---- moving ---- */

static int go_forward(struct ledger *l, const struct receipt_booking *b, struct flying *row,
                      struct error *err)
{
    if (b->receipt->kind == RECEIPT_CONFIRMED)
        row->over_ms = 0;
    struct query *q = db_query(l->db, forward_sql);
    query_bind_int(q, b->receipt->kind);
    query_bind_int(q, row->over_ms);
    query_bind_int(q, row->delivery);
    bool awaits = patience_awaits(row->state, row->over_ms);
    ledger_count_awaits(l, row->batch, row->awaits, awaits);
    row->awaits = awaits;
    return query_run(q, err);
}

/* Who said no is not told by the next channel either, however late they say it. */
static int decline(struct ledger *l, struct flying *row, struct error *err)
{
    row->over_ms = 0;
    row->awaits = false;
    return patience_forget(l, row->delivery, err);
}

static int hand_over(struct ledger *l, const struct receipt_booking *b, const struct flying *row,
                     struct error *err)
{
    const struct handover h = {.delivery = row->delivery,
                               .notice = row->notice,
                               .batch = row->batch,
                               .next = b->next,
                               .next_rest = b->next_rest,
                               .now_ms = b->now_ms};
    bool newest = true;
    int rc = is_newest(l, row, &newest, err);
    return rc == 0 && newest ? ledger_hand_over(l, &h, err) : rc;
}

/* A failure whose next channel is not known yet waits for it as for one that takes too long. */
static void wait_for_next(struct ledger *l, const struct receipt_booking *b, struct flying *row)
{
    if (b->next_ms == 0)
        return;
    row->over_ms = b->next_ms;
    patience_await(l, row->batch, row->over_ms);
}

static int book_settled(struct ledger *l, const struct receipt_booking *b, struct flying *row,
                        struct error *err)
{
    bool moved = b->state != DELIVERY_IN_FLIGHT && b->state != row->state;
    const struct change change = {.to = b->state,
                                  .cause = b->cause,
                                  .remark = b->receipt->text,
                                  .handed_over = b->next_channel,
                                  .now_ms = b->now_ms};
    int rc = keep(l, b, moved, err);
    wait_for_next(l, b, row);
    if (rc == 0 && b->declined)
        rc = decline(l, row, err);
    if (rc == 0 && b->forward)
        rc = go_forward(l, b, row, err);
    if (rc == 0 && moved)
        rc = ledger_change_delivery(l, row, &change, err);
    return rc == 0 && b->next_channel ? hand_over(l, b, row, err) : rc;
}

static int book(struct ledger *l, const struct receipt_booking *b, struct error *err)
{
    struct flying row;
    bool found = false;
    bool flies = flight_find(&l->flight, b->delivery) != NULL;
    if (flies && b->receipt->kind == RECEIPT_NOTE)
        return keep(l, b, false, err); /* ours; it waits for nothing */
    int rc =
        b->delivery != 0 && !flies ? ledger_read_standing(l, b->delivery, &row, &found, err) : 0;
    if (rc != 0)
        return rc;
    return found ? book_settled(l, b, &row, err)
                 : parked_add(l, b->receipt, flies ? b->delivery : 0, b->now_ms, err);
}

int ledger_book_receipt(struct ledger *l, const struct receipt_booking *b, struct error *err)
{
    bool own = false;
    assert(b->receipt->kind > RECEIPT_NONE && b->receipt->kind < RECEIPT_KINDS);
    ledger_note_time(l, b->now_ms);
    int rc = ledger_enter(l, LEDGER_FAST, &own, err);
    return rc != 0 ? rc : ledger_leave(l, own, book(l, b, err), err);
}

/* ---- looking ---- */

static int read_row(const struct ledger *l, struct query *q, struct receipt *out,
                    int64_t *out_times, struct error *err)
{
    enum channel_kind channel = CHANNEL_EMAIL;
    *out_times = query_int(q);
    int64_t number = query_int(q);
    if (!ledger_read_channel(number, &channel))
        return ledger_damaged(l, "no channel of a delivery is", number, err);
    int rc = receipt_read(l, q, out, err);
    out->channel = channel;
    return rc;
}

static void tell_times(const struct receipt *last, int64_t times, int64_t delivery,
                       ledger_receipt_fn *fn, void *context)
{
    struct receipt note = {
        .kind = RECEIPT_NOTE, .channel = last->channel, .at_ms = last->at_ms, .source = "ledger"};
    snprintf(note.text, sizeof(note.text), "%lld more reports came that said nothing new",
             (long long)times);
    fn(context, &note, delivery);
}

int ledger_walk_receipts(struct ledger *l, int64_t delivery, ledger_receipt_fn *fn, void *context,
                         struct error *err)
{
    struct query *q = db_query(l->db, walk_sql);
    query_bind_int(q, delivery);
    int rc;
    while ((rc = query_step(q, err)) > 0) {
        struct receipt r = {0};
        int64_t times = 0;
        rc = read_row(l, q, &r, &times, err);
        if (rc != 0) {
            query_end(q);
            return rc;
        }
        fn(context, &r, delivery);
        if (times > 0)
            tell_times(&r, times, delivery, fn, context);
        receipt_clear(&r);
    }
    return rc;
}
