#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>

#include "engine/batch_arrival.h"
#include "engine/batch_fixture.h"
#include "engine/batch_intake_backend.h"

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
    log_set_level(LOG_ERR);
    close_batch_fixture(&fixture);
    return 0;
}

static void hand_in(const char *id, int from, int count, const char *members)
{
    struct buf lines = {0};
    put_lines(&lines, from, count);
    const struct handed_over h = {.id = id, .members = members, .lines = &lines, .count = count};
    hand_over(&fixture, &h);
    buf_free(&lines);
}

static void take_away(const char *place)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", fixture.directory, place);
    assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void move(const char *from, const char *to)
{
    char old[200], fresh[200];
    snprintf(old, sizeof(old), "%s/%s", fixture.directory, from);
    snprintf(fresh, sizeof(fresh), "%s/%s", fixture.directory, to);
    assert_int_equal(rename(old, fresh), 0);
}

static void run_until_phase(const char *id, enum phase phase)
{
    batch_intake_note(fixture.intake, id);
    for (int i = 0; i < 500 && fixture.intake->phase != phase; i++)
        turn(&fixture, 20);
    assert_int_equal(fixture.intake->phase, phase);
}

static void note_line(void *context, const struct delivery_row *row)
{
    buf_printf(context, "%s ", row->address);
}

static void assert_told(const char *addresses)
{
    struct selector s = SELECTOR_ALL;
    struct buf seen = {0};
    struct error err;
    size_t count = 0;
    int64_t last = 0;
    assert_int_equal(ledger_walk(fixture.ledger, &s, 0, 100, note_line, &seen, &count, &last, &err),
                     0);
    assert_string_equal(buf_text(&seen), addresses);
    buf_free(&seen);
}

/* ---- between the verdict and the ledger ---- */

static void a_batch_replaced_behind_the_verdict_is_verified_anew(void **state)
{
    (void)state;
    hand_in("b", 1, 3, NULL);
    run_until_phase("b", INTAKE_VERIFIED);
    take_away("new/b");
    hand_in("b", 51, 5, NULL);
    run_until_known(&fixture, "b", PATIENCE_MS);
    run_intake(&fixture);
    assert_books(&fixture, "b", 5, 0);
    assert_told("person51@example.org person52@example.org person53@example.org "
                "person54@example.org person55@example.org ");
}

/* The same batch.json, and so the same sum, but it is not true any more. */
static void notices_changed_behind_the_verdict_are_refused(void **state)
{
    char path[200];
    (void)state;
    hand_in("b", 1, 3, NULL);
    run_until_phase("b", INTAKE_VERIFIED);
    snprintf(path, sizeof(path), "%s/new/b", fixture.directory);
    write_file(path, "notices.jsonl", "{}\n", 3);
    for (int i = 0; i < 100 && spool_find_batch(fixture.spool, "b") != BATCH_PLACE_NONE; i++)
        turn(&fixture, 20);
    assert_refused_with(&fixture, "b", "notices.jsonl has 1 line, but batch.json says 3");
    assert_int_equal(number_of(&fixture, "b"), 0);
}

static void a_batch_withdrawn_behind_the_verdict_was_never_there(void **state)
{
    (void)state;
    hand_in("b", 1, 3, NULL);
    run_until_phase("b", INTAKE_VERIFIED);
    take_away("new/b");
    run_intake(&fixture);
    assert_int_equal(number_of(&fixture, "b"), 0);
    hand_in("b", 7, 1, NULL);
    batch_intake_note(fixture.intake, "b");
    run_until_known(&fixture, "b", PATIENCE_MS);
    run_intake(&fixture);
    assert_told("person7@example.org ");
}

/* ---- between the ledger and the move ---- */

static void note_action(void *context, const struct action_row *row)
{
    buf_printf(context, "%s %s: %s\n", row->action.verb, row->action.selector, row->action.reason);
}

static void assert_withdrawal_is_recorded(const char *why)
{
    struct buf actions = {0};
    struct books books;
    struct error err;
    assert_int_equal(ledger_walk_actions(fixture.ledger, note_action, &actions, &err), 0);
    assert_non_null(strstr(buf_text(&actions), "withdraw --batch b: new/b was "));
    assert_non_null(strstr(buf_text(&actions), why));
    assert_int_equal(ledger_reconcile(fixture.ledger, NULL, &books, &err), 0);
    buf_free(&actions);
}

static void a_begun_batch_that_vanished_is_withdrawn_and_its_id_free(void **state)
{
    (void)state;
    hand_in("b", 1, 3, NULL);
    run_until_phase("b", INTAKE_ADOPTING);
    assert_int_not_equal(number_of(&fixture, "b"), 0);
    take_away("new/b");
    run_intake(&fixture);
    assert_int_equal(number_of(&fixture, "b"), 0);
    assert_withdrawal_is_recorded("taken away");
    hand_in("b", 1, 3, NULL); /* the same again is no repeat: nobody was told */
    batch_intake_note(fixture.intake, "b");
    run_intake(&fixture);
    assert_books(&fixture, "b", 3, 0);
}

static void a_begun_batch_that_was_replaced_makes_room_for_the_other_one(void **state)
{
    (void)state;
    hand_in("b", 1, 3, NULL);
    run_until_phase("b", INTAKE_ADOPTING);
    take_away("new/b");
    hand_in("b", 51, 5, NULL);
    close_books(&fixture); /* and the daemon was killed in between */
    open_books(&fixture);
    run_until_phase("b", INTAKE_LOADING);
    run_intake(&fixture);
    assert_books(&fixture, "b", 5, 0);
    assert_withdrawal_is_recorded("replaced");
}

/* ---- what stands in batches/ ---- */

static void a_foreign_batch_in_the_way_is_not_adopted(void **state)
{
    int64_t line, total;
    (void)state;
    hand_in("b", 1, 3, NULL);
    move("new/b", "batches/b");
    hand_in("b", 51, 3, NULL);
    batch_intake_note(fixture.intake, "b");
    run_until_known(&fixture, "b", PATIENCE_MS);
    for (int i = 0; i < 20; i++)
        turn(&fixture, 5);
    assert_null(batch_intake_current(fixture.intake, &line, &total));
    assert_told("");
    move("batches/b", "corrupt/away");
    close_books(&fixture);
    open_books(&fixture);
    run_until_phase("b", INTAKE_LOADING);
    run_intake(&fixture);
    assert_told("person51@example.org person52@example.org person53@example.org ");
}

/* ---- one beside the other ---- */

static void a_batch_without_room_stands_in_nobodys_way(void **state)
{
    struct buf lines = {0};
    (void)state;
    put_lines(&lines, 1, 3);
    const struct handed_over h = {
        .id = "big", .lines = &lines, .count = INT64_C(10000000000000)}; /* for no disk */
    hand_over(&fixture, &h);
    hand_in("other", 1, 1500, NULL);
    batch_intake_note(fixture.intake, "big");
    batch_intake_note(fixture.intake, "other");
    run_until_known(&fixture, "other", PATIENCE_MS);
    run_intake(&fixture);
    assert_books(&fixture, "other", 1500, 0);
    assert_int_equal(spool_find_batch(fixture.spool, "big"), BATCH_PLACE_NEW);
    assert_true(batch_intake_knows(fixture.intake, "big"));
    buf_free(&lines);
}

static void slow_line(int64_t line)
{
    if (line > 1000 && line % 100 == 0)
        usleep(20000);
}

static void pass_a_loading_batch(const char *first, int lines, const char *members)
{
    int64_t line = 0, total;
    hand_in("big", 1, 40000, NULL);
    batch_intake_watch(fixture.intake, slow_line);
    run_until_phase("big", INTAKE_LOADING);
    hand_in(first, 1, lines, members);
    batch_intake_note(fixture.intake, first);
    run_until_known(&fixture, first, PATIENCE_MS);
    batch_intake_watch(fixture.intake, NULL);
    for (const char *now = NULL; now == NULL || strcmp(now, "big") != 0;) {
        turn(&fixture, 20);
        now = batch_intake_current(fixture.intake, &line, &total);
    }
    assert_true(line > 0 && line < 40000);
    run_intake(&fixture);
    assert_books(&fixture, "big", 40000, 0);
    assert_books(&fixture, first, lines, 0);
}

static void a_small_batch_passes_one_that_loads(void **state)
{
    (void)state;
    pass_a_loading_batch("small", 3, NULL);
}

static void an_urgent_batch_passes_one_that_loads(void **state)
{
    (void)state;
    pass_a_loading_batch("urgent", 1200, "\"priority\":\"high\",");
}

/* ---- readers that are killed ---- */

static void die_verifying(int64_t line)
{
    if (line == 2)
        raise(SIGKILL);
}

static void who_kills_readers_keeps_no_other_batch_out(void **state)
{
    (void)state;
    const int64_t begun_ms = clock_mono_ms();
    hand_in("b", 1, 3, NULL);
    hand_in("c", 1, 1, NULL);
    batch_intake_watch(fixture.intake, die_verifying);
    batch_intake_note(fixture.intake, "b");
    batch_intake_note(fixture.intake, "c");
    run_until_known(&fixture, "c", PATIENCE_MS);
    run_intake(&fixture);
    assert_books(&fixture, "c", 1, 0);
    assert_int_equal(number_of(&fixture, "b"), 0);
    assert_int_equal(spool_find_batch(fixture.spool, "b"), BATCH_PLACE_NEW);
    assert_true(batch_queue_next(&fixture.intake->queue) > begun_ms + 5000);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_replaced_behind_the_verdict_is_verified_anew),
        TEST(notices_changed_behind_the_verdict_are_refused),
        TEST(a_batch_withdrawn_behind_the_verdict_was_never_there),
        TEST(a_begun_batch_that_vanished_is_withdrawn_and_its_id_free),
        TEST(a_begun_batch_that_was_replaced_makes_room_for_the_other_one),
        TEST(a_foreign_batch_in_the_way_is_not_adopted),
        TEST(a_batch_without_room_stands_in_nobodys_way),
        TEST(a_small_batch_passes_one_that_loads),
        TEST(an_urgent_batch_passes_one_that_loads),
        TEST(who_kills_readers_keeps_no_other_batch_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
