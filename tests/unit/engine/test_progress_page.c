#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "engine/progress_page.h"

static void tells_what_a_dead_process_was_doing(void **state)
{
    struct progress_page *page = progress_page_open();
    struct progress p;
    (void)state;
    assert_non_null(page);
    progress_page_reset(page, 10);
    pid_t pid = fork();
    if (pid == 0) {
        progress_page_be_ready(page);
        progress_page_enter(page, PROGRESS_COMPOSING, 3);
        progress_page_start(page, 7);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(progress_page_is_ready(page));
    assert_true(progress_page_read(page, 10, &p));
    assert_int_equal(p.stage, PROGRESS_COMPOSING);
    assert_int_equal(p.item, 3);
    assert_true(progress_page_has_started(page, 7));
    assert_false(progress_page_has_started(page, 6));
    progress_page_close(page);
}

static void does_not_believe_nonsense(void **state)
{
    struct progress_page *page = progress_page_open();
    struct progress p;
    (void)state;
    progress_page_enter(page, PROGRESS_RENDERING, 10);
    assert_false(progress_page_read(page, 10, &p));
    assert_true(progress_page_read(page, 11, &p));
    progress_page_enter(page, (enum progress_stage)77, 0);
    assert_false(progress_page_read(page, 10, &p));
    progress_page_close(page);
}

static void begins_every_packet_anew_but_stays_ready(void **state)
{
    struct progress_page *page = progress_page_open();
    struct progress p;
    (void)state;
    progress_page_be_ready(page);
    progress_page_enter(page, PROGRESS_SENDING, 0);
    progress_page_start(page, 4);
    progress_page_reset(page, 5);
    assert_true(progress_page_is_ready(page));
    assert_true(progress_page_read(page, 5, &p));
    assert_int_equal(p.stage, PROGRESS_READING);
    assert_false(progress_page_has_started(page, 4));
    progress_page_close(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_a_dead_process_was_doing),
        cmocka_unit_test(does_not_believe_nonsense),
        cmocka_unit_test(begins_every_packet_anew_but_stays_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
