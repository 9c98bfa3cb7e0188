#include "engine/access.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"

#define NO_GROUP       ((gid_t)-1)
#define GROUPS_MAX     65536 /* NGROUPS_MAX of the kernel */
#define GROUPS_AT_ONCE 64

/* ---- who asks ---- */

/* The kernel says with ERANGE how much room it wants. */
static int read_groups(int socket, struct peer *out)
{
    socklen_t size = GROUPS_AT_ONCE * sizeof(gid_t);
    for (;;) {
        out->groups = xreallocarray(out->groups, size / sizeof(gid_t) + 1, sizeof(gid_t));
        socklen_t wanted = size;
        if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, out->groups + 1, &wanted) == 0) {
            out->group_count = wanted / sizeof(gid_t) + 1;
            return 0;
        }
        if (errno != ERANGE || wanted <= size || wanted > GROUPS_MAX * sizeof(gid_t))
            return -1;
        size = wanted;
    }
}

int peer_read(int socket, struct peer *out, struct error *err)
{
    struct ucred credentials = {.uid = (uid_t)-1};
    socklen_t size = sizeof(credentials);
    *out = (struct peer){.uid = (uid_t)-1};
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
        read_groups(socket, out) != 0) {
        int rc = error_errno(err, ERR_IO, "cannot read who asks");
        peer_free(out);
        return rc;
    }
    out->uid = credentials.uid;
    out->groups[0] = credentials.gid;
    return 0;
}

void peer_read_own(struct peer *out)
{
    int count = getgroups(0, NULL);
    size_t room = count > 0 ? (size_t)count : 0;
    *out = (struct peer){.uid = geteuid(), .group_count = 1};
    out->groups = xcalloc(room + 1, sizeof(gid_t));
    out->groups[0] = getegid();
    count = getgroups((int)room, out->groups + 1);
    out->group_count += count > 0 ? (size_t)count : 0;
}

void peer_free(struct peer *p)
{
    free(p->groups);
    *p = (struct peer){.uid = (uid_t)-1};
}

bool peer_is_in(const struct peer *p, gid_t group)
{
    for (size_t i = 0; group != NO_GROUP && i < p->group_count; i++) {
        if (p->groups[i] == group)
            return true;
    }
    return false;
}

/* ---- what the configuration says ---- */

static gid_t find_group(const char *name)
{
    const struct group *group = name != NULL ? getgrnam(name) : NULL;
    return group != NULL ? group->gr_gid : NO_GROUP;
}

static int require_group(const struct settings *s, const char *key, const char *name,
                         struct error *err)
{
    if (name == NULL || find_group(name) != NO_GROUP)
        return 0;
    return error_set(err, ERR_CONFIG, "%s: `%s`: there is no group \"%s\" on this machine",
                     settings_position(s, key), key, name);
}

static int require_role(const struct settings *s, const struct campaign_role *role,
                        struct error *err)
{
    for (size_t i = 0; i < role->group_count; i++) {
        if (find_group(role->groups[i]) == NO_GROUP)
            return error_set(err, ERR_CONFIG,
                             "%s: `campaigns.roles.%s`: there is no group \"%s\" on this machine",
                             s->file, role->name, role->groups[i]);
    }
    for (size_t i = 0; i < role->user_count; i++) {
        if (getpwnam(role->users[i]) == NULL)
            return error_set(err, ERR_CONFIG,
                             "%s: `campaigns.roles.%s`: there is no user \"%s\" on this machine",
                             s->file, role->name, role->users[i]);
    }
    return 0;
}

static void look_up(const struct settings *s, struct access *out)
{
    out->operate = find_group(s->control.operate);
    out->approve = find_group(s->control.approve);
    out->enqueue = find_group(s->control.enqueue);
}

int access_load(const struct settings *s, struct access *out, struct error *err)
{
    int rc = require_group(s, "control.operate", s->control.operate, err);
    if (rc == 0)
        rc = require_group(s, "control.approve", s->control.approve, err);
    if (rc == 0)
        rc = require_group(s, "control.enqueue", s->control.enqueue, err);
    for (size_t i = 0; rc == 0 && i < s->role_count; i++)
        rc = require_role(s, &s->roles[i], err);
    if (rc != 0)
        return rc;
    *out = (struct access){.owner = geteuid(), .own_group = getegid()};
    look_up(s, out);
    return 0;
}

void access_load_local(const struct settings *s, uid_t owner, struct access *out)
{
    *out = (struct access){.owner = owner, .own_group = NO_GROUP};
    look_up(s, out);
}

bool access_is_shared(const struct settings *s)
{
    return s->control.operate != NULL || s->control.approve != NULL || s->control.enqueue != NULL;
}

/* ---- what follows ---- */

unsigned access_of(const struct access *a, const struct settings *s, const struct peer *p)
{
    if (p->uid == 0 || p->uid == a->owner)
        return REQUEST_ALL;
    bool own = a->own_group == NO_GROUP || peer_is_in(p, a->own_group);
    bool operates = s->control.operate != NULL ? peer_is_in(p, a->operate) : own;
    bool approves = s->control.approve != NULL ? peer_is_in(p, a->approve) : own;
    bool enqueues = s->control.enqueue != NULL ? peer_is_in(p, a->enqueue) || operates : own;
    unsigned allowed = 0;
    if (own || operates || approves)
        allowed |= REQUEST_LOOK;
    if (enqueues || (operates && s->control.operate != NULL))
        allowed |= REQUEST_ENQUEUE;
    if (operates)
        allowed |= REQUEST_OPERATE;
    if (approves)
        allowed |= REQUEST_APPROVE;
    return allowed;
}

/* Which key of the configuration opens a class; the first of a request's. */
static const char *name_key(unsigned class)
{
    if ((class & REQUEST_OPERATE) != 0)
        return "control.operate";
    if ((class & REQUEST_APPROVE) != 0)
        return "control.approve";
    return (class & REQUEST_ENQUEUE) != 0 ? "control.enqueue" : "control.operate";
}

static const char *name_group(const struct settings *s, unsigned class)
{
    if ((class & REQUEST_OPERATE) != 0)
        return s->control.operate;
    if ((class & REQUEST_APPROVE) != 0)
        return s->control.approve;
    return (class & REQUEST_ENQUEUE) != 0 ? s->control.enqueue : NULL;
}

int access_require(const struct settings *s, unsigned allowed, const char *who, const char *verb,
                   unsigned class, struct error *err)
{
    if ((allowed & class) != 0)
        return 0;
    const char *group = name_group(s, class);
    const struct group *own = group == NULL ? getgrgid(getegid()) : NULL;
    if (group != NULL)
        return error_set(err, ERR_DENIED,
                         "`%s` is for members of the group \"%s\" (%s: %s); you are %s: join the "
                         "group, or ask one of them",
                         verb, group, name_key(class), settings_position(s, name_key(class)), who);
    return error_set(
        err, ERR_DENIED,
        "`%s` is for members of the daemon's group \"%s\"; you are %s: join the group, "
        "or ask one of them",
        verb, own != NULL ? own->gr_name : "?", who);
}

/* ---- roles ---- */

bool access_has_role(const struct campaign_role *role, const struct peer *p)
{
    const struct passwd *user = getpwuid(p->uid);
    for (size_t i = 0; user != NULL && i < role->user_count; i++) {
        if (strcmp(role->users[i], user->pw_name) == 0)
            return true;
    }
    for (size_t i = 0; i < role->group_count; i++) {
        if (peer_is_in(p, find_group(role->groups[i])))
            return true;
    }
    return false;
}

const struct campaign_role *access_find_role(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->role_count; i++) {
        if (strcmp(s->roles[i].name, name) == 0)
            return &s->roles[i];
    }
    return NULL;
}
