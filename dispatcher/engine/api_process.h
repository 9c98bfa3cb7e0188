/*
 * The API as seen from the scheduler: a process that is started, watched and replaced. It is the
 * same program under another command (`dispatcher api`), executed afresh so that nothing of the
 * ledger is in its memory; it gets the listening socket (as systemd hands one over: LISTEN_FDS) and
 * speaks to us through the control socket like anybody. Whatever becomes of it, sending goes on.
 */
#ifndef ENGINE_API_PROCESS_H
#define ENGINE_API_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "config/config.h"
#include "model/settings.h"

/* Of api_process_init(). */
struct api_process {
    const struct config_options *config;
    char *where;   /* NULL: there shall be none */
    int listener;  /* -1 */
    pid_t pid;     /* 0: none runs */
    pid_t leaving; /* the one before, that was asked to end; 0: none */
    int64_t started_ms;
    int64_t next_start_ms;
    int64_t backoff_ms;
};

void api_process_init(struct api_process *p, const struct config_options *config);
/* Follows the settings: opens the socket where they say, starts the process, or replaces the one
 * that runs by one that reads them. ERR_CONFIG if it cannot listen there; then all stays as it was.
 */
MUST_CHECK int api_process_use(struct api_process *p, const struct settings *s, int64_t mono_ms,
                               struct error *err);
/* Buries one that died, and starts it again after a while. */
void api_process_tend(struct api_process *p, int64_t mono_ms);
/* Ends it, after a moment by force. */
void api_process_end(struct api_process *p);

#endif
