#include "engine/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/control.h"
#include "engine/requests.h"
#include "engine/rests.h"
#include "engine/stops.h"
#include "model/json.h"
#include "spool/spool.h"

#define ANSWER_MS 30000
#define RESTS_MS  3000
/* A daemon that has the spool already and is about to open its socket. */
#define START_MS       10000
#define START_AGAIN_MS 100

struct client {
    int socket;         /* -1: local */
    bool asked;         /* what rests was asked for, of a daemon beside us */
    bool alone;         /* none runs */
    int64_t limit_ms;   /* of each answer */
    struct stops stops; /* when none runs: what operators paused */
    struct rests rests;
    const struct settings *settings;
    struct spool *spool;
    struct ledger *ledger;
};

static struct timeval as_timeval(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* -1 with errno. */
static int connect_daemon(const char *path, int64_t limit_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = as_timeval(limit_ms);
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
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

static int refuse_socket(const struct settings *s, struct error *err)
{
    return error_set(err, ERR_DENIED, "you may not use the control socket %s; join its group",
                     s->control_socket);
}

/* Without a daemon the modes of the files decide. */
static int require_own_hands(const struct client *c, enum ledger_mode mode, struct error *err)
{
    int wanted = mode == LEDGER_READ ? R_OK | X_OK : R_OK | W_OK | X_OK;
    if (faccessat(AT_FDCWD, c->settings->spool, wanted, AT_EACCESS) == 0 || errno != EACCES)
        return 0;
    return error_set(err, ERR_DENIED,
                     "no daemon answers at %s, and the spool %s is not yours to %s; start the "
                     "daemon, or act as the user it belongs to",
                     c->settings->control_socket, c->settings->spool,
                     mode == LEDGER_READ ? "read" : "change");
}

static int open_locally(struct client *c, enum ledger_mode mode, struct error *err)
{
    int rc = require_spool(c, err);
    if (rc == 0)
        rc = require_own_hands(c, mode, err);
    if (rc == 0)
        rc = mode == LEDGER_READ ? open_to_look(c, err) : open_for_change(c, err);
    return rc;
}

static void let_go(struct client *c)
{
    ledger_close(c->ledger);
    spool_close(c->spool);
    c->ledger = NULL;
    c->spool = NULL;
}

/*
 * The daemon, or the ledger itself. Between the two lies a moment: a daemon that starts has the
 * lock of the spool before its socket answers. Who wants to change something waits for that.
 */
static int open_either(struct client *c, enum ledger_mode mode, struct error *err)
{
    const struct timespec pause = {.tv_nsec = START_AGAIN_MS * 1000000L};
    for (int waited_ms = 0;; waited_ms += START_AGAIN_MS) {
        c->socket = connect_daemon(c->settings->control_socket, ANSWER_MS);
        if (c->socket >= 0)
            return 0;
        if (errno == EACCES)
            return refuse_socket(c->settings, err);
        bool listens = errno == EAGAIN; /* and takes no call */
        int rc = open_locally(c, mode, err);
        if (rc != ERR_DOWN || listens || waited_ms >= START_MS)
            return rc;
        let_go(c);
        nanosleep(&pause, NULL);
    }
}

int client_open(const struct settings *s, enum ledger_mode mode, struct client **out,
                struct error *err)
{
    struct client *c = xcalloc(1, sizeof(*c));
    c->settings = s;
    c->limit_ms = ANSWER_MS;
    int rc = open_either(c, mode, err);
    if (rc != 0) {
        client_close(c);
        c = NULL;
    }
    *out = c;
    return rc;
}

static int explain_no_daemon(const struct settings *s, int why, struct error *err)
{
    if (why == EACCES)
        return refuse_socket(s, err);
    if (why == EAGAIN)
        return error_set(err, ERR_DOWN,
                         "the daemon at %s takes no call: it is stopped or overloaded; look at its "
                         "process and its log",
                         s->control_socket);
    return error_set(err, ERR_DOWN,
                     "no daemon listens at %s (%s); `dispatcher run` or the service manager starts "
                     "it",
                     s->control_socket, strerrordesc_np(why));
}

int client_open_daemon(const struct settings *s, int64_t limit_ms, struct client **out,
                       struct error *err)
{
    struct client *c = xcalloc(1, sizeof(*c));
    c->settings = s;
    c->limit_ms = limit_ms > 0 ? limit_ms : ANSWER_MS;
    c->socket = connect_daemon(s->control_socket, c->limit_ms);
    int rc = c->socket < 0 ? explain_no_daemon(s, errno, err) : 0;
    if (rc != 0) {
        client_close(c);
        c = NULL;
    }
    *out = c;
    return rc;
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
    stops_free(&c->stops);
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
    struct client daemon = {.socket = connect_daemon(c->settings->control_socket, RESTS_MS),
                            .settings = c->settings,
                            .limit_ms = RESTS_MS};
    struct buf end = {0};
    struct json_t *root = NULL;
    struct error ignored;
    c->asked = true;
    c->alone = daemon.socket < 0 && (errno == ENOENT || errno == ECONNREFUSED);
    if (c->alone && stops_load(&c->stops, c->ledger, &ignored) != 0)
        return;
    if (daemon.socket < 0)
        return;
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
    const struct stopped_transport *stop = stops_find(&c->stops, transport);
    if (stop != NULL) {
        stops_put_rest(stop, out);
        return true;
    }
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

/* What a change came to is not known then: the chain of actions tells. */
static int fail_lost(const struct client *c, bool silent, struct error *err)
{
    if (silent)
        return error_set(err, ERR_DOWN,
                         "the daemon did not answer within %lld s: it is stopped, or busy with "
                         "something long; look at its log. Whether it did what was asked "
                         "`dispatcher actions` tells",
                         (long long)(c->limit_ms + 999) / 1000);
    return error_set(err, ERR_DOWN,
                     "the daemon ended before it had answered; look at its log. Whether it did "
                     "what was asked `dispatcher actions` tells");
}

/* Until the daemon takes or gives something. The limits of the socket begin anew with every signal,
 * and who is stopped and let go on again and again would wait for ever. */
static int wait_for_daemon(const struct client *c, short events, struct error *err)
{
    struct pollfd ready = {.fd = c->socket, .events = events};
    int64_t end_ms = clock_mono_ms() + c->limit_ms;
    int count = 0;
    do {
        int64_t left_ms = end_ms - clock_mono_ms();
        count = poll(&ready, 1, left_ms > 0 ? (int)left_ms : 0);
    } while (count < 0 && errno == EINTR);
    return count == 0 ? fail_lost(c, true, err) : 0;
}

/* Without SIGPIPE: a daemon that was killed must not kill who asks it. */
static int send_line(const struct client *c, const char *request, struct error *err)
{
    struct buf line = {0};
    size_t sent = 0;
    int rc = 0;
    buf_printf(&line, "%s\n", request);
    while (rc == 0 && sent < line.len) {
        rc = wait_for_daemon(c, POLLOUT, err);
        ssize_t count =
            rc == 0 ? send(c->socket, line.data + sent, line.len - sent, MSG_NOSIGNAL) : 0;
        if (count > 0)
            sent += (size_t)count;
        else if (rc == 0 && errno != EINTR)
            rc = fail_lost(c, errno == EAGAIN, err);
    }
    buf_free(&line);
    return rc;
}

static int ask_daemon(struct client *c, const char *request, struct buf *answer, struct error *err)
{
    size_t scanned = 0;
    int rc = send_line(c, request, err);
    while (rc == 0 && !answer_complete(answer, &scanned)) {
        rc = wait_for_daemon(c, POLLIN, err);
        if (rc != 0)
            break;
        buf_reserve(answer, 65536);
        ssize_t got = recv(c->socket, answer->data + answer->len, 65536, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail_lost(c, got < 0 && errno == EAGAIN, err);
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
    int64_t version = json_get_int(root, "v", 0);
    if (version != REQUEST_VERSION)
        rc = error_set(err, ERR_DOWN,
                       "the daemon speaks version %lld of the control protocol, this program "
                       "version %d; use the program of the daemon's release, or restart the daemon",
                       (long long)version, REQUEST_VERSION);
    else if (sentence != NULL)
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

/* ---- trial mode ---- */

static int ask_live(struct client *c, struct json_t **out, struct error *err)
{
    struct buf end = {0};
    int rc = client_ask(c, "{\"v\":1,\"verb\":\"live\"}", NULL, &end, err);
    if (rc == 0)
        rc = json_parse(buf_text(&end), end.len, "answer", 1, 8, out, err);
    buf_free(&end);
    return rc;
}

void client_take_trial(struct settings *s)
{
    struct client *c = NULL;
    struct json_t *answer = NULL;
    struct error ignored;
    int rc = client_open_beside(s, &c, &ignored);
    if (rc != 0)
        rc = client_open_daemon(s, RESTS_MS, &c, &ignored);
    if (rc == 0 && ask_live(c, &answer, &ignored) == 0)
        s->trial = json_get_bool(answer, "trial", s->trial);
    json_free(answer);
    client_close(c);
}
