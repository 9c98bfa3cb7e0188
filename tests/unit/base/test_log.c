#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"

static int real_stderr = -1;
static int captured[2];

static int capture(void **state)
{
    (void)state;
    log_set_level(LOG_INFO);
    log_set_process("test");
    real_stderr = dup(STDERR_FILENO);
    return pipe(captured) == 0 && dup2(captured[1], STDERR_FILENO) >= 0 ? 0 : -1;
}

/* Everything logged since capture(); stderr is itself again. */
static void take(struct buf *out)
{
    struct error err;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(captured[1]);
    assert_int_equal(file_read_stream(captured[0], "the log", 100000, out, &err), 0);
    close(captured[0]);
}

static size_t count_lines(const struct buf *log)
{
    size_t lines = 0;
    for (const char *at = buf_text(log); *at != '\0'; at++)
        lines += *at == '\n' ? 1 : 0;
    return lines;
}

static void writes_one_line_per_event(void **state)
{
    (void)state;
    struct buf log = {0};
    char behind_time[200];
    log_event(LOG_INFO, "delivery.done", "id=%s channel=%s", "n-1", "email");
    take(&log);
    snprintf(behind_time, sizeof(behind_time),
             " info test[%d] event=delivery.done id=n-1 channel=email\n", (int)getpid());
    assert_int_equal(log.len, 24 + strlen(behind_time));
    assert_int_equal(log.data[10], 'T');
    assert_int_equal(log.data[23], 'Z');
    assert_string_equal(log.data + 24, behind_time);
    buf_free(&log);
}

static void never_lets_a_value_forge_a_line(void **state)
{
    (void)state;
    struct buf log = {0};
    log_event(LOG_WARN, "x", "value=%s", "a\n2026-01-01T00:00:00.000Z error forged\r\x1b[2J\xff");
    take(&log);
    assert_int_equal(count_lines(&log), 1);
    assert_non_null(strstr(log.data, "value=a\\x0a2026"));
    assert_non_null(strstr(log.data, "forged\\x0d\\x1b[2J\\xff\n"));
    buf_free(&log);
}

static void keeps_to_its_level(void **state)
{
    (void)state;
    struct buf log = {0};
    log_set_level(LOG_WARN);
    log_event(LOG_ERR, "first", "n=1");
    log_event(LOG_WARN, "second", "n=2");
    log_event(LOG_INFO, "third", "n=3");
    log_event(LOG_DEBUG, "fourth", "n=4");
    log_set_level(LOG_DEBUG);
    log_event(LOG_DEBUG, "fifth", "n=5");
    take(&log);
    assert_int_equal(count_lines(&log), 3);
    assert_non_null(strstr(log.data, " error test["));
    assert_non_null(strstr(log.data, " warn test["));
    assert_null(strstr(log.data, "third"));
    assert_null(strstr(log.data, "fourth"));
    assert_non_null(strstr(log.data, " debug test["));
    buf_free(&log);
}

static void cuts_a_text_that_never_ends(void **state)
{
    (void)state;
    struct buf log = {0};
    static char endless[20000];
    memset(endless, 'x', sizeof(endless) - 1);
    log_event(LOG_INFO, "long", "v=%s", endless);
    take(&log);
    assert_int_equal(count_lines(&log), 1);
    assert_int_equal(log.data[log.len - 1], '\n');
    assert_true(log.len < 5000);
    buf_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(writes_one_line_per_event, capture),
        cmocka_unit_test_setup(never_lets_a_value_forge_a_line, capture),
        cmocka_unit_test_setup(keeps_to_its_level, capture),
        cmocka_unit_test_setup(cuts_a_text_that_never_ends, capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
