#include "engine/reader_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attributes.h"
#include "model/packet.h"

/* What is taken in one go: a few hundred rows, so that leases and reports need not wait. */
#define RECEIVE ((size_t)64 * 1024)
/* Who is killed is gone in a few milliseconds, unless the disk holds it. */
#define DYING_MS 50

/* ---- dying ---- */

bool reader_process_reap(struct reader_process *p)
{
    bool all = true;
    for (size_t i = 0; i < COUNT_OF(p->dying); i++) {
        if (p->dying[i] != 0 && waitpid(p->dying[i], NULL, WNOHANG) != 0)
            p->dying[i] = 0;
        all = all && p->dying[i] == 0;
    }
    return all;
}

static pid_t *find_grave(struct reader_process *p)
{
    for (size_t i = 0; i < COUNT_OF(p->dying); i++) {
        if (p->dying[i] == 0)
            return &p->dying[i];
    }
    return NULL;
}

/* True and its status if it died within a moment. */
static bool wait_a_moment(pid_t pid, int *out_status)
{
    struct pollfd fd = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    if (fd.fd >= 0) {
        poll(&fd, 1, DYING_MS);
        close(fd.fd);
    }
    return waitpid(pid, out_status, WNOHANG) == pid;
}

/* ---- */

int reader_process_start(struct reader_process *p, struct reader_task *task, struct setup *setup,
                         struct error *err)
{
    int pair[2];
    reader_process_reap(p);
    if (find_grave(p) == NULL) {
        close(task->notices);
        return error_set(err, ERR_AGAIN,
                         "%d readers before this one wait for the disk and cannot end",
                         READERS_DYING_MAX);
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        int rc = error_errno(err, ERR_AGAIN, "cannot make a socket for the reader");
        close(task->notices);
        return rc;
    }
    task->socket = pair[1];
    task->setup = setup;
    pid_t pid = fork();
    if (pid == 0)
        reader_main(task);
    int rc = pid > 0 ? 0 : error_errno(err, ERR_AGAIN, "cannot start the reader");
    close(pair[1]);
    close(task->notices);
    if (rc != 0) {
        close(pair[0]);
        return rc;
    }
    p->pid = pid;
    p->socket = pair[0];
    p->setup = setup_retain(setup);
    return 0;
}

/* Behind the messages that were used. */
static void drop_used(struct reader_process *p)
{
    if (p->used == 0)
        return;
    memmove(p->in.data, p->in.data + p->used, p->in.len - p->used);
    buf_truncate(&p->in, p->in.len - p->used);
    p->used = 0;
}

void reader_process_receive(struct reader_process *p)
{
    ssize_t got;
    drop_used(p);
    buf_reserve(&p->in, RECEIVE);
    do {
        got = recv(p->socket, p->in.data + p->in.len, RECEIVE, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        p->in.len += (size_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        p->ended = true;
}

int reader_process_next(struct reader_process *p, struct reader_message *out, struct error *err)
{
    const char *payload;
    size_t len;
    int found = frame_peek(&p->in, p->used, &payload, &len, err);
    if (found <= 0)
        return found;
    p->used = (size_t)(payload + len - p->in.data);
    int rc = reader_decode(payload, len, p->setup->settings, out, err);
    return rc == 0 ? 1 : rc;
}

int reader_process_end(struct reader_process *p, char *how, size_t size)
{
    int status = 0, number = 0;
    snprintf(how, size, "it did not run");
    if (p->pid == 0)
        return 0;
    /* One that is ending anyway keeps the status it ends with. */
    kill(p->pid, SIGKILL);
    if (!wait_a_moment(p->pid, &status)) {
        *find_grave(p) = p->pid; /* reader_process_start() saw to it that there is one */
        number = SIGKILL;
        snprintf(how, size, "killed, and not gone yet");
    } else if (WIFSIGNALED(status)) {
        number = WTERMSIG(status);
        const char *name = sigabbrev_np(number);
        snprintf(how, size, "signal %d (%s)", number, name != NULL ? name : "?");
    } else {
        snprintf(how, size, "status %d", WEXITSTATUS(status));
    }
    close(p->socket);
    setup_release(p->setup);
    buf_free(&p->in);
    p->pid = 0;
    p->socket = -1;
    p->setup = NULL;
    p->used = 0;
    p->ended = false;
    return number;
}
