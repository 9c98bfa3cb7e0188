/*
 * A circuit breaker, for a transport or a destination behind it (a mail domain, an endpoint). Pure.
 *
 *   CLOSED ── `threshold` faults in a row ──▶ OPEN ── its rest is over ──▶ PROBING
 *      ▲                                       ▲ ▲                          │    │
 *      │                                       │ └───────── a fault ────────┘    │ the probe
 *      │                                       │                                 │ succeeded
 *      └── wide enough, or calm ── RAMPING ── `threshold` faults in a row        │
 *                                     ▲──────────────────────────────────────────┘
 *
 * OPEN: nothing goes, the rest doubles with each opening in a row and is jittered, so that many
 * breakers do not probe in the same second. PROBING: one goes. RAMPING: 2, 4, 8 ... at once,
 * doubled after as many successes as it is wide, so that a server that comes back is not met by
 * everything that waited. It ends with the last doubling (63 successes at most), or when nobody had
 * to wait for it for a minute: then there is no herd. A transport that may only do one or two
 * things at once is closed by the probe.
 *
 * Only the probe is judged by one fault. Behind it faults count as ever: one in a ramp is no proof
 * that the outage goes on, and a receiver of few notices would be in its ramp for weeks.
 *
 * What is under way, a success and a fault are counted in the same unit: packets for a transport,
 * deliveries for a destination. A success is any answer that shows the way is open, be it a
 * refusal.
 */
#ifndef POLICY_BREAKER_H
#define POLICY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING, BREAKER_RAMPING };

/* Zeroed: closed. */
struct breaker {
    enum breaker_state state;
    int faults;         /* CLOSED, RAMPING: in a row */
    int openings;       /* in a row, without a success between */
    int width;          /* PROBING, RAMPING: how many may be under way at once */
    int successes;      /* RAMPING: with this width */
    int64_t crowded_ms; /* RAMPING: when it began, or somebody last had to wait for it; monotonic */
    int64_t until_ms;   /* OPEN: monotonic */
};

struct breaker_rule {
    int threshold;   /* faults in a row that open it; 1: the first */
    int64_t rest_ms; /* the first rest; doubles with each opening */
    int64_t rest_max_ms;
    double jitter; /* 0.2: a rest times U(1, 1.2): never shorter than said */
};
extern const struct breaker_rule breaker_transport;   /* 1, 5 s, 5 min: the way itself is broken */
extern const struct breaker_rule breaker_destination; /* 5, 30 s, 15 min */

/* How many more may be begun now with `under_way` under way and `most` by configuration (INT_MAX:
 * any number). Moves OPEN to PROBING when its rest is over, and RAMPING to CLOSED when it was
 * calm. */
int breaker_room(struct breaker *b, int64_t now_ms, int under_way, int most);
/* The rest is at least `least_ms` (their Retry-After). Who is asked to wait rests at once, for that
 * long; without it the faults are counted. Returns true if this fault opened it. */
bool breaker_fault(struct breaker *b, const struct breaker_rule *rule, int64_t now_ms,
                   int64_t least_ms, uint64_t draw);
/* Returns true if this success closed it (it was not closed before). `most`: configured width.
 * While it is OPEN a success changes nothing: it was begun before. */
bool breaker_success(struct breaker *b, int64_t now_ms, int most);
/* It is to be asked with one before anything else goes there, whatever it was. */
void breaker_probe(struct breaker *b);
/* OPEN: its rest is over now, because somebody says so; the next one probes. */
void breaker_end_rest(struct breaker *b, int64_t now_ms);
/* OPEN or PROBING: what stands behind it waits for one to be answered. */
bool breaker_is_shut(const struct breaker *b);
/* When it should be asked again: OPEN: the end of its rest; else now_ms. */
int64_t breaker_next_ms(const struct breaker *b, int64_t now_ms);
const char *breaker_state_name(enum breaker_state state);

#endif
