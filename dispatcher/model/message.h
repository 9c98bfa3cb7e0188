/* A rendered notice: the parts of a letter in one language for one recipient. Render writes it,
 * channels compose it. */
#ifndef MODEL_MESSAGE_H
#define MODEL_MESSAGE_H

#include <stdint.h>

#include "base/buf.h"
#include "model/delivery.h"

struct job;
struct attachments;

/* All UTF-8 with LF line ends. A part the letter does not have is empty. */
struct message {
    struct buf subject;   /* one line, no control characters */
    struct buf preheader; /* one line */
    struct buf text;      /* text/plain, wrapped */
    struct buf html;      /* a whole document */
    struct buf sms;       /* one text, before transliteration */
    struct buf title;     /* LMS subject, may be empty */
    struct buf webhook;   /* the JSON body */
    char locale[36];      /* the language it is really in, e.g. "ko" */
};

void message_reset(struct message *m);
void message_free(struct message *m);

/* One delivery on its way out: what a channel gets to see. Everything is borrowed. */
struct outgoing {
    int64_t delivery;     /* ledger number, for reports only */
    int attempt;          /* from 1 */
    const char *identity; /* the job id: Message-ID, webhook-id and SMS key are made of it, the same
                             in every attempt */
    const char *address;  /* e-mail address, E.164 number or endpoint name */
    const char *name;     /* recipient's name, may be "" */
    int64_t date_ms; /* when the notice was accepted: the Date of the mail, stable over attempts */
    int64_t expires_ms;                    /* when it is of no use any more; 0: never */
    const char *category;                  /* NULL if absent */
    const char *campaign;                  /* NULL if absent */
    const char *reference;                 /* NULL if absent */
    const char *reply_to;                  /* NULL: the organisation's */
    const char *unsubscribe_url;           /* NULL: what the configuration says for the category */
    const struct attachments *attachments; /* NULL: none */
    const struct message *message;
    /* What channel.compose() made of it: the bytes that go out and whose SHA-256 is the evidence.
     */
    struct buf wire;
};

#endif
