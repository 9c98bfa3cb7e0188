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

#define AGAIN_MS       1000  /* what did not work is tried again after this */
#define LOOK_AGAIN_MS  60000 /* a batch whose notices cannot be read now */
#define RESTART_MS     100   /* a reader that dies young must not turn this into a fork bomb */
#define CRASHES_MAX    2     /* over the head of a batch; then it is refused */
#define SILENCE_MS     60000 /* a reader that says nothing for so long hangs */
#define ROW_BYTES      400   /* a guess at what a row takes in the ledger, for the room it needs */
#define NO_ROOM_MS     1000  /* until its room is asked for again */
#define PUT_OFF_MS     5000  /* what stands in new/ and could not be looked at */
#define KILLED_MAX     3     /* readers in a row that somebody killed; then others go first */
#define KILLED_MS      10000 /* for so long, twice as long each time, at most: */
#define KILLED_MOST_MS 600000
#define YIELD_MS       1000   /* a batch loads at least for so long before others pass */
#define PASS_MAX       100    /* and at most so many */
#define LETTER_MS      600000 /* what waits for a letter, should no reload wake it */
#define PEEK_MAX       16

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
    free(b->now.told);
    batch_free(b->now.parsed);
    buf_free(&b->now.canonical);
    b->now = (struct intake_batch){0};
    b->again_mono_ms = 0;
    b->no_room = false;
    b->phase = INTAKE_IDLE;
}

static void forget_put_off(struct batch_intake *b)
{
    for (size_t i = 0; i < b->put_off_count; i++) {
        free(b->put_off[i].id);
        free(b->put_off[i].waits);
    }
    b->put_off_count = 0;
}

void batch_intake_close(struct batch_intake *b)
{
    if (b == NULL)
        return;
    intake_leave(b);
    batch_queue_clear(&b->queue);
    forget_put_off(b);
    free(b->put_off);
    setup_release(b->setup);
    free(b);
}

void batch_intake_use(struct batch_intake *b, struct setup *setup)
{
    setup_release(b->setup);
    b->setup = setup_retain(setup);
    batch_queue_wake(&b->queue);
    b->look = b->look || b->put_off_count > 0;
    forget_put_off(b);
}

const char *batch_intake_waits(const struct batch_intake *b, const char *id)
{
    for (size_t i = 0; i < b->put_off_count; i++) {
        if (strcmp(b->put_off[i].id, id) == 0)
            return b->put_off[i].waits;
    }
    return batch_queue_waits(&b->queue, id);
}

void batch_intake_watch(struct batch_intake *b, void (*watch)(int64_t line))
{
    b->watch = watch;
}

bool batch_intake_knows(const struct batch_intake *b, const char *id)
{
    return (b->now.id != NULL && strcmp(b->now.id, id) == 0) || batch_queue_has(&b->queue, id);
}

void batch_intake_note(struct batch_intake *b, const char *id)
{
    if (batch_intake_knows(b, id))
        return;
    const struct queued_batch one = {.id = xstrdup(id)};
    batch_queue_put(&b->queue, &one);
}

/* The batch of now goes back to those that wait in new/. */
static void queue_again_for(struct batch_intake *b, int64_t wait_ms, const char *letter)
{
    const struct queued_batch one = {.id = xstrdup(b->now.id),
                                     .waits = xstrdup(letter),
                                     .rank = b->now.rank,
                                     .not_before_mono_ms = clock_mono_ms() + wait_ms,
                                     .killed = b->now.killed,
                                     .no_room = b->now.no_room};
    intake_leave(b);
    batch_queue_put(&b->queue, &one);
}

static void queue_again(struct batch_intake *b, int64_t wait_ms)
{
    queue_again_for(b, wait_ms, NULL);
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

/* Whoever kills the readers of a batch, lack of memory perhaps, kills the next one too. */
static int64_t put_off_ms(const struct intake_batch *now)
{
    int64_t wait_ms = KILLED_MS;
    if (now->killed < KILLED_MAX)
        return PUT_OFF_MS;
    for (int i = KILLED_MAX; i < now->killed && wait_ms < KILLED_MOST_MS; i++)
        wait_ms *= 2;
    return wait_ms < KILLED_MOST_MS ? wait_ms : KILLED_MOST_MS;
}

static void set_aside(struct batch_intake *b, const char *letter)
{
    b->put_off = xreallocarray(b->put_off, b->put_off_count + 1, sizeof(*b->put_off));
    b->put_off[b->put_off_count++] =
        (struct put_off){.batch = b->now.rows.batch,
                         .id = xstrdup(b->now.id),
                         .waits = letter != NULL ? xstrdup(letter) : NULL};
}

void intake_put_off(struct batch_intake *b, const struct error *why)
{
    log_event(LOG_ERR, "batch.put_off", "id=%s reason=\"%s\" action=\"trying again\"", b->now.id,
              why->text);
    if (!b->now.begun) {
        queue_again(b, put_off_ms(&b->now));
        return;
    }
    set_aside(b, NULL);
    b->look_again_mono_ms = clock_mono_ms() + LOOK_AGAIN_MS;
    intake_leave(b);
}

/* One that was read by the letters of before has not met those of now. */
void intake_wait_for_letter(struct batch_intake *b, const char *reason)
{
    int64_t wait_ms = b->reader.setup == b->setup ? LETTER_MS : 0;
    char *why = xstrdup(reason); /* of the reader's message, which ends with it */
    int64_t again_mono_ms = clock_mono_ms() + wait_ms;
    if (wait_ms > 0 && (b->now.told == NULL || strcmp(b->now.told, why) != 0))
        log_event(LOG_WARN, "batch.waits", "id=%s reason=\"%s\"", b->now.id, why);
    if (!b->now.begun) {
        queue_again_for(b, wait_ms, why);
    } else {
        set_aside(b, why);
        if (b->look_again_mono_ms > again_mono_ms)
            b->look_again_mono_ms = again_mono_ms;
        intake_leave(b);
    }
    free(why);
}

void intake_look_again(struct batch_intake *b)
{
    log_event(LOG_INFO, "batch.changed", "id=%s action=\"looking at it again\"", b->now.id);
    queue_again(b, AGAIN_MS); /* who changes it is perhaps not done */
}

void intake_refuse(struct batch_intake *b, const char *reason)
{
    struct error why;
    if (!b->now.begun && !spool_batch_is_settled(b->spool, b->now.id, clock_wall_ms())) {
        queue_again(b, AGAIN_MS); /* perhaps somebody is still copying it there */
        return;
    }
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

bool intake_has_room(struct batch_intake *b, int64_t rows, bool *told)
{
    struct error why;
    int64_t wanted = b->setup->settings->min_free_bytes + rows * ROW_BYTES;
    bool room = spool_check_room(b->spool, wanted, &why) == 0;
    if (!room && !*told)
        log_event(LOG_ERR, "spool.full", "id=%s reason=\"%s\" action=\"trying again\"", b->now.id,
                  why.text);
    *told = !room;
    return room;
}

/* ---- the reader ---- */

int intake_start_reader(struct batch_intake *b, bool verify, enum batch_place place,
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
    if (verify && !spool_is_stamped(task.notices, &b->now.stamp)) {
        close(task.notices);
        return error_set(err, ERR_CONFLICT, "notices.jsonl was replaced");
    }
    return reader_process_start(&b->reader, &task, b->setup, err);
}

/* ---- a batch in new/ ---- */

static bool take_queued(struct batch_intake *b, int64_t mono_ms, enum batch_rank least)
{
    struct queued_batch one;
    if (b->recorder->down || !batch_queue_take(&b->queue, mono_ms, least, &one))
        return false;
    b->now.id = one.id;
    b->now.killed = one.killed;
    b->now.no_room = one.no_room;
    b->now.told = one.waits;
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

void intake_look_from_the_start(struct batch_intake *b)
{
    b->look = true;
    forget_put_off(b);
    intake_leave(b);
}

/* The stamp is older than what was read: what changes in between is seen. */
static enum arrival judge_queued(struct batch_intake *b, struct error *why)
{
    int rc = spool_stamp_batch(b->spool, BATCH_PLACE_NEW, b->now.id, &b->now.stamp, why);
    if (rc != 0)
        return rc == ERR_NOT_FOUND ? ARRIVAL_GONE : ARRIVAL_FAILED;
    return batch_arrival_judge(b->spool, b->ledger, b->now.id, &b->now.parsed, &b->now.canonical,
                               why);
}

static void begin_verifying(struct batch_intake *b)
{
    b->now.rank = batch_arrival_rank(b->now.parsed);
    b->now.place = BATCH_PLACE_NEW;
    if (intake_has_room(b, b->now.parsed->count, &b->now.no_room))
        b->phase = INTAKE_VERIFYING;
    else
        queue_again(b, NO_ROOM_MS);
}

static void look_at_queued(struct batch_intake *b)
{
    struct error why;
    switch (judge_queued(b, &why)) {
    case ARRIVAL_NEW:
        begin_verifying(b);
        break;
    case ARRIVAL_KNOWN:
        drop_known(b);
        break;
    case ARRIVAL_BEGUN:
        if (b->put_off_count > 0)
            queue_again(b, LOOK_AGAIN_MS);
        else
            intake_look_from_the_start(b);
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

/* ---- what was begun before ---- */

static bool is_put_off(const struct batch_intake *b, int64_t batch)
{
    for (size_t i = 0; i < b->put_off_count; i++) {
        if (b->put_off[i].batch == batch)
            return true;
    }
    return false;
}

static void take_begun(void *context, const struct batch_row *row)
{
    struct batch_intake *b = context;
    enum batch_rank rank = batch_arrival_rank_of(row->total, row->priority);
    if (row->text == NULL || is_put_off(b, row->batch) ||
        (b->now.id != NULL && b->now.rank >= rank))
        return;
    free(b->now.id);
    b->now.id = xstrdup(row->id);
    b->now.rank = rank;
    b->now.begun = true;
    b->now.rows.batch = row->batch;
    b->now.rows.next_line = row->next_line > 0 ? row->next_line : 1;
    b->now.rows.next_offset = row->next_offset;
    buf_reset(&b->now.canonical);
    buf_puts(&b->now.canonical, row->text);
}

/* True if there is one that is not whole. */
static bool find_begun(struct batch_intake *b, int64_t mono_ms)
{
    const struct batch_question q = {.loading = true};
    struct error why;
    if (mono_ms >= b->look_again_mono_ms) {
        b->look = true;
        forget_put_off(b);
        b->look_again_mono_ms = INT64_MAX;
    }
    if (!b->look)
        return false;
    if (ledger_walk_batches(b->ledger, &q, take_begun, b, &why) != 0) {
        intake_leave(b);
        intake_fail_ledger(b, &why);
        return false;
    }
    b->look = b->now.id != NULL;
    return b->look;
}

static void go_on_with_begun(struct batch_intake *b)
{
    struct error why;
    b->phase = INTAKE_ADOPTING;
    if (batch_parse(b->now.canonical.data, b->now.canonical.len, "batch.json", true, &b->now.parsed,
                    &why) != 0) {
        intake_put_off(b, &why);
        return;
    }
    log_event(LOG_INFO, "batch.resumed", "id=%s line=%lld lines=%lld", b->now.id,
              (long long)b->now.rows.next_line, (long long)b->now.parsed->count);
}

/* Small and urgent ones pass those that were begun, but do not keep them out for ever. */
static void choose_next(struct batch_intake *b, int64_t mono_ms)
{
    bool others_wait = b->look || b->put_off_count > 0;
    if ((!others_wait || b->passed < PASS_MAX) && take_queued(b, mono_ms, BATCH_RANK_HIGH)) {
        b->passed += others_wait ? 1 : 0;
        look_at_queued(b);
        return;
    }
    b->passed = 0;
    if (find_begun(b, mono_ms))
        go_on_with_begun(b);
    else if (take_queued(b, mono_ms, BATCH_RANK_UNKNOWN))
        look_at_queued(b);
}

static void start_loading(struct batch_intake *b)
{
    struct error why;
    int rc = intake_start_reader(b, false, BATCH_PLACE_BATCHES, &why);
    b->now.yield_mono_ms = clock_mono_ms() + YIELD_MS;
    if (rc == ERR_AGAIN)
        intake_try_again(b, "batch.read", &why);
    else if (rc != 0)
        intake_put_off(b, &why);
}

/* One that loads can be interrupted at any line. Verifying cannot, but is soon over. */
static void let_others_pass(struct batch_intake *b, int64_t mono_ms)
{
    struct queued_batch *one;
    if (b->phase != INTAKE_LOADING || mono_ms < b->now.yield_mono_ms)
        return;
    for (int i = 0; i < PEEK_MAX && (one = batch_queue_unranked(&b->queue, mono_ms)) != NULL; i++)
        one->rank = batch_arrival_peek(b->spool, one->id);
    if (!batch_queue_beats(&b->queue, mono_ms, b->now.rank)) {
        b->now.yield_mono_ms = mono_ms + YIELD_MS / 10;
        return;
    }
    log_event(LOG_INFO, "batch.paused", "id=%s line=%lld reason=\"others are done with sooner\"",
              b->now.id, (long long)b->now.rows.next_line);
    intake_leave(b);
    b->look = true;
}

/* ---- hearing the reader ---- */

static void mourn_verifying(struct batch_intake *b, int number, const char *how, bool blamed)
{
    struct error why;
    if (!blamed && number == SIGKILL) {
        b->again_mono_ms += (int64_t)RESTART_MS << (b->now.killed < KILLED_MAX ? b->now.killed : 0);
        if (++b->now.killed < KILLED_MAX)
            return;
        error_set(&why, ERR_AGAIN, "its readers were killed %d times, for lack of memory perhaps",
                  b->now.killed);
        intake_put_off(b, &why);
    } else if (++b->now.crashes >= CRASHES_MAX) {
        error_set(&why, ERR_INPUT,
                  "notices.jsonl: reading its first lines ended the reader twice: %s", how);
        if (b->now.begun)
            intake_put_off(b, &why);
        else
            intake_refuse(b, why.text);
    }
}

/* `how` NULL: it died by itself; else it was ended for what it said. */
void intake_mourn(struct batch_intake *b, int64_t wall_ms, const char *how)
{
    char ended[40];
    int number = reader_process_end(&b->reader, ended, sizeof(ended));
    log_event(LOG_WARN, "reader.died", "id=%s line=%lld how=\"%s\"", b->now.id,
              (long long)b->now.rows.next_line, how != NULL ? how : ended);
    b->again_mono_ms = clock_mono_ms() + RESTART_MS;
    if (b->phase == INTAKE_LOADING)
        loading_mourn(b, wall_ms, how != NULL ? how : ended);
    else
        mourn_verifying(b, number, how != NULL ? how : ended, how != NULL);
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
    } else if (m.word == READER_VERDICT) {
        adopt_hear_verdict(b, m.text, wall_ms);
    } else if (m.word == READER_WAITS) {
        intake_wait_for_letter(b, m.text);
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
    if (b->phase == INTAKE_LOADING && !intake_has_room(b, 0, &b->no_room))
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
        choose_next(b, mono_ms);
        break;
    case INTAKE_VERIFYING:
        if (b->reader.pid == 0)
            adopt_start_verifying(b);
        break;
    case INTAKE_VERIFIED:
        adopt_accept(b, mono_ms, wall_ms);
        break;
    case INTAKE_ADOPTING:
        adopt_move(b, mono_ms, wall_ms);
        break;
    case INTAKE_LOADING:
        if (b->no_room && intake_has_room(b, 0, &b->no_room))
            break;
        if (b->reader.pid == 0)
            start_loading(b);
        break;
    }
}

/* When there is something to do that no descriptor tells of. */
static int64_t next_step(const struct batch_intake *b, int64_t mono_ms)
{
    int64_t next_ms = mono_ms;
    if (b->phase == INTAKE_IDLE && !b->look) {
        int64_t queue_ms = batch_queue_next(&b->queue);
        next_ms = queue_ms < b->look_again_mono_ms ? queue_ms : b->look_again_mono_ms;
    } else if (b->reader.pid != 0) {
        next_ms = b->heard_mono_ms + SILENCE_MS;
        if (b->phase == INTAKE_LOADING && b->queue.count > 0 && b->now.yield_mono_ms < next_ms)
            next_ms = b->now.yield_mono_ms;
    }
    return b->again_mono_ms > next_ms ? b->again_mono_ms : next_ms;
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
    reader_process_reap(&b->reader);
    if (mono_ms >= b->again_mono_ms)
        step(b, mono_ms, wall_ms);
    if (b->recorder->down || b->no_room)
        return rest(b, mono_ms);
    if (b->reader.pid != 0 && mono_ms - b->heard_mono_ms >= SILENCE_MS)
        end_silent_reader(b, wall_ms);
    let_others_pass(b, mono_ms);
    return next_step(b, mono_ms);
}
