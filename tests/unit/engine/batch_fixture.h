/* A spool and a ledger in a directory of their own, the shipped letters, and batches put into new/
 * as a producer would. */
#ifndef TESTS_ENGINE_BATCH_FIXTURE_H
#define TESTS_ENGINE_BATCH_FIXTURE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "engine/batch_intake.h"
#include "engine/recorder.h"
#include "engine/setup.h"
#include "model/json.h"

struct batch_fixture {
    char directory[64];
    struct setup *setup;
    struct spool *spool;
    struct ledger *ledger;
    struct recorder recorder;
    struct batch_intake *intake;
    struct buf data; /* of the shipped letter, as JSON */
};

static inline void load_data(struct buf *out)
{
    struct buf text = {0};
    struct json_t *root = NULL;
    struct error err;
    assert_int_equal(
        file_read_path("templates/apology/fixtures/members-leak.json", 1000000, &text, &err), 0);
    assert_int_equal(json_parse(text.data, text.len, "f", 1, 32, &root, &err), 0);
    json_put(out, json_get(root, "data"));
    json_free(root);
    buf_free(&text);
}

static inline void open_books(struct batch_fixture *f)
{
    struct error err;
    if (spool_open(f->directory, &f->spool, &err) != 0 ||
        ledger_open(f->directory, LEDGER_WRITE, &f->ledger, &err) != 0)
        fail_msg("%s", err.text);
    f->recorder = (struct recorder){.ledger = f->ledger};
    f->intake = batch_intake_open(f->spool, f->ledger, &f->recorder);
    batch_intake_use(f->intake, f->setup);
}

static inline void close_books(struct batch_fixture *f)
{
    batch_intake_close(f->intake);
    recorder_end(&f->recorder);
    ledger_close(f->ledger);
    spool_close(f->spool);
}

static inline void open_batch_fixture(struct batch_fixture *f)
{
    const struct config_options options = {.path = "config/dispatcher.yaml"};
    struct error err;
    *f = (struct batch_fixture){0};
    log_set_level(LOG_ERR);
    snprintf(f->directory, sizeof(f->directory), "/tmp/dispatcher-test-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    if (setup_load(&options, 1, &f->setup, &err) != 0)
        fail_msg("%s", err.text);
    f->setup->settings->min_free_bytes = 0;
    load_data(&f->data);
    open_books(f);
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static inline void close_batch_fixture(struct batch_fixture *f)
{
    close_books(f);
    setup_release(f->setup);
    buf_free(&f->data);
    nftw(f->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void write_file(const char *directory, const char *name, const char *bytes,
                              size_t len)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* What a producer may get wrong: count and sum as they are said, not as they are. */
struct handed_over {
    const char *id;
    const char *members; /* more of batch.json, each with a comma behind it */
    const struct buf *lines;
    int64_t count;
    bool wrong_sum;
};

static inline void hand_over(struct batch_fixture *f, const struct handed_over *h)
{
    char directory[200], hex[DIGEST_HEX_SIZE];
    unsigned char sum[DIGEST_SIZE];
    struct buf text = {0};
    snprintf(directory, sizeof(directory), "%s/new/%s", f->directory, h->id);
    assert_int_equal(mkdir(directory, 0770), 0);
    digest_sha256(buf_text(h->lines), h->lines->len, sum);
    sum[0] ^= h->wrong_sum ? 1 : 0;
    buf_printf(&text,
               "{\"version\":1,\"id\":\"%s\",%s\"template\":\"apology\",\"count\":%lld,"
               "\"sha256\":\"%s\",\"data\":%s}",
               h->id, h->members != NULL ? h->members : "", (long long)h->count,
               digest_hex(sum, hex), f->data.data);
    write_file(directory, "batch.json", text.data, text.len);
    write_file(directory, "notices.jsonl", buf_text(h->lines), h->lines->len);
    buf_free(&text);
}

static inline void put_lines(struct buf *out, int from, int count)
{
    for (int i = from; i < from + count; i++)
        buf_printf(out, "{\"id\":\"c%d\",\"to\":{\"email\":\"person%d@example.org\"}}\n", i, i);
}

/* One turn of the loop, as the scheduler makes it. */
static inline void turn(struct batch_fixture *f, int wait_ms)
{
    struct pollfd fd;
    int64_t mono_ms = clock_mono_ms(),
            next = batch_intake_tend(f->intake, mono_ms, clock_wall_ms());
    assert_int_equal(batch_intake_poll(f->intake, &fd), 1);
    poll(&fd, 1, next <= mono_ms ? 0 : wait_ms);
    batch_intake_serve(f->intake, &fd, clock_wall_ms());
}

#define PATIENCE_MS 120000 /* only what hangs needs it */

/* Until it has nothing to do any more. */
static inline void run_intake(struct batch_fixture *f)
{
    int64_t line, total, end_ms = clock_mono_ms() + PATIENCE_MS;
    do {
        turn(f, 20);
        turn(f, 20);
    } while (batch_intake_current(f->intake, &line, &total) != NULL && clock_mono_ms() < end_ms);
    assert_null(batch_intake_current(f->intake, &line, &total));
}

static inline void take_in(struct batch_fixture *f, const struct handed_over *h)
{
    hand_over(f, h);
    batch_intake_note(f->intake, h->id);
    run_intake(f);
}

/* What is refused goes two quiet seconds later. */
static inline void wait_until_out_of_new(struct batch_fixture *f, const char *id)
{
    char path[200];
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
    snprintf(path, sizeof(path), "%s/new/%s", f->directory, id);
    while (access(path, F_OK) == 0 && clock_mono_ms() < end_ms)
        turn(f, 20);
}

/* Is it refused, and is the reason in corrupt/? */
static inline void assert_refused_with(struct batch_fixture *f, const char *id, const char *part)
{
    char path[200];
    struct buf reason = {0};
    struct error err;
    wait_until_out_of_new(f, id);
    snprintf(path, sizeof(path), "%s/corrupt/%s.reason", f->directory, id);
    if (file_read_path(path, 1000000, &reason, &err) != 0)
        fail_msg("%s", err.text);
    if (strstr(buf_text(&reason), part) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", buf_text(&reason), part);
    assert_int_equal(spool_find_batch(f->spool, id), BATCH_PLACE_NONE);
    buf_free(&reason);
}

static inline void note_number(void *context, const struct batch_row *row)
{
    *(int64_t *)context = row->batch;
}

static inline int64_t number_of(struct batch_fixture *f, const char *id)
{
    const struct batch_question q = {.id = id};
    struct error err;
    int64_t number = 0;
    assert_int_equal(ledger_walk_batches(f->ledger, &q, note_number, &number, &err), 0);
    return number;
}

/* Until the ledger has begun it. */
static inline void run_until_known(struct batch_fixture *f, const char *id, int64_t at_most_ms)
{
    int64_t end_ms = clock_mono_ms() + at_most_ms;
    while (number_of(f, id) == 0 && clock_mono_ms() < end_ms)
        turn(f, 20);
    assert_int_not_equal(number_of(f, id), 0);
}

/* The books of a batch that is whole: lines in all, and how many of them failed. */
static inline void assert_books(struct batch_fixture *f, const char *id, int64_t lines,
                                int64_t failed)
{
    struct books books;
    struct error err = {0};
    if (ledger_reconcile(f->ledger, id, &books, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(books.notices, lines);
    assert_int_equal(books.expected, lines);
    assert_int_equal(books.deliveries[DELIVERY_FAILED], failed);
    assert_int_equal(books.deliveries[DELIVERY_WAITING], lines - failed);
    assert_int_equal(spool_find_batch(f->spool, id), BATCH_PLACE_BATCHES);
}

#endif
