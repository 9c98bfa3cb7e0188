/*
 * An HTTP receiver that costs next to nothing: reads requests with a Content-Length, answers 204,
 * keeps connections open. For measuring senders of webhooks; it checks nothing.
 *
 *     cc -O2 -o receiver receiver.c; receiver      prints "ready PORT", ends with its standard input
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 65536

struct client {
    int fd;
    size_t len;
    char bytes[ROOM];
};

/* Length of the first whole request, 0 if more bytes are needed. */
static size_t request_length(const struct client *c)
{
    const char *head = memmem(c->bytes, c->len, "\r\n\r\n", 4);
    if (head == NULL)
        return 0;
    size_t length = (size_t)(head - c->bytes) + 4;
    for (const char *at = c->bytes; at < head; at++)
        if (*at == '\n' && strncasecmp(at + 1, "content-length:", 15) == 0)
            length += strtoul(at + 16, NULL, 10);
    return length <= c->len ? length : 0;
}

/* False when the connection is over. */
static int serve(struct client *c)
{
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    ssize_t got = read(c->fd, c->bytes + c->len, ROOM - c->len);
    if (got <= 0)
        return 0;
    c->len += (size_t)got;
    for (size_t length; (length = request_length(c)) > 0;) {
        memmove(c->bytes, c->bytes + length, c->len - length);
        c->len -= length;
        if (write(c->fd, answer, sizeof(answer) - 1) < 0)
            return 0;
    }
    return c->len < ROOM;
}

static void watch(int epoll, int fd, void *data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        exit(1);
}

static void take_client(int epoll, int listener)
{
    int on = 1;
    struct client *c = calloc(1, sizeof(*c));
    c->fd = accept(listener, NULL, NULL);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    watch(epoll, c->fd, c);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 512) != 0)
        return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);
    watch(epoll, listener, &listener);
    watch(epoll, STDIN_FILENO, NULL);
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < count; i++) {
            struct client *c = events[i].data.ptr;
            if (c == NULL)
                return 0;
            if (events[i].data.ptr == &listener) {
                take_client(epoll, listener);
            } else if (!serve(c)) {
                close(c->fd);
                free(c);
            }
        }
    }
}
