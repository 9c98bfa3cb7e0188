/*
 * The scheduler: the one process of a node that owns spool and ledger. An event loop over signals,
 * inotify on new/, the control socket and the workers' sockets. It never talks to the network.
 */
#ifndef ENGINE_SCHEDULER_H
#define ENGINE_SCHEDULER_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"

struct scheduler_options {
    struct config_options config;
};

/*
 * Runs until SIGTERM or SIGINT (finishes what is in flight within `shutdown`; a second one ends at
 * once). SIGHUP swaps the configuration or keeps the old one and says why; SIGUSR1 logs a status
 * line. ERR_CONFIG, ERR_AGAIN (another daemon has the spool), ERR_IO when it cannot start.
 */
MUST_CHECK int scheduler_run(const struct scheduler_options *options, struct error *err);

#endif
