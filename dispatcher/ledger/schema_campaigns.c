/* Step 7: campaigns: what was handed over for sending, who approved which words, the documents of
 * both. */
#include "ledger/schema.h"

void schema_put_campaigns(struct buf *sql)
{
    buf_puts(sql, "");
}
