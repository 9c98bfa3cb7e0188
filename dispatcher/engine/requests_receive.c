/*
 * {"verb":"receive","receipts":[...]} (receipt_read_json()): all of them in one durable
 * transaction. Whoever hears {"booked":1,"parked":0,"refused":0} may tell the gateway yes; after an
 * error nothing is booked, and it reports again.
 *
 * `reasons` counts those that changed nothing, by why; `unmoved` tells of each of the first ones
 * which it was (from 0), why, and the notice and the state of its delivery, as far as known.
 */
#include "engine/receive.h"

#include "engine/requests_backend.h"
#include "model/json.h"

/* A gateway repeats hundreds in one request, and nobody reads why. */
#define UNMOVED_MOST 100

struct answer {
    struct receive_counts counts;
    struct buf unmoved;
    size_t told;
};

static void tell_unmoved(struct answer *a, size_t number, const struct receive_outcome *outcome)
{
    if (outcome->reason == RECEIVE_CHANGED || a->told == UNMOVED_MOST)
        return;
    buf_printf(&a->unmoved, "%s{\"receipt\":%zu,\"reason\":\"%s\"", a->told > 0 ? "," : "", number,
               receive_reason_name(outcome->reason));
    if (outcome->notice_id != NULL) {
        buf_puts(&a->unmoved, ",\"id\":");
        buf_put_json(&a->unmoved, outcome->notice_id);
        buf_printf(&a->unmoved, ",\"state\":\"%s\"", delivery_state_name(outcome->state));
    }
    buf_putc(&a->unmoved, '}');
    a->told++;
}

static int read_and_book(const struct receiving *to, const struct json_t *object, size_t number,
                         struct answer *a, struct error *err)
{
    struct receipt receipt = {0};
    struct receive_outcome outcome = {0};
    struct error why;
    int rc = receipt_read_json(object, &receipt, &why);
    if (rc != 0)
        rc = error_set(err, rc, "receipt %zu: %s", number + 1, why.text);
    else
        rc = receive_one(to, &receipt, &a->counts, &outcome, err);
    if (rc == 0)
        tell_unmoved(a, number, &outcome);
    receive_outcome_clear(&outcome);
    receipt_clear(&receipt);
    return rc;
}

static int book_all(const struct request *r, struct answer *a, struct error *err)
{
    const struct json_t *receipts = json_get(r->root, "receipts");
    const struct receiving to = {.ledger = r->world->ledger,
                                 .setup = r->world->daemon->setup,
                                 .shelf = r->world->daemon->shelf,
                                 .refusals = r->world->daemon->refusals,
                                 .now_ms = r->world->now_ms};
    int rc = ledger_begin(to.ledger, LEDGER_DURABLE, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < json_count(receipts); i++)
        rc = read_and_book(&to, json_at(receipts, i), i, a, err);
    if (rc == 0)
        return ledger_commit(to.ledger, err);
    ledger_rollback(to.ledger);
    return rc;
}

static void put_answer(const struct answer *a, struct buf *out)
{
    const struct receive_counts *counts = &a->counts;
    const char *before = "";
    buf_printf(out, "{\"v\":1,\"end\":true,\"booked\":%zu,\"parked\":%zu,\"refused\":%zu",
               counts->booked, counts->parked, counts->refused);
    buf_puts(out, ",\"reasons\":{");
    for (int i = RECEIVE_CHANGED + 1; i < RECEIVE_REASONS; i++) {
        if (counts->reasons[i] == 0)
            continue;
        buf_printf(out, "%s\"%s\":%zu", before, receive_reason_name((enum receive_reason)i),
                   counts->reasons[i]);
        before = ",";
    }
    buf_printf(out, "},\"unmoved\":[%s]}\n", buf_text(&a->unmoved));
}

int request_receive(const struct request *r, struct error *err)
{
    struct answer a = {0};
    int rc = request_require_daemon(r, "booking what was reported of a delivery", err);
    if (rc == 0)
        rc = book_all(r, &a, err);
    if (rc == 0)
        put_answer(&a, r->out);
    buf_free(&a.unmoved);
    return rc;
}
