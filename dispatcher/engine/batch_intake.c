#include "engine/batch_intake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/batch_arrival.h"
#include "engine/batch_intake_backend.h"

#define AGAIN_MS      1000  /* what did not work is tried again after this */
#define LOOK_AGAIN_MS 60000 /* a batch whose notices cannot be read now */
#define RESTART_MS    100   /* a reader that dies young must not turn this into a fork bomb */
#define CRASHES_MAX   2     /* over the head of a batch; then it is refused */
#define SILENCE_MS    60000 /* a reader that says nothing for so long hangs */
#define ROW_BYTES     400   /* a guess at what a row takes in the ledger, for the room it needs */

struct batch_intake *batch_intake_open(struct spool *spool, struct ledger *l, struct recorder *r)
{
    struct batch_intake *b = xcalloc(1, sizeof(*b));
    b->spool = spool;
    b->ledger = l;
    b->recorder = r;
    b->look = true;
    b->look_again_mono_ms = INT64_MAX;
    return b;
}

void intake_end_reader(struct batch_intake *b)
{
    char how[40];
    reader_process_end(&b->reader, how, sizeof(how));
}

void intake_leave(struct batch_intake *b)
{
    intake_end_reader(b);
    free(b->now.id);
    batch_free(b->now.parsed);
    buf_free(&b->now.canonical);
    b->now = (struct intake_batch){0};
    b->again_mono_ms = 0;
    b->no_room = false;
    b->phase = INTAKE_IDLE;
}

void batch_intake_close(struct batch_intake *b)
{
    if (b == NULL)
        return;
    intake_leave(b);
    for (size_t i = 0; i < b->noted_count; i++)
        free(b->noted[i]);
    free(b->noted);
    setup_release(b->setup);
    free(b);
}

void batch_intake_use(struct batch_intake *b, struct setup *setup)
{
    setup_release(b->setup);
    b->setup = setup_retain(setup);
}

void batch_intake_watch(struct batch_intake *b, void (*watch)(int64_t line))
{
    b->watch = watch;
}

void batch_intake_note(struct batch_intake *b, const char *id)
{
    if (b->now.id != NULL && strcmp(b->now.id, id) == 0)
        return;
    for (size_t i = 0; i < b->noted_count; i++) {
        if (strcmp(b->noted[i], id) == 0)
            return;
    }
    b->noted = xreallocarray(b->noted, b->noted_count + 1, sizeof(*b->noted));
    b->noted[b->noted_count++] = xstrdup(id);
}

const char *batch_intake_current(const struct batch_intake *b, int64_t *out_line,
                                 int64_t *out_total)
{
    *out_line = b->now.rows.next_line > 0 ? b->now.rows.next_line - 1 : 0;
    *out_total = b->now.parsed != NULL ? b->now.parsed->count : 0;
    return b->now.id;
}

/* ---- what goes wrong ---- */

void intake_try_again(struct batch_intake *b, const char *event, const struct error *why)
{
    log_event(LOG_ERR, event, "id=%s reason=\"%s\" action=\"trying again\"", b->now.id, why->text);
    b->again_mono_ms = clock_mono_ms() + AGAIN_MS;
}

void intake_put_off(struct batch_intake *b, const struct error *why)
{
    log_event(LOG_ERR, "batch.put_off", "id=%s reason=\"%s\" action=\"trying again\"", b->now.id,
              why->text);
    if (b->phase == INTAKE_ADOPTING || b->phase == INTAKE_LOADING)
        b->look_again_mono_ms = clock_mono_ms() + LOOK_AGAIN_MS;
    intake_leave(b);
}

void intake_refuse(struct batch_intake *b, const char *reason)
{
    struct error why;
    log_event(LOG_WARN, "batch.refused", "id=%s reason=\"%s\"", b->now.id, reason);
    if (spool_refuse_batch(b->spool, b->now.id, reason, &why) != 0)
        intake_put_off(b, &why);
    else
        intake_leave(b);
}

void intake_fail_ledger(struct batch_intake *b, const struct error *why)
{
    recorder_ledger_failed(b->recorder, why);
    intake_end_reader(b);
}

/* Said once; what stands in new/ waits where it is safe. */
static bool has_room(struct batch_intake *b, int64_t rows)
{
    struct error why;
    int64_t wanted = b->setup->settings->min_free_bytes + rows * ROW_BYTES;
    bool room = spool_check_room(b->spool, wanted, &why) == 0;
    if (!room && !b->no_room)
        log_event(LOG_ERR, "spool.full", "id=%s reason=\"%s\" action=\"trying again\"", b->now.id,
                  why.text);
    b->no_room = !room;
    return room;
}

/* ---- the reader ---- */

static int start_reader(struct batch_intake *b, bool verify, enum batch_place place,
                        struct error *err)
{
    struct reader_task task = {
        .batch = b->now.parsed,
        .verify = verify,
        .careful = b->now.careful,
        .line = b->now.rows.next_line,
        .offset = b->now.rows.next_offset,
        .watch = b->watch,
    };
    b->now.begun_line = 0;
    b->heard_mono_ms = clock_mono_ms();
    task.notices = spool_open_notices(b->spool, place, b->now.id, &b->now.bytes, err);
    if (task.notices < 0)
        return task.notices;
    return reader_process_start(&b->reader, &task, b->setup, err);
}

/* ---- a batch in new/ ---- */

static bool take_noted(struct batch_intake *b)
{
    if (b->noted_count == 0)
        return false;
    b->now.id = b->noted[0];
    b->noted_count--;
    memmove(b->noted, b->noted + 1, b->noted_count * sizeof(*b->noted));
    return true;
}

static void drop_known(struct batch_intake *b)
{
    struct error why;
    log_event(LOG_INFO, "batch.duplicate", "id=%s", b->now.id);
    if (spool_drop_known_batch(b->spool, b->now.id, &why) != 0)
        intake_put_off(b, &why);
    else
        intake_leave(b);
}

/* It was begun and not adopted: that goes on where it stopped. */
static void look_from_the_start(struct batch_intake *b)
{
    b->look = true;
    b->look_after = 0;
    intake_leave(b);
}

static void look_at_noted(struct batch_intake *b)
{
    struct error why;
    switch (batch_arrival_judge(b->spool, b->ledger, b->now.id, &b->now.parsed, &b->now.canonical,
                                &why)) {
    case ARRIVAL_NEW:
        b->phase = INTAKE_VERIFYING;
        break;
    case ARRIVAL_KNOWN:
        drop_known(b);
        break;
    case ARRIVAL_BEGUN:
        look_from_the_start(b);
        break;
    case ARRIVAL_REFUSED:
        intake_refuse(b, why.text);
        break;
    case ARRIVAL_GONE:
        intake_leave(b);
        break;
    case ARRIVAL_FAILED:
        intake_put_off(b, &why);
        break;
    }
}

static void start_verifying(struct batch_intake *b)
{
    struct error why;
    int rc = start_reader(b, true, BATCH_PLACE_NEW, &why);
    if (rc == ERR_INPUT || rc == ERR_NOT_FOUND)
        intake_refuse(b, why.text);
    else if (rc != 0)
        intake_try_again(b, "batch.read", &why);
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

static void accept(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    enum accept_result result = ACCEPT_NEW;
    struct error why;
    b->again_mono_ms = mono_ms + AGAIN_MS;
    recorder_commit(b->recorder, mono_ms);
    if (b->recorder->down || !has_room(b, b->now.parsed->count))
        return;
    if (begin_batch(b, wall_ms, &result, &why) != 0) {
        intake_fail_ledger(b, &why);
        return;
    }
    recorder_ledger_wrote(b->recorder);
    b->again_mono_ms = mono_ms;
    if (result == ACCEPT_CONFLICT) {
        batch_arrival_conflict(b->now.id, &why);
        intake_refuse(b, why.text);
        return;
    }
    if (result == ACCEPT_DUPLICATE) { /* judged anew by the next scan */
        look_from_the_start(b);
        return;
    }
    log_event(LOG_INFO, "batch.accepted", "id=%s lines=%lld bytes=%lld", b->now.id,
              (long long)b->now.parsed->count, (long long)b->now.bytes);
    b->now.rows.next_line = 1;
    b->phase = INTAKE_ADOPTING;
}

static void adopt(struct batch_intake *b)
{
    struct error why;
    if (spool_adopt_batch(b->spool, b->now.id, &why) != 0) {
        intake_put_off(b, &why);
        return;
    }
    b->now.rows.ledger = b->ledger;
    b->now.rows.parsed = b->now.parsed;
    b->phase = INTAKE_LOADING;
}

/* ---- what was begun before ---- */

static void take_begun(void *context, const struct batch_row *row)
{
    struct batch_intake *b = context;
    if (b->now.id != NULL || row->text == NULL)
        return;
    b->now.id = xstrdup(row->id);
    b->now.rows.batch = row->batch;
    b->now.rows.next_line = row->next_line > 0 ? row->next_line : 1;
    b->now.rows.next_offset = row->next_offset;
    buf_puts(&b->now.canonical, row->text);
}

/* True if there is one that is not whole. */
static bool find_begun(struct batch_intake *b, int64_t mono_ms)
{
    const struct batch_question q = {.loading = true, .after = b->look_after};
    struct error why;
    if (mono_ms >= b->look_again_mono_ms) {
        b->look = true;
        b->look_after = 0;
        b->look_again_mono_ms = INT64_MAX;
    }
    if (!b->look)
        return false;
    if (ledger_walk_batches(b->ledger, &q, take_begun, b, &why) != 0) {
        intake_fail_ledger(b, &why);
        return false;
    }
    b->look = b->now.id != NULL;
    return b->look;
}

static void go_on_with_begun(struct batch_intake *b)
{
    struct error why;
    b->look_after = b->now.rows.batch;
    b->phase = INTAKE_ADOPTING;
    if (batch_parse(b->now.canonical.data, b->now.canonical.len, "batch.json", true, &b->now.parsed,
                    &why) != 0) {
        intake_put_off(b, &why);
        return;
    }
    log_event(LOG_INFO, "batch.resumed", "id=%s line=%lld lines=%lld", b->now.id,
              (long long)b->now.rows.next_line, (long long)b->now.parsed->count);
}

static void start_loading(struct batch_intake *b)
{
    struct error why;
    int rc = start_reader(b, false, BATCH_PLACE_BATCHES, &why);
    if (rc == ERR_AGAIN)
        intake_try_again(b, "batch.read", &why);
    else if (rc != 0)
        intake_put_off(b, &why);
}

/* ---- hearing the reader ---- */

/* `how` NULL: it died by itself; else it was ended for what it said. */
void intake_mourn(struct batch_intake *b, int64_t wall_ms, const char *how)
{
    char ended[40], reason[160];
    int64_t mono_ms = clock_mono_ms();
    int number = reader_process_end(&b->reader, ended, sizeof(ended));
    how = how != NULL ? how : ended;
    log_event(LOG_WARN, "reader.died", "id=%s line=%lld how=\"%s\"", b->now.id,
              (long long)b->now.rows.next_line, how);
    b->again_mono_ms = mono_ms + RESTART_MS;
    if (b->phase == INTAKE_LOADING) {
        loading_mourn(b, wall_ms, how);
    } else if ((how != ended || number != SIGKILL) && ++b->now.crashes >= CRASHES_MAX) {
        snprintf(reason, sizeof(reason),
                 "notices.jsonl: reading its first lines ended the reader twice: %s", how);
        intake_refuse(b, reason);
    }
}

static void hear_verdict(struct batch_intake *b, int64_t wall_ms)
{
    struct reader_message m;
    struct error why;
    int found;
    while ((found = reader_process_next(&b->reader, &m, &why)) > 0 && m.word == READER_BEGUN)
        continue; /* it lives, and reads */
    if (found == 0)
        return;
    if (found < 0) {
        intake_mourn(b, wall_ms, why.text);
    } else if (m.word == READER_VERDICT && *m.text == '\0') {
        intake_end_reader(b);
        b->now.crashes = 0;
        b->phase = INTAKE_VERIFIED;
    } else if (m.word == READER_VERDICT) {
        intake_refuse(b, m.text);
    } else {
        error_set(&why, ERR_IO, "%s", m.word == READER_FAILED ? m.text : "no verdict came");
        intake_put_off(b, &why);
    }
}

/* It hangs: the line it hangs on is found as one that kills. */
static void end_silent_reader(struct batch_intake *b, int64_t wall_ms)
{
    struct error why;
    error_set(&why, ERR_AGAIN, "it said nothing for %d s", SILENCE_MS / 1000);
    if (b->phase == INTAKE_LOADING)
        intake_mourn(b, wall_ms, why.text);
    else
        intake_put_off(b, &why);
}

/* ---- the loop ---- */

size_t batch_intake_poll(const struct batch_intake *b, struct pollfd *fds)
{
    bool listens = b->reader.pid != 0 && !b->recorder->down && !b->no_room;
    *fds = (struct pollfd){.fd = listens ? b->reader.socket : -1, .events = POLLIN};
    return 1;
}

void batch_intake_serve(struct batch_intake *b, const struct pollfd *fds, int64_t wall_ms)
{
    if (fds->revents == 0 || b->reader.pid == 0 || b->recorder->down)
        return;
    if (b->phase == INTAKE_LOADING && !has_room(b, 0))
        return;
    reader_process_receive(&b->reader);
    b->heard_mono_ms = clock_mono_ms();
    bool ended = b->reader.ended;
    if (b->phase == INTAKE_LOADING)
        loading_hear(b, wall_ms);
    else
        hear_verdict(b, wall_ms);
    if (ended && b->reader.pid != 0)
        intake_mourn(b, wall_ms, NULL);
}

static void step(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    switch (b->phase) {
    case INTAKE_IDLE:
        if (find_begun(b, mono_ms))
            go_on_with_begun(b);
        else if (!b->recorder->down && take_noted(b))
            look_at_noted(b);
        break;
    case INTAKE_VERIFYING:
        if (b->reader.pid == 0)
            start_verifying(b);
        break;
    case INTAKE_VERIFIED:
        accept(b, mono_ms, wall_ms);
        break;
    case INTAKE_ADOPTING:
        adopt(b);
        break;
    case INTAKE_LOADING:
        if (b->no_room && has_room(b, 0))
            break;
        if (b->reader.pid == 0)
            start_loading(b);
        break;
    }
}

static bool has_work(const struct batch_intake *b)
{
    if (b->phase == INTAKE_IDLE)
        return b->look || b->noted_count > 0;
    return b->reader.pid == 0;
}

/* While nobody listens to the reader, its silence means nothing. */
static int64_t rest(struct batch_intake *b, int64_t mono_ms)
{
    b->heard_mono_ms = mono_ms;
    return mono_ms + AGAIN_MS;
}

int64_t batch_intake_tend(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    if (b->setup == NULL)
        return INT64_MAX;
    if (b->recorder->down)
        return rest(b, mono_ms);
    if (mono_ms >= b->again_mono_ms)
        step(b, mono_ms, wall_ms);
    if (b->recorder->down || b->no_room)
        return rest(b, mono_ms);
    if (b->reader.pid != 0 && mono_ms - b->heard_mono_ms >= SILENCE_MS)
        end_silent_reader(b, wall_ms);
    if (has_work(b))
        return b->again_mono_ms > mono_ms ? b->again_mono_ms : mono_ms;
    return b->phase == INTAKE_IDLE ? b->look_again_mono_ms : b->heard_mono_ms + SILENCE_MS;
}
