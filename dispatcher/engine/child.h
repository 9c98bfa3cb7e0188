/*
 * What a forked process of ours leaves behind of the scheduler: its descriptors, its shared memory,
 * its signals. A library that goes astray in there must not be able to reach the ledger.
 */
#ifndef ENGINE_CHILD_H
#define ENGINE_CHILD_H

#include <stddef.h>

#include "model/settings.h"

/* In the child, first of all: descriptors keep[i] become 3 + i (close on exec), all others but the
 * standard ones are closed. It dies with the scheduler. */
void child_shed(const int *keep, size_t count);
/* The same, but the mapping that begins at `memory` stays shared (NULL: none). */
void child_shed_but(const int *keep, size_t count, const void *memory);
/* Overwrites the secrets that were read from the environment: who looks into that of a child
 * (/proc/PID/environ) finds none. They are in the settings. */
void child_forget_secrets(const struct settings *s);

#endif
