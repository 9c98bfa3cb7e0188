#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/dispatch.h"
#include "engine/settle.h"

/* SQLite's syncs come by here: counted, and slow where a test wants a slow disk. */
static int syncs;
static unsigned sync_takes_ms;

int fdatasync(int fd)
{
    (void)fd;
    syncs++;
    usleep(sync_takes_ms * 1000);
    return 0;
}

int fsync(int fd)
{
    return fdatasync(fd);
}

/* A ledger with notices, two transports, and workers that do nothing: their side of the socket is
 * ours. */
static char directory[64];
static struct ledger *ledger;
static struct dispatch dispatch;
static char mail_name[] = "mail", texts_name[] = "texts";
static struct transport transports[2];
static struct settings settings;
static struct setup setup;
static int sides[8];
static size_t side_count;

static int open_world(void **state)
{
    struct error err;
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/dispatcher-test-XXXXXX");
    if (mkdtemp(directory) == NULL || ledger_open(directory, LEDGER_WRITE, &ledger, &err) != 0)
        return -1;
    const struct transport plain = {.name = mail_name,
                                    .channel = CHANNEL_EMAIL,
                                    .concurrency = 4,
                                    .packet_size = 1,
                                    .deadline_ms = 1000,
                                    .retry = {.delays_ms = {1000}, .count = 1}};
    transports[0] = plain;
    transports[1] = plain;
    transports[1].name = texts_name;
    transports[1].channel = CHANNEL_SMS;
    settings = (struct settings){
        .transports = transports, .transport_count = 2, .workers = 1, .worker_jobs_max = 1000};
    setup = (struct setup){.settings = &settings, .references = 1000};
    side_count = 0;
    sync_takes_ms = 0;
    log_set_level(LOG_ERR);
    dispatch_init(&dispatch, ledger, NULL, &setup); /* no batches here */
    return 0;
}

static int close_world(void **state)
{
    static const char *const files[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm"};
    char path[200];
    (void)state;
    dispatch_end(&dispatch);
    ledger_close(ledger);
    while (side_count > 0)
        close(sides[--side_count]);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
        remove(path);
    }
    remove(directory);
    return 0;
}

static void add_worker(void)
{
    struct pool *p = &dispatch.pool;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    void (*handler)(int) = signal(SIGSEGV, SIG_DFL); /* the test's own is not for it */
    pid_t pid = fork();
    if (pid == 0) {
        for (;;)
            pause();
    }
    signal(SIGSEGV, handler);
    sides[side_count++] = pair[1];
    p->slots = xreallocarray(p->slots, p->count + 1, sizeof(*p->slots));
    p->slots[p->count++] = (struct worker_slot){
        .pid = pid, .socket = pair[0], .page = progress_page_open(), .setup = setup_retain(&setup)};
    progress_page_be_ready(p->slots[p->count - 1].page);
}

static void accept_notices(const char *transport, int first, int count, size_t text_len)
{
    struct error err;
    char id[32], json[200];
    unsigned char digest[DIGEST_SIZE] = {0};
    char *text = xcalloc(text_len + 1, 1);
    memset(text, ' ', text_len);
    assert_int_equal(ledger_begin(ledger, LEDGER_FAST, &err), 0);
    for (int i = first; i < first + count; i++) {
        struct job *job;
        enum accept_result result;
        snprintf(id, sizeof(id), "%s%d", transport, i);
        snprintf(json, sizeof(json),
                 "{\"version\":1,\"id\":\"%s\",\"to\":{\"email\":\"a@example.org\"}}", id);
        memcpy(text, json, strlen(json));
        assert_int_equal(job_parse(json, strlen(json), "f", 1, &job, &err), 0);
        const struct planned_delivery delivery = {.channel = CHANNEL_EMAIL,
                                                  .transport = transport,
                                                  .address = "a@example.org",
                                                  .state = DELIVERY_WAITING,
                                                  .cause = "",
                                                  .due_ms = 1000};
        const struct acceptance a = {.job = job,
                                     .text = text,
                                     .len = text_len,
                                     .digest = digest,
                                     .template_name = "apology",
                                     .locale = "en",
                                     .method = JOB_ALL,
                                     .deliveries = &delivery,
                                     .count = 1,
                                     .now_ms = 1000,
                                     .source = "spool"};
        assert_int_equal(ledger_accept(ledger, &a, &result, &err), 0);
        job_free(job);
    }
    assert_int_equal(ledger_commit(ledger, &err), 0);
    free(text);
}

static int64_t count_of(enum delivery_state state)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    struct error err;
    assert_int_equal(ledger_count(ledger, counts, &err), 0);
    return counts[CHANNEL_EMAIL][state];
}

/* All that may be handed out at `wall_ms`: one run ends when its time is over, on a slow machine
 * after the first lease. */
static int64_t run_to_the_end(int64_t mono_ms, int64_t wall_ms)
{
    int64_t next = dispatch_run(&dispatch, mono_ms, wall_ms);
    for (int i = 0; i < 10000 && next == wall_ms; i++)
        next = dispatch_run(&dispatch, mono_ms, wall_ms);
    return next;
}

/* The worker of a slot says what became of its first delivery and that it is through. */
static void finish(size_t slot, const struct disposition *d)
{
    struct worker_slot *w = &dispatch.pool.slots[slot];
    struct pollfd fds[COUNT_OF(sides)];
    struct buf wire = {0};
    struct report r = {.stage = REPORT_DONE,
                       .packet = w->packet_number,
                       .delivery = w->assignments[0].lease.delivery,
                       .disposition = *d};
    report_put_frame(&r, &wire);
    r = (struct report){.stage = REPORT_FINISHED, .packet = w->packet_number};
    report_put_frame(&r, &wire);
    assert_int_equal(write(sides[slot], wire.data, wire.len), (ssize_t)wire.len);
    buf_free(&wire);
    size_t count = pool_poll(&dispatch.pool, fds);
    assert_true(poll(fds, (nfds_t)count, 60000) > 0);
    pool_serve(&dispatch.pool, fds);
    recorder_commit(&dispatch.recorder, 0);
}

static void gives_every_transport_its_turn(void **state)
{
    const struct disposition delivered = {.outcome = OUTCOME_DELIVERED};
    int mails = 0, texts = 0;
    (void)state;
    add_worker();
    accept_notices("mail", 0, 10, 200);
    accept_notices("texts", 0, 10, 200);
    for (int i = 0; i < 8; i++) {
        dispatch_run(&dispatch, 0, 5000);
        const struct worker_slot *w = &dispatch.pool.slots[0];
        assert_true(w->busy);
        mails += w->transport == &transports[0] ? 1 : 0;
        texts += w->transport == &transports[1] ? 1 : 0;
        finish(0, &delivered);
    }
    assert_int_equal(mails, 4);
    assert_int_equal(texts, 4);
}

static void comes_back_soon_from_a_backlog_it_must_not_send(void **state)
{
    (void)state;
    add_worker();
    settings.trial = true;
    accept_notices("mail", 0, 500, 200);
    assert_int_equal(dispatch_run(&dispatch, 0, 5000), 5000); /* again, at once */
    recorder_commit(&dispatch.recorder, 0);
    assert_in_range(count_of(DELIVERY_SUPPRESSED), 1, 100);
    assert_int_equal(run_to_the_end(0, 5000), INT64_MAX);
    recorder_commit(&dispatch.recorder, 0);
    assert_int_equal(count_of(DELIVERY_SUPPRESSED), 500);
}

static void keeps_a_packet_below_what_a_frame_may_hold(void **state)
{
    const size_t large = 250 * 1024;
    (void)state;
    add_worker();
    transports[0].packet_size = 1000;
    accept_notices("mail", 0, 100, large);
    dispatch_run(&dispatch, 0, 5000);
    const struct worker_slot *w = &dispatch.pool.slots[0];
    assert_true(w->busy);
    assert_in_range(w->assignment_count * large, 1, 9 * 1024 * 1024);
    assert_int_equal(count_of(DELIVERY_IN_FLIGHT), (int64_t)w->assignment_count);
    assert_int_equal(count_of(DELIVERY_WAITING), 100 - (int64_t)w->assignment_count);
}

static void leaves_a_worker_for_other_transports(void **state)
{
    (void)state;
    settings.workers = 3;
    for (int i = 0; i < 3; i++)
        add_worker();
    accept_notices("mail", 0, 10, 200);
    run_to_the_end(0, 5000);
    assert_int_equal(pool_in_flight(&dispatch.pool, "mail"), 2);
    accept_notices("texts", 0, 10, 200);
    run_to_the_end(0, 5000);
    assert_int_equal(pool_in_flight(&dispatch.pool, "texts"), 1);
}

static void uses_all_workers_when_every_transport_has_one(void **state)
{
    (void)state;
    settings.workers = 4;
    for (int i = 0; i < 4; i++)
        add_worker();
    accept_notices("mail", 0, 10, 200);
    accept_notices("texts", 0, 1, 200);
    run_to_the_end(0, 5000);
    assert_int_equal(pool_in_flight(&dispatch.pool, "mail"), 3);
    assert_int_equal(pool_in_flight(&dispatch.pool, "texts"), 1);
}

static void tells_the_reason_of_a_pause_in_whole_characters(void **state)
{
    struct disposition d;
    char reply[400] = "x";
    (void)state;
    for (size_t i = 1; i + 3 < sizeof(reply); i += 3)
        memcpy(reply + i, "한", 3);
    add_worker();
    accept_notices("mail", 0, 1, 200);
    dispatch_run(&dispatch, 0, 5000);
    disposition_set(&d, OUTCOME_NOT_TRIED, 0, "connect", reply, strlen(reply));
    finish(0, &d);
    struct transport_view view;
    dispatch_view(&dispatch, &transports[0], clock_mono_ms(), &view);
    assert_true(view.paused_ms > 0);
    assert_true(strlen(view.reason) > 200);
    assert_true(utf8_valid(view.reason, strlen(view.reason)));
}

/* ---- what it costs ---- */

static void does_not_hold_up_the_loop_on_a_slow_disk(void **state)
{
    (void)state;
    add_worker();
    settings.trial = true;
    transports[0].packet_size = 64;
    transports[0].on_uncertain = UNCERTAIN_HOLD;
    accept_notices("mail", 0, 4000, 200);
    syncs = 0;
    assert_int_equal(dispatch_run(&dispatch, 0, 5000), 5000);
    assert_in_range(syncs, 0, 10); /* a tenth of a second; one for each packet would be 63 */
}

static void syncs_nothing_for_what_may_not_be_sent(void **state)
{
    (void)state;
    add_worker();
    settings.trial = true;
    transports[0].on_uncertain = UNCERTAIN_HOLD;
    accept_notices("mail", 0, 50, 200);
    syncs = 0;
    run_to_the_end(0, 5000);
    recorder_commit(&dispatch.recorder, 0);
    assert_int_equal(count_of(DELIVERY_SUPPRESSED), 50);
    assert_in_range(syncs, 0, 2);
}

static void syncs_the_lease_before_what_costs_money_is_handed_out(void **state)
{
    (void)state;
    add_worker();
    add_worker();
    settings.workers = 2;
    accept_notices("mail", 0, 2, 200);
    syncs = 0;
    dispatch_run(&dispatch, 0, 5000);
    assert_true(dispatch.pool.slots[0].busy);
    assert_int_equal(syncs, 0);
    transports[1].on_uncertain = UNCERTAIN_HOLD;
    accept_notices("texts", 0, 2, 200);
    syncs = 0;
    dispatch_run(&dispatch, 0, 5000);
    assert_true(dispatch.pool.slots[1].busy);
    assert_true(syncs >= 1);
}

/* A failed e-mail whose text message follows: committing that makes a lane. */
static void accept_with_a_spare_channel(void)
{
    static const char json[] =
        "{\"version\":1,\"id\":\"one\",\"to\":{\"email\":\"a@example.org\"}}";
    const struct planned_delivery first = {.channel = CHANNEL_EMAIL,
                                           .transport = "mail",
                                           .address = "a@example.org",
                                           .state = DELIVERY_WAITING,
                                           .cause = "",
                                           .due_ms = 1000};
    struct planned_delivery spare = first;
    unsigned char digest[DIGEST_SIZE] = {7};
    enum accept_result result;
    struct error err;
    struct job *job;
    spare.channel = CHANNEL_SMS;
    spare.transport = "texts";
    assert_int_equal(job_parse(json, strlen(json), "f", 1, &job, &err), 0);
    const struct acceptance a = {.job = job,
                                 .text = json,
                                 .len = strlen(json),
                                 .digest = digest,
                                 .template_name = "apology",
                                 .locale = "en",
                                 .method = JOB_SINGLE,
                                 .deliveries = &first,
                                 .count = 1,
                                 .spare = &spare,
                                 .spare_count = 1,
                                 .now_ms = 1000,
                                 .source = "spool"};
    assert_int_equal(ledger_accept(ledger, &a, &result, &err), 0);
    job_free(job);
}

static void settles_before_it_looks_at_the_lanes(void **state)
{
    struct leased row;
    struct error err;
    size_t count = 0;
    (void)state;
    transports[0].warmup.days = 1;
    transports[0].warmup.start_day = dispatch.day;
    transports[0].warmup.limits[0] = 1000;
    accept_with_a_spare_channel();
    const struct lane *lanes = ledger_lanes(ledger, &count);
    assert_int_equal(ledger_lease(ledger, lanes->lane, 1, 2000, LEDGER_FAST, &row, &count, &err),
                     0);
    assert_int_equal(count, 1);
    accept_notices("mail", 1, 3, 200);
    add_worker();
    const struct settlement failed = {.delivery = row.delivery,
                                      .state = DELIVERY_FAILED,
                                      .counts = true,
                                      .next_channel = true,
                                      .now_ms = 2000,
                                      .cause = "x",
                                      .sha256 = "",
                                      .locale = "",
                                      .transport = "mail"};
    recorder_settle(&dispatch.recorder, &failed);
    leased_clear(&row);
    dispatch_run(&dispatch, clock_mono_ms(), clock_wall_ms());
    assert_true(dispatch.pool.slots[0].busy);
    assert_int_equal(dispatch.recorder.unrecorded_count, 0);
}

static void commits_at_once_what_costs_money(void **state)
{
    const struct disposition delivered = {.outcome = OUTCOME_DELIVERED};
    (void)state;
    transports[0].on_uncertain = UNCERTAIN_HOLD;
    add_worker();
    accept_notices("mail", 0, 1, 200);
    dispatch_run(&dispatch, 0, 5000);
    struct worker_slot *w = &dispatch.pool.slots[0];
    const struct report r = {.disposition = delivered};
    settle_report(&dispatch, w, &w->assignments[0], &r);
    w->assignments[0].done = true;
    w->open = 0;
    recorder_tend(&dispatch.recorder, 0);
    assert_int_equal(count_of(DELIVERY_DELIVERED), 1);
}

/* ---- what a dead worker leaves ---- */

/* The worker of slot 0 dies while the page says so; another one takes its place. */
static void crash(enum progress_stage stage, size_t item, int64_t mono_ms)
{
    struct worker_slot *w = &dispatch.pool.slots[0];
    assert_true(w->busy);
    progress_page_enter(w->page, stage, item);
    kill(w->pid, SIGSEGV);
    for (int i = 0; i < 12000 && dispatch.pool.count > 0; i++) {
        pool_tend(&dispatch.pool, mono_ms);
        usleep(5000);
    }
    assert_int_equal(dispatch.pool.count, 0);
    recorder_commit(&dispatch.recorder, mono_ms);
    close(sides[--side_count]);
    add_worker();
}

static struct {
    int64_t delivery;
    enum delivery_state state;
    int64_t due_ms;
    char cause[40], reply[200];
} seen[4];
static size_t seen_count;

static void see(void *context, const struct delivery_row *row)
{
    (void)context;
    if (seen_count == COUNT_OF(seen))
        return;
    seen[seen_count].delivery = row->delivery;
    seen[seen_count].state = row->state;
    seen[seen_count].due_ms = row->due_ms;
    snprintf(seen[seen_count].cause, sizeof(seen[0].cause), "%s", row->cause);
    snprintf(seen[seen_count].reply, sizeof(seen[0].reply), "%s", row->reply);
    seen_count++;
}

static void look(void)
{
    const struct selector all = SELECTOR_ALL;
    struct error err;
    size_t count = 0;
    int64_t last = 0;
    seen_count = 0;
    assert_int_equal(ledger_walk(ledger, &all, 0, 10, see, NULL, &count, &last, &err), 0);
}

static void sets_aside_what_crashed_three_workers(void **state)
{
    int64_t wall = 5000;
    (void)state;
    transports[0].packet_size = 4;
    add_worker();
    accept_notices("mail", 0, 4, 200);
    dispatch_run(&dispatch, 0, wall);
    assert_int_equal(dispatch.pool.slots[0].assignment_count, 4);
    crash(PROGRESS_RENDERING, 2, 0);
    look();
    assert_int_equal(seen[2].state, DELIVERY_DEFERRED);
    assert_string_equal(seen[2].cause, "worker_crash");
    assert_int_equal(seen[0].state, DELIVERY_WAITING);
    assert_int_equal(seen[3].state, DELIVERY_WAITING);
    for (int i = 0; i < 2; i++) {
        const struct disposition delivered = {.outcome = OUTCOME_DELIVERED};
        int64_t guilty = seen[2].delivery;
        for (int turns = 0; turns < 10; turns++) {
            wall = clock_wall_ms() + 1000000;
            dispatch_run(&dispatch, 0, wall);
            struct worker_slot *w = &dispatch.pool.slots[0];
            assert_true(w->busy);
            if (w->assignments[0].lease.delivery == guilty)
                break;
            finish(0, &delivered);
        }
        /* Whoever cost a worker goes alone. */
        assert_int_equal(dispatch.pool.slots[0].assignment_count, 1);
        crash(PROGRESS_RENDERING, 0, 0);
        look();
    }
    assert_int_equal(seen[2].state, DELIVERY_HELD);
    assert_string_equal(seen[2].cause, "poison");
    assert_string_equal(seen[2].reply,
                        "crashed three workers, last by signal 11 (SEGV) while rendering");
}

static void sends_suspects_alone(void **state)
{
    (void)state;
    transports[0].packet_size = 4;
    add_worker();
    accept_notices("mail", 0, 4, 200);
    dispatch_run(&dispatch, 0, 5000);
    progress_page_start(dispatch.pool.slots[0].page, 0);
    progress_page_start(dispatch.pool.slots[0].page, 1);
    crash(PROGRESS_SENDING, 0, 0);
    look();
    assert_int_equal(seen[0].state, DELIVERY_DEFERRED);
    assert_int_equal(seen[1].state, DELIVERY_DEFERRED);
    assert_int_equal(seen[2].state, DELIVERY_WAITING);
    dispatch_run(&dispatch, 0, clock_wall_ms() + 1000000);
    const struct worker_slot *w = &dispatch.pool.slots[0];
    assert_true(w->busy);
    assert_true(w->assignment_count == 1 || !w->assignments[0].lease.suspect);
    assert_int_equal(w->assignments[0].lease.crashes, 0);
}

static void blames_nobody_for_a_worker_that_did_not_start(void **state)
{
    (void)state;
    transports[0].packet_size = 4;
    add_worker();
    accept_notices("mail", 0, 4, 200);
    dispatch_run(&dispatch, 0, 5000);
    progress_page_close(dispatch.pool.slots[0].page);
    dispatch.pool.slots[0].page = progress_page_open();
    crash(PROGRESS_READING, 0, 0);
    assert_int_equal(count_of(DELIVERY_WAITING), 4);
}

static void rests_a_moment_when_a_worker_dies_and_nobody_is_to_blame(void **state)
{
    int64_t now = clock_mono_ms(), wall = clock_wall_ms();
    (void)state;
    transports[0].packet_size = 4;
    add_worker();
    accept_notices("mail", 0, 4, 200);
    for (int i = 0; i < 3; i++) {
        dispatch_run(&dispatch, now, wall);
        crash(PROGRESS_SENDING, 0, now); /* none begun */
        now = clock_mono_ms();           /* the rest counts from the crash, not from the lease */
        wall = clock_wall_ms() + 5;
        assert_int_equal(count_of(DELIVERY_WAITING), 4);
        assert_in_range(dispatch_run(&dispatch, now, wall), wall + 1, wall + 1000);
        assert_false(dispatch.pool.slots[0].busy);
        now = clock_mono_ms() + 1001;
        wall = clock_wall_ms() + 1001;
    }
    struct transport_view view;
    dispatch_view(&dispatch, &transports[0], now, &view);
    assert_string_equal(view.breaker, breaker_state_name(BREAKER_CLOSED));
}

/* ---- pace ---- */

static void keeps_the_pace_of_a_transport(void **state)
{
    const struct disposition delivered = {.outcome = OUTCOME_DELIVERED};
    int64_t next = 0;
    size_t given = 0;
    (void)state;
    transports[0].packet_size = 100;
    transports[0].rate = (struct rate){10, 1000};
    traffic_measure(traffic_transport(&dispatch.traffic, "mail"), 1, 1000);
    add_worker();
    accept_notices("mail", 0, 100, 200);
    for (int i = 0; i < 20; i++) {
        next = dispatch_run(&dispatch, 1000, 5000);
        if (!dispatch.pool.slots[0].busy)
            break;
        given += dispatch.pool.slots[0].assignment_count;
        for (size_t left = dispatch.pool.slots[0].assignment_count; left > 1; left--)
            dispatch.pool.slots[0].assignments[left - 1].done = true;
        finish(0, &delivered);
    }
    assert_in_range(given, 1, 10);
    assert_in_range(next, 5001, 6000); /* it will ask again by itself */
    dispatch_run(&dispatch, 1500, 5500);
    assert_in_range(dispatch.pool.slots[0].assignment_count, 1, 5);
}

static void probes_a_transport_with_one_delivery(void **state)
{
    const struct disposition broken = {.outcome = OUTCOME_NOT_TRIED, .cause = "connect"};
    const struct disposition delivered = {.outcome = OUTCOME_DELIVERED};
    int64_t now = clock_mono_ms(), wall = clock_wall_ms() + 100000;
    (void)state;
    transports[0].packet_size = 4;
    add_worker();
    accept_notices("mail", 0, 10, 200);
    dispatch_run(&dispatch, now, wall);
    for (size_t i = 1; i < 4; i++)
        dispatch.pool.slots[0].assignments[i].done = true;
    finish(0, &broken);
    int64_t next = dispatch_run(&dispatch, now + 10, wall + 10);
    assert_false(dispatch.pool.slots[0].busy);
    assert_in_range(next, wall + 4000, wall + 7000);
    dispatch_run(&dispatch, now + 8000, wall + 8000);
    assert_int_equal(dispatch.pool.slots[0].assignment_count, 1);
    finish(0, &delivered);
    dispatch_run(&dispatch, now + 8001, wall + 8001);
    assert_int_equal(dispatch.pool.slots[0].assignment_count, 4);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(gives_every_transport_its_turn),
        WITH_WORLD(comes_back_soon_from_a_backlog_it_must_not_send),
        WITH_WORLD(keeps_a_packet_below_what_a_frame_may_hold),
        WITH_WORLD(leaves_a_worker_for_other_transports),
        WITH_WORLD(uses_all_workers_when_every_transport_has_one),
        WITH_WORLD(tells_the_reason_of_a_pause_in_whole_characters),
        WITH_WORLD(does_not_hold_up_the_loop_on_a_slow_disk),
        WITH_WORLD(syncs_nothing_for_what_may_not_be_sent),
        WITH_WORLD(syncs_the_lease_before_what_costs_money_is_handed_out),
        WITH_WORLD(settles_before_it_looks_at_the_lanes),
        WITH_WORLD(commits_at_once_what_costs_money),
        WITH_WORLD(rests_a_moment_when_a_worker_dies_and_nobody_is_to_blame),
        WITH_WORLD(sets_aside_what_crashed_three_workers),
        WITH_WORLD(sends_suspects_alone),
        WITH_WORLD(blames_nobody_for_a_worker_that_did_not_start),
        WITH_WORLD(keeps_the_pace_of_a_transport),
        WITH_WORLD(probes_a_transport_with_one_delivery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
