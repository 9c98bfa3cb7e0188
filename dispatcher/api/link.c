#include "api/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "model/json.h"

#define READ_SIZE  ((size_t)64 * 1024)
#define ANSWER_MAX ((size_t)8 * 1024 * 1024)
#define JSON_DEPTH 16

void link_init(struct link *l, const char *path)
{
    *l = (struct link){.path = path, .fd = -1};
}

static void hang_up(struct link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

void link_close(struct link *l)
{
    hang_up(l);
    buf_free(&l->out);
    buf_free(&l->in);
}

bool link_is_free(const struct link *l)
{
    return l->answer == NULL;
}

/* A UNIX socket connects at once or not at all: one that would have to wait has its queue full. */
static int dial(struct link *l)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    l->fresh = l->fd < 0;
    if (!l->fresh)
        return 0;
    if (strlen(l->path) >= sizeof(address.sun_path))
        return -1;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", l->path);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd >= 0 && connect(l->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        hang_up(l);
    return l->fd >= 0 ? 0 : -1;
}

/* The callback may ask again, so the question is over before it is called. */
static void conclude(struct link *l, int rc, const struct buf *rows, const struct buf *end,
                     const struct error *err)
{
    link_answer_fn answer = l->answer;
    l->answer = NULL;
    answer(l->context, rc, rows, end, err);
}

static void fail(struct link *l, const char *why)
{
    static const struct buf nothing = {0};
    struct error err;
    hang_up(l);
    conclude(l, error_set(&err, ERR_DOWN, "%s", why), &nothing, &nothing, &err);
}

/* A connection that stood since the last question may belong to a scheduler that is gone: its
 * follower is asked, once. No request minds being asked twice. */
static void lose(struct link *l, const char *why)
{
    bool again = !l->fresh;
    hang_up(l);
    l->sent = 0;
    l->scanned = 0;
    buf_reset(&l->in);
    if (!again || dial(l) != 0)
        fail(l, why);
}

void link_ask(struct link *l, const char *line, int64_t mono_ms, link_answer_fn answer,
              void *context)
{
    buf_reset(&l->out);
    buf_reset(&l->in);
    buf_printf(&l->out, "%s\n", line);
    l->sent = 0;
    l->scanned = 0;
    l->answer = answer;
    l->context = context;
    l->until_ms = mono_ms + LINK_ANSWER_MS;
    if (dial(l) != 0)
        l->until_ms = mono_ms; /* told in the next turn */
}

struct pollfd link_poll(const struct link *l)
{
    bool sending = l->answer != NULL && l->sent < l->out.len;
    return (struct pollfd){.fd = l->fd, .events = sending ? POLLOUT : POLLIN};
}

/* ---- the answer */

static int read_error(const struct json_t *last, struct error *err)
{
    const char *sentence = json_get_text(last, "error", NULL);
    if (sentence == NULL)
        return 0;
    return error_set(err, (int)json_get_int(last, "code", ERR_INTERNAL), "%s", sentence);
}

/* Is `line` the last one? Rows never have a member "end" or "error" of their own. */
static bool is_last(const char *line, size_t len, int *out_rc, struct error *err)
{
    struct json_t *root = NULL;
    bool last = true;
    *out_rc = json_parse(line, len, "answer", 1, JSON_DEPTH, &root, err);
    if (*out_rc != 0) {
        *out_rc = ERR_INTERNAL; /* what the scheduler refuses is ERR_INPUT */
    } else {
        last = json_get_bool(root, "end", false) || json_get(root, "error") != NULL;
        *out_rc = read_error(root, err);
    }
    json_free(root);
    return last;
}

static void hand_over(struct link *l, size_t from, size_t to, int rc, const struct error *err)
{
    struct buf rows = {0}, end = {0}, whole = l->in;
    l->in = (struct buf){0};
    buf_put(&rows, whole.data, from);
    buf_put(&end, whole.data + from, to - from);
    conclude(l, rc, &rows, &end, err);
    buf_free(&rows);
    buf_free(&end);
    buf_free(&whole);
}

static void look_for_end(struct link *l)
{
    const char *newline;
    while ((newline = memchr(buf_text(&l->in) + l->scanned, '\n', l->in.len - l->scanned)) !=
           NULL) {
        struct error err = {0};
        int rc;
        size_t from = l->scanned, to = (size_t)(newline - l->in.data);
        l->scanned = to + 1;
        if (is_last(l->in.data + from, to - from, &rc, &err)) {
            hand_over(l, from, to, rc, &err);
            return;
        }
    }
}

/* ---- one turn */

static bool failed_for_good(ssize_t moved)
{
    return moved < 0 && errno != EAGAIN && errno != EINTR;
}

static void send_some(struct link *l)
{
    ssize_t sent = send(l->fd, l->out.data + l->sent, l->out.len - l->sent, MSG_NOSIGNAL);
    if (sent > 0)
        l->sent += (size_t)sent;
    else if (failed_for_good(sent))
        lose(l, "the scheduler is away");
}

static void receive_some(struct link *l)
{
    buf_reserve(&l->in, READ_SIZE);
    ssize_t got = recv(l->fd, l->in.data + l->in.len, READ_SIZE, 0);
    if (got > 0)
        l->in.len += (size_t)got;
    if (l->in.len > ANSWER_MAX)
        fail(l, "the scheduler says too much");
    else if (got == 0 || failed_for_good(got))
        lose(l, "the scheduler went away before it answered");
    else if (got > 0)
        look_for_end(l);
}

/* Nobody has asked anything, and yet there is something: the scheduler has closed the connection.
 */
static void serve_idle(struct link *l, short ready)
{
    if (ready != 0)
        hang_up(l);
}

void link_serve(struct link *l, short ready, int64_t mono_ms)
{
    if (link_is_free(l)) {
        serve_idle(l, ready);
        return;
    }
    if (l->fd < 0) {
        fail(l, "the scheduler is away");
        return;
    }
    if (l->sent < l->out.len && (ready & (POLLOUT | POLLERR | POLLHUP)) != 0)
        send_some(l);
    else if ((ready & (POLLIN | POLLERR | POLLHUP)) != 0)
        receive_some(l);
    if (!link_is_free(l) && mono_ms >= l->until_ms)
        fail(l, "the scheduler did not answer in time");
}
