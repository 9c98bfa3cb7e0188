/* Following a campaign or a batch until nothing of it is open any more. */
#ifndef DESK_WATCH_H
#define DESK_WATCH_H

#include "base/error.h"
#include "cli/command.h"

/* What `watch WHAT` does, for a command with --wait. 0, 1 when somebody was not told. */
int watch_follow(const struct invocation *inv, const char *what, struct error *err);

#endif
