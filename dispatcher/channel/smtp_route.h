/*
 * What an SMTP session is told and what it tells, whichever library runs it (smtp_client.h,
 * smtp_curl.h).
 */
#ifndef CHANNEL_SMTP_ROUTE_H
#define CHANNEL_SMTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/disposition.h"

struct smtp_trust;

/* Where and how; borrowed for the session. */
struct smtp_route {
    const char *host; /* a name or an address; IPv6 without brackets */
    int port;
    const char *helo_name;
    const char *user; /* NULL: no login */
    const char *password;
    const char *oauth_token;  /* instead of a password: XOAUTH2; NULL: none. Of libcurl only */
    struct smtp_trust *trust; /* NULL: no TLS, even if it is offered */
    const char *ca_file;      /* NULL: the system's. For libcurl, which does not ask `trust` */
    bool implicit_tls;        /* TLS from the first byte instead of STARTTLS. Of libcurl only */
    int64_t deadline_ms; /* how long a session may take; then the process is killed, so everything
                            ends before it */
    int64_t connect_limit_ms; /* 0: an eighth of the deadline */
    bool pipelining;          /* RCPT and DATA of a mail may leave together. Of libesmtp only */
    int stand_in; /* -1; or a descriptor instead of the network (self-test of libesmtp) */
};

/* One mail to one recipient. All was checked: the library sends it as it is. */
struct smtp_mail {
    const char *sender;
    const char *recipient;
    const char *envelope_id; /* RFC 3461: reports of failures are asked for under this name, where
                                the server offers them; NULL: they are not. Of libesmtp only */
    const char *bytes;
    size_t len;
};

/* What a session was like, for a person who looks at it. All text is harmless to print. */
struct smtp_sight {
    const char *host; /* of the route; borrowed */
    int port;
    char address[64];      /* "192.0.2.1", the one that answered; "": none did */
    char tls[16];          /* "TLSv1.3"; "": no handshake came to its end */
    char certificate[256]; /* "mail.example.org, issued by Example CA, until 2027-01-31"; "": none
                              was shown. Also of one that was refused */
    char mechanism[16];    /* of the login that was tried, "PLAIN"; "": none was */
    bool logged_in;
};

/* What the session tells while it runs, by the index of the mail. */
struct smtp_observer {
    void *context;
    int64_t (*now_ms)(void *context);
    void (*started)(void *context, size_t index); /* the first bytes are handed out now */
    void (*done)(void *context, size_t index,
                 const struct disposition *d); /* exactly once per mail */
    int64_t spent_ms;                          /* of the deadline, before the first mail */
    void (*seen)(
        void *context,
        const struct smtp_sight *sight); /* at the end of each session; NULL: nobody looks */
    /* Of a relay with several servers: `place`, "mx1.example.org:25", took nothing or not all, and
     * rests; with 0 as the end it has taken all again. NULL: nobody wants to know. */
    void (*rests)(void *context, const char *place, int64_t until_ms, const char *why);
};

#endif
