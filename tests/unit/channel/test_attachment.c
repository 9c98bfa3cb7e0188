#include "channel/attachment.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/file.h"
#include "peer.h"

static char directory[] = "/tmp/test-attachment-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    peer_remove(directory);
    return 0;
}

static void put(const char *name, const char *bytes, size_t len)
{
    char *path = file_join(directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    free(path);
}

static void put_size(const char *name, size_t size)
{
    put(name, "x", 1);
    char *path = file_join(directory, name);
    assert_int_equal(truncate(path, (off_t)size), 0);
    free(path);
}

static struct buf part_of(struct attachment a, bool shown_inline)
{
    struct buf out = {0};
    struct error err = {0};
    if (attachment_put_part(directory, &a, shown_inline, &out, &err) != 0)
        fail_msg("%s", err.text);
    return out;
}

static void says_what_it_is_and_comes_in_base64(void **state)
{
    (void)state;
    char file[] = "Terms.PDF";
    put(file, "hello", 5);
    struct buf part = part_of((struct attachment){.file = file}, false);
    assert_string_equal(part.data, "Content-Type: application/pdf\r\n"
                                   "Content-Transfer-Encoding: base64\r\n"
                                   "Content-Disposition: attachment;\r\n"
                                   " filename=\"Terms.PDF\"\r\n\r\naGVsbG8=\r\n");
    buf_free(&part);
}

static void an_image_can_be_referred_to(void **state)
{
    (void)state;
    char file[] = "logo.png", id[] = "logo";
    put(file, "png", 3);
    struct buf part = part_of((struct attachment){file, id}, true);
    assert_string_equal(part.data, "Content-Type: image/png\r\n"
                                   "Content-Transfer-Encoding: base64\r\n"
                                   "Content-ID: <logo>\r\n"
                                   "Content-Disposition: inline;\r\n"
                                   " filename=\"logo.png\"\r\n\r\ncG5n\r\n");
    buf_free(&part);
}

/* A name in the form of macOS: a letter and the dots above it. */
static void a_name_is_put_together(void **state)
{
    (void)state;
    char file[] = "u\xcc\x88.txt";
    put(file, "x", 1);
    struct buf part = part_of((struct attachment){.file = file}, false);
    assert_non_null(strstr(part.data, " filename*=UTF-8''%C3%BC.txt\r\n"));
    buf_free(&part);
}

static void lines_have_76_characters_at_most(void **state)
{
    (void)state;
    char file[] = "long.csv", bytes[58 * 3];
    memset(bytes, 'a', sizeof(bytes));
    put(file, bytes, sizeof(bytes));
    struct buf part = part_of((struct attachment){.file = file}, false);
    for (const char *at = part.data; *at != '\0'; at = strstr(at, "\r\n") + 2)
        assert_true(strcspn(at, "\r") <= 76);
    buf_free(&part);
}

static void a_file_is_read_again_when_it_has_changed(void **state)
{
    (void)state;
    char file[] = "a.txt";
    put(file, "one", 3);
    struct buf first = part_of((struct attachment){.file = file}, false);
    assert_non_null(strstr(first.data, "b25l"));
    put(file, "second", 6);
    struct buf second = part_of((struct attachment){.file = file}, false);
    assert_non_null(strstr(second.data, "c2Vjb25k"));
    buf_free(&first);
    buf_free(&second);
}

/* More files than are kept, and more bytes: the oldest make room. */
static void many_files_come_and_go(void **state)
{
    (void)state;
    char name[20];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20; i++) {
            snprintf(name, sizeof(name), "%d.zip", i);
            put_size(name, (size_t)4 * 1024 * 1024);
            struct buf part = part_of((struct attachment){.file = name}, false);
            assert_true(part.len > (size_t)4 * 1024 * 1024 / 3 * 4);
            buf_free(&part);
        }
    }
}

static void refused(const char *file, const char *id, const char *says)
{
    char name[100], inline_id[20];
    size_t at = 99;
    struct error err = {0};
    snprintf(name, sizeof(name), "%s", file);
    snprintf(inline_id, sizeof(inline_id), "%s", id != NULL ? id : "");
    struct attachments all = {.list = {{name, id != NULL ? inline_id : NULL}}, .count = 1};
    assert_true(attachments_check(directory, &all, &at, &err) < 0);
    assert_int_equal(at, 0);
    if (strstr(err.text, says) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", file, err.text, says);
}

static void only_files_that_readers_can_open_are_sent(void **state)
{
    (void)state;
    char *fifo = file_join(directory, "fifo.pdf"), *link_path = file_join(directory, "link.pdf");
    put("a.svg", "x", 1);
    put("a.exe", "x", 1);
    put("pdf", "x", 1);
    put("empty.pdf", "", 0);
    put("a.pdf", "x", 1);
    put_size("huge.pdf", ATTACHMENTS_SIZE_MAX + 1);
    assert_int_equal(mkfifo(fifo, 0640), 0);
    assert_int_equal(symlink("a.pdf", link_path), 0);
    refused("a.svg", NULL, "ending that is not sent");
    refused("a.exe", NULL, "ending that is not sent");
    refused("pdf", NULL, "ending that is not sent");
    refused("empty.pdf", NULL, "is empty");
    refused("huge.pdf", NULL, "at most 10485760");
    refused("gone.pdf", NULL, "does not exist");
    refused("fifo.pdf", NULL, "FIFO");
    refused("link.pdf", NULL, "symbolic link");
    refused("../a.pdf", NULL, "leads out");
    refused("a.pdf", "x", "is no image");
    free(fifo);
    free(link_path);
}

static void the_sum_counts_and_the_file_beyond_it_is_named(void **state)
{
    (void)state;
    char a[] = "half1.pdf", b[] = "half2.pdf", c[] = "more.pdf";
    size_t at = 99;
    struct error err = {0};
    put_size(a, ATTACHMENTS_SIZE_MAX / 2);
    put_size(b, ATTACHMENTS_SIZE_MAX / 2);
    put_size(c, 1);
    struct attachments all = {.list = {{.file = a}, {.file = b}, {.file = c}}, .count = 2};
    assert_int_equal(attachments_check(directory, &all, &at, &err), 0);
    all.count = 3;
    assert_int_equal(attachments_check(directory, &all, &at, &err), ERR_INPUT);
    assert_int_equal(at, 2);
    assert_int_equal(attachments_check(NULL, &all, &at, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "set `attachments`"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_it_is_and_comes_in_base64),
        cmocka_unit_test(an_image_can_be_referred_to),
        cmocka_unit_test(a_name_is_put_together),
        cmocka_unit_test(lines_have_76_characters_at_most),
        cmocka_unit_test(a_file_is_read_again_when_it_has_changed),
        cmocka_unit_test(many_files_come_and_go),
        cmocka_unit_test(only_files_that_readers_can_open_are_sent),
        cmocka_unit_test(the_sum_counts_and_the_file_beyond_it_is_named),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
