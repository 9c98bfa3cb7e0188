/*
 * Preemption slots, after Postfix's queue manager: a campaign earns a slot for every few deliveries
 * it is given, and small jobs spend one for each delivery with which they pass it. So a small
 * notice passes millions at once, and a stream of small notices, however dense, makes the campaign
 * take at most 1 + 1/SLOTS_COST times as long (and the loan and the savings once). Pure.
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

/*
 * Which of `count` contenders (all due) gets the next packet: -1 without any. Higher priority
 * before lower; within one priority small before big while there is credit; among equals the one
 * whose turn is longest ago.
 */
int slots_choose(const struct slots *s, const struct contender *contenders, int count);
/* A packet of `given` deliveries went to a big or small one while (`contended`) one of the other
 * kind and the same priority was waiting too. The big earn in any case; the small pay only if they
 * passed somebody. */
void slots_account(struct slots *s, bool big, bool contended, int64_t given);

#endif
