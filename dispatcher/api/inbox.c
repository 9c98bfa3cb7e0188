#include "api/inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "engine/requests.h"
#include "model/json.h"

/* Of one request: what the scheduler takes, less than its limit. */
#define GROUP_BYTES ((size_t)REQUEST_MAX - 1024)
/* Receipts that wait; whoever comes then hears 503 at once. */
#define QUEUE_MAX     ((size_t)100000)
#define RETRY_AFTER_S 5

/* A call, until the last of its receipts is booked. */
struct waiter {
    struct call *call; /* NULL: answered already, with no */
    struct reply yes;
    size_t left;
};

struct entry {
    struct waiter *waiter;
    char *json;
    size_t len;
};

struct inbox {
    struct link link;
    struct entry *queue; /* from `head` on */
    size_t head, count, capacity;
    size_t asked;   /* of the head: on their way in one request */
    size_t careful; /* so many of the head go one by one: together they were refused */
    bool down;      /* said so in the log */
    int64_t now_ms;
    struct inbox_counts counts;
};

struct inbox *inbox_open(const char *path)
{
    struct inbox *i = xcalloc(1, sizeof(*i));
    link_init(&i->link, path);
    return i;
}

/* ---- answering */

void inbox_refuse(struct call *call)
{
    static const char sentence[] = "not booked yet; please report again\n";
    call_answer(call, &(struct reply){.status = 503,
                                      .body = sentence,
                                      .len = sizeof(sentence) - 1,
                                      .retry_after_s = RETRY_AFTER_S});
}

static void say_no(struct inbox *i, struct waiter *w)
{
    if (w->call == NULL)
        return;
    i->counts.failed++;
    inbox_refuse(w->call);
    w->call = NULL;
}

/* Not to come again with that. */
static void say_never(struct waiter *w)
{
    if (w->call != NULL)
        call_answer(w->call, &(struct reply){.status = 400});
    w->call = NULL;
}

/* One receipt of it is through, or will never be. */
static void settle(struct waiter *w)
{
    if (--w->left > 0)
        return;
    if (w->call != NULL)
        call_answer(w->call, &w->yes);
    free(w);
}

static void pop(struct inbox *i)
{
    struct entry *e = &i->queue[i->head++];
    free(e->json);
    settle(e->waiter);
    i->count--;
    if (i->count == 0)
        i->head = 0;
}

static void fail_all(struct inbox *i)
{
    while (i->count > 0) {
        say_no(i, i->queue[i->head].waiter);
        pop(i);
    }
    i->careful = 0;
}

void inbox_close(struct inbox *i)
{
    if (i == NULL)
        return;
    fail_all(i);
    link_close(&i->link);
    free(i->queue);
    free(i);
}

/* ---- asking */

static void note_state(struct inbox *i, int rc, const struct error *err)
{
    bool down = rc != 0;
    if (down != i->down)
        log_event(down ? LOG_WARN : LOG_INFO, down ? "receipts.refused" : "receipts.booked_again",
                  "reason=\"%s\" note=\"%s\"", down ? err->text : "",
                  down ? "gateways are asked to report again" : "the scheduler takes receipts");
    i->down = down;
}

static void count_up(struct inbox *i, const struct buf *end)
{
    struct json_t *root = NULL;
    if (json_parse(buf_text(end), end->len, "answer", 1, 8, &root, NULL) != 0)
        return;
    i->counts.booked += (uint64_t)json_get_int(root, "booked", 0);
    i->counts.parked += (uint64_t)json_get_int(root, "parked", 0);
    i->counts.refused += (uint64_t)json_get_int(root, "refused", 0);
    json_free(root);
}

/* Nothing can be booked, whatever it is; of any other error one receipt may be the reason. */
static bool is_total(int rc)
{
    return rc == ERR_DOWN || rc == ERR_AGAIN;
}

/* One that cannot be booked must not keep the others from it, for ever and ever. What cannot even
 * be read need not come again. */
static void drop_or_split(struct inbox *i, int rc, const struct error *err)
{
    if (i->asked > 1) {
        i->careful = i->asked;
        return;
    }
    log_event(LOG_ERR, rc == ERR_INPUT ? "receipt.dropped" : "receipt.not_booked", "reason=\"%s\"",
              err->text);
    if (rc == ERR_INPUT)
        say_never(i->queue[i->head].waiter);
    else
        say_no(i, i->queue[i->head].waiter);
    pop(i);
}

static void on_answer(void *context, int rc, const struct buf *rows, const struct buf *end,
                      const struct error *err)
{
    struct inbox *i = context;
    (void)rows;
    note_state(i, is_total(rc) ? rc : 0, err);
    if (is_total(rc)) {
        fail_all(i);
    } else if (rc != 0) {
        drop_or_split(i, rc, err);
    } else {
        count_up(i, end);
        for (; i->asked > 0; i->asked--)
            pop(i);
    }
    i->asked = 0;
}

static void ask_next(struct inbox *i)
{
    struct buf line = {0};
    size_t most = i->careful > 0 ? 1 : i->count;
    buf_printf(&line, "{\"v\":%d,\"verb\":\"receive\",\"receipts\":[", REQUEST_VERSION);
    while (i->asked < most) {
        const struct entry *e = &i->queue[i->head + i->asked];
        if (i->asked > 0 && line.len + e->len > GROUP_BYTES)
            break;
        buf_puts(&line, i->asked > 0 ? "," : "");
        buf_put(&line, e->json, e->len);
        i->asked++;
    }
    buf_puts(&line, "]}");
    if (i->careful > 0)
        i->careful--;
    link_ask(&i->link, line.data, i->now_ms, on_answer, i);
    buf_free(&line);
}

/* Those of a call that has heard no already need not go. */
static void drop_answered(struct inbox *i)
{
    while (i->count > 0 && i->queue[i->head].waiter->call == NULL) {
        pop(i);
        if (i->careful > 0)
            i->careful--;
    }
}

/* ---- */

static void make_room(struct inbox *i)
{
    if (i->head + i->count < i->capacity)
        return;
    if (i->head > i->count) {
        memmove(i->queue, i->queue + i->head, i->count * sizeof(*i->queue));
        i->head = 0;
        return;
    }
    i->capacity = i->capacity > 0 ? 2 * i->capacity : 256;
    i->queue = xreallocarray(i->queue, i->capacity, sizeof(*i->queue));
}

void inbox_take(struct inbox *i, struct call *call, const struct receipt *receipts, size_t count,
                const struct reply *yes)
{
    if (i->count + count > QUEUE_MAX) {
        i->counts.failed++;
        inbox_refuse(call);
        return;
    }
    struct waiter *w = xcalloc(1, sizeof(*w));
    *w = (struct waiter){.call = call, .yes = *yes, .left = count};
    for (size_t n = 0; n < count; n++) {
        struct buf json = {0};
        receipt_put_json(&receipts[n], &json);
        make_room(i);
        size_t len = json.len;
        i->queue[i->head + i->count++] = (struct entry){w, buf_steal(&json), len};
    }
}

bool inbox_is_empty(const struct inbox *i)
{
    return i->count == 0;
}

struct pollfd inbox_poll(const struct inbox *i)
{
    return link_poll(&i->link);
}

void inbox_serve(struct inbox *i, short ready, int64_t mono_ms)
{
    i->now_ms = mono_ms;
    link_serve(&i->link, ready, mono_ms);
    if (!link_is_free(&i->link))
        return;
    drop_answered(i);
    if (i->count == 0)
        return;
    ask_next(i);
    link_serve(&i->link, POLLOUT, mono_ms);
}

const struct inbox_counts *inbox_counts(const struct inbox *i)
{
    return &i->counts;
}
