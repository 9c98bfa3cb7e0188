/*
 * The control socket: a UNIX socket, JSON Lines, one request at a time per connection, peer
 * credentials recorded with every change. A client that reads slowly or writes nonsense costs only
 * its own connection; when all are taken, the one that was silent longest gives way.
 */
#ifndef ENGINE_CONTROL_H
#define ENGINE_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "engine/access.h"

#define CONTROL_CLIENTS_MAX 64

struct control_client {
    int fd;
    char who[80];
    struct peer peer;
    struct buf in, out;
    size_t out_sent;
    uint64_t active; /* the turn in which it was last heard or written to */
    bool ending;     /* close when everything is written */
    bool gone;       /* close now */
};

struct control {
    int listener;
    char *path;
    struct control_client clients[CONTROL_CLIENTS_MAX];
    size_t count;
    uint64_t turn;
    uid_t known_uid; /* the last one described */
    char known_who[80];
    void *context;
    void (*handle)(void *context, const struct control_client *client, const char *line, size_t len,
                   struct buf *out);
};

/* Binds `path`, mode 0660. An old socket is replaced (the spool lock says we are the only daemon),
 * anything else is ERR_CONFIG. */
MUST_CHECK int control_open(struct control *c, const char *path, struct error *err);
/* `shared`: everybody may call, and what a caller may ask follows from his groups; else the mode
 * keeps strangers off. A warning of the log if the file cannot be changed. */
void control_share(const struct control *c, bool shared);
void control_close(struct control *c);
/* Appends the listener and the clients (CONTROL_CLIENTS_MAX + 1 at most); returns how many. */
size_t control_poll(const struct control *c, struct pollfd *fds);
void control_serve(struct control *c, const struct pollfd *fds);

/* "uid 1000 (jana)" */
void control_describe_user(uid_t uid, char *out, size_t size);

#endif
