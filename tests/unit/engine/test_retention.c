#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/batch_fixture.h"
#include "engine/retention.h"

#define HOUR    (INT64_C(3600) * 1000)
#define BATCHES 5

static struct batch_fixture fixture;
static struct retention retention;

static void note_removed(void *context, const struct batch_row *row)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/batches/%s", fixture.directory, row->id);
    *(int *)context += access(path, F_OK) == 0 ? 1 : 0;
}

static int batches_left(void)
{
    const struct batch_question q = {0};
    struct error err;
    int left = 0;
    assert_int_equal(ledger_walk_batches(fixture.ledger, &q, note_removed, &left, &err), 0);
    return left;
}

/* A batch of one line, over since long ago. */
static void add_batch(int number)
{
    const unsigned char digest[DIGEST_SIZE] = {(unsigned char)number};
    const struct planned_delivery failed = {.channel = CHANNEL_EMAIL,
                                            .transport = "email",
                                            .address = "a@example.org",
                                            .state = DELIVERY_FAILED,
                                            .cause = "x"};
    const struct planned_line line = {.line = 1,
                                      .length = 9,
                                      .recipient = "1",
                                      .template_name = "apology",
                                      .locale = "en",
                                      .deliveries = &failed,
                                      .count = 1};
    char id[20], path[200];
    enum accept_result result;
    struct error err;
    int64_t batch = 0;
    bool known = false;
    snprintf(id, sizeof(id), "b%d", number);
    const struct batch_acceptance a = {
        .id = id, .digest = digest, .text = "{}", .len = 2, .total = 1, .bytes = 10, .now_ms = 1};
    assert_int_equal(ledger_begin_batch(fixture.ledger, &a, &result, &batch, &err), 0);
    assert_int_equal(ledger_put_line(fixture.ledger, batch, &line, 1, &known, &err), 0);
    assert_int_equal(ledger_advance_batch(fixture.ledger, batch, 2, 10, true, &err), 0);
    snprintf(path, sizeof(path), "%s/batches/%s", fixture.directory, id);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file(path, "batch.json", "{}", 2);
    write_file(path, "notices.jsonl", "123456789\n", 10);
}

static int open_all(void **state)
{
    (void)state;
    open_batch_fixture(&fixture);
    retention = (struct retention){0};
    fixture.setup->settings->retention_ms = 1;
    for (int i = 0; i < BATCHES; i++)
        add_batch(i);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    close_batch_fixture(&fixture);
    return 0;
}

/* As the scheduler does. */
static bool turn_at(bool idle, int64_t mono_ms)
{
    if (!retention_is_due(&retention, idle, mono_ms))
        return false;
    retention_step(&retention, fixture.ledger, fixture.spool, fixture.setup->settings, mono_ms,
                   clock_wall_ms() + HOUR);
    return true;
}

static void removes_one_batch_a_step(void **state)
{
    int64_t now = 1000;
    (void)state;
    for (int left = BATCHES; left > 0; left--) {
        assert_int_equal(batches_left(), left);
        assert_true(turn_at(true, now));
        assert_false(turn_at(true, now + 1));
        now = retention_next(&retention, true);
        assert_true(left == 1 || now < 10000);
    }
    assert_int_equal(batches_left(), 0);
}

static void waits_for_an_idle_moment_but_not_for_ever(void **state)
{
    int64_t now = 1000, from = 1000;
    (void)state;
    assert_false(turn_at(false, now));
    assert_int_equal(retention_next(&retention, false), from + HOUR);
    assert_int_equal(retention_next(&retention, true), from);
    assert_false(turn_at(false, from + HOUR - 1));
    now = from + HOUR;
    for (int i = 0; i < 2 * BATCHES && retention_next(&retention, false) < now + HOUR / 2; i++) {
        assert_true(turn_at(false, now));
        now = now + 1000;
    }
    assert_int_equal(batches_left(), 0);
    assert_in_range(retention_next(&retention, false), now + HOUR, now + 2 * HOUR);
    assert_false(turn_at(false, now + HOUR));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(removes_one_batch_a_step),
        TEST(waits_for_an_idle_moment_but_not_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
