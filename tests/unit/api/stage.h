/*
 * A stage for tests of the API: the real server and site in this process, clients on real
 * connections, and a scheduler that says what the test wants. One loop moves all of them; the clock
 * is the test's.
 */
#ifndef TESTS_UNIT_API_STAGE_H
#define TESTS_UNIT_API_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "api/desk.h"
#include "api/site.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "base/log.h"
#include "engine/listen_socket.h"
#include "model/token.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))
#define STAGE_LINKS   8
#define STAGE_ASKED   4096

struct stage {
    char directory[32], socket[64];
    struct settings settings;
    struct transport transports[2];
    struct desk desk;
    struct server *server;
    int listener, port;
    int64_t now_ms;
    /* the scheduler */
    int scheduler; /* -1: away */
    int links[STAGE_LINKS];
    struct buf heard[STAGE_LINKS];
    size_t link_count;
    bool silent;
    bool hangs_up;            /* on the next request, without an answer */
    const char *answer;       /* NULL: by the verb */
    const char *refuse_with;  /* a request that holds this word is refused ... */
    int refuse_code;          /* ... with this error; 0: ERR_INPUT */
    char *asked[STAGE_ASKED]; /* requests, in their order */
    size_t asked_count;
};

static struct gateway_report_state stage_states[] UNUSED = {
    {TEXT("1"), RECEIPT_CONFIRMED}, {TEXT("2"), RECEIPT_FAILED}, {TEXT("8"), RECEIPT_ACCEPTED}};
static struct gateway_report stage_report UNUSED = {
    .source = GATEWAY_REPORT_QUERY,
    .by_key = true,
    .from = TEXT("key"),
    .status_from = TEXT("d"),
    .states = stage_states,
    .state_count = COUNT_OF(stage_states),
    .reply_status = 202,
    .reply_body = TEXT("ACK/Jasmin"),
};
static struct gateway_report_state stage_hook_states[] UNUSED = {
    {TEXT("COMPLETED"), RECEIPT_CONFIRMED}};
static struct gateway_report stage_hooks UNUSED = {
    .source = GATEWAY_REPORT_JSON,
    .verify = GATEWAY_VERIFY_SHARED_HEADER,
    .verify_name = TEXT("X-Signature"),
    .verify_key = TEXT("sw0rdfish"),
    .each = TEXT("/hooks"),
    .by_key = true,
    .from = TEXT("/key"),
    .status_from = TEXT("/status"),
    .states = stage_hook_states,
    .state_count = COUNT_OF(stage_hook_states),
    .reply_status = 204,
};
static struct gateway stage_gateways[2] UNUSED = {{.name = TEXT("kannel"), .report = &stage_report},
                                                  {.name = TEXT("nhn"), .report = &stage_hooks}};

/* ---- the scheduler */

static inline void scheduler_open(struct stage *s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", s->socket);
    unlink(s->socket);
    s->scheduler = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->scheduler, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(s->scheduler, 16), 0);
}

static inline void scheduler_close(struct stage *s)
{
    for (size_t i = 0; i < s->link_count; i++) {
        close(s->links[i]);
        buf_free(&s->heard[i]);
    }
    s->link_count = 0;
    if (s->scheduler >= 0)
        close(s->scheduler);
    s->scheduler = -1;
}

static inline size_t stage_count_word(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static inline void scheduler_answer(struct stage *s, int fd, const char *line)
{
    struct buf out = {0};
    if (s->answer != NULL)
        buf_puts(&out, s->answer);
    else if (s->refuse_with != NULL && strstr(line, s->refuse_with) != NULL)
        buf_printf(&out, "{\"v\":1,\"error\":\"that is no receipt\",\"code\":%d}\n",
                   s->refuse_code != 0 ? s->refuse_code : ERR_INPUT);
    else
        buf_printf(&out, "{\"v\":1,\"end\":true,\"booked\":%zu,\"parked\":0,\"refused\":0}\n",
                   stage_count_word(line, "\"kind\""));
    assert_int_equal(send(fd, out.data, out.len, MSG_NOSIGNAL), out.len);
    buf_free(&out);
}

static inline void scheduler_hear(struct stage *s, size_t index)
{
    struct buf *in = &s->heard[index];
    buf_reserve(in, 65536);
    ssize_t got = recv(s->links[index], in->data + in->len, 65536, MSG_DONTWAIT);
    if (got > 0)
        buf_truncate(in, in->len + (size_t)got);
    const char *newline = in->len > 0 ? memchr(in->data, '\n', in->len) : NULL;
    if (newline == NULL)
        return;
    assert_true(s->asked_count < STAGE_ASKED);
    s->asked[s->asked_count] = strndup(in->data, (size_t)(newline - in->data));
    buf_reset(in); /* one question at a time */
    if (s->hangs_up)
        shutdown(s->links[index], SHUT_RDWR);
    else if (!s->silent)
        scheduler_answer(s, s->links[index], s->asked[s->asked_count]);
    s->hangs_up = false;
    s->asked_count++;
}

static inline void scheduler_turn(struct stage *s)
{
    int fd = s->scheduler >= 0 ? accept4(s->scheduler, NULL, NULL, SOCK_CLOEXEC) : -1;
    if (fd >= 0) {
        assert_true(s->link_count < STAGE_LINKS);
        s->links[s->link_count] = fd;
        s->heard[s->link_count++] = (struct buf){0};
    }
    for (size_t i = 0; i < s->link_count; i++)
        scheduler_hear(s, i);
}

/* ---- all */

static inline void stage_open(struct stage *s)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    bool loopback;
    log_set_level(LOG_ERR);
    *s = (struct stage){.scheduler = -1, .now_ms = 1000000};
    snprintf(s->directory, sizeof(s->directory), "/tmp/api-XXXXXX");
    assert_non_null(mkdtemp(s->directory));
    snprintf(s->socket, sizeof(s->socket), "%s/control.sock", s->directory);
    for (size_t i = 0; i < 2; i++)
        s->transports[i] = (struct transport){.name = TEXT(i == 0 ? "texts" : "nhn"),
                                              .channel = CHANNEL_SMS,
                                              .sms.gateway = &stage_gateways[i]};
    s->settings = (struct settings){.control_socket = s->socket,
                                    .api_public_url = TEXT("https://sms.example.org"),
                                    .transports = s->transports,
                                    .transport_count = 2};
    memset(s->settings.token_key, 7, sizeof(s->settings.token_key));
    scheduler_open(s);
    assert_int_equal(listen_socket_open("127.0.0.1:0", &s->listener, &loopback, NULL), 0);
    assert_true(loopback);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
    s->port = ntohs(address.sin_port);
    s->desk.settings = &s->settings;
    site_open(&s->desk);
    const struct server_options options = {
        .listener = s->listener, .context = &s->desk, .handle = site_handle};
    assert_int_equal(server_open(&options, &s->server, NULL), 0);
    s->desk.server = s->server;
}

static inline void stage_turn(struct stage *s)
{
    struct pollfd fds[3] = {{.fd = server_fd(s->server), .events = POLLIN},
                            inbox_poll(s->desk.inbox),
                            questions_poll(s->desk.questions)};
    poll(fds, 3, server_wait_ms(s->server, 1));
    inbox_serve(s->desk.inbox, fds[1].revents, s->now_ms);
    questions_serve(s->desk.questions, fds[2].revents, s->now_ms);
    server_turn(s->server, s->now_ms);
    scheduler_turn(s);
}

static inline void stage_turns(struct stage *s, int count)
{
    while (count-- > 0)
        stage_turn(s);
}

static inline void stage_close(struct stage *s)
{
    site_close(&s->desk);
    stage_turns(s, 0);
    server_turn(s->server, s->now_ms);
    server_close(s->server);
    close(s->listener);
    scheduler_close(s);
    for (size_t i = 0; i < s->asked_count; i++)
        free(s->asked[i]);
    unlink(s->socket);
    rmdir(s->directory);
}

/* ---- clients */

static inline int client_dial(const struct stage *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)s->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static inline void client_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the other side closes; false when it does not within `turns`. */
static inline bool client_hear(struct stage *s, int fd, int turns, struct buf *out)
{
    for (int i = 0; i < turns; i++) {
        char bytes[4096];
        ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (got > 0)
            buf_put(out, bytes, (size_t)got);
        if (got == 0)
            return true;
        stage_turn(s);
    }
    return false;
}

/* The whole answer to a request that asks to close; `out` is reset. Returns the status. */
static inline int ask(struct stage *s, const char *request, struct buf *out)
{
    int fd = client_dial(s), status = 0;
    buf_reset(out);
    client_send(fd, request);
    if (!client_hear(s, fd, 5000, out))
        fail_msg("no end of: %s", buf_text(out));
    close(fd);
    assert_int_equal(sscanf(buf_text(out), "HTTP/1.1 %d", &status), 1);
    return status;
}

static inline int ask_for(struct stage *s, const char *method, const char *target, struct buf *out)
{
    struct buf request = {0};
    buf_printf(&request, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, target);
    int status = ask(s, request.data, out);
    buf_free(&request);
    return status;
}

/* "/reports/NAME/TOKEN" and what follows. */
static inline void put_report_path(const struct stage *s, const char *name, const char *rest,
                                   struct buf *out)
{
    buf_printf(out, "/reports/%s/", name);
    token_put(out, s->settings.token_key, TOKEN_CALLBACK, 0, name);
    buf_puts(out, rest);
}

#endif
