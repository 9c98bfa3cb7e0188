#include "engine/batch_intake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/batch_arrival.h"
#include "engine/batch_rows.h"
#include "engine/lines.h"
#include "engine/reader_process.h"

/*
 *             ┌──────── wrong ──────▶ corrupt/ID/
 *   IDLE ─▶ VERIFYING ─▶ VERIFIED ─▶ ADOPTING ─▶ LOADING ─▶ IDLE
 *    ▲       (reader)     (room?)    (rename)    (reader)
 *    └─ a batch that stands BATCH_LOADING in the ledger begins at ADOPTING
 *
 * What has to be tried again (no room, no process, a disk that does not read) keeps its phase and
 * waits a little. Behind VERIFIED the batch is in the ledger: from there on nothing of it is lost.
 */
enum phase { IDLE, VERIFYING, VERIFIED, ADOPTING, LOADING };

#define AGAIN_MS      1000  /* what did not work is tried again after this */
#define LOOK_AGAIN_MS 60000 /* a batch whose notices cannot be read now */
#define RESTART_MS    100   /* a reader that dies young must not turn this into a fork bomb */
#define CRASHES_MAX   2     /* then the line is set aside, or the batch refused */
#define ROW_BYTES     400   /* a guess at what a row takes in the ledger, for the room it needs */

/* The batch being taken in. */
struct intake_batch {
    char *id;
    struct batch *parsed;
    struct buf canonical;
    int64_t bytes;
    struct batch_rows rows; /* from ADOPTING on */
    int64_t begun_line;     /* the line a careful reader is at, 0: none */
    int64_t crash_line;
    int crashes; /* in a row, at crash_line; verifying: at all */
    bool careful;
};

struct batch_intake {
    struct spool *spool;
    struct ledger *ledger;
    struct recorder *recorder;
    struct setup *setup; /* for the next reader; one reference */
    char **noted;        /* directories in new/ */
    size_t noted_count;
    bool look;          /* the ledger may know batches that are not whole */
    int64_t look_after; /* behind this number */
    int64_t look_again_mono_ms;
    enum phase phase;
    struct intake_batch now;
    struct reader_process reader;
    int64_t again_mono_ms; /* not before */
    bool no_room;          /* the log says so */
    void (*watch)(int64_t line);
};

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

static void end_reader(struct batch_intake *b)
{
    char how[40];
    reader_process_end(&b->reader, how, sizeof(how));
}

static void leave_batch(struct batch_intake *b)
{
    end_reader(b);
    free(b->now.id);
    batch_free(b->now.parsed);
    buf_free(&b->now.canonical);
    b->now = (struct intake_batch){0};
    b->again_mono_ms = 0;
    b->phase = IDLE;
}

void batch_intake_close(struct batch_intake *b)
{
    if (b == NULL)
        return;
    leave_batch(b);
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

static void try_again(struct batch_intake *b, int64_t mono_ms, const char *event,
                      const struct error *why)
{
    log_event(LOG_ERR, event, "id=%s reason=\"%s\" action=\"trying again\"", b->now.id, why->text);
    b->again_mono_ms = mono_ms + AGAIN_MS;
}

/* It stays where it is, and is noted again by the next scan. */
static void put_off(struct batch_intake *b, const struct error *why)
{
    log_event(LOG_ERR, "batch.put_off", "id=%s reason=\"%s\"", b->now.id, why->text);
    leave_batch(b);
}

static void refuse(struct batch_intake *b, const char *reason)
{
    struct error why;
    log_event(LOG_WARN, "batch.refused", "id=%s reason=\"%s\"", b->now.id, reason);
    if (spool_refuse_batch(b->spool, b->now.id, reason, &why) != 0)
        put_off(b, &why);
    else
        leave_batch(b);
}

static void fail_ledger(struct batch_intake *b, const struct error *why)
{
    recorder_ledger_failed(b->recorder, why);
    end_reader(b);
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
        put_off(b, &why);
    else
        leave_batch(b);
}

/* It was begun and not adopted: that goes on where it stopped. */
static void look_from_the_start(struct batch_intake *b)
{
    b->look = true;
    b->look_after = 0;
    leave_batch(b);
}

static void look_at_noted(struct batch_intake *b)
{
    struct error why;
    switch (batch_arrival_judge(b->spool, b->ledger, b->now.id, &b->now.parsed, &b->now.canonical,
                                &why)) {
    case ARRIVAL_NEW:
        b->phase = VERIFYING;
        break;
    case ARRIVAL_KNOWN:
        drop_known(b);
        break;
    case ARRIVAL_BEGUN:
        look_from_the_start(b);
        break;
    case ARRIVAL_REFUSED:
        refuse(b, why.text);
        break;
    case ARRIVAL_GONE:
        leave_batch(b);
        break;
    case ARRIVAL_FAILED:
        put_off(b, &why);
        break;
    }
}

static void start_verifying(struct batch_intake *b, int64_t mono_ms)
{
    struct error why;
    int rc = start_reader(b, true, BATCH_PLACE_NEW, &why);
    if (rc == ERR_INPUT || rc == ERR_NOT_FOUND)
        refuse(b, why.text);
    else if (rc != 0)
        try_again(b, mono_ms, "batch.read", &why);
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
        fail_ledger(b, &why);
        return;
    }
    recorder_ledger_wrote(b->recorder);
    b->again_mono_ms = mono_ms;
    if (result == ACCEPT_CONFLICT) {
        batch_arrival_conflict(b->now.id, &why);
        refuse(b, why.text);
        return;
    }
    if (result == ACCEPT_DUPLICATE) { /* judged anew by the next scan */
        look_from_the_start(b);
        return;
    }
    log_event(LOG_INFO, "batch.accepted", "id=%s lines=%lld bytes=%lld", b->now.id,
              (long long)b->now.parsed->count, (long long)b->now.bytes);
    b->now.rows.next_line = 1;
    b->phase = ADOPTING;
}

static void adopt(struct batch_intake *b, int64_t mono_ms)
{
    struct error why;
    if (spool_adopt_batch(b->spool, b->now.id, &why) == 0) {
        b->now.rows.ledger = b->ledger;
        b->now.rows.parsed = b->now.parsed;
        b->phase = LOADING;
        return;
    }
    /* In the ledger it is; others need not wait for whoever mends this directory. */
    log_event(LOG_ERR, "batch.stuck", "id=%s reason=\"%s\" action=\"trying again\"", b->now.id,
              why.text);
    b->look_again_mono_ms = mono_ms + LOOK_AGAIN_MS;
    leave_batch(b);
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
        fail_ledger(b, &why);
        return false;
    }
    b->look = b->now.id != NULL;
    return b->look;
}

static void go_on_with_begun(struct batch_intake *b, int64_t mono_ms)
{
    struct error why;
    b->look_after = b->now.rows.batch;
    if (batch_parse(b->now.canonical.data, b->now.canonical.len, "batch.json", true, &b->now.parsed,
                    &why) != 0) {
        log_event(LOG_ERR, "batch.stuck", "id=%s reason=\"%s\"", b->now.id, why.text);
        b->look_again_mono_ms = mono_ms + LOOK_AGAIN_MS;
        leave_batch(b);
        return;
    }
    log_event(LOG_INFO, "batch.resumed", "id=%s line=%lld lines=%lld", b->now.id,
              (long long)b->now.rows.next_line, (long long)b->now.parsed->count);
    b->phase = ADOPTING;
}

static void start_loading(struct batch_intake *b, int64_t mono_ms)
{
    struct error why;
    int rc = start_reader(b, false, BATCH_PLACE_BATCHES, &why);
    if (rc == 0)
        return;
    if (rc == ERR_AGAIN) {
        try_again(b, mono_ms, "batch.read", &why);
        return;
    }
    log_event(LOG_ERR, "batch.stuck", "id=%s reason=\"%s\" action=\"trying again\"", b->now.id,
              why.text);
    b->look_again_mono_ms = mono_ms + LOOK_AGAIN_MS;
    leave_batch(b);
}

/* ---- rows ---- */

enum heard { HEARD_ALL, HEARD_NONSENSE, HEARD_LEDGER_FAILED, HEARD_TROUBLE };

/* Rows come one after the other without a gap, or the reader has lost its mind. */
static enum heard take_line(struct batch_intake *b, const struct reader_message *m,
                            struct error *err)
{
    struct batch_rows *rows = &b->now.rows;
    if (!batch_rows_expects(rows, &m->line)) {
        error_set(err, ERR_INTERNAL, "line %lld came instead of %lld", (long long)m->line.line,
                  (long long)rows->line);
        return HEARD_NONSENSE;
    }
    int rc = m->word == READER_ROW
                 ? batch_rows_put(rows, &m->line, err)
                 : batch_rows_put_bad(rows, b->reader.setup->settings, &m->line, m->text, err);
    return rc == 0 ? HEARD_ALL : HEARD_LEDGER_FAILED;
}

static enum heard take_end(struct batch_intake *b, struct error *err)
{
    int rc = batch_rows_finish(&b->now.rows, err);
    if (rc == 0)
        return HEARD_ALL;
    return rc == ERR_INTERNAL ? HEARD_NONSENSE : HEARD_LEDGER_FAILED;
}

static enum heard take_row(struct batch_intake *b, const struct reader_message *m,
                           struct error *err)
{
    switch (m->word) {
    case READER_BEGUN:
        b->now.begun_line = m->line.line;
        return HEARD_ALL;
    case READER_ROW:
    case READER_BAD:
        return take_line(b, m, err);
    case READER_END:
        return take_end(b, err);
    case READER_FAILED:
        error_set(err, ERR_IO, "%s", m->text);
        return HEARD_TROUBLE;
    case READER_VERDICT:
        break;
    }
    error_set(err, ERR_INTERNAL, "a verdict nobody asked for");
    return HEARD_NONSENSE;
}

static enum heard take_rows(struct batch_intake *b, struct error *err)
{
    struct reader_message m;
    enum heard heard = HEARD_ALL;
    while (heard == HEARD_ALL && !b->now.rows.finished) {
        int found = reader_process_next(&b->reader, &m, err);
        if (found == 0)
            return HEARD_ALL;
        heard = found > 0 ? take_row(b, &m, err) : HEARD_NONSENSE;
    }
    return heard;
}

/* ---- a reader that died ---- */

static int64_t measure_line(struct batch_intake *b, struct error *err)
{
    struct lines lines;
    struct line line;
    int64_t size = 0;
    int fd = spool_open_notices(b->spool, BATCH_PLACE_BATCHES, b->now.id, &size, err);
    if (fd < 0)
        return fd;
    lines_begin(&lines, fd, "notices.jsonl", BATCH_LINE_MAX, b->now.rows.next_offset);
    int rc = lines_next(&lines, &line, err);
    lines_end(&lines);
    close(fd);
    return rc > 0 ? (int64_t)line.len : rc;
}

/* It has cost two readers; the third goes on behind it. */
static void set_line_aside(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms,
                           const char *how)
{
    struct batch_rows *rows = &b->now.rows;
    char recipient[24], remark[120];
    struct error why;
    int64_t length = measure_line(b, &why);
    if (length < 0) {
        try_again(b, mono_ms, "batch.read", &why);
        return;
    }
    recorder_commit(b->recorder, mono_ms);
    if (b->recorder->down)
        return;
    batch_rows_begin(rows, wall_ms);
    snprintf(recipient, sizeof(recipient), "%lld", (long long)rows->line);
    snprintf(remark, sizeof(remark), "reading this line ended the reader twice: %s", how);
    const struct planned_line place = {
        .line = rows->line, .offset = rows->offset, .length = length, .recipient = recipient};
    int rc = batch_rows_put_bad(rows, b->setup->settings, &place, remark, &why);
    if (rc == 0)
        rc = batch_rows_commit(rows, &why);
    if (rc != 0)
        fail_ledger(b, &why);
    else
        b->now.crashes = 0;
}

/*
 * Rows it had not sent yet are gone with it, so the line that killed it is not known: the next one
 * tells line by line. Only one that dies while it is at a line, and the next one at the same line
 * again, blames it; who kills readers from outside does not hit the same one twice.
 */
static void mourn_loader(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms, const char *how)
{
    int64_t line = b->now.rows.next_line;
    bool at_line = b->now.begun_line == line;
    bool again = at_line && b->now.crash_line == line;
    b->now.crashes = !at_line ? 0 : again ? b->now.crashes + 1 : 1;
    b->now.crash_line = at_line ? line : 0;
    b->now.careful = true;
    if (b->now.crashes >= CRASHES_MAX)
        set_line_aside(b, mono_ms, wall_ms, how);
}

/* `how` NULL: it died by itself; else it was ended for what it said. */
static void mourn(struct batch_intake *b, int64_t wall_ms, const char *how)
{
    char ended[40], reason[160];
    int64_t mono_ms = clock_mono_ms();
    int number = reader_process_end(&b->reader, ended, sizeof(ended));
    how = how != NULL ? how : ended;
    log_event(LOG_WARN, "reader.died", "id=%s line=%lld how=\"%s\"", b->now.id,
              (long long)b->now.rows.next_line, how);
    b->again_mono_ms = mono_ms + RESTART_MS;
    if (b->phase == LOADING) {
        mourn_loader(b, mono_ms, wall_ms, how);
    } else if (number != SIGKILL && ++b->now.crashes >= CRASHES_MAX) {
        snprintf(reason, sizeof(reason),
                 "notices.jsonl: reading its first lines ended the reader twice: %s", how);
        refuse(b, reason);
    }
}

/* ---- hearing the reader ---- */

static void finish_batch(struct batch_intake *b)
{
    log_event(LOG_INFO, "batch.loaded", "id=%s lines=%lld wrong=%lld", b->now.id,
              (long long)b->now.parsed->count, (long long)b->now.rows.bad_lines);
    leave_batch(b);
}

static void judge_rows(struct batch_intake *b, int64_t wall_ms, enum heard heard,
                       const struct error *trouble)
{
    if (b->now.rows.finished) {
        finish_batch(b);
    } else if (heard == HEARD_TROUBLE) {
        try_again(b, clock_mono_ms(), "batch.read", trouble);
        end_reader(b);
    } else if (heard == HEARD_NONSENSE) {
        mourn(b, wall_ms, trouble->text);
    }
}

static void hear_rows(struct batch_intake *b, int64_t wall_ms)
{
    struct error why, trouble;
    recorder_commit(b->recorder, clock_mono_ms()); /* its transaction is none of ours */
    if (b->recorder->down)
        return;
    batch_rows_begin(&b->now.rows, wall_ms);
    enum heard heard = take_rows(b, &trouble);
    bool wrote = b->now.rows.open;
    if (heard == HEARD_LEDGER_FAILED) {
        fail_ledger(b, &trouble);
    } else if (batch_rows_commit(&b->now.rows, &why) != 0) {
        fail_ledger(b, &why);
    } else {
        if (wrote)
            recorder_ledger_wrote(b->recorder);
        judge_rows(b, wall_ms, heard, &trouble);
    }
}

static void hear_verdict(struct batch_intake *b)
{
    struct reader_message m;
    struct error why;
    int found = reader_process_next(&b->reader, &m, &why);
    if (found == 0)
        return;
    if (found > 0 && m.word == READER_VERDICT && *m.text == '\0') {
        end_reader(b);
        b->now.crashes = 0;
        b->phase = VERIFIED;
    } else if (found > 0 && m.word == READER_VERDICT) {
        refuse(b, m.text);
    } else {
        if (found > 0)
            error_set(&why, ERR_IO, "%s", m.word == READER_FAILED ? m.text : "no verdict came");
        try_again(b, clock_mono_ms(), "batch.read", &why);
        end_reader(b);
    }
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
    if (b->phase == LOADING && !has_room(b, 0))
        return;
    reader_process_receive(&b->reader);
    bool ended = b->reader.ended;
    if (b->phase == LOADING)
        hear_rows(b, wall_ms);
    else
        hear_verdict(b);
    if (ended && b->reader.pid != 0)
        mourn(b, wall_ms, NULL);
}

static void step(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    switch (b->phase) {
    case IDLE:
        if (find_begun(b, mono_ms))
            go_on_with_begun(b, mono_ms);
        else if (!b->recorder->down && take_noted(b))
            look_at_noted(b);
        break;
    case VERIFYING:
        if (b->reader.pid == 0)
            start_verifying(b, mono_ms);
        break;
    case VERIFIED:
        accept(b, mono_ms, wall_ms);
        break;
    case ADOPTING:
        adopt(b, mono_ms);
        break;
    case LOADING:
        if (b->no_room && has_room(b, 0))
            break;
        if (b->reader.pid == 0)
            start_loading(b, mono_ms);
        break;
    }
}

static bool has_work(const struct batch_intake *b)
{
    if (b->phase == IDLE)
        return b->look || b->noted_count > 0;
    return b->reader.pid == 0;
}

int64_t batch_intake_tend(struct batch_intake *b, int64_t mono_ms, int64_t wall_ms)
{
    if (b->setup == NULL)
        return INT64_MAX;
    if (b->recorder->down)
        return mono_ms + AGAIN_MS;
    if (mono_ms >= b->again_mono_ms)
        step(b, mono_ms, wall_ms);
    if (b->recorder->down || b->no_room)
        return mono_ms + AGAIN_MS;
    if (has_work(b))
        return b->again_mono_ms > mono_ms ? b->again_mono_ms : mono_ms;
    return b->phase == IDLE ? b->look_again_mono_ms : INT64_MAX;
}
