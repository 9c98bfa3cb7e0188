/* What the commands about transports share. */
#ifndef OPERATOR_TRANSPORT_H
#define OPERATOR_TRANSPORT_H

#include "base/error.h"
#include "model/settings.h"

/* The email transport of this name. For anything else the error says which command is meant, or
 * which transports there are. Borrowed. */
MUST_CHECK int transport_find_email(const struct settings *s, const char *name,
                                    const struct transport **out, struct error *err);

/* How many servers a transport of email has (at least one), and which. */
size_t transport_host_count(const struct transport *t);
struct smtp_host transport_host(const struct transport *t, size_t index);

#endif
