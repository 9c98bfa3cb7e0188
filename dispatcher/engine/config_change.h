/* What a reload changed: the keys of which the configuration in force says something else now. */
#ifndef ENGINE_CONFIG_CHANGE_H
#define ENGINE_CONFIG_CHANGE_H

#include <stddef.h>

#include "base/buf.h"

/* Both as config_show() writes them, without JSON. Appends a row for each key that differs:
 * {"v":1,"key":"trial","was":"true","now":"false"}, null where it is not set. A secret that was
 * replaced does not show. Returns how many. */
size_t config_change_put(const char *before, const char *after, struct buf *out);

#endif
