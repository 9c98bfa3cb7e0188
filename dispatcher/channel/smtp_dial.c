#include "channel/smtp_dial.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#define STALL_MIN_MS 1000
#define STALL_STEP_MS                                                                              \
    1000 /* how stale the kernel's limit may be: told with every 2 KB it costs more                \
            than the copying */

/* The type <sys/socket.h> declares: a union that takes any sockaddr without a cast. */
typedef int connect_function(int fd, __CONST_SOCKADDR_ARG address, socklen_t len);

/*
 * The one mutable variable of the channels: connect() has no argument that could carry it. Per
 * thread, because libraries of the same process (libcurl's resolver) connect in threads of their
 * own and must not be caught.
 */
static _Thread_local struct smtp_dial *current;

void smtp_dial_begin(struct smtp_dial *dial)
{
    dial->fd = -1;
    dial->problem = 0;
    dial->cut = NULL;
    dial->stall_deadline_ms = -1;
    current = dial;
}

void smtp_dial_end(void)
{
    current = NULL;
}

void smtp_dial_cut(struct smtp_dial *dial, const char *why)
{
    if (dial->cut != NULL)
        return;
    dial->cut = why;
    if (dial->fd >= 0)
        shutdown(dial->fd, SHUT_RDWR);
}

bool smtp_dial_may_go_on(struct smtp_dial *dial)
{
    if (dial->cut == NULL && dial->now_ms(dial->context) >= dial->deadline_ms)
        smtp_dial_cut(dial, "timeout");
    return dial->cut == NULL;
}

bool smtp_dial_is_quiet(const struct smtp_dial *dial)
{
    struct pollfd peer = {.fd = dial->fd, .events = POLLIN | POLLRDHUP};
    return dial->fd < 0 || poll(&peer, 1, 0) == 0;
}

void smtp_dial_limit_stall(struct smtp_dial *dial)
{
    int64_t now_ms = dial->now_ms(dial->context);
    int64_t left_ms = dial->deadline_ms - now_ms;
    unsigned limit_ms = left_ms < STALL_MIN_MS ? STALL_MIN_MS : (unsigned)left_ms;
    int64_t age_ms = now_ms - dial->stall_told_ms;
    if (dial->stall_deadline_ms == dial->deadline_ms && age_ms >= 0 && age_ms < STALL_STEP_MS)
        return;
    dial->stall_deadline_ms = dial->deadline_ms;
    dial->stall_told_ms = now_ms;
    if (dial->stand_in < 0)
        setsockopt(dial->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof(limit_ms));
}

/* ISO C has no conversion from an object pointer to a function pointer; POSIX promises this one for
 * dlsym(). */
static connect_function *as_function(void *symbol)
{
    union {
        void *object;
        connect_function *function;
    } both = {.object = symbol};
    return both.function;
}

bool smtp_dial_is_interposed(void)
{
    return as_function(dlsym(RTLD_DEFAULT, "connect")) == connect;
}

static int fail(struct smtp_dial *dial, int problem)
{
    dial->problem = problem;
    errno = problem;
    return -1;
}

/* Waits until a connection begun without blocking is made. Returns 0 or an errno. */
static int await(int fd, int limit_ms)
{
    struct pollfd wait_for = {.fd = fd, .events = POLLOUT};
    int ready;
    do {
        ready = poll(&wait_for, 1, limit_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return ready == 0 ? ETIMEDOUT : errno;
    int problem = 0;
    socklen_t len = sizeof(problem);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) == 0 ? problem : errno;
}

static int dial_number(struct smtp_dial *dial, connect_function *real, int fd,
                       __CONST_SOCKADDR_ARG address, socklen_t len)
{
    int on = 1;
    if (!smtp_dial_may_go_on(dial))
        return fail(dial, ETIMEDOUT);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK); /* libesmtp does the same as soon as it is connected */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    int problem = real(fd, address, len) == 0 ? 0 : errno;
    if (problem == EINPROGRESS)
        problem = await(fd, dial->limit_ms);
    if (problem != 0)
        return fail(dial, problem);
    dial->fd = fd;
    dial->stall_deadline_ms = -1;
    return 0;
}

/* Name services connect too, to UNIX sockets and by UDP: only TCP is libesmtp's. */
static bool is_tcp(int fd, const struct sockaddr *address)
{
    int type = 0;
    socklen_t len = sizeof(type);
    return (address->sa_family == AF_INET || address->sa_family == AF_INET6) &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* Takes the place of the C library's for everything in the process. Its names are reserved ones. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    connect_function *real = as_function(dlsym(RTLD_NEXT, "connect"));
    if (current == NULL || !is_tcp(fd, address.__sockaddr__))
        return real(fd, address, len);
    if (current->stand_in < 0)
        return dial_number(current, real, fd, address, len);
    if (dup2(current->stand_in, fd) < 0)
        return fail(current, errno);
    current->fd = fd;
    return 0;
}
