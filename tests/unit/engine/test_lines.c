#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "engine/lines.h"

static int file_of(const char *bytes, size_t len)
{
    int fd = memfd_create("lines", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    return fd;
}

static void assert_next(struct lines *l, const char *text, int64_t offset)
{
    struct line line;
    struct error err;
    assert_int_equal(lines_next(l, &line, &err), 1);
    assert_int_equal(line.offset, offset);
    assert_int_equal(line.len, strlen(text));
    assert_memory_equal(line.text, text, line.len);
}

static void assert_end(struct lines *l)
{
    struct line line;
    struct error err;
    assert_int_equal(lines_next(l, &line, &err), 0);
    assert_int_equal(lines_next(l, &line, &err), 0);
}

static void gives_each_line_and_where_it_stands(void **state)
{
    struct lines l;
    (void)state;
    int fd = file_of("one\n\ntwo\r\nlast", 14);
    lines_begin(&l, fd, "f", 100, 0);
    assert_next(&l, "one", 0);
    assert_next(&l, "", 4);
    assert_next(&l, "two\r", 5);
    assert_next(&l, "last", 10);
    assert_end(&l);
    lines_end(&l);
    lines_begin(&l, fd, "f", 100, 5);
    assert_next(&l, "two\r", 5);
    lines_end(&l);
    close(fd);
}

static void an_empty_file_has_no_lines(void **state)
{
    struct lines l;
    (void)state;
    int fd = file_of("", 0);
    lines_begin(&l, fd, "f", 100, 0);
    assert_end(&l);
    lines_end(&l);
    lines_begin(&l, fd, "f", 100, 1000); /* a file that has become shorter */
    assert_end(&l);
    lines_end(&l);
    close(fd);
}

/* Longer than what is read at once, at every place a piece can end. */
static void a_line_that_is_too_long_is_only_measured(void **state)
{
    (void)state;
    for (size_t len = 300000; len < 300000 + 3; len++) {
        struct buf text = {0};
        struct lines l;
        struct line line;
        struct error err;
        buf_puts(&text, "a\n");
        for (size_t i = 0; i < len; i++)
            buf_putc(&text, 'x');
        buf_puts(&text, "\nb");
        int fd = file_of(text.data, text.len);
        lines_begin(&l, fd, "f", 1000, 0);
        assert_next(&l, "a", 0);
        assert_int_equal(lines_next(&l, &line, &err), 1);
        assert_null(line.text);
        assert_int_equal(line.len, len);
        assert_int_equal(line.offset, 2);
        assert_next(&l, "b", (int64_t)len + 3);
        assert_end(&l);
        lines_end(&l);
        close(fd);
        buf_free(&text);
    }
}

static void sums_every_byte_once(void **state)
{
    struct buf text = {0};
    struct lines l;
    struct line line;
    struct error err;
    unsigned char whole[DIGEST_SIZE], pieces[DIGEST_SIZE];
    int64_t count = 0, at = 0;
    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_printf(&text, "%0*d\n", i % 40 + 1, i);
    digest_sha256(text.data, text.len, whole);
    int fd = file_of(text.data, text.len);
    lines_begin(&l, fd, "f", 30, 0);
    l.sum = digest_begin();
    for (; lines_next(&l, &line, &err) > 0; count++) {
        assert_int_equal(line.offset, at);
        at += (int64_t)line.len + 1;
    }
    digest_sum(l.sum, pieces);
    assert_int_equal(count, 100000);
    assert_memory_equal(whole, pieces, DIGEST_SIZE);
    digest_end(l.sum);
    lines_end(&l);
    close(fd);
    buf_free(&text);
}

static void says_when_it_cannot_read(void **state)
{
    struct lines l;
    struct line line;
    struct error err;
    (void)state;
    lines_begin(&l, -1, "new/b/notices.jsonl", 100, 0);
    assert_int_equal(lines_next(&l, &line, &err), ERR_IO);
    assert_non_null(strstr(err.text, "new/b/notices.jsonl"));
    lines_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_line_and_where_it_stands),
        cmocka_unit_test(an_empty_file_has_no_lines),
        cmocka_unit_test(a_line_that_is_too_long_is_only_measured),
        cmocka_unit_test(sums_every_byte_once),
        cmocka_unit_test(says_when_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
