#include "ledger/flight.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

#define CAPACITY_MIN 1024

/* Where a delivery would stand if nothing were in its way (Fibonacci hashing: numbers in a row
 * spread). */
static size_t home(const struct flight *f, int64_t delivery)
{
    return (size_t)((uint64_t)delivery * 0x9e3779b97f4a7c15u >> 20) & (f->capacity - 1);
}

/* The slot of a delivery, or the free one where it would go. */
static size_t find_slot(const struct flight *f, int64_t delivery)
{
    size_t at = home(f, delivery);
    while (f->slots[at].delivery != 0 && f->slots[at].delivery != delivery)
        at = (at + 1) & (f->capacity - 1);
    return at;
}

const struct flying *flight_find(const struct flight *f, int64_t delivery)
{
    if (f->count == 0 || delivery <= 0)
        return NULL;
    const struct flying *slot = &f->slots[find_slot(f, delivery)];
    return slot->delivery != 0 ? slot : NULL;
}

void flight_set_over(struct flight *f, int64_t delivery, int64_t over_ms)
{
    if (flight_find(f, delivery) != NULL)
        f->slots[find_slot(f, delivery)].over_ms = over_ms;
}

static void grow(struct flight *f)
{
    struct flying *old = f->slots;
    size_t count = f->capacity;
    f->capacity = count == 0 ? CAPACITY_MIN : count * 2;
    f->slots = xcalloc(f->capacity, sizeof(*f->slots));
    for (size_t i = 0; i < count; i++) {
        if (old[i].delivery != 0)
            f->slots[find_slot(f, old[i].delivery)] = old[i];
    }
    free(old);
}

static struct flight_packet *find_packet(struct flight *f, int64_t packet)
{
    for (size_t i = f->packet_count; i > 0; i--) {
        if (f->packets[i - 1].packet == packet)
            return &f->packets[i - 1];
    }
    return NULL;
}

void flight_add(struct flight *f, const struct flying *row)
{
    assert(row->delivery > 0);
    if (f->count * 2 >= f->capacity)
        grow(f);
    struct flying *slot = &f->slots[find_slot(f, row->delivery)];
    assert(slot->delivery == 0);
    *slot = *row;
    f->count++;
    struct flight_packet *packet = find_packet(f, row->packet);
    if (packet == NULL) {
        f->packets = xreallocarray(f->packets, f->packet_count + 1, sizeof(*f->packets));
        packet = &f->packets[f->packet_count++];
        *packet = (struct flight_packet){.packet = row->packet};
    }
    packet->left++;
}

/* Fills a gap with whoever stands behind it because of it (Knuth, algorithm R). */
static void close_gap(struct flight *f, size_t gap)
{
    size_t mask = f->capacity - 1;
    for (size_t at = (gap + 1) & mask; f->slots[at].delivery != 0; at = (at + 1) & mask) {
        size_t from = home(f, f->slots[at].delivery);
        if (((at - from) & mask) < ((at - gap) & mask))
            continue;
        f->slots[gap] = f->slots[at];
        gap = at;
    }
    f->slots[gap] = (struct flying){0};
}

size_t flight_remove(struct flight *f, int64_t delivery)
{
    assert(f->count > 0);
    size_t at = find_slot(f, delivery);
    assert(f->slots[at].delivery != 0);
    struct flight_packet *packet = find_packet(f, f->slots[at].packet);
    assert(packet != NULL);
    size_t left = --packet->left;
    if (left == 0)
        *packet = f->packets[--f->packet_count];
    close_gap(f, at);
    f->count--;
    return left;
}

void flight_clear(struct flight *f)
{
    free(f->slots);
    free(f->packets);
    *f = (struct flight){0};
}

const struct flying *flight_next(const struct flight *f, size_t *at)
{
    while (*at < f->capacity) {
        const struct flying *slot = &f->slots[(*at)++];
        if (slot->delivery != 0)
            return slot;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

int64_t *flight_numbers(const struct flight *f, int64_t after, size_t *out_count)
{
    int64_t *numbers = xcalloc(f->count + 1, sizeof(*numbers));
    const struct flying *row;
    size_t at = 0;
    size_t count = 0;
    while ((row = flight_next(f, &at)) != NULL) {
        if (row->delivery > after)
            numbers[count++] = row->delivery;
    }
    qsort(numbers, count, sizeof(*numbers), compare);
    *out_count = count;
    return numbers;
}
