/* One value of the configuration as JSON Schema, and the names that maps of free names may have.
 * What a schema cannot say, or what another key decides, is left to the reading. */
#ifndef CONFIG_CONFIG_SCHEMA_VALUE_H
#define CONFIG_CONFIG_SCHEMA_VALUE_H

#include "base/buf.h"
#include "config/params.h"

/* What may stand at `row`, without its sentence. Not for PARAM_SUBTREE. */
void config_schema_put_value(const struct param *row, struct buf *out);
/* The definitions those pieces refer to, as members of "$defs". */
void config_schema_put_defs(struct buf *out);

#endif
