/*
 * sink: the receivers of the fault suite in one process: SMTP, an SMS gateway (Kannel's sendsms) and webhooks.
 * Whatever it accepts stands in its log, synced, before it says yes: that log is the oracle.
 *
 *   sink LOG           prints "ready SMTP-PORT HTTP-PORT", then obeys lines on standard input and answers each
 *                      with "done"; ends with its input
 *
 *   log PATH           goes on in another log
 *   smtp MODE [MS]     how mail is treated from now on; http MODE [MS] likewise for texts and webhooks
 *
 * Modes: ok, slow (the yes comes after MS), drip (the yes comes byte by byte, MS between two), silent (accepts
 * connections and says nothing), refuse (accepts connections and resets them at once), dead (does not listen),
 * later (temporary refusal), reset (resets instead of saying yes, has not accepted), lost (accepts, then resets
 * instead of saying yes).
 *
 * A line of the log: microseconds, email|sms|webhook|connect, identity (Message-ID before the @, number, webhook-id),
 * hash of the content, number of the connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS   512
#define INPUT_SIZE    (256 * 1024)
#define OUTPUT_SIZE   4096
#define IDENTITY_SIZE 200

enum mode { OK, SLOW, DRIP, SILENT, REFUSE, DEAD, LATER, RESET, LOST, MODES };
static const char *const mode_names[MODES] = {"ok",   "slow",  "drip",  "silent", "refuse",
                                              "dead", "later", "reset", "lost"};

enum state { COMMAND, DATA, REQUEST, HEADERS, BODY };

struct service {
    const char *name;
    int listener;
    int port;
    enum mode mode;
    int64_t delay_us;
};

struct connection {
    int fd;
    long number;
    struct service *service;
    enum state state;
    char in[INPUT_SIZE];
    size_t in_len;
    char out[OUTPUT_SIZE];
    size_t out_len;
    int64_t out_after_us; /* not before */
    bool dripping, closing, resetting;
    bool in_headers, in_message_id;
    char identity[IDENTITY_SIZE];
    bool is_text;
    size_t body_left;
    uint64_t hash;
};

struct sink {
    struct service smtp, http;
    struct connection *connections[CONNECTIONS];
    size_t count;
    long numbers;
    int log;
    char *pending; /* of the log, this round */
    size_t pending_len, pending_size;
    bool must_sync;
    char commands[8192];
    size_t commands_len;
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
    fprintf(stderr, "sink: %s: %s\n", what, strerrordesc_np(errno));
    exit(1);
}

/* ---- the log ---- */

static void note(struct sink *s, const struct connection *c, const char *kind, const char *identity)
{
    if (s->pending_size - s->pending_len < 512) {
        s->pending_size = s->pending_size * 2 + 65536;
        s->pending = realloc(s->pending, s->pending_size);
        if (s->pending == NULL)
            die("no memory");
    }
    int len = snprintf(s->pending + s->pending_len, 512, "%" PRId64 " %s %.200s %016" PRIx64 " %ld\n",
                       now_us(), kind, identity[0] != '\0' ? identity : "-", c->hash, c->number);
    s->pending_len += (size_t)len;
}

static void write_log(struct sink *s)
{
    size_t done = 0;
    while (done < s->pending_len) {
        ssize_t n = write(s->log, s->pending + done, s->pending_len - done);
        if (n < 0)
            die("cannot write the log");
        done += (size_t)n;
    }
    s->pending_len = 0;
    if (s->must_sync && fdatasync(s->log) != 0)
        die("cannot sync the log");
    s->must_sync = false;
}

static void open_log(struct sink *s, const char *path)
{
    if (s->log >= 0)
        close(s->log);
    s->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (s->log < 0)
        die(path);
}

/* ---- answers ---- */

static void say(struct connection *c, const char *text)
{
    size_t len = strlen(text);
    if (len > OUTPUT_SIZE - c->out_len)
        len = OUTPUT_SIZE - c->out_len;
    memcpy(c->out + c->out_len, text, len);
    c->out_len += len;
}

/* The moment of truth: a message is complete. */
static void decide(struct sink *s, struct connection *c, const char *kind, const char *yes,
                   const char *later)
{
    enum mode mode = c->service->mode;
    if (mode == LATER || mode == RESET) {
        note(s, c, "refused", c->identity);
        c->resetting = mode == RESET;
        say(c, mode == LATER ? later : "");
        return;
    }
    note(s, c, kind, c->identity);
    s->must_sync = true;
    c->resetting = mode == LOST;
    if (c->resetting)
        return;
    say(c, yes);
    if (mode == SLOW || mode == DRIP)
        c->out_after_us = now_us() + c->service->delay_us;
    c->dripping = mode == DRIP;
}

/* ---- SMTP ---- */

static void mix(struct connection *c, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        c->hash = (c->hash ^ (unsigned char)bytes[i]) * 0x100000001b3;
}

static void begin_message(struct connection *c)
{
    c->hash = 0xcbf29ce484222325;
    c->identity[0] = '\0';
    c->in_headers = true;
    c->in_message_id = false;
}

/* The part of a Message-ID before the @. */
static void read_message_id(struct connection *c, const char *line, size_t len)
{
    const char *from = memchr(line, '<', len);
    if (from == NULL)
        return;
    size_t rest = len - (size_t)(from + 1 - line), i = 0;
    while (i < rest && i < IDENTITY_SIZE - 1 && from[1 + i] != '@' && from[1 + i] != '>')
        i++;
    memcpy(c->identity, from + 1, i);
    c->identity[i] = '\0';
    c->in_message_id = false;
}

static void read_header(struct connection *c, const char *line, size_t len)
{
    static const char name[] = "Message-ID:";
    bool folded = line[0] == ' ' || line[0] == '\t';
    if (len <= 2)
        c->in_headers = false;
    else if (!folded)
        c->in_message_id = len >= sizeof(name) && strncasecmp(line, name, sizeof(name) - 1) == 0;
    if (c->in_message_id)
        read_message_id(c, line, len);
}

static void take_data_line(struct sink *s, struct connection *c, const char *line, size_t len)
{
    if (len == 3 && line[0] == '.') {
        c->state = COMMAND;
        decide(s, c, "email", "250 2.0.0 OK\r\n", "451 4.3.0 later\r\n");
        return;
    }
    if (c->in_headers)
        read_header(c, line, len);
    mix(c, line, len);
}

static void take_command(struct connection *c, const char *line, size_t len)
{
    static const struct {
        const char *verb, *reply;
    } replies[] = {
        {"EHLO", "250-sink.test.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 33554432\r\n250 ENHANCEDSTATUSCODES\r\n"},
        {"HELO", "250 sink.test.example\r\n"},
        {"MAIL", "250 2.1.0 OK\r\n"},
        {"RCPT", "250 2.1.5 OK\r\n"},
        {"RSET", "250 2.0.0 OK\r\n"},
        {"NOOP", "250 2.0.0 OK\r\n"},
        {"DATA", "354 go ahead\r\n"},
        {"QUIT", "221 2.0.0 bye\r\n"},
    };
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        if (len < 4 || strncasecmp(line, replies[i].verb, 4) != 0)
            continue;
        say(c, replies[i].reply);
        c->closing = replies[i].verb[0] == 'Q';
        if (replies[i].verb[0] == 'D') {
            c->state = DATA;
            begin_message(c);
        }
        return;
    }
    say(c, "500 5.5.1 unknown command\r\n");
}

/* ---- HTTP ---- */

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c | 0x20);
    return at != NULL ? (int)(at - digits) : 0;
}

/* The number of a sendsms query: to=%2B49151... */
static void read_number(struct connection *c, const char *line)
{
    const char *at = strstr(line, "&to=");
    if (at == NULL)
        at = strstr(line, "?to=");
    size_t n = 0;
    for (at = at != NULL ? at + 4 : ""; *at != '\0' && *at != '&' && *at != ' ' && n < 30; at++) {
        char byte = *at;
        if (at[0] == '%' && at[1] != '\0' && at[2] != '\0') {
            byte = (char)(hex_value(at[1]) * 16 + hex_value(at[2]));
            at += 2;
        }
        c->identity[n++] = byte;
    }
    c->identity[n] = '\0';
}

static void begin_request(struct connection *c, const char *line, size_t len)
{
    begin_message(c);
    c->body_left = 0;
    c->is_text = strncmp(line, "GET ", 4) == 0;
    if (c->is_text)
        read_number(c, line);
    mix(c, line, len);
    c->state = HEADERS;
}

static void take_http_header(struct connection *c, const char *line)
{
    static const char id[] = "webhook-id:", length[] = "content-length:";
    if (strncasecmp(line, id, sizeof(id) - 1) == 0)
        snprintf(c->identity, sizeof(c->identity), "%.*s",
                 (int)strcspn(line + sizeof(id), "\r\n"), line + sizeof(id));
    if (strncasecmp(line, length, sizeof(length) - 1) == 0)
        c->body_left = strtoul(line + sizeof(length) - 1, NULL, 10);
}

static void end_request(struct sink *s, struct connection *c)
{
    c->state = REQUEST;
    if (c->is_text)
        decide(s, c, "sms", "HTTP/1.1 202 Accepted\r\nContent-Length: 25\r\n\r\n0: Accepted for delivery\n",
               "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    else
        decide(s, c, "webhook", "HTTP/1.1 204 No Content\r\n\r\n",
               "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
}

static void take_header_line(struct sink *s, struct connection *c, const char *line, size_t len)
{
    if (len > 2) {
        take_http_header(c, line);
        return;
    }
    c->state = BODY;
    if (c->body_left == 0)
        end_request(s, c);
}

/* ---- input ---- */

/* A line with its end; NUL behind it only for the parsers that like one. */
static void take_line(struct sink *s, struct connection *c, char *line, size_t len)
{
    char behind = line[len];
    line[len] = '\0';
    switch (c->state) {
    case COMMAND:
        take_command(c, line, len);
        break;
    case DATA:
        take_data_line(s, c, line, len);
        break;
    case REQUEST:
        begin_request(c, line, len);
        break;
    case HEADERS:
    case BODY:
        take_header_line(s, c, line, len);
        break;
    }
    line[len] = behind;
}

static size_t take_body(struct sink *s, struct connection *c, const char *bytes, size_t len)
{
    size_t part = len < c->body_left ? len : c->body_left;
    mix(c, bytes, part);
    c->body_left -= part;
    if (c->body_left == 0)
        end_request(s, c);
    return part;
}

static void take_input(struct sink *s, struct connection *c)
{
    size_t at = 0;
    while (at < c->in_len && !c->resetting && !c->closing) {
        if (c->state == BODY) {
            at += take_body(s, c, c->in + at, c->in_len - at);
            continue;
        }
        char *end = memchr(c->in + at, '\n', c->in_len - at);
        if (end == NULL)
            break;
        size_t len = (size_t)(end + 1 - (c->in + at));
        take_line(s, c, c->in + at, len);
        at += len;
    }
    memmove(c->in, c->in + at, c->in_len - at);
    c->in_len -= at;
}

static void end_connection(struct sink *s, size_t i)
{
    struct connection *c = s->connections[i];
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    if (c->resetting)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(c->fd);
    free(c);
    s->connections[i] = s->connections[--s->count];
}

static void read_input(struct sink *s, struct connection *c)
{
    ssize_t n = read(c->fd, c->in + c->in_len, INPUT_SIZE - 1 - c->in_len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        c->closing = true;
        c->out_len = 0;
        return;
    }
    c->in_len += (size_t)n;
    if (c->service->mode == SILENT)
        c->in_len = 0;
    else
        take_input(s, c);
}

/* ---- output ---- */

static void write_output(struct connection *c, int64_t now)
{
    size_t len = c->dripping && c->out_len > 0 ? 1 : c->out_len;
    if (len == 0 || now < c->out_after_us)
        return;
    ssize_t n = write(c->fd, c->out, len);
    if (n < 0 && errno != EAGAIN) {
        c->closing = true;
        c->out_len = 0;
    }
    if (n <= 0)
        return;
    memmove(c->out, c->out + n, c->out_len - (size_t)n);
    c->out_len -= (size_t)n;
    c->dripping = c->dripping && c->out_len > 0;
    c->out_after_us = c->dripping ? now + c->service->delay_us : 0;
}

static void write_all(struct sink *s)
{
    int64_t now = now_us();
    for (size_t i = s->count; i-- > 0;) {
        struct connection *c = s->connections[i];
        write_output(c, now);
        if (c->resetting || (c->closing && c->out_len == 0))
            end_connection(s, i);
    }
}

/* ---- connections ---- */

static void listen_on(struct service *v)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)v->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int on = 1;
    v->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(v->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (v->listener < 0 || bind(v->listener, (struct sockaddr *)&at, len) != 0 ||
        listen(v->listener, 1024) != 0 || getsockname(v->listener, (struct sockaddr *)&at, &len) != 0)
        die(v->name);
    v->port = ntohs(at.sin_port);
}

static void accept_one(struct sink *s, struct service *v)
{
    int fd = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct connection *c = s->count < CONNECTIONS ? calloc(1, sizeof(*c)) : NULL;
    if (c == NULL) {
        close(fd);
        return;
    }
    c->fd = fd;
    c->service = v;
    c->number = ++s->numbers;
    c->state = v == &s->smtp ? COMMAND : REQUEST;
    c->resetting = v->mode == REFUSE;
    s->connections[s->count++] = c;
    note(s, c, "connect", v->name);
    if (v == &s->smtp && v->mode != SILENT && v->mode != REFUSE)
        say(c, "220 sink.test.example ESMTP\r\n");
}

/* ---- commands ---- */

static void set_mode(struct sink *s, struct service *v, const char *name, long delay_ms)
{
    int mode = 0;
    while (mode < MODES && strcmp(name, mode_names[mode]) != 0)
        mode++;
    if (mode == MODES)
        die(name);
    if (mode == DEAD && v->listener >= 0) {
        close(v->listener);
        v->listener = -1;
    }
    if (mode != DEAD && v->listener < 0)
        listen_on(v);
    for (size_t i = 0; (mode == DEAD || mode == REFUSE) && i < s->count; i++)
        s->connections[i]->resetting |= s->connections[i]->service == v;
    v->mode = (enum mode)mode;
    v->delay_us = (int64_t)delay_ms * 1000;
}

static void obey(struct sink *s, char *line)
{
    char verb[16] = "", word[4096] = "";
    long number = 0;
    if (sscanf(line, "%15s %4095s %ld", verb, word, &number) < 2)
        die("what is that on standard input?");
    if (strcmp(verb, "log") == 0)
        open_log(s, word);
    else
        set_mode(s, strcmp(verb, "smtp") == 0 ? &s->smtp : &s->http, word, number);
    if (write(STDOUT_FILENO, "done\n", 5) != 5)
        exit(0);
}

static void read_commands(struct sink *s)
{
    ssize_t n = read(STDIN_FILENO, s->commands + s->commands_len,
                     sizeof(s->commands) - 1 - s->commands_len);
    if (n <= 0)
        exit(0);
    s->commands_len += (size_t)n;
    char *end;
    while ((end = memchr(s->commands, '\n', s->commands_len)) != NULL) {
        *end = '\0';
        obey(s, s->commands);
        s->commands_len -= (size_t)(end + 1 - s->commands);
        memmove(s->commands, end + 1, s->commands_len);
    }
}

/* ---- the loop ---- */

static int64_t soonest(const struct sink *s)
{
    int64_t when = INT64_MAX;
    for (size_t i = 0; i < s->count; i++) {
        const struct connection *c = s->connections[i];
        if (c->out_len > 0 && c->out_after_us > 0 && c->out_after_us < when)
            when = c->out_after_us;
    }
    return when;
}

static int wait_time_ms(const struct sink *s)
{
    int64_t when = soonest(s), now = now_us();
    if (when == INT64_MAX)
        return -1;
    return when <= now ? 0 : (int)((when - now) / 1000) + 1;
}

static void turn(struct sink *s)
{
    struct pollfd fds[CONNECTIONS + 3] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                          {.fd = s->smtp.listener, .events = POLLIN},
                                          {.fd = s->http.listener, .events = POLLIN}};
    size_t count = s->count;
    for (size_t i = 0; i < count; i++) {
        const struct connection *c = s->connections[i];
        bool blocked = c->out_len > 0 && c->out_after_us == 0;
        /* While a reply waits for its time nothing further is read: the client waits too. */
        fds[3 + i] = (struct pollfd){.fd = c->fd,
                                     .events = (short)((c->out_len == 0 ? POLLIN : 0) |
                                                       (blocked ? POLLOUT : 0))};
    }
    if (poll(fds, 3 + count, wait_time_ms(s)) < 0 && errno != EINTR)
        die("poll");
    for (size_t i = 0; i < count; i++) {
        if (fds[3 + i].revents != 0)
            read_input(s, s->connections[i]);
    }
    if (fds[1].revents != 0)
        accept_one(s, &s->smtp);
    if (fds[2].revents != 0)
        accept_one(s, &s->http);
    write_log(s);
    write_all(s);
    if (fds[0].revents != 0)
        read_commands(s);
}

int main(int argc, char **argv)
{
    static struct sink s = {.smtp = {.name = "smtp"}, .http = {.name = "http"}, .log = -1};
    if (argc != 2) {
        fprintf(stderr, "usage: sink LOG\n");
        return 64;
    }
    open_log(&s, argv[1]);
    listen_on(&s.smtp);
    listen_on(&s.http);
    printf("ready %d %d\n", s.smtp.port, s.http.port);
    fflush(stdout);
    for (;;)
        turn(&s);
}
