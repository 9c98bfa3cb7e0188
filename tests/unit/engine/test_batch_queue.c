#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/batch_queue.h"

static void put(struct batch_queue *q, const char *id, enum batch_rank rank, int64_t not_before_ms)
{
    const struct queued_batch one = {
        .id = xstrdup(id), .rank = rank, .not_before_mono_ms = not_before_ms};
    batch_queue_put(q, &one);
}

static void must_take(struct batch_queue *q, int64_t mono_ms, const char *id)
{
    struct queued_batch one;
    assert_true(batch_queue_take(q, mono_ms, BATCH_RANK_UNKNOWN, &one));
    assert_string_equal(one.id, id);
    assert_false(batch_queue_has(q, id));
    free(one.id);
}

static void goes_by_rank_and_then_as_they_came(void **state)
{
    struct batch_queue q = {0};
    (void)state;
    put(&q, "large", BATCH_RANK_LARGE, 0);
    put(&q, "small-1", BATCH_RANK_SMALL, 0);
    put(&q, "high", BATCH_RANK_HIGH, 0);
    put(&q, "small-2", BATCH_RANK_SMALL, 0);
    assert_true(batch_queue_beats(&q, 0, BATCH_RANK_HIGH));
    assert_false(batch_queue_beats(&q, 0, BATCH_RANK_SMALL));
    must_take(&q, 0, "small-1");
    must_take(&q, 0, "small-2");
    must_take(&q, 0, "high");
    must_take(&q, 0, "large");
    assert_int_equal(batch_queue_next(&q), INT64_MAX);
    batch_queue_clear(&q);
}

static void passes_over_whose_time_has_not_come(void **state)
{
    struct batch_queue q = {0};
    struct queued_batch none;
    (void)state;
    put(&q, "later", BATCH_RANK_SMALL, 500);
    put(&q, "now", BATCH_RANK_UNKNOWN, 100);
    assert_int_equal(batch_queue_next(&q), 100);
    assert_null(batch_queue_unranked(&q, 50));
    assert_string_equal(batch_queue_unranked(&q, 100)->id, "now");
    assert_false(batch_queue_beats(&q, 100, BATCH_RANK_LARGE));
    must_take(&q, 100, "now");
    assert_false(batch_queue_take(&q, 100, BATCH_RANK_UNKNOWN, &none));
    must_take(&q, 500, "later");
    batch_queue_clear(&q);
}

static void knows_thousands_by_name(void **state)
{
    struct batch_queue q = {0};
    char id[16];
    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        assert_false(batch_queue_has(&q, id));
        put(&q, id, BATCH_RANK_UNKNOWN, 0);
        assert_true(batch_queue_has(&q, id));
    }
    assert_int_equal(q.count, 10000);
    batch_queue_clear(&q);
}

static void wakes_those_that_wait_for_a_letter(void **state)
{
    struct batch_queue q = {0};
    struct queued_batch one = {
        .id = xstrdup("letter"), .not_before_mono_ms = 500, .waits = xstrdup("why")};
    (void)state;
    batch_queue_put(&q, &one);
    put(&q, "room", BATCH_RANK_SMALL, 500);
    assert_string_equal(batch_queue_waits(&q, "letter"), "why");
    assert_null(batch_queue_waits(&q, "room"));
    assert_null(batch_queue_waits(&q, "nobody"));
    batch_queue_wake(&q);
    assert_true(batch_queue_take(&q, 100, BATCH_RANK_UNKNOWN, &one));
    assert_string_equal(one.id, "letter");
    free(one.id);
    free(one.waits);
    assert_false(batch_queue_take(&q, 100, BATCH_RANK_UNKNOWN, &one));
    batch_queue_clear(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_by_rank_and_then_as_they_came),
        cmocka_unit_test(passes_over_whose_time_has_not_come),
        cmocka_unit_test(knows_thousands_by_name),
        cmocka_unit_test(wakes_those_that_wait_for_a_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
