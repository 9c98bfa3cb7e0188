/*
 * What happened last, in memory: for `tail`. A ring of the last EVENTS_MAX; each has a number, from
 * 1 in each daemon, and who reads too slowly is told how many went by. Like the log and the
 * metrics, one for the whole process, and a note costs a copy of a few words: no allocation, no
 * question.
 */
#ifndef ENGINE_EVENTS_H
#define ENGINE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ledger/ledger.h"

#define EVENTS_MAX 4096

/* Texts may be NULL; they are copied, long ones cut. */
struct event {
    const char *name; /* "accepted", "attempt", "state", "action", or of the log; static */
    int64_t at_ms;
    const char *id, *batch, *campaign, *template_name, *locale, *transport, *address, *cause;
    const char *outcome; /* of an attempt; static */
    const char *who;     /* of an action */
    const char *text;    /* the reply, the reason; what the log says */
    int channel;         /* enum channel_kind, -1: of none */
    int state;           /* enum delivery_state, -1: of none */
    int code;
    int64_t duration_ms;
};
#define EVENT_OF(kind) ((struct event){.name = (kind), .channel = -1, .state = -1})

void events_note(const struct event *e);
/* From now on what the log says of batches, transports, destinations and the daemon itself is
 * noted, whatever its level. Of the scheduler only. */
void events_listen(void);

/* The number of the newest one; 0: none yet. */
int64_t events_last(void);
/* The number before the first one that is still known and happened at `since_ms` or later. */
int64_t events_before(int64_t since_ms);
/* One behind `after` that the selector means; its number, 0: there is none. Borrowed until the next
 * note. *out_missed: so many behind `after` are not known any more. */
int64_t events_next(int64_t after, const struct selector *selector, struct event *out,
                    int64_t *out_missed);

/* A row of the answer to `events`; addresses masked. */
void events_put(struct buf *out, int64_t number, const struct event *e);

#endif
