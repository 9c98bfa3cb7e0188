/* Why something waits, in words: from `waits_for` and `next_attempt_at` of an answer. */
#ifndef CLI_WAITS_H
#define CLI_WAITS_H

#include <stdbool.h>

#include "base/buf.h"

struct invocation;
struct json_t;

/* Nothing of it is due now, and the answer says until when. */
bool waits_any(const struct json_t *row);
/* "until 2026-11-24 08:00:00 +0100 (hours)", appended, with how many if they wait for a
 * confirmation; nothing if it does not wait. */
void waits_put_short(const struct invocation *inv, const struct json_t *row, struct buf *out);
/* "waiting for the hours of the recipients; the first is due at 2026-11-24 08:00:00 +0100",
 * appended. */
void waits_put(const struct invocation *inv, const struct json_t *row, struct buf *out);
/* "48,190 wait for a confirmation; where none comes the next channel begins, the first at ...",
 * appended; nothing if nobody waits for one. */
void waits_put_awaiting(const struct invocation *inv, const struct json_t *row, struct buf *out);

#endif
