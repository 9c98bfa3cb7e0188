/*
 * The API's end of the control socket, without ever waiting: one request at a time, an answer or
 * the reason why there is none. Connects when asked, and again when the scheduler was away.
 */
#ifndef API_LINK_H
#define API_LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* How long the scheduler may take for one answer. */
#define LINK_ANSWER_MS INT64_C(10000)

/* rc 0: `end` is the last line of the answer, `rows` the lines before. Else `err` says why. */
typedef void (*link_answer_fn)(void *context, int rc, const struct buf *rows, const struct buf *end,
                               const struct error *err);

struct link {
    const char *path; /* borrowed */
    int fd;           /* -1: not connected */
    bool fresh;       /* connected for this very question */
    struct buf out, in;
    size_t sent, scanned;
    int64_t until_ms;
    link_answer_fn answer; /* NULL: nothing is asked */
    void *context;
};

void link_init(struct link *l, const char *path);
void link_close(struct link *l);
bool link_is_free(const struct link *l);
/* Only while it is free. `line` has no line end. Always answers, later, from link_serve(). */
void link_ask(struct link *l, const char *line, int64_t mono_ms, link_answer_fn answer,
              void *context);
struct pollfd link_poll(const struct link *l);
/* In every turn, also when nothing happened: times run out. May call back, where link_ask() is
 * allowed again. */
void link_serve(struct link *l, short ready, int64_t mono_ms);

#endif
