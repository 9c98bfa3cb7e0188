/* From the address or number of somebody who calls to their notices. */
#ifndef OPERATOR_SHOW_ADDRESS_H
#define OPERATOR_SHOW_ADDRESS_H

#include "cli/command.h"
#include "cli/session.h"
#include "operator/show_reference.h"

/* Shows each notice that goes there, by `show`. ERR_NOT_FOUND: none does. The number may be written
 * with spaces. */
MUST_CHECK int show_address(const struct invocation *inv, struct session *s, const char *address,
                            show_fn *show, struct error *err);

#endif
