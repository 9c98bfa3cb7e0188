#include "engine/control.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/requests.h"

void control_describe_user(uid_t uid, char *out, size_t size)
{
    const struct passwd *user = getpwuid(uid);
    snprintf(out, size, "uid %u (%.40s)", (unsigned)uid, user != NULL ? user->pw_name : "unknown");
}

int control_open(struct control *c, const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *c = (struct control){.listener = -1};
    if (strlen(path) >= sizeof(address.sun_path))
        return error_set(
            err, ERR_CONFIG,
            "control_socket: the path %s is longer than the %zu bytes a UNIX socket may "
            "have; choose a shorter one",
            path, sizeof(address.sun_path) - 1);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->listener < 0)
        return error_errno(err, ERR_IO, "cannot make a socket");
    unlink(path);
    mode_t old = umask(0117);
    int rc = bind(c->listener, (const struct sockaddr *)&address, sizeof(address));
    umask(old);
    if (rc != 0 || listen(c->listener, 64) != 0) {
        rc = error_errno(err, ERR_CONFIG, "cannot listen on the control socket %s", path);
        close(c->listener);
        c->listener = -1;
        return rc;
    }
    c->path = xstrdup(path);
    return 0;
}

static void drop_client(struct control *c, size_t index)
{
    close(c->clients[index].fd);
    buf_free(&c->clients[index].in);
    buf_free(&c->clients[index].out);
    c->clients[index] = c->clients[--c->count];
}

void control_close(struct control *c)
{
    while (c->count > 0)
        drop_client(c, c->count - 1);
    if (c->listener >= 0)
        close(c->listener);
    if (c->path != NULL)
        unlink(c->path);
    free(c->path);
    *c = (struct control){.listener = -1};
}

size_t control_poll(const struct control *c, struct pollfd *fds)
{
    bool room = c->count < CONTROL_CLIENTS_MAX;
    fds[0] = (struct pollfd){.fd = c->listener, .events = (short)(room ? POLLIN : 0)};
    for (size_t i = 0; i < c->count; i++) {
        bool pending = c->clients[i].out_sent < c->clients[i].out.len;
        fds[i + 1] =
            (struct pollfd){.fd = c->clients[i].fd, .events = (short)(pending ? POLLOUT : POLLIN)};
    }
    return c->count + 1;
}

static void admit_client(struct control *c)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t size = sizeof(peer);
    int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        close(fd);
        return;
    }
    struct control_client *client = &c->clients[c->count++];
    *client = (struct control_client){.fd = fd};
    control_describe_user(peer.uid, client->who, sizeof(client->who));
}

static void flush_client(struct control_client *client)
{
    while (client->out_sent < client->out.len) {
        ssize_t sent = send(client->fd, client->out.data + client->out_sent,
                            client->out.len - client->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            client->ending = true;
        if (sent <= 0)
            return;
        client->out_sent += (size_t)sent;
    }
    buf_reset(&client->out);
    client->out_sent = 0;
}

/* One request at a time: the next line waits in `in` until the answer is on its way. */
static void answer_lines(struct control *c, struct control_client *client)
{
    char *newline;
    while (client->out.len == 0 && client->in.len > 0 &&
           (newline = memchr(client->in.data, '\n', client->in.len)) != NULL) {
        size_t len = (size_t)(newline - client->in.data);
        c->handle(c->context, client->who, client->in.data, len, &client->out);
        memmove(client->in.data, newline + 1, client->in.len - len - 1);
        buf_truncate(&client->in, client->in.len - len - 1);
        flush_client(client);
    }
}

static void read_client(struct control *c, struct control_client *client)
{
    buf_reserve(&client->in, 16384);
    ssize_t got = recv(client->fd, client->in.data + client->in.len, 16384, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        client->ending = true;
    if (got <= 0)
        return;
    client->in.len += (size_t)got;
    client->in.data[client->in.len] = '\0';
    answer_lines(c, client);
    if (client->in.len > REQUEST_MAX)
        client->ending = true;
}

void control_serve(struct control *c, const struct pollfd *fds)
{
    for (size_t i = c->count; i-- > 0;) {
        struct control_client *client = &c->clients[i];
        short ready = fds[i + 1].revents;
        if ((ready & POLLOUT) != 0) {
            flush_client(client);
            answer_lines(c, client);
        }
        if ((ready & (POLLIN | POLLHUP | POLLERR)) != 0)
            read_client(c, client);
        if (client->ending)
            drop_client(c, i);
    }
    if ((fds[0].revents & POLLIN) != 0)
        admit_client(c);
}
