/*
 * What the API asks the scheduler to show (health, metrics): however many ask at once, the
 * scheduler is asked once and all hear the same.
 */
#ifndef API_QUESTIONS_H
#define API_QUESTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/link.h"
#include "api/server.h"

enum question { QUESTION_HEALTH, QUESTION_METRICS };
#define QUESTIONS 2

/* Makes the reply of all who asked, of the scheduler's answer. `rc` and `err` as in link.h. */
typedef void (*question_fn)(void *context, int rc, const struct buf *rows, const struct buf *end,
                            const struct error *err, struct buf *body, struct reply *out);

struct question_row {
    const char *line; /* the request */
    question_fn write;
};

struct questions;
/* `path` and `rows` are borrowed; `rows` has QUESTIONS of them. */
struct questions *questions_open(const char *path, const struct question_row *rows, void *context);
/* Answers whoever still waits with 503. NULL is fine. */
void questions_close(struct questions *q);
/* Takes the call over. */
void questions_take(struct questions *q, enum question which, struct call *call);
bool questions_is_empty(const struct questions *q);
struct pollfd questions_poll(const struct questions *q);
void questions_serve(struct questions *q, short ready, int64_t mono_ms);

#endif
