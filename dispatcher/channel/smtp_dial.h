/*
 * How libesmtp's connections are made and cut. The library connects by itself, without a time limit
 * and without TCP_NODELAY (44 ms per mail over 2 KB), and offers no way to end a session that goes
 * wrong. While a dial is begun, the connect() of this program's own file (interposed, linked with
 * --export-dynamic-symbol=connect) serves the library: within a limit, without Nagle, not
 * inherited, and remembered so that it can be cut.
 */
#ifndef CHANNEL_SMTP_DIAL_H
#define CHANNEL_SMTP_DIAL_H

#include <stdbool.h>
#include <stdint.h>

struct smtp_dial {
    int limit_ms; /* for one address */
    int stand_in; /* a descriptor that takes the place of the network (self-test), or -1 */
    int fd;       /* the connection, -1 before; closed by the library */
    int problem;  /* errno of the last failed connect(), 0 if none failed */

    /* The watch: any callback of a session asks it, and it ends the session. */
    int64_t (*now_ms)(void *context);
    void *context;
    int64_t deadline_ms;
    int64_t
        stall_deadline_ms; /* the deadline and the moment the kernel was told of last: it counts */
    int64_t
        stall_told_ms; /* from the last byte the peer took, so it is told again as time goes by */
    const char *cut;   /* why the session was cut, NULL while it is not; static text */
};

/* From here to the end, connect() to a TCP address in this thread is ours. */
void smtp_dial_begin(struct smtp_dial *dial);
void smtp_dial_end(void);
/* Does the library really call our connect()? Linked otherwise, it has no time limits. */
bool smtp_dial_is_interposed(void);

/* Ends the session: nothing more is written or read. The first reason stays. */
void smtp_dial_cut(struct smtp_dial *dial, const char *why);
/*
 * False if the peer has said something, or has gone, although it is not its turn: while a mail is
 * being sent it must be silent. The library itself does not notice a dead connection before the
 * whole mail is "written".
 */
bool smtp_dial_is_quiet(const struct smtp_dial *dial);
/*
 * A peer that stops reading now is given up by the kernel at the deadline: the library waits for as
 * long as it was told when it began to send, and cannot be told otherwise.
 */
void smtp_dial_limit_stall(struct smtp_dial *dial);
/* False once the session was cut; cuts it (why: "timeout") when its deadline has passed. */
bool smtp_dial_may_go_on(struct smtp_dial *dial);

#endif
