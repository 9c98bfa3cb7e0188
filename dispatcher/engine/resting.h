/*
 * Who rests behind a transport, for people: mail domains and endpoints whose breaker is open, and
 * servers of a transport that has several. Nothing is decided by it. Bounded: with RESTING_MAX of
 * them the one whose rest ends first is forgotten.
 */
#ifndef ENGINE_RESTING_H
#define ENGINE_RESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define RESTING_MAX 64

enum resting_kind { RESTING_DESTINATION, RESTING_HOST };

/* Texts are borrowed. */
struct resting_note {
    enum resting_kind kind;
    const char *transport, *place; /* "example.org", "crm", "mx1.example.org:25" */
    const char *reason;            /* what was said there last */
    int64_t until_ms;
};

struct resting {
    struct resting_entry *at;
    size_t count;
};

void resting_free(struct resting *r);
/* One that is known already rests on: since then, now until this, for this reason. */
/* True: it begins. */
bool resting_note(struct resting *r, const struct resting_note *note, int64_t now_ms);
/* The way there is open again. False: nobody knew that it was not. */
bool resting_end(struct resting *r, enum resting_kind kind, const char *transport,
                 const char *place);
/* ,"resting":[{"kind":"host","transport":"mail","name":"mx1:25","since":"...","until":"...",
 * "reason":"..."}]: those whose rest is not over. */
void resting_put(const struct resting *r, int64_t now_ms, struct buf *out);

#endif
