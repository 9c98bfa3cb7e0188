/* What the manual and the schema say of a row besides its sentence. Both put nothing where there
 * is nothing to say. */
#ifndef CONFIG_DESCRIBE_H
#define CONFIG_DESCRIBE_H

#include "base/buf.h"
#include "config/params.h"

/* "1 to 512" */
void describe_put_range(const struct param *row, struct buf *out);
/* "type: smtp": nowhere else */
void describe_put_holders(const struct param *row, struct buf *out);

#endif
