/* The program that is executed as the API is this test itself: see main(). */
#include "engine/api_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/log.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

/* ---- the API that is started: tells each connection who it is and what it was told */

static int serve(int argc, char **argv)
{
    char line[400];
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    snprintf(line, sizeof(line), "%d %s %s %d", (int)getpid(),
             pid != NULL && strtol(pid, NULL, 10) == getpid() && count != NULL ? count : "-",
             fcntl(4, F_GETFD) < 0 ? "alone" : "loaded", argc);
    for (int i = 1; i < argc; i++) {
        size_t len = strlen(line);
        snprintf(line + len, sizeof(line) - len, " %s", argv[i]);
    }
    signal(SIGTERM, SIG_DFL);
    if (strcmp(argv[argc - 1], "a=crash") == 0)
        _exit(3);
    fcntl(3, F_SETFL, 0); /* it was handed over not blocking */
    for (;;) {
        int fd = accept(3, NULL, NULL);
        if (fd < 0)
            return 1;
        if (write(fd, line, strlen(line)) < 0)
            return 1;
        close(fd);
    }
}

/* ---- */

static struct config_override overrides[1] = {{"a", "b c"}};
static struct config_options config = {.overrides = overrides, .override_count = 1};
static struct api_process process;
static char where[40];

/* A port that was free a moment ago. */
static int open_stage(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    snprintf(where, sizeof(where), "127.0.0.1:%d", ntohs(address.sin_port));
    config.path = "x.yaml";
    overrides[0].value = "b c";
    log_set_level(LOG_ERR);
    api_process_init(&process, &config);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    api_process_end(&process);
    return 0;
}

static void use(const char *listen)
{
    const struct settings s = {.api_listen = TEXT(listen)};
    struct error err;
    if (api_process_use(&process, &s, 0, &err) != 0)
        fail_msg("%s", err.text);
}

/* What the process that listens there says; its pid. */
static int ask(char *out, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)strtol(strchr(where, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t len = 0;
    ssize_t got;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    while (len < size - 1 && (got = read(fd, out + len, size - 1 - len)) > 0)
        len += (size_t)got;
    out[len] = '\0';
    close(fd);
    return (int)strtol(out, NULL, 10);
}

static void starts_it_with_the_socket_and_nothing_else(void **state)
{
    (void)state;
    char said[400], expected[400];
    use(where);
    assert_int_equal(ask(said, sizeof(said)), process.pid);
    snprintf(expected, sizeof(expected), "%d 1 alone 6 api --config x.yaml --set a=b c",
             (int)process.pid);
    assert_string_equal(said, expected);
}

static void starts_nothing_where_nothing_shall_listen(void **state)
{
    (void)state;
    use(NULL);
    api_process_tend(&process, 100000);
    assert_int_equal(process.pid, 0);
    assert_int_equal(process.listener, -1);
}

/* Two that came meanwhile are served by the next one: nobody is turned away. */
static void starts_a_crashed_one_again_after_a_while(void **state)
{
    (void)state;
    char said[400];
    use(where);
    int first = ask(said, sizeof(said));
    kill(first, SIGKILL);
    for (int i = 0; i < 60000 && process.pid != 0; i++) {
        usleep(1000);
        api_process_tend(&process, 10);
    }
    assert_int_equal(process.pid, 0);
    api_process_tend(&process, 900);
    assert_int_equal(process.pid, 0);
    api_process_tend(&process, 1010);
    int second = ask(said, sizeof(said));
    assert_int_equal(second, process.pid);
    assert_int_not_equal(second, first);
}

static int64_t wait_of_next_death(int64_t now_ms)
{
    for (int i = 0; i < 60000 && process.pid != 0; i++) {
        usleep(1000);
        api_process_tend(&process, now_ms);
    }
    assert_int_equal(process.pid, 0);
    return process.next_start_ms - now_ms;
}

static void waits_longer_for_one_that_dies_at_once(void **state)
{
    (void)state;
    static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    int64_t now_ms = 0;
    overrides[0].value = "crash";
    config.path = NULL;
    use(where);
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        assert_int_equal(wait_of_next_death(now_ms), waits[i]);
        now_ms = process.next_start_ms;
        api_process_tend(&process, now_ms);
    }
    /* One that lived for a minute has shown that it can. */
    assert_int_equal(wait_of_next_death(now_ms + 60000), 1000);
}

static void wait_until_the_old_one_left(void)
{
    for (int i = 0; i < 60000 && process.leaving != 0; i++) {
        usleep(1000);
        api_process_tend(&process, 0);
    }
    assert_int_equal(process.leaving, 0);
}

static void replaces_it_at_a_reload(void **state)
{
    (void)state;
    char said[400];
    use(where);
    int first = ask(said, sizeof(said));
    int listener = process.listener;
    use(where);
    assert_int_equal(process.listener, listener);
    assert_int_not_equal(process.pid, first);
    wait_until_the_old_one_left();
    assert_int_equal(kill(first, 0), -1);
    assert_int_equal(ask(said, sizeof(said)), process.pid);
    use(NULL);
    assert_int_equal(process.pid, 0);
    wait_until_the_old_one_left();
    assert_int_equal(ask(said, sizeof(said)), -1);
}

static void keeps_what_it_has_when_it_cannot_listen_elsewhere(void **state)
{
    (void)state;
    char said[400];
    struct error err;
    const struct settings s = {.api_listen = TEXT("192.0.2.1:1")};
    use(where);
    int first = ask(said, sizeof(said));
    assert_int_equal(api_process_use(&process, &s, 0, &err), ERR_CONFIG);
    assert_int_equal(ask(said, sizeof(said)), first);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "api") == 0)
        return serve(argc, argv);
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        ON_STAGE(starts_it_with_the_socket_and_nothing_else),
        ON_STAGE(starts_nothing_where_nothing_shall_listen),
        ON_STAGE(starts_a_crashed_one_again_after_a_while),
        ON_STAGE(waits_longer_for_one_that_dies_at_once),
        ON_STAGE(replaces_it_at_a_reload),
        ON_STAGE(keeps_what_it_has_when_it_cannot_listen_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
