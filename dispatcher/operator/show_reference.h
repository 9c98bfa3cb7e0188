/* Whom a number leads to that somebody reads out on the phone. */
#ifndef OPERATOR_SHOW_REFERENCE_H
#define OPERATOR_SHOW_REFERENCE_H

#include "cli/session.h"

typedef int show_fn(const struct invocation *inv, struct session *s, const char *id,
                    struct error *err);
/* Shows every notice of that number. ERR_NOT_FOUND: nobody has it; the sentence says what it may
 * have been. The highest exit status of `show`. */
MUST_CHECK int show_reference(const struct invocation *inv, struct session *s,
                              const char *reference, show_fn *show, struct error *err);

#endif
