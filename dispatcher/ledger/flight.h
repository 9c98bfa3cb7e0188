/*
 * What is in flight, in memory: each leased delivery with what settling it needs to know, and how
 * much of each packet is left. No SQL, no errors. Bounded by what the workers can hold.
 */
#ifndef LEDGER_FLIGHT_H
#define LEDGER_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/delivery.h"
#include "model/receipt.h"

/* A delivery in flight, as its row stands meanwhile. */
struct flying {
    int64_t delivery; /* > 0 */
    int64_t packet, taken_ms;
    int64_t lane, batch, accepted_ms;
    int64_t notice; /* 0: of a batch */
    int64_t attempts;
    enum channel_kind channel;
    enum delivery_state state; /* waiting or deferred */
    bool tried;                /* the row holds its latest attempt */
    bool confirm;              /* only a receipt counts as told */
    enum receipt_kind receipt; /* the furthest one */
    int64_t over_ms;           /* then the next channel's turn comes; 0: nobody waits for it */
    bool first;                /* its person is taken of the campaign's pace by this lease */
    size_t campaign;           /* its place in memory, from 1; 0: none that was started */
    bool awaits;               /* so it is booked in the file: see patience_awaits() */
};

struct flight_packet {
    int64_t packet;
    size_t left;
};

/* Zero-initialise; flight_clear() frees. */
struct flight {
    struct flying *slots; /* a hash table with open addressing; delivery 0: free */
    size_t capacity;      /* a power of two, or 0 */
    size_t count;
    struct flight_packet *packets;
    size_t packet_count;
};

/* NULL: not in flight. Valid until the next change. */
const struct flying *flight_find(const struct flight *f, int64_t delivery);
/* Asserts that it is not in flight yet. */
void flight_add(struct flight *f, const struct flying *row);
/* Asserts that it is. Returns how many of its packet are left. */
size_t flight_remove(struct flight *f, int64_t delivery);
void flight_clear(struct flight *f);
/* When the turn of the channel behind it comes, if it is in flight. */
void flight_set_over(struct flight *f, int64_t delivery, int64_t over_ms);
/* The next one in any order: begin with *at = 0, NULL ends. No change meanwhile. */
const struct flying *flight_next(const struct flight *f, size_t *at);
/* The numbers of all deliveries behind `after`, in order. Caller frees with free(). */
int64_t *flight_numbers(const struct flight *f, int64_t after, size_t *out_count);

#endif
