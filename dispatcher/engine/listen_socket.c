#include "engine/listen_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A gateway that has been waiting reports everything at once: Kannel opens 512 connections, and
 * with a short queue some of them are reset (the kernel's net.core.somaxconn may cut this). */
#define BACKLOG 4096

/* "[::1]:8025" into its halves. */
static bool split(const char *where, char host[64], char port[8])
{
    const char *colon = strrchr(where, ':');
    if (colon == NULL || colon == where)
        return false;
    size_t len = (size_t)(colon - where);
    bool bracketed = where[0] == '[' && where[len - 1] == ']';
    if (bracketed) {
        where++;
        len -= 2;
    }
    if (len == 0 || len >= 64 || strlen(colon + 1) >= 8 || colon[1] == '\0' ||
        (!bracketed && memchr(where, ':', len) != NULL))
        return false;
    snprintf(host, 64, "%.*s", (int)len, where);
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static int open_at(const char *where, const struct addrinfo *at, int *out_fd, struct error *err)
{
    const int yes = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_errno(err, ERR_IO, "cannot make a socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int rc = error_errno(err, ERR_CONFIG, "api.listen: cannot listen at %s", where);
        close(fd);
        return rc;
    }
    *out_fd = fd;
    return 0;
}

int listen_socket_open(const char *where, int *out_fd, bool *out_loopback, struct error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    char host[64], port[8];
    *out_fd = -1;
    if (!split(where, host, port) || getaddrinfo(host, port, &hints, &found) != 0)
        return error_set(err, ERR_CONFIG,
                         "api.listen: \"%s\" is no address and port; write it as 127.0.0.1:8025 or "
                         "[::1]:8025",
                         where);
    *out_loopback = is_loopback(found->ai_addr);
    int rc = open_at(where, found, out_fd, err);
    freeaddrinfo(found);
    return rc;
}
