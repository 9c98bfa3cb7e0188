/* Step 8: what operators stopped for good or for a while: transports; whether the world gets
 * letters at all. */
#include "ledger/schema.h"

void schema_put_stops(struct buf *sql)
{
    buf_puts(sql, "");
}
