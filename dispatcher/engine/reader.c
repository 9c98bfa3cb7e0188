#include "engine/reader.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/child.h"
#include "engine/intake.h"
#include "engine/lines.h"
#include "engine/reader_frame.h"

#define SOCKET       3
#define NOTICES      4
#define PATIENCE     10 /* nice: workers and the scheduler come first */
#define FLUSH        ((size_t)32 * 1024)
#define SHOWN        "notices.jsonl"
#define SIGN_OF_LIFE ((int64_t)64 * 1024 * 1024)
#define REMARK_MAX   600
#define TOLD_MAX     10 /* wrong lines a refusal names */

struct reader {
    const struct reader_task *task;
    struct lines lines;
    struct buf out;
    int64_t count; /* lines read in all, verifying */
    struct buf problems;
    size_t problem_count;
};

/* ---- telling the scheduler ---- */

/* If it is gone there is nobody to read for. */
static void flush(struct reader *r)
{
    if (r->out.len > 0 &&
        file_write_all(SOCKET, r->out.data, r->out.len, "the scheduler's socket", NULL) != 0)
        _exit(EXIT_SUCCESS);
    buf_reset(&r->out);
}

static void tell(struct reader *r, const struct reader_message *m)
{
    reader_put_message(m, &r->out);
    if (r->out.len >= FLUSH)
        flush(r);
}

static void tell_text(struct reader *r, enum reader_word word, const char *text)
{
    const struct reader_message m = {.word = word, .text = text};
    tell(r, &m);
    flush(r);
}

static void announce(struct reader *r, int64_t number)
{
    const struct reader_message m = {.word = READER_BEGUN, .line.line = number};
    tell(r, &m);
    flush(r);
}

/* Sentences quote what strangers wrote, and are cut somewhere: what is told is text in any case. */
static void put_sentence(struct buf *out, const char *sentence)
{
    size_t len = strlen(sentence);
    text_put_visible(out, sentence, len < REMARK_MAX ? len : REMARK_MAX);
}

/* ---- one line ---- */

/* Reads and routes it. A line that is refused keeps the name it gave itself, never its number: that
 * may be the name another line gives itself. */
static int plan_line(struct reader *r, const struct line *line, int64_t number, char *recipient,
                     struct intake_plan *out, struct error *err)
{
    const struct reader_task *task = r->task;
    const struct intake_source from = {line->text, line->len, SHOWN,
                                       (int)(number < INT_MAX / 2 ? number : INT_MAX / 2)};
    const char *own = NULL;
    struct job *job;
    if (task->watch != NULL)
        task->watch(number);
    *recipient = '\0';
    if (line->text == NULL) {
        error_set(err, ERR_INPUT,
                  SHOWN ":%lld:1: the line is %zu bytes long; at most %zu "
                        "are accepted",
                  (long long)number, line->len, BATCH_LINE_MAX);
        return ERR_INPUT;
    }
    int rc = batch_read_line(task->batch, line->text, line->len, SHOWN, number, &job, &own, err);
    if (rc == 0) {
        snprintf(recipient, ID_MAX + 1, "%s", own);
        rc = intake_plan_job(task->setup, job, &from, out, err);
    }
    if (rc != 0 && !batch_read_line_id(task->batch, line->text, line->len, recipient))
        *recipient = '\0';
    return rc;
}

/* ---- verifying ---- */

static void add_problem(struct reader *r, const char *sentence)
{
    if (++r->problem_count > TOLD_MAX)
        return;
    if (r->problems.len > 0)
        buf_putc(&r->problems, '\n');
    put_sentence(&r->problems, sentence);
}

static bool is_ascii(const char *text, size_t len)
{
    uint64_t eight, seen = 0;
    for (; len >= sizeof(eight); text += sizeof(eight), len -= sizeof(eight)) {
        memcpy(&eight, text, sizeof(eight));
        seen |= eight;
    }
    for (; len > 0; text++, len--)
        seen |= (uint64_t)(unsigned char)*text << 56;
    return (seen & UINT64_C(0x8080808080808080)) == 0;
}

/* What makes a line no line at all; NULL: nothing. */
static const char *structure_problem(const struct line *line)
{
    size_t len = line->len;
    if (line->text == NULL)
        return "the line is too long; at most 64 KiB are accepted";
    while (len > 0 && strchr(" \t\r", line->text[len - 1]) != NULL && line->text[len - 1] != '\0')
        len--;
    if (len == 0)
        return "the line is empty; remove it, and count the others";
    if (line->text[0] != '{' || line->text[len - 1] != '}')
        return "a line is one JSON object in braces, from the first byte to the last";
    if (memchr(line->text, '\0', len) != NULL)
        return "the line holds a NUL byte";
    if (!is_ascii(line->text, len) && !utf8_valid(line->text, len))
        return "the line is not UTF-8";
    return NULL;
}

/* ERR_CONFIG: the letter of the line was left out, and nobody knows whether the line is right. */
static int verify_line(struct reader *r, const struct line *line, int64_t number, struct error *err)
{
    const char *problem = structure_problem(line);
    char recipient[ID_MAX + 1];
    struct intake_plan plan;
    struct error why;
    if (problem != NULL) {
        error_set(&why, ERR_INPUT, SHOWN ":%lld:1: %s", (long long)number, problem);
        add_problem(r, why.text);
    } else if (number <= READER_SAMPLE) {
        int rc = plan_line(r, line, number, recipient, &plan, &why);
        if (rc == ERR_CONFIG)
            return error_set(err, rc, "%s", why.text);
        if (rc == 0)
            intake_plan_clear(&plan);
        else
            add_problem(r, why.text);
    }
    return 0;
}

/* The causes first: a file that was cut off has a wrong last line, too. */
static void put_totals(const struct reader *r, struct buf *out)
{
    const struct batch *b = r->task->batch;
    unsigned char sum[DIGEST_SIZE];
    char is[DIGEST_HEX_SIZE], said[DIGEST_HEX_SIZE];
    digest_sum(r->lines.sum, sum);
    if (r->count != b->count)
        buf_printf(out, SHOWN " has %lld %s, but batch.json says %lld\n", (long long)r->count,
                   text_plural(r->count, "line", "lines"), (long long)b->count);
    if (memcmp(sum, b->sha256, DIGEST_SIZE) != 0)
        buf_printf(out,
                   SHOWN " has the SHA-256 %s, but batch.json says %s: it was cut off or changed "
                         "after it was counted\n",
                   digest_hex(sum, is), digest_hex(b->sha256, said));
    buf_puts(out, buf_text(&r->problems));
    if (r->problem_count > TOLD_MAX)
        buf_printf(out, "\n... and %zu more", r->problem_count - TOLD_MAX);
}

static int verify(struct reader *r, struct error *err)
{
    struct line line;
    struct buf verdict = {0};
    int64_t told = 0;
    int rc;
    r->lines.sum = digest_begin();
    while ((rc = lines_next(&r->lines, &line, err)) > 0) {
        rc = verify_line(r, &line, ++r->count, err);
        if (rc != 0)
            break;
        if (line.offset - told >= SIGN_OF_LIFE) {
            announce(r, r->count);
            told = line.offset;
        }
    }
    /* A producer with a plain `mv` syncs nothing; from the verdict on the batch is ours. */
    if (rc == 0)
        rc = file_sync(NOTICES, SHOWN, err);
    if (rc == 0) {
        put_totals(r, &verdict);
        tell_text(r, READER_VERDICT, buf_text(&verdict));
    }
    digest_end(r->lines.sum);
    buf_free(&verdict);
    return rc;
}

/* ---- rows ---- */

static void tell_row(struct reader *r, struct planned_line *line, const struct intake_plan *plan)
{
    const struct reader_task *task = r->task;
    struct reader_message m = {.word = READER_ROW};
    int64_t now_ms = clock_wall_ms();
    size_t channels = plan->route.channel_count;
    line->template_name = plan->route.template_name;
    line->locale = plan->locale;
    line->fallback = plan->fallback;
    line->zone = plan->job->to.timezone;
    line->count = plan->route.method == JOB_ALL ? channels : 1;
    line->rest = (int)(channels - line->count);
    for (size_t i = 0; i < line->count; i++)
        intake_plan_delivery(task->setup, plan, i, &task->batch->window, now_ms, &m.deliveries[i]);
    m.line = *line;
    m.line.deliveries = m.deliveries;
    tell(r, &m);
}

static void tell_bad(struct reader *r, const struct planned_line *line, const char *why)
{
    struct buf sentence = {0};
    put_sentence(&sentence, why);
    const struct reader_message m = {
        .word = READER_BAD, .line = *line, .text = buf_text(&sentence)};
    tell(r, &m);
    buf_free(&sentence);
}

/* ERR_CONFIG as above: the line is read again later. */
static int load_line(struct reader *r, const struct line *text, int64_t number, struct error *err)
{
    char recipient[ID_MAX + 1];
    struct planned_line line = {.line = number,
                                .offset = text->offset,
                                .length = (int64_t)text->len,
                                .recipient = recipient};
    struct intake_plan plan = {0};
    int rc = plan_line(r, text, number, recipient, &plan, err);
    if (rc == ERR_CONFIG)
        return rc;
    if (rc == 0) {
        tell_row(r, &line, &plan);
        intake_plan_clear(&plan);
    } else {
        tell_bad(r, &line, err->text);
    }
    return 0;
}

/* It was there when the batch was accepted: the disk has lost it. The batch still adds up. */
static void tell_missing(struct reader *r, int64_t number, int64_t offset)
{
    const struct planned_line line = {.line = number, .offset = offset};
    tell_bad(r, &line, "the line is no longer there: " SHOWN " has become shorter");
}

static int load(struct reader *r, struct error *err)
{
    const struct reader_task *task = r->task;
    struct line line;
    int64_t offset = task->offset; /* as the scheduler counts: each line has its line end */
    int rc = 1;
    for (int64_t number = task->line; number <= task->batch->count; number++) {
        bool careful = task->careful && number - task->line < READER_SAMPLE;
        if (rc > 0)
            rc = lines_next(&r->lines, &line, err);
        if (rc < 0)
            return rc;
        if (careful)
            announce(r, number);
        if (rc == 0)
            tell_missing(r, number, offset);
        else if (load_line(r, &line, number, err) != 0)
            return ERR_CONFIG;
        offset += (rc > 0 ? (int64_t)line.len : 0) + 1;
        if (careful)
            flush(r);
    }
    tell_text(r, READER_END, NULL);
    return 0;
}

/* ---- the process ---- */

void reader_main(const struct reader_task *task)
{
    const int keep[] = {task->socket, task->notices};
    struct reader r = {.task = task};
    struct error why;
    child_shed(keep, COUNT_OF(keep));
    child_forget_secrets(task->setup->settings);
    log_set_process("reader");
    if (nice(PATIENCE) < 0)
        log_event(LOG_DEBUG, "reader.nice", "note=\"runs with normal priority\"");
    lines_begin(&r.lines, NOTICES, SHOWN, BATCH_LINE_MAX, task->verify ? 0 : task->offset);
    int rc = task->verify ? verify(&r, &why) : load(&r, &why);
    if (rc == ERR_CONFIG)
        put_sentence(&r.problems, why.text);
    if (rc == ERR_CONFIG)
        tell_text(&r, READER_WAITS, buf_text(&r.problems));
    else if (rc != 0)
        tell_text(&r, READER_FAILED, why.text);
    lines_end(&r.lines);
    buf_free(&r.problems);
    buf_free(&r.out);
    _exit(EXIT_SUCCESS);
}
