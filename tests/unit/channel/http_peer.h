/*
 * Peers for the tests of this folder: a canned HTTP server that does one thing to every request,
 * and the HTTPS receiver of tests/peers. Everything ends with the test.
 */
#ifndef TESTS_CHANNEL_HTTP_PEER_H
#define TESTS_CHANNEL_HTTP_PEER_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/attributes.h"
#include "base/buf.h"

enum canned_action {
    CANNED_ANSWER,      /* send the response, keep the connection */
    CANNED_HANG,        /* read the request, never answer */
    CANNED_RESET,       /* read the request, reset the connection */
    CANNED_DRIP,        /* send the response, then a byte now and then for ever */
    CANNED_ENDLESS,     /* send the response, then bytes for ever */
    CANNED_DROP_SECOND, /* answer the first request of a connection, close it on the second */
    CANNED_GREET,       /* close at once, before anything is read */
};

struct canned {
    pid_t pid;
    int port;
    int requests; /* a pipe: every request as it came, whole */
};

UNUSED static int listen_on_loopback(int *out_port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(any);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&any, size) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&any, &size) != 0)
        abort();
    *out_port = ntohs(any.sin_port);
    return fd;
}

/* A port that refuses, and that nobody else is given until the caller closes the descriptor. */
UNUSED static int refuse_on_loopback(int *out_port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(any);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&any, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&any, &size) != 0)
        abort();
    *out_port = ntohs(any.sin_port);
    return fd;
}

/* One whole request into `out`; false at the end of the connection. */
static bool read_request(int fd, struct buf *out)
{
    char bytes[4096];
    buf_reset(out);
    for (;;) {
        const char *end = strstr(buf_text(out), "\r\n\r\n");
        const char *length = strstr(buf_text(out), "Content-Length: ");
        size_t body = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
        if (end != NULL && out->len >= (size_t)(end - out->data) + 4 + body)
            return true;
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n <= 0)
            return false;
        buf_put(out, bytes, (size_t)n);
    }
}

static void send_text(int fd, const char *text, size_t len)
{
    if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        _exit(0);
}

static void pour(int fd, unsigned wait_us)
{
    static const char bytes[1000] = {'x'};
    for (;;) {
        send_text(fd, bytes, wait_us > 0 ? 1 : sizeof(bytes));
        nanosleep(&(struct timespec){.tv_nsec = (long)wait_us * 1000}, NULL);
    }
}

static void serve_connection(int fd, int log, enum canned_action action, const char *response)
{
    struct buf request = {0};
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test does not come to canned_stop() */
    if (action == CANNED_GREET)
        _exit(0);
    for (int n = 0; read_request(fd, &request); n++) {
        if (write(log, request.data, request.len) < 0)
            _exit(1);
        if (action == CANNED_HANG)
            pause();
        if (action == CANNED_RESET)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        if (action == CANNED_RESET || (action == CANNED_DROP_SECOND && n == 1))
            _exit(0);
        send_text(fd, response, strlen(response));
        if (action == CANNED_DRIP || action == CANNED_ENDLESS)
            pour(fd, action == CANNED_DRIP ? 100000 : 0);
    }
    _exit(0);
}

static void serve(int listener, int log, enum canned_action action, const char *response)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fork() == 0)
            serve_connection(fd, log, action, response);
        close(fd);
    }
}

UNUSED static struct canned canned_start(enum canned_action action, const char *response)
{
    struct canned c = {0};
    int pipes[2], listener = listen_on_loopback(&c.port);
    if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0)
        abort();
    c.requests = pipes[0];
    c.pid = fork();
    if (c.pid == 0) {
        setpgid(0, 0);
        serve(listener, pipes[1], action, response);
    }
    setpgid(c.pid, c.pid);
    close(pipes[1]);
    close(listener);
    return c;
}

/* What came so far. */
UNUSED static void canned_read(const struct canned *c, struct buf *out)
{
    char bytes[4096];
    ssize_t n;
    while ((n = read(c->requests, bytes, sizeof(bytes))) > 0)
        buf_put(out, bytes, (size_t)n);
}

UNUSED static void canned_stop(struct canned *c)
{
    kill(-c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    close(c->requests);
}

UNUSED static size_t count_text(const struct buf *text, const char *what)
{
    size_t count = 0;
    for (const char *at = buf_text(text); (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

/* ---- tests/peers/https_receiver.py */

struct receiver {
    char directory[64]; /* ca.pem and the rest of tests/peers/ca.sh, received.jsonl */
    pid_t pid;
    int port;
    int in;
};

UNUSED static void run_shell(const char *command)
{
    pid_t pid = fork();
    int status = -1;
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || status != 0)
        abort();
}

/* `certificate` is one of ca.sh: "server", "expired", "wrong-name", "self-signed"; NULL: plain
 * HTTP. */
UNUSED static void receiver_start(struct receiver *r, const char *certificate, const char *secret)
{
    int in[2], out[2];
    char command[1000], line[64] = "";
    snprintf(r->directory, sizeof(r->directory), "/tmp/dispatcher-test-XXXXXX");
    if (mkdtemp(r->directory) == NULL || pipe(in) != 0 || pipe(out) != 0)
        abort();
    snprintf(command, sizeof(command), "sh tests/peers/ca.sh %s", r->directory);
    run_shell(command);
    if (certificate == NULL)
        snprintf(command, sizeof(command),
                 "exec python3 tests/peers/https_receiver.py --dir %s --secret %s --plain",
                 r->directory, secret);
    else
        snprintf(command, sizeof(command),
                 "exec python3 tests/peers/https_receiver.py --dir %s --secret %s "
                 "--cert %s/%s.pem --key %s/%s.key",
                 r->directory, secret, r->directory, certificate, r->directory, certificate);
    r->pid = fork();
    if (r->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    r->in = in[1];
    for (size_t n = 0; n < sizeof(line) - 1 && strchr(line, '\n') == NULL; n++) {
        if (read(out[0], line + n, 1) != 1)
            abort();
    }
    if (sscanf(line, "ready %d", &r->port) != 1)
        abort();
    close(out[0]);
}

UNUSED static void receiver_stop(struct receiver *r)
{
    char command[100];
    kill(r->pid, SIGTERM);
    waitpid(r->pid, NULL, 0);
    close(r->in);
    snprintf(command, sizeof(command), "rm -rf %s", r->directory);
    run_shell(command);
}

UNUSED static int64_t elapsed_ms(const struct timespec *since)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

#endif
