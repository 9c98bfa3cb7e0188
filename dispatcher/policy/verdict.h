/*
 * What follows from a disposition: done, again at T, next channel, failed, uncertain. Pure: the
 * time and the dice are parameters, so a test can ask for any second of any day. To add a retry
 * rule: the table in verdict.c, one row per outcome.
 */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/delivery.h"
#include "model/disposition.h"
#include "model/settings.h"

struct verdict_question {
    const struct disposition *disposition;
    const struct retry_schedule *schedule;
    enum uncertain_policy on_uncertain;
    int tries; /* counted since the schedule last began, this one included */
    int64_t now_ms;
    int64_t expires_at_ms; /* 0: never */
    uint64_t draw;         /* 64 random bits: the jitter */
    bool more_channels;    /* single routing with a channel left */
    bool other_way;        /* another transport steps in at once: it does not wait for this one */
};

struct verdict {
    enum delivery_state state; /* what the delivery becomes */
    int64_t due_ms;            /* WAITING, DEFERRED: when */
    bool counts;               /* this try counts as an attempt */
    bool next_channel;         /* give the notice to its next channel */
    bool pause_transport; /* the transport, not the delivery, is at fault: stop leasing for it for a
                             while */
    int64_t pause_ms;     /* how long, before backoff grows it */
    double jitter;        /* the factor drawn, recorded with the attempt; 1.0 if none */
};

void verdict_decide(const struct verdict_question *q, struct verdict *out);

/* Delay before try number `tries + 1`, or -1 when the schedule is used up. */
int64_t retry_delay_ms(const struct retry_schedule *s, int tries, uint64_t draw,
                       double *out_jitter);

/* How long a transport at fault rests: 5 s doubling to 5 min with its consecutive faults (from 1).
 */
int64_t transport_pause_ms(int consecutive_faults);

#endif
