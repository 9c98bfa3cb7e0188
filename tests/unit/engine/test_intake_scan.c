#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/batch_fixture.h"
#include "engine/intake_scan.h"
#include "render/library_backend.h"

static struct batch_fixture fixture;

static int open_all(void **state)
{
    (void)state;
    open_batch_fixture(&fixture);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    close_batch_fixture(&fixture);
    return 0;
}

static struct log_pace full;
static struct letter_waits letters;

static struct intake_result scan_after(struct batch_intake *batches, int64_t ms)
{
    const struct intake_door door = {fixture.spool, fixture.ledger, fixture.setup,
                                     batches,       &full,          &letters};
    struct intake_result result;
    struct error err;
    assert_int_equal(intake_scan(&door, clock_wall_ms() + ms, 100, &result, &err), 0);
    return result;
}

/* Time enough for a file to count as no longer being written. */
static struct intake_result scan(struct batch_intake *batches)
{
    return scan_after(batches, 10000);
}

static void drop_notice_to(const char *id, const char *address)
{
    struct buf text = {0};
    bool duplicate;
    struct error err;
    buf_printf(&text,
               "{\"version\":1,\"id\":\"%s\",\"template\":\"apology\",\"data\":%s,"
               "\"to\":{\"email\":\"%s\"}}",
               id, fixture.data.data, address);
    assert_int_equal(spool_drop(fixture.spool, id, text.data, text.len, &duplicate, &err), 0);
    buf_free(&text);
}

static void drop_notice(const char *id)
{
    drop_notice_to(id, "a@example.org");
}

static int64_t waiting(void)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    struct error err;
    assert_int_equal(ledger_count(fixture.ledger, counts, &err), 0);
    return counts[CHANNEL_EMAIL][DELIVERY_WAITING];
}

static void takes_notices_and_hands_directories_on(void **state)
{
    struct buf lines = {0};
    (void)state;
    put_lines(&lines, 1, 5);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 5};
    drop_notice("n1");
    drop_notice("n2");
    hand_over(&fixture, &h);
    struct intake_result r = scan(fixture.intake);
    assert_int_equal(waiting(), 2);
    assert_int_equal(r.counts.refused, 0);
    assert_int_equal(r.counts.later, 0);
    assert_false(r.stopped);
    scan(fixture.intake); /* it still stands there: noted once */
    run_intake(&fixture);
    assert_books(&fixture, "b", 5, 0);
    assert_int_equal(waiting(), 7);
    buf_free(&lines);
}

static void refuses_directories_where_nobody_takes_batches(void **state)
{
    struct buf lines = {0};
    (void)state;
    put_lines(&lines, 1, 5);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 5};
    hand_over(&fixture, &h);
    struct intake_result r = scan(NULL);
    assert_int_equal(r.counts.refused, 1);
    assert_refused_with(&fixture, "b", "new/b");
    buf_free(&lines);
}

static void takes_nothing_without_room(void **state)
{
    (void)state;
    drop_notice("n1");
    log_set_level((enum log_level) - 1);
    fixture.setup->settings->min_free_bytes = INT64_MAX / 2;
    struct intake_result r = scan(fixture.intake);
    fixture.setup->settings->min_free_bytes = 0;
    log_set_level(LOG_ERR);
    assert_true(r.stopped);
    assert_int_equal(waiting(), 0);
    r = scan(fixture.intake);
    assert_false(r.stopped);
    assert_int_equal(waiting(), 1);
}

/* Nobody can say yet whether the batch names b_x: neither refused nor sent. */
static void what_may_be_of_a_batch_waits_until_the_batch_is_whole(void **state)
{
    struct buf lines = {0};
    struct error err;
    int64_t number = 0;
    unsigned char digest[DIGEST_SIZE] = {0};
    enum accept_result result;
    (void)state;
    const struct batch_acceptance a = {
        .id = "b", .digest = digest, .text = "{}", .len = 2, .total = 1, .now_ms = 1};
    assert_int_equal(ledger_begin_batch(fixture.ledger, &a, &result, &number, &err), 0);
    drop_notice("b_x");
    struct intake_result r = scan(fixture.intake);
    assert_int_equal(r.counts.refused, 0);
    assert_int_equal(r.counts.later, 1);
    assert_int_equal(waiting(), 0);
    assert_int_equal(ledger_advance_batch(fixture.ledger, number, 2, 0, true, &err), 0);
    r = scan(fixture.intake);
    assert_int_equal(r.counts.taken, 1);
    assert_int_equal(waiting(), 1);
    buf_free(&lines);
}

/* Who dropped it is asking at this moment whether its id is taken, and takes it back. A minute
 * behind the clock: however slow the machine, the file has not settled. */
static void what_has_a_known_id_stays_until_who_dropped_it_could_take_it_back(void **state)
{
    (void)state;
    drop_notice("n1");
    scan(fixture.intake);
    drop_notice_to("n1", "b@example.org");
    struct intake_result r = scan_after(fixture.intake, -50000);
    assert_int_equal(r.counts.refused, 0);
    assert_int_equal(r.counts.later, 1);
    r = scan(fixture.intake);
    assert_int_equal(r.counts.refused, 1);
    assert_refused_with(&fixture, "n1", "other content");
    assert_int_equal(waiting(), 1);
}

static void what_waits_for_its_letter_stays_and_is_read_once(void **state)
{
    static char name[] = "apology", reason[] = "apology/de.md:1:1: a mistake";
    struct refused refused = {.name = name, .reason = reason};
    struct library lacking = {.refused = &refused, .refused_count = 1};
    struct library *whole = fixture.setup->library;
    (void)state;
    drop_notice("n1");
    fixture.setup->library = &lacking;
    struct intake_result r = scan(fixture.intake);
    assert_int_equal(r.counts.later, 1);
    assert_int_equal(r.counts.refused, 0);
    const char *why = letter_waits_find(&letters, "n1.json");
    assert_non_null(why);
    assert_non_null(strstr(why, reason));
    assert_int_equal(r.remembered, 1);
    r = scan(fixture.intake);
    assert_int_equal(r.counts.later, 0);
    assert_int_equal(r.remembered, 0);
    fixture.setup->library = whole;
    r = scan(fixture.intake);
    assert_int_equal(r.counts.taken, 0);
    letter_waits_forget(&letters);
    r = scan(fixture.intake);
    assert_int_equal(r.counts.taken, 1);
    assert_int_equal(waiting(), 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_notices_and_hands_directories_on),
        TEST(refuses_directories_where_nobody_takes_batches),
        TEST(takes_nothing_without_room),
        TEST(what_may_be_of_a_batch_waits_until_the_batch_is_whole),
        TEST(what_waits_for_its_letter_stays_and_is_read_once),
        TEST(what_has_a_known_id_stays_until_who_dropped_it_could_take_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
