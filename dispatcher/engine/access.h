/*
 * Who may ask what. Whoever asks is known from the kernel: user and groups of the other end of the
 * control socket (SO_PEERCRED, SO_PEERGROUPS), or this process itself where no daemon runs. The
 * groups of `control` say which classes of requests that is good for:
 *
 *   LOOK      the daemon's own group, and the groups of OPERATE and APPROVE
 *   ENQUEUE   control.enqueue and control.operate; not set: the daemon's group
 *   OPERATE   control.operate; not set: the daemon's group
 *   APPROVE   control.approve; not set: the daemon's group
 *
 * root and the daemon's own user may do everything. Without a daemon, who can open the ledger
 * counts as one of the daemon's group.
 */
#ifndef ENGINE_ACCESS_H
#define ENGINE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "model/settings.h"

/* What a caller may do; the class of a request is one of these, or several of which one is enough.
 */
enum request_class {
    REQUEST_LOOK = 1,    /* see what was sent to whom */
    REQUEST_ENQUEUE = 2, /* hand something in: notices, reports */
    REQUEST_OPERATE = 4, /* change what becomes of what is in the books */
    REQUEST_APPROVE = 8, /* agree to a campaign */
    REQUEST_ALL = 15,
};

/* Somebody with all of his groups. */
struct peer {
    uid_t uid;
    gid_t *groups; /* the first is the primary one */
    size_t group_count;
};
/* Of the other end of a UNIX socket; ERR_IO. Free with peer_free(). */
MUST_CHECK int peer_read(int socket, struct peer *out, struct error *err);
/* Of this process. */
void peer_read_own(struct peer *out);
void peer_free(struct peer *p);
bool peer_is_in(const struct peer *p, gid_t group);

/* The groups of a configuration as numbers, looked up once: a directory service that hangs must not
 * stop the daemon with every question. */
struct access {
    uid_t owner;     /* the daemon's user */
    gid_t own_group; /* the daemon's; (gid_t)-1 of commands: everybody counts as one of it */
    gid_t operate, approve, enqueue; /* (gid_t)-1: not set, or there is no such group */
};
/* For the daemon: ERR_CONFIG with the position of a key that names a group or user there is not. */
MUST_CHECK int access_load(const struct settings *s, struct access *out, struct error *err);
/* For a command that works without a daemon, on a spool of `owner`. */
void access_load_local(const struct settings *s, uid_t owner, struct access *out);
/* Do groups beside the daemon's own ask it something? */
bool access_is_shared(const struct settings *s);
/* Bits of enum request_class. */
unsigned access_of(const struct access *a, const struct settings *s, const struct peer *p);

/* ERR_DENIED with the group to join, unless one of the bits of `class` is among `allowed`. */
MUST_CHECK int access_require(const struct settings *s, unsigned allowed, const char *who,
                              const char *verb, unsigned class, struct error *err);
/* True if `p` may agree to campaigns as `role`: by its users and groups (looked up now). */
bool access_has_role(const struct campaign_role *role, const struct peer *p);
/* NULL: there is none of this name. Borrowed. */
const struct campaign_role *access_find_role(const struct settings *s, const char *name);

#endif
