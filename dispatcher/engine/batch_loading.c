#include "engine/batch_intake_backend.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/lines.h"

#define CRASHES_MAX 2 /* then the line is set aside */

/* ---- rows ---- */

enum heard { HEARD_ALL, HEARD_NONSENSE, HEARD_LEDGER_FAILED, HEARD_LETTER, HEARD_TROUBLE };

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
    case READER_WAITS:
        error_set(err, ERR_CONFIG, "%s", m->text);
        return HEARD_LETTER;
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

/* ---- a line that kills ---- */

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
static void set_line_aside(struct batch_intake *b, int64_t wall_ms, const char *how)
{
    struct batch_rows *rows = &b->now.rows;
    char remark[120];
    struct error why;
    int64_t length = measure_line(b, &why);
    if (length < 0) {
        intake_try_again(b, "batch.read", &why);
        return;
    }
    recorder_commit(b->recorder, clock_mono_ms());
    if (b->recorder->down)
        return;
    batch_rows_begin(rows, wall_ms);
    snprintf(remark, sizeof(remark), "reading this line ended the reader twice: %s", how);
    const struct planned_line place = {
        .line = rows->line, .offset = rows->offset, .length = length};
    int rc = batch_rows_put_bad(rows, b->setup->settings, &place, remark, &why);
    if (rc == 0)
        rc = batch_rows_commit(rows, &why);
    if (rc != 0)
        intake_fail_ledger(b, &why);
    else
        b->now.crashes = 0;
}

/*
 * Rows it had not sent yet are gone with it, so the line that killed it is not known: the next one
 * tells line by line. Only one that dies while it is at a line, and the next one at the same line
 * again, blames it; who kills readers from outside does not hit the same one twice.
 */
void loading_mourn(struct batch_intake *b, int64_t wall_ms, const char *how)
{
    int64_t line = b->now.rows.next_line;
    bool at_line = b->now.begun_line == line;
    bool again = at_line && b->now.crash_line == line;
    b->now.crashes = !at_line ? 0 : again ? b->now.crashes + 1 : 1;
    b->now.crash_line = at_line ? line : 0;
    b->now.careful = true;
    if (b->now.crashes >= CRASHES_MAX)
        set_line_aside(b, wall_ms, how);
}

/* ---- hearing the reader ---- */

static void finish_batch(struct batch_intake *b)
{
    log_event(LOG_INFO, "batch.loaded", "id=%s lines=%lld wrong=%lld", b->now.id,
              (long long)b->now.parsed->count, (long long)b->now.rows.bad_lines);
    intake_leave(b);
}

static void judge_rows(struct batch_intake *b, int64_t wall_ms, enum heard heard,
                       const struct error *trouble)
{
    if (b->now.rows.finished) {
        finish_batch(b);
    } else if (heard == HEARD_LETTER) {
        intake_wait_for_letter(b, trouble->text);
    } else if (heard == HEARD_TROUBLE) {
        intake_put_off(b, trouble);
    } else if (heard == HEARD_NONSENSE) {
        intake_mourn(b, wall_ms, trouble->text);
    }
}

void loading_hear(struct batch_intake *b, int64_t wall_ms)
{
    struct error why, trouble;
    recorder_commit(b->recorder, clock_mono_ms()); /* its transaction is none of ours */
    if (b->recorder->down)
        return;
    batch_rows_begin(&b->now.rows, wall_ms);
    enum heard heard = take_rows(b, &trouble);
    bool wrote = b->now.rows.open;
    if (heard == HEARD_LEDGER_FAILED) {
        intake_fail_ledger(b, &trouble);
    } else if (batch_rows_commit(&b->now.rows, &why) != 0) {
        intake_fail_ledger(b, &why);
    } else {
        if (wrote)
            recorder_ledger_wrote(b->recorder);
        judge_rows(b, wall_ms, heard, &trouble);
    }
}
