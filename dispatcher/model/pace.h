/*
 * The pace of a campaign, counted in people: the first ones alone, then waves. Part of what `send`
 * hands over:
 *
 *     "canary": {"first": 500, "then": "look"},
 *     "canary": {"first": 500, "then": "go_on", "share": 0.02, "patience_ms": 3600000},
 *     "waves": {"people": 20000, "every_ms": 3600000, "hours": "09:00-18:00",
 *               "zone": "Europe/Berlin", "days": ["mon", "tue", "wed", "thu", "fri"]}
 */
#ifndef MODEL_PACE_H
#define MODEL_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/batch.h"

struct json_t;

#define PACE_ZONE_SIZE 64
/* Unless said: what is deferred for longer than this counts as failed when the first are judged. */
#define PACE_PATIENCE_MS INT64_C(3600000)

struct pace {
    int64_t first;       /* people who go before all others; 0: none do */
    bool go_on;          /* it goes on by itself if few enough of them failed; else: a look */
    double share;        /* fewer than this share of the first may have failed */
    int64_t patience_ms; /* so long what is deferred is waited for */

    int64_t people;            /* of a wave; 0: there are no waves */
    int64_t every_ms;          /* from the beginning of one to that of the next */
    struct send_window hours;  /* in which a wave goes; from == to: all day */
    unsigned days;             /* bit 0: Monday, ... bit 6: Sunday; 0: every day */
    char zone[PACE_ZONE_SIZE]; /* of hours and days; "": the configuration's */
};

/* How far it is. */
struct pace_count {
    bool passed;      /* the first ones are behind it; also without any */
    int64_t taken;    /* people whose first message was leased */
    int64_t taken_ms; /* when `taken` came to `first`; 0: it has not */
    int64_t held;     /* of the first: set aside, by a crash or an answer */
    int64_t wave_ms;  /* when the wave of now began; 0: none has */
    int64_t wave_taken;
};

/* Of a plan (NULL or without either: all zero). ERR_USAGE with a sentence. */
MUST_CHECK int pace_read(const struct json_t *plan, struct pace *out, struct error *err);
/* It has something to say. */
bool pace_is_set(const struct pace *p);

#endif
