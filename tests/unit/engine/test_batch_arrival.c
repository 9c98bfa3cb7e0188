#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/batch_arrival.h"
#include "engine/batch_fixture.h"

static struct batch_fixture fixture;

static int open_all(void **state)
{
    (void)state;
    open_batch_fixture(&fixture);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    close_batch_fixture(&fixture);
    return 0;
}

static void hand_in(const char *id, int count)
{
    struct buf lines = {0};
    put_lines(&lines, 1, count);
    const struct handed_over h = {.id = id, .lines = &lines, .count = count};
    hand_over(&fixture, &h);
    buf_free(&lines);
}

/* Nothing is left behind unless it is new. */
static enum arrival judge(const char *id, struct error *why)
{
    struct batch *parsed;
    struct buf canonical = {0};
    enum arrival arrival =
        batch_arrival_judge(fixture.spool, fixture.ledger, id, &parsed, &canonical, why);
    assert_int_equal(parsed != NULL, arrival == ARRIVAL_NEW);
    batch_free(parsed);
    buf_free(&canonical);
    return arrival;
}

/* As far as the ledger, and no further. */
static int64_t begin(const char *id)
{
    struct batch *parsed;
    struct buf canonical = {0};
    struct error why;
    enum accept_result result;
    unsigned char digest[DIGEST_SIZE];
    int64_t number = 0;
    assert_int_equal(
        batch_arrival_judge(fixture.spool, fixture.ledger, id, &parsed, &canonical, &why),
        ARRIVAL_NEW);
    batch_arrival_digest(&canonical, digest);
    const struct batch_acceptance a = {.id = id,
                                       .digest = digest,
                                       .text = canonical.data,
                                       .len = canonical.len,
                                       .total = parsed->count,
                                       .now_ms = clock_wall_ms()};
    assert_int_equal(ledger_begin_batch(fixture.ledger, &a, &result, &number, &why), 0);
    batch_free(parsed);
    buf_free(&canonical);
    return number;
}

/* Taking it for a repeat would throw away the only copy of its notices. */
static void one_begun_but_not_moved_is_no_repeat(void **state)
{
    struct error why;
    (void)state;
    hand_in("b", 3);
    assert_int_equal(judge("b", &why), ARRIVAL_NEW);
    int64_t number = begin("b");
    assert_int_equal(judge("b", &why), ARRIVAL_BEGUN);
    assert_int_equal(ledger_advance_batch(fixture.ledger, number, 1, 0, true, &why), 0);
    assert_int_equal(judge("b", &why), ARRIVAL_KNOWN);
}

static void other_content_is_a_conflict(void **state)
{
    struct error why;
    (void)state;
    hand_in("b", 3);
    begin("b");
    assert_int_equal(spool_adopt_batch(fixture.spool, "b", &why), 0);
    hand_in("b", 4);
    assert_int_equal(judge("b", &why), ARRIVAL_REFUSED);
    assert_non_null(strstr(why.text, "already used for other content"));
}

static void one_that_was_taken_back_is_gone(void **state)
{
    struct error why;
    (void)state;
    assert_int_equal(judge("b", &why), ARRIVAL_GONE);
}

static void refuses_what_is_no_batch(void **state)
{
    struct error why;
    char directory[200];
    (void)state;
    hand_in("b", 3);
    snprintf(directory, sizeof(directory), "%s/new/b", fixture.directory);
    write_file(directory, "batch.json", "{\"version\":1,\"id\":\"b\"}", 22);
    assert_int_equal(judge("b", &why), ARRIVAL_REFUSED);
    assert_non_null(strstr(why.text, "new/b/batch.json:1:1: \"count\" is missing"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_begun_but_not_moved_is_no_repeat),
        TEST(other_content_is_a_conflict),
        TEST(one_that_was_taken_back_is_gone),
        TEST(refuses_what_is_no_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
