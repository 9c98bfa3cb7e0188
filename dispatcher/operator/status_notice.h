/* What became of notices, by their ids: for systems that ask after what they handed over. */
#ifndef OPERATOR_STATUS_NOTICE_H
#define OPERATOR_STATUS_NOTICE_H

#include "base/error.h"
#include "cli/command.h"

/* The ids are the arguments. 0: all were told; 1: somebody was not; EX_TEMPFAIL: not over yet;
 * ERR_NOT_FOUND: an id nobody handed over. */
MUST_CHECK int status_notices(const struct invocation *inv, struct error *err);

#endif
