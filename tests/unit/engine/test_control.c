#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/attributes.h"
#include "engine/control.h"
#include "engine/requests.h"

static char directory[64];
static char path[96];
static struct control control;
static int handled;

/* Answers every line with itself. */
static void echo(void *context, const struct control_client *client, const char *line, size_t len,
                 struct buf *out)
{
    (void)context;
    (void)client;
    handled++;
    buf_put(out, line, len);
    buf_putc(out, '\n');
}

static int open_control(void **state)
{
    struct error err;
    (void)state;
    handled = 0;
    snprintf(directory, sizeof(directory), "/tmp/dispatcher-test-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/s", directory);
    if (control_open(&control, path, &err) != 0)
        return -1;
    control.handle = echo;
    return 0;
}

static int close_control(void **state)
{
    (void)state;
    control_close(&control);
    remove(path);
    return rmdir(directory);
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* One turn of the loop. */
static void turn(void)
{
    struct pollfd fds[CONTROL_CLIENTS_MAX + 1];
    size_t count = control_poll(&control, fds);
    if (poll(fds, (nfds_t)count, 50) > 0)
        control_serve(&control, fds);
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void assert_hears(int fd, const char *text)
{
    char heard[200];
    ssize_t got = recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT);
    assert_true(got >= 0);
    heard[got] = '\0';
    assert_string_equal(heard, text);
}

static void answers_one_request_for_each_turn(void **state)
{
    (void)state;
    int fd = dial();
    turn();
    say(fd, "a\nb\nc\n");
    turn();
    assert_int_equal(handled, 1);
    assert_hears(fd, "a\n");
    turn();
    turn();
    assert_hears(fd, "b\nc\n");
    close(fd);
}

static void waits_for_the_rest_of_a_line(void **state)
{
    (void)state;
    int fd = dial();
    turn();
    say(fd, "hal");
    turn();
    assert_int_equal(handled, 0);
    say(fd, "lo\n");
    turn();
    assert_hears(fd, "hallo\n");
    close(fd);
}

static void drops_the_most_silent_when_all_places_are_taken(void **state)
{
    int fds[CONTROL_CLIENTS_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = dial();
        turn();
    }
    say(fds[0], "here\n");
    turn();
    assert_hears(fds[0], "here\n");
    int late = dial();
    turn();
    say(late, "late\n");
    turn();
    assert_hears(late, "late\n");
    say(fds[0], "still\n");
    turn();
    assert_hears(fds[0], "still\n");
    assert_hears(fds[1], ""); /* closed */
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    close(late);
}

static void refuses_a_request_without_end(void **state)
{
    static char part[8192];
    char heard[200];
    (void)state;
    memset(part, 'x', sizeof(part) - 1);
    int fd = dial();
    turn();
    for (size_t i = 0; i < 10 && control.count > 0; i++) {
        say(fd, part);
        turn();
    }
    assert_int_equal(control.count, 0);
    assert_int_equal(handled, 0);
    ssize_t got = recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT);
    assert_true(got > 0);
    heard[got] = '\0';
    assert_non_null(strstr(heard, "longer than 65536 bytes"));
    close(fd);
}

/* An answer larger than every buffer waits for its reader, and costs others nothing. */
static void a_slow_reader_waits_alone(void **state)
{
    static char line[60000];
    size_t total = 0;
    (void)state;
    memset(line, 'y', sizeof(line) - 2);
    line[sizeof(line) - 2] = '\n';
    int slow = dial(), quick = dial();
    turn();
    turn();
    for (int i = 0; i < 40 && handled == i; i++) {
        if (send(slow, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            break;
        turn();
        turn();
    }
    int before = handled;
    say(quick, "q\n");
    turn();
    assert_int_equal(handled, before + 1);
    assert_hears(quick, "q\n");
    for (int i = 0; i < 200; i++) {
        static char sink[65536];
        ssize_t got = recv(slow, sink, sizeof(sink), MSG_DONTWAIT);
        total += got > 0 ? (size_t)got : 0;
        turn();
    }
    assert_int_equal(total % (sizeof(line) - 1), 0);
    close(slow);
    close(quick);
}

static void replaces_an_old_socket_but_nothing_else(void **state)
{
    struct control second;
    struct error err;
    char file[96];
    (void)state;
    assert_int_equal(control_open(&second, path, &err), 0);
    control_close(&second);
    snprintf(file, sizeof(file), "%s/file", directory);
    FILE *precious = fopen(file, "w");
    assert_non_null(precious);
    fclose(precious);
    assert_int_equal(control_open(&second, file, &err), ERR_CONFIG);
    assert_int_equal(access(file, F_OK), 0);
    remove(file);
}

#define WITH_CONTROL(test) cmocka_unit_test_setup_teardown(test, open_control, close_control)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CONTROL(answers_one_request_for_each_turn),
        WITH_CONTROL(waits_for_the_rest_of_a_line),
        WITH_CONTROL(drops_the_most_silent_when_all_places_are_taken),
        WITH_CONTROL(refuses_a_request_without_end),
        WITH_CONTROL(a_slow_reader_waits_alone),
        WITH_CONTROL(replaces_an_old_socket_but_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
