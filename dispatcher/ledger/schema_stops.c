/* Step 8: what operators stopped for good or for a while: transports; whether the world gets
 * letters at all (one row, or none: nobody has said). */
#include "ledger/schema.h"

static const char tables[] =
    "CREATE TABLE transport_stop ("
    " transport TEXT PRIMARY KEY,"
    " since_ms INTEGER NOT NULL,"
    " who TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " over INTEGER NOT NULL CHECK (over IN (0, 1))" /* its failover carries meanwhile */
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE live_switch ("
    " only INTEGER PRIMARY KEY CHECK (only = 1),"
    " live INTEGER NOT NULL CHECK (live IN (0, 1)),"
    " since_ms INTEGER NOT NULL,"
    " who TEXT NOT NULL,"
    " reason TEXT NOT NULL"
    ") STRICT;";

void schema_put_stops(struct buf *sql)
{
    buf_puts(sql, tables);
}
