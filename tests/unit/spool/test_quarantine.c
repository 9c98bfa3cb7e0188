#include "spool/spool_backend.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "base/log.h"

#include "intake.h"

static void refuses_a_symbolic_link_without_following_it(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    assert_int_equal(symlinkat("/etc/passwd", f->fd, "new/a-1.json"), 0);
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 1, 0);
    must_be_refused(f, "a-1.json", "a-1", "new/a-1.json is a symbolic link");
    char target[64] = {0};
    assert_true(readlinkat(f->fd, "corrupt/a-1.json", target, sizeof(target) - 1) > 0);
    assert_string_equal(target, "/etc/passwd");
    assert_int_equal(in.asked_count, 0);
}

static void refuses_a_fifo_without_waiting_for_a_writer(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    assert_int_equal(mkfifoat(f->fd, "new/a-1.json", 0666), 0);
    alarm(120);
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 1, 0);
    alarm(0);
    must_be_refused(f, "a-1.json", "a-1", "is a FIFO");
}

static void refuses_a_socket(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/new/a-1.json", f->path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 1, 0);
    must_be_refused(f, "a-1.json", "a-1", "is a socket");
    close(fd);
}

static void refuses_a_device(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    if (mknodat(f->fd, "new/a-1.json", S_IFCHR | 0666, makedev(1, 5)) != 0)
        skip(); /* only root makes devices */
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 1, 0);
    must_be_refused(f, "a-1.json", "a-1", "is a character device");
}

static void refuses_a_directory_where_no_batches_are_taken(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    assert_int_equal(mkdirat(f->fd, "new/batch", 0755), 0);
    write_file(f->fd, "new/batch/batch.json", "{}");
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 1, 0);
    must_be_refused(f, "batch", "batch", "Batches are not accepted here");
    assert_true(stands(f, "corrupt/batch/batch.json"));
}

static void refuses_a_hard_link_to_something_else(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    write_file(f->fd, "secret", "{\"password\":\"hunter2\"}");
    assert_int_equal(linkat(f->fd, "secret", f->fd, "new/a-1.json", 0), 0);
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 0, 1); /* it may be on its way */
    must_count(scan(f, &in), 0, 1, 0);
    must_be_refused(f, "a-1.json", "a-1", "is a hard link to a file outside of tmp/");
    assert_null(strstr(reason_of(f, "a-1"), "hunter2"));
    assert_int_equal(in.asked_count, 0);
    assert_true(stands(f, "secret"));
}

static void takes_a_drop_whose_producer_died_before_its_last_step(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    write_file(f->fd, "tmp/x7Fq", "{}");
    assert_int_equal(linkat(f->fd, "tmp/x7Fq", f->fd, "new/a-1.json", 0), 0);
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 1, 0, 0);
}

static void refuses_more_than_256_kib(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    char *text = malloc(JOB_TEXT_MAX + 2);
    memset(text, ' ', JOB_TEXT_MAX + 1);
    text[JOB_TEXT_MAX + 1] = '\0';
    write_file(f->fd, "new/large.json", text);
    text[JOB_TEXT_MAX] = '\0';
    write_file(f->fd, "new/limit.json", text);
    free(text);
    must_count(scan(f, &in), 1, 1, 0);
    assert_string_equal(in.asked[0], "limit");
    must_be_refused(f, "large.json", "large", "is larger than 262144 bytes");
}

static void reads_no_more_of_a_giant_than_it_must(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    write_file(f->fd, "new/giant.json", "{");
    char path[300];
    snprintf(path, sizeof(path), "%s/new/giant.json", f->path);
    assert_int_equal(truncate(path, (off_t)5 << 30), 0); /* sparse */
    must_count(scan(f, &in), 0, 1, 0);
}

static void refuses_names_that_are_no_ids(void **state)
{
    static const struct {
        const char *name, *kept_as, *stem;
    } rows[] = {
        {"new/a\nb.json", "a\\x0ab.json", "a\\x0ab.json"},
        {"new/a\x1b[2J.json", "a\\x1b[2J.json", "a\\x1b[2J.json"},
        {"new/-rf.json", "-rf.json", "-rf.json"},
        {"new/a b.json", "a b.json", "a b.json"},
        {"new/a.b.json", "a.b.json", "a.b.json"},
        {"new/README", "README", "README"},
        {"new/a\xff.json", "a\\xff.json", "a\\xff.json"},
    };
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        write_file(f->fd, rows[i].name, "{}");
    must_count(scan_at(f, &in, MANY, clock_wall_ms()), 0, 0, COUNT_OF(rows));
    must_count(scan(f, &in), 0, COUNT_OF(rows), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        must_be_refused(f, rows[i].kept_as, rows[i].stem, "The name must be ID.json");
    assert_int_equal(in.asked_count, 0);
}

static void keeps_a_name_as_long_as_the_file_system_allows(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    char name[260];
    memset(name, '\x01', sizeof(name)); /* visible, it would be four times as long */
    memcpy(name, "new/", 4);
    name[4 + 255] = '\0';
    write_file(f->fd, name, "{}");
    name[4 + 254] = '\0';
    write_file(f->fd, name, "{}");
    must_count(scan(f, &in), 0, 2, 0);
}

static void refuses_what_it_may_not_read(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    write_file(f->fd, "new/a-1.json", "{}");
    assert_int_equal(fchmodat(f->fd, "new/a-1.json", 0, 0), 0);
    assert_int_equal(fchmodat(f->fd, "new", 0777, 0), 0);
    step_down(f);
    struct spool_counts soon = scan_at(f, &in, MANY, clock_wall_ms());
    struct spool_counts late = scan(f, &in);
    step_up();
    must_count(soon, 0, 0, 1);
    must_count(late, 0, 1, 0);
    must_be_refused(f, "a-1.json", "a-1", "cannot open new/a-1.json: Permission denied");
}

static void never_overwrites_what_was_refused_before(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "bad";
    for (int i = 0; i < 3; i++) {
        char text[16];
        snprintf(text, sizeof(text), "bad %d", i);
        write_file(f->fd, "new/a-1.json", text);
        must_count(scan(f, &in), 0, 1, 0);
    }
    must_be_refused(f, "a-1.json", "a-1", "no notice");
    must_be_refused(f, "a-1.1.json", "a-1.1", "no notice");
    must_be_refused(f, "a-1.2.json", "a-1.2", "no notice");
}

static void never_overwrites_a_file_whose_reason_is_gone(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "bad";
    write_file(f->fd, "corrupt/a-1.json", "from long ago");
    write_file(f->fd, "new/a-1.json", "bad");
    must_count(scan(f, &in), 0, 1, 0);
    must_be_refused(f, "a-1.1.json", "a-1.1", "no notice");
    assert_false(stands(f, "corrupt/a-1.reason"));
}

static void never_takes_an_entry_for_a_reason(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "bad";
    write_file(f->fd, "new/a-1.reason", "mine");
    must_count(scan(f, &in), 0, 1, 0);
    write_file(f->fd, "new/a-1.json", "bad");
    must_count(scan(f, &in), 0, 1, 0);
    assert_string_equal(reason_of(f, "a-1"), "mine");
    must_be_refused(f, "a-1.1.json", "a-1.1", "no notice");
}

static void takes_the_good_among_a_thousand_bad(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "bad";
    for (int i = 0; i < 200; i++) {
        char name[64];
        snprintf(name, sizeof(name), "new/bad%d.json", i);
        switch (i % 5) {
        case 0:
            assert_int_equal(mkfifoat(f->fd, name, 0666), 0);
            break;
        case 1:
            assert_int_equal(symlinkat("/dev/zero", f->fd, name), 0);
            break;
        case 2:
            write_file(f->fd, name, "");
            break;
        default:
            write_file(f->fd, name, "bad");
            break;
        }
        if (i % 10 == 0) {
            snprintf(name, sizeof(name), "good%d", i);
            drop(f, name, "{}");
        }
    }
    must_count(scan(f, &in), 20, 200, 0);
    must_count(scan(f, &in), 0, 0, 0);
}

static void finds_another_place_after_a_crash_between_reason_and_move(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "bad";
    write_file(f->fd, "corrupt/a-1.reason", "from before the crash\n");
    write_file(f->fd, "new/a-1.json", "bad");
    must_count(scan(f, &in), 0, 1, 0);
    must_be_refused(f, "a-1.1.json", "a-1.1", "no notice");
}

static void leaves_an_entry_that_cannot_be_moved(void **state)
{
    struct fixture *f = *state;
    struct intake in = intake_of(f);
    in.refuse_prefix = "bad";
    write_file(f->fd, "new/a-1.json", "bad");
    assert_int_equal(fchmodat(f->fd, "new/a-1.json", 0644, 0), 0);
    assert_int_equal(fchmodat(f->fd, "new", 0555, 0), 0);
    step_down(f);
    struct spool_counts stuck = scan(f, &in);
    step_up();
    must_count(stuck, 0, 0, 1);
    assert_false(stands(f, "corrupt/a-1.reason"));
    assert_int_equal(fchmodat(f->fd, "new", 0755, 0), 0);
    must_count(scan(f, &in), 0, 1, 0);
}

static void says_how_to_mend_a_directory_that_cannot_be_moved(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(mkdirat(f->fd, "new/b", 0755), 0);
    assert_int_equal(fchmodat(f->fd, "new/b", 0555, 0), 0);
    assert_int_equal(fchmodat(f->fd, "new", 0777, 0), 0);
    step_down(f);
    int rc = quarantine_move(f->s, "b", "no batch", &err);
    step_up();
    assert_int_equal(rc, ERR_IO);
    if (strstr(err.text, "chmod g+rwx") == NULL)
        fail_msg("no advice: %s", err.text);
    assert_false(stands(f, "corrupt/b.reason"));
    assert_true(stands(f, "new/b"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_a_symbolic_link_without_following_it),
        TEST(refuses_a_fifo_without_waiting_for_a_writer),
        TEST(refuses_a_socket),
        TEST(refuses_a_device),
        TEST(refuses_a_directory_where_no_batches_are_taken),
        TEST(refuses_a_hard_link_to_something_else),
        TEST(takes_a_drop_whose_producer_died_before_its_last_step),
        TEST(refuses_more_than_256_kib),
        TEST(reads_no_more_of_a_giant_than_it_must),
        TEST(refuses_names_that_are_no_ids),
        TEST(keeps_a_name_as_long_as_the_file_system_allows),
        TEST(refuses_what_it_may_not_read),
        TEST(never_overwrites_what_was_refused_before),
        TEST(never_overwrites_a_file_whose_reason_is_gone),
        TEST(never_takes_an_entry_for_a_reason),
        TEST(takes_the_good_among_a_thousand_bad),
        TEST(finds_another_place_after_a_crash_between_reason_and_move),
        TEST(leaves_an_entry_that_cannot_be_moved),
        TEST(says_how_to_mend_a_directory_that_cannot_be_moved),
    };
    log_set_level(LOG_ERR); /* refusals are meant */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
