/*
 * resolver: preloaded between a program and the C library, it answers for names of a test's own and
 * lets nobody out of the machine.
 *
 *   FAKE_HOSTS    a file: per line a name and what its first, second, ... lookup answers; behind the
 *                 last word it stays at that one. One lookup may answer several addresses: a,b
 *   FAKE_LOOKUPS  a file to which every lookup of such a name is appended
 *   FAKE_CALLS    a file to which the address of every connect() is appended that is no loopback
 *                 address; the caller is told that it was refused
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE 4096

static void append(const char *variable, const char *text)
{
    char line[LINE];
    int len = snprintf(line, sizeof(line), "%s\n", text);
    int fd = open(getenv(variable), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, line, (size_t)len) != len)
        abort();
    close(fd);
}

static int count_lookups(const char *name)
{
    char line[LINE], *rest;
    int count = 0;
    FILE *log = fopen(getenv("FAKE_LOOKUPS"), "re");
    while (log != NULL && fgets(line, sizeof(line), log) != NULL)
        count += strcmp(strtok_r(line, "\n", &rest), name) == 0;
    if (log != NULL)
        fclose(log);
    return count;
}

/* The answer to this lookup of the name; 0 if it is none of ours. */
static int find_answer(const char *name, char out[LINE])
{
    char line[LINE], *rest;
    int found = 0;
    FILE *hosts = fopen(getenv("FAKE_HOSTS"), "re");
    while (hosts != NULL && !found && fgets(line, sizeof(line), hosts) != NULL) {
        char *word = strtok_r(line, " \n", &rest);
        found = word != NULL && strcmp(word, name) == 0;
        for (int left = count_lookups(name); found && left >= 0; left--) {
            word = strtok_r(NULL, " \n", &rest);
            if (word == NULL)
                break;
            snprintf(out, LINE, "%s", word);
        }
    }
    if (hosts != NULL)
        fclose(hosts);
    return found;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    static int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    char answer[LINE], *rest;
    struct addrinfo **tail = out;
    if (next == NULL)
        next = (int (*)(const char *, const char *, const struct addrinfo *,
                        struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
    if (name == NULL || !find_answer(name, answer))
        return next(name, service, hints, out);
    append("FAKE_LOOKUPS", name);
    *out = NULL;
    for (char *one = strtok_r(answer, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
        struct addrinfo numeric = {
            .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
        if (next(one, service, &numeric, tail) != 0)
            abort();
        while (*tail != NULL)
            tail = &(*tail)->ai_next;
    }
    return 0;
}

static int is_outside(const struct sockaddr *address, char out[LINE])
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, out, LINE);
        return ntohl(v4->sin_addr.s_addr) >> 24 != 127;
    }
    if (address->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &v6->sin6_addr, out, LINE);
        return !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    }
    return 0;
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    static int (*next)(int, const struct sockaddr *, socklen_t);
    char text[LINE];
    if (next == NULL)
        next = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    if (!is_outside(address, text))
        return next(fd, address, len);
    append("FAKE_CALLS", text);
    errno = ECONNREFUSED;
    return -1;
}
