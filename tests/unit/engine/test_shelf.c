#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "engine/batch_fixture.h"
#include "engine/shelf.h"

static struct batch_fixture fixture;
static struct shelf *shelf;

static int open_all(void **state)
{
    (void)state;
    open_batch_fixture(&fixture);
    shelf = shelf_open(fixture.ledger, fixture.spool);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    shelf_close(shelf);
    close_batch_fixture(&fixture);
    return 0;
}

static int64_t hand_in(const char *id, const char *members, const char *line)
{
    struct buf lines = {0};
    buf_printf(&lines, "%s\n%s\n", line, line);
    const struct handed_over h = {.id = id, .members = members, .lines = &lines, .count = 2};
    take_in(&fixture, &h);
    buf_free(&lines);
    int64_t number = number_of(&fixture, id);
    assert_int_not_equal(number, 0);
    return number;
}

#define EMAIL "{\"to\":{\"email\":\"a@example.org\"}}"

static void finds_what_a_batch_shares(void **state)
{
    const struct shelved *found = NULL, *again = NULL;
    struct error err;
    (void)state;
    int64_t number = hand_in("b", "\"window\":\"08:00-21:00\",", EMAIL);
    assert_int_equal(shelf_find(shelf, number, &found, &err), 0);
    assert_int_equal(found->batch, number);
    assert_string_equal(found->parsed->id, "b");
    assert_int_equal(found->parsed->window.from_minute, 480);
    assert_non_null(strstr(found->text, "\"count\":2"));
    assert_int_equal(shelf_find(shelf, number, &again, &err), 0);
    assert_ptr_equal(found->parsed, again->parsed);
}

static void knows_what_is_not_there(void **state)
{
    const struct shelved *found = NULL;
    struct error err;
    (void)state;
    assert_int_equal(shelf_find(shelf, 4711, &found, &err), ERR_NOT_FOUND);
    assert_int_equal(shelf_find(shelf, 0, &found, &err), ERR_NOT_FOUND);
    assert_null(found);
}

static void keeps_a_few_and_reads_the_others_again(void **state)
{
    char id[16];
    int64_t numbers[20];
    struct error err;
    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        numbers[i] = hand_in(id, NULL, EMAIL);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20; i++) {
            const struct shelved *found = NULL;
            snprintf(id, sizeof(id), "b%d", i);
            assert_int_equal(shelf_find(shelf, numbers[i], &found, &err), 0);
            assert_string_equal(found->parsed->id, id);
        }
    }
}

/* A leased delivery of line 2. */
static struct leased lease(int64_t number, const char *line)
{
    struct leased row = {.batch = number,
                         .line = 2,
                         .offset = (int64_t)strlen(line) + 1,
                         .length = (int64_t)strlen(line),
                         .channel = CHANNEL_EMAIL};
    row.batch_id = xstrdup("b");
    row.notice_id = xstrdup("b_2");
    return row;
}

static void reads_the_line_of_a_delivery(void **state)
{
    struct error err;
    (void)state;
    struct leased row = lease(hand_in("b", NULL, EMAIL), EMAIL);
    assert_int_equal(shelf_read_line(shelf, &row, &err), 0);
    assert_string_equal(row.job_text, EMAIL);
    leased_clear(&row);
    row = lease(1, EMAIL);
    row.offset = 100000;
    assert_int_equal(shelf_read_line(shelf, &row, &err), ERR_NOT_FOUND);
    assert_null(row.job_text);
    leased_clear(&row);
}

#define BOTH                                                                                       \
    "{\"to\":{\"email\":\"a@example.org\",\"phone\":\"+4915112345678\",\"webhook\":\"crm\"}}"

static void plans_the_next_channel(void **state)
{
    struct next_channel next;
    struct error err = {0};
    (void)state;
    int64_t number =
        hand_in("b", "\"routing\":{\"method\":\"single\",\"channels\":[\"email\",\"sms\"]},", BOTH);
    struct leased row = lease(number, BOTH);
    if (shelf_next_channel(shelf, fixture.setup, &row, 1000, &next, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(next.planned.channel, CHANNEL_SMS);
    assert_string_equal(next.planned.address, "+4915112345678");
    assert_int_equal(next.planned.state, DELIVERY_WAITING);
    assert_int_equal(next.planned.due_ms, 1000);
    assert_int_equal(next.rest, 0);
    next_channel_clear(&next);
    row.channel = CHANNEL_SMS;
    assert_int_equal(shelf_next_channel(shelf, fixture.setup, &row, 1000, &next, &err),
                     ERR_NOT_FOUND);
    row.channel = CHANNEL_WEBHOOK;
    assert_int_equal(shelf_next_channel(shelf, fixture.setup, &row, 1000, &next, &err),
                     ERR_NOT_FOUND);
    leased_clear(&row);
}

static void a_batch_to_all_channels_has_no_next_one(void **state)
{
    struct next_channel next;
    struct error err = {0};
    (void)state;
    int64_t number =
        hand_in("b", "\"routing\":{\"method\":\"all\",\"channels\":[\"email\",\"sms\"]},", BOTH);
    struct leased row = lease(number, BOTH);
    assert_int_equal(shelf_next_channel(shelf, fixture.setup, &row, 1000, &next, &err),
                     ERR_NOT_FOUND);
    leased_clear(&row);
}

static void a_line_that_is_gone_has_no_next_channel(void **state)
{
    struct next_channel next;
    struct error err = {0};
    (void)state;
    int64_t number =
        hand_in("b", "\"routing\":{\"method\":\"single\",\"channels\":[\"email\",\"sms\"]},", BOTH);
    struct leased row = lease(number, BOTH);
    row.offset = 100000;
    assert_int_equal(shelf_next_channel(shelf, fixture.setup, &row, 1000, &next, &err),
                     ERR_NOT_FOUND);
    leased_clear(&row);
}

static void tells_a_missing_batch_from_a_line_that_is_gone(void **state)
{
    struct next_channel next;
    struct error err = {0};
    (void)state;
    int64_t number =
        hand_in("b", "\"routing\":{\"method\":\"single\",\"channels\":[\"email\",\"sms\"]},", BOTH);
    struct leased row = lease(number, BOTH);
    assert_int_equal(spool_remove_batch(fixture.spool, "b", &err), 0);
    assert_int_equal(shelf_read_line(shelf, &row, &err), ERR_AGAIN);
    assert_non_null(strstr(err.text, "batches/b/notices.jsonl"));
    assert_int_equal(shelf_next_channel(shelf, fixture.setup, &row, 1000, &next, &err), ERR_AGAIN);
    leased_clear(&row);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_what_a_batch_shares),
        TEST(knows_what_is_not_there),
        TEST(keeps_a_few_and_reads_the_others_again),
        TEST(reads_the_line_of_a_delivery),
        TEST(plans_the_next_channel),
        TEST(a_batch_to_all_channels_has_no_next_one),
        TEST(a_line_that_is_gone_has_no_next_channel),
        TEST(tells_a_missing_batch_from_a_line_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
