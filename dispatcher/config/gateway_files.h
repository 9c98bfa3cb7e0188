/* The gateway descriptions of a directory, whether a transport uses them or not. */
#ifndef CONFIG_GATEWAY_FILES_H
#define CONFIG_GATEWAY_FILES_H

#include <stddef.h>

#include "base/error.h"
#include "model/gateway.h"

/*
 * One of them by itself: what a transport would set stays empty, secrets stay unread. ERR_CONFIG
 * with the problems, a line each; ERR_NOT_FOUND. Caller frees with gateway_free().
 */
MUST_CHECK int gateway_files_read(const char *directory, const char *name, struct gateway **out,
                                  struct error *err);

#endif
