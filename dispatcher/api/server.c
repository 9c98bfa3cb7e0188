#include "api/server.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "channel/http_request.h"

#define STEP_MS          INT64_C(10000)
#define STEP_S           10u
#define CONNECTIONS_MAX  8192u
#define HEADERS_MAX      ((size_t)16 * 1024)
#define SWEEP_MS         1000
#define HEADER_COUNT_MAX 100
#define CROWDED_AGAIN_S  5

/* A connection, as long as it stands. */
struct visit {
    struct visit *next, *before;
    int fd;
    int64_t since_ms; /* when its present step began */
    bool waits;       /* for us: no fault of its own */
};

struct call {
    struct server *server;
    struct MHD_Connection *connection;
    struct visit *visit;
    char *target;
    const char *method; /* libmicrohttpd's, NULL until the headers are there */
    struct report_header *headers;
    size_t header_count;
    struct buf body;
    int tag;
    bool crowded_out; /* there was no room for its body */
    bool handed_over;
    bool suspended;
    struct MHD_Response *response;
    int status;
};

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    int fd;
    int64_t now_ms, swept_ms;
    struct visit *visits;
    size_t visit_count;
    size_t held; /* bytes of bodies */
    uint64_t answered[CALL_TAGS][6];
};

/* ---- connections */

static void link_visit(struct server *s, struct visit *v)
{
    v->next = s->visits;
    if (s->visits != NULL)
        s->visits->before = v;
    s->visits = v;
    s->visit_count++;
}

static void unlink_visit(struct server *s, struct visit *v)
{
    if (v->next != NULL)
        v->next->before = v->before;
    if (v->before != NULL)
        v->before->next = v->next;
    else
        s->visits = v->next;
    s->visit_count--;
    free(v);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *s = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        unlink_visit(s, *slot);
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct visit *v = xcalloc(1, sizeof(*v));
    v->fd = info->connect_fd;
    v->since_ms = s->now_ms;
    link_visit(s, v);
    *slot = v;
}

/* libmicrohttpd's own limit begins anew with every byte: whoever sends one now and then would stay
 * for ever. */
static void sweep(struct server *s)
{
    if (s->now_ms - s->swept_ms < SWEEP_MS)
        return;
    s->swept_ms = s->now_ms;
    for (struct visit *v = s->visits; v != NULL; v = v->next) {
        if (!v->waits && s->now_ms - v->since_ms > STEP_MS)
            shutdown(v->fd, SHUT_RDWR);
    }
}

/* ---- answering */

static struct MHD_Response *make_response(const struct reply *reply)
{
    char number[16];
    size_t len = reply->status == MHD_HTTP_NO_CONTENT ? 0 : reply->len;
    struct MHD_Response *r = MHD_create_response_from_buffer(
        len, (void *)(uintptr_t)(len > 0 ? reply->body : ""), MHD_RESPMEM_MUST_COPY);
    if (r == NULL)
        return NULL;
    MHD_add_response_header(r, "Cache-Control", "no-store");
    if (len > 0)
        MHD_add_response_header(r, "Content-Type",
                                reply->type != NULL ? reply->type : "text/plain; charset=utf-8");
    if (reply->allow != NULL)
        MHD_add_response_header(r, "Allow", reply->allow);
    if (reply->retry_after_s > 0) {
        snprintf(number, sizeof(number), "%d", reply->retry_after_s);
        MHD_add_response_header(r, "Retry-After", number);
    }
    return r;
}

void call_answer(struct call *c, const struct reply *reply)
{
    c->response = make_response(reply);
    c->status = reply->status;
    c->server->answered[c->tag][reply->status / 100]++;
    c->visit->since_ms = c->server->now_ms;
    c->visit->waits = false;
    if (c->suspended) {
        c->suspended = false;
        MHD_resume_connection(c->connection);
    }
}

/* NO closes the connection: a response for which there is no memory. */
static enum MHD_Result send_response(struct call *c)
{
    if (c->response == NULL)
        return MHD_NO;
    return MHD_queue_response(c->connection, (unsigned)c->status, c->response);
}

/* Before the body was read, so that nothing behind it is taken for a request. */
static enum MHD_Result refuse(struct call *c, int status, const char *sentence)
{
    call_answer(c, &(struct reply){.status = status, .body = sentence, .len = strlen(sentence)});
    if (c->response != NULL)
        MHD_add_response_header(c->response, "Connection", "close");
    return send_response(c);
}

/* ---- what a request says */

static enum MHD_Result keep_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct call *c = context;
    (void)kind;
    if (c->header_count <= HEADER_COUNT_MAX) /* one more tells that there are too many */
        c->headers[c->header_count++] = (struct report_header){name, value != NULL ? value : ""};
    return MHD_YES;
}

static size_t count_header(const struct call *c, const char *name, const char **out_value)
{
    size_t count = 0;
    for (size_t i = 0; i < c->header_count; i++) {
        if (strcasecmp(c->headers[i].name, name) != 0)
            continue;
        *out_value = c->headers[i].value;
        count++;
    }
    return count;
}

static bool headers_are_clean(const struct call *c)
{
    if (c->header_count > HEADER_COUNT_MAX)
        return false;
    for (size_t i = 0; i < c->header_count; i++) {
        if (http_check_header(c->headers[i].name, c->headers[i].value, NULL) != 0)
            return false;
    }
    return true;
}

/* Is there one way only to say where the body ends? RFC 9112, 6.3. */
static bool frame_is_clear(const struct call *c, const char *version)
{
    const char *length = "0", *coding = "chunked", *host;
    size_t lengths = count_header(c, "Content-Length", &length);
    size_t codings = count_header(c, "Transfer-Encoding", &coding);
    bool old = strcmp(version, MHD_HTTP_VERSION_1_1) != 0;
    if (count_header(c, "Host", &host) > 1 || lengths > 1 || codings > 1)
        return false;
    if (codings > 0 && (lengths > 0 || old || strcasecmp(coding, "chunked") != 0))
        return false;
    return *length != '\0' && strspn(length, "0123456789") == strlen(length);
}

static bool length_fits(const struct call *c)
{
    const char *length = "0";
    int64_t number;
    count_header(c, "Content-Length", &length);
    return text_parse_int(length, &number) && number <= (int64_t)CALL_BODY_MAX;
}

static enum MHD_Result begin(struct call *c, const char *method, const char *version)
{
    c->method = method;
    c->headers = xcalloc(HEADER_COUNT_MAX + 1, sizeof(*c->headers));
    MHD_get_connection_values(c->connection, MHD_HEADER_KIND, keep_header, c);
    if (!headers_are_clean(c) || !frame_is_clear(c, version))
        return refuse(c, MHD_HTTP_BAD_REQUEST, "the headers are ambiguous\n");
    if (!length_fits(c))
        return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "the body is longer than 256 KiB\n");
    return MHD_YES;
}

static void drop_body(struct call *c)
{
    c->server->held -= c->body.len;
    buf_free(&c->body);
}

/* What is too long is read to its end, which is bounded by the time of a step, and not kept. */
static void take_body(struct call *c, const char *data, size_t size)
{
    struct server *s = c->server;
    size_t room = CALL_BODY_MAX + 1 - c->body.len;
    size_t more = size < room ? size : room;
    bool is_short = c->body.len + more <= BODY_SHORT;
    c->crowded_out = c->crowded_out || (!is_short && s->held + more > BODIES_MAX);
    if (c->crowded_out) {
        drop_body(c);
        return;
    }
    s->held += more;
    buf_put(&c->body, data, more);
}

static enum MHD_Result finish(struct call *c)
{
    static const char sentence[] = "the body is longer than 256 KiB\n";
    c->handed_over = true;
    if (c->crowded_out)
        call_answer(c, &(struct reply){.status = MHD_HTTP_SERVICE_UNAVAILABLE,
                                       .retry_after_s = CROWDED_AGAIN_S});
    else if (c->body.len > CALL_BODY_MAX)
        call_answer(c, &(struct reply){.status = MHD_HTTP_CONTENT_TOO_LARGE,
                                       .body = sentence,
                                       .len = sizeof(sentence) - 1});
    else
        c->server->options.handle(c->server->options.context, c);
    if (c->status != 0)
        return send_response(c);
    c->suspended = true;
    c->visit->waits = true;
    MHD_suspend_connection(c->connection);
    return MHD_YES;
}

/* ---- libmicrohttpd's callbacks */

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct server *s = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct call *c = xcalloc(1, sizeof(*c));
    c->server = s;
    c->connection = connection;
    c->visit = info->socket_context;
    c->visit->since_ms = s->now_ms;
    c->target = xstrdup(target);
    return c;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **slot)
{
    struct call *c = *slot;
    (void)context;
    (void)connection;
    (void)url;
    if (c->method == NULL)
        return begin(c, method, version);
    if (*size > 0) {
        take_body(c, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return c->handed_over ? send_response(c) : finish(c);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode how)
{
    struct server *s = context;
    struct call *c = *slot;
    (void)connection;
    (void)how;
    if (c == NULL)
        return;
    c->visit->since_ms = s->now_ms;
    if (c->response != NULL)
        MHD_destroy_response(c->response);
    drop_body(c);
    free(c->headers);
    free(c->target);
    free(c);
    *slot = NULL;
}

/* Nothing is decoded there: %00 and %2f mean what our own readers say. */
static size_t keep_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* ---- */

int server_open(const struct server_options *options, struct server **out, struct error *err)
{
    struct server *s = xcalloc(1, sizeof(*s));
    *out = NULL;
    s->options = *options;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, s,
        MHD_OPTION_LISTEN_SOCKET, options->listener, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, STEP_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADERS_MAX,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        s, MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped,
        NULL, MHD_OPTION_END);
    if (s->daemon == NULL) {
        free(s);
        return error_errno(err, ERR_IO, "the HTTP server does not start");
    }
    s->fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    *out = s;
    return 0;
}

void server_close(struct server *s)
{
    if (s == NULL)
        return;
    server_stop_accepting(s); /* or the listener, which is not ours, would be closed */
    MHD_stop_daemon(s->daemon);
    free(s);
}

int server_fd(const struct server *s)
{
    return s->fd;
}

int server_wait_ms(struct server *s, int most_ms)
{
    MHD_UNSIGNED_LONG_LONG wait;
    if (MHD_get_timeout(s->daemon, &wait) == MHD_YES && wait < (unsigned)most_ms)
        return (int)wait;
    return most_ms;
}

void server_turn(struct server *s, int64_t mono_ms)
{
    s->now_ms = mono_ms;
    MHD_run(s->daemon); /* first: who was just answered may leave by itself */
    sweep(s);
}

void server_stop_accepting(struct server *s)
{
    (void)MHD_quiesce_daemon(s->daemon);
}

size_t server_connections(const struct server *s)
{
    return s->visit_count;
}

size_t server_held(const struct server *s)
{
    return s->held;
}

uint64_t server_answered(const struct server *s, int tag, int digit)
{
    return s->answered[tag][digit];
}

void call_set_tag(struct call *c, int tag)
{
    c->tag = tag;
}

const char *call_method(const struct call *c)
{
    return c->method;
}

const char *call_target(const struct call *c)
{
    return c->target;
}

const struct report_header *call_headers(const struct call *c, size_t *out_count)
{
    *out_count = c->header_count;
    return c->headers;
}

const char *call_body(const struct call *c, size_t *out_len)
{
    *out_len = c->body.len;
    return buf_text(&c->body);
}
