/*
 * Step 11: what lists ask, so that their first page costs the same however much there is.
 *
 *     delivery_due       beside lane and time all that `shape` asks of what is open
 *     delivery_trouble   likewise what `failures` asks
 *     delivery_cause     by cause: what simply waits or arrives is not in it
 *     action_campaign    of the chain what concerns one campaign
 *     sketch             where a domain may stand (sketch.c)
 *
 * An index that names seq before its other columns hands out rows in the order of their numbers,
 * and still need not look at the row. None of them is an index more for a delivery that is accepted
 * and arrives.
 */
#include "ledger/schema.h"

#include "ledger/ledger_backend.h"

static const char tables[] =
    "DROP INDEX delivery_due;"
    "CREATE INDEX delivery_due ON delivery (lane, due_ms, seq, state, channel, letter, cause,"
    " address) WHERE state IN (0, 2);"
    "DROP INDEX delivery_trouble;"
    "CREATE INDEX delivery_trouble ON delivery (state, seq, cause, channel)"
    " WHERE state = 2 OR state = 3 OR state = 5 OR state = 6 OR state = 7 OR state = 8 OR state = "
    "9;"
    "CREATE INDEX delivery_cause ON delivery (cause, seq, state) WHERE " CAUSE_IS_RARE(
        "cause") ";"
                 "CREATE INDEX action_campaign ON action (" ACTION_CAMPAIGN ")"
                 " WHERE instr(selector, '\"campaign\":\"') > 0;"
                 "CREATE TABLE sketch ("
                 " block INTEGER PRIMARY KEY,"
                 " bits BLOB NOT NULL"
                 ") STRICT;";

void schema_put_lists(struct buf *sql)
{
    buf_puts(sql, tables);
}
