/* `route explain --expect KEY=VALUE`: what was decided and where, held against what somebody wants.
 */
#ifndef OPERATOR_ROUTE_EXPECT_H
#define OPERATOR_ROUTE_EXPECT_H

#include <stddef.h>

#include "cli/command.h"

/* What a route came to, one row for each thing that can be expected. */
struct route_decision {
    const char *key;     /* "locale"; static */
    char *value, *where; /* owned; where NULL: nobody wrote it anywhere */
};

struct route_decisions {
    struct route_decision *items;
    size_t count;
};

/* Copies. `where` may be NULL. */
void route_decisions_add(struct route_decisions *d, const char *key, const char *value,
                         const char *where);
void route_decisions_clear(struct route_decisions *d);

/* Is each --expect one that can be asked? ERR_USAGE. */
MUST_CHECK int route_expect_check(const struct invocation *inv, struct error *err);
/* Tells what is not as expected, and who decided it otherwise; with --json a line for each. 0, or
 * 1: not all of it is. */
int route_expect_tell(const struct invocation *inv, const struct route_decisions *d);

#endif
