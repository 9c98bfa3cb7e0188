#include "spool/spool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/id.h"

#include "directory.h"

static mode_t mode_of(const struct fixture *f, const char *name)
{
    struct stat st;
    assert_int_equal(fstatat(f->fd, name, &st, 0), 0);
    return st.st_mode & 07777;
}

static void makes_its_directories_for_the_group(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mode_of(f, "tmp"), 02770);
    assert_int_equal(mode_of(f, "new"), 02770);
    assert_int_equal(mode_of(f, "batches"), 02750);
    assert_int_equal(mode_of(f, "corrupt"), 02750);
}

static void leaves_the_modes_an_administrator_chose(void **state)
{
    struct fixture *f = *state;
    struct spool *s = NULL;
    struct error err = {0};
    assert_int_equal(fchmodat(f->fd, "new", 0700, 0), 0);
    assert_int_equal(spool_open(f->path, &s, &err), 0);
    assert_int_equal(mode_of(f, "new"), 0700);
    spool_close(s);
}

static void says_which_directory_it_could_not_open(void **state)
{
    struct fixture *f = *state;
    struct spool *s = NULL;
    struct error err = {0};
    assert_int_equal(unlinkat(f->fd, "corrupt", AT_REMOVEDIR), 0);
    write_file(f->fd, "corrupt", "");
    assert_true(spool_open(f->path, &s, &err) < 0);
    assert_null(s);
    assert_non_null(strstr(err.text, "corrupt"));
}

/* ---- drop ---- */

static int drop(struct fixture *f, const char *id, const char *text, bool *out_duplicate,
                struct error *err)
{
    return spool_drop(f->s, id, text, strlen(text), out_duplicate, err);
}

static void drops_a_notice_whole_and_cleans_up(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct stat st;
    bool duplicate = true;
    assert_int_equal(drop(f, "a-1", "{}", &duplicate, &err), 0);
    assert_false(duplicate);
    assert_int_equal(fstatat(f->fd, "new/a-1.json", &st, 0), 0);
    assert_int_equal(st.st_size, 2);
    assert_int_equal(st.st_nlink, 1); /* the temporary name is gone */
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void drops_the_same_bytes_twice_quietly(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    bool duplicate = false;
    drop(f, "a-1", "{}", &duplicate, &err);
    assert_int_equal(drop(f, "a-1", "{}", &duplicate, &err), 0);
    assert_true(duplicate);
}

static void never_drops_over_other_bytes(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    bool duplicate = false;
    drop(f, "a-1", "{}", &duplicate, &err);
    assert_int_equal(drop(f, "a-1", "{ }", &duplicate, &err), ERR_CONFLICT);
    assert_int_equal(drop(f, "a-1", "[]", &duplicate, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.text, "new/a-1.json is already there with other content"));
    struct stat st;
    assert_int_equal(fstatat(f->fd, "new/a-1.json", &st, 0), 0);
    assert_int_equal(st.st_size, 2);
}

static void does_not_follow_what_stands_in_its_place(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    bool duplicate = false;
    write_file(f->fd, "target", "{}");
    assert_int_equal(symlinkat("../target", f->fd, "new/a-1.json"), 0);
    assert_int_equal(drop(f, "a-1", "{}", &duplicate, &err), ERR_CONFLICT);
}

static void drops_nothing_that_intake_would_refuse(void **state)
{
    static const char *const ids[] = {"", "-rf", "../x", "a/b", "a.b", "a b", "ä", "a\n"};
    struct fixture *f = *state;
    struct error err = {0};
    bool duplicate = false;
    char id[ID_MAX + 2];
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        assert_int_equal(drop(f, ids[i], "{}", &duplicate, &err), ERR_INPUT);
    memset(id, 'x', sizeof(id));
    id[ID_MAX + 1] = '\0';
    assert_int_equal(drop(f, id, "{}", &duplicate, &err), ERR_INPUT);
    id[ID_MAX] = '\0';
    assert_int_equal(drop(f, id, "{}", &duplicate, &err), 0);
    assert_int_equal(drop(f, "empty", "", &duplicate, &err), ERR_INPUT);
    char *large = calloc(1, JOB_TEXT_MAX + 1);
    assert_int_equal(spool_drop(f->s, "large", large, JOB_TEXT_MAX + 1, &duplicate, &err),
                     ERR_INPUT);
    assert_int_equal(spool_drop(f->s, "limit", large, JOB_TEXT_MAX, &duplicate, &err), 0);
    free(large);
}

static void takes_back_what_was_dropped_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct stat st;
    bool duplicate = false;
    drop(f, "a-1", "{}", &duplicate, &err);
    assert_int_equal(spool_withdraw(f->s, "a-1", "[]", 2, &err), 0);
    assert_int_equal(fstatat(f->fd, "new/a-1.json", &st, 0), 0); /* other bytes: another's */
    assert_int_equal(spool_withdraw(f->s, "a-1", "{}", 2, &err), 0);
    assert_int_equal(fstatat(f->fd, "new/a-1.json", &st, 0), -1);
    assert_int_equal(spool_withdraw(f->s, "a-1", "{}", 2, &err), 0);
}

/* ---- lock ---- */

static void lets_one_in_and_names_it_to_the_other(void **state)
{
    struct fixture *f = *state;
    struct spool *other = NULL;
    struct error err = {0};
    char pid[32];
    assert_int_equal(spool_lock(f->s, SPOOL_DAEMON, &err), 0);
    assert_int_equal(spool_open(f->path, &other, &err), 0);
    assert_int_equal(spool_lock(other, SPOOL_DAEMON, &err), ERR_AGAIN);
    snprintf(pid, sizeof(pid), "(process %d)", (int)getpid());
    assert_non_null(strstr(err.text, pid));
    spool_close(f->s);
    f->s = other;
    assert_int_equal(spool_lock(f->s, SPOOL_DAEMON, &err), 0); /* free after close */
}

/* As fork(); the child comes back with the lock, and the parent once the child has it. */
static pid_t fork_with_lock(struct fixture *f, enum spool_user user)
{
    struct error err = {0};
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct spool *mine = NULL;
        if (spool_open(f->path, &mine, &err) != 0 || spool_lock(mine, user, &err) != 0)
            _exit(1);
    }
    if (pid == 0 && write(ready[1], &byte, 1) != 1)
        _exit(2);
    close(ready[1]);
    if (pid != 0)
        assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void frees_the_lock_of_the_dead(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int status = 0;
    pid_t pid = fork_with_lock(f, SPOOL_DAEMON);
    if (pid == 0)
        kill(getpid(), SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(spool_lock(f->s, SPOOL_DAEMON, &err), 0);
}

/* A worker forked right before its daemon died still has the lock's descriptor, for a moment. */
static void waits_for_what_a_dead_daemon_left(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int status = 0;
    pid_t pid = fork_with_lock(f, SPOOL_DAEMON);
    if (pid == 0) {
        if (fork() == 0)
            usleep(300 * 1000);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(spool_lock(f->s, SPOOL_DAEMON, &err), 0);
}

/* Somebody's `retry` must not keep a daemon from starting. */
static void waits_for_a_command_that_lives(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int status = 0;
    pid_t pid = fork_with_lock(f, SPOOL_COMMAND);
    if (pid == 0) {
        usleep(300 * 1000);
        _exit(0);
    }
    assert_int_equal(spool_lock(f->s, SPOOL_DAEMON, &err), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void does_not_follow_a_planted_lock(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    write_file(f->fd, "victim", "keep me");
    assert_int_equal(symlinkat("victim", f->fd, "lock"), 0);
    assert_true(spool_lock(f->s, SPOOL_DAEMON, &err) < 0);
    struct stat st;
    assert_int_equal(fstatat(f->fd, "victim", &st, 0), 0);
    assert_int_equal(st.st_size, 7);
}

/* ---- tmp/ ---- */

static void clean_after_hours(struct fixture *f, int hours)
{
    spool_clean_tmp(f->s, clock_wall_ms() + (int64_t)hours * 3600 * 1000);
}

static void removes_leftovers_after_36_hours(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    write_file(f->fd, "tmp/left", "{");
    write_file(f->fd, "tmp/.left", "{");
    assert_int_equal(symlinkat("../new", f->fd, "tmp/link"), 0);
    assert_int_equal(mkdirat(f->fd, "tmp/batch", 0700), 0);
    clean_after_hours(f, 35);
    assert_int_equal(fstatat(f->fd, "tmp/left", &st, 0), 0);
    clean_after_hours(f, 37);
    assert_int_not_equal(fstatat(f->fd, "tmp/left", &st, 0), 0);
    assert_int_not_equal(fstatat(f->fd, "tmp/.left", &st, 0), 0);
    assert_int_not_equal(fstatat(f->fd, "tmp/link", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_not_equal(fstatat(f->fd, "tmp/batch", &st, 0), 0); /* a batch nobody finished */
    assert_int_equal(fstatat(f->fd, "new", &st, 0), 0);
}

static void keeps_a_fresh_copy_with_an_old_date(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    const struct timespec old[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    write_file(f->fd, "tmp/copy", "{}");
    assert_int_equal(utimensat(f->fd, "tmp/copy", old, 0), 0);
    clean_after_hours(f, 1);
    assert_int_equal(fstatat(f->fd, "tmp/copy", &st, 0), 0);
}

static void asks_for_room(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(spool_check_room(f->s, 0, &err), 0);
    assert_int_equal(spool_check_room(f->s, 4096, &err), 0);
    assert_int_equal(spool_check_room(f->s, INT64_MAX, &err), ERR_AGAIN);
    assert_non_null(strstr(err.text, "MiB more"));
}

static void lets_others_through_the_door_and_no_further(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct stat before, st;
    assert_int_equal(fstat(f->fd, &before), 0);
    assert_int_equal(spool_open_door(f->s, (gid_t)-1, &err), 0);
    assert_int_equal(fstat(f->fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, (before.st_mode & 07777) | S_IXOTH);
    assert_int_equal(st.st_mode & (S_IROTH | S_IWOTH), 0);
    assert_int_equal(mode_of(f, "batches"), 02750);
    assert_int_equal(mode_of(f, "corrupt"), 02750);
}

static void gives_its_door_to_the_group_of_producers(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct stat st;
    gid_t producers = geteuid() == 0 ? 4321 : getegid();
    assert_int_equal(fchmodat(f->fd, "new", 02755, 0), 0);
    assert_int_equal(spool_open_door(f->s, producers, &err), 0);
    assert_int_equal(fstatat(f->fd, "new", &st, 0), 0);
    assert_int_equal(st.st_gid, producers);
    assert_int_equal(st.st_mode & 07777, 02770);
    assert_int_equal(mode_of(f, "tmp"), 02770);
    assert_int_equal(fstatat(f->fd, "batches", &st, 0), 0);
    assert_int_equal(st.st_gid, getegid());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asks_for_room),
        TEST(makes_its_directories_for_the_group),
        TEST(leaves_the_modes_an_administrator_chose),
        TEST(says_which_directory_it_could_not_open),
        TEST(drops_a_notice_whole_and_cleans_up),
        TEST(drops_the_same_bytes_twice_quietly),
        TEST(never_drops_over_other_bytes),
        TEST(does_not_follow_what_stands_in_its_place),
        TEST(drops_nothing_that_intake_would_refuse),
        TEST(takes_back_what_was_dropped_and_nothing_else),
        TEST(lets_others_through_the_door_and_no_further),
        TEST(gives_its_door_to_the_group_of_producers),
        TEST(lets_one_in_and_names_it_to_the_other),
        TEST(frees_the_lock_of_the_dead),
        TEST(waits_for_what_a_dead_daemon_left),
        TEST(waits_for_a_command_that_lives),
        TEST(does_not_follow_a_planted_lock),
        TEST(removes_leftovers_after_36_hours),
        TEST(keeps_a_fresh_copy_with_an_old_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
