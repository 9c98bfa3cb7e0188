#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "model/delivery.h"

static void names_go_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < DELIVERY_STATES; i++) {
        enum delivery_state back;
        assert_true(delivery_state_parse(delivery_state_name((enum delivery_state)i), &back));
        assert_int_equal(back, i);
    }
    for (int i = 0; i < CHANNEL_KINDS; i++) {
        enum channel_kind back;
        assert_true(channel_kind_parse(channel_kind_name((enum channel_kind)i), &back));
        assert_int_equal(back, i);
    }
    enum delivery_state ignored;
    assert_false(delivery_state_parse("sent", &ignored));
}

/* A lease leads there; from anywhere else only a report that it has arrived. */
static void what_was_never_meant_to_be_sent_has_not_arrived(void **state)
{
    (void)state;
    for (int from = 0; from < DELIVERY_STATES; from++) {
        bool expected = from != DELIVERY_DELIVERED && from != DELIVERY_SUPPRESSED;
        assert_int_equal(delivery_may_move((enum delivery_state)from, DELIVERY_DELIVERED),
                         expected);
    }
}

static void only_waiting_and_deferred_are_leased(void **state)
{
    (void)state;
    for (int from = 0; from < DELIVERY_STATES; from++) {
        bool expected = from == DELIVERY_WAITING || from == DELIVERY_DEFERRED;
        assert_int_equal(delivery_may_move((enum delivery_state)from, DELIVERY_IN_FLIGHT),
                         expected);
    }
}

static void what_was_delivered_is_never_sent_again(void **state)
{
    (void)state;
    assert_false(delivery_may_move(DELIVERY_DELIVERED, DELIVERY_WAITING));
    assert_false(delivery_may_move(DELIVERY_DELIVERED, DELIVERY_DEFERRED));
}

static void every_state_can_be_left_or_is_final(void **state)
{
    (void)state;
    for (int from = 0; from < DELIVERY_STATES; from++) {
        int edges = 0;
        for (int to = 0; to < DELIVERY_STATES; to++)
            edges += delivery_may_move((enum delivery_state)from, (enum delivery_state)to) ? 1 : 0;
        assert_true(edges > 0);
        assert_int_equal(delivery_state_is_final((enum delivery_state)from),
                         from >= DELIVERY_DELIVERED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_there_and_back),
        cmocka_unit_test(what_was_never_meant_to_be_sent_has_not_arrived),
        cmocka_unit_test(only_waiting_and_deferred_are_leased),
        cmocka_unit_test(what_was_delivered_is_never_sent_again),
        cmocka_unit_test(every_state_can_be_left_or_is_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
