/*
 * Step 9: calls: what came of telling people by telephone.
 *
 * One row for each call somebody noted, never changed: who calls twice adds two. `sum` is the
 * SHA-256 of what the row says, so that the same list can be read again without anything counting
 * twice. `outcome` stands for a word: the order of enum call_outcome is part of the file.
 */
#include "ledger/schema.h"

void schema_put_calls(struct buf *sql)
{
    buf_puts(sql, "CREATE TABLE call ("
                  " seq INTEGER PRIMARY KEY,"
                  " sum BLOB NOT NULL UNIQUE CHECK (length(sum) = 32),"
                  " notice TEXT NOT NULL," /* its id */
                  " campaign TEXT,"
                  " outcome INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 4),"
                  " at_ms INTEGER NOT NULL," /* of the call */
                  " note TEXT NOT NULL,"
                  " who TEXT NOT NULL," /* read it in */
                  " action INTEGER NOT NULL"
                  ") STRICT;"
                  "CREATE INDEX call_notice ON call (notice);"
                  "CREATE INDEX call_campaign ON call (campaign);");
}
