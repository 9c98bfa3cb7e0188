#include "engine/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/control.h"
#include "engine/requests.h"
#include "engine/rests.h"
#include "model/json.h"
#include "spool/spool.h"

#define ANSWER_TIMEOUT_S 30
#define RESTS_TIMEOUT_S  3

struct client {
    int socket; /* -1: local */
    bool asked; /* what rests was asked for, of a daemon beside us */
    bool alone; /* none runs */
    struct rests rests;
    const struct settings *settings;
    struct spool *spool;
    struct ledger *ledger;
};

static int connect_daemon(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = {.tv_sec = ANSWER_TIMEOUT_S};
    if (strlen(path) >= sizeof(address.sun_path))
        return -1;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)); /* of connect() too */
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static int open_for_change(struct client *c, struct error *err)
{
    int rc = spool_open(c->settings->spool, &c->spool, err);
    if (rc == 0)
        rc = spool_lock(c->spool, SPOOL_COMMAND, err);
    if (rc == ERR_AGAIN) {
        struct error why = *err;
        return error_set(err, ERR_DOWN, "%s, but its control socket %s does not answer", why.text,
                         c->settings->control_socket);
    }
    if (rc == 0)
        rc = ledger_open(c->settings->spool, LEDGER_WRITE, &c->ledger, err);
    return rc;
}

/* Looking must not make a spool where somebody only mistyped a path. */
static int require_spool(const struct client *c, struct error *err)
{
    if (access(c->settings->spool, F_OK) == 0)
        return 0;
    return error_set(
        err, ERR_NOT_FOUND,
        "there is no spool at %s yet; `dispatcher run` or `dispatcher enqueue` makes it",
        c->settings->spool);
}

/* A spool nobody has run yet: the empty ledger is made, and the lock let go again. */
static int make_ledger(struct client *c, struct error *err)
{
    int rc = open_for_change(c, err);
    ledger_close(c->ledger);
    spool_close(c->spool);
    c->ledger = NULL;
    c->spool = NULL;
    return rc;
}

/* For the texts of batches. Who may not read the spool sees everything else. */
static void open_texts(struct client *c)
{
    struct error ignored;
    if (spool_open(c->settings->spool, &c->spool, &ignored) != 0)
        c->spool = NULL;
}

static int open_to_look(struct client *c, struct error *err)
{
    int rc = ledger_open(c->settings->spool, LEDGER_READ, &c->ledger, err);
    if (rc == ERR_NOT_FOUND) {
        rc = make_ledger(c, err);
        if (rc == 0)
            rc = ledger_open(c->settings->spool, LEDGER_READ, &c->ledger, err);
    }
    if (rc == 0)
        open_texts(c);
    return rc;
}

int client_open(const struct settings *s, enum ledger_mode mode, struct client **out,
                struct error *err)
{
    struct client *c = xcalloc(1, sizeof(*c));
    int rc = 0;
    *out = NULL;
    c->settings = s;
    c->socket = connect_daemon(s->control_socket);
    if (c->socket < 0 && errno == EACCES)
        rc = error_set(err, ERR_DENIED, "you may not use the control socket %s; join its group",
                       s->control_socket);
    else if (c->socket < 0)
        rc = require_spool(c, err);
    if (rc == 0 && c->socket < 0)
        rc = mode == LEDGER_READ ? open_to_look(c, err) : open_for_change(c, err);
    if (rc != 0) {
        client_close(c);
        return rc;
    }
    *out = c;
    return 0;
}

int client_open_beside(const struct settings *s, struct client **out, struct error *err)
{
    struct client *c = xcalloc(1, sizeof(*c));
    c->settings = s;
    c->socket = -1;
    int rc = require_spool(c, err);
    if (rc == 0)
        rc = ledger_open(s->spool, LEDGER_READ, &c->ledger, err);
    if (rc == 0)
        open_texts(c);
    if (rc != 0) {
        client_close(c);
        c = NULL;
    }
    *out = c;
    return rc;
}

void client_close(struct client *c)
{
    if (c == NULL)
        return;
    if (c->socket >= 0)
        close(c->socket);
    ledger_close(c->ledger);
    spool_close(c->spool);
    rests_free(&c->rests);
    free(c);
}

bool client_has_daemon(const struct client *c)
{
    return c->socket >= 0;
}

/* Of who runs beside us, once: a list of thousands costs it one question. What it does not tell in
 * time is not known. */
static void ask_for_rests(struct client *c)
{
    static const char request[] = "{\"v\":1,\"verb\":\"rests\"}";
    const struct timeval limit = {.tv_sec = RESTS_TIMEOUT_S};
    struct client daemon = {.socket = connect_daemon(c->settings->control_socket)};
    struct buf end = {0};
    struct json_t *root = NULL;
    struct error ignored;
    c->asked = true;
    c->alone = daemon.socket < 0 && (errno == ENOENT || errno == ECONNREFUSED);
    if (daemon.socket < 0)
        return;
    setsockopt(daemon.socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (client_ask(&daemon, request, NULL, &end, &ignored) == 0 &&
        json_parse(buf_text(&end), end.len, "answer", 1, 8, &root, &ignored) == 0)
        rests_read(json_get(root, "rests"), &c->rests);
    close(daemon.socket);
    json_free(root);
    buf_free(&end);
}

static bool find_rest(void *context, const char *transport, struct transport_rest *out)
{
    struct client *c = context;
    if (!c->asked)
        ask_for_rests(c);
    *out = (struct transport_rest){.word = "daemon"};
    return c->alone || rests_find(&c->rests, transport, out);
}

/* Whoever it belongs to runs the daemon. */
static uid_t find_owner(const char *spool)
{
    struct stat st;
    return stat(spool, &st) == 0 ? st.st_uid : (uid_t)-1;
}

static void ask_locally(struct client *c, const char *request, struct buf *answer)
{
    char who[80];
    struct peer peer;
    struct access access;
    control_describe_user(getuid(), who, sizeof(who));
    peer_read_own(&peer);
    access_load_local(c->settings, find_owner(c->settings->spool), &access);
    struct request_world world = {
        .ledger = c->ledger,
        .spool = c->spool,
        .settings = c->settings,
        .who = who,
        .peer = &peer,
        .allowed = access_of(&access, c->settings, &peer),
        .now_ms = clock_wall_ms(),
        .find_rest = find_rest,
        .rest_context = c,
    };
    request_handle(&world, request, strlen(request), answer);
    peer_free(&peer);
}

/* The last line of an answer has "end" or "error": read until one of them is complete. */
static bool is_last_line(const char *line, size_t len)
{
    struct json_t *root = NULL;
    bool last = json_parse(line, len, "answer", 1, JOB_DEPTH_MAX + 4, &root, NULL) != 0 ||
                json_get(root, "end") != NULL || json_get(root, "error") != NULL;
    json_free(root);
    return last;
}

static bool answer_complete(const struct buf *answer, size_t *scanned)
{
    const char *newline;
    while ((newline = memchr(buf_text(answer) + *scanned, '\n', answer->len - *scanned)) != NULL) {
        const char *line = answer->data + *scanned;
        *scanned = (size_t)(newline - answer->data) + 1;
        if (is_last_line(line, (size_t)(newline - line)))
            return true;
    }
    return false;
}

static int fail_lost(struct error *err)
{
    return error_set(
        err, ERR_DOWN,
        "the daemon ended or did not answer within %d s; look at its log and ask again",
        ANSWER_TIMEOUT_S);
}

/* Without SIGPIPE: a daemon that was killed must not kill who asks it. */
static int send_line(int fd, const char *request, struct error *err)
{
    struct buf line = {0};
    size_t sent = 0;
    int rc = 0;
    buf_printf(&line, "%s\n", request);
    while (rc == 0 && sent < line.len) {
        ssize_t count = send(fd, line.data + sent, line.len - sent, MSG_NOSIGNAL);
        if (count > 0)
            sent += (size_t)count;
        else if (errno != EINTR)
            rc = fail_lost(err);
    }
    buf_free(&line);
    return rc;
}

static int ask_daemon(struct client *c, const char *request, struct buf *answer, struct error *err)
{
    size_t scanned = 0;
    int rc = send_line(c->socket, request, err);
    while (rc == 0 && !answer_complete(answer, &scanned)) {
        buf_reserve(answer, 65536);
        ssize_t got = recv(c->socket, answer->data + answer->len, 65536, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail_lost(err);
        answer->len += (size_t)got;
    }
    return rc;
}

/* Cuts the last line off `answer` into `end`. */
static void split_end(struct buf *answer, struct buf *end)
{
    size_t at = answer->len > 0 ? answer->len - 1 : 0;
    while (at > 0 && answer->data[at - 1] != '\n')
        at--;
    buf_put(end, buf_text(answer) + at, answer->len - at);
    buf_truncate(answer, at);
}

static int error_of(const struct buf *end, struct error *err)
{
    struct json_t *root = NULL;
    int rc = json_parse(buf_text(end), end->len, "answer", 1, JOB_DEPTH_MAX + 4, &root, err);
    if (rc != 0)
        return rc;
    const char *sentence = json_get_text(root, "error", NULL);
    if (sentence != NULL)
        rc = error_set(err, (int)json_get_int(root, "code", ERR_INTERNAL), "%s", sentence);
    json_free(root);
    return rc;
}

int client_ask(struct client *c, const char *request, struct buf *rows, struct buf *end,
               struct error *err)
{
    struct buf answer = {0};
    int rc = 0;
    if (c->socket >= 0)
        rc = ask_daemon(c, request, &answer, err);
    else
        ask_locally(c, request, &answer);
    if (rc == 0) {
        split_end(&answer, end);
        rc = error_of(end, err);
    }
    if (rc == 0 && rows != NULL)
        buf_put(rows, buf_text(&answer), answer.len);
    buf_free(&answer);
    return rc;
}
