#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/blame.h"

#define ITEMS 4

static struct progress_page *page;
static bool done[ITEMS];
static struct blame blames[ITEMS];
static enum progress_stage stage;

static int open_page(void **state)
{
    (void)state;
    page = progress_page_open();
    progress_page_be_ready(page);
    for (size_t i = 0; i < ITEMS; i++)
        done[i] = false;
    return page != NULL ? 0 : -1;
}

static int close_page(void **state)
{
    (void)state;
    progress_page_close(page);
    return 0;
}

static void judge(size_t count, bool deadline)
{
    const struct blame_case c = {page, count, done, deadline};
    blame_judge(&c, blames, &stage);
}

static void expect(size_t item, enum blame_role role, bool crashed, bool suspect)
{
    assert_int_equal(blames[item].role, role);
    assert_int_equal(blames[item].crashed, crashed);
    assert_int_equal(blames[item].suspect, suspect);
}

static void blames_the_one_that_was_rendered(void **state)
{
    (void)state;
    progress_page_enter(page, PROGRESS_RENDERING, 2);
    judge(ITEMS, false);
    expect(0, BLAME_INNOCENT, false, false);
    expect(2, BLAME_FAULTY, true, false);
    expect(3, BLAME_INNOCENT, false, false);
    assert_int_equal(stage, PROGRESS_RENDERING);
}

static void blames_the_only_one_on_the_wire(void **state)
{
    (void)state;
    progress_page_enter(page, PROGRESS_SENDING, 0);
    progress_page_start(page, 0);
    progress_page_start(page, 1);
    done[0] = true;
    judge(ITEMS, false);
    expect(1, BLAME_UNCERTAIN, true, false);
    expect(2, BLAME_INNOCENT, false, false);
}

static void suspects_all_that_were_on_the_wire(void **state)
{
    (void)state;
    progress_page_enter(page, PROGRESS_SENDING, 0);
    progress_page_start(page, 1);
    progress_page_start(page, 3);
    judge(ITEMS, false);
    expect(0, BLAME_INNOCENT, false, false);
    expect(1, BLAME_UNCERTAIN, false, true);
    expect(3, BLAME_UNCERTAIN, false, true);
}

static void suspects_a_packet_that_was_not_understood(void **state)
{
    (void)state;
    progress_page_reset(page, ITEMS);
    judge(ITEMS, false);
    for (size_t i = 0; i < ITEMS; i++)
        expect(i, BLAME_FAULTY, false, true);
    judge(1, false);
    expect(0, BLAME_FAULTY, true, false);
}

static void blames_the_transport_when_nobody_had_begun(void **state)
{
    (void)state;
    progress_page_enter(page, PROGRESS_SENDING, 0);
    judge(ITEMS, true);
    for (size_t i = 0; i < ITEMS; i++)
        expect(i, BLAME_TRANSPORT, false, false);
}

static void takes_a_slow_peer_for_no_poison(void **state)
{
    (void)state;
    progress_page_enter(page, PROGRESS_SENDING, 0);
    progress_page_start(page, 1);
    judge(ITEMS, true);
    expect(1, BLAME_UNCERTAIN, false, false);
    progress_page_start(page, 2);
    judge(ITEMS, true);
    expect(2, BLAME_UNCERTAIN, false, false);
}

static void takes_rendering_without_an_end_for_poison(void **state)
{
    (void)state;
    progress_page_enter(page, PROGRESS_RENDERING, 1);
    judge(ITEMS, true);
    expect(1, BLAME_FAULTY, true, false);
}

static void holds_everything_possible_when_the_page_is_damaged(void **state)
{
    (void)state;
    progress_page_enter(page, (enum progress_stage)200, 9999);
    done[0] = true;
    judge(ITEMS, false);
    expect(0, BLAME_INNOCENT, false, false);
    expect(1, BLAME_UNCERTAIN, false, true);
    expect(3, BLAME_UNCERTAIN, false, true);
}

static void blames_nobody_for_a_worker_that_never_started(void **state)
{
    struct progress_page *ready = page;
    (void)state;
    page = progress_page_open();
    judge(1, false);
    expect(0, BLAME_INNOCENT, false, false);
    progress_page_close(page);
    page = ready;
}

#define WITH_PAGE(test) cmocka_unit_test_setup_teardown(test, open_page, close_page)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAGE(blames_the_one_that_was_rendered),
        WITH_PAGE(blames_the_only_one_on_the_wire),
        WITH_PAGE(suspects_all_that_were_on_the_wire),
        WITH_PAGE(suspects_a_packet_that_was_not_understood),
        WITH_PAGE(blames_the_transport_when_nobody_had_begun),
        WITH_PAGE(takes_a_slow_peer_for_no_poison),
        WITH_PAGE(takes_rendering_without_an_end_for_poison),
        WITH_PAGE(holds_everything_possible_when_the_page_is_damaged),
        WITH_PAGE(blames_nobody_for_a_worker_that_never_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
