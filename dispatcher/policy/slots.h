/*
 * Preemption slots, after Postfix's queue manager: a campaign earns a slot for every few deliveries
 * it is given, and small jobs spend one for each delivery with which they pass it. So a small
 * notice passes millions at once, and a stream of small notices, however dense, makes the campaign
 * take at most 1 + 1/SLOTS_COST times as long (and the loan and the savings once). Pure.
 *
 * Slots count across priorities: a campaign of high priority is passed by a single apology of
 * normal or low priority too, or it would starve it for hours. Whoever has the higher priority and
 * is small passes for nothing.
 *
 *   small against a big one of        while there is credit    without
 *   lower priority                    small, free              small, free
 *   the same or a higher priority     small, pays              big
 *
 * https://www.postfix.org/SCHEDULER_README.html
 */
#ifndef POLICY_SLOTS_H
#define POLICY_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/job.h"

#define SLOTS_COST  5    /* deliveries of a campaign that earn one slot */
#define SLOTS_LOAN  50   /* slots a fresh transport begins with */
#define SLOTS_MAX   1000 /* no more are saved up */
#define SLOTS_SMALL 1000 /* a batch of at most this many lines is a small job */

/* One for each transport. Below zero: a packet of small ones was larger than the credit. */
struct slots {
    int64_t credit; /* in fifths: SLOTS_COST of them make a slot */
};

/* With the loan. */
void slots_init(struct slots *s);

/* What stands in line, as much as the choice needs. */
struct contender {
    enum job_priority priority;
    bool big;          /* a batch of more than SLOTS_SMALL lines */
    int64_t due_ms;    /* of its first delivery */
    int64_t last_turn; /* the turn in which it was last chosen, 0: never: equals take turns */
};

/* Two of one priority and size: the one whose turn is longest ago, then who is due longest. */
bool slots_is_before(const struct contender *a, const struct contender *b);
/*
 * Which of `count` contenders (all due) gets the next packet: -1 without any. Of the small and of
 * the big ones the highest priority stands for all; which of the two, the table above says.
 */
int slots_choose(const struct slots *s, const struct contender *contenders, int count);
/* Does this small one pass a big one that it must pay for? */
bool slots_must_pay(const struct contender *contenders, int count, int chosen);
/* A packet of `given` deliveries went to a big or small one; `pays` as slots_must_pay() said. The
 * big earn in any case. */
void slots_account(struct slots *s, bool big, bool pays, int64_t given);

#endif
