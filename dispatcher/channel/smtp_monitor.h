/*
 * Reads along what an SMTP library and its server say to each other, keeps the replies, and keeps
 * the library from its known mistakes by changing the live buffers, in place and at the same
 * length:
 *
 *   EHLO      CHUNKING is made unreadable, and so is PIPELINING unless the caller wants it: with
 *             three replies outstanding a lost connection is a crash of the library
 *   RCPT      may have one command behind it (PIPELINING), no command more
 *   STARTTLS  bytes behind the 220 come from whoever sits in the line: the 220 becomes 554
 *   AUTH      a refusal becomes 538, the one code that makes the library stop; after any other it
 *             goes on without a login
 *   any       bytes behind a complete reply would be taken for the next one: they become X
 *   MAIL      must not be written without the TLS and the login that were asked for, and nothing
 *             but QUIT after a refused login: the caller cuts the connection
 *
 * Pure: no I/O, no clock. One command is under way at a time or, with PIPELINING, two: RCPT and
 * DATA of one mail.
 */
#ifndef CHANNEL_SMTP_MONITOR_H
#define CHANNEL_SMTP_MONITOR_H

#include <stdbool.h>
#include <stddef.h>

#define SMTP_REPLY_TEXT 512

enum smtp_stage {
    SMTP_STAGE_GREETING,
    SMTP_STAGE_EHLO,
    SMTP_STAGE_STARTTLS,
    SMTP_STAGE_AUTH,
    SMTP_STAGE_MAIL,
    SMTP_STAGE_RCPT,
    SMTP_STAGE_DATA,
    SMTP_STAGE_END, /* of data: the answer to the final dot */
    SMTP_STAGE_RSET,
    SMTP_STAGE_QUIT,
    SMTP_STAGE_OTHER,
};
#define SMTP_STAGES 11
#define SMTP_PENDING_MAX                                                                           \
    1 /* replies outstanding behind the one being read; at three in all the                        \
         library's index goes below its table */

/* "MAIL", "the final dot", ... for sentences. */
const char *smtp_stage_name(enum smtp_stage stage);

/* The last reply of a stage as the server wrote it. */
struct smtp_reply {
    int code;   /* 0: none, or not a reply; before any change of ours */
    bool line;  /* its first line arrived, with its end: a cut code could be another one */
    bool whole; /* its last line arrived */
    size_t len;
    char text[SMTP_REPLY_TEXT]; /* without codes, lines joined by a space, cut; bytes as they came,
                                   no NUL at the end */
};

struct smtp_monitor {
    bool needs_login; /* set by the caller, with smtp_monitor_reset() */
    bool needs_tls;
    bool has_tls;      /* set by the caller when the handshake is through */
    bool may_pipeline; /* set by the caller after smtp_monitor_reset() */

    enum smtp_stage stage; /* of the command under way: whose reply comes next */
    enum smtp_stage pending[SMTP_PENDING_MAX]; /* of the commands written with it */
    size_t pending_count;
    enum smtp_stage
        before; /* it, while the library says QUIT: where things stood when it gave up */
    struct smtp_reply replies[SMTP_STAGES];
    bool offers_login;  /* EHLO named AUTH */
    char mechanism[16]; /* of the login that was begun; "": none */
    bool logged_in;
    bool login_refused;
    const char *violation; /* what was wrong when a function below said no; static text */

    /* The line being read. */
    size_t column;
    size_t bytes; /* of this reply so far */
    char code[4];
    bool last_line;
    char keyword[12]; /* of an EHLO line, as far as it is read */
};

/* For a new connection: everything but the caller's wishes is forgotten. */
void smtp_monitor_reset(struct smtp_monitor *m, bool needs_login, bool needs_tls);
/* Bytes about to be written. False: they must not be, cut the connection. */
bool smtp_monitor_writing(struct smtp_monitor *m, const char *bytes, size_t len);
/* Bytes just read, before the library looks at them. False: cut the connection. */
bool smtp_monitor_reading(struct smtp_monitor *m, char *bytes, size_t len);
/* The library does not show the mail itself: the caller says when its end was handed out. */
void smtp_monitor_data_ended(struct smtp_monitor *m);

#endif
