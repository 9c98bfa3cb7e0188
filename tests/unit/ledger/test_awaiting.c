/* A person who is to be told by the next channel if no word comes: nothing of that is over yet. */
#include "receipts.h"

#define DAY   ((int64_t)24 * 3600 * 1000)
#define LATER (NOON + 9 * DAY)

static int gone(void *context, const char *id UNUSED)
{
    ++*(int *)context;
    return 0;
}

/* How many texts retention takes: of notices and of batches. */
static int64_t purge(struct ledger *l, int64_t before_ms)
{
    struct purge p = {0};
    struct error err = {0};
    int batches = 0;
    must(ledger_purge(l, &p, before_ms, 9, gone, &batches, NULL, &err), &err);
    assert_false(p.more);
    return p.notices + batches;
}

static void accept_patient(struct ledger *l, const char *id, enum delivery_state state)
{
    struct notice n;
    make_notice(&n, id, id);
    n.deliveries[0].patience_ms = DAY;
    n.deliveries[0].confirm = true;
    n.deliveries[0].state = state;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.a.spare_count = 1;
    take_in(l, &n);
}

/* Lines of which each has an e-mail to be confirmed within a day; else an SMS follows. */
static int64_t send_line(struct ledger *l, int64_t batch, enum delivery_state state)
{
    struct leased row;
    assert_int_equal(lease_lane(l, find_lane(l, "relay", JOB_NORMAL, batch), 1, NOON, &row), 1);
    int64_t delivery = row.delivery;
    leased_clear(&row);
    assert_true(settle(l, delivery, state));
    return delivery;
}

static void confirm(struct ledger *l, int64_t delivery)
{
    struct receipt r = receipt_of(RECEIPT_CONFIRMED);
    struct receipt_booking b = booking_of(&r, delivery, DELIVERY_DELIVERED);
    book(l, &b);
}

static void see_finished(void *context, const struct batch_row *row)
{
    *(int64_t *)context = row->finished_ms;
}

static bool is_finished(struct ledger *l, int64_t batch)
{
    const struct batch_question q = {.batch = batch};
    struct error err = {0};
    int64_t finished_ms = -1;
    must(ledger_walk_batches(l, &q, see_finished, &finished_ms, &err), &err);
    return finished_ms > 0;
}

static void pass_on(struct ledger *l, int64_t delivery, const struct planned_delivery *next)
{
    struct error err = {0};
    bool moved = false;
    must(ledger_escalate(l, delivery, next, 0, LATER, &moved, &err), &err);
    assert_true(moved);
}

static void retention_leaves_a_notice_whose_next_channel_may_follow(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", DELIVERY_WAITING);
    accept_patient(f->l, "b", DELIVERY_WAITING);
    int64_t first = send_named(f->l, DELIVERY_DELIVERED, "1");
    int64_t second = send_named(f->l, DELIVERY_DELIVERED, "2");
    assert_int_equal(purge(f->l, LATER), 0);
    confirm(f->l, first);
    assert_int_equal(purge(f->l, LATER), 1);
    pass_on(f->l, second, NULL); /* its text is there: the SMS begins */
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    assert_true(settle(f->l, lease_one(f->l, "kannel"), DELIVERY_DELIVERED));
    assert_int_equal(purge(f->l, LATER + DAY), 1);
    must_balance(f->l);
}

static void retention_leaves_a_batch_whose_next_channel_may_follow(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    int64_t batch = put_patient_batch(f->l, "b", 1, DAY, 1, true);
    int64_t delivery = send_line(f->l, batch, DELIVERY_DELIVERED);
    assert_false(is_finished(f->l, batch));
    assert_int_equal(purge(f->l, LATER), 0);
    const struct planned_delivery next = plan(CHANNEL_SMS, "kannel", "+821012345678");
    pass_on(f->l, delivery, &next);
    assert_false(is_finished(f->l, batch));
    assert_int_equal(lease_lane(f->l, find_lane(f->l, "kannel", JOB_NORMAL, batch), 1, LATER, &row),
                     1);
    assert_true(settle(f->l, row.delivery, DELIVERY_DELIVERED));
    leased_clear(&row);
    assert_true(is_finished(f->l, batch));
    assert_int_equal(purge(f->l, LATER + DAY), 1);
    must_balance(f->l);
}

static struct awaiting awaiting_of(struct ledger *l, int64_t batch)
{
    struct awaiting out;
    struct error err = {0};
    must(ledger_count_awaiting(l, batch, &out, &err), &err);
    return out;
}

static void counts_who_waits_and_until_when(void **state)
{
    struct fixture *f = *state;
    int64_t batch = put_patient_batch(f->l, "b", 3, DAY, 1, true);
    assert_int_equal(awaiting_of(f->l, batch).count, 0); /* all of it is still to be sent */
    assert_int_equal(awaiting_of(f->l, batch).first_ms, 0);
    int64_t first = send_line(f->l, batch, DELIVERY_DELIVERED);
    assert_int_equal(awaiting_of(f->l, batch).count, 1);
    send_line(f->l, batch, DELIVERY_UNCERTAIN);
    send_line(f->l, batch, DELIVERY_DELIVERED);
    assert_int_equal(awaiting_of(f->l, batch).count, 3);
    assert_int_equal(awaiting_of(f->l, batch).first_ms, NOON + DAY + 1);
    assert_int_equal(awaiting_of(f->l, batch).last_ms, NOON + DAY + 3);
    confirm(f->l, first);
    assert_int_equal(awaiting_of(f->l, batch).count, 2);
    assert_int_equal(awaiting_of(f->l, batch).first_ms, NOON + DAY + 2);
    assert_int_equal(awaiting_of(f->l, 0).count, 0);
    reopen(f);
    assert_int_equal(awaiting_of(f->l, batch).count, 2);
    must_balance(f->l);
}

static void is_finished_with_the_last_word(void **state)
{
    struct fixture *f = *state;
    int64_t batch = put_patient_batch(f->l, "b", 2, DAY, 1, true);
    int64_t first = send_line(f->l, batch, DELIVERY_DELIVERED);
    int64_t second = send_line(f->l, batch, DELIVERY_DELIVERED);
    reopen(f);
    confirm(f->l, first);
    assert_false(is_finished(f->l, batch));
    confirm(f->l, second);
    assert_true(is_finished(f->l, batch));
    must_balance(f->l);
}

static size_t forget_overdue(struct ledger *l)
{
    size_t count = 0;
    struct error err = {0};
    must(ledger_walk_overdue(l, LATER, 9, NULL, NULL, &count, &err), &err);
    return count;
}

/* Its text is gone: nobody can be told by the next channel. */
static void is_finished_when_no_channel_can_follow(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "a", "a");
    n.deliveries[0].patience_ms = DAY;
    n.deliveries[0].confirm = true;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.spare[0].state = DELIVERY_SUPPRESSED;
    n.a.spare_count = 1;
    take_in(f->l, &n);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_int_equal(awaiting_of(f->l, 0).count, 1);
    assert_int_equal(forget_overdue(f->l), 0);
    assert_int_equal(awaiting_of(f->l, 0).count, 0);
    assert_int_equal(purge(f->l, LATER), 1);
    must_balance(f->l);
}

static void what_is_held_waits_too(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", DELIVERY_HELD);
    assert_int_equal(awaiting_of(f->l, 0).count, 1);
    pass_on(f->l, row_of(f->l, "a").delivery, NULL);
    assert_int_equal(awaiting_of(f->l, 0).count, 0);
    must_balance(f->l);
}

static void a_retry_waits_anew_only_behind_the_next_send(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", DELIVERY_WAITING);
    send_named(f->l, DELIVERY_UNCERTAIN, "1");
    assert_int_equal(awaiting_of(f->l, 0).count, 1);
    assert_int_equal(retry(f->l, select_state(DELIVERY_UNCERTAIN), "again"), 1);
    assert_int_equal(awaiting_of(f->l, 0).count, 0);
    must_balance(f->l);
}

static bool holds(void *context UNUSED, const char *transport UNUSED)
{
    return true;
}

static void what_a_crash_makes_uncertain_waits(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    struct error err = {0};
    size_t deferred, uncertain;
    accept_patient(f->l, "a", DELIVERY_WAITING);
    assert_int_equal(lease(f->l, "relay", 1, NOON, &row), 1);
    leased_clear(&row);
    reopen(f);
    must(ledger_recover(f->l, holds, NULL, NOON + 1, &deferred, &uncertain, &err), &err);
    assert_int_equal(uncertain, 1);
    assert_int_equal(awaiting_of(f->l, 0).count, 1);
    must_balance(f->l);
}

static void is_taken_back_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    int64_t batch = put_patient_batch(f->l, "b", 1, DAY, 1, true);
    int64_t delivery = send_line(f->l, batch, DELIVERY_DELIVERED);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    confirm(f->l, delivery);
    assert_int_equal(awaiting_of(f->l, batch).count, 0);
    ledger_rollback(f->l);
    assert_int_equal(awaiting_of(f->l, batch).count, 1);
    assert_false(is_finished(f->l, batch));
    must_balance(f->l);
}

static void says_what_retention_leaves(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    struct purge_kept kept;
    accept_patient(f->l, "a", DELIVERY_WAITING);
    accept_patient(f->l, "b", DELIVERY_WAITING); /* is still to be sent: that is another reason */
    int64_t batch = put_patient_batch(f->l, "b1", 1, DAY, 1, true);
    put_patient_batch(f->l, "b2", 1, DAY, 1, true);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    send_line(f->l, batch, DELIVERY_DELIVERED);
    must(ledger_count_kept(f->l, LATER, &kept, &err), &err);
    assert_int_equal(kept.notices, 1);
    assert_int_equal(kept.batches, 1);
    must(ledger_count_kept(f->l, NOON, &kept, &err), &err); /* they are younger than that */
    assert_int_equal(kept.notices + kept.batches, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(retention_leaves_a_notice_whose_next_channel_may_follow),
        TEST(retention_leaves_a_batch_whose_next_channel_may_follow),
        TEST(counts_who_waits_and_until_when),
        TEST(is_finished_with_the_last_word),
        TEST(is_finished_when_no_channel_can_follow),
        TEST(what_is_held_waits_too),
        TEST(a_retry_waits_anew_only_behind_the_next_send),
        TEST(what_a_crash_makes_uncertain_waits),
        TEST(is_taken_back_with_its_transaction),
        TEST(says_what_retention_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
