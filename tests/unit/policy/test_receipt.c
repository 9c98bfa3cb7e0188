#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "policy/receipt.h"

static struct receipt_verdict decide(enum delivery_state state, enum receipt_kind furthest,
                                     enum receipt_kind kind)
{
    const struct receipt_question q = {
        .state = state, .furthest = furthest, .kind = kind, .more_channels = true};
    struct receipt_verdict v;
    receipt_decide(&q, &v);
    return v;
}

static bool is_failure(enum receipt_kind kind)
{
    return receipt_kind_is_end(kind) && kind != RECEIPT_CONFIRMED;
}

/* ---- every state, every furthest receipt, every new one ---- */

typedef void each_fn(enum delivery_state state, enum receipt_kind furthest, enum receipt_kind kind,
                     const struct receipt_verdict *v);

static void each(each_fn *fn)
{
    for (int state = 0; state < DELIVERY_STATES; state++) {
        for (int furthest = 0; furthest < RECEIPT_KINDS; furthest++) {
            for (int kind = 0; kind < RECEIPT_KINDS; kind++) {
                struct receipt_verdict v =
                    decide((enum delivery_state)state, (enum receipt_kind)furthest,
                           (enum receipt_kind)kind);
                fn((enum delivery_state)state, (enum receipt_kind)furthest, (enum receipt_kind)kind,
                   &v);
            }
        }
    }
}

/* What the delivery should become, said a second time and differently. */
static enum delivery_state expected(enum delivery_state state, enum receipt_kind furthest,
                                    enum receipt_kind kind)
{
    bool confirmed_before = furthest == RECEIPT_CONFIRMED && state == DELIVERY_DELIVERED;
    bool failed_before = is_failure(furthest) && state == DELIVERY_FAILED;
    if (confirmed_before || failed_before || state == DELIVERY_IN_FLIGHT ||
        state == DELIVERY_SUPPRESSED)
        return state;
    if (kind == RECEIPT_CONFIRMED)
        return DELIVERY_DELIVERED;
    if (is_failure(kind) && (state == DELIVERY_DELIVERED || state == DELIVERY_UNCERTAIN))
        return DELIVERY_FAILED;
    if ((kind == RECEIPT_ACCEPTED || kind == RECEIPT_BUFFERED) && state == DELIVERY_UNCERTAIN)
        return DELIVERY_DELIVERED;
    return state;
}

static void check_state(enum delivery_state state, enum receipt_kind furthest,
                        enum receipt_kind kind, const struct receipt_verdict *v)
{
    assert_int_equal(v->state, expected(state, furthest, kind));
    assert_true(v->state == state || delivery_may_move(state, v->state));
}

static void moves_what_is_to_be_moved_and_nothing_else(void **state)
{
    (void)state;
    each(check_state);
}

static void check_moves_are_news(enum delivery_state state, enum receipt_kind furthest,
                                 enum receipt_kind kind, const struct receipt_verdict *v)
{
    (void)furthest;
    (void)kind;
    assert_true(v->state == state || v->forward);
    assert_true(!v->next_channel || (v->state == DELIVERY_FAILED && state != DELIVERY_FAILED));
    assert_int_equal(v->park, state == DELIVERY_IN_FLIGHT && kind > RECEIPT_NOTE);
    assert_true(!v->park || !v->forward);
}

static void whatever_moves_is_news_and_only_a_loss_begins_the_next_channel(void **state)
{
    (void)state;
    each(check_moves_are_news);
}

/* The same receipt once more, on what became of it. */
static void check_duplicate(enum delivery_state state, enum receipt_kind furthest,
                            enum receipt_kind kind, const struct receipt_verdict *v)
{
    struct receipt_verdict again = decide(v->state, v->forward ? kind : furthest, kind);
    (void)state;
    if (!v->forward)
        return;
    assert_int_equal(again.state, v->state);
    assert_false(again.forward);
    assert_false(again.next_channel);
}

static void changes_nothing_when_it_comes_twice(void **state)
{
    (void)state;
    each(check_duplicate);
}

/* Two in either order: the first end wins, so an order may matter only between two ends. */
static void check_order(enum delivery_state state, enum receipt_kind first,
                        enum receipt_kind second)
{
    struct receipt_verdict a = decide(state, RECEIPT_NONE, first);
    struct receipt_verdict ab = decide(a.state, a.forward ? first : RECEIPT_NONE, second);
    struct receipt_verdict b = decide(state, RECEIPT_NONE, second);
    struct receipt_verdict ba = decide(b.state, b.forward ? second : RECEIPT_NONE, first);
    if (!(receipt_kind_is_end(first) && receipt_kind_is_end(second)))
        assert_int_equal(ab.state, ba.state);
}

static void comes_to_the_same_in_any_order_but_of_two_ends(void **state)
{
    (void)state;
    for (int first = 0; first < RECEIPT_KINDS; first++) {
        for (int second = 0; second < RECEIPT_KINDS; second++) {
            check_order(DELIVERY_DELIVERED, (enum receipt_kind)first, (enum receipt_kind)second);
            check_order(DELIVERY_UNCERTAIN, (enum receipt_kind)first, (enum receipt_kind)second);
        }
    }
}

/* ---- the ones people would ask about ---- */

static void lets_the_first_end_win(void **state)
{
    (void)state;
    assert_int_equal(decide(DELIVERY_DELIVERED, RECEIPT_CONFIRMED, RECEIPT_FAILED).state,
                     DELIVERY_DELIVERED);
    assert_int_equal(decide(DELIVERY_FAILED, RECEIPT_FAILED, RECEIPT_CONFIRMED).state,
                     DELIVERY_FAILED);
    assert_false(decide(DELIVERY_DELIVERED, RECEIPT_CONFIRMED, RECEIPT_BUFFERED).forward);
}

/* It had failed by a receipt, an operator retried, and the new attempt went through. */
static void an_end_of_an_attempt_before_does_not_hold_the_next_one(void **state)
{
    (void)state;
    struct receipt_verdict v = decide(DELIVERY_DELIVERED, RECEIPT_FAILED, RECEIPT_CONFIRMED);
    assert_int_equal(v.state, DELIVERY_DELIVERED);
    assert_true(v.forward);
    v = decide(DELIVERY_DELIVERED, RECEIPT_REJECTED, RECEIPT_FAILED);
    assert_int_equal(v.state, DELIVERY_FAILED);
}

static void does_not_begin_the_next_channel_for_who_wants_no_more(void **state)
{
    const struct receipt_question q = {.state = DELIVERY_DELIVERED,
                                       .kind = RECEIPT_FAILED,
                                       .opted_out = true,
                                       .more_channels = true};
    struct receipt_verdict v;
    (void)state;
    receipt_decide(&q, &v);
    assert_int_equal(v.state, DELIVERY_FAILED);
    assert_false(v.next_channel);
    assert_true(decide(DELIVERY_DELIVERED, RECEIPT_NONE, RECEIPT_FAILED).next_channel);
}

static void a_failure_of_an_attempt_before_the_last_moves_nothing(void **state)
{
    struct receipt_question q = {.kind = RECEIPT_FAILED, .earlier = true, .more_channels = true};
    struct receipt_verdict v;
    (void)state;
    for (int s = 0; s < DELIVERY_STATES; s++) {
        q.state = (enum delivery_state)s;
        receipt_decide(&q, &v);
        assert_int_equal(v.state, q.state);
        assert_false(v.forward || v.next_channel);
        assert_int_equal(v.park, q.state == DELIVERY_IN_FLIGHT);
    }
    q.state = DELIVERY_UNCERTAIN;
    q.kind = RECEIPT_CONFIRMED; /* but one that arrived has told the person */
    receipt_decide(&q, &v);
    assert_int_equal(v.state, DELIVERY_DELIVERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_what_is_to_be_moved_and_nothing_else),
        cmocka_unit_test(whatever_moves_is_news_and_only_a_loss_begins_the_next_channel),
        cmocka_unit_test(changes_nothing_when_it_comes_twice),
        cmocka_unit_test(comes_to_the_same_in_any_order_but_of_two_ends),
        cmocka_unit_test(lets_the_first_end_win),
        cmocka_unit_test(an_end_of_an_attempt_before_does_not_hold_the_next_one),
        cmocka_unit_test(a_failure_of_an_attempt_before_the_last_moves_nothing),
        cmocka_unit_test(does_not_begin_the_next_channel_for_who_wants_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
