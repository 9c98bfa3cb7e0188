#include "receipts.h"

#define DAY   ((int64_t)24 * 3600 * 1000)
#define NEVER INT64_MAX

/* E-mail has a day, the SMS behind it an hour, the webhook is the last. */
static void accept_patient(struct ledger *l, const char *id, bool confirm)
{
    struct notice n;
    make_notice(&n, id, id);
    n.deliveries[0].patience_ms = DAY;
    n.deliveries[0].confirm = confirm;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.spare[0].patience_ms = DAY / 24;
    n.spare[1] = plan(CHANNEL_WEBHOOK, "hooks", "crm");
    n.spare[1].patience_ms = DAY;
    n.a.spare_count = 2;
    take_in(l, &n);
}

struct overdue_rows {
    struct ledger *l;
    struct {
        int64_t delivery;
        enum delivery_state state;
        char notice_id[32];
        bool more_channels, overdue;
    } rows[16];
    size_t count;
    bool escalate;
    int64_t now_ms;
};

static bool escalate(struct ledger *l, int64_t delivery, int64_t now_ms)
{
    struct error err = {0};
    bool moved = false;
    must(ledger_escalate(l, delivery, NULL, 0, now_ms, &moved, &err), &err);
    return moved;
}

static void see_overdue(void *context, const struct leased *row, enum delivery_state state)
{
    struct overdue_rows *seen = context;
    size_t i = seen->count++;
    seen->rows[i].delivery = row->delivery;
    seen->rows[i].state = state;
    seen->rows[i].more_channels = row->more_channels;
    seen->rows[i].overdue = row->overdue;
    snprintf(seen->rows[i].notice_id, sizeof(seen->rows[i].notice_id), "%s", row->notice_id);
    if (seen->escalate)
        assert_true(escalate(seen->l, row->delivery, seen->now_ms));
}

static size_t walk_overdue(struct ledger *l, int64_t now_ms, size_t limit, bool escalate,
                           struct overdue_rows *seen)
{
    struct error err = {0};
    size_t count = 0;
    *seen = (struct overdue_rows){.l = l, .escalate = escalate, .now_ms = now_ms};
    must(ledger_walk_overdue(l, now_ms, limit, see_overdue, seen, &count, &err), &err);
    assert_int_equal(count, seen->count);
    return count;
}

static void brings_what_has_had_its_time(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    assert_true(ledger_next_overdue_ms(f->l) == NEVER);
    take_in_many(f->l, "n", 1); /* nobody waits for this one */
    accept_patient(f->l, "a", false);
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + DAY);
    assert_int_equal(walk_overdue(f->l, NOON + DAY - 1, 9, false, &seen), 0);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 1);
    assert_string_equal(seen.rows[0].notice_id, "a");
    assert_int_equal(seen.rows[0].state, DELIVERY_WAITING);
    assert_true(seen.rows[0].more_channels && seen.rows[0].overdue);
    reopen(f);
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + DAY);
}

static void counts_from_when_it_is_due(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "a", "a");
    n.deliveries[0].due_ms = NOON + 5 * DAY;
    n.deliveries[0].patience_ms = DAY;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.a.spare_count = 1;
    take_in(f->l, &n);
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + 6 * DAY);
}

static void waits_for_nothing_without_a_channel_behind(void **state)
{
    struct fixture *f = *state;
    struct notice n;
    make_notice(&n, "a", "a");
    n.deliveries[0].patience_ms = DAY;
    take_in(f->l, &n);
    assert_true(ledger_next_overdue_ms(f->l) == NEVER);
}

static void takes_what_waits_out_of_its_lane(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    accept_patient(f->l, "a", false);
    int64_t delivery = row_of(f->l, "a").delivery;
    assert_false(escalate(f->l, delivery, NOON + DAY - 1)); /* not yet */
    assert_true(escalate(f->l, delivery, NOON + DAY));
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_CANCELLED);
    assert_string_equal(row_of(f->l, "a").cause, "escalated");
    assert_true(next_due(f->l, "relay") == NEVER);
    assert_int_equal(lease(f->l, "relay", 1, NOON + 9 * DAY, &row), 0);
    assert_int_equal(next_due(f->l, "kannel"), NOON + DAY);
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + DAY); /* a time before which: */
    struct overdue_rows seen;
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 0);
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + DAY + DAY / 24); /* the SMS's */
    assert_false(escalate(f->l, delivery, NOON + DAY));                    /* once */
    assert_int_equal(count_all(f->l), 2);
    must_balance(f->l);
}

static void goes_through_all_channels_and_no_further(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    accept_patient(f->l, "a", false);
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 9, true, &seen), 1);
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY + DAY / 24 - 1, 9, true, &seen), 0);
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY + DAY / 24, 9, true, &seen), 1);
    assert_int_equal(walk_overdue(f->l, NOON + 99 * DAY, 9, true, &seen), 0);
    assert_true(ledger_next_overdue_ms(f->l) == NEVER);
    assert_int_equal(count_state(f->l, DELIVERY_CANCELLED), 2);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    assert_true(next_due(f->l, "hooks") != NEVER);
    must_balance(f->l);
}

static void is_over_when_the_person_was_told(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    accept_patient(f->l, "a", false);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_false(escalate(f->l, delivery, NOON + 2 * DAY));
    assert_int_equal(walk_overdue(f->l, NOON + 2 * DAY, 9, true, &seen), 0);
    assert_true(ledger_next_overdue_ms(f->l) == NEVER);
}

static void delivered_is_not_enough_where_it_must_be_confirmed(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    accept_patient(f->l, "a", true);
    accept_patient(f->l, "b", true);
    int64_t first = send_named(f->l, DELIVERY_DELIVERED, "1");
    int64_t second = send_named(f->l, DELIVERY_DELIVERED, "2");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "2");
    struct receipt_booking b = booking_of(&r, second, DELIVERY_DELIVERED);
    book(f->l, &b);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 1);
    assert_int_equal(seen.rows[0].delivery, first);
    assert_int_equal(seen.rows[0].state, DELIVERY_DELIVERED);
    assert_false(escalate(f->l, second, NOON + DAY));
    assert_true(escalate(f->l, first, NOON + DAY));
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_DELIVERED); /* it stays what it is */
    assert_int_equal(next_due(f->l, "kannel"), NOON + DAY);
    must_balance(f->l);
}

static void who_said_no_is_not_told_by_the_next_channel_later(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    accept_patient(f->l, "a", true);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_FAILED, "1");
    r.opted_out = true;
    struct receipt_booking b = booking_of(&r, delivery, DELIVERY_FAILED);
    b.cause = "opted_out";
    b.declined = true;
    book(f->l, &b);
    assert_int_equal(walk_overdue(f->l, NOON + 2 * DAY, 9, true, &seen), 0);
    assert_false(escalate(f->l, delivery, NOON + 2 * DAY));
    assert_int_equal(count_all(f->l), 1);
    must_balance(f->l);
}

static void who_says_no_after_it_has_ended_is_left_alone_too(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    accept_patient(f->l, "a", true);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    struct receipt r = receipt_named(RECEIPT_FAILED, "1");
    struct receipt_booking b = booking_of(&r, delivery, DELIVERY_FAILED);
    book(f->l, &b);
    b.forward = false;
    b.declined = true;
    book(f->l, &b);
    assert_int_equal(walk_overdue(f->l, NOON + 2 * DAY, 9, true, &seen), 0);
    assert_false(escalate(f->l, delivery, NOON + 2 * DAY));
    assert_int_equal(count_all(f->l), 1);
    must_balance(f->l);
}

static void the_uncertain_stays_and_the_next_begins(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", false);
    int64_t delivery = send_named(f->l, DELIVERY_UNCERTAIN, "1");
    assert_true(escalate(f->l, delivery, NOON + DAY));
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_UNCERTAIN);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    must_balance(f->l);
}

/* Where the next channel began by itself nobody waits for the first one any more. */
static void a_failure_hands_over_only_once(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", false);
    struct settlement s = settlement_of(lease_one(f->l, "relay"), DELIVERY_FAILED);
    s.next_channel = true;
    assert_true(settle_with(f->l, &s));
    assert_false(escalate(f->l, s.delivery, NOON + 2 * DAY));
    assert_int_equal(count_all(f->l), 2);
    accept_patient(f->l, "b", true);
    int64_t delivery = send_named(f->l, DELIVERY_DELIVERED, "1");
    bounce(f->l, delivery);
    assert_false(escalate(f->l, delivery, NOON + 2 * DAY));
    assert_int_equal(count_all(f->l), 4);
    must_balance(f->l);
}

static void leaves_alone_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    struct leased row;
    accept_patient(f->l, "a", false);
    assert_int_equal(lease(f->l, "relay", 1, NOON + DAY, &row), 1);
    assert_true(row.overdue); /* whoever has it knows */
    int64_t delivery = row.delivery;
    leased_clear(&row);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, true, &seen), 0);
    assert_true(ledger_next_overdue_ms(f->l) == NEVER); /* nobody is woken for it */
    assert_false(escalate(f->l, delivery, NOON + DAY));
    assert_true(settle(f->l, delivery, DELIVERY_DEFERRED));
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + DAY);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 1);
    assert_true(escalate(f->l, delivery, NOON + DAY));
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_CANCELLED);
    must_balance(f->l);
}

static void says_when_a_lease_is_not_overdue(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    accept_patient(f->l, "a", false);
    assert_int_equal(lease(f->l, "relay", 1, NOON + DAY - 1, &row), 1);
    assert_false(row.overdue);
    leased_clear(&row);
}

/* Nobody is taken out of a line for a channel that will not be sent either. */
static void cancels_nothing_if_no_channel_behind_can_be_sent(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    struct notice n;
    make_notice(&n, "a", "a");
    n.deliveries[0].patience_ms = DAY;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.spare[0].state = DELIVERY_SUPPRESSED;
    n.a.spare_count = 1;
    take_in(f->l, &n);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, true, &seen), 0);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_WAITING);
    assert_true(ledger_next_overdue_ms(f->l) == NEVER);
    must_balance(f->l);
}

static void a_retry_gives_it_its_time_again(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", false);
    struct settlement s = settlement_of(lease_one(f->l, "relay"), DELIVERY_SUPPRESSED);
    s.counts = false;
    s.cause = "trial_mode";
    assert_true(settle_with(f->l, &s));
    assert_false(escalate(f->l, s.delivery, NOON + 2 * DAY));
    assert_int_equal(retry(f->l, select_id("a"), "live"), 1);   /* at NOON + 70000 */
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + DAY); /* a time before which: */
    struct overdue_rows seen;
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 0);
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + 70000 + DAY);
}

static void walks_the_oldest_first_and_in_portions(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    for (int i = 0; i < 5; i++) {
        struct notice n;
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        make_notice(&n, id, id);
        n.deliveries[0].patience_ms = DAY - i;
        n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
        n.a.spare_count = 1;
        take_in(f->l, &n);
    }
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 2, true, &seen), 2);
    assert_string_equal(seen.rows[0].notice_id, "n4");
    assert_string_equal(seen.rows[1].notice_id, "n3");
    assert_true(ledger_next_overdue_ms(f->l) <= NOON + 9 * DAY); /* there is more */
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 9, true, &seen), 3);
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 9, true, &seen), 0);
    must_balance(f->l);
}

/* What nobody moves comes again, but does not keep anybody awake. */
static void brings_again_what_was_not_moved(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    accept_patient(f->l, "a", false);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 1);
    int64_t next_ms = ledger_next_overdue_ms(f->l);
    assert_true(next_ms > NOON + DAY && next_ms < NOON + DAY + 60000);
    assert_int_equal(walk_overdue(f->l, next_ms, 9, true, &seen), 1);
}

static void is_undone_with_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    struct error err = {0};
    accept_patient(f->l, "a", false);
    must(ledger_begin(f->l, LEDGER_FAST, &err), &err);
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 9, true, &seen), 1);
    ledger_rollback(f->l);
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_WAITING);
    assert_int_equal(count_all(f->l), 1);
    assert_int_equal(ledger_next_overdue_ms(f->l), NOON + DAY);
    assert_int_equal(next_due(f->l, "relay"), NOON);
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 9, true, &seen), 1);
    must_balance(f->l);
}

/* As the scheduler does it: it moves them behind the walk. */
static void goes_on_at_once_where_there_is_more(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    for (int i = 0; i < 3; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        accept_patient(f->l, id, false);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(walk_overdue(f->l, NOON + DAY, 1, false, &seen), 1);
        assert_true(escalate(f->l, seen.rows[0].delivery, NOON + DAY));
        assert_true(ledger_next_overdue_ms(f->l) <= NOON + DAY);
    }
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 1, false, &seen), 0);
    assert_true(ledger_next_overdue_ms(f->l) > NOON + DAY);
}

/* ---- batches ---- */

static void a_line_goes_on_with_the_channel_it_is_given(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    struct error err = {0};
    bool moved = false;
    put_patient_batch(f->l, "b", 1, DAY, 0, false);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 1);
    assert_string_equal(seen.rows[0].notice_id, "b_c1");
    struct planned_delivery next = plan(CHANNEL_SMS, "kannel", "+821012345678");
    next.patience_ms = DAY;
    must(ledger_escalate(f->l, seen.rows[0].delivery, &next, 0, NOON + DAY, &moved, &err), &err);
    assert_true(moved);
    assert_int_equal(count_state(f->l, DELIVERY_CANCELLED), 1);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 9, true, &seen), 0); /* the last channel */
    must_balance(f->l);
}

/* It came back while its notices cannot be read: what is behind it is found out later. */
static void a_failure_waits_for_a_next_channel_that_is_not_known_yet(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    struct error err = {0};
    bool moved = false;
    struct leased row = {0};
    int64_t batch = put_patient_batch(f->l, "b", 1, DAY, 0, false);
    int64_t lane = find_lane(f->l, "relay", JOB_NORMAL, batch);
    assert_int_equal(lease_lane(f->l, lane, 1, NOON, &row), 1);
    int64_t delivery = row.delivery;
    leased_clear(&row);
    assert_true(settle(f->l, delivery, DELIVERY_DELIVERED));
    struct receipt r = receipt_of(RECEIPT_FAILED);
    struct receipt_booking b = booking_of(&r, delivery, DELIVERY_FAILED);
    b.cause = "bad_recipient";
    b.next_ms = b.now_ms + 5000;
    book(f->l, &b);
    assert_int_equal(ledger_next_overdue_ms(f->l), b.next_ms);
    assert_int_equal(walk_overdue(f->l, b.next_ms, 9, false, &seen), 1);
    assert_int_equal(seen.rows[0].state, DELIVERY_FAILED);
    struct planned_delivery next = plan(CHANNEL_SMS, "kannel", "+821012345678");
    must(ledger_escalate(f->l, delivery, &next, 0, b.next_ms, &moved, &err), &err);
    assert_true(moved);
    assert_int_equal(count_state(f->l, DELIVERY_FAILED), 1);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 9, true, &seen), 0);
    must_balance(f->l);
}

/* The notices of b are on a disk that is missing; c's are not. */
static void what_cannot_be_moved_keeps_nobody_from_his_turn(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    put_patient_batch(f->l, "b", 3, DAY, 0, false);
    put_patient_batch(f->l, "c", 1, DAY, 0, false);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 2, false, &seen), 2);
    assert_string_equal(seen.rows[0].notice_id, "b_c1");
    assert_int_equal(walk_overdue(f->l, NOON + DAY + 5000, 2, false, &seen), 2);
    assert_string_equal(seen.rows[0].notice_id, "c_c1");
}

static void nobody_waits_for_a_line_that_has_no_next_channel(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    put_patient_batch(f->l, "b", 1, DAY, 0, false);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 2, false, &seen), 1);
    assert_false(escalate(f->l, seen.rows[0].delivery, NOON + DAY));
    assert_int_equal(walk_overdue(f->l, NOON + 9 * DAY, 2, false, &seen), 0);
    assert_true(ledger_next_overdue_ms(f->l) == NEVER);
    assert_int_equal(count_state(f->l, DELIVERY_WAITING), 1);
    must_balance(f->l);
}

static void nothing_of_a_batch_that_is_stopped_is_begun(void **state)
{
    struct fixture *f = *state;
    struct overdue_rows seen;
    struct error err = {0};
    put_patient_batch(f->l, "b", 3, DAY, 0, false);
    accept_patient(f->l, "a", false);
    must(ledger_stop_batch(f->l, "b", BATCH_PAUSED, "wrong letter", false, NULL, &err), &err);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 1);
    assert_string_equal(seen.rows[0].notice_id, "a");
    assert_true(ledger_next_overdue_ms(f->l) > NOON + DAY);
    must(ledger_stop_batch(f->l, "b", BATCH_GOES, "", false, NULL, &err), &err);
    assert_int_equal(walk_overdue(f->l, NOON + DAY, 9, false, &seen), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(brings_what_has_had_its_time),
        TEST(counts_from_when_it_is_due),
        TEST(waits_for_nothing_without_a_channel_behind),
        TEST(takes_what_waits_out_of_its_lane),
        TEST(goes_through_all_channels_and_no_further),
        TEST(is_over_when_the_person_was_told),
        TEST(delivered_is_not_enough_where_it_must_be_confirmed),
        TEST(who_said_no_is_not_told_by_the_next_channel_later),
        TEST(who_says_no_after_it_has_ended_is_left_alone_too),
        TEST(the_uncertain_stays_and_the_next_begins),
        TEST(a_failure_hands_over_only_once),
        TEST(leaves_alone_what_is_in_flight),
        TEST(says_when_a_lease_is_not_overdue),
        TEST(cancels_nothing_if_no_channel_behind_can_be_sent),
        TEST(a_retry_gives_it_its_time_again),
        TEST(walks_the_oldest_first_and_in_portions),
        TEST(brings_again_what_was_not_moved),
        TEST(is_undone_with_its_transaction),
        TEST(goes_on_at_once_where_there_is_more),
        TEST(a_line_goes_on_with_the_channel_it_is_given),
        TEST(a_failure_waits_for_a_next_channel_that_is_not_known_yet),
        TEST(what_cannot_be_moved_keeps_nobody_from_his_turn),
        TEST(nobody_waits_for_a_line_that_has_no_next_channel),
        TEST(nothing_of_a_batch_that_is_stopped_is_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
