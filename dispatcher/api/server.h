/*
 * The HTTP server: libmicrohttpd as calls that may be answered at once or later. One thread, no
 * thread of its own; the caller's loop waits for server_fd() and gives it its turns.
 *
 * A connection has ten seconds for each step (to ask, to take the answer), however slowly it moves;
 * headers share 16 KiB, a body may have 256 KiB, and all bodies 64 MiB together: behind that long
 * ones hear 503. What a proxy in front might read in another way
 * than we do (two lengths, a length and chunks, odd header names) is refused, and the connection
 * closed.
 */
#ifndef API_SERVER_H
#define API_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "channel/report_request.h"

#define CALL_TAGS     8
#define CALL_BODY_MAX ((size_t)256 * 1024)
/* All bodies that are held at one moment; what is short is taken all the same. */
#define BODIES_MAX ((size_t)64 * 1024 * 1024)
#define BODY_SHORT ((size_t)4 * 1024)

struct server;
/* One request until it is answered. */
struct call;

/* Everything is copied. Zero-initialise, then `status` at least. */
struct reply {
    int status;
    const char *type; /* NULL: text/plain */
    const char *body; /* NULL: none */
    size_t len;
    int retry_after_s; /* 0: not said */
    const char *allow; /* of a 405 */
};

struct server_options {
    int listener; /* listening, not blocking; stays the caller's */
    void *context;
    /* Answers the call, or keeps it and answers later. */
    void (*handle)(void *context, struct call *call);
};

MUST_CHECK int server_open(const struct server_options *options, struct server **out,
                           struct error *err);
/* NULL is fine. Every call must have been answered. */
void server_close(struct server *s);
/* Readable when there is something to do. */
int server_fd(const struct server *s);
/* How long it may be left alone, at most `most_ms`. */
int server_wait_ms(struct server *s, int most_ms);
void server_turn(struct server *s, int64_t mono_ms);
/* Takes no connection any more, what is there goes on. */
void server_stop_accepting(struct server *s);
size_t server_connections(const struct server *s);
/* Bytes of bodies that are held. */
size_t server_held(const struct server *s);
/* How often calls of a tag were answered, by the first digit of the status. */
uint64_t server_answered(const struct server *s, int tag, int digit);

/* ---- a call; all of it is borrowed, until it is answered */

/* "GET", "POST" or another. */
const char *call_method(const struct call *c);
/* As it came: path and query, nothing decoded. */
const char *call_target(const struct call *c);
const struct report_header *call_headers(const struct call *c, size_t *out_count);
const char *call_body(const struct call *c, size_t *out_len);
/* What it is counted as, from 0 to CALL_TAGS - 1; 0 until told. */
void call_set_tag(struct call *c, int tag);
/* Once for each call; it is gone then. */
void call_answer(struct call *c, const struct reply *reply);

#endif
