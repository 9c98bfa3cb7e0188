#include "operator/command_list.h"

#include "engine/scheduler.h"

static int run(const struct invocation *inv, struct error *err)
{
    const struct scheduler_options options = {.config = *invocation_config(inv)};
    return scheduler_run(&options, err);
}

const struct command command_run = {
    .name = "run",
    .arguments = "",
    .summary = "the daemon: takes what stands in the spool and delivers it",
    .example = "  dispatcher run -c /etc/dispatcher/dispatcher.yaml\n",
    .details =
        "Stays in the foreground and logs to standard error, one event per line.\n"
        "SIGTERM finishes what is in flight and ends; a second one ends at once.\n"
        "SIGHUP reads configuration, templates and locales again; if anything in them is wrong "
        "the\n"
        "old ones stay in force and the log says why. SIGUSR1 logs a status line.\n"
        "kill -9 at any moment loses nothing; at most what was in flight is sent again, with the\n"
        "same Message-ID or webhook-id.",
    .no_json = "nothing, and logs",
    .run = run,
};
