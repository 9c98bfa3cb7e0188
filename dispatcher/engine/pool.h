/*
 * The pool: the worker processes as the scheduler sees them. It forks them, carries packets down
 * and reports up, and replaces those that crash, pass their deadline, have worked long enough or
 * belong to an old setup.
 */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "engine/progress_page.h"
#include "engine/setup.h"
#include "ledger/ledger.h"
#include "model/packet.h"

/* What the scheduler remembers of a delivery while a worker has it. */
struct assignment {
    struct leased lease; /* owned */
    bool done;           /* its outcome is in the ledger (or waits for it) */
};

struct worker_slot {
    pid_t pid;
    int socket;
    struct setup *setup;        /* the one it was forked with; retained */
    struct progress_page *page; /* what it is doing, in its own words */
    bool busy, retiring, deadline_passed;
    bool distrusted;          /* it spoke nonsense: what it still says is not read */
    int64_t leave_by_mono_ms; /* dismissed: then it is killed; 0: it is not */
    int64_t packet_number;
    int64_t assigned_mono_ms, deadline_mono_ms;
    bool said_fault, said_answer; /* of its packet, about the transport: told once */
    int jobs_done;
    const struct transport *transport; /* of the packet, in `setup` */
    const struct transport *home;      /* in whose lane it stood; another one if that steps in */
    struct assignment *assignments;
    size_t assignment_count;
    size_t open;        /* of them: not done */
    size_t next_report; /* reports mostly come in the order of the packet */
    struct buf in, out;
    size_t out_sent;
};

/* Why a worker's packet ended. */
enum packet_end { PACKET_FINISHED, PACKET_CRASHED, PACKET_DEADLINE };

/* What the pool tells its owner. */
struct pool_events {
    void *context;
    void (*report)(void *context, struct worker_slot *w, struct assignment *a,
                   const struct report *r);
    /* A mail server behind the transport of its packet rests. */
    void (*rests)(void *context, struct worker_slot *w, const struct report *r);
    /* The packet is over; assignments that are not done have no report. Called before they are
     * freed. */
    void (*packet_end)(void *context, struct worker_slot *w, enum packet_end how,
                       const char *detail);
};

struct pool {
    struct worker_slot *slots;
    size_t count;
    size_t wanted;
    int64_t next_fork_mono_ms; /* behind one that died before it was ready */
    struct pool_events events;
};

void pool_init(struct pool *p, const struct pool_events *events);
/* Forks until `wanted` workers run. A failed fork is logged and tried again later. */
void pool_fill(struct pool *p, size_t wanted, struct setup *setup, int64_t mono_ms);
/* An idle worker of this setup's generation, or NULL. */
struct worker_slot *pool_find_idle(struct pool *p, const struct setup *setup);
/* How many of them there are. */
size_t pool_idle(const struct pool *p, const struct setup *setup);
/* What a packet is made of. */
struct pool_packet {
    const struct transport *transport;
    const struct transport *home; /* policy/failover.h */
    struct leased *rows;          /* of one lease; ownership of what is in them moves */
    size_t count;                 /* 1..PROGRESS_ITEMS_MAX */
    const char *batch_text;       /* NULL unless they are lines of a batch */
};
/* Hands it to an idle worker. */
void pool_assign(struct worker_slot *w, const struct pool_packet *packet, int64_t mono_ms);
/* Packets of a transport in flight, by name, and the deliveries in them. */
size_t pool_in_flight(const struct pool *p, const char *transport);
size_t pool_deliveries(const struct pool *p, const char *transport);
size_t pool_busy(const struct pool *p);
/* A worker has told all its outcomes and is about to ask for more. */
bool pool_expects_end(const struct pool *p);

/* Appends one pollfd per worker to fds (room for p->count); returns how many. */
size_t pool_poll(const struct pool *p, struct pollfd *fds);
/* Reads and writes what poll found ready, in the order pool_poll() wrote them. */
void pool_serve(struct pool *p, const struct pollfd *fds);
/* Reaps dead workers and kills those past their deadline. */
void pool_tend(struct pool *p, int64_t mono_ms);
/* The soonest deadline of a busy worker, INT64_MAX if none. */
int64_t pool_next_deadline(const struct pool *p);
/* Workers of other generations than `setup` end: idle ones at the next pool_tend(), busy ones after
 * their packet. */
void pool_retire(struct pool *p, const struct setup *setup);
/* The end: kills all workers and buries them. What they said before is still heard. */
void pool_kill(struct pool *p);

#endif
