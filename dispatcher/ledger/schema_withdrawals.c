/* Step 12: approvals that were taken back.
 *
 * Neither an approval nor its withdrawal is ever changed: a row here ends all approvals of its role
 * up to `approval`, the number of the last one then. Who approves again behind it counts. */
#include "ledger/schema.h"

void schema_put_withdrawals(struct buf *sql)
{
    buf_puts(sql, "CREATE TABLE withdrawal ("
                  " seq INTEGER PRIMARY KEY,"
                  " campaign TEXT NOT NULL,"
                  " role TEXT NOT NULL,"
                  " who TEXT NOT NULL,"
                  " reason TEXT NOT NULL,"
                  " at_ms INTEGER NOT NULL,"
                  " approval INTEGER NOT NULL,"
                  " action INTEGER NOT NULL"
                  ") STRICT;"
                  "CREATE INDEX withdrawal_campaign ON withdrawal (campaign, role);");
}
