/* One look at a batch, and how it is told: as a line with or without a bar, as JSON, as the closing
 * words. */
#ifndef DESK_TICK_H
#define DESK_TICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/delivery.h"

struct invocation;
struct json_t;

struct tick {
    const struct invocation *inv; /* in whose language it is told; NULL: English */
    const char *batch;            /* or the name of a campaign */
    bool campaign;
    struct json_t *facts;                   /* the answer to `progress`; owned */
    const char *state, *stop, *stop_reason; /* borrowed from facts */
    int64_t counts[DELIVERY_STATES];
    int64_t lines, taken, deliveries, open;
    int64_t awaiting; /* handed over or held, and the next channel follows unless word comes */
    int64_t refused;  /* of the failed ones: at intake, never to be sent */
    bool daemon;
    bool handed_over; /* nothing is left to be sent, but for channels that may follow */
    bool finished;    /* nothing moves by itself any more */
    bool over;        /* there is no look behind this one; at first: finished */
    double rate;      /* per second; negative: not known */
    int64_t eta_ms;
};

/* Takes `facts` over. Rate and ETA are the caller's to fill in. */
void tick_read(struct tick *out, const char *batch, struct json_t *facts, bool daemon);
void tick_clear(struct tick *t);
/* Deliveries that move no more, and how many there will be in all. */
int64_t tick_done(const struct tick *t);
int64_t tick_all(const struct tick *t);

/* One line without its end for a terminal of so many columns, as in progress.h; 0: plain words. */
void tick_put_line(const struct tick *t, size_t width, struct buf *out);
void tick_put_json(const struct tick *t, struct buf *out);
/* Two lines: how it ended or was handed over, and what to do about what did not arrive ("" if there
 * is nothing). */
void tick_put_end(const struct tick *t, struct buf *out, struct buf *out_hint);
/* The command that undoes a stop; appended only while it is stopped and not over. */
void tick_put_stop(const struct tick *t, struct buf *out);
/* Why nothing of it is due, and until when; appended only while that is so. */
void tick_put_wait(const struct tick *t, struct buf *out);
/* Its first ones or a wave are out: how fast they were tells nothing of when all are told. */
bool tick_waits_for_portion(const struct tick *t);
/* The same in a word, for whoever wants to know if it is another one. Borrowed from the facts. */
const char *tick_wait_reason(const struct tick *t);
/* Somebody was not told: failed, expired, uncertain, held, or trial mode was on. */
bool tick_has_trouble(const struct tick *t);

#endif
