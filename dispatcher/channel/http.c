#include "channel/http.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/pem.h"
#include "channel/address_filter.h"

/* clang-format off */
/*
 * libcurl's multi interface with one epoll for all pools:
 *
 *   run ── queue of item numbers per pool ── start ──▶ exchange (easy handle) in the pool's multi handle
 *                         ▲                                      │ its sockets in the epoll,
 *                         │                                      │ its times asked for before every wait
 *                         └────────────── finish ◀───────────────┘
 *
 * Items wait in our queue, never inside libcurl: there CURLOPT_TIMEOUT_MS would run while they
 * wait. Exchanges are used again: to set up an easy handle takes as long as to send a request. So
 * would timers of the kernel: libcurl sets its own several times for every request.
 */
/* clang-format on */

#define NONE        SIZE_MAX
#define EVENTS      32
#define WAIT_MS     1000  /* a lost event would cost this much, no more */
#define SILENT_MS   15000 /* of the peer's kernel, with bytes on the way to it */
#define MS_PER_S    1000
#define NS_PER_MS   1000000
#define CURL_NEEDED 0x075700 /* 7.87.0: CURLOPT_QUICK_EXIT */

struct http_pool {
    struct http_client *client;
    size_t slot; /* in client->pools */
    CURLM *multi;
    struct http_policy policy;
    char *ca_file;         /* what policy.ca_file points to */
    struct exchange *idle; /* not in use */
    /* while a run lasts */
    size_t first, last; /* waiting items, NONE if there are none */
    unsigned running;
    unsigned silent; /* ends in a row without an answer */
};

struct http_client {
    int epoll;
    int deadline; /* a timer, only read: what is left of the run */
    struct http_pool **pools;
    size_t pool_count;
};

struct run {
    struct http_client *client;
    const struct http_handler *handler;
    size_t *next; /* item -> the next one waiting for the same pool */
    bool limited;
    size_t left; /* items without an end */
};

struct exchange {
    struct http_pool *pool;
    CURL *easy;
    struct exchange *next_idle;
    /* of one request */
    struct run *run;
    size_t index;
    struct http_request request;
    struct curl_slist *headers; /* an array, its text borrowed from the request */
    struct http_answer answer;
    unsigned opened, blocked; /* addresses */
    unsigned writes;          /* how often libcurl was about to send the request */
    bool full;                /* we stopped reading */
    bool refused;             /* the peer says that it did not even look at the request */
    char detail[CURL_ERROR_SIZE];
};

/* ---- once */

int http_global_init(struct error *err)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(err, ERR_INTERNAL, "libcurl does not start");
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    if (curl->version_num < CURL_NEEDED || (curl->features & CURL_VERSION_SSL) == 0 ||
        (curl->features & CURL_VERSION_ASYNCHDNS) == 0)
        return error_set(err, ERR_INTERNAL,
                         "libcurl %s will not do: 7.87.0 or newer with TLS and an asynchronous "
                         "resolver is needed",
                         curl->version);
    /* With CURLOPT_NOSIGNAL nobody else keeps a closed TLS connection from killing the process. */
    if (sigaction(SIGPIPE, &ignore, NULL) != 0)
        return error_errno(err, ERR_INTERNAL, "SIGPIPE cannot be ignored");
    return 0;
}

static int check_url_parts(CURLU *parts, bool allow_http, struct error *err)
{
    char *scheme = NULL, *user = NULL, *password = NULL;
    int rc = 0;
    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
    curl_url_get(parts, CURLUPART_USER, &user, 0);
    curl_url_get(parts, CURLUPART_PASSWORD, &password, 0);
    bool https = scheme != NULL && strcmp(scheme, "https") == 0;
    bool http = scheme != NULL && strcmp(scheme, "http") == 0;
    if (!https && !(http && allow_http))
        rc = error_set(err, ERR_CONFIG, "the url must begin with https://%s",
                       http ? "; allow_http: true would permit http://" : "");
    else if (user != NULL || password != NULL)
        rc = error_set(err, ERR_CONFIG,
                       "the url must not hold a user name or password: they end up in logs");
    curl_free(scheme);
    curl_free(user);
    curl_free(password);
    return rc;
}

int http_check_url(const char *url, bool allow_http, struct error *err)
{
    CURLU *parts = curl_url();
    if (parts == NULL)
        abort();
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    int rc = code == CURLUE_OK
                 ? check_url_parts(parts, allow_http, err)
                 : error_set(err, ERR_CONFIG, "the url is not valid: %s", curl_url_strerror(code));
    curl_url_cleanup(parts);
    return rc;
}

int http_check_ca_file(const char *ca_file, struct error *err)
{
    return ca_file != NULL ? pem_check_certificates(ca_file, err) : 0;
}

/* ---- one exchange: what libcurl asks of us */

/* The only place where a destination is allowed or not: after the name was resolved, for every
 * address it has. */
static curl_socket_t open_allowed(void *context, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct exchange *x = context;
    (void)purpose;
    if (!x->pool->policy.allow_private && !address_filter_is_public(&a->addr, a->addrlen)) {
        x->blocked++;
        return CURL_SOCKET_BAD;
    }
    x->opened++;
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
    /* A kept connection that a firewall forgot would swallow one request after the other; over
     * HTTP/2 even a timeout does not end it. */
    const unsigned silent_ms = SILENT_MS;
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof(silent_ms));
    return fd;
}

static int before_writing(void *context, char *peer, char *local, int peer_port, int local_port)
{
    struct exchange *x = context;
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    x->writes++;
    /* libcurl sends a request again when a kept connection ended without an answer; the peer may
     * have acted on it, unless it said that it did not. */
    if (x->writes > 1 && !x->refused)
        return CURL_PREREQFUNC_ABORT;
    x->refused = false;
    if (x->writes > 1)
        return CURL_PREREQFUNC_OK;
    x->run->handler->writing(x->run->handler->context, x->index);
    return CURL_PREREQFUNC_OK;
}

/*
 * HTTP/2 alone knows a refused stream (RFC 9113, 8.7): a server that ends a connection names the
 * last request it has looked at. libcurl tells of those behind it nowhere but in its remarks. If a
 * libcurl had other words for it, such a request would count as one that may have arrived.
 */
static int hear_remark(CURL *easy, curl_infotype type, char *text, size_t len, void *context)
{
    static const char words[] = "REFUSED_STREAM, retrying";
    struct exchange *x = context;
    (void)easy;
    if (type == CURLINFO_TEXT && len >= strlen(words) && memcmp(text, words, strlen(words)) == 0)
        x->refused = true;
    return 0;
}

static size_t keep_body(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    size_t len = size * count, room = HTTP_ANSWER_MAX - x->answer.body.len;
    x->full = len > room;
    buf_put(&x->answer.body, bytes, x->full ? room : len);
    return x->full ? 0 : len;
}

static void set_option(struct exchange *x, CURLoption option, const void *value)
{
    CURLcode code = curl_easy_setopt(x->easy, option, value);
    assert(code == CURLE_OK);
}

static void set_number(struct exchange *x, CURLoption option, int64_t value)
{
    CURLcode code = curl_easy_setopt(x->easy, option, (long)value);
    assert(code == CURLE_OK);
}

/* What holds for every request. */
static void set_guards(struct exchange *x)
{
    static const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1}, /* a resolver that hangs must not hold up the others */
        {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        set_number(x, numbers[i].option, numbers[i].value);
    set_option(x, CURLOPT_PROXY, "");
    set_option(x, CURLOPT_USERAGENT, "dispatcher/" DISPATCHER_VERSION);
    set_option(x, CURLOPT_ERRORBUFFER, x->detail);
    set_option(x, CURLOPT_PRIVATE, x);
    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, keep_body);
    set_option(x, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETFUNCTION, open_allowed);
    set_option(x, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_PREREQFUNCTION, before_writing);
    set_option(x, CURLOPT_PREREQDATA, x);
}

static void set_policy(struct exchange *x)
{
    const struct http_policy *policy = &x->pool->policy;
    set_number(x, CURLOPT_HTTP_VERSION,
               policy->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
    set_number(x, CURLOPT_VERBOSE, policy->http2 ? 1 : 0);
    curl_easy_setopt(x->easy, CURLOPT_DEBUGFUNCTION, hear_remark);
    set_option(x, CURLOPT_DEBUGDATA, x);
    set_option(x, CURLOPT_PROTOCOLS_STR, policy->allow_http ? "http,https" : "https");
    if (policy->connect_timeout_ms > 0)
        set_number(x, CURLOPT_CONNECTTIMEOUT_MS, policy->connect_timeout_ms);
    if (policy->ca_file != NULL) {
        set_option(x, CURLOPT_CAINFO, policy->ca_file);
        set_option(x, CURLOPT_CAPATH, NULL);
    }
}

/* libcurl's list of headers, around the texts that we have. */
static void link_headers(struct exchange *x)
{
    const struct http_request *r = &x->request;
    x->headers = xreallocarray(x->headers, r->header_count + 1, sizeof(*x->headers));
    for (size_t i = 0; i < r->header_count; i++)
        x->headers[i] = (struct curl_slist){
            .data = r->headers[i],
            .next = i + 1 < r->header_count ? &x->headers[i + 1] : NULL,
        };
    set_option(x, CURLOPT_HTTPHEADER, r->header_count > 0 ? x->headers : NULL);
}

static void set_request(struct exchange *x)
{
    const struct http_request *r = &x->request;
    link_headers(x);
    set_option(x, CURLOPT_URL, buf_text(&r->url));
    /* Whoever comes while the first connection is made waits for the handshake, which tells whether
     * it carries many. Without TLS only the first answer would tell. */
    bool tells_early = strncasecmp(buf_text(&r->url), "https:", strlen("https:")) == 0;
    set_number(x, CURLOPT_PIPEWAIT, x->pool->policy.http2 && tells_early ? 1 : 0);
    if (strcmp(r->method, "POST") == 0) {
        curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        set_option(x, CURLOPT_POSTFIELDS, buf_text(&r->body));
    } else {
        set_number(x, CURLOPT_HTTPGET, 1);
    }
    if (r->sigv4 != NULL) {
        set_option(x, CURLOPT_AWS_SIGV4, r->sigv4);
        set_option(x, CURLOPT_USERNAME, r->sigv4_key);
        set_option(x, CURLOPT_PASSWORD, r->sigv4_secret);
    }
    set_number(x, CURLOPT_TIMEOUT_MS, r->timeout_ms > 0 ? r->timeout_ms : 0);
}

/* ---- one exchange: how it ended */

static bool was_written(const struct exchange *x)
{
    long bytes = 0;
    curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0 || x->writes > 1;
}

static enum http_error classify_unsent(const struct exchange *x, CURLcode code)
{
    static const struct {
        CURLcode code;
        enum http_error error;
    } table[] = {
        {CURLE_UNSUPPORTED_PROTOCOL, HTTP_BAD_REQUEST},
        {CURLE_URL_MALFORMAT, HTTP_BAD_REQUEST},
        {CURLE_LOGIN_DENIED, HTTP_BAD_REQUEST},
        {CURLE_COULDNT_RESOLVE_HOST, HTTP_DNS},
        {CURLE_COULDNT_CONNECT, HTTP_CONNECT},
        {CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT_BEFORE},
        {CURLE_SSL_CONNECT_ERROR, HTTP_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS},
        {CURLE_SSL_CACERT_BADFILE, HTTP_TLS},
        {CURLE_SSL_CERTPROBLEM, HTTP_TLS},
        {CURLE_SSL_CIPHER, HTTP_TLS},
        {CURLE_SSL_ISSUER_ERROR, HTTP_TLS},
    };
    if (code == CURLE_COULDNT_CONNECT && x->blocked > 0 && x->opened == 0)
        return HTTP_BLOCKED;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (table[i].code == code)
            return table[i].error;
    }
    return HTTP_LOST_BEFORE;
}

/*
 * Over HTTP/2 a peer may answer before it has read the body, and end the stream (RFC 9113, 8.1):
 * nginx does so whenever it refuses by itself, say with 429. libcurl has the whole answer then, and
 * fails to send the rest; it says nothing in its error buffer, unlike when the answer was cut.
 */
static bool is_whole(const struct exchange *x, CURLcode code)
{
    return code == CURLE_OK || x->full || (code == CURLE_HTTP2_STREAM && x->detail[0] == '\0');
}

static enum http_error classify(const struct exchange *x, CURLcode code)
{
    if (x->answer.status > 0 && is_whole(x, code))
        return HTTP_ANSWERED;
    if (!was_written(x))
        return classify_unsent(x, code);
    return code == CURLE_OPERATION_TIMEDOUT ? HTTP_TIMEOUT_AFTER : HTTP_LOST_AFTER;
}

/* The library's words, and what they mean where nobody could know. */
static void put_detail(struct http_answer *answer, const char *said)
{
    static const char *const too_old[] = {"protocol version", "unsupported protocol"};
    const char *meaning = "";
    for (size_t i = 0; answer->error == HTTP_TLS && i < COUNT_OF(too_old); i++) {
        if (strstr(said, too_old[i]) != NULL)
            meaning = "it speaks no TLS 1.2 or newer: ";
    }
    snprintf(answer->detail, sizeof(answer->detail), "%s%.200s", meaning, said);
}

static void read_answer(struct exchange *x, CURLcode code)
{
    struct http_answer *answer = &x->answer;
    long status = 0;
    curl_off_t retry_after = 0;
    char *location = NULL;
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(x->easy, CURLINFO_REDIRECT_URL, &location);
    answer->status = (int)status;
    /* A date in the past is negative, nonsense is 0. */
    if (retry_after > 0)
        answer->retry_after_s =
            retry_after < HTTP_RETRY_AFTER_MAX_S ? retry_after : HTTP_RETRY_AFTER_MAX_S;
    if (location != NULL)
        snprintf(answer->location, sizeof(answer->location), "%.*s", (int)strcspn(location, "?#"),
                 location);
    answer->error = classify(x, code);
    if (answer->error != HTTP_ANSWERED)
        put_detail(answer, x->detail[0] != '\0' ? x->detail : curl_easy_strerror(code));
}

static struct exchange *new_exchange(struct http_pool *pool)
{
    struct exchange *x = xcalloc(1, sizeof(*x));
    x->pool = pool;
    x->easy = curl_easy_init();
    if (x->easy == NULL)
        abort();
    set_guards(x);
    set_policy(x);
    return x;
}

static void free_exchange(struct exchange *x)
{
    curl_easy_cleanup(x->easy);
    free(x->headers);
    http_request_free(&x->request);
    buf_free(&x->answer.body);
    free(x);
}

static struct exchange *take_exchange(struct run *run, struct http_pool *pool, size_t index)
{
    struct exchange *x = pool->idle != NULL ? pool->idle : new_exchange(pool);
    pool->idle = x->next_idle;
    x->run = run;
    x->index = index;
    x->request.method = "GET";
    return x;
}

/* Keys that libcurl was given once stay with its handle: such a one is not used again. */
static void leave_exchange(struct exchange *x)
{
    struct buf body = x->answer.body;
    if (x->request.sigv4 != NULL) {
        free_exchange(x);
        return;
    }
    buf_reset(&body);
    http_request_free(&x->request);
    x->answer = (struct http_answer){.body = body};
    x->opened = x->blocked = x->writes = 0;
    x->full = x->refused = false;
    x->detail[0] = '\0';
    x->next_idle = x->pool->idle;
    x->pool->idle = x;
}

static void report_end(struct run *run, struct exchange *x)
{
    run->handler->answered(run->handler->context, x->index, &x->answer);
    run->left--;
    leave_exchange(x);
}

/* ---- pools: sockets of libcurl in our epoll */

static uint64_t event_key(const struct http_pool *pool, int fd)
{
    return (uint64_t)pool->slot << 32 | (uint32_t)fd;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    struct http_pool *pool = context;
    struct epoll_event event = {.data.u64 = event_key(pool, fd)};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(pool->client->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    int rc =
        epoll_ctl(pool->client->epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(pool->multi, fd, pool);
    return rc;
}

static int open_timer(struct error *err)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return timer >= 0 ? timer : error_errno(err, ERR_IO, "a timer cannot be made");
}

static void free_pool(struct http_pool *pool)
{
    for (struct exchange *x = pool->idle, *next; x != NULL; x = next) {
        next = x->next_idle;
        free_exchange(x);
    }
    curl_multi_cleanup(pool->multi);
    free(pool->ca_file);
    free(pool);
}

static CURLM *open_multi(struct http_pool *pool)
{
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        abort();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)pool->policy.parallel);
    return multi;
}

struct http_pool *http_pool_open(struct http_client *client, const struct http_policy *policy)
{
    struct http_pool *pool = xcalloc(1, sizeof(*pool));
    *pool = (struct http_pool){.client = client,
                               .slot = client->pool_count,
                               .policy = *policy,
                               .ca_file = xstrdup(policy->ca_file),
                               .first = NONE,
                               .last = NONE};
    pool->policy.ca_file = pool->ca_file;
    if (pool->policy.parallel <= 0)
        pool->policy.parallel = HTTP_PARALLEL;
    pool->multi = open_multi(pool);
    client->pools = xreallocarray(client->pools, client->pool_count + 1, sizeof(*client->pools));
    client->pools[client->pool_count++] = pool;
    return pool;
}

int http_client_open(struct http_client **out, struct error *err)
{
    struct http_client *client = xcalloc(1, sizeof(*client));
    *out = NULL;
    client->deadline = open_timer(err);
    client->epoll = client->deadline < 0 ? client->deadline : epoll_create1(EPOLL_CLOEXEC);
    if (client->epoll < 0) {
        int rc = client->deadline < 0 ? client->deadline
                                      : error_errno(err, ERR_IO, "an epoll cannot be made");
        http_client_close(client);
        return rc;
    }
    *out = client;
    return 0;
}

void http_client_close_pools(struct http_client *client)
{
    for (size_t i = 0; i < client->pool_count; i++)
        free_pool(client->pools[i]);
    client->pool_count = 0;
}

size_t http_client_count_pools(const struct http_client *client)
{
    return client->pool_count;
}

void http_client_close(struct http_client *client)
{
    if (client == NULL)
        return;
    http_client_close_pools(client);
    free(client->pools);
    if (client->epoll >= 0)
        close(client->epoll);
    if (client->deadline >= 0)
        close(client->deadline);
    free(client);
}

/* ---- a run */

/* What is left of the run, 0 when it is over. */
static int64_t remaining_ms(const struct run *run)
{
    struct itimerspec left;
    timerfd_gettime(run->client->deadline, &left);
    return left.it_value.tv_sec * MS_PER_S + left.it_value.tv_nsec / NS_PER_MS;
}

static struct exchange *prepare_exchange(struct run *run, struct http_pool *pool, size_t index)
{
    struct exchange *x = take_exchange(run, pool, index);
    if (run->handler->prepare(run->handler->context, index, &x->request))
        return x;
    run->left--;
    leave_exchange(x);
    return NULL;
}

/* Ends that say that the next request would hardly fare better. */
static bool is_silence(enum http_error error)
{
    static const bool silence[HTTP_ERRORS] = {
        [HTTP_DNS] = true,         [HTTP_CONNECT] = true,
        [HTTP_TLS] = true,         [HTTP_TIMEOUT_BEFORE] = true,
        [HTTP_LOST_BEFORE] = true, [HTTP_TIMEOUT_AFTER] = true,
        [HTTP_LOST_AFTER] = true,
    };
    return silence[error];
}

static void note_silence(struct http_pool *pool, enum http_error error)
{
    if (is_silence(error))
        pool->silent++;
    else if (error == HTTP_ANSWERED)
        pool->silent = 0;
}

static bool has_given_up(const struct http_pool *pool)
{
    return pool->policy.give_up > 0 && pool->silent >= pool->policy.give_up;
}

/* False if the run is over before the item's turn came. */
static bool limit_to_run(struct exchange *x)
{
    if (!x->run->limited)
        return true;
    int64_t left = remaining_ms(x->run);
    if (x->request.timeout_ms == 0 || x->request.timeout_ms > left)
        x->request.timeout_ms = left;
    return left > 0;
}

static void start(struct run *run, struct http_pool *pool, size_t index)
{
    struct exchange *x = prepare_exchange(run, pool, index);
    if (x == NULL)
        return;
    if (has_given_up(pool) || !limit_to_run(x)) {
        x->answer.error = HTTP_NO_TIME;
        report_end(run, x);
        return;
    }
    set_request(x);
    CURLMcode code = curl_multi_add_handle(pool->multi, x->easy);
    assert(code == CURLM_OK);
    pool->running++;
}

static void fill(struct run *run, struct http_pool *pool)
{
    while (pool->running < (unsigned)pool->policy.parallel && pool->first != NONE) {
        size_t index = pool->first;
        pool->first = run->next[index];
        start(run, pool, index);
    }
}

static void finish_ended(struct run *run, struct http_pool *pool)
{
    CURLMsg *message;
    int more;
    while ((message = curl_multi_info_read(pool->multi, &more)) != NULL) {
        struct exchange *x = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
        read_answer(x, code);
        curl_multi_remove_handle(pool->multi, x->easy);
        pool->running--;
        note_silence(pool, x->answer.error);
        report_end(run, x);
    }
    fill(run, pool);
}

static void handle_event(struct run *run, const struct epoll_event *event)
{
    struct http_pool *pool = run->client->pools[event->data.u64 >> 32];
    int still, flags = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(pool->multi, (int)(uint32_t)event->data.u64, flags, &still);
    finish_ended(run, pool);
}

/* Lets libcurl do what its time has come for. How long it has nothing to do then, WAIT_MS at
 * most. */
static int handle_due(struct run *run, struct http_pool *pool)
{
    for (;;) {
        long wait_ms = -1;
        int still;
        curl_multi_timeout(pool->multi, &wait_ms);
        if (wait_ms != 0)
            return wait_ms < 0 || wait_ms > WAIT_MS ? WAIT_MS : (int)wait_ms;
        curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &still);
        finish_ended(run, pool);
    }
}

static void wait_for_events(struct run *run)
{
    struct epoll_event events[EVENTS];
    int wait_ms = WAIT_MS;
    for (size_t i = 0; i < run->client->pool_count; i++) {
        struct http_pool *pool = run->client->pools[i];
        int pool_ms = pool->running > 0 ? handle_due(run, pool) : WAIT_MS;
        wait_ms = pool_ms < wait_ms ? pool_ms : wait_ms;
    }
    int count = run->left > 0 ? epoll_wait(run->client->epoll, events, EVENTS, wait_ms) : 0;
    for (int i = 0; i < count; i++)
        handle_event(run, &events[i]);
}

static void enqueue(struct run *run, struct http_pool *pool, size_t index)
{
    run->next[index] = NONE;
    if (pool->first == NONE)
        pool->first = index;
    else
        run->next[pool->last] = index;
    pool->last = index;
}

void http_run(struct http_client *client, struct http_pool *const *pools, size_t count,
              int64_t deadline_ms, const struct http_handler *handler)
{
    struct run run = {.client = client, .handler = handler, .limited = deadline_ms > 0};
    run.next = xcalloc(count, sizeof(*run.next));
    run.left = count;
    const struct itimerspec end = {.it_value = {.tv_sec = deadline_ms / MS_PER_S,
                                                .tv_nsec = deadline_ms % MS_PER_S * NS_PER_MS}};
    timerfd_settime(client->deadline, 0, &end, NULL);
    for (size_t i = 0; i < count; i++)
        enqueue(&run, pools[i], i);
    for (size_t i = 0; i < client->pool_count; i++)
        client->pools[i]->silent = 0;
    for (size_t i = 0; i < client->pool_count; i++)
        fill(&run, client->pools[i]);
    while (run.left > 0)
        wait_for_events(&run);
    free(run.next);
}
