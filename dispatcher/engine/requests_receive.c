/*
 * {"verb":"receive","receipts":[...]} (receipt_read_json()): all of them in one durable
 * transaction. Whoever hears {"booked":1,"parked":0,"refused":0} may tell the gateway yes; after an
 * error nothing is booked, and it reports again.
 */
#include "engine/receive.h"

#include "engine/requests_backend.h"
#include "model/json.h"

static int read_and_book(const struct receiving *to, const struct json_t *object, size_t number,
                         struct receive_counts *counts, struct error *err)
{
    struct receipt receipt = {0};
    struct error why;
    int rc = receipt_read_json(object, &receipt, &why);
    if (rc != 0)
        rc = error_set(err, rc, "receipt %zu: %s", number + 1, why.text);
    else
        rc = receive_one(to, &receipt, counts, err);
    receipt_clear(&receipt);
    return rc;
}

static int book_all(const struct request *r, struct receive_counts *counts, struct error *err)
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
        rc = read_and_book(&to, json_at(receipts, i), i, counts, err);
    if (rc == 0)
        return ledger_commit(to.ledger, err);
    ledger_rollback(to.ledger);
    return rc;
}

int request_receive(const struct request *r, struct error *err)
{
    struct receive_counts counts = {0};
    int rc = request_require_daemon(r, "booking what was reported of a delivery", err);
    if (rc == 0)
        rc = book_all(r, &counts, err);
    if (rc == 0)
        buf_printf(r->out, "{\"v\":1,\"end\":true,\"booked\":%zu,\"parked\":%zu,\"refused\":%zu}\n",
                   counts.booked, counts.parked, counts.refused);
    return rc;
}
