#include "ledger/receipts.h"

#include <ftw.h>

#include "base/log.h"
#include "engine/escalate.h"

#define HOUR ((int64_t)3600 * 1000)

static struct recorder recorder;
static struct settings settings;
static struct setup setup = {.settings = &settings};
static struct log_pace untold;

static int open_spool(void **state)
{
    int rc = set_up(state);
    const struct fixture *f = *state;
    log_set_level(LOG_ERR);
    untold = (struct log_pace){0};
    recorder = (struct recorder){.ledger = f->l};
    return rc;
}

/* An hour for the mail, and the text message has one, too. */
static void accept_patient(struct ledger *l, const char *id, bool confirm)
{
    struct notice n;
    make_notice(&n, id, id);
    n.deliveries[0].patience_ms = HOUR;
    n.deliveries[0].confirm = confirm;
    n.spare[0] = plan(CHANNEL_SMS, "kannel", "+821012345678");
    n.spare[0].patience_ms = HOUR;
    n.a.spare_count = 1;
    take_in(l, &n);
}

static bool escalate(const struct fixture *f, int64_t now_ms)
{
    const struct escalating e = {
        .recorder = &recorder, .setup = &setup, .untold = &untold, .now_ms = now_ms};
    bool moved = escalate_some(&e);
    must_balance(f->l);
    return moved;
}

static void what_is_not_over_is_left_alone(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", false);
    assert_false(escalate(f, NOON + HOUR - 1));
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_WAITING);
    assert_int_equal(count_all(f->l), 1);
}

static void the_next_channel_begins_once(void **state)
{
    struct fixture *f = *state;
    struct leased row;
    accept_patient(f->l, "a", false);
    assert_true(escalate(f, NOON + HOUR));
    assert_false(escalate(f, NOON + HOUR));
    assert_false(escalate(f, NOON + 100 * HOUR)); /* nobody waits for the last channel */
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_CANCELLED);
    assert_string_equal(row_of(f->l, "a").cause, "escalated");
    assert_int_equal(count_all(f->l), 2);
    assert_int_equal(lease(f->l, "relay", 1, NOON + HOUR, &row), 0); /* nobody is told twice */
    assert_int_equal(lease(f->l, "kannel", 1, NOON + HOUR, &row), 1);
    leased_clear(&row);
}

static void what_was_delivered_in_time_is_followed_by_nothing(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", false);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    assert_false(escalate(f, NOON + 100 * HOUR));
    assert_int_equal(count_all(f->l), 1);
}

static void where_it_must_be_confirmed_only_that_counts(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "silent", true);
    accept_patient(f->l, "told", true);
    send_named(f->l, DELIVERY_DELIVERED, "1");
    int64_t told = send_named(f->l, DELIVERY_DELIVERED, "2");
    struct receipt r = receipt_named(RECEIPT_CONFIRMED, "2");
    const struct receipt_booking b = booking_of(&r, told, DELIVERY_DELIVERED);
    book(f->l, &b);
    assert_true(escalate(f, NOON + HOUR));
    assert_int_equal(row_of(f->l, "silent").state, DELIVERY_DELIVERED); /* it stays what it is */
    assert_int_equal(count_all(f->l), 3);
    assert_int_equal(row_of(f->l, "told").state, DELIVERY_DELIVERED);
    assert_false(escalate(f, NOON + HOUR));
}

static void what_is_in_flight_is_waited_for(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", false);
    int64_t delivery = lease_one(f->l, "relay");
    assert_false(escalate(f, NOON + HOUR));
    assert_int_equal(count_all(f->l), 1);
    assert_true(settle(f->l, delivery, DELIVERY_DEFERRED));
    assert_true(escalate(f, NOON + HOUR));
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_CANCELLED);
}

static void a_clock_set_back_makes_nothing_overdue(void **state)
{
    struct fixture *f = *state;
    accept_patient(f->l, "a", false);
    assert_false(escalate(f, NOON - 100 * HOUR));
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_WAITING);
    assert_true(escalate(f, NOON + HOUR));
}

static void goes_on_where_there_are_more_than_one_portion(void **state)
{
    struct fixture *f = *state;
    int rounds = 0;
    for (int i = 0; i < 450; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        accept_patient(f->l, id, false);
    }
    while (escalate(f, NOON + HOUR))
        rounds++;
    assert_int_equal(rounds, 3);
    assert_int_equal(count_state(f->l, DELIVERY_CANCELLED), 450);
    assert_int_equal(count_all(f->l), 900);
}

static int64_t take_in_line(struct ledger *l)
{
    unsigned char digest[DIGEST_SIZE] = {7};
    struct batch_acceptance a = {.id = "b",
                                 .digest = digest,
                                 .text = "{}",
                                 .len = 2,
                                 .total = 1,
                                 .priority = JOB_NORMAL,
                                 .now_ms = NOON};
    struct planned_delivery p = plan(CHANNEL_EMAIL, "relay", "kim@example.com");
    struct planned_line line = {.line = 1,
                                .recipient = "1",
                                .template_name = "apology",
                                .locale = "ko",
                                .deliveries = &p,
                                .count = 1,
                                .rest = 1};
    enum accept_result result;
    struct error err = {0};
    int64_t batch = 0;
    bool known;
    p.patience_ms = HOUR;
    must(ledger_begin_batch(l, &a, &result, &batch, &err), &err);
    must(ledger_put_line(l, batch, &line, NOON, &known, &err), &err);
    must(ledger_advance_batch(l, batch, 2, 100, true, &err), &err);
    return batch;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

/* Its disk is not mounted: it comes again, and keeps no other from its turn. */
static void a_line_that_cannot_be_read_waits_and_others_go_on(void **state)
{
    struct fixture *f = *state;
    char directory[] = "/tmp/dispatcher-test-XXXXXX";
    struct spool *spool = NULL;
    struct error err = {0};
    assert_non_null(mkdtemp(directory));
    must(spool_open(directory, &spool, &err), &err);
    struct shelf *shelf = shelf_open(f->l, spool);
    take_in_line(f->l);
    accept_patient(f->l, "a", false);
    const struct escalating e = {.recorder = &recorder,
                                 .shelf = shelf,
                                 .setup = &setup,
                                 .untold = &untold,
                                 .now_ms = NOON + HOUR};
    assert_true(escalate_some(&e));
    assert_int_equal(row_of(f->l, "a").state, DELIVERY_CANCELLED);
    assert_int_equal(row_of(f->l, "b_1").state, DELIVERY_WAITING);
    assert_false(escalate_some(&e));
    assert_true(ledger_next_overdue_ms(f->l) <= NOON + HOUR + 1000);
    shelf_close(shelf);
    spool_close(spool);
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_spool, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_over_is_left_alone),
        TEST(the_next_channel_begins_once),
        TEST(what_was_delivered_in_time_is_followed_by_nothing),
        TEST(where_it_must_be_confirmed_only_that_counts),
        TEST(what_is_in_flight_is_waited_for),
        TEST(a_clock_set_back_makes_nothing_overdue),
        TEST(goes_on_where_there_are_more_than_one_portion),
        TEST(a_line_that_cannot_be_read_waits_and_others_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
