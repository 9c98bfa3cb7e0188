#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/batch_fixture.h"
#include "engine/halting.h"

#define LINES 10
#define RULE  "\"halt\":{\"failures\":3,\"share\":0.5},"

/* A batch of ten that halts at three failures; all are leased. */
static struct batch_fixture fixture;
static struct shelf *shelf;
static struct halting halting;
static int64_t batch, leased[LINES];

static void lease_all(void)
{
    struct leased rows[LINES];
    struct error err;
    size_t count = 0, lanes = 0;
    const struct lane *lane = ledger_lanes(fixture.ledger, &lanes);
    assert_int_equal(lanes, 1);
    assert_int_equal(ledger_lease(fixture.ledger, lane->lane, LINES, INT64_MAX - 1, LEDGER_FAST,
                                  rows, &count, &err),
                     0);
    assert_int_equal(count, LINES);
    for (size_t i = 0; i < count; i++) {
        leased[i] = rows[i].delivery;
        leased_clear(&rows[i]);
    }
}

static int open_all(void **state)
{
    struct buf lines = {0};
    (void)state;
    open_batch_fixture(&fixture);
    shelf = shelf_open(fixture.ledger, fixture.spool);
    for (int i = 0; i < LINES; i++)
        buf_printf(&lines, "{\"to\":{\"email\":\"a%d@example.org\"}}\n", i);
    const struct handed_over h = {.id = "b", .members = RULE, .lines = &lines, .count = LINES};
    take_in(&fixture, &h);
    buf_free(&lines);
    batch = number_of(&fixture, "b");
    lease_all();
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    halting_free(&halting);
    shelf_close(shelf);
    close_batch_fixture(&fixture);
    return 0;
}

/* The deliveries from `first` on. */
static void settle(size_t first, size_t count, enum delivery_state as)
{
    struct disposition d = {.outcome = OUTCOME_PERMANENT, .code = 550, .cause = "refused"};
    for (size_t i = first; i < first + count; i++) {
        const struct settlement s = {.delivery = leased[i],
                                     .state = as,
                                     .counts = true,
                                     .jitter = 1.0,
                                     .now_ms = 3000,
                                     .disposition = &d,
                                     .cause = d.cause,
                                     .sha256 = "",
                                     .locale = "en",
                                     .transport = "mail"};
        recorder_settle(&fixture.recorder, &s);
    }
    recorder_commit(&fixture.recorder, 1000);
    halting_note(&halting, batch);
}

static void look(int64_t mono_ms)
{
    halting_tend(&halting, fixture.ledger, shelf, fixture.setup, mono_ms);
}

static void take_stop(void *context, const struct batch_row *row)
{
    *(enum batch_stop *)context = row->stop;
}

static bool halted(void)
{
    const struct batch_question q = {.batch = batch};
    enum batch_stop stop = BATCH_GOES;
    struct error err;
    assert_int_equal(ledger_walk_batches(fixture.ledger, &q, take_stop, &stop, &err), 0);
    return stop == BATCH_HALTED;
}

static void halts_what_fails_too_often(void **state)
{
    (void)state;
    settle(0, 2, DELIVERY_FAILED);
    look(1000);
    assert_false(halted());
    settle(2, 1, DELIVERY_FAILED);
    look(1050);
    assert_true(halted());
    assert_int_equal(halting_next(&halting), INT64_MAX);
}

static void looks_twenty_times_a_second_at_most(void **state)
{
    (void)state;
    settle(0, 1, DELIVERY_FAILED);
    look(1000);
    settle(1, 4, DELIVERY_FAILED);
    assert_int_equal(halting_next(&halting), 1050);
    look(1049);
    assert_false(halted());
    look(1050);
    assert_true(halted());
}

static void leaves_alone_what_has_nothing_left_to_stop(void **state)
{
    (void)state;
    settle(0, LINES, DELIVERY_FAILED);
    look(1000);
    assert_false(halted());
}

static void does_not_halt_again_what_an_operator_let_go_on(void **state)
{
    struct error err;
    (void)state;
    settle(0, 5, DELIVERY_FAILED);
    look(1000);
    assert_int_equal(ledger_stop_batch(fixture.ledger, "b", BATCH_GOES, "", true, NULL, &err), 0);
    settle(5, 1, DELIVERY_FAILED);
    look(2000);
    assert_false(halted());
}

static void a_batch_that_cannot_be_judged_holds_up_no_other(void **state)
{
    const unsigned char digest[DIGEST_SIZE] = {9};
    const struct batch_acceptance bad = {
        .id = "u", .digest = digest, .text = "{", .len = 1, .total = 1, .bytes = 2, .now_ms = 1};
    enum accept_result result;
    struct error err;
    int64_t number = 0;
    (void)state;
    assert_int_equal(ledger_begin_batch(fixture.ledger, &bad, &result, &number, &err), 0);
    halting_note(&halting, number);
    settle(0, 5, DELIVERY_FAILED);
    halting_note(&halting, number);
    look(1000);
    assert_true(halted());
    assert_in_range(halting_next(&halting), 2000, 100000); /* and is no hot loop */
}

static void does_not_count_what_was_never_tried(void **state)
{
    struct buf lines = {0};
    int64_t untried = 0;
    struct error err;
    (void)state;
    put_lines(&lines, 1, 1000); /* or the whole batch were refused */
    for (int i = 0; i < 4; i++)
        buf_puts(&lines, "{\"to\":{\"email\":\"nonsense\"}}\n");
    put_lines(&lines, 1, 1);
    const struct handed_over h = {.id = "c", .members = RULE, .lines = &lines, .count = 1005};
    take_in(&fixture, &h);
    buf_free(&lines);
    batch = number_of(&fixture, "c");
    assert_int_equal(ledger_count_untried(fixture.ledger, batch, &untried, &err), 0);
    assert_int_equal(untried, 5);
    halting_note(&halting, batch);
    look(1000);
    assert_false(halted());
}

#define WITH_BATCH(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BATCH(halts_what_fails_too_often),
        WITH_BATCH(looks_twenty_times_a_second_at_most),
        WITH_BATCH(leaves_alone_what_has_nothing_left_to_stop),
        WITH_BATCH(does_not_halt_again_what_an_operator_let_go_on),
        WITH_BATCH(a_batch_that_cannot_be_judged_holds_up_no_other),
        WITH_BATCH(does_not_count_what_was_never_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
