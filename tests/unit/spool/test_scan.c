#include "spool/spool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"

#include "intake.h"

/* ---- the ordinary road ---- */

static void takes_what_was_dropped(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    drop(f, "a-1", "{\"version\":1}");
    must_count(scan(f, &in), 1, 0, 0);
    assert_string_equal(in.asked[0], "a-1");
    assert_string_equal(in.text, "{\"version\":1}");
    assert_int_equal(in.commits, 1);
    assert_false(stands(f, "new/a-1.json"));
    must_count(scan(f, &in), 0, 0, 0);
}

static void takes_a_fresh_drop_at_once(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    drop(f, "a-1", "{}");
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 1, 0, 0);
}

static void commits_in_groups(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.hooks.group = 3;
    for (int i = 0; i < 8; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        drop(f, id, "{}");
    }
    must_count(scan(f, &in), 8, 0, 0);
    assert_int_equal(in.commits, 3);
}

static void ignores_dot_files(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    write_file(f->fd, "new/.a-1.json.x7Fq", "{}");
    must_count(scan(f, &in), 0, 0, 0);
    assert_true(stands(f, "new/.a-1.json.x7Fq"));
}

static void leaves_what_the_engine_wants_later(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.verdict = SPOOL_LATER;
    drop(f, "a-1", "{}");
    must_count(scan(f, &in), 0, 0, 1);
    assert_int_equal(in.asked_count, 1);
    assert_int_equal(in.commits, 0);
    in.verdict = SPOOL_STOP;
    drop(f, "a-2", "{}");
    must_count(scan(f, &in), 0, 0, 0);
    assert_int_equal(in.asked_count, 2); /* and the other one not any more */
    in.verdict = SPOOL_TAKEN;
    must_count(scan(f, &in), 2, 0, 0);
}

/* ---- what is half there ---- */

static void waits_for_a_copy_that_is_still_being_written(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "{\"ver";
    write_file(f->fd, "new/a-1.json", "{\"ver");
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 0, 1);
    must_count(scan_at(f, &in, MANY, clock_wall_ms() + 1900), 0, 0, 1);
    assert_true(stands(f, "new/a-1.json"));
    in.refuse_prefix = NULL;
    write_file(f->fd, "new/a-1.json", "{\"version\":1}");
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 1, 0, 0);
}

static void refuses_what_stays_broken_for_two_seconds(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "{\"ver";
    write_file(f->fd, "new/a-1.json", "{\"ver");
    must_count(scan_at(f, &in, MANY, clock_wall_ms() + 2100), 0, 1, 0);
    must_be_refused(f, "a-1.json", "a-1", "new/a-1.json:1:1: this is no notice");
    assert_false(stands(f, "new/a-1.json"));
}

static void judges_age_by_the_change_that_cannot_be_forged(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    const struct timespec old[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    in.refuse_prefix = "{";
    write_file(f->fd, "new/a-1.json", "{\"ver"); /* like cp -p, in its last moments */
    assert_int_equal(utimensat(f->fd, "new/a-1.json", old, 0), 0);
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 0, 1);
}

static void does_not_wait_for_a_clock_that_went_back(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "{";
    write_file(f->fd, "new/a-1.json", "{\"ver");
    must_count(scan_at(f, &in, MANY, clock_wall_ms() - 86400000), 0, 1, 0);
}

static void waits_before_it_refuses_an_empty_file(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    write_file(f->fd, "new/a-1.json", "");
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 0, 1);
    must_count(scan(f, &in), 0, 1, 0);
    must_be_refused(f, "a-1.json", "a-1", "new/a-1.json is empty");
    assert_int_equal(in.asked_count, 0);
}

/* ---- limits and fairness ---- */

static void handles_no_more_than_the_limit_and_goes_on_behind(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        drop(f, id, "{}");
    }
    must_count(scan_at(f, &in, 4, clock_wall_ms()), 4, 0, 0);
    must_count(scan_at(f, &in, 4, clock_wall_ms()), 4, 0, 0);
    must_count(scan_at(f, &in, 4, clock_wall_ms()), 2, 0, 0);
    must_count(scan_at(f, &in, 4, clock_wall_ms()), 0, 0, 0);
}

static bool was_asked(const struct intake *in, const char *id)
{
    for (size_t i = 0; i < in->asked_count && i < COUNT_OF(in->asked); i++) {
        if (strcmp(in->asked[i], id) == 0)
            return true;
    }
    return false;
}

static void lets_no_pile_of_waiting_entries_block_the_rest(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.verdict = SPOOL_LATER;
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        drop(f, id, "{}");
    }
    for (int i = 0; i < 4; i++)
        must_count(scan_at(f, &in, 5, clock_wall_ms()), 0, 0, 5);
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        if (!was_asked(&in, id))
            fail_msg("%s never had its turn", id);
    }
}

static void sees_a_new_entry_wherever_the_last_scan_stopped(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.verdict = SPOOL_LATER;
    for (int i = 0; i < 6; i++) {
        char id[16];
        snprintf(id, sizeof(id), "old%d", i);
        drop(f, id, "{}");
    }
    for (size_t limit = 1; limit < 6; limit++) {
        char id[16];
        must_count(scan_at(f, &in, limit, clock_wall_ms()), 0, 0, limit);
        in.asked_count = 0;
        snprintf(id, sizeof(id), "new%zu", limit);
        drop(f, id, "{}");
        scan_at(f, &in, MANY, clock_wall_ms());
        if (!was_asked(&in, id))
            fail_msg("%s was not seen", id);
        assert_int_equal(in.asked_count, 6 + limit); /* once each */
        in.asked_count = 0;
    }
}

/* ---- faults ---- */

static void keeps_everything_when_the_ledger_cannot_commit(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.commit_result = ERR_AGAIN;
    in.hooks.group = 2;
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        drop(f, id, "{}");
    }
    must_count(scan(f, &in), 0, 0, 2); /* and it stops there */
    assert_int_equal(in.asked_count, 2);
    in.commit_result = 0;
    must_count(scan(f, &in), 5, 0, 0);
}

static void vanish(struct fixture *f, const char *name)
{
    char path[300];
    snprintf(path, sizeof(path), "new/%s", name);
    assert_int_equal(unlinkat(f->fd, path, 0), 0);
}

static void survives_entries_that_vanish_under_it(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.during_entry = vanish;
    drop(f, "a-1", "{}");
    drop(f, "a-2", "bad");
    must_count(scan(f, &in), 2, 0, 0);
    in.refuse_prefix = "bad";
    drop(f, "a-3", "bad");
    must_count(scan(f, &in), 0, 0, 0);
    assert_false(stands(f, "corrupt/a-3.reason")); /* no reason without its file */
}

static void replace(struct fixture *f)
{
    write_file(f->fd, "tmp/other", "{\"another\":true}");
    assert_int_equal(renameat(f->fd, "tmp/other", f->fd, "new/a-1.json"), 0);
}

static void does_not_remove_what_it_has_not_read(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.during_commit = replace; /* a producer that moves over a name, against the protocol */
    drop(f, "a-1", "{}");
    must_count(scan(f, &in), 1, 0, 0);
    assert_true(stands(f, "new/a-1.json"));
    in.during_commit = NULL;
    must_count(scan(f, &in), 1, 0, 0);
    assert_string_equal(in.text, "{\"another\":true}");
}

static void die(struct fixture *f)
{
    (void)f;
    _exit(9);
}

/* The daemon dies between two steps; what the next one is offered. */
static void scan_and_die(struct fixture *f, struct intake *in)
{
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        scan(f, in);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 9);
}

static void offers_a_notice_again_when_killed_around_the_commit(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.during_commit = die; /* before the ledger was asked, or after: the spool cannot know */
    drop(f, "a-1", "{}");
    scan_and_die(f, &in);
    assert_true(stands(f, "new/a-1.json"));
    in.during_commit = NULL;
    must_count(scan(f, &in), 1, 0, 0); /* the ledger says duplicate, the engine TAKEN */
    assert_false(stands(f, "new/a-1.json"));
}

static void takes_again_what_could_not_be_removed(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    drop(f, "a-1", "{}");
    assert_int_equal(fchmodat(f->fd, "new/a-1.json", 0644, 0), 0);
    assert_int_equal(fchmodat(f->fd, "new", 0555, 0), 0);
    step_down(f);
    struct spool_counts stuck = scan(f, &in);
    step_up();
    must_count(stuck, 0, 0, 1);
    assert_int_equal(in.commits, 1);
    assert_int_equal(fchmodat(f->fd, "new", 0755, 0), 0);
    must_count(scan(f, &in), 1, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_what_was_dropped),
        TEST(takes_a_fresh_drop_at_once),
        TEST(commits_in_groups),
        TEST(ignores_dot_files),
        TEST(leaves_what_the_engine_wants_later),
        TEST(waits_for_a_copy_that_is_still_being_written),
        TEST(refuses_what_stays_broken_for_two_seconds),
        TEST(judges_age_by_the_change_that_cannot_be_forged),
        TEST(does_not_wait_for_a_clock_that_went_back),
        TEST(waits_before_it_refuses_an_empty_file),
        TEST(handles_no_more_than_the_limit_and_goes_on_behind),
        TEST(lets_no_pile_of_waiting_entries_block_the_rest),
        TEST(sees_a_new_entry_wherever_the_last_scan_stopped),
        TEST(keeps_everything_when_the_ledger_cannot_commit),
        TEST(survives_entries_that_vanish_under_it),
        TEST(does_not_remove_what_it_has_not_read),
        TEST(offers_a_notice_again_when_killed_around_the_commit),
        TEST(takes_again_what_could_not_be_removed),
    };
    log_set_level(LOG_ERR); /* refusals are meant */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
