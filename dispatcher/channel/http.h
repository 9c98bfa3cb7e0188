/*
 * HTTP requests, many at a time, in one process. A pool is one destination under one policy: its
 * own connections, so that an address which one policy allowed is never reused under another. A
 * client drives any number of pools.
 *
 * What holds for every request: no redirects, no proxy from the environment, no
 * decompression, TLS 1.2 or newer with the peer and its name verified, an absolute deadline, and an
 * answer of which at most HTTP_ANSWER_MAX bytes are kept (the rest is not read; the answer counts
 * as complete). A request goes to the wire once: libcurl would repeat one by itself on a kept
 * connection that the peer closed without an answer; that ends as HTTP_LOST_AFTER.
 */
#ifndef CHANNEL_HTTP_H
#define CHANNEL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "channel/http_request.h"

#define HTTP_ANSWER_MAX        20000
#define HTTP_RETRY_AFTER_MAX_S (24 * 60 * 60)
#define HTTP_PARALLEL          8 /* requests at once to one destination, unless its policy says more */

/* Once per process, before any client. SIGPIPE is ignored from then on. ERR_INTERNAL if libcurl
 * lacks a guard. */
MUST_CHECK int http_global_init(struct error *err);

struct http_policy {
    bool allow_http;     /* http:// too */
    bool allow_private;  /* addresses that address_filter_is_public() refuses too */
    bool http2;          /* where the peer offers it in the handshake; otherwise HTTP/1.1 only */
    const char *ca_file; /* borrowed; NULL: the system's authorities, otherwise only these */
    int64_t connect_timeout_ms;
    int parallel;     /* requests at once; 0: HTTP_PARALLEL */
    unsigned give_up; /* so many ends in a row without an answer, and the rest of a run is not
                         sent; 0: all are */
};

/* ERR_CONFIG: not a URL, another scheme, or a user name or password in it. */
MUST_CHECK int http_check_url(const char *url, bool allow_http, struct error *err);
/* ERR_CONFIG if the file of authorities cannot be read, or holds none. NULL is fine. */
MUST_CHECK int http_check_ca_file(const char *ca_file, struct error *err);

enum http_error {
    HTTP_ANSWERED, /* a complete answer: status is set */
    /* Nothing was sent: */
    HTTP_BAD_REQUEST, /* refused by our own guards */
    HTTP_BLOCKED,     /* every address of the destination is refused by the policy */
    HTTP_DNS,
    HTTP_CONNECT, /* refused, unreachable */
    HTTP_TLS,
    HTTP_TIMEOUT_BEFORE,
    HTTP_LOST_BEFORE,
    HTTP_NO_TIME, /* its turn did not come within the deadline of the run, or before giving up */
    /* Something was sent and no complete answer came: */
    HTTP_TIMEOUT_AFTER,
    HTTP_LOST_AFTER,
};
#define HTTP_ERRORS 11

struct http_answer {
    enum http_error error;
    int status;      /* 0 if none came; may be set with HTTP_TIMEOUT_AFTER and HTTP_LOST_AFTER */
    struct buf body; /* at most HTTP_ANSWER_MAX bytes */
    int64_t retry_after_s; /* 0: no advice; at most HTTP_RETRY_AFTER_MAX_S */
    char location[256];    /* where a redirect points, without its query; "" if none */
    char detail[256];      /* of an error, in libcurl's words; never holds the query of the URL */
};

struct http_handler {
    void *context;
    /* Item `index` has its turn: fill in `out`. false: it is not sent (and answered() is not
     * called). */
    bool (*prepare)(void *context, size_t index, struct http_request *out);
    /* Connected; from now on bytes of this request may reach the peer. At most once per item; not
     * called if nothing was sent. */
    void (*writing)(void *context, size_t index);
    /* The end of every item that was prepared. `answer` is borrowed. */
    void (*answered)(void *context, size_t index, const struct http_answer *answer);
};

struct http_client;
struct http_pool;

MUST_CHECK int http_client_open(struct http_client **out, struct error *err);
/* Closes its pools too. NULL is fine. */
void http_client_close(struct http_client *client);
/* Closes the pools and their connections; the pointers to them are void. For clients that gathered
 * too many. */
void http_client_close_pools(struct http_client *client);
size_t http_client_count_pools(const struct http_client *client);
/* Owned by the client. */
struct http_pool *http_pool_open(struct http_client *client, const struct http_policy *policy);

/*
 * Runs `count` requests, item i to pools[i], in the order of the items within a pool and as many
 * at once as its policy says, and returns when all have ended: after `deadline_ms` at the latest
 * (0: no limit but those of the requests).
 */
void http_run(struct http_client *client, struct http_pool *const *pools, size_t count,
              int64_t deadline_ms, const struct http_handler *handler);

#endif
