/*
 * Receipts on their way to the scheduler. What arrives while it books the last ones goes to it
 * together, in one request; a call is answered when all of its receipts are booked durably, and
 * with 503 when that cannot be said: the gateway reports again then.
 */
#ifndef API_INBOX_H
#define API_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/link.h"
#include "api/server.h"
#include "model/receipt.h"

struct inbox_counts {
    uint64_t booked, parked, refused; /* as the scheduler counts */
    uint64_t failed;                  /* calls that heard 503 */
};

struct inbox;

/* `path`: the control socket, borrowed. */
struct inbox *inbox_open(const char *path);
/* Answers whoever still waits with 503. NULL is fine. */
void inbox_close(struct inbox *i);
/* Takes the call over; at least one receipt. `yes` is what the gateway hears when they are booked;
 * what it points to must stay as long as the inbox. */
void inbox_take(struct inbox *i, struct call *call, const struct receipt *receipts, size_t count,
                const struct reply *yes);
bool inbox_is_empty(const struct inbox *i);
struct pollfd inbox_poll(const struct inbox *i);
void inbox_serve(struct inbox *i, short ready, int64_t mono_ms);
const struct inbox_counts *inbox_counts(const struct inbox *i);
/* 503, and when to come again. */
void inbox_refuse(struct call *call);

#endif
