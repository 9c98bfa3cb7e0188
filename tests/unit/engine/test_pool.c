#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "engine/pool.h"

/* One worker that does nothing; its side of the socket is ours. */
static char mail_name[] = "mail";
static struct transport mail = {.name = mail_name, .deadline_ms = 1000};
static struct settings settings = {
    .transports = &mail, .transport_count = 1, .worker_jobs_max = 1000};
static struct setup setup;
static struct pool pool;
static int side;
static int reports, ends;
static enum packet_end how_it_ended;

static void on_report(void *context, struct worker_slot *w, struct assignment *a,
                      const struct report *r)
{
    (void)context;
    (void)w;
    (void)a;
    (void)r;
    reports++;
}

static void on_packet_end(void *context, struct worker_slot *w, enum packet_end how,
                          const char *detail)
{
    (void)context;
    (void)w;
    (void)detail;
    ends++;
    how_it_ended = how;
}

static int open_pool(void **state)
{
    const struct pool_events events = {.report = on_report, .packet_end = on_packet_end};
    int pair[2];
    (void)state;
    setup = (struct setup){.settings = &settings, .references = 1000};
    reports = ends = 0;
    log_set_level(LOG_ERR);
    pool_init(&pool, &events);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        for (;;)
            pause();
    }
    side = pair[1];
    pool.slots = xcalloc(1, sizeof(*pool.slots));
    pool.slots[0] = (struct worker_slot){
        .pid = pid, .socket = pair[0], .page = progress_page_open(), .setup = setup_retain(&setup)};
    progress_page_be_ready(pool.slots[0].page);
    pool.count = 1;
    return 0;
}

static int close_pool(void **state)
{
    (void)state;
    pool_kill(&pool);
    close(side);
    return 0;
}

static void assign_one(void)
{
    struct leased row = {.delivery = 7,
                         .packet = 1,
                         .notice_id = xstrdup("n"),
                         .address = xstrdup("a@example.org"),
                         .template_name = xstrdup("apology"),
                         .locale = xstrdup("en"),
                         .job_text = xstrdup("{}")};
    const struct pool_packet packet = {.transport = &mail, .home = &mail, .rows = &row, .count = 1};
    pool_assign(&pool.slots[0], &packet, 0);
}

static void serve(void)
{
    struct pollfd fds[1];
    assert_int_equal(pool_poll(&pool, fds), 1);
    if (poll(fds, 1, 100) > 0)
        pool_serve(&pool, fds);
}

static void put_done(struct buf *wire)
{
    const struct report done = {.stage = REPORT_DONE, .packet = 1, .delivery = 7};
    report_put_frame(&done, wire);
}

/* Until the dead one is buried; a signal takes its time. */
static void wait_for_burial(int64_t mono_ms)
{
    for (int i = 0; i < 12000 && pool.count > 0; i++) {
        pool_tend(&pool, mono_ms);
        usleep(5000);
    }
    assert_int_equal(pool.count, 0);
}

static void reads_frames_that_come_in_pieces(void **state)
{
    struct buf wire = {0};
    (void)state;
    assign_one();
    put_done(&wire);
    for (size_t i = 0; i < wire.len; i++) {
        assert_int_equal(reports, 0);
        assert_int_equal(write(side, wire.data + i, 1), 1);
        serve();
    }
    assert_int_equal(reports, 1);
    buf_free(&wire);
}

static void believes_nothing_behind_nonsense(void **state)
{
    struct buf wire = {0};
    (void)state;
    assign_one();
    buf_put(&wire, "\0\0\0\4!!!!", 8);
    assert_int_equal(write(side, wire.data, wire.len), (ssize_t)wire.len);
    serve();
    buf_reset(&wire);
    put_done(&wire);
    assert_int_equal(write(side, wire.data, wire.len), (ssize_t)wire.len);
    serve();
    wait_for_burial(0);
    assert_int_equal(reports, 0);
    assert_int_equal(ends, 1);
    assert_int_equal(how_it_ended, PACKET_CRASHED);
    buf_free(&wire);
}

static void hears_what_a_dead_worker_said_before(void **state)
{
    struct buf wire = {0};
    (void)state;
    assign_one();
    put_done(&wire);
    assert_int_equal(write(side, wire.data, wire.len), (ssize_t)wire.len);
    kill(pool.slots[0].pid, SIGKILL);
    wait_for_burial(0);
    assert_int_equal(reports, 1);
    assert_int_equal(ends, 1);
    buf_free(&wire);
}

static void does_not_wait_to_replace_one_that_crashed_at_work(void **state)
{
    (void)state;
    assign_one();
    kill(pool.slots[0].pid, SIGKILL);
    wait_for_burial(100);
    assert_in_range(pool.next_fork_mono_ms, 0, 100);
}

static void waits_before_it_replaces_one_that_never_got_ready(void **state)
{
    (void)state;
    progress_page_close(pool.slots[0].page);
    pool.slots[0].page = progress_page_open();
    assign_one();
    kill(pool.slots[0].pid, SIGKILL);
    wait_for_burial(100);
    assert_in_range(pool.next_fork_mono_ms, 200, 1000);
}

static void buries_only_its_own(void **state)
{
    (void)state;
    pid_t stranger = fork();
    if (stranger == 0)
        _exit(7);
    int status = 0;
    usleep(20000);
    pool_tend(&pool, 0);
    assert_int_equal(pool.count, 1);
    assert_int_equal(waitpid(stranger, &status, 0), stranger);
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void kills_who_passes_the_deadline(void **state)
{
    (void)state;
    assign_one();
    pool_tend(&pool, 999);
    assert_false(pool.slots[0].deadline_passed);
    assert_int_equal(pool_next_deadline(&pool), 1000);
    wait_for_burial(1000);
    assert_int_equal(how_it_ended, PACKET_DEADLINE);
}

static void does_not_listen_to_who_was_dismissed(void **state)
{
    struct pollfd fds[1];
    (void)state;
    pool_retire(&pool, NULL);
    pool_tend(&pool, 10);
    pool_poll(&pool, fds);
    assert_int_equal(fds[0].fd, -1); /* its end of file would wake the loop for ever */
}

static void kills_who_does_not_leave(void **state)
{
    (void)state;
    pool_retire(&pool, NULL);
    pool_tend(&pool, 10);
    usleep(20000);
    pool_tend(&pool, 20);
    assert_int_equal(pool.count, 1); /* it has a moment to close its connections */
    wait_for_burial(10000);
}

#define WITH_POOL(test) cmocka_unit_test_setup_teardown(test, open_pool, close_pool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(reads_frames_that_come_in_pieces),
        WITH_POOL(believes_nothing_behind_nonsense),
        WITH_POOL(hears_what_a_dead_worker_said_before),
        WITH_POOL(does_not_wait_to_replace_one_that_crashed_at_work),
        WITH_POOL(waits_before_it_replaces_one_that_never_got_ready),
        WITH_POOL(buries_only_its_own),
        WITH_POOL(kills_who_passes_the_deadline),
        WITH_POOL(does_not_listen_to_who_was_dismissed),
        WITH_POOL(kills_who_does_not_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
