/* Starts the Python peers of tests/peers for the tests of this folder. Only for tests: everything
 * fails the process. */
#ifndef TESTS_CHANNEL_PEER_H
#define TESTS_CHANNEL_PEER_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"

struct peer {
    pid_t pid;
    int port;
    int keep_alive; /* its standard input: closed, it ends */
};

static inline void peer_die(const char *what)
{
    perror(what);
    exit(99);
}

/* Runs a program to its end; true if it succeeded. */
static inline bool peer_run(const char *const *arguments)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        peer_die(arguments[0]);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Starts a peer and waits until it says "ready PORT". */
static inline struct peer peer_start(const char *const *arguments)
{
    int in[2], out[2];
    char line[64] = "";
    struct peer p = {0};
    if (pipe(in) != 0 || pipe(out) != 0 || (p.pid = fork()) < 0)
        peer_die("peer_start");
    if (p.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    p.keep_alive = in[1];
    for (size_t len = 0; len + 1 < sizeof(line) && strchr(line, '\n') == NULL;) {
        ssize_t got = read(out[0], line + len, sizeof(line) - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    close(out[0]);
    if (sscanf(line, "ready %d", &p.port) != 1)
        peer_die("the peer did not start");
    return p;
}

static inline void peer_stop(struct peer *p)
{
    close(p->keep_alive);
    kill(p->pid, SIGTERM);
    waitpid(p->pid, NULL, 0);
}

/* A file of the peer's directory; "" if it is not there. Caller frees with buf_free(). */
static inline struct buf peer_file(const char *directory, const char *name)
{
    struct buf b = {0};
    struct error err = {0};
    char *path = file_join(directory, name);
    (void)!file_read_path(path, 64 * 1024 * 1024, &b, &err);
    buf_puts(&b, "");
    free(path);
    return b;
}

static inline size_t peer_count(const struct buf *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text->data; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

static inline void peer_remove(const char *directory)
{
    const char *const arguments[] = {"rm", "-rf", directory, NULL};
    (void)!peer_run(arguments);
}

#endif
