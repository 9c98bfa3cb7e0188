/*
 * A batch: one letter for many people. `batch.json` says what all notices share, `notices.jsonl`
 * holds one recipient per line. Recipient c17 of batch b is the notice b_c17, or without an id of
 * its own b_17 by its line (from 1).
 *
 *     {"version": 1, "id": "recall-2026", "count": 6500000, "sha256": "...of notices.jsonl",
 *      "template": "apology", "locale": "de", "routing": {...}, "priority": "normal",
 *      "category": "...", "campaign": "...", "reference": "...", "event_type": "...",
 *      "condition": {"endpoint": "crm"}, "reply_to": "...", "unsubscribe_url": "...",
 * "attachments": [...], "created_at": "...", "not_before": "...", "expires_at": "...", "window":
 * "08:00-21:00", "halt": {"failures": 500, "share": 0.05}, "data": {...}, "letter_sha256": "...of
 * the letter as it was approved (render/library_sources.h)", "facts": {"incident": "card-leak",
 * "version": 3, "cohort": "a", "sha256": "...of the sheet"}}
 *
 *     {"id": "c17", "locale": "ko-KR", "to": {...}, "reference": "...", "data": {...},
 *      "unsubscribe_url": "...", "attachments": [...]}
 *
 * `"reference": "auto"` in batch.json gives each line a number of its own (reference.h).
 *
 * Members mean what they mean in a notice (job.h). What a line says wins over what the batch says;
 * its `data` is laid over the batch's, member by member of the top level. Parsing is as
 * strict as a notice's.
 */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "model/job.h"

#define BATCH_LINE_MAX ((size_t)64 * 1024)
#define BATCH_ID_MAX   96 /* so that ID_RECIPIENT stays within 128 */

/* A send window, minutes of the day of the recipient; from == to: always. 21:00-08:00 spans
 * midnight. */
struct send_window {
    int from_minute, to_minute;
};

/* When a batch stops by itself: failures >= `failures` AND failures >= `share` of what is decided.
 */
struct halt_rule {
    bool off; /* null in batch.json: an operator said go on whatever happens */
    bool set; /* false: the configuration's */
    int64_t failures;
    double share;
};

struct batch {
    int64_t number; /* in the ledger, set by who knows it: for reference numbers; 0: samples */
    bool numbered;  /* reference: auto: each line gets a number of its own, model/reference.h */
    char *id;
    int64_t count; /* lines; -1 if absent (only before publishing) */
    bool has_sum;
    unsigned char sha256[DIGEST_SIZE]; /* of notices.jsonl, from the hex in batch.json */
    bool has_letter;
    unsigned char letter_sha256[DIGEST_SIZE]; /* of the letter it was approved for */
    char *campaign;                           /* NULL: the id */
    enum job_priority priority;
    int64_t expires_at_ms, not_before_ms; /* 0: absent */
    struct send_window window;
    struct halt_rule halt;
    struct json_t *root; /* the whole document; owned */
    struct job *shared;  /* what every notice of it starts from; owned */
};

/* Like "08:00-21:00", hours of the day as 00:00 to 24:00; false on anything else. */
bool send_window_parse(const char *text, struct send_window *out);

/* `with_sum`: count and sha256 must be there (a published batch). ERR_INPUT with file:line:column.
 * Caller frees with batch_free(). */
MUST_CHECK int batch_parse(const char *text, size_t len, const char *file, bool with_sum,
                           struct batch **out, struct error *err);
void batch_free(struct batch *b);
/* The canonical form, appended. */
struct buf;
void batch_put_canonical(const struct batch *b, struct buf *out);
/* batch.json with count and sha256 set to these, canonical, appended: what is published. */
void batch_put_summed(const struct batch *b, int64_t count, const unsigned char sha256[DIGEST_SIZE],
                      struct buf *out);

/* What batch.json, and a line of notices.jsonl, may hold, as JSON Schema, appended. */
void batch_put_schema(struct buf *out);
void batch_put_line_schema(struct buf *out);

/* Which fact sheet `data` was taken from: under `facts`, for whoever asks later. */
struct batch_origin {
    const char *incident;
    int version;
    const char *cohort; /* NULL: everybody's facts */
    const char *sha256; /* of the sheet, in hex */
};
/* Lays facts under what batch.json has in `data` itself, and notes where they are from. */
void batch_lay_facts(struct batch *b, const struct json_t *facts, const struct batch_origin *from);

/*
 * The notice a line stands for, complete: as if it had been handed over alone. What is shared is
 * referenced, not copied. `file` and `line` (its number) only for messages and for the id.
 * ERR_INPUT with file:line:column. Caller frees with job_free(); *out_recipient (may be NULL) gets
 * the part of the id behind ID_, borrowed from the job.
 */
MUST_CHECK int batch_read_line(const struct batch *b, const char *text, size_t len,
                               const char *file, int64_t line, struct job **out,
                               const char **out_recipient, struct error *err);
/* Of a line that cannot be read as a notice: true if it brings an id of its own that could be one,
 * its bytes in `out`. The number of a line is not its own. */
bool batch_read_line_id(const struct batch *b, const char *text, size_t len, char out[ID_MAX + 1]);

#endif
