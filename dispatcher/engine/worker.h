/*
 * The worker: a process that renders and sends. It reads packets from its socket and writes
 * reports, and notes in its progress page what it is about to do; nothing else: no ledger, no
 * spool, no configuration file. It may be killed at any moment.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <sys/types.h>

#include "base/attributes.h"
#include "engine/progress_page.h"
#include "engine/setup.h"

/* Runs in a freshly forked child until its socket closes or the scheduler (process `parent`) is
 * gone; ends the process. What it is doing stands in `page`. */
NORETURN void worker_main(int socket, pid_t parent, struct progress_page *page,
                          const struct setup *s);

#endif
