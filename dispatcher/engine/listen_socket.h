/* Where the API listens. The scheduler opens it and keeps it: an API process that is replaced or
 * has crashed costs nobody a connection, the next one finds those that wait. */
#ifndef ENGINE_LISTEN_SOCKET_H
#define ENGINE_LISTEN_SOCKET_H

#include <stdbool.h>

#include "base/error.h"

/* `where`: "127.0.0.1:8025" or "[::1]:8025". The descriptor, not blocking, close on exec.
 * ERR_CONFIG with what is wrong, and when the port is taken. `out_loopback`: only this machine can
 * reach it. */
MUST_CHECK int listen_socket_open(const char *where, int *out_fd, bool *out_loopback,
                                  struct error *err);

#endif
