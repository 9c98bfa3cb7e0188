/* What a campaign that was sent still owes somebody. It is looked at by its facts alone, so that
 * nothing that became of its letters or of its neighbours since makes a duty of law disappear. */
#ifndef DESK_DUTIES_H
#define DESK_DUTIES_H

#include <stdint.h>

#include "base/buf.h"
#include "cli/session.h"
#include "law/law.h"

struct invocation;
struct json_t;

/* `due_ms` is 0 without a clock. */
typedef void duty_fn(void *context, const char *rule, const char *what, int64_t due_ms);

/*
 * `row` is the campaign's row, NULL: nobody approved or sent it. Why the duties could not be looked
 * at is appended to `out_unknown`, in a sentence that names the file; nothing if they were.
 */
void duties_find(const struct invocation *inv, struct session *s, const struct json_t *row,
                 const char *file, duty_fn *tell, void *context, struct buf *out_unknown);

/* The same for whoever looks back: every duty of the notices of the incident, those that were done
 * too, at `*out_now_ms`. What `tell` is handed is gone behind it. */
void duties_walk(const struct invocation *inv, struct session *s, const struct json_t *row,
                 const char *file, law_duty_fn *tell, void *context, int64_t *out_now_ms,
                 struct buf *out_unknown);

#endif
