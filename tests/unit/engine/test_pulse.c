#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "engine/pulse.h"

static void rates_are_of_ten_whole_seconds(void **state)
{
    struct pulse p;
    (void)state;
    for (int s = 0; s < 10; s++) {
        for (int i = 0; i < 20; i++)
            pulse_note(PULSE_TRANSPORT, "mail", DELIVERY_DELIVERED, 8, (100 + s) * 1000 + i);
        pulse_note(PULSE_TRANSPORT, "mail", DELIVERY_DEFERRED, 8, (100 + s) * 1000);
    }
    pulse_note(PULSE_TRANSPORT, "mail", DELIVERY_FAILED, 8, 109 * 1000);
    pulse_note(PULSE_TRANSPORT, "mail", DELIVERY_DELIVERED, 8, 110 * 1000); /* not over yet */
    pulse_read(PULSE_TRANSPORT, "mail", 110 * 1000, &p);
    assert_true(p.per_s[PULSE_SENT] > 19.99 && p.per_s[PULSE_SENT] < 20.01);
    assert_true(p.per_s[PULSE_DEFERRED] > 0.99 && p.per_s[PULSE_DEFERRED] < 1.01);
    assert_true(p.per_s[PULSE_FAILED] > 0.09 && p.per_s[PULSE_FAILED] < 0.11);
    assert_int_equal(p.sent[PULSE_SECONDS - 1], 1);
    assert_int_equal(p.sent[PULSE_SECONDS - 2], 20);
    assert_int_equal(p.sent[0], 0);
}

static void what_is_older_than_a_minute_is_gone(void **state)
{
    struct pulse p;
    (void)state;
    pulse_note(PULSE_TRANSPORT, "old", DELIVERY_DELIVERED, 8, 1000 * 1000);
    pulse_read(PULSE_TRANSPORT, "old", 1059 * 1000, &p);
    assert_int_equal(p.sent[0], 1);
    pulse_read(PULSE_TRANSPORT, "old", 1060 * 1000, &p);
    assert_int_equal(p.sent[0], 0);
    pulse_read(PULSE_TRANSPORT, "old", 2000 * 1000, &p);
    assert_int_equal(p.p50_ms, -1);
    pulse_note(PULSE_TRANSPORT, "old", DELIVERY_DELIVERED, 8, 9000 * 1000);
    pulse_read(PULSE_TRANSPORT, "old", 9000 * 1000, &p);
    assert_int_equal(p.sent[PULSE_SECONDS - 1], 1);
}

static void half_and_95_of_a_hundred_are_near_what_was_measured(void **state)
{
    static const int64_t scales[] = {1, 10, 100, 1000};
    char name[20];
    struct pulse p;
    (void)state;
    for (size_t s = 0; s < sizeof(scales) / sizeof(*scales); s++) {
        snprintf(name, sizeof(name), "scale%zu", s);
        for (int64_t i = 1; i <= 100; i++)
            pulse_note(PULSE_TRANSPORT, name, DELIVERY_DELIVERED, i * scales[s], 1000);
        pulse_read(PULSE_TRANSPORT, name, 1000, &p);
        assert_in_range(p.p50_ms, 43 * scales[s], 57 * scales[s]);
        assert_in_range(p.p95_ms, 83 * scales[s], 107 * scales[s]);
    }
}

static void a_batch_and_a_transport_of_one_name_are_two(void **state)
{
    struct pulse p;
    (void)state;
    pulse_note(PULSE_BATCH, "both", DELIVERY_FAILED, 8, 1000);
    pulse_read(PULSE_TRANSPORT, "both", 2000, &p);
    assert_true(p.per_s[PULSE_FAILED] < 0.01);
    pulse_read(PULSE_BATCH, "both", 2000, &p);
    assert_true(p.per_s[PULSE_FAILED] > 0.09);
}

static void the_one_that_has_been_quiet_the_longest_makes_room(void **state)
{
    struct pulse p;
    char name[20];
    (void)state;
    pulse_note(PULSE_TRANSPORT, "busy", DELIVERY_DELIVERED, 8, 20000 * 1000);
    for (int i = 0; i < 2 * PULSE_NAMES; i++) {
        snprintf(name, sizeof(name), "b%d", i);
        pulse_note(PULSE_BATCH, name, DELIVERY_DELIVERED, 8, (20001 + i) * 1000);
        pulse_note(PULSE_TRANSPORT, "busy", DELIVERY_DELIVERED, 8, (20001 + i) * 1000);
    }
    pulse_read(PULSE_TRANSPORT, "busy", (20000 + 2 * PULSE_NAMES) * 1000, &p);
    assert_int_equal(p.sent[PULSE_SECONDS - 2], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_of_ten_whole_seconds),
        cmocka_unit_test(what_is_older_than_a_minute_is_gone),
        cmocka_unit_test(half_and_95_of_a_hundred_are_near_what_was_measured),
        cmocka_unit_test(a_batch_and_a_transport_of_one_name_are_two),
        cmocka_unit_test(the_one_that_has_been_quiet_the_longest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
