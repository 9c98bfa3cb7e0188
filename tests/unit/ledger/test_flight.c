#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "ledger/flight.h"

static struct flying flying_of(int64_t delivery, int64_t packet)
{
    return (struct flying){.delivery = delivery, .packet = packet};
}

static void add(struct flight *f, int64_t delivery, int64_t packet)
{
    struct flying row = flying_of(delivery, packet);
    flight_add(f, &row);
}

static void tells_when_a_packet_is_through(void **state)
{
    struct flight f = {0};
    (void)state;
    add(&f, 1, 7);
    add(&f, 2, 7);
    add(&f, 3, 8);
    assert_int_equal(flight_remove(&f, 2), 1);
    assert_int_equal(flight_remove(&f, 1), 0);
    assert_int_equal(flight_remove(&f, 3), 0);
    assert_int_equal(f.count, 0);
    assert_int_equal(f.packet_count, 0);
    flight_clear(&f);
}

static void finds_what_is_in_and_nothing_else(void **state)
{
    struct flight f = {0};
    (void)state;
    assert_null(flight_find(&f, 1));
    add(&f, 5, 1);
    assert_int_equal(flight_find(&f, 5)->packet, 1);
    assert_null(flight_find(&f, 6));
    assert_null(flight_find(&f, 0));
    assert_null(flight_find(&f, -5));
    flight_clear(&f);
}

/* Adds and removes in a random order, against a plain array. */
static void keeps_its_chains_whole(void **state)
{
    static bool in[3000];
    struct flight f = {0};
    size_t count = 0;
    uint64_t dice = 88172645463325252u;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        int64_t delivery = 1 + (int64_t)(dice % 2999);
        if (in[delivery])
            flight_remove(&f, delivery);
        else
            add(&f, delivery, delivery % 5);
        count += in[delivery] ? (size_t)-1 : 1;
        in[delivery] = !in[delivery];
        assert_int_equal(f.count, count);
    }
    for (int64_t d = 1; d < 3000; d++)
        assert_int_equal(flight_find(&f, d) != NULL, in[d]);
    flight_clear(&f);
}

static void lists_numbers_in_order(void **state)
{
    struct flight f = {0};
    size_t count = 0;
    (void)state;
    add(&f, 900, 1);
    add(&f, 3, 1);
    add(&f, 70000, 2);
    int64_t *numbers = flight_numbers(&f, 3, &count);
    assert_int_equal(count, 2);
    assert_int_equal(numbers[0], 900);
    assert_int_equal(numbers[1], 70000);
    free(numbers);
    flight_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_when_a_packet_is_through),
        cmocka_unit_test(finds_what_is_in_and_nothing_else),
        cmocka_unit_test(keeps_its_chains_whole),
        cmocka_unit_test(lists_numbers_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
