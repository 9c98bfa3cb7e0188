/*
 * The worker: a process that renders and sends. It reads packets from its socket and writes
 * reports, nothing else: no ledger, no spool, no configuration file. It may be killed at any
 * moment.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "base/attributes.h"
#include "engine/setup.h"

/* Runs in a freshly forked child until its socket closes; ends the process. */
NORETURN void worker_main(int socket, const struct setup *s);

#endif
