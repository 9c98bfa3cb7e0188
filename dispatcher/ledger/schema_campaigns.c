/*
 * Step 7: campaigns: what was handed over for sending, who approved which words, the documents of
 * both.
 *
 * A campaign stands here from its first approval on (a draft: started_ms = 0). Its batches are
 * those that name it. What it says of pace stands in `plan` (model/pace.h); `taken` and
 * `wave_taken` count the people whose first message was leased, in the transaction of the lease.
 *
 * An approval is never changed: who approves again adds a row. A document is kept once, under the
 * hash of its bytes; document_piece holds what has come of a long one.
 *
 * delivery_begun holds what goes on whatever the pace: it was tried, or its person has been told by
 * another channel before. What only waits for its first attempt is in none of its pages.
 */
#include "ledger/schema.h"

static const char tables[] =
    "CREATE TABLE campaign ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " plan TEXT NOT NULL," /* as it was handed over; '': a draft */
    " manifest TEXT NOT NULL,"
    " digest BLOB," /* of the manifest it was started with */
    " kind TEXT NOT NULL,"
    " template TEXT NOT NULL,"
    " file TEXT NOT NULL," /* campaign.yaml, as the sender named it */
    " people INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " started_ms INTEGER NOT NULL," /* 0: a draft */
    " started_by TEXT NOT NULL,"
    " send_at_ms INTEGER NOT NULL,"                     /* 0: at once */
    " stop INTEGER NOT NULL CHECK (stop IN (0, 2, 3))," /* goes, paused, cancelled */
    " stop_reason TEXT NOT NULL,"
    " first_passed INTEGER NOT NULL CHECK (first_passed IN (0, 1)),"
    " taken INTEGER NOT NULL,"
    " taken_ms INTEGER NOT NULL,"   /* when the last of the first was */
    " first_held INTEGER NOT NULL," /* of the first: set aside, by a crash or an answer */
    " wave_ms INTEGER NOT NULL,"    /* when the wave of now began; 0: none has */
    " wave_taken INTEGER NOT NULL"
    ") STRICT;"

    "CREATE TABLE approval ("
    " seq INTEGER PRIMARY KEY,"
    " campaign TEXT NOT NULL,"
    " role TEXT NOT NULL,"
    " who TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " digest BLOB NOT NULL CHECK (length(digest) = 32),"
    " manifest TEXT NOT NULL,"
    " action INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX approval_campaign ON approval (campaign);"

    "CREATE TABLE document ("
    " sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),"
    " kind TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " bytes BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE document_piece ("
    " sha256 BLOB NOT NULL,"
    " start INTEGER NOT NULL,"
    " bytes BLOB NOT NULL,"
    " PRIMARY KEY (sha256, start)"
    ") STRICT;"

    /* Why nothing goes because of its letter; '': that is what was approved, or nobody said. */
    "ALTER TABLE batch ADD COLUMN letter_reason TEXT NOT NULL DEFAULT '';"
    /* In hex, what an operator lets go all the same. */
    "ALTER TABLE batch ADD COLUMN letter_allowed TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX batch_campaign ON batch (campaign) WHERE campaign IS NOT NULL;"
    "CREATE INDEX delivery_begun ON delivery (lane, due_ms)"
    " WHERE state = 2 OR (state = 0 AND (turn > 0 OR attempts > 0));";

void schema_put_campaigns(struct buf *sql)
{
    buf_puts(sql, tables);
}
