#include "spool/spool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "model/batch.h"

#include "intake.h"

static enum spool_verdict batch(void *context, const char *id, struct error *reason)
{
    struct intake *in = context;
    snprintf(in->asked[in->asked_count++], sizeof(in->asked[0]), "%s", id);
    if (in->verdict == SPOOL_REFUSED)
        error_set(reason, ERR_INPUT, "new/%s/batch.json:1:1: this is no batch", id);
    return in->verdict;
}

static struct intake batch_intake_of(struct fixture *f)
{
    struct intake in = intake_of(f);
    in.hooks.batch = batch;
    return in;
}

/* As `cp -r` would. */
static void put_batch(struct fixture *f, const char *place, const char *id, const char *text,
                      const char *notices)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", place, id);
    assert_int_equal(mkdirat(f->fd, path, 0770), 0);
    snprintf(path, sizeof(path), "%s/%s/batch.json", place, id);
    write_file(f->fd, path, text);
    snprintf(path, sizeof(path), "%s/%s/notices.jsonl", place, id);
    write_file(f->fd, path, notices);
}

/* ---- scanning ---- */

static void hands_over_a_whole_batch_at_once(void **state)
{
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    put_batch(f, "new", "b-1", "{}", "{}\n");
    drop(f, "a-1", "{}");
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 1, 0, 0);
    assert_int_equal(in.asked_count, 2);
    assert_true(stands(f, "new/b-1/notices.jsonl"));
    must_count(scan(f, &in), 0, 0, 0); /* told again: its intake remembers */
    assert_int_equal(in.asked_count, 3);
}

static void looks_once_at_a_batch_in_a_pass(void **state)
{
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    put_batch(f, "new", "b-1", "{}", "{}\n");
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof(id), "a-%d", i);
        drop(f, id, "{}");
    }
    scan_at(f, &in, 3, clock_wall_ms() + LATER_MS); /* stops somewhere in the middle */
    in.asked_count = 0;
    scan(f, &in);
    size_t seen = 0;
    for (size_t i = 0; i < in.asked_count; i++)
        seen += strcmp(in.asked[i], "b-1") == 0 ? 1 : 0;
    assert_int_equal(seen, 1);
}

static bool knows_b1(void *context, const char *id)
{
    (void)context;
    return strcmp(id, "b-1") == 0;
}

static void counts_batches_against_the_limit_and_passes_over_known_ones(void **state)
{
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    char id[16];
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "b-%d", i);
        put_batch(f, "new", id, "{}", "{}\n");
    }
    struct spool_counts counts = scan_at(f, &in, 5, clock_wall_ms() + LATER_MS);
    assert_int_equal(counts.batches, 5);
    assert_int_equal(in.asked_count, 5);
    in = batch_intake_of(f);
    in.hooks.knows = knows_b1;
    counts = scan(f, &in);
    assert_int_equal(counts.batches, 19);
    for (size_t i = 0; i < in.asked_count; i++)
        assert_string_not_equal(in.asked[i], "b-1");
}

static void tells_what_was_replaced_from_what_was_not(void **state)
{
    struct fixture *f = *state;
    struct batch_stamp first, again;
    struct error err;
    int64_t size;
    put_batch(f, "new", "b-1", "{}", "{}\n");
    assert_int_equal(spool_stamp_batch(f->s, BATCH_PLACE_NEW, "b-1", &first, &err), 0);
    int fd = spool_open_notices(f->s, BATCH_PLACE_NEW, "b-1", &size, &err);
    assert_true(fd >= 0);
    assert_true(spool_is_stamped(fd, &first));
    assert_int_equal(spool_adopt_batch(f->s, "b-1", &err), 0);
    assert_int_equal(spool_stamp_batch(f->s, BATCH_PLACE_BATCHES, "b-1", &again, &err), 0);
    assert_true(batch_stamp_equal(&first, &again));
    write_file(f->fd, "batches/b-1/notices.jsonl", "[]\n[]\n");
    assert_false(spool_is_stamped(fd, &first));
    assert_int_equal(spool_stamp_batch(f->s, BATCH_PLACE_BATCHES, "b-1", &again, &err), 0);
    assert_false(batch_stamp_equal(&first, &again));
    assert_int_equal(spool_stamp_batch(f->s, BATCH_PLACE_NEW, "b-1", &again, &err), ERR_NOT_FOUND);
    close(fd);
}

static void does_as_the_engine_says(void **state)
{
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    put_batch(f, "new", "b-1", "{}", "{}\n");
    in.verdict = SPOOL_LATER;
    must_count(scan(f, &in), 0, 0, 1);
    in.verdict = SPOOL_STOP;
    must_count(scan(f, &in), 0, 0, 0);
    assert_true(stands(f, "new/b-1"));
    in.verdict = SPOOL_REFUSED;
    must_count(scan(f, &in), 0, 1, 0);
    must_be_refused(f, "b-1", "b-1", "this is no batch");
    assert_true(stands(f, "corrupt/b-1/batch.json"));
    assert_true(stands(f, "corrupt/b-1/notices.jsonl"));
}

static void begins_no_batch_that_it_could_not_move(void **state)
{
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    put_batch(f, "new", "b-1", "{}", "{}\n");
    assert_int_equal(fchmodat(f->fd, "new/b-1/batch.json", 0644, 0), 0);
    assert_int_equal(fchmodat(f->fd, "new/b-1/notices.jsonl", 0644, 0), 0);
    assert_int_equal(fchmodat(f->fd, "new/b-1", 0555, 0), 0);
    step_down(f);
    struct spool_counts stuck = scan(f, &in);
    step_up();
    must_count(stuck, 0, 0, 1);
    assert_int_equal(in.asked_count, 0);
    assert_int_equal(fchmodat(f->fd, "new/b-1", 0777, 0), 0);
    step_down(f);
    must_count(scan(f, &in), 0, 0, 0);
    step_up();
    assert_int_equal(in.asked_count, 1);
}

static void refuses_directories_where_no_batches_are_taken(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    put_batch(f, "new", "b-1", "{}", "{}\n");
    must_count(scan(f, &in), 0, 1, 0);
    must_be_refused(f, "b-1", "b-1", "Batches are not accepted here");
}

static void waits_for_a_copy_of_a_directory_still_being_written(void **state)
{
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    assert_int_equal(mkdirat(f->fd, "new/b-1", 0770), 0);
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 0, 1);
    write_file(f->fd, "new/b-1/batch.json", "{}");
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 0, 1);
    write_file(f->fd, "new/b-1/.notices.jsonl.Xy12", "{}"); /* as rsync does */
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 0, 1);
    assert_int_equal(renameat(f->fd, "new/b-1/.notices.jsonl.Xy12", f->fd, "new/b-1/notices.jsonl"),
                     0);
    must_count(scan(f, &in), 0, 0, 0);
    assert_string_equal(in.asked[0], "b-1");
}

/* The directory is old, but a file in it still grows. */
static void judges_a_directory_by_its_youngest_part(void **state)
{
    struct fixture *f = *state;
    put_batch(f, "new", "b-1", "{}", "{}\n");
    usleep(60 * 1000);
    int64_t between_ms = clock_wall_ms();
    usleep(60 * 1000);
    write_file(f->fd, "new/b-1/notices.jsonl", "{}\n{}\n");
    assert_false(spool_batch_is_settled(f->s, "b-1", between_ms + 2000));
    assert_true(spool_batch_is_settled(f->s, "b-1", clock_wall_ms() + LATER_MS));
}

static void refuses_what_is_no_batch(void **state)
{
    static const struct {
        const char *id, *made, *words;
    } rows[] = {
        {"only-text", "batch.json", "is not complete"},
        {"only-notices", "notices.jsonl", "is not complete"},
        {"empty", NULL, "is not complete"},
        {"stranger", "readme.txt", "no part of a batch"},
        {"hidden", ".profile", "no part of a batch"},
    };
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[100];
        snprintf(path, sizeof(path), "new/%s", rows[i].id);
        assert_int_equal(mkdirat(f->fd, path, 0770), 0);
        snprintf(path, sizeof(path), "new/%s/%s", rows[i].id,
                 rows[i].made != NULL ? rows[i].made : "");
        if (rows[i].made != NULL)
            write_file(f->fd, path, "{}");
    }
    must_count(scan(f, &in), 0, COUNT_OF(rows), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        must_be_refused(f, rows[i].id, rows[i].id, rows[i].words);
    assert_true(stands(f, "corrupt/stranger/readme.txt"));
    assert_int_equal(in.asked_count, 0);
}

static void refuses_a_batch_with_a_third_file(void **state)
{
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    put_batch(f, "new", "b-1", "{}", "{}\n");
    write_file(f->fd, "new/b-1/notices.jsonl.bak", "{}\n");
    must_count(scan(f, &in), 0, 1, 0);
    must_be_refused(f, "b-1", "b-1", "no part of a batch");
}

static void never_follows_or_opens_what_is_no_file(void **state)
{
    static const char *const parts[] = {"batch.json", "notices.jsonl"};
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    write_file(f->fd, "secret", "{\"password\":\"hunter2\"}");
    alarm(120);
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
            char id[16], path[100];
            snprintf(id, sizeof(id), "b-%d%zu", kind, i);
            put_batch(f, "new", id, "{}", "{}\n");
            snprintf(path, sizeof(path), "new/%s/%s", id, parts[i]);
            assert_int_equal(unlinkat(f->fd, path, 0), 0);
            if (kind == 0)
                assert_int_equal(symlinkat("../../secret", f->fd, path), 0);
            else if (kind == 1)
                assert_int_equal(mkfifoat(f->fd, path, 0660), 0);
            else if (kind == 2)
                assert_int_equal(linkat(f->fd, "secret", f->fd, path, 0), 0);
            else
                assert_int_equal(mkdirat(f->fd, path, 0770), 0);
            must_count(scan(f, &in), 0, 1, 0);
            must_be_refused(f, id, id, kind == 2 ? "hard link" : "no regular file");
            assert_null(strstr(reason_of(f, id), "hunter2"));
        }
    }
    alarm(0);
    assert_int_equal(in.asked_count, 0);
    assert_true(stands(f, "secret"));
}

static void refuses_names_that_are_no_ids(void **state)
{
    char longest[BATCH_ID_MAX + 2];
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    put_batch(f, "new", "a b", "{}", "{}\n");
    put_batch(f, "new", "-rf", "{}", "{}\n");
    put_batch(f, "new", "c\n2", "{}", "{}\n");
    put_batch(f, "new", "d.json", "{}", "{}\n");
    put_batch(f, "new", longest, "{}", "{}\n");
    must_count(scan(f, &in), 0, 5, 0);
    must_be_refused(f, "a b", "a b", "not named like a batch");
    must_be_refused(f, "c\\x0a2", "c\\x0a2", "not named like a batch");
    must_be_refused(f, longest, longest, "1 to 96 letters");
    longest[sizeof(longest) - 2] = '\0';
    put_batch(f, "new", longest, "{}", "{}\n");
    must_count(scan(f, &in), 0, 0, 0);
    assert_int_equal(in.asked_count, 1);
}

static void refuses_what_it_may_not_read(void **state)
{
    struct fixture *f = *state;
    struct intake in = batch_intake_of(f);
    assert_int_equal(fchmodat(f->fd, "new", 0777, 0), 0);
    assert_int_equal(fchmod(f->fd, 0777), 0);
    put_batch(f, "new", "b-1", "{}", "{}\n");
    assert_int_equal(fchmodat(f->fd, "new/b-1", 0777, 0), 0);
    assert_int_equal(fchmodat(f->fd, "new/b-1/notices.jsonl", 0, 0), 0);
    step_down(f);
    struct spool_counts counts = scan(f, &in);
    step_up();
    must_count(counts, 0, 1, 0);
    must_be_refused(f, "b-1", "b-1", "may not read");
}

/* ---- finding and reading ---- */

static void finds_and_reads_a_batch_where_it_stands(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf text = {0};
    int64_t size = 0;
    assert_int_equal(spool_find_batch(f->s, "b-1"), BATCH_PLACE_NONE);
    put_batch(f, "new", "b-1", "{\"id\":\"b-1\"}", "{}\n{}\n");
    assert_int_equal(spool_find_batch(f->s, "b-1"), BATCH_PLACE_NEW);
    assert_int_equal(spool_read_batch_text(f->s, BATCH_PLACE_NEW, "b-1", &text, &err), 0);
    assert_string_equal(text.data, "{\"id\":\"b-1\"}");
    int fd = spool_open_notices(f->s, BATCH_PLACE_NEW, "b-1", &size, &err);
    assert_true(fd >= 0);
    assert_int_equal(size, 6);
    close(fd);
    assert_int_equal(spool_read_batch_text(f->s, BATCH_PLACE_BATCHES, "b-1", &text, &err),
                     ERR_NOT_FOUND);
    assert_int_equal(spool_open_notices(f->s, BATCH_PLACE_BATCHES, "b-1", &size, &err),
                     ERR_NOT_FOUND);
    buf_free(&text);
}

static void takes_no_path_for_an_id(void **state)
{
    static const char *const ids[] = {"..", "../tmp", "a/b", "", ".", "b-1/"};
    struct fixture *f = *state;
    struct error err = {0};
    struct buf text = {0};
    int64_t size = 0;
    put_batch(f, "new", "b-1", "{}", "{}\n");
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_int_equal(spool_find_batch(f->s, ids[i]), BATCH_PLACE_NONE);
        assert_int_equal(spool_read_batch_text(f->s, BATCH_PLACE_NEW, ids[i], &text, &err),
                         ERR_NOT_FOUND);
        assert_true(spool_open_notices(f->s, BATCH_PLACE_NEW, ids[i], &size, &err) < 0);
        assert_int_equal(spool_adopt_batch(f->s, ids[i], &err), ERR_NOT_FOUND);
        assert_int_equal(spool_refuse_batch(f->s, ids[i], "x", &err), ERR_NOT_FOUND);
        assert_int_equal(spool_drop_known_batch(f->s, ids[i], &err), ERR_NOT_FOUND);
        assert_int_equal(spool_remove_batch(f->s, ids[i], &err), ERR_NOT_FOUND);
        assert_true(spool_read_line(f->s, ids[i], 0, 1, &text, &err) < 0);
    }
    assert_true(stands(f, "tmp"));
    assert_true(stands(f, "new/b-1/notices.jsonl"));
}

static void reads_no_batch_text_that_is_linked_or_huge(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf text = {0};
    int64_t size = 0;
    put_batch(f, "new", "b-1", "{}", "{}\n");
    write_file(f->fd, "secret", "hunter2");
    assert_int_equal(unlinkat(f->fd, "new/b-1/batch.json", 0), 0);
    assert_int_equal(linkat(f->fd, "secret", f->fd, "new/b-1/batch.json", 0), 0);
    assert_int_equal(spool_read_batch_text(f->s, BATCH_PLACE_NEW, "b-1", &text, &err), ERR_INPUT);
    assert_int_equal(text.len, 0);
    assert_int_equal(unlinkat(f->fd, "new/b-1/batch.json", 0), 0);
    assert_int_equal(symlinkat("../../secret", f->fd, "new/b-1/batch.json"), 0);
    assert_int_equal(spool_read_batch_text(f->s, BATCH_PLACE_NEW, "b-1", &text, &err), ERR_INPUT);
    assert_int_equal(unlinkat(f->fd, "new/b-1/batch.json", 0), 0);
    write_file(f->fd, "new/b-1/batch.json", "{}");
    char path[300];
    snprintf(path, sizeof(path), "%s/new/b-1/batch.json", f->path);
    assert_int_equal(truncate(path, (off_t)BATCH_TEXT_MAX + 1), 0);
    assert_int_equal(spool_read_batch_text(f->s, BATCH_PLACE_NEW, "b-1", &text, &err), ERR_INPUT);
    assert_int_equal(unlinkat(f->fd, "new/b-1/notices.jsonl", 0), 0);
    assert_int_equal(mkfifoat(f->fd, "new/b-1/notices.jsonl", 0660), 0);
    alarm(120);
    assert_int_equal(spool_open_notices(f->s, BATCH_PLACE_NEW, "b-1", &size, &err), ERR_INPUT);
    alarm(0);
    buf_free(&text);
}

/* ---- moving ---- */

static void adopts_as_often_as_it_is_asked(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(spool_adopt_batch(f->s, "b-1", &err), ERR_NOT_FOUND);
    put_batch(f, "new", "b-1", "{}", "{}\n");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(spool_adopt_batch(f->s, "b-1", &err), 0);
        assert_int_equal(spool_find_batch(f->s, "b-1"), BATCH_PLACE_BATCHES);
        assert_false(stands(f, "new/b-1"));
    }
    put_batch(f, "new", "b-1", "{}", "other\n"); /* handed over again: not taken for the first */
    assert_int_equal(spool_adopt_batch(f->s, "b-1", &err), 0);
    assert_true(stands(f, "new/b-1"));
    struct buf line = {0};
    assert_int_equal(spool_read_line(f->s, "b-1", 0, 2, &line, &err), 0);
    assert_string_equal(line.data, "{}");
    buf_free(&line);
}

static void refuses_with_the_reason_beside_it(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    for (int i = 0; i < 2; i++) {
        put_batch(f, "new", "b-1", "{}", "{}\n");
        assert_int_equal(spool_refuse_batch(f->s, "b-1", "the sum is wrong", &err), 0);
        assert_false(stands(f, "new/b-1"));
    }
    must_be_refused(f, "b-1", "b-1", "the sum is wrong");
    must_be_refused(f, "b-1.1", "b-1.1", "the sum is wrong");
    assert_int_equal(spool_count_refused(f->s), 2);
}

static void removes_what_is_known_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    put_batch(f, "batches", "b-1", "{}", "{}\n");
    put_batch(f, "new", "b-1", "{}", "{}\n");
    assert_int_equal(spool_drop_known_batch(f->s, "b-1", &err), 0);
    assert_false(stands(f, "new/b-1"));
    assert_true(stands(f, "batches/b-1/notices.jsonl"));
    assert_int_equal(spool_drop_known_batch(f->s, "b-1", &err), 0);
    assert_int_equal(spool_remove_batch(f->s, "b-1", &err), 0);
    assert_false(stands(f, "batches/b-1"));
    assert_int_equal(spool_remove_batch(f->s, "b-1", &err), 0);
    assert_int_equal(faccessat(f->fd, "tmp", F_OK, 0), 0);
}

/* ---- lines ---- */

static void reads_lines_of_more_batches_than_it_keeps_open(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf line = {0};
    char id[16], text[64];
    for (int i = 0; i < 30; i++) {
        snprintf(id, sizeof(id), "b-%d", i);
        snprintf(text, sizeof(text), "first %02d\nsecond %02d\n", i, i);
        put_batch(f, "batches", id, "{}", text);
    }
    for (int i = 0; i < 300; i++) {
        int which = i * 7 % 30;
        snprintf(id, sizeof(id), "b-%d", which);
        snprintf(text, sizeof(text), "second %02d", which);
        buf_reset(&line);
        assert_int_equal(spool_read_line(f->s, id, 9, 9, &line, &err), 0);
        assert_string_equal(line.data, text);
    }
    DIR *open_files = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(open_files) != NULL)
        count++;
    closedir(open_files);
    assert_in_range(count, 1, 40);
    buf_free(&line);
}

static void says_when_a_line_is_gone(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf line = {0};
    buf_puts(&line, "kept");
    put_batch(f, "batches", "b-1", "{}", "first\n");
    assert_int_equal(spool_read_line(f->s, "b-1", 0, 6, &line, &err), 0);
    buf_truncate(&line, 4);
    assert_int_equal(spool_read_line(f->s, "b-1", 3, 6, &line, &err), ERR_NOT_FOUND);
    assert_int_equal(spool_read_line(f->s, "b-1", -1, 6, &line, &err), ERR_NOT_FOUND);
    assert_int_equal(spool_read_line(f->s, "b-1", 0, INT64_MAX, &line, &err), ERR_NOT_FOUND);
    assert_int_equal(spool_read_line(f->s, "b-2", 0, 1, &line, &err), ERR_NOT_FOUND);
    assert_string_equal(line.data, "kept");
    assert_int_equal(spool_remove_batch(f->s, "b-1", &err), 0);
    assert_int_equal(spool_read_line(f->s, "b-1", 0, 6, &line, &err), ERR_NOT_FOUND);
    buf_free(&line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hands_over_a_whole_batch_at_once),
        TEST(looks_once_at_a_batch_in_a_pass),
        TEST(counts_batches_against_the_limit_and_passes_over_known_ones),
        TEST(tells_what_was_replaced_from_what_was_not),
        TEST(does_as_the_engine_says),
        TEST(begins_no_batch_that_it_could_not_move),
        TEST(refuses_directories_where_no_batches_are_taken),
        TEST(waits_for_a_copy_of_a_directory_still_being_written),
        TEST(judges_a_directory_by_its_youngest_part),
        TEST(refuses_what_is_no_batch),
        TEST(refuses_a_batch_with_a_third_file),
        TEST(never_follows_or_opens_what_is_no_file),
        TEST(refuses_names_that_are_no_ids),
        TEST(refuses_what_it_may_not_read),
        TEST(finds_and_reads_a_batch_where_it_stands),
        TEST(takes_no_path_for_an_id),
        TEST(reads_no_batch_text_that_is_linked_or_huge),
        TEST(adopts_as_often_as_it_is_asked),
        TEST(refuses_with_the_reason_beside_it),
        TEST(removes_what_is_known_and_nothing_else),
        TEST(reads_lines_of_more_batches_than_it_keeps_open),
        TEST(says_when_a_line_is_gone),
    };
    log_set_level(LOG_ERR); /* refusals are meant */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
