#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy/failover.h"

static char first_name[] = "first", second_name[] = "second", third_name[] = "third";
static char mail_name[] = "mail", gone_name[] = "gone";
static char *listed[] = {second_name, gone_name, mail_name, first_name, second_name, third_name};
static struct transport transports[4];
static struct settings settings;
static struct carriers c;

static void prepare(int after, size_t steps)
{
    transports[0] = (struct transport){.name = first_name,
                                       .channel = CHANNEL_SMS,
                                       .failover = listed,
                                       .failover_count = 6,
                                       .failover_after = after,
                                       .retry = {.count = steps}};
    transports[1] = (struct transport){.name = second_name, .channel = CHANNEL_SMS};
    transports[2] = (struct transport){.name = third_name, .channel = CHANNEL_SMS};
    transports[3] = (struct transport){.name = mail_name, .channel = CHANNEL_EMAIL};
    settings = (struct settings){.transports = transports, .transport_count = 4};
    carriers_list(&settings, &transports[0], &c);
}

static void lists_the_home_and_who_can_step_in(void **state)
{
    (void)state;
    prepare(1, 3);
    assert_int_equal(c.count, 3);
    assert_ptr_equal(c.at[0], &transports[0]);
    assert_ptr_equal(c.at[1], &transports[1]);
    assert_ptr_equal(c.at[2], &transports[2]);
}

static void each_has_its_tries_and_then_the_next_one(void **state)
{
    static const size_t starts[] = {0, 0, 1, 1, 2, 2, 0, 0, 1};
    (void)state;
    prepare(2, 3);
    for (int tries = 0; tries < 9; tries++)
        assert_int_equal(carriers_start(&c, tries), starts[tries]);
}

static void a_schedule_that_is_used_up_ends_the_turn_of_a_carrier(void **state)
{
    (void)state;
    prepare(5, 0);
    assert_int_equal(c.tries_each, 1);
    assert_int_equal(carriers_start(&c, 1), 1);
    assert_true(carriers_next_is_fresh(&c, 1));
    assert_true(carriers_next_is_fresh(&c, 2));
    assert_false(carriers_next_is_fresh(&c, 3));
}

/* By schedule: 3 steps are 4 tries; two more carriers have two tries each beside those. */
static void the_first_round_takes_nothing_of_the_schedule(void **state)
{
    static const int steps[] = {1, 2, 1, 2, 1, 2, 3, 4};
    (void)state;
    prepare(2, 3);
    for (int tries = 1; tries <= 8; tries++)
        assert_int_equal(carriers_schedule_tries(&c, tries), steps[tries - 1]);
    assert_false(carriers_next_is_fresh(&c, 1));
    assert_true(carriers_next_is_fresh(&c, 2));
    assert_true(carriers_next_is_fresh(&c, 4));
    assert_false(carriers_next_is_fresh(&c, 6));
}

static void alone_it_is_as_if_there_were_no_failover(void **state)
{
    (void)state;
    prepare(1, 3);
    carriers_list(&settings, &transports[1], &c);
    assert_int_equal(c.count, 1);
    for (int tries = 1; tries < 6; tries++) {
        assert_int_equal(carriers_start(&c, tries), 0);
        assert_int_equal(carriers_schedule_tries(&c, tries), tries);
        assert_false(carriers_next_is_fresh(&c, tries));
    }
}

static void one_that_must_not_repeat_binds_all(void **state)
{
    (void)state;
    prepare(1, 3);
    assert_false(carriers_hold(&c));
    transports[2].on_uncertain = UNCERTAIN_HOLD;
    assert_true(carriers_hold(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_the_home_and_who_can_step_in),
        cmocka_unit_test(each_has_its_tries_and_then_the_next_one),
        cmocka_unit_test(a_schedule_that_is_used_up_ends_the_turn_of_a_carrier),
        cmocka_unit_test(the_first_round_takes_nothing_of_the_schedule),
        cmocka_unit_test(alone_it_is_as_if_there_were_no_failover),
        cmocka_unit_test(one_that_must_not_repeat_binds_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
