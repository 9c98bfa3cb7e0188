/*
 * One SMTP session by libesmtp, with everything around it that the library needs to be trusted: see
 * smtp_monitor.h, smtp_dial.h, smtp_trust.h. The only file that knows libesmtp is smtp_client.c.
 */
#ifndef CHANNEL_SMTP_CLIENT_H
#define CHANNEL_SMTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channel/smtp_verdict.h"

struct smtp_trust;

/* Where and how; borrowed for the session. */
struct smtp_route {
    const char *host_port; /* "mail.example.org:587" */
    const char *helo_name;
    const char *user; /* NULL: no login */
    const char *password;
    struct smtp_trust *trust; /* NULL: no TLS, even if it is offered */
    int64_t deadline_ms; /* how long a session may take; then the process is killed, so everything
                            ends before it */
    bool pipelining;     /* RCPT and DATA of a mail may leave together */
    int stand_in;        /* -1; or a descriptor instead of the network (self-test) */
};

/* One mail to one recipient. All was checked: the library sends it as it is. */
struct smtp_mail {
    const char *sender;
    const char *recipient;
    const char *bytes;
    size_t len;
};

/* What the session tells while it runs, by the index of the mail. */
struct smtp_observer {
    void *context;
    int64_t (*now_ms)(void *context);
    void (*started)(void *context, size_t index); /* the first bytes are handed out now */
    void (*done)(void *context, size_t index,
                 const struct disposition *d); /* exactly once per mail */
};

/* Once per process: signals, the library's own files and mechanisms. */
void smtp_client_init(void);
/* Sends the mails in one session. Every mail is done when this returns; it cannot fail. */
void smtp_client_run(const struct smtp_route *route, const struct smtp_mail *mails, size_t count,
                     const struct smtp_observer *observer);

#endif
