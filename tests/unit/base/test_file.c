#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A fresh directory for each test, open as `dir`. */
static char path[32];
static int dir = -1;

static int open_directory(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/test_file.XXXXXX");
    if (mkdtemp(path) == NULL)
        return -1;
    umask(022);
    dir = open(path, O_RDONLY | O_DIRECTORY);
    return dir < 0 ? -1 : 0;
}

static size_t count_entries(int dirfd, bool remove)
{
    size_t count = 0;
    DIR *listing = fdopendir(openat(dirfd, ".", O_RDONLY | O_DIRECTORY));
    for (struct dirent *e = readdir(listing); e != NULL; e = readdir(listing)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        count++;
        if (remove && unlinkat(dirfd, e->d_name, 0) != 0)
            unlinkat(dirfd, e->d_name, AT_REMOVEDIR);
    }
    closedir(listing);
    return count;
}

static int close_directory(void **state)
{
    (void)state;
    count_entries(dir, true);
    close(dir);
    return rmdir(path);
}

static void put(const char *name, const char *bytes, size_t len)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    struct error err;
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, bytes, len, name, &err), 0);
    close(fd);
}

static int read_in(const char *name, size_t limit, struct buf *out, struct error *err)
{
    return file_read((struct file_at){dir, name, name}, limit, out, NULL, err);
}

static void holds(const char *name, const char *expected)
{
    struct buf out = {0};
    struct error err = {0};
    if (read_in(name, 100000, &out, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void reads_a_file_whole(void **state)
{
    (void)state;
    struct buf out = {0};
    struct file_facts facts = {0};
    struct error err = {0};
    put("a", "x\0y\n", 4);
    buf_puts(&out, "before ");
    assert_int_equal(file_read((struct file_at){dir, "a", "a"}, 4, &out, &facts, &err), 0);
    assert_int_equal(out.len, 11);
    assert_memory_equal(out.data, "before x\0y\n", 12);
    assert_int_equal(facts.size, 4);
    assert_int_equal(facts.links, 1);
    assert_int_equal(facts.owner, getuid());
    assert_int_equal(facts.mode & 0777, 0640);
    assert_true(facts.modified_ms > INT64_C(1577836800000));
    buf_free(&out);
}

static void reads_an_empty_file(void **state)
{
    (void)state;
    put("empty", "", 0);
    holds("empty", "");
}

static void refuses_a_file_beyond_the_limit(void **state)
{
    (void)state;
    struct buf out = {0};
    struct error err = {0};
    static char big[200000];
    memset(big, 'x', sizeof(big));
    put("big", big, sizeof(big));
    buf_puts(&out, "kept");
    assert_int_equal(read_in("big", sizeof(big) - 1, &out, &err), ERR_INPUT);
    assert_string_equal(err.text,
                        "big is larger than 199999 bytes, the most accepted here; split it up");
    assert_string_equal(buf_text(&out), "kept");
    assert_int_equal(read_in("big", sizeof(big), &out, &err), 0);
    assert_int_equal(out.len, 4 + sizeof(big));
    buf_free(&out);
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", path, name);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

static void never_blocks_on_or_follows_what_is_no_file(void **state)
{
    (void)state;
    static const struct {
        const char *name, *word;
    } samples[] = {{"fifo", "FIFO"},
                   {"link", "symbolic link"},
                   {"dangling", "symbolic link"},
                   {"dir", "directory"},
                   {"socket", "socket"}};
    put("file", "x", 1);
    assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
    assert_int_equal(symlinkat("file", dir, "link"), 0);
    assert_int_equal(symlinkat("nowhere", dir, "dangling"), 0);
    assert_int_equal(mkdirat(dir, "dir", 0700), 0);
    make_socket("socket");
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct buf out = {0};
        struct error err = {0};
        assert_int_equal(read_in(samples[i].name, 100, &out, &err), ERR_INPUT);
        assert_non_null(strstr(err.text, samples[i].word));
        assert_int_equal(out.len, 0);
        buf_free(&out);
    }
}

static int open_beneath(const char *name, struct error *err)
{
    struct file_facts facts = {0};
    int fd = file_open_beneath((struct file_at){dir, name, name}, &facts, err);
    if (fd >= 0) {
        assert_int_equal(facts.size, 3);
        close(fd);
        return 0;
    }
    return fd;
}

static void never_leaves_the_directory_a_name_is_looked_up_in(void **state)
{
    (void)state;
    struct error err = {0};
    put("there", "yes", 3);
    assert_int_equal(mkdirat(dir, "sub", 0750), 0);
    put("sub/there", "yes", 3);
    assert_int_equal(symlinkat("there", dir, "link"), 0);
    assert_int_equal(symlinkat("sub", dir, "way"), 0);
    assert_int_equal(mkfifoat(dir, "fifo", 0640), 0);
    assert_int_equal(open_beneath("there", &err), 0);
    assert_int_equal(open_beneath("sub/there", &err), 0);
    assert_int_equal(open_beneath("sub/../there", &err), 0);
    static const struct {
        const char *name;
        int rc;
        const char *says;
    } refused[] = {
        {"../etc/passwd", ERR_INPUT, "leads out"},
        {"/etc/passwd", ERR_INPUT, "leads out"},
        {"..", ERR_INPUT, "leads out"},
        {"link", ERR_INPUT, "symbolic link"},
        {"way/there", ERR_INPUT, "symbolic link"},
        {"fifo", ERR_INPUT, "FIFO"},
        {"sub", ERR_INPUT, "directory"},
        {"gone", ERR_NOT_FOUND, "does not exist"},
        {"there/x", ERR_NOT_FOUND, "does not"},
        {"", ERR_NOT_FOUND, "does not exist"},
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(open_beneath(refused[i].name, &err), refused[i].rc);
        assert_non_null(strstr(err.text, refused[i].says));
    }
    unlinkat(dir, "sub/there", 0);
}

static void says_that_a_file_is_not_there(void **state)
{
    (void)state;
    struct buf out = {0};
    struct error err = {0};
    assert_int_equal(read_in("nothing", 100, &out, &err), ERR_NOT_FOUND);
    assert_string_equal(err.text, "nothing does not exist");
    assert_int_equal(file_read_path("/nonexistent/x", 100, &out, &err), ERR_NOT_FOUND);
}

static void follows_links_in_our_own_folders(void **state)
{
    (void)state;
    struct buf out = {0};
    struct error err = {0};
    put("file", "x", 1);
    assert_int_equal(symlinkat("file", dir, "link"), 0);
    char *link = file_join(path, "link");
    assert_int_equal(file_read_path(link, 100, &out, &err), 0);
    assert_string_equal(buf_text(&out), "x");
    assert_int_equal(file_read_path(path, 100, &out, &err), ERR_INPUT);
    free(link);
    buf_free(&out);
}

static void reads_a_pipe_to_its_end(void **state)
{
    (void)state;
    int ends[2];
    struct buf out = {0};
    struct error err = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(file_write_all(ends[1], "abc", 3, "pipe", &err), 0);
    close(ends[1]);
    assert_int_equal(file_read_stream(ends[0], "pipe", 3, &out, &err), 0);
    assert_string_equal(buf_text(&out), "abc");
    close(ends[0]);
    assert_int_equal(file_read_stream(ends[0], "pipe", 3, &out, &err), ERR_IO);
    assert_string_equal(buf_text(&out), "abc");
    buf_free(&out);
}

static void publishes_without_overwriting(void **state)
{
    (void)state;
    struct error err = {0};
    struct stat st;
    assert_int_equal(file_publish(dir, dir, "n.json", "one", 3, &err), 0);
    holds("n.json", "one");
    assert_int_equal(fstatat(dir, "n.json", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(file_publish(dir, dir, "n.json", "two", 3, &err), ERR_CONFLICT);
    assert_string_equal(err.text, "n.json is already there");
    holds("n.json", "one");
    assert_int_equal(count_entries(dir, false), 1);
}

static void leaves_nothing_where_publishing_failed(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(file_publish(dir, dir, "no/such/n.json", "one", 3, &err), ERR_IO);
    assert_int_equal(count_entries(dir, false), 0);
    assert_int_equal(file_publish(-1, dir, "n.json", "one", 3, &err), ERR_IO);
    assert_int_equal(count_entries(dir, false), 0);
}

/* In two containers over one spool, two processes can have the same pid. */
static void moves_without_overwriting(void **state)
{
    (void)state;
    struct error err = {0};
    put("a", "a", 1);
    put("b", "b", 1);
    assert_int_equal(file_move(dir, "a", dir, "b", &err), ERR_CONFLICT);
    holds("a", "a");
    holds("b", "b");
    assert_int_equal(file_move(dir, "a", dir, "c", &err), 0);
    holds("c", "a");
    assert_int_equal(file_move(dir, "a", dir, "d", &err), ERR_NOT_FOUND);
    assert_string_equal(err.text, "a is gone");
}

static void writes_a_file_over_itself(void **state)
{
    (void)state;
    struct error err = {0};
    struct buf before = {0}, after = {0};
    for (int i = 0; i < 30000; i++)
        buf_printf(&before, "%d\n", i);
    put("log", before.data, before.len);
    char *file = file_join(path, "log");
    char *missing = file_join(path, "missing");
    assert_int_equal(file_write_again(file, &err), 0);
    assert_int_equal(file_read_path(file, 1000000, &after, &err), 0);
    assert_string_equal(buf_text(&after), buf_text(&before));
    assert_int_equal(file_write_again(missing, &err), 0);
    assert_int_equal(access(missing, F_OK), -1);
    free(missing);
    free(file);
    buf_free(&before);
    buf_free(&after);
}

static void makes_and_opens_directories(void **state)
{
    (void)state;
    struct error err = {0};
    char *sub = file_join(path, "sub");
    assert_int_equal(file_make_directory(sub, 0750, &err), 0);
    assert_int_equal(file_make_directory(sub, 0750, &err), 0);
    int fd = file_open_directory(sub, &err);
    assert_true(fd >= 0);
    assert_int_equal(file_sync_directory(fd, sub, &err), 0);
    close(fd);
    free(sub);
    put("file", "x", 1);
    char *file = file_join(path, "file");
    assert_int_equal(file_make_directory(file, 0750, &err), ERR_IO);
    assert_int_equal(file_open_directory(file, &err), ERR_IO);
    free(file);
    char *missing = file_join(path, "missing");
    assert_int_equal(file_open_directory(missing, &err), ERR_NOT_FOUND);
    free(missing);
}

static void says_that_writing_failed(void **state)
{
    (void)state;
    struct error err = {0};
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0);
    assert_int_equal(file_write_all(full, "x", 1, "the ledger", &err), ERR_AGAIN);
    assert_string_equal(err.text, "cannot write the ledger: No space left on device");
    close(full);
    assert_int_equal(file_write_all(-1, "x", 1, "x", &err), ERR_IO);
    assert_int_equal(file_write_all(-1, "", 0, "x", &err), 0);
}

static void joins_paths(void **state)
{
    (void)state;
    static const struct {
        const char *directory, *name, *expected;
    } samples[] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "/b"},
                   {NULL, "b", "b"},  {"", "b", "b"},     {"/", "b", "/b"}};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        char *joined = file_join(samples[i].directory, samples[i].name);
        assert_string_equal(joined, samples[i].expected);
        free(joined);
    }
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, open_directory, close_directory)

static void never_touches_a_temporary_file_of_another(void **state)
{
    (void)state;
    struct error err = {0};
    char name[64];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), ".t%d.%u", (int)getpid(), i);
        put(name, "theirs", 6);
    }
    assert_int_equal(file_publish(dir, dir, "n.json", "ours", 4, &err), 0);
    holds("n.json", "ours");
    assert_int_equal(count_entries(dir, false), 51);
    for (unsigned i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), ".t%d.%u", (int)getpid(), i);
        holds(name, "theirs");
    }
}

static void replaces_what_a_file_holds(void **state)
{
    (void)state;
    struct stat st;
    struct error err = {0};
    char *letter = file_join(path, "letter.md"), *link = file_join(path, "link.md");
    char *missing = file_join(path, "missing/letter.md");
    assert_int_equal(file_replace(letter, "one", 3, &err), 0);
    holds("letter.md", "one");
    assert_int_equal(chmod(letter, 0660), 0);
    assert_int_equal(file_replace(letter, "two", 3, &err), 0);
    holds("letter.md", "two");
    assert_int_equal(stat(letter, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(symlink("letter.md", link), 0);
    assert_int_equal(file_replace(link, "three", 5, &err), ERR_INPUT);
    assert_true(file_replace(missing, "x", 1, &err) < 0);
    holds("letter.md", "two");
    assert_int_equal(count_entries(dir, false), 2);
    free(missing);
    free(link);
    free(letter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(never_touches_a_temporary_file_of_another),
        IN_DIRECTORY(reads_a_file_whole),
        IN_DIRECTORY(reads_an_empty_file),
        IN_DIRECTORY(refuses_a_file_beyond_the_limit),
        IN_DIRECTORY(never_blocks_on_or_follows_what_is_no_file),
        IN_DIRECTORY(never_leaves_the_directory_a_name_is_looked_up_in),
        IN_DIRECTORY(says_that_a_file_is_not_there),
        IN_DIRECTORY(follows_links_in_our_own_folders),
        IN_DIRECTORY(reads_a_pipe_to_its_end),
        IN_DIRECTORY(publishes_without_overwriting),
        IN_DIRECTORY(leaves_nothing_where_publishing_failed),
        IN_DIRECTORY(moves_without_overwriting),
        IN_DIRECTORY(replaces_what_a_file_holds),
        IN_DIRECTORY(writes_a_file_over_itself),
        IN_DIRECTORY(makes_and_opens_directories),
        IN_DIRECTORY(says_that_writing_failed),
        IN_DIRECTORY(joins_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
