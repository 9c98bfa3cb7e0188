#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/reader_process.h"

/* A process that does nothing. */
static pid_t fork_sleeper(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    for (; pid == 0;)
        pause();
    return pid;
}

/* Who is traced is not gone before his tracer has seen it: as if the disk held him. */
static pid_t fork_tracer(pid_t traced)
{
    int ready[2];
    char said = 'n';
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        said = ptrace(PTRACE_SEIZE, traced, NULL, NULL) == 0 ? 'y' : 'n';
        if (write(ready[1], &said, 1) != 1)
            _exit(EXIT_FAILURE);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &said, 1), 1);
    close(ready[0]);
    close(ready[1]);
    if (said == 'y')
        return pid;
    kill(pid, SIGKILL);
    kill(traced, SIGKILL);
    waitpid(pid, NULL, 0);
    waitpid(traced, NULL, 0);
    skip();
    return 0;
}

static void tells_how_a_reader_ended(void **state)
{
    char how[40];
    struct reader_process p = {.pid = fork_sleeper(), .socket = -1};
    (void)state;
    assert_int_equal(reader_process_end(&p, how, sizeof(how)), SIGKILL);
    assert_string_equal(how, "signal 9 (KILL)");
    assert_int_equal(p.pid, 0);
    assert_true(reader_process_reap(&p));
}

static void waits_for_no_reader_that_cannot_die(void **state)
{
    char how[40];
    struct reader_process p = {.pid = fork_sleeper(), .socket = -1};
    pid_t tracer = fork_tracer(p.pid);
    int64_t begun_ms = clock_mono_ms();
    (void)state;
    alarm(120); /* or the test would stand */
    reader_process_end(&p, how, sizeof(how));
    assert_true(clock_mono_ms() - begun_ms < 100000);
    assert_string_equal(how, "killed, and not gone yet");
    assert_int_equal(p.pid, 0);
    assert_false(reader_process_reap(&p));
    kill(tracer, SIGKILL);
    waitpid(tracer, NULL, 0);
    while (!reader_process_reap(&p))
        usleep(1000);
    alarm(0);
}

static void starts_no_more_when_too_many_cannot_die(void **state)
{
    struct reader_process p = {.pid = 0};
    struct reader_task task = {.notices = dup(0)};
    struct error err;
    (void)state;
    for (int i = 0; i < READERS_DYING_MAX; i++)
        p.dying[i] = fork_sleeper();
    assert_int_equal(reader_process_start(&p, &task, NULL, &err), ERR_AGAIN);
    for (int i = 0; i < READERS_DYING_MAX; i++)
        kill(p.dying[i], SIGKILL);
    while (!reader_process_reap(&p))
        usleep(1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_how_a_reader_ended),
        cmocka_unit_test(waits_for_no_reader_that_cannot_die),
        cmocka_unit_test(starts_no_more_when_too_many_cannot_die),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
