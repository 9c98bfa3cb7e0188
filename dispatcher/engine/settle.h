/*
 * Settling: from what a worker said, or from its silence, to what is recorded, and to what
 * transport and destination are known to be worth. For dispatch.c.
 */
#ifndef ENGINE_SETTLE_H
#define ENGINE_SETTLE_H

#include "engine/dispatch.h"
#include "engine/gates.h"

/* The pool's events; `context` is the dispatch. */
void settle_report(void *context, struct worker_slot *w, struct assignment *a,
                   const struct report *r);
/* One of the mail servers of its transport rests: for people. */
void settle_rest(void *context, struct worker_slot *w, const struct report *r);
void settle_packet_end(void *context, struct worker_slot *w, enum packet_end how,
                       const char *detail);

/* No attempt took place: it could not pass a gate. */
void settle_gated(struct dispatch *d, const struct transport *t, const struct leased *row,
                  const struct gate_answer *answer);
/* It passed, but something was said that belongs to its story. */
void settle_note(struct dispatch *d, const struct leased *row, const struct gate_answer *answer);
/* It was leased in vain, and nothing happened: due again at `due_ms`. */
void settle_returned(struct dispatch *d, const struct transport *t, const struct leased *row,
                     int64_t due_ms, const char *cause);
/* Its text is gone: failed, with the sentence. */
void settle_missing(struct dispatch *d, const struct transport *t, const struct leased *row,
                    const char *cause, const char *sentence);

#endif
