#include "api/questions.h"

#include <stdlib.h>

#include "base/alloc.h"

struct waiting {
    struct call **calls;
    size_t count;
};

struct questions {
    struct link link;
    const struct question_row *rows;
    void *context;
    struct waiting next[QUESTIONS];
    struct waiting asked; /* who hears the answer that is on its way */
    const struct question_row *asking;
};

struct questions *questions_open(const char *path, const struct question_row *rows, void *context)
{
    struct questions *q = xcalloc(1, sizeof(*q));
    link_init(&q->link, path);
    q->rows = rows;
    q->context = context;
    return q;
}

static void answer_all(struct waiting *w, const struct reply *reply)
{
    for (size_t i = 0; i < w->count; i++)
        call_answer(w->calls[i], reply);
    free(w->calls);
    *w = (struct waiting){0};
}

void questions_close(struct questions *q)
{
    const struct reply no = {.status = 503, .retry_after_s = 5};
    if (q == NULL)
        return;
    answer_all(&q->asked, &no);
    for (int i = 0; i < QUESTIONS; i++)
        answer_all(&q->next[i], &no);
    link_close(&q->link);
    free(q);
}

void questions_take(struct questions *q, enum question which, struct call *call)
{
    struct waiting *w = &q->next[which];
    w->calls = xreallocarray(w->calls, w->count + 1, sizeof(*w->calls));
    w->calls[w->count++] = call;
}

bool questions_is_empty(const struct questions *q)
{
    size_t waiting = q->asked.count;
    for (int i = 0; i < QUESTIONS; i++)
        waiting += q->next[i].count;
    return waiting == 0;
}

struct pollfd questions_poll(const struct questions *q)
{
    return link_poll(&q->link);
}

static void on_answer(void *context, int rc, const struct buf *rows, const struct buf *end,
                      const struct error *err)
{
    struct questions *q = context;
    struct buf body = {0};
    struct reply reply = {.status = 200};
    q->asking->write(q->context, rc, rows, end, err, &body, &reply);
    reply.body = buf_text(&body);
    reply.len = body.len;
    answer_all(&q->asked, &reply);
    buf_free(&body);
}

void questions_serve(struct questions *q, short ready, int64_t mono_ms)
{
    link_serve(&q->link, ready, mono_ms);
    for (int i = 0; i < QUESTIONS && link_is_free(&q->link); i++) {
        if (q->next[i].count == 0)
            continue;
        q->asked = q->next[i];
        q->next[i] = (struct waiting){0};
        q->asking = &q->rows[i];
        link_ask(&q->link, q->asking->line, mono_ms, on_answer, q);
        link_serve(&q->link, POLLOUT, mono_ms);
    }
}
