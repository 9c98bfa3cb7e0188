/*
 * From a number somebody quotes to the notices that have it.
 *
 *   {"verb":"reference","reference":"7K2M9-QX4TD"}
 *
 * The first answer has what is known at once: a number of ours leads to its line, and of a mistyped
 * one those it may have been. Then the request is repeated with the "position" of the last answer
 * while that has "more":true, and finds numbers that producers gave themselves: in single notices,
 * then in the lines of batches, a piece at a time, so that nobody waits long for a daemon that
 * searches a batch of millions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "engine/requests_backend.h"
#include "model/batch.h"
#include "model/json.h"
#include "model/reference.h"

#define NOTICES_STEP 2000
#define PIECE        ((int64_t)256 * 1024) /* at a time; longer than any line */
#define PIECES_STEP  16

struct search {
    const struct request *r;
    const char *reference;
    struct buf needle; /* as a line has it */
    int64_t notice;    /* single notices up to here are done; INT64_MAX: all */
    int64_t batch;     /* then batches up to this number */
    int64_t offset;    /* and of the next one the lines before this */
    int64_t found;
    bool more;
    int rc;
    struct error *err;
};

/* ---- what was found ---- */

static void put_found(struct search *s, const char *id, const char *reference)
{
    struct buf *out = s->r->out;
    buf_puts(out, "{\"v\":1");
    answer_put_text(out, "id", id);
    answer_put_text(out, "reference", reference);
    buf_puts(out, "}\n");
    s->found++;
}

static int find_ours(struct search *s, const struct reference *number)
{
    struct buf id = {0};
    int rc = ledger_find_line(s->r->world->ledger, number->batch, number->line, &id, s->err);
    if (rc == 0 && id.len > 0)
        put_found(s, buf_text(&id), number->text);
    buf_free(&id);
    return rc;
}

/* ---- what was meant ---- */

static void put_guess(const struct search *s, const char *id, const struct reference_guess *guess)
{
    struct buf *out = s->r->out;
    buf_puts(out, "{\"v\":1,\"guess\":true");
    answer_put_text(out, "id", id);
    answer_put_text(out, "reference", guess->text);
    buf_printf(out, ",\"at\":%zu,\"swapped\":%s", guess->at, guess->swapped ? "true" : "false");
    answer_put_text(out, "typed", (char[]){guess->typed, '\0'});
    answer_put_text(out, "right", (char[]){guess->right, '\0'});
    buf_puts(out, "}\n");
}

/* Nearly all numbers are nobody's: one that is somebody's was meant. */
static int guess(const struct search *s, const struct reference *number)
{
    struct reference_guess guesses[REFERENCE_GUESSES];
    size_t count = reference_guess(number, guesses);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct buf id = {0};
        rc = ledger_find_line(s->r->world->ledger, guesses[i].batch, guesses[i].line, &id, s->err);
        if (rc == 0 && id.len > 0)
            put_guess(s, buf_text(&id), &guesses[i]);
        buf_free(&id);
    }
    return rc;
}

static const char *fault_name(enum reference_fault fault)
{
    static const char *const names[] = {[REFERENCE_GOOD] = NULL,
                                        [REFERENCE_LENGTH] = "length",
                                        [REFERENCE_CHARACTER] = "character",
                                        [REFERENCE_CHECK] = "check"};
    return names[fault];
}

/* ---- single notices ---- */

static void take_notice(void *context, const char *id)
{
    struct search *s = context;
    put_found(s, id, s->reference);
}

static int search_notices(struct search *s)
{
    bool more = false;
    int rc = ledger_walk_references(s->r->world->ledger, s->reference, &s->notice, NOTICES_STEP,
                                    take_notice, s, &more, s->err);
    if (!more)
        s->notice = INT64_MAX;
    return rc;
}

/* ---- lines of batches ---- */

struct searched {
    int64_t batch, bytes;
    char *id;
    bool any;
};

static void take_batch(void *context, const struct batch_row *row)
{
    struct searched *b = context;
    if (b->any || row->text == NULL)
        return;
    *b = (struct searched){row->batch, row->bytes, xstrdup(row->id), true};
}

/* The value may stand elsewhere in the line. */
static bool line_has(const struct search *s, const char *line, size_t len)
{
    struct json_t *root = NULL;
    struct error ignored;
    if (json_parse(line, len, "line", 1, JOB_DEPTH_MAX, &root, &ignored) != 0)
        return false;
    bool has = text_equal(json_get_text(root, "reference", NULL), s->reference);
    json_free(root);
    return has;
}

static int take_line(struct search *s, const struct searched *b, int64_t offset)
{
    struct buf id = {0};
    int rc = ledger_find_offset(s->r->world->ledger, b->batch, offset, &id, s->err);
    if (rc == 0 && id.len > 0)
        put_found(s, buf_text(&id), s->reference);
    buf_free(&id);
    return rc;
}

/* Whole lines only; *out_used what was looked at. */
static int search_piece(struct search *s, const struct searched *b, const struct buf *piece,
                        bool last, int64_t *out_used)
{
    const char *end = last ? piece->data + piece->len : memrchr(piece->data, '\n', piece->len);
    const char *at = piece->data;
    int rc = 0;
    *out_used = (int64_t)piece->len;
    if (end == NULL)
        return 0; /* no line is that long */
    *out_used = end - piece->data + !last;
    while (rc == 0 && at < end &&
           (at = memmem(at, (size_t)(end - at), s->needle.data, s->needle.len)) != NULL) {
        const char *from = memrchr(piece->data, '\n', (size_t)(at - piece->data));
        const char *to = memchr(at, '\n', (size_t)(end - at));
        from = from != NULL ? from + 1 : piece->data;
        to = to != NULL ? to : end;
        if (line_has(s, from, (size_t)(to - from)))
            rc = take_line(s, b, s->offset + (from - piece->data));
        at = to;
    }
    return rc;
}

static int search_pieces(struct search *s, const struct searched *b)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < PIECES_STEP && s->offset < b->bytes; i++) {
        struct buf piece = {0};
        int64_t left = b->bytes - s->offset, used = 0;
        int64_t want = left < PIECE ? left : PIECE;
        rc = spool_read_line(s->r->world->spool, b->id, s->offset, want, &piece, s->err);
        if (rc == 0)
            rc = search_piece(s, b, &piece, want == left, &used);
        s->offset += used;
        buf_free(&piece);
    }
    return rc;
}

/* A piece of the next batch. One that is gone or cannot be read is passed over. */
static int search_lines(struct search *s)
{
    const struct batch_question q = {.after = s->batch};
    struct searched b = {0};
    int rc = ledger_walk_batches(s->r->world->ledger, &q, take_batch, &b, s->err);
    if (rc == 0 && b.any && s->r->world->spool != NULL) {
        rc = search_pieces(s, &b);
        if (rc == ERR_NOT_FOUND || s->offset >= b.bytes) {
            s->batch = b.batch;
            s->offset = 0;
            rc = rc == ERR_NOT_FOUND ? 0 : rc;
        }
        s->more = true;
    }
    free(b.id);
    return rc;
}

/* ---- the request ---- */

static int begin(struct search *s)
{
    struct reference number;
    reference_read(s->reference, &number);
    int rc = number.fault == REFERENCE_GOOD ? find_ours(s, &number) : guess(s, &number);
    if (rc != 0)
        return rc;
    s->more = s->found == 0;
    buf_puts(s->r->out, "{\"v\":1,\"end\":true");
    answer_put_text(s->r->out, "fault", fault_name(number.fault));
    buf_printf(s->r->out, ",\"at\":%zu", number.at);
    return 0;
}

static int go_on(struct search *s, const struct json_t *position)
{
    s->notice = json_get_int(position, "notice", 0);
    s->batch = json_get_int(position, "batch", 0);
    s->offset = json_get_int(position, "offset", 0);
    buf_put_json(&s->needle, s->reference);
    s->more = s->notice != INT64_MAX;
    int rc = s->more ? search_notices(s) : search_lines(s);
    buf_free(&s->needle);
    if (rc == 0)
        buf_puts(s->r->out, "{\"v\":1,\"end\":true");
    return rc;
}

int request_reference(const struct request *r, struct error *err)
{
    const struct json_t *position = json_get(r->root, "position");
    struct search s = {.r = r, .reference = json_get_text(r->root, "reference", ""), .err = err};
    if (s.reference[0] == '\0')
        return error_set(err, ERR_USAGE, "which reference?");
    int rc = position != NULL ? go_on(&s, position) : begin(&s);
    if (rc == 0)
        buf_printf(r->out,
                   ",\"count\":%lld,\"more\":%s,\"position\":{\"notice\":%lld,\"batch\":%lld,"
                   "\"offset\":%lld}}\n",
                   (long long)s.found, s.more ? "true" : "false", (long long)s.notice,
                   (long long)s.batch, (long long)s.offset);
    return rc;
}
