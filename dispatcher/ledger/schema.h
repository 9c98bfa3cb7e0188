/* The tables of the ledger, and the steps that lead an older file to them. */
#ifndef LEDGER_SCHEMA_H
#define LEDGER_SCHEMA_H

#include "base/buf.h"
#include "base/error.h"
#include "ledger/db.h"

/*
 * Is this file a ledger, and one we understand? *out_steps is the number of steps still missing (0:
 * up to date). ERR_CONFIG if it is newer than this program; ERR_IO if it is something else.
 */
MUST_CHECK int schema_check(struct db *db, const char *path, int *out_steps, struct error *err);
/* Takes the missing steps in one transaction. An empty file becomes a ledger. */
MUST_CHECK int schema_upgrade(struct db *db, struct error *err);

/* Step 2, appended: batches, lanes and leases. */
void schema_put_batches(struct buf *sql);
/* Step 3, appended: receipts, patience, suppressed addresses, endpoints. */
void schema_put_receipts(struct buf *sql);
/* Step 4, appended: which attempt a gateway called so. */
void schema_put_message_attempts(struct buf *sql);
/* Step 5, appended: what gateways called a delivery, by delivery. */
void schema_put_message_deliveries(struct buf *sql);
/* Step 6, appended: how many wait for word. */
void schema_put_awaiting(struct buf *sql);
/* Step 7, appended: campaigns. */
void schema_put_campaigns(struct buf *sql);
/* Step 8, appended: what operators stopped for good or for a while. */
void schema_put_stops(struct buf *sql);
/* Step 9, appended: calls. */
void schema_put_calls(struct buf *sql);
/* Step 10: which deliveries an operator's action moved. */
void schema_put_acted(struct buf *sql);
/* Step 11, appended: what lists ask. The sketches of the rows there are follow: sketch_fill(). */
void schema_put_lists(struct buf *sql);
/* Step 12, appended: approvals that were taken back. */
void schema_put_withdrawals(struct buf *sql);

#endif
