#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "desk/enqueue_input.h"

/* A pipe as standard input; the other end. */
static int open_pipe(struct enqueue_input *in)
{
    int ends[2];
    struct error err;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(enqueue_input_open("-", in, &err), 0);
    in->fd = ends[0];
    return ends[1];
}

static void end_pipe(struct enqueue_input *in)
{
    close(in->fd);
    enqueue_input_close(in);
}

static void put(int fd, const char *text)
{
    size_t len = strlen(text);
    assert_int_equal(write(fd, text, len), len);
}

static void expect(struct enqueue_input *in, int line, const char *expected)
{
    const char *text = NULL;
    size_t len = 0;
    struct error err;
    assert_int_equal(enqueue_input_next(in, &text, &len, &err), 1);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
    assert_int_equal(in->line, line);
}

static void expect_end(struct enqueue_input *in)
{
    const char *text = NULL;
    size_t len = 0;
    struct error err;
    assert_int_equal(enqueue_input_next(in, &text, &len, &err), 0);
}

static void gives_a_line_while_the_pipe_is_still_open(void **state)
{
    (void)state;
    struct enqueue_input in;
    int out = open_pipe(&in);
    put(out, "{\"id\":\"a\"}\n");
    expect(&in, 1, "{\"id\":\"a\"}");
    put(out, "{\"id\":");
    put(out, "\"b\"}\n");
    expect(&in, 2, "{\"id\":\"b\"}");
    close(out);
    expect_end(&in);
    expect_end(&in);
    end_pipe(&in);
}

static void counts_blank_lines_and_takes_a_last_one_without_an_end(void **state)
{
    (void)state;
    struct enqueue_input in;
    int out = open_pipe(&in);
    put(out, "{\"id\":\"a\"}\n\n  \nbroken\n{\"id\":\"b\"}");
    close(out);
    expect(&in, 1, "{\"id\":\"a\"}");
    expect(&in, 4, "broken");
    expect(&in, 5, "{\"id\":\"b\"}");
    expect_end(&in);
    end_pipe(&in);
}

static void takes_lines_behind_a_broken_first_one(void **state)
{
    (void)state;
    struct enqueue_input in;
    int out = open_pipe(&in);
    put(out, "{\"id\":\n{\"id\":\"b\"}\n");
    close(out);
    expect(&in, 1, "{\"id\":");
    expect(&in, 2, "{\"id\":\"b\"}");
    expect_end(&in);
    end_pipe(&in);
}

static void takes_a_document_of_several_lines_as_one(void **state)
{
    (void)state;
    static const char document[] = "{\n \"id\": \"a\",\n \"to\": {}\n}\n";
    struct enqueue_input in;
    int out = open_pipe(&in);
    put(out, document);
    close(out);
    expect(&in, 1, document);
    expect_end(&in);
    end_pipe(&in);
}

static void gives_nothing_of_nothing(void **state)
{
    (void)state;
    struct enqueue_input in;
    int out = open_pipe(&in);
    put(out, " \n\n");
    close(out);
    expect_end(&in);
    end_pipe(&in);
    out = open_pipe(&in);
    close(out);
    expect_end(&in);
    end_pipe(&in);
}

static void keeps_its_place_over_many_lines(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    char path[] = "/tmp/enqueue-input-XXXXXX", line[64];
    int out = mkstemp(path);
    FILE *file = fdopen(out, "w");
    assert_non_null(file);
    for (int i = 1; i <= LINES; i++)
        fprintf(file, "{\"id\":\"n%d\"}\n", i);
    fclose(file);
    struct enqueue_input in;
    struct error err;
    assert_int_equal(enqueue_input_open("-", &in, &err), 0);
    in.fd = open(path, O_RDONLY);
    for (int i = 1; i <= LINES; i++) {
        snprintf(line, sizeof(line), "{\"id\":\"n%d\"}", i);
        expect(&in, i, line);
    }
    expect_end(&in);
    assert_true(in.text.len < 200000);
    end_pipe(&in);
    unlink(path);
}

static void says_that_there_is_no_such_file(void **state)
{
    (void)state;
    struct enqueue_input in;
    struct error err;
    assert_int_equal(enqueue_input_open("/nonexistent/notice.json", &in, &err), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_a_line_while_the_pipe_is_still_open),
        cmocka_unit_test(counts_blank_lines_and_takes_a_last_one_without_an_end),
        cmocka_unit_test(takes_lines_behind_a_broken_first_one),
        cmocka_unit_test(takes_a_document_of_several_lines_as_one),
        cmocka_unit_test(gives_nothing_of_nothing),
        cmocka_unit_test(keeps_its_place_over_many_lines),
        cmocka_unit_test(says_that_there_is_no_such_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
