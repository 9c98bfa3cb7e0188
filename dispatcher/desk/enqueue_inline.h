/*
 * `enqueue --template NAME --csv FILE`: what batch.json would say, said by options. The id of the
 * batch does not depend on when or how often it is said, so that a repetition is known as one:
 *
 *     --id, or else --campaign, or else TEMPLATE-FILE ("breach-notice-customers")
 *
 * It is not made of the content of the file: a row that was mended would make another batch of it,
 * and everybody else would be told twice.
 */
#ifndef DESK_ENQUEUE_INLINE_H
#define DESK_ENQUEUE_INLINE_H

#include "base/buf.h"
#include "cli/command.h"
#include "engine/setup.h"

#define INLINE_SHOWN "command line" /* in the place of batch.json, in messages */

/* Of its options that only go with --template, the one that was given; NULL: none. */
const char *enqueue_inline_given(const struct invocation *inv);
/* The batch, as text, appended. `table` is the file of its recipients. ERR_USAGE, ERR_INPUT. */
MUST_CHECK int enqueue_inline_put(const struct invocation *inv, const struct setup *s,
                                  const char *table, struct buf *out, struct error *err);

#endif
