#include "spool/spool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/digest.h"
#include "model/batch.h"

#include "directory.h"

static const char shared[] = "{\"version\":1}";

static bool stands(const struct fixture *f, const char *path)
{
    struct stat st;
    return fstatat(f->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static struct batch_builder *begin(struct fixture *f, const char *id)
{
    struct batch_builder *b;
    struct error err = {0};
    if (spool_begin_batch(f->s, id, &b, &err) != 0)
        fail_msg("%s", err.text);
    return b;
}

static void put(struct batch_builder *b, const char *line)
{
    struct error err = {0};
    if (spool_put_notice(b, line, strlen(line), &err) != 0)
        fail_msg("%s", err.text);
}

/* A whole batch of one notice; returns what publishing did. */
static int publish(struct fixture *f, const char *id, const char *line, const char *text,
                   bool *out_duplicate)
{
    struct error err = {0};
    struct batch_builder *b = begin(f, id);
    put(b, line);
    int rc = spool_publish_batch(b, text, strlen(text), out_duplicate, &err);
    spool_end_batch(b);
    return rc;
}

static int count_tmp(const struct fixture *f)
{
    int count = -2;
    DIR *d = fdopendir(openat(f->fd, "tmp", O_RDONLY | O_DIRECTORY));
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count;
}

static void publishes_a_batch_as_a_whole(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf text = {0};
    bool duplicate = true;
    struct batch_builder *b = begin(f, "b-1");
    put(b, "{\"a\":1}");
    put(b, "{\"b\":2}");
    assert_false(stands(f, "new/b-1"));
    assert_int_equal(spool_publish_batch(b, shared, strlen(shared), &duplicate, &err), 0);
    assert_false(duplicate);
    spool_end_batch(b);
    assert_int_equal(count_tmp(f), 0);
    assert_int_equal(spool_read_batch_text(f->s, BATCH_PLACE_NEW, "b-1", &text, &err), 0);
    assert_string_equal(text.data, shared);
    buf_reset(&text);
    struct file_at at = {f->fd, "new/b-1/notices.jsonl", "notices"};
    struct file_facts facts;
    assert_int_equal(file_read(at, 1000, &text, &facts, &err), 0);
    assert_string_equal(text.data, "{\"a\":1}\n{\"b\":2}\n");
    assert_int_equal(facts.mode & 0777, 0640);
    struct stat st;
    assert_int_equal(fstatat(f->fd, "new/b-1", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0770); /* the daemon, of its group, moves it */
    buf_free(&text);
}

static void sums_what_lies_in_the_file(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct buf all = {0};
    struct batch_sum sum;
    unsigned char expected[DIGEST_SIZE];
    bool duplicate;
    char line[200];
    struct batch_builder *b = begin(f, "b-1");
    for (int i = 0; i < 20000; i++) { /* some megabytes: several flushes */
        snprintf(line, sizeof(line), "{\"n\":%d,\"x\":\"%0120d\"}", i, i);
        put(b, line);
        buf_printf(&all, "%s\n", line);
        if (i % 4999 == 0) {
            spool_sum_batch(b, &sum);
            digest_sha256(all.data, all.len, expected);
            assert_memory_equal(sum.sha256, expected, DIGEST_SIZE);
        }
    }
    spool_sum_batch(b, &sum);
    digest_sha256(all.data, all.len, expected);
    assert_int_equal(sum.count, 20000);
    assert_int_equal(sum.bytes, all.len);
    assert_memory_equal(sum.sha256, expected, DIGEST_SIZE);
    assert_int_equal(spool_publish_batch(b, shared, strlen(shared), &duplicate, &err), 0);
    spool_end_batch(b);
    struct buf file = {0};
    struct file_at at = {f->fd, "new/b-1/notices.jsonl", "notices"};
    assert_int_equal(file_read(at, (size_t)1 << 30, &file, NULL, &err), 0);
    assert_int_equal(file.len, all.len);
    assert_memory_equal(file.data, all.data, all.len);
    buf_free(&file);
    buf_free(&all);
}

static void knows_the_same_batch_again_wherever_it_stands(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    bool duplicate = false;
    assert_int_equal(publish(f, "b-1", "{\"a\":1}", shared, &duplicate), 0);
    for (int adopted = 0; adopted < 2; adopted++) {
        if (adopted)
            assert_int_equal(spool_adopt_batch(f->s, "b-1", &err), 0);
        duplicate = false;
        assert_int_equal(publish(f, "b-1", "{\"a\":1}", shared, &duplicate), 0);
        assert_true(duplicate);
        assert_int_equal(publish(f, "b-1", "{\"a\":2}", shared, &duplicate), ERR_CONFLICT);
        assert_false(duplicate);
        assert_int_equal(publish(f, "b-1", "{\"a\":1}", "{\"version\":2}", &duplicate),
                         ERR_CONFLICT);
        assert_int_equal(publish(f, "b-1", "{\"a\":11}", shared, &duplicate), ERR_CONFLICT);
        assert_int_equal(count_tmp(f), 0);
    }
    assert_false(stands(f, "new/b-1"));
}

static void never_replaces_something_else_of_that_name(void **state)
{
    struct fixture *f = *state;
    bool duplicate;
    write_file(f->fd, "new/b-1", "a file");
    assert_int_equal(publish(f, "b-1", "{}", shared, &duplicate), ERR_CONFLICT);
    assert_int_equal(mkdirat(f->fd, "new/b-2", 0770), 0); /* rename() would replace it */
    assert_int_not_equal(publish(f, "b-2", "{}", shared, &duplicate), 0);
    assert_false(stands(f, "new/b-2/batch.json"));
    assert_int_equal(count_tmp(f), 0);
}

static void refuses_lines_that_are_none(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    bool duplicate;
    struct batch_builder *b;
    char *large = malloc(BATCH_LINE_MAX + 1);
    memset(large, 'x', BATCH_LINE_MAX + 1);
    assert_int_equal(spool_begin_batch(f->s, "../b", &b, &err), ERR_INPUT);
    assert_null(b);
    b = begin(f, "b-1");
    assert_int_equal(spool_put_notice(b, "a\nb", 3, &err), ERR_INPUT);
    assert_int_equal(spool_put_notice(b, "", 0, &err), ERR_INPUT);
    assert_int_equal(spool_put_notice(b, large, BATCH_LINE_MAX + 1, &err), ERR_INPUT);
    assert_int_equal(spool_publish_batch(b, shared, strlen(shared), &duplicate, &err), ERR_INPUT);
    assert_int_equal(spool_put_notice(b, large, BATCH_LINE_MAX, &err), 0);
    assert_int_equal(spool_publish_batch(b, shared, strlen(shared), &duplicate, &err), 0);
    spool_end_batch(b);
    spool_end_batch(NULL);
    free(large);
}

static void leaves_nothing_of_what_was_not_published(void **state)
{
    struct fixture *f = *state;
    struct batch_builder *b = begin(f, "b-1");
    put(b, "{}");
    assert_int_equal(count_tmp(f), 1);
    spool_end_batch(b);
    assert_int_equal(count_tmp(f), 0);
    assert_false(stands(f, "new/b-1"));
}

/* A limit on file size stands for a full disk: write() fails in the middle. */
static void publishes_nothing_that_could_not_be_written(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct rlimit old, small;
    bool duplicate;
    char line[1000];
    int rc = 0;
    memset(line, 'x', sizeof(line));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1500 * 1000;
    struct batch_builder *b = begin(f, "b-1");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; rc == 0 && i < 4000; i++)
        rc = spool_put_notice(b, line, sizeof(line), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_not_equal(rc, 0);
    assert_int_not_equal(spool_publish_batch(b, shared, strlen(shared), &duplicate, &err), 0);
    spool_end_batch(b);
    assert_false(stands(f, "new/b-1"));
    assert_int_equal(count_tmp(f), 0);
}

static void cleans_up_behind_a_builder_that_was_killed(void **state)
{
    struct fixture *f = *state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        put(begin(f, "b-1"), "{}");
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(count_tmp(f), 1);
    int64_t now_ms = clock_wall_ms();
    spool_clean_tmp(f->s, now_ms + (int64_t)35 * 3600 * 1000);
    assert_int_equal(count_tmp(f), 1);
    spool_clean_tmp(f->s, now_ms + (int64_t)37 * 3600 * 1000);
    assert_int_equal(count_tmp(f), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(publishes_a_batch_as_a_whole),
        TEST(sums_what_lies_in_the_file),
        TEST(knows_the_same_batch_again_wherever_it_stands),
        TEST(never_replaces_something_else_of_that_name),
        TEST(refuses_lines_that_are_none),
        TEST(leaves_nothing_of_what_was_not_published),
        TEST(publishes_nothing_that_could_not_be_written),
        TEST(cleans_up_behind_a_builder_that_was_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
