/*
 * Memory follows the file: what a transaction changed of it is taken back when the transaction is.
 * Every change leaves a note of how things stood before; undoing plays the notes backwards, so each
 * meets the state it was written in.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "ledger/ledger_backend.h"

#define FIRST_CAPACITY 64

void undo_note(struct ledger *l, const struct undo *u)
{
    if (!l->in_transaction)
        return;
    if (l->undo_count == l->undo_capacity) {
        l->undo_capacity = l->undo_capacity == 0 ? FIRST_CAPACITY : l->undo_capacity * 2;
        l->undo = xreallocarray(l->undo, l->undo_capacity, sizeof(*l->undo));
    }
    l->undo[l->undo_count++] = *u;
}

static void restore_lane(struct ledger *l, const struct undo *u)
{
    size_t at = ledger_lane_index(l, u->lane.lane.lane);
    assert(at < l->lane_count);
    l->lanes[at] = u->lane.lane;
    l->cursors[at] = u->lane.cursor;
    l->cursors[at].begun_known = false;
}

static void restore_batch(struct ledger *l, const struct undo *u)
{
    for (size_t i = 0; i < l->batch_count; i++) {
        if (l->batches[i]->number == u->batch.number)
            l->batches[i]->now = u->batch.standing;
    }
}

static void undo_one(struct ledger *l, const struct undo *u)
{
    switch (u->kind) {
    case UNDO_TAKE_OFF:
        flight_remove(&l->flight, u->flying.delivery);
        break;
    case UNDO_LAND:
        flight_add(&l->flight, &u->flying);
        break;
    case UNDO_LANE:
        restore_lane(l, u);
        break;
    case UNDO_BATCH:
        restore_batch(l, u);
        break;
    case UNDO_PATIENCE:
        patience_await(l, u->patience.batch, u->patience.next_ms);
        break;
    case UNDO_NEW_LANE:
        l->lane_count--;
        break;
    case UNDO_NEW_BATCH:
        ledger_drop_batch(l);
        break;
    case UNDO_NEW_TRANSPORT:
        ledger_drop_transport(l);
        break;
    case UNDO_NEW_LETTER:
        ledger_drop_letter(l);
        break;
    case UNDO_CAMPAIGN:
        l->campaigns[u->campaign.at].stop = u->campaign.stop;
        l->campaigns[u->campaign.at].count = u->campaign.count;
        break;
    case UNDO_NEW_CAMPAIGN:
        campaign_drop(l);
        break;
    }
}

/* A big transaction (a retry of millions) shall not keep its memory for ever. */
void undo_forget(struct ledger *l)
{
    l->undo_count = 0;
    if (l->undo_capacity <= 4096)
        return;
    free(l->undo);
    l->undo = NULL;
    l->undo_capacity = 0;
}

void undo_all(struct ledger *l)
{
    while (l->undo_count > 0)
        undo_one(l, &l->undo[--l->undo_count]);
    for (size_t i = 0; i < l->lane_count; i++)
        l->cursors[i].begun_known = false;
    undo_forget(l);
}
