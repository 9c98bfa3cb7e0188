#include "receipts.h"

#define HOURS ((int64_t)3600 * 1000)

static void brings_what_came_while_it_was_in_flight(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 2);
    int64_t delivery = lease_one(f->l, "relay");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    r.token = (char *)(uintptr_t) "a-b";
    note(f->l, &r, delivery, DELIVERY_IN_FLIGHT);
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0);
    assert_true(settle(f->l, lease_one(f->l, "relay"), DELIVERY_DELIVERED)); /* another one */
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0);
    assert_int_equal(count_state(f->l, DELIVERY_IN_FLIGHT), 1); /* it did not move */
    assert_true(settle(f->l, delivery, DELIVERY_UNCERTAIN));
    assert_int_equal(walk_parked(f->l, NOON, &seen), 1);
    assert_int_equal(seen.rows[0].delivery, delivery);
    assert_string_equal(seen.rows[0].texts,
                        "relay|1|-|a-b|-|5.1.1|bad_recipient|gateway|no such user");
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0); /* once */
    must_balance(f->l);
}

static void brings_what_came_before_its_name_was_stored(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 2);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "2");
    r.channel = CHANNEL_SMS;
    note(f->l, &r, 0, DELIVERY_DELIVERED);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "2");
    assert_int_equal(walk_parked(f->l, NOON, &seen), 1);
    assert_int_equal(seen.rows[0].delivery, delivery);
    assert_int_equal(seen.rows[0].channel, CHANNEL_SMS); /* as it said */
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0);
}

static void does_not_bring_it_under_a_name_of_two(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 2);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    note(f->l, &r, 0, DELIVERY_DELIVERED);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0);
}

static void keeps_it_over_a_restart(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 2);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    note(f->l, &r, 0, DELIVERY_DELIVERED);
    reopen(f);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    reopen(f);
    assert_int_equal(walk_parked(f->l, NOON, &seen), 1);
}

static bool never(void *context, const char *transport)
{
    (void)context;
    (void)transport;
    return false;
}

/* Nobody settles it any more; what the gateway said of it is worth the more. */
static void brings_it_after_a_crash(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    struct error err = {0};
    size_t deferred, uncertain;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    struct receipt r = receipt_of(RECEIPT_CONFIRMED);
    note(f->l, &r, delivery, DELIVERY_IN_FLIGHT);
    reopen(f);
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0);
    must(ledger_recover(f->l, never, NULL, NOON + 9000, &deferred, &uncertain, &err), &err);
    assert_int_equal(walk_parked(f->l, NOON, &seen), 1);
    assert_int_equal(seen.rows[0].delivery, delivery);
}

static void a_note_of_ours_waits_for_nothing(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    struct receipt r = receipt_of(RECEIPT_NOTE);
    note(f->l, &r, delivery, DELIVERY_IN_FLIGHT);
    assert_int_equal(receipts_of(f->l, delivery, &seen), 1);
    assert_true(settle(f->l, delivery, DELIVERY_DELIVERED));
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0);
}

static void gives_up_after_three_days(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    take_in_many(f->l, "n", 2);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1"); /* it comes at NOON + 9000 */
    note(f->l, &r, 0, DELIVERY_DELIVERED);
    assert_int_equal(walk_parked(f->l, NOON + 9000 + 72 * HOURS - 1, &seen), 0);
    struct receipt other = receipt_named(RECEIPT_CONFIRMED, "2");
    struct receipt_booking b = booking_of(&other, 0, DELIVERY_DELIVERED);
    b.now_ms += 1000;
    book(f->l, &b);
    assert_int_equal(walk_parked(f->l, NOON + 9000 + 72 * HOURS, &seen), 0);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    send_named(f->l, DELIVERY_DELIVERED, "2");
    assert_int_equal(walk_parked(f->l, NOON + 9000 + 72 * HOURS, &seen), 1);
    assert_non_null(strstr(seen.rows[0].texts, "|2|"));
}

static void is_undone_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    struct error err = {0};
    take_in_many(f->l, "n", 1);
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "1");
    note(f->l, &r, 0, DELIVERY_DELIVERED);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_int_equal(walk_parked(f->l, NOON, &seen), 1);
    ledger_rollback(f->l); /* a kill in between would leave the same */
    assert_int_equal(walk_parked(f->l, NOON, &seen), 0);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_int_equal(walk_parked(f->l, NOON, &seen), 1);
}

struct booker {
    struct ledger *l;
    size_t count;
};

/* As the scheduler does it: booking one within the walk. */
static void book_parked(void *context, const struct receipt *r, int64_t delivery)
{
    struct booker *booker = context;
    struct receipt_booking b = booking_of(r, delivery, DELIVERY_DELIVERED);
    book(booker->l, &b);
    booker->count++;
}

static void may_be_booked_while_it_is_brought(void **state)
{
    struct fixture *f = *state;
    struct seen_receipts seen;
    struct error err = {0};
    struct booker booker = {.l = f->l};
    size_t count = 0;
    take_in_many(f->l, "n", 1);
    int64_t delivery = lease_one(f->l, "relay");
    struct receipt r = receipt_of(RECEIPT_CONFIRMED);
    note(f->l, &r, delivery, DELIVERY_IN_FLIGHT);
    note(f->l, &r, delivery, DELIVERY_IN_FLIGHT);
    assert_true(settle(f->l, delivery, DELIVERY_UNCERTAIN));
    must(ledger_walk_parked(f->l, NOON, 1, book_parked, &booker, &count, &err), &err);
    assert_int_equal(count, 1); /* the limit */
    must(ledger_walk_parked(f->l, NOON, 9, book_parked, &booker, &count, &err), &err);
    assert_int_equal(booker.count, 2);
    assert_int_equal(receipts_of(f->l, delivery, &seen), 2);
    assert_int_equal(row_of(f->l, "n0").state, DELIVERY_DELIVERED);
    must_balance(f->l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(brings_what_came_while_it_was_in_flight),
        TEST(brings_what_came_before_its_name_was_stored),
        TEST(does_not_bring_it_under_a_name_of_two),
        TEST(keeps_it_over_a_restart),
        TEST(brings_it_after_a_crash),
        TEST(a_note_of_ours_waits_for_nothing),
        TEST(gives_up_after_three_days),
        TEST(is_undone_with_its_transaction),
        TEST(may_be_booked_while_it_is_brought),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
