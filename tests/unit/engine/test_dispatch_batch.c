#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "engine/batch_fixture.h"
#include "engine/dispatch.h"
#include "engine/settle.h"

#define LINES 40

/* A batch that was taken in, and one worker that does nothing. */
static struct batch_fixture fixture;
static struct shelf *shelf;
static struct dispatch dispatch;
static int side;

static void add_worker(void)
{
    struct pool *p = &dispatch.pool;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid_t pid = fork();
    if (pid == 0) {
        for (;;)
            pause();
    }
    side = pair[1];
    p->slots = xreallocarray(p->slots, p->count + 1, sizeof(*p->slots));
    p->slots[p->count++] = (struct worker_slot){.pid = pid,
                                                .socket = pair[0],
                                                .page = progress_page_open(),
                                                .setup = setup_retain(fixture.setup)};
    progress_page_be_ready(p->slots[p->count - 1].page);
}

static int open_all(void **state)
{
    (void)state;
    open_batch_fixture(&fixture);
    fixture.setup->settings->trial = false;
    shelf = shelf_open(fixture.ledger, fixture.spool);
    dispatch_init(&dispatch, fixture.ledger, shelf, fixture.setup);

    add_worker();
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    dispatch_end(&dispatch);
    close(side);
    shelf_close(shelf);
    close_batch_fixture(&fixture);
    return 0;
}

static int64_t count_of(enum delivery_state state)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    struct error err;
    recorder_commit(&dispatch.recorder, clock_mono_ms());
    assert_int_equal(ledger_count(fixture.ledger, counts, &err), 0);
    return counts[CHANNEL_EMAIL][state];
}

static void run(void)
{
    dispatch_run(&dispatch, clock_mono_ms(), clock_wall_ms() + 1000);
}

static void copy_row(void *context, const struct batch_row *row)
{
    struct buf *reason = context;
    assert_int_equal(row->stop, BATCH_PAUSED);
    buf_puts(reason, row->stop_reason);
}

static void move_batch(const char *from, const char *to)
{
    char path[200], other[200];
    snprintf(path, sizeof(path), "%s/batches/%s", fixture.directory, from);
    snprintf(other, sizeof(other), "%s/batches/%s", fixture.directory, to);
    assert_int_equal(rename(path, other), 0);
}

static void take_in_lines(int count)
{
    struct buf lines = {0};
    put_lines(&lines, 1, count);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = count};
    take_in(&fixture, &h);
    buf_free(&lines);
}

static void pauses_a_batch_whose_notices_are_not_there(void **state)
{
    const struct batch_question q = {.id = "b"};
    struct buf reason = {0};
    struct error err;
    (void)state;
    take_in_lines(LINES);
    move_batch("b", "elsewhere");
    run();
    run();
    assert_false(dispatch.pool.slots[0].busy);
    assert_int_equal(count_of(DELIVERY_WAITING), LINES);
    assert_int_equal(ledger_walk_batches(fixture.ledger, &q, copy_row, &reason, &err), 0);
    assert_non_null(strstr(buf_text(&reason), "missing"));
    buf_free(&reason);
    move_batch("elsewhere", "b");
    assert_int_equal(ledger_stop_batch(fixture.ledger, "b", BATCH_GOES, "", false, NULL, &err), 0);
    run();
    assert_true(dispatch.pool.slots[0].busy);
}

static void fails_what_stands_behind_the_end_of_the_notices(void **state)
{
    char path[200];
    (void)state;
    take_in_lines(2);
    snprintf(path, sizeof(path), "%s/batches/b/notices.jsonl", fixture.directory);
    assert_int_equal(truncate(path, 50), 0); /* in the first line or the second */
    run();
    assert_true(count_of(DELIVERY_FAILED) >= 1);
    assert_int_equal(count_of(DELIVERY_WAITING), 0);
}

/* ---- a batch that cannot be read ---- */

/* One delivery of a batch of which the shared text is no JSON; another channel may follow. */
static int64_t put_unreadable_batch(void)
{
    const unsigned char digest[DIGEST_SIZE] = {1};
    const struct transport *t = settings_transport_for(fixture.setup->settings, CHANNEL_EMAIL);
    const struct planned_delivery mail = {.channel = CHANNEL_EMAIL,
                                          .transport = t->name,
                                          .address = "a@example.org",
                                          .state = DELIVERY_WAITING,
                                          .cause = "",
                                          .due_ms = 1000};
    const struct planned_line line = {.line = 1,
                                      .length = 9,
                                      .recipient = "1",
                                      .template_name = "apology",
                                      .locale = "en",
                                      .rest = 1,
                                      .deliveries = &mail,
                                      .count = 1};
    const struct batch_acceptance a = {
        .id = "u", .digest = digest, .text = "{", .len = 1, .total = 1, .bytes = 10, .now_ms = 1};
    enum accept_result result;
    struct error err;
    int64_t number = 0;
    bool known = false;
    assert_int_equal(ledger_begin_batch(fixture.ledger, &a, &result, &number, &err), 0);
    assert_int_equal(ledger_put_line(fixture.ledger, number, &line, 1, &known, &err), 0);
    assert_int_equal(ledger_advance_batch(fixture.ledger, number, 2, 10, true, &err), 0);
    return number;
}

static void gives_back_only_what_a_gate_has_counted(void **state)
{
    struct transport *t = NULL;
    (void)state;
    for (size_t i = 0; i < fixture.setup->settings->transport_count; i++) {
        if (fixture.setup->settings->transports[i].channel == CHANNEL_EMAIL)
            t = &fixture.setup->settings->transports[i];
    }
    assert_non_null(t);
    put_unreadable_batch();
    traffic_destination(&dispatch.traffic, t, "a@example.org", clock_mono_ms())->under_way = 1;
    run();
    assert_false(dispatch.pool.slots[0].busy);
    assert_int_equal(count_of(DELIVERY_WAITING), 1);
    assert_int_equal(
        traffic_destination(&dispatch.traffic, t, "a@example.org", clock_mono_ms())->under_way, 1);
}

static void does_not_lose_a_channel_that_cannot_be_planned_now(void **state)
{
    struct assignment a = {0};
    struct error err;
    struct report r = {0};
    size_t count = 0;
    (void)state;
    put_unreadable_batch();
    const struct lane *lanes = ledger_lanes(fixture.ledger, &count);
    assert_int_equal(
        ledger_lease(fixture.ledger, lanes->lane, 1, 2000, LEDGER_FAST, &a.lease, &count, &err), 0);
    assert_int_equal(count, 1);
    struct worker_slot w = {.transport =
                                settings_transport_for(fixture.setup->settings, CHANNEL_EMAIL)};
    disposition_set(&r.disposition, OUTCOME_PERMANENT, 550, "refused", "no", 2);
    settle_report(&dispatch, &w, &a, &r);
    assert_int_equal(count_of(DELIVERY_FAILED), 0);
    assert_int_equal(count_of(DELIVERY_DEFERRED), 1);
    leased_clear(&a.lease);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pauses_a_batch_whose_notices_are_not_there),
        TEST(fails_what_stands_behind_the_end_of_the_notices),
        TEST(gives_back_only_what_a_gate_has_counted),
        TEST(does_not_lose_a_channel_that_cannot_be_planned_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
