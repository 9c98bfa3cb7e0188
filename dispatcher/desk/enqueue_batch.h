/* `enqueue --batch batch.json --csv FILE | --jsonl FILE`: checks every row, then publishes all of
 * them as one batch, or none. */
#ifndef DESK_ENQUEUE_BATCH_H
#define DESK_ENQUEUE_BATCH_H

#include "cli/command.h"
#include "engine/client.h"
#include "engine/setup.h"
#include "spool/spool.h"

/* `client` may be NULL: nobody can be asked what is known. 0, an exit status, or an error code. */
int enqueue_batch(const struct invocation *inv, const struct setup *setup, struct spool *spool,
                  struct client *client, struct error *err);

#endif
