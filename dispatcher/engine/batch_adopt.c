/* From a batch in new/ to one that stands in the ledger and in batches/: what was verified, and
 * nothing else. */
#include "engine/batch_intake_backend.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/approved.h"
#include "engine/batch_arrival.h"

#define AGAIN_MS 1000

/* Are both files still those that the stamp is of? */
static bool is_unchanged(const struct batch_intake *b)
{
    struct batch_stamp is;
    struct error ignored;
    return spool_stamp_batch(b->spool, b->now.place, b->now.id, &is, &ignored) == 0 &&
           batch_stamp_equal(&is, &b->now.stamp);
}

/* ---- verifying ---- */

/* A batch that was begun begins there again, too: what is to be done depends on where it stands. */
static void judge_anew(struct batch_intake *b)
{
    b->now.verified = false;
    if (b->now.begun)
        b->phase = INTAKE_ADOPTING;
    else
        intake_look_again(b);
}

void adopt_start_verifying(struct batch_intake *b)
{
    struct error why;
    if (!is_unchanged(b)) {
        judge_anew(b);
        return;
    }
    int rc = intake_start_reader(b, true, b->now.place, &why);
    if (rc == ERR_CONFLICT || rc == ERR_NOT_FOUND)
        judge_anew(b);
    else if (rc == ERR_INPUT && !b->now.begun)
        intake_refuse(b, why.text);
    else if (rc == ERR_AGAIN)
        intake_try_again(b, "batch.read", &why);
    else if (rc != 0)
        intake_put_off(b, &why);
    else
        log_event(LOG_INFO, "batch.found", "id=%s lines=%lld", b->now.id,
                  (long long)b->now.parsed->count);
}

/* ---- into the ledger ---- */

/* From here on the batch is safe, wherever its directory stands. */
static int begin_batch(struct batch_intake *b, int64_t wall_ms, enum accept_result *out,
                       struct error *err)
{
    const struct batch *parsed = b->now.parsed;
    unsigned char digest[DIGEST_SIZE];
    batch_arrival_digest(&b->now.canonical, digest);
    const struct batch_acceptance a = {.id = b->now.id,
                                       .digest = digest,
                                       .text = b->now.canonical.data,
                                       .len = b->now.canonical.len,
                                       .total = parsed->count,
                                       .bytes = b->now.bytes,
                                       .campaign = parsed->campaign,
                                       .priority = parsed->priority,
                                       .now_ms = wall_ms,
                                       .expires_at_ms = parsed->expires_at_ms};
    int rc = ledger_begin(b->ledger, LEDGER_DURABLE, err);
    if (rc == 0)
        rc = ledger_begin_batch(b->ledger, &a, out, &b->now.rows.batch, err);
    return rc == 0 ? ledger_commit(b->ledger, err) : rc;
}

static void settle_begun(struct batch_intake *b, enum accept_result result)
{
    struct error why;
    switch (result) {
    case ACCEPT_CONFLICT:
        batch_arrival_conflict(b->now.id, &why);
        intake_refuse(b, why.text);
        return;
    case ACCEPT_DUPLICATE: /* judged anew when it is met again */
    case ACCEPT_LATER:
        intake_look_from_the_start(b);
        return;
    case ACCEPT_NEW:
        break;
    }
    log_event(LOG_INFO, "batch.accepted", "id=%s lines=%lld bytes=%lld", b->now.id,
              (long long)b->now.parsed->count, (long long)b->now.bytes);
    b->now.rows.next_line = 1;
    b->now.begun = true;
    b->phase = INTAKE_ADOPTING;
    if (approved_judge(b->ledger, b->setup, b->now.id, &why) != 0)
        intake_fail_ledger(b, &why);
}

void adopt_accept(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    enum accept_result result = ACCEPT_NEW;
    struct error why;
    b->again_mono_ms = mono_ms + AGAIN_MS;
    recorder_commit(b->recorder, mono_ms);
    if (b->recorder->down)
        return;
    b->again_mono_ms = mono_ms;
    if (!is_unchanged(b) || !intake_has_room(b, b->now.parsed->count, &b->now.no_room)) {
        judge_anew(b);
        return;
    }
    int rc = approved_check_campaign(b->ledger, b->setup->settings, b->now.parsed, &why);
    if (rc == ERR_INPUT) {
        intake_refuse(b, why.text);
        return;
    }
    if (rc != 0 || begin_batch(b, wall_ms, &result, &why) != 0) {
        intake_fail_ledger(b, &why);
        return;
    }
    recorder_ledger_wrote(b->recorder);
    settle_begun(b, result);
}

/* ---- out of it again ---- */

/*
 * The ledger has begun what is not there any more: taken back by its producer, or replaced. Nothing
 * of it was booked or sent. True if its id is free again; false: it stays as it is, for now.
 */
static bool withdraw(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms,
                     const struct error *reason)
{
    struct error why;
    if (b->now.rows.next_line > 1) {
        intake_put_off(b, reason);
        return false;
    }
    recorder_commit(b->recorder, mono_ms);
    if (b->recorder->down)
        return false;
    if (ledger_withdraw_batch(b->ledger, b->now.id, reason->text, wall_ms, &why) != 0) {
        intake_fail_ledger(b, &why);
        return false;
    }
    log_event(
        LOG_ERR, "batch.withdrawn",
        "id=%s lines=%lld reason=\"%s\" note=\"nothing of it was sent; its id is free again\"",
        b->now.id, (long long)b->now.parsed->count, reason->text);
    b->now.begun = false;
    b->now.rows = (struct batch_rows){0};
    return true;
}

static void withdraw_vanished(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    struct error reason;
    error_set(&reason, ERR_NOT_FOUND,
              b->now.rows.next_line > 1
                  ? "batches/%s is gone: put it back, its lines cannot be read without it"
                  : "new/%s was taken away after the batch was accepted and before it was moved",
              b->now.id);
    if (withdraw(b, mono_ms, wall_ms, &reason))
        intake_leave(b);
}

static void withdraw_replaced(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    struct error reason;
    error_set(&reason, ERR_CONFLICT,
              "new/%s was replaced by another batch after it was accepted and before it was moved",
              b->now.id);
    if (withdraw(b, mono_ms, wall_ms, &reason))
        intake_look_again(b);
}

void adopt_hear_verdict(struct batch_intake *b, const char *problem, int64_t wall_ms)
{
    struct error reason;
    if (*problem == '\0') {
        intake_end_reader(b);
        b->now.crashes = 0;
        b->now.killed = 0;
        b->now.verified = true;
        b->phase = b->now.begun ? INTAKE_ADOPTING : INTAKE_VERIFIED;
        return;
    }
    error_set(&reason, ERR_INPUT, "%s", problem);
    if (b->now.begun && b->now.place == BATCH_PLACE_BATCHES)
        intake_put_off(b, &reason); /* nothing is moved out of there but by a person */
    else if (!b->now.begun || withdraw(b, clock_mono_ms(), wall_ms, &reason))
        intake_refuse(b, problem);
}

/* ---- out of new/ ---- */

/* Is what stands there the batch the ledger knows? Its batch.json holds the sum of its notices.
 * Negative if it cannot be read now. */
static int compare_text(struct batch_intake *b, enum batch_place place, bool *out_equal,
                        struct error *err)
{
    struct buf text = {0}, canonical = {0};
    struct batch *parsed = NULL;
    *out_equal = false;
    int rc = spool_read_batch_text(b->spool, place, b->now.id, &text, err);
    if (rc == 0)
        rc = batch_parse(buf_text(&text), text.len, "batch.json", true, &parsed, err);
    if (rc == 0) {
        batch_put_canonical(parsed, &canonical);
        *out_equal = strcmp(buf_text(&canonical), buf_text(&b->now.canonical)) == 0;
    }
    batch_free(parsed);
    buf_free(&text);
    buf_free(&canonical);
    return rc == ERR_INPUT || rc == ERR_NOT_FOUND ? 0 : rc;
}

static void verify_there(struct batch_intake *b, enum batch_place place)
{
    struct error why;
    b->now.place = place;
    b->now.verified = false;
    if (spool_stamp_batch(b->spool, place, b->now.id, &b->now.stamp, &why) != 0)
        intake_put_off(b, &why);
    else
        b->phase = INTAKE_VERIFYING;
}

/* Whatever stands under this name in batches/, perhaps since before the ledger came from a backup:
 * letters are made of it only if it is this batch. */
static void load_from_batches(struct batch_intake *b)
{
    struct error why;
    bool equal = false;
    int rc = compare_text(b, BATCH_PLACE_BATCHES, &equal, &why);
    if (rc == 0 && !equal)
        error_set(&why, ERR_CONFLICT,
                  "batches/%s is not the batch that the ledger has begun under this id: its "
                  "batch.json differs. Nothing was moved and nothing is sent of it; move "
                  "batches/%s away, and the right one into new/ if it is not there",
                  b->now.id, b->now.id);
    if (rc != 0 || !equal) {
        intake_put_off(b, &why);
        return;
    }
    if (b->now.verified && b->now.place == BATCH_PLACE_NEW) {
        b->now.place = BATCH_PLACE_BATCHES;
        if (!is_unchanged(b)) {
            verify_there(b, BATCH_PLACE_BATCHES);
            return;
        }
    }
    b->now.rows.ledger = b->ledger;
    b->now.rows.parsed = b->now.parsed;
    b->phase = INTAKE_LOADING;
}

static void move_from_new(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    struct error why;
    bool equal = false;
    int rc = compare_text(b, BATCH_PLACE_NEW, &equal, &why);
    if (rc == 0 && !equal) {
        withdraw_replaced(b, mono_ms, wall_ms);
        return;
    }
    if (rc == 0 && (!b->now.verified || !is_unchanged(b))) {
        verify_there(b, BATCH_PLACE_NEW);
        return;
    }
    if (rc == 0)
        rc = spool_adopt_batch(b->spool, b->now.id, &why);
    if (rc != 0)
        intake_put_off(b, &why);
    else
        load_from_batches(b);
}

void adopt_move(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    switch (spool_find_batch(b->spool, b->now.id)) {
    case BATCH_PLACE_NONE:
        withdraw_vanished(b, mono_ms, wall_ms);
        break;
    case BATCH_PLACE_NEW:
        move_from_new(b, mono_ms, wall_ms);
        break;
    case BATCH_PLACE_BATCHES:
        load_from_batches(b);
        break;
    }
}
