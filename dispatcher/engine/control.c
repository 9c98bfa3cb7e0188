#include "engine/control.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "engine/requests.h"

void control_describe_user(uid_t uid, char *out, size_t size)
{
    const struct passwd *user = getpwuid(uid);
    snprintf(out, size, "uid %u (%.40s)", (unsigned)uid, user != NULL ? user->pw_name : "unknown");
}

/* What a daemon before us left is removed, but only a socket: the path may be a mistake. */
static int remove_old_socket(const char *path, struct error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return 0; /* bind() says what else is wrong */
    if (!S_ISSOCK(st.st_mode))
        return error_set(err, ERR_CONFIG,
                         "control_socket: %s is there and is no socket; choose another path", path);
    unlink(path);
    return 0;
}

static int listen_at(int fd, const struct sockaddr_un *address, struct error *err)
{
    mode_t old = umask(0117);
    int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    umask(old);
    if (rc == 0)
        rc = listen(fd, 64);
    return rc == 0 ? 0
                   : error_errno(err, ERR_CONFIG, "cannot listen on the control socket %s",
                                 address->sun_path);
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
    int rc = remove_old_socket(path, err);
    if (rc != 0)
        return rc;
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->listener < 0)
        return error_errno(err, ERR_IO, "cannot make a socket");
    rc = listen_at(c->listener, &address, err);
    if (rc != 0) {
        close(c->listener);
        c->listener = -1;
        return rc;
    }
    c->path = xstrdup(path);
    return 0;
}

void control_share(const struct control *c, bool shared)
{
    if (chmod(c->path, shared ? 0666 : 0660) != 0)
        log_event(LOG_WARN, "control.mode", "socket=%s reason=\"%s\"", c->path,
                  strerrordesc_np(errno));
}

static void drop_client(struct control *c, size_t index)
{
    close(c->clients[index].fd);
    buf_free(&c->clients[index].in);
    buf_free(&c->clients[index].out);
    peer_free(&c->clients[index].peer);
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

static bool has_line(const struct control_client *client)
{
    return client->in.len > 0 && memchr(client->in.data, '\n', client->in.len) != NULL;
}

/* A client that still has an answer to read, or a request that waits for its turn, is not read
 * from. */
static short events_of(const struct control_client *client)
{
    return client->out_sent < client->out.len || has_line(client) ? POLLOUT : POLLIN;
}

size_t control_poll(const struct control *c, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = c->listener, .events = POLLIN};
    for (size_t i = 0; i < c->count; i++)
        fds[i + 1] = (struct pollfd){.fd = c->clients[i].fd, .events = events_of(&c->clients[i])};
    return c->count + 1;
}

/* ---- one client ---- */

static void flush_client(struct control_client *client)
{
    while (client->out_sent < client->out.len) {
        ssize_t sent = send(client->fd, client->out.data + client->out_sent,
                            client->out.len - client->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            client->gone = true;
        if (sent <= 0)
            return;
        client->out_sent += (size_t)sent;
    }
    buf_reset(&client->out);
    client->out_sent = 0;
    client->gone = client->gone || client->ending;
}

/* One request for each turn of the loop: whoever sends a thousand at once waits for a thousand
 * turns, and nobody else does. */
static void answer_line(struct control *c, struct control_client *client)
{
    if (client->out.len > 0 || !has_line(client))
        return;
    char *newline = memchr(client->in.data, '\n', client->in.len);
    size_t len = (size_t)(newline - client->in.data);
    c->handle(c->context, client, client->in.data, len, &client->out);
    memmove(client->in.data, newline + 1, client->in.len - len - 1);
    buf_truncate(&client->in, client->in.len - len - 1);
    flush_client(client);
}

static void refuse_length(struct control_client *client)
{
    buf_printf(&client->out,
               "{\"v\":1,\"error\":\"the request is longer than %d bytes; ask for less at "
               "once\",\"code\":%d}\n",
               REQUEST_MAX, ERR_USAGE);
    buf_reset(&client->in);
    client->ending = true;
    flush_client(client);
}

/* Takes what is there, or one byte more than a request may have: that is enough to refuse it. */
static void read_client(struct control_client *client)
{
    size_t room = REQUEST_MAX + 2 - client->in.len;
    buf_reserve(&client->in, room);
    ssize_t got = recv(client->fd, client->in.data + client->in.len, room, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        client->gone = true;
    if (got <= 0)
        return;
    buf_truncate(&client->in, client->in.len + (size_t)got);
    if (client->in.len > REQUEST_MAX + 1 && !has_line(client))
        refuse_length(client);
}

static void serve_client(struct control *c, struct control_client *client, short ready)
{
    if (ready == 0)
        return;
    client->active = c->turn;
    if ((ready & POLLOUT) != 0)
        flush_client(client);
    if ((ready & (POLLIN | POLLHUP | POLLERR)) != 0)
        read_client(client);
    if (!client->ending && !client->gone)
        answer_line(c, client);
}

/* ---- all of them ---- */

static void drop_most_silent(struct control *c)
{
    size_t silent = 0;
    for (size_t i = 1; i < c->count; i++) {
        if (c->clients[i].active < c->clients[silent].active)
            silent = i;
    }
    drop_client(c, silent);
}

/* Asked once for each in a row: a directory service that hangs must not stop the loop with every
 * `status`. */
static void describe_peer(struct control *c, uid_t uid, char *out, size_t size)
{
    if (c->known_who[0] == '\0' || c->known_uid != uid)
        control_describe_user(uid, c->known_who, sizeof(c->known_who));
    c->known_uid = uid;
    snprintf(out, size, "%s", c->known_who);
}

/* Whoever waits to be admitted wakes poll() again at once. Without a descriptor for him that would
 * be a loop as fast as it can. */
#define NO_DESCRIPTOR_MS 20

static void wait_for_descriptor(void)
{
    const struct timespec pause = {.tv_nsec = NO_DESCRIPTOR_MS * 1000000L};
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        nanosleep(&pause, NULL);
}

static void admit_client(struct control *c)
{
    struct peer peer;
    struct error ignored;
    int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        wait_for_descriptor();
        return;
    }
    if (peer_read(fd, &peer, &ignored) != 0) {
        close(fd);
        return;
    }
    if (c->count == CONTROL_CLIENTS_MAX)
        drop_most_silent(c);
    struct control_client *client = &c->clients[c->count++];
    *client = (struct control_client){.fd = fd, .peer = peer, .active = c->turn};
    describe_peer(c, peer.uid, client->who, sizeof(client->who));
}

void control_serve(struct control *c, const struct pollfd *fds)
{
    c->turn++;
    for (size_t i = c->count; i-- > 0;) {
        serve_client(c, &c->clients[i], fds[i + 1].revents);
        if (c->clients[i].gone)
            drop_client(c, i);
    }
    if ((fds[0].revents & POLLIN) != 0)
        admit_client(c);
}
