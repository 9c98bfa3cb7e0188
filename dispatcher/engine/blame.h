/*
 * Blame: a worker died, or hung and was killed, in the middle of a packet. Whose fault was it, and
 * what is each of its deliveries now? Pure: the progress page and the list of what was reported
 * come in, a judgement per delivery comes out.
 *
 * - Exactly one delivery can be at fault: it is blamed, and after BLAME_MAX times set aside.
 * - Several can be: nobody is blamed, all of them become suspects, which are sent alone; if it
 *   happens again there is exactly one.
 * - None can be: at a deadline the transport was (it hung in connecting), and rests. Who died by
 *   itself was killed, or memory ran out: nobody's fault.
 * - A worker that died before it was ready blames nobody at all.
 * - What could not be at fault goes back as if nothing had been.
 *
 * A worker killed at its deadline while it was sending waited for a slow peer: that is no poison.
 */
#ifndef ENGINE_BLAME_H
#define ENGINE_BLAME_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/progress_page.h"

#define BLAME_MAX 3

enum blame_role {
    BLAME_INNOCENT,  /* back as if nothing had been */
    BLAME_TRANSPORT, /* none of the packet; the transport, at a deadline */
    BLAME_FAULTY,    /* it was not sent: the attempt failed */
    BLAME_UNCERTAIN, /* bytes may be on the wire */
};

struct blame {
    enum blame_role role;
    bool crashed; /* this one cost us a worker */
    bool suspect; /* one of several that may have */
};

struct blame_case {
    const struct progress_page *page;
    size_t count;     /* items of the packet */
    const bool *done; /* by item: its outcome is known */
    bool deadline;    /* it was killed at its deadline; else it died by itself */
};

/* Judges all items: `out` has room for `count`. *out_stage is what the worker was doing. */
void blame_judge(const struct blame_case *c, struct blame *out, enum progress_stage *out_stage);

#endif
