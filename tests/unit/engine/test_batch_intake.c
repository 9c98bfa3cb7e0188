#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include "engine/batch_fixture.h"
#include "engine/reader.h"
#include "render/library_backend.h"

static struct batch_fixture fixture;

static int open_all(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
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
    take_in(&fixture, &h);
    buf_free(&lines);
}

static void takes_every_line_in(void **state)
{
    (void)state;
    hand_in("b", 3000);
    assert_books(&fixture, "b", 3000, 0);
}

static void one_line_without_its_end_is_a_batch(void **state)
{
    struct buf lines = {0};
    (void)state;
    buf_puts(&lines, "{\"to\":{\"email\":\"a@example.org\"}}");
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 1};
    take_in(&fixture, &h);
    assert_books(&fixture, "b", 1, 0);
    buf_free(&lines);
}

static void nobody_to_tell_is_no_batch(void **state)
{
    struct buf lines = {0};
    (void)state;
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 0};
    take_in(&fixture, &h);
    assert_refused_with(&fixture, "b", "nobody to tell");
}

static void refuses_what_was_cut_off(void **state)
{
    struct buf lines = {0}, part = {0};
    (void)state;
    put_lines(&lines, 1, 50);
    buf_put(&part, lines.data, lines.len - 100);
    const struct handed_over whole = {.id = "b", .lines = &lines, .count = 50};
    hand_over(&fixture, &whole);
    char directory[200];
    snprintf(directory, sizeof(directory), "%s/new/b", fixture.directory);
    write_file(directory, "notices.jsonl", part.data, part.len);
    batch_intake_note(fixture.intake, "b");
    run_intake(&fixture);
    assert_refused_with(&fixture, "b", "notices.jsonl has 49 lines, but batch.json says 50");
    assert_refused_with(&fixture, "b", "it was cut off or changed");
    buf_free(&lines);
    buf_free(&part);
}

static void refuses_a_wrong_count_and_a_wrong_sum(void **state)
{
    struct buf lines = {0};
    (void)state;
    put_lines(&lines, 1, 50);
    const struct handed_over more = {.id = "more", .lines = &lines, .count = 51},
                             less = {.id = "less", .lines = &lines, .count = 49},
                             sum = {.id = "sum", .lines = &lines, .count = 50, .wrong_sum = true};
    take_in(&fixture, &more);
    take_in(&fixture, &less);
    take_in(&fixture, &sum);
    assert_refused_with(&fixture, "more", "has 50 lines, but batch.json says 51");
    assert_refused_with(&fixture, "less", "has 50 lines, but batch.json says 49");
    assert_refused_with(&fixture, "sum", "SHA-256");
    assert_int_equal(number_of(&fixture, "sum"), 0);
    buf_free(&lines);
}

/* One such line among the first, with its count and sum right. */
static void refuse_line(const char *id, const char *line, size_t len, const char *part)
{
    struct buf lines = {0};
    put_lines(&lines, 1, 6);
    buf_put(&lines, line, len);
    buf_putc(&lines, '\n');
    put_lines(&lines, 8, 6);
    const struct handed_over h = {.id = id, .lines = &lines, .count = 13};
    take_in(&fixture, &h);
    assert_refused_with(&fixture, id, "notices.jsonl:7:");
    assert_refused_with(&fixture, id, part);
    buf_free(&lines);
}

#define REFUSED(id, line, part) refuse_line(id, line, strlen(line), part)

static void refuses_as_a_whole_when_its_head_is_wrong(void **state)
{
    struct buf huge = {0}, deep = {0}, name = {0};
    (void)state;
    REFUSED("empty", "", "empty");
    REFUSED("text", "hello", "braces");
    REFUSED("list", "[]", "braces");
    REFUSED("half", "{\"to\":{}", "JSON");
    REFUSED("nobody", "{\"to\":{}}", "names nobody");
    REFUSED("utf", "{\"to\":{\"email\":\"a@example.org\",\"name\":\"\xff\"}}", "UTF-8");
    REFUSED("mail", "{\"to\":{\"email\":\"a\"}}", "to/email");
    REFUSED("data", "{\"to\":{\"email\":\"a@example.org\"},\"data\":{\"x\":1}}", "not a variable");
    REFUSED("locale", "{\"to\":{\"email\":\"a@example.org\"},\"locale\":\"ko_KR\"}", "locale");
    refuse_line("nul", "{\"to\":\0}", 8, "NUL");
    for (int i = 0; i < 1 << 20; i++)
        buf_putc(&huge, 'x');
    refuse_line("huge", huge.data, huge.len, "too long");
    buf_puts(&deep, "{\"to\":{\"email\":\"a@example.org\"},\"data\":{\"a\":");
    for (int i = 0; i < 5000; i++)
        buf_putc(&deep, '[');
    for (int i = 0; i < 5000; i++)
        buf_putc(&deep, ']');
    buf_puts(&deep, "}}");
    refuse_line("deep", deep.data, deep.len, "JSON");
    buf_printf(&name, "{\"to\":{\"email\":\"a@example.org\"},\"id\":\"%0126d\"}", 0);
    refuse_line("names", name.data, name.len, "\"id\" must be");
    buf_free(&huge);
    buf_free(&deep);
    buf_free(&name);
}

static void tells_the_first_errors_and_how_many_there_are(void **state)
{
    struct buf lines = {0};
    (void)state;
    for (int i = 0; i < 40; i++)
        buf_puts(&lines, "{\"to\":{\"email\":\"a\"}}\n");
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 40};
    take_in(&fixture, &h);
    assert_refused_with(&fixture, "b", "notices.jsonl:10:");
    assert_refused_with(&fixture, "b", "and 30 more");
    buf_free(&lines);
}

static void refuses_what_is_wrong_with_the_shared_part(void **state)
{
    struct buf lines = {0};
    char directory[200];
    (void)state;
    put_lines(&lines, 1, 2);
    const struct handed_over unknown = {
        .id = "u", .members = "\"tempalte\":\"x\",", .lines = &lines, .count = 2};
    take_in(&fixture, &unknown);
    assert_refused_with(&fixture, "u", "new/u/batch.json:1:");
    assert_refused_with(&fixture, "u", "did you mean \"template\"?");
    const struct handed_over other = {.id = "x", .lines = &lines, .count = 2};
    hand_over(&fixture, &other);
    snprintf(directory, sizeof(directory), "%s/new/", fixture.directory);
    char from[220], to[220];
    snprintf(from, sizeof(from), "%sx", directory);
    snprintf(to, sizeof(to), "%sy", directory);
    assert_int_equal(rename(from, to), 0);
    batch_intake_note(fixture.intake, "y");
    run_intake(&fixture);
    assert_refused_with(&fixture, "y", "its id is \"x\"");
    buf_free(&lines);
}

/* ---- lines that turn out wrong behind the head ---- */

static char seen_remark[600];
static int64_t seen_line;

static void note_failed(void *context, const struct delivery_row *row)
{
    (void)context;
    seen_line = row->line;
    snprintf(seen_remark, sizeof(seen_remark), "%s|%s", row->cause, row->reply);
}

static void look_at_failed(const char *batch)
{
    struct selector s = SELECTOR_ALL;
    struct error err;
    size_t count = 0;
    int64_t last = 0;
    s.batch = batch;
    s.state = DELIVERY_FAILED;
    assert_int_equal(ledger_walk(fixture.ledger, &s, 0, 1, note_failed, NULL, &count, &last, &err),
                     0);
    assert_int_equal(count, 1);
}

static void a_wrong_line_behind_the_head_is_one_failed_delivery(void **state)
{
    struct buf lines = {0};
    (void)state;
    put_lines(&lines, 1, 1200);
    buf_puts(&lines, "{nothing}\n{\"to\":{\"email\":\"b@\"}}\n");
    put_lines(&lines, 1203, 100);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 1302};
    take_in(&fixture, &h);
    assert_books(&fixture, "b", 1302, 2);
    look_at_failed("b");
    assert_int_equal(seen_line, 1201);
    assert_non_null(strstr(seen_remark, "invalid|notices.jsonl:1201:"));
    buf_free(&lines);
}

static void a_recipient_who_stands_twice_is_told_once(void **state)
{
    struct buf lines = {0};
    (void)state;
    put_lines(&lines, 1, 1100);
    put_lines(&lines, 5, 3);
    buf_puts(&lines, "{\"id\":\"1105\",\"to\":{\"email\":\"a@example.org\"}}\n");
    buf_puts(&lines, "{\"to\":{\"email\":\"a@example.org\"}}\n"); /* line 1105 */
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 1105};
    take_in(&fixture, &h);
    assert_books(&fixture, "b", 1105, 4);
    buf_free(&lines);
}

static void note_waiting(void *context, const struct delivery_row *row)
{
    snprintf(context, 200, "%s %s", row->notice_id, row->address);
}

/* Line 1002 is called what line 1001 would be called by its number. */
static void a_wrong_line_takes_nobody_elses_id(void **state)
{
    struct buf lines = {0};
    char seen[200] = "";
    struct selector named = SELECTOR_ALL;
    struct error err;
    size_t count = 0;
    int64_t last = 0;
    (void)state;
    put_lines(&lines, 100001, 1000);
    buf_puts(&lines, "{\"id\":\"77\",\"to\":{\"email\":\"not an address\"}}\n");
    buf_puts(&lines, "{\"id\":\"1001\",\"to\":{\"email\":\"good@example.org\"}}\n");
    buf_puts(&lines, "{nothing}\n");
    buf_puts(&lines, "{\"id\":\"1003\",\"to\":{\"email\":\"good@example.org\"}}\n");
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 1004};
    take_in(&fixture, &h);
    assert_books(&fixture, "b", 1004, 2);
    named.id = "b_1001";
    assert_int_equal(
        ledger_walk(fixture.ledger, &named, 0, 5, note_waiting, seen, &count, &last, &err), 0);
    assert_string_equal(seen, "b_1001 good@example.org");
    named.id = "b_77";
    assert_int_equal(
        ledger_walk(fixture.ledger, &named, 0, 5, note_waiting, seen, &count, &last, &err), 0);
    assert_int_equal(count, 1);
    buf_free(&lines);
}

/* The disk has lost the end of an accepted batch: it still adds up. */
static void lines_that_vanished_are_failed_deliveries(void **state)
{
    char path[200];
    struct stat st;
    int64_t line, total;
    (void)state;
    struct buf lines = {0};
    put_lines(&lines, 1, 30000);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 30000};
    hand_over(&fixture, &h);
    batch_intake_note(fixture.intake, "b");
    do {
        turn(&fixture, 20);
        batch_intake_current(fixture.intake, &line, &total);
    } while (line == 0);
    snprintf(path, sizeof(path), "%s/batches/b/notices.jsonl", fixture.directory);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 5000), 0);
    close_books(&fixture);
    open_books(&fixture);
    run_intake(&fixture);
    struct books books;
    struct error err;
    assert_int_equal(ledger_reconcile(fixture.ledger, "b", &books, &err), 0);
    assert_int_equal(books.notices, 30000);
    assert_true(books.deliveries[DELIVERY_FAILED] > 80 && books.deliveries[DELIVERY_FAILED] < 120);
    buf_free(&lines);
}

/* ---- the same again ---- */

static void the_same_batch_again_is_taken_back(void **state)
{
    char path[200];
    struct stat st;
    (void)state;
    hand_in("b", 20);
    hand_in("b", 20);
    assert_books(&fixture, "b", 20, 0);
    snprintf(path, sizeof(path), "%s/new/b", fixture.directory);
    assert_int_not_equal(stat(path, &st), 0);
}

static void other_content_under_a_known_id_is_refused(void **state)
{
    char path[200];
    struct stat st;
    (void)state;
    hand_in("b", 20);
    hand_in("b", 21);
    wait_until_out_of_new(&fixture, "b");
    assert_books(&fixture, "b", 20, 0);
    snprintf(path, sizeof(path), "%s/corrupt/b/notices.jsonl", fixture.directory);
    assert_int_equal(stat(path, &st), 0);
}

/* ---- readers that die ---- */

/* In the reader: dies now and then, never at the same line for certain. */
static void die_at_random(int64_t line)
{
    static unsigned seed;
    if (seed == 0)
        seed = (unsigned)getpid() * 2654435761U + 1;
    seed = seed * 1103515245U + 12345U;
    if (line > READER_SAMPLE && (seed >> 8) % 700 == 0)
        raise(SIGKILL);
}

static void goes_on_behind_a_killed_reader(void **state)
{
    (void)state;
    batch_intake_watch(fixture.intake, die_at_random);
    hand_in("b", 8000);
    assert_books(&fixture, "b", 8000, 0);
}

static void die_at_1500(int64_t line)
{
    if (line == 1500)
        abort();
}

static void a_line_that_kills_readers_is_set_aside(void **state)
{
    (void)state;
    batch_intake_watch(fixture.intake, die_at_1500);
    hand_in("b", 3000);
    assert_books(&fixture, "b", 3000, 1);
    look_at_failed("b");
    assert_int_equal(seen_line, 1500);
    assert_string_equal(seen_remark,
                        "invalid|reading this line ended the reader twice: signal 6 (ABRT)");
}

static void die_at_7(int64_t line)
{
    if (line == 7)
        abort();
}

static void a_batch_whose_head_kills_readers_is_refused(void **state)
{
    (void)state;
    batch_intake_watch(fixture.intake, die_at_7);
    hand_in("b", 20);
    assert_refused_with(&fixture, "b", "signal 6 (ABRT)");
    hand_in("c", 6);
    assert_books(&fixture, "c", 6, 0);
}

/* ---- a daemon that dies ---- */

/* The books are closed in the middle, wherever that is, and opened again. */
static void goes_on_after_a_restart_at_any_point(void **state)
{
    (void)state;
    struct buf lines = {0};
    put_lines(&lines, 1, 6000);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 6000};
    hand_over(&fixture, &h);
    for (int turns = 0; turns < 40; turns++) {
        batch_intake_note(fixture.intake, "b");
        for (int i = 0; i < turns; i++)
            turn(&fixture, 5);
        close_books(&fixture);
        open_books(&fixture);
    }
    if (number_of(&fixture, "b") == 0)
        batch_intake_note(fixture.intake, "b");
    run_intake(&fixture);
    assert_books(&fixture, "b", 6000, 0);
    buf_free(&lines);
}

static void a_batch_that_is_whole_is_not_begun_again(void **state)
{
    int64_t line, total;
    (void)state;
    hand_in("b", 20);
    close_books(&fixture);
    open_books(&fixture);
    turn(&fixture, 5);
    assert_null(batch_intake_current(fixture.intake, &line, &total));
    assert_books(&fixture, "b", 20, 0);
}

static void a_batch_begun_but_not_moved_goes_on(void **state)
{
    struct buf lines = {0}, text = {0};
    struct error err;
    unsigned char digest[DIGEST_SIZE];
    struct batch *parsed;
    enum accept_result result;
    int64_t number;
    (void)state;
    put_lines(&lines, 1, 30);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 30};
    hand_over(&fixture, &h);
    assert_int_equal(spool_read_batch_text(fixture.spool, BATCH_PLACE_NEW, "b", &text, &err), 0);
    assert_int_equal(batch_parse(text.data, text.len, "f", true, &parsed, &err), 0);
    buf_reset(&text);
    batch_put_canonical(parsed, &text);
    digest_sha256(text.data, text.len, digest);
    const struct batch_acceptance a = {.id = "b",
                                       .digest = digest,
                                       .text = text.data,
                                       .len = text.len,
                                       .total = 30,
                                       .bytes = (int64_t)lines.len,
                                       .now_ms = clock_wall_ms()};
    assert_int_equal(ledger_begin_batch(fixture.ledger, &a, &result, &number, &err), 0);
    batch_intake_note(fixture.intake, "b");
    run_intake(&fixture);
    assert_books(&fixture, "b", 30, 0);
    batch_free(parsed);
    buf_free(&text);
    buf_free(&lines);
}

/* ---- a disk that is full ---- */

/* On which no file grows any more, for this process. */
static void fill_disk(bool full)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 1 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void waits_while_the_ledger_cannot_record(void **state)
{
    struct buf lines = {0};
    int64_t line, total, stopped_at;
    (void)state;
    put_lines(&lines, 1, 20000);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 20000};
    hand_over(&fixture, &h);
    batch_intake_note(fixture.intake, "b");
    do {
        turn(&fixture, 20);
        batch_intake_current(fixture.intake, &line, &total);
    } while (line == 0);
    log_set_level((enum log_level) - 1);
    fill_disk(true);
    for (int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
         !fixture.recorder.down && clock_mono_ms() < end_ms;)
        turn(&fixture, 1);
    assert_true(fixture.recorder.down);
    batch_intake_current(fixture.intake, &stopped_at, &total);
    fill_disk(false);
    log_set_level(LOG_ERR);
    assert_true(stopped_at < 20000);
    recorder_commit(&fixture.recorder, fixture.recorder.retry_mono_ms);
    assert_false(fixture.recorder.down);
    run_intake(&fixture);
    assert_books(&fixture, "b", 20000, 0);
    buf_free(&lines);
}

static void nothing_is_begun_without_room(void **state)
{
    struct buf lines = {0};
    int64_t line, total;
    (void)state;
    put_lines(&lines, 1, 20);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 20};
    hand_over(&fixture, &h);
    fixture.setup->settings->min_free_bytes = INT64_MAX / 2;
    batch_intake_note(fixture.intake, "b");
    log_set_level((enum log_level) - 1);
    for (int i = 0; i < 30; i++)
        turn(&fixture, 10);
    log_set_level(LOG_ERR);
    assert_null(batch_intake_current(fixture.intake, &line, &total)); /* others may */
    assert_true(batch_intake_knows(fixture.intake, "b"));
    assert_int_equal(number_of(&fixture, "b"), 0);
    fixture.setup->settings->min_free_bytes = 0;
    run_until_known(&fixture, "b", PATIENCE_MS);
    run_intake(&fixture);
    assert_books(&fixture, "b", 20, 0);
    buf_free(&lines);
}

static void batches_come_in_one_after_the_other(void **state)
{
    struct buf lines = {0};
    char id[16];
    (void)state;
    put_lines(&lines, 1, 40);
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        const struct handed_over h = {.id = id, .lines = &lines, .count = 40};
        hand_over(&fixture, &h);
        batch_intake_note(fixture.intake, id);
        batch_intake_note(fixture.intake, id);
    }
    for (int i = 0; i < 5; i++)
        run_intake(&fixture);
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof(id), "b%d", i);
        assert_books(&fixture, id, 40, 0);
    }
    buf_free(&lines);
}

static void a_batch_waits_for_its_letter_and_others_go_on(void **state)
{
    static char name[] = "apology", reason[] = "apology/de.md:1:1: a mistake";
    struct refused refused = {.name = name, .reason = reason};
    struct library lacking = {.refused = &refused, .refused_count = 1};
    struct library *whole = fixture.setup->library;
    struct buf lines = {0};
    (void)state;
    put_lines(&lines, 1, 20);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 20};
    fixture.setup->library = &lacking;
    take_in(&fixture, &h);
    assert_int_equal(spool_find_batch(fixture.spool, "b"), BATCH_PLACE_NEW);
    assert_non_null(batch_intake_waits(fixture.intake, "b"));
    assert_non_null(strstr(batch_intake_waits(fixture.intake, "b"), reason));
    assert_null(batch_intake_waits(fixture.intake, "c"));
    fixture.setup->library = whole;
    run_intake(&fixture);
    assert_non_null(batch_intake_waits(fixture.intake, "b")); /* nobody has reloaded */
    batch_intake_use(fixture.intake, fixture.setup);
    run_until_known(&fixture, "b", PATIENCE_MS);
    run_intake(&fixture);
    assert_null(batch_intake_waits(fixture.intake, "b"));
    assert_books(&fixture, "b", 20, 0);
    buf_free(&lines);
}

/* It is in the ledger already; the next daemon lacks its letter. */
static void a_batch_that_was_begun_waits_where_it_is(void **state)
{
    static char name[] = "apology", reason[] = "apology/de.md:1:1: a mistake";
    struct refused refused = {.name = name, .reason = reason};
    struct library lacking = {.refused = &refused, .refused_count = 1};
    struct library *whole = fixture.setup->library;
    struct buf lines = {0};
    (void)state;
    put_lines(&lines, 1, 20);
    const struct handed_over h = {.id = "b", .lines = &lines, .count = 20};
    hand_over(&fixture, &h);
    batch_intake_note(fixture.intake, "b");
    run_until_known(&fixture, "b", PATIENCE_MS);
    close_books(&fixture);
    fixture.setup->library = &lacking;
    open_books(&fixture);
    run_intake(&fixture);
    assert_int_not_equal(spool_find_batch(fixture.spool, "b"), BATCH_PLACE_NONE);
    assert_non_null(batch_intake_waits(fixture.intake, "b"));
    fixture.setup->library = whole;
    batch_intake_use(fixture.intake, fixture.setup);
    run_intake(&fixture);
    assert_books(&fixture, "b", 20, 0);
    buf_free(&lines);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_every_line_in),
        TEST(one_line_without_its_end_is_a_batch),
        TEST(nobody_to_tell_is_no_batch),
        TEST(refuses_what_was_cut_off),
        TEST(refuses_a_wrong_count_and_a_wrong_sum),
        TEST(refuses_as_a_whole_when_its_head_is_wrong),
        TEST(tells_the_first_errors_and_how_many_there_are),
        TEST(refuses_what_is_wrong_with_the_shared_part),
        TEST(a_wrong_line_behind_the_head_is_one_failed_delivery),
        TEST(a_recipient_who_stands_twice_is_told_once),
        TEST(a_wrong_line_takes_nobody_elses_id),
        TEST(lines_that_vanished_are_failed_deliveries),
        TEST(the_same_batch_again_is_taken_back),
        TEST(other_content_under_a_known_id_is_refused),
        TEST(goes_on_behind_a_killed_reader),
        TEST(a_line_that_kills_readers_is_set_aside),
        TEST(a_batch_whose_head_kills_readers_is_refused),
        TEST(goes_on_after_a_restart_at_any_point),
        TEST(a_batch_that_is_whole_is_not_begun_again),
        TEST(a_batch_begun_but_not_moved_goes_on),
        TEST(waits_while_the_ledger_cannot_record),
        TEST(nothing_is_begun_without_room),
        TEST(batches_come_in_one_after_the_other),
        TEST(a_batch_waits_for_its_letter_and_others_go_on),
        TEST(a_batch_that_was_begun_waits_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
