#include "channel/http.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "channel/signature.h"
#include "http_peer.h"

#define SECRET      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ITEMS       40
#define ANSWER      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define TIMEOUT     400
#define LABEL_OF_16 "no-such-host-no-"
/* What a busy machine may need beside the time that is waited for. */
#define BUSY 50000

struct item {
    char url[200];
    const char *method, *body, *header_name, *header_value;
    bool sign, sigv4;
    int64_t timeout_ms;
    /* what happened */
    unsigned writing, answered;
    struct http_answer answer;
    char text[HTTP_ANSWER_MAX + 1];
};

static bool prepare(void *context, size_t index, struct http_request *out)
{
    struct item *item = &((struct item *)context)[index];
    struct error err;
    buf_puts(&out->url, item->url);
    out->method = item->method != NULL ? item->method : "GET";
    out->timeout_ms = item->timeout_ms != 0 ? item->timeout_ms : 20000;
    if (item->body != NULL)
        buf_puts(&out->body, item->body);
    if (item->header_name != NULL)
        assert_int_equal(http_request_add_header(out, item->header_name, item->header_value, &err),
                         0);
    if (item->sigv4) {
        out->sigv4 = xstrdup("aws:amz:eu-central-1:sns");
        out->sigv4_key = xstrdup("AKIDEXAMPLE");
        out->sigv4_secret = xstrdup("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    }
    if (item->sign) {
        struct signature_keys keys = {0};
        struct buf signature = {0};
        char stamp[32];
        int64_t now = time(NULL);
        assert_int_equal(signature_decode_secret(SECRET, &keys.key, &err), 0);
        signature_put(&signature, &keys,
                      &(struct signature_input){"test", now, item->body, strlen(item->body)});
        snprintf(stamp, sizeof(stamp), "%lld", (long long)now);
        assert_int_equal(http_request_add_header(out, "webhook-id", "test", &err), 0);
        assert_int_equal(http_request_add_header(out, "webhook-timestamp", stamp, &err), 0);
        assert_int_equal(
            http_request_add_header(out, "webhook-signature", buf_text(&signature), &err), 0);
        signature_free_keys(&keys);
        buf_free(&signature);
    }
    return strcmp(item->url, "skip") != 0;
}

static void writing(void *context, size_t index)
{
    ((struct item *)context)[index].writing++;
}

static void answered(void *context, size_t index, const struct http_answer *answer)
{
    struct item *item = &((struct item *)context)[index];
    item->answered++;
    item->answer = *answer;
    snprintf(item->text, sizeof(item->text), "%s", buf_text(&answer->body));
}

static struct http_client *client;

static struct http_pool *open_pool(const struct http_policy *policy)
{
    return http_pool_open(client, policy);
}

/* The time to connect holds TLS as well: no test is about its end here. */
static struct http_pool *open_plain_pool(void)
{
    return open_pool(&(struct http_policy){
        .allow_http = true, .allow_private = true, .ca_file = NULL, .connect_timeout_ms = 60000});
}

static void run(struct http_pool *pool, struct item *items, size_t count, int64_t deadline_ms)
{
    struct http_pool *pools[ITEMS];
    const struct http_handler handler = {items, prepare, writing, answered};
    for (size_t i = 0; i < count; i++)
        pools[i] = pool;
    http_run(client, pools, count, deadline_ms, &handler);
}

static struct item get(int port, const char *path)
{
    struct item item = {0};
    snprintf(item.url, sizeof(item.url), "http://127.0.0.1:%d%s", port, path);
    return item;
}

static int open_client(void **state)
{
    struct error err;
    (void)state;
    return http_client_open(&client, &err);
}

static int close_client(void **state)
{
    (void)state;
    http_client_close(client);
    return 0;
}

static void check_end(const struct item *item, enum http_error error, bool written)
{
    if (item->answer.error != error)
        fail_msg("%s ended with %d (%s)", item->url, item->answer.error, item->answer.detail);
    assert_int_equal(item->answered, 1);
    assert_int_equal(item->writing, written ? 1 : 0);
}

static void brings_the_answer_back(void **state)
{
    (void)state;
    struct canned server = canned_start(
        CANNED_ANSWER, "HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\nRetry-After: 17\r\n\r\n0: ");
    struct item item = get(server.port, "/x?password=secret");
    struct buf request = {0};
    item.method = "POST";
    item.body = "Grüße";
    item.header_name = "X-Note";
    item.header_value = "";
    run(open_plain_pool(), &item, 1, 0);
    check_end(&item, HTTP_ANSWERED, true);
    assert_int_equal(item.answer.status, 202);
    assert_string_equal(item.text, "0: ");
    assert_int_equal(item.answer.retry_after_s, 17);
    canned_read(&server, &request);
    assert_non_null(strstr(request.data, "POST /x?password=secret HTTP/1.1\r\n"));
    assert_non_null(strstr(request.data, "\r\nUser-Agent: dispatcher/"));
    assert_non_null(strstr(request.data, "\r\nX-Note:\r\n"));
    assert_non_null(strstr(request.data, "\r\n\r\nGrüße"));
    assert_null(strstr(request.data, "Accept-Encoding"));
    assert_null(strstr(request.data, "Expect"));
    buf_free(&request);
    canned_stop(&server);
}

static void keeps_connections_between_runs(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_DROP_SECOND, ANSWER);
    struct http_pool *pool = open_plain_pool();
    struct item first = get(server.port, "/1"), second = get(server.port, "/2");
    run(pool, &first, 1, 0);
    check_end(&first, HTTP_ANSWERED, true);
    run(pool, &second, 1, 0);
    /* On a connection of its own it would have been answered. */
    check_end(&second, HTTP_LOST_AFTER, true);
    canned_stop(&server);
}

static void never_sends_a_request_twice_by_itself(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_DROP_SECOND, ANSWER);
    struct http_pool *pool = open_plain_pool();
    struct buf requests = {0};
    struct item first = get(server.port, "/1"), second = get(server.port, "/2");
    second.method = "POST";
    second.body = "text";
    run(pool, &first, 1, 0);
    run(pool, &second, 1, 0);
    canned_read(&server, &requests);
    assert_int_equal(count_text(&requests, "GET /1 "), 1);
    assert_int_equal(count_text(&requests, "POST /2 "), 1);
    buf_free(&requests);
    canned_stop(&server);
}

static void never_shares_a_connection_between_two_pools(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_DROP_SECOND, ANSWER);
    struct item first = get(server.port, "/1"), second = get(server.port, "/2"),
                blocked = get(server.port, "/3");
    run(open_plain_pool(), &first, 1, 0);
    run(open_plain_pool(), &second, 1, 0);
    check_end(&second, HTTP_ANSWERED, true);
    run(open_pool(&(struct http_policy){.allow_http = true,
                                        .allow_private = false,
                                        .ca_file = NULL,
                                        .connect_timeout_ms = 1000}),
        &blocked, 1, 0);
    check_end(&blocked, HTTP_BLOCKED, false);
    canned_stop(&server);
}

static void blocks_every_spelling_of_loopback(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "127.0.0.1", "2130706433",         "0x7f.1", "127.1",          "0177.0.0.1", "0", "[::1]",
        "localhost", "[::ffff:127.0.0.1]", "[::]",   "169.254.169.254"};
    struct canned server = canned_start(CANNED_ANSWER, ANSWER);
    struct item items[COUNT_OF(hosts)] = {0};
    struct buf requests = {0};
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        snprintf(items[i].url, sizeof(items[i].url), "http://%s:%d/", hosts[i], server.port);
    run(open_pool(&(struct http_policy){.allow_http = true,
                                        .allow_private = false,
                                        .ca_file = NULL,
                                        .connect_timeout_ms = 1000}),
        items, COUNT_OF(hosts), 0);
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        check_end(&items[i], HTTP_BLOCKED, false);
    canned_read(&server, &requests);
    assert_int_equal(requests.len, 0);
    canned_stop(&server);
}

static void ignores_proxies_of_the_environment(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_ANSWER, ANSWER);
    struct item item = get(server.port, "/");
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:9", 1);
    run(open_plain_pool(), &item, 1, 0);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    check_end(&item, HTTP_ANSWERED, true);
    canned_stop(&server);
}

static void speaks_no_other_scheme(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "file:///etc/passwd",     "gopher://127.0.0.1/",         "ftp://127.0.0.1/",
        "dict://127.0.0.1/",      "http://user:pass@127.0.0.1/", "http://a b/",
        "http://127.0.0.1:99999/"};
    struct item items[COUNT_OF(urls)] = {0};
    for (size_t i = 0; i < COUNT_OF(urls); i++)
        snprintf(items[i].url, sizeof(items[i].url), "%s", urls[i]);
    run(open_plain_pool(), items, COUNT_OF(urls), 0);
    for (size_t i = 0; i < COUNT_OF(urls); i++)
        check_end(&items[i], HTTP_BAD_REQUEST, false);
    struct item plain = {.url = "http://127.0.0.1:9/"};
    run(open_pool(&(struct http_policy){.allow_http = false,
                                        .allow_private = true,
                                        .ca_file = NULL,
                                        .connect_timeout_ms = 1000}),
        &plain, 1, 0);
    check_end(&plain, HTTP_BAD_REQUEST, false);
}

static void does_not_follow_redirects(void **state)
{
    (void)state;
    struct canned server =
        canned_start(CANNED_ANSWER, "HTTP/1.1 302 Found\r\nLocation: /new?token=abc\r\n"
                                    "Content-Length: 0\r\n\r\n");
    struct item item = get(server.port, "/old");
    struct buf requests = {0};
    char expected[100];
    run(open_plain_pool(), &item, 1, 0);
    check_end(&item, HTTP_ANSWERED, true);
    assert_int_equal(item.answer.status, 302);
    snprintf(expected, sizeof(expected), "http://127.0.0.1:%d/new", server.port);
    assert_string_equal(item.answer.location, expected);
    canned_read(&server, &requests);
    assert_int_equal(count_text(&requests, "HTTP/1.1"), 1);
    buf_free(&requests);
    canned_stop(&server);
}

static void stops_reading_an_endless_answer(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_ENDLESS, "HTTP/1.1 200 OK\r\n\r\n");
    struct item item = get(server.port, "/");
    struct timespec since;
    clock_gettime(CLOCK_MONOTONIC, &since);
    run(open_plain_pool(), &item, 1, 0);
    assert_in_range(elapsed_ms(&since), 0, BUSY);
    check_end(&item, HTTP_ANSWERED, true);
    assert_int_equal(item.answer.status, 200);
    assert_int_equal(item.answer.body.len, HTTP_ANSWER_MAX);
    canned_stop(&server);
}

static void does_not_decompress(void **state)
{
    (void)state;
    struct canned server = canned_start(
        CANNED_ANSWER,
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b..");
    struct item item = get(server.port, "/");
    run(open_plain_pool(), &item, 1, 0);
    check_end(&item, HTTP_ANSWERED, true);
    assert_int_equal(item.answer.body.len, 4);
    canned_stop(&server);
}

struct ending {
    enum canned_action action;
    const char *response;
    enum http_error error;
    int status;
};

/* What a free machine does within TIMEOUT gets more time where it was not done: in vain if it is
 * never done. */
static const int64_t patience_ms[] = {TIMEOUT, 8 * TIMEOUT, 40 * TIMEOUT};

static bool ends_like(const struct ending *expected, int64_t timeout_ms, struct item *item)
{
    struct canned server = canned_start(expected->action, expected->response);
    struct timespec since;
    *item = get(server.port, "/");
    item->timeout_ms = timeout_ms;
    clock_gettime(CLOCK_MONOTONIC, &since);
    run(open_plain_pool(), item, 1, 0);
    assert_in_range(elapsed_ms(&since), 0, timeout_ms + BUSY);
    assert_int_equal(item->writing, 1);
    canned_stop(&server);
    return item->answer.error == expected->error && item->answer.status == expected->status;
}

static void tells_what_was_sent_from_what_was_not(void **state)
{
    (void)state;
    static const struct ending endings[] = {
        {CANNED_HANG, "", HTTP_TIMEOUT_AFTER, 0},
        {CANNED_RESET, "", HTTP_LOST_AFTER, 0},
        {CANNED_DRIP, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", HTTP_TIMEOUT_AFTER, 200},
        {CANNED_DRIP, "HTTP/1.1 200 OK\r\nX-Slow: ", HTTP_TIMEOUT_AFTER, 200},
        {CANNED_DRIP, "", HTTP_LOST_AFTER, 0},                            /* not HTTP */
        {CANNED_ENDLESS, "HTTP/1.1 200 OK\r\nX: ", HTTP_LOST_AFTER, 200}, /* endless headers */
        {CANNED_ANSWER, "HTTP/0.9 hello\r\n\r\n", HTTP_LOST_AFTER, 0},
    };
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        struct item item;
        bool good = false;
        for (size_t tries = 0; !good && tries < COUNT_OF(patience_ms); tries++)
            good = ends_like(&endings[i], patience_ms[tries], &item);
        if (!good)
            fail_msg("row %zu: %d, status %d (%s)", i, item.answer.error, item.answer.status,
                     item.answer.detail);
    }
}

static void reports_a_refused_connection_as_not_sent(void **state)
{
    (void)state;
    int port, refusing = refuse_on_loopback(&port);
    struct item item = get(port, "/?password=secret");
    run(open_plain_pool(), &item, 1, 0);
    check_end(&item, HTTP_CONNECT, false);
    assert_null(strstr(item.answer.detail, "secret"));
    close(refusing);
}

/* A label of 64 characters: no name server is asked, which might be far away, or know everything.
 */
static void reports_an_unknown_name_as_dns(void **state)
{
    (void)state;
    struct item item = {.url =
                            "http://" LABEL_OF_16 LABEL_OF_16 LABEL_OF_16 LABEL_OF_16 ".invalid/"};
    run(open_plain_pool(), &item, 1, 0);
    check_end(&item, HTTP_DNS, false);
}

static void reports_a_silent_handshake_as_timeout_before(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_HANG, "");
    struct item item = {.timeout_ms = TIMEOUT};
    snprintf(item.url, sizeof(item.url), "https://127.0.0.1:%d/", server.port);
    run(open_plain_pool(), &item, 1, 0);
    check_end(&item, HTTP_TIMEOUT_BEFORE, false);
    canned_stop(&server);
}

/* How long requests to a dead server take, twice as many as go at once: two rounds. */
static int64_t time_two_rounds(int parallel, size_t limit)
{
    struct canned server = canned_start(CANNED_HANG, "");
    struct http_pool *pool = open_pool(
        &(struct http_policy){.allow_http = true, .allow_private = true, .parallel = parallel});
    struct item items[ITEMS] = {0};
    struct timespec since;
    for (size_t i = 0; i < 2 * limit; i++) {
        items[i] = get(server.port, "/");
        items[i].timeout_ms = TIMEOUT;
    }
    clock_gettime(CLOCK_MONOTONIC, &since);
    run(pool, items, 2 * limit, 0);
    int64_t took_ms = elapsed_ms(&since);
    for (size_t i = 0; i < 2 * limit; i++)
        check_end(&items[i], HTTP_TIMEOUT_AFTER, true);
    canned_stop(&server);
    return took_ms;
}

/* Three rounds if one less went at once; a busy machine may need as long, but not every time. */
static void check_limit(int parallel, size_t limit)
{
    int64_t took_ms = 0;
    for (int tries = 0; tries < 5; tries++) {
        took_ms = time_two_rounds(parallel, limit);
        assert_true(took_ms >= 2 * TIMEOUT - 10);
        if (took_ms < 3 * TIMEOUT - 10)
            return;
    }
    fail_msg("two rounds took %lld ms", (long long)took_ms);
}

static void runs_many_at_once_but_no_more_than_its_limit(void **state)
{
    (void)state;
    check_limit(0, HTTP_PARALLEL);
    check_limit(3, 3);
    check_limit(20, 20);
}

/* Half of the items wait in vain, `timeout_ms` each, and are over by twice that time: are the
 * others answered meanwhile? */
static bool others_are_answered(int64_t timeout_ms)
{
    struct canned dead = canned_start(CANNED_HANG, ""), alive = canned_start(CANNED_ANSWER, ANSWER);
    struct http_pool *dead_pool = open_plain_pool(), *alive_pool = open_plain_pool();
    struct http_pool *pools[ITEMS];
    struct item items[ITEMS];
    struct timespec since;
    for (size_t i = 0; i < ITEMS; i++) {
        pools[i] = i % 2 == 0 ? dead_pool : alive_pool;
        items[i] = get(i % 2 == 0 ? dead.port : alive.port, "/");
        items[i].timeout_ms = timeout_ms;
    }
    const struct http_handler handler = {items, prepare, writing, answered};
    clock_gettime(CLOCK_MONOTONIC, &since);
    http_run(client, pools, ITEMS, 2 * timeout_ms, &handler);
    assert_in_range(elapsed_ms(&since), 2 * timeout_ms - 50, 2 * timeout_ms + BUSY);
    size_t no_time = 0, answered_ones = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        if (i % 2 == 1)
            answered_ones += items[i].answer.error == HTTP_ANSWERED;
        else if (items[i].answer.error == HTTP_NO_TIME)
            no_time++;
        else
            check_end(&items[i], HTTP_TIMEOUT_AFTER, true);
    }
    canned_stop(&dead);
    canned_stop(&alive);
    /* 20 for the dead one, 8 at once, two rounds within the deadline (the second cut short by a
     * little) */
    return answered_ones == ITEMS / 2 && no_time == ITEMS / 2 - 2 * HTTP_PARALLEL;
}

static void does_not_let_a_dead_destination_delay_another(void **state)
{
    (void)state;
    bool good = false;
    for (size_t tries = 0; !good && tries < COUNT_OF(patience_ms); tries++)
        good = others_are_answered(patience_ms[tries]);
    assert_true(good);
}

static void gives_up_on_a_destination_that_is_silent(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_RESET, "");
    struct http_pool *pool = open_pool(&(struct http_policy){
        .allow_http = true, .allow_private = true, .parallel = 2, .give_up = 3});
    for (int again = 0; again < 2; again++) { /* the next run tries anew */
        struct item items[ITEMS];
        size_t lost = 0;
        for (size_t i = 0; i < ITEMS; i++)
            items[i] = get(server.port, "/");
        run(pool, items, ITEMS, 0);
        for (size_t i = 0; i < ITEMS; i++) {
            lost += items[i].answer.error == HTTP_LOST_AFTER;
            if (items[i].answer.error != HTTP_LOST_AFTER)
                check_end(&items[i], HTTP_NO_TIME, false);
        }
        assert_in_range(lost, 3, 4);
    }
    canned_stop(&server);
}

static void ends_requests_at_the_deadline_of_the_run(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_HANG, "");
    struct item item = get(server.port, "/");
    struct timespec since;
    clock_gettime(CLOCK_MONOTONIC, &since);
    run(open_plain_pool(), &item, 1, TIMEOUT);
    assert_in_range(elapsed_ms(&since), TIMEOUT - 10, TIMEOUT + BUSY);
    check_end(&item, HTTP_TIMEOUT_AFTER, true);
    canned_stop(&server);
}

/* ---- AWS Signature Version 4, computed once more by its description:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */

static void put_sha256(struct buf *out, const char *text)
{
    unsigned char sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    digest_sha256(text, strlen(text), sum);
    buf_puts(out, digest_hex(sum, hex));
}

/* The value of a header of the request, in `out`, which must be big enough. */
static const char *find_header(const struct buf *request, const char *name, char *out, size_t size)
{
    const char *at = strcasestr(request->data, name);
    assert_non_null(at);
    at += strlen(name);
    snprintf(out, size, "%.*s", (int)strcspn(at, "\r"), at);
    return out;
}

static void put_string_to_sign(struct buf *out, const struct buf *request, const char *body)
{
    struct buf canonical = {0};
    char date[40], host[100];
    find_header(request, "\nX-Amz-Date: ", date, sizeof(date));
    find_header(request, "\nHost: ", host, sizeof(host));
    buf_printf(&canonical,
               "POST\n/x\n\nhost:%s\nx-amz-date:%s\nx-note:kept\n\nhost;x-amz-date;x-note\n", host,
               date);
    put_sha256(&canonical, body);
    buf_printf(out, "AWS4-HMAC-SHA256\n%s\n%.8s/eu-central-1/sns/aws4_request\n", date, date);
    put_sha256(out, buf_text(&canonical));
    buf_free(&canonical);
}

static void sigv4_sign(const char *text, char hex[DIGEST_HEX_SIZE])
{
    const char *const steps[] = {"eu-central-1", "sns", "aws4_request", text};
    unsigned char key[DIGEST_SIZE];
    char secret[] = "AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const char *day = strchr(text, '\n') + 1;
    digest_hmac_sha256(secret, strlen(secret), day, 8, key);
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        digest_hmac_sha256(key, sizeof(key), steps[i], strlen(steps[i]), key);
    digest_hex(key, hex);
}

static void signs_for_aws(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_ANSWER, ANSWER);
    struct item item = get(server.port, "/x");
    struct buf request = {0}, text = {0};
    char given[300], hex[DIGEST_HEX_SIZE];
    item.method = "POST";
    item.body = "Action=Publish&Message=%EC%95%88";
    item.header_name = "X-Note";
    item.header_value = "kept";
    item.sigv4 = true;
    run(open_plain_pool(), &item, 1, 0);
    check_end(&item, HTTP_ANSWERED, true);
    canned_read(&server, &request);
    put_string_to_sign(&text, &request, item.body);
    sigv4_sign(buf_text(&text), hex);
    find_header(&request, "\nAuthorization: ", given, sizeof(given));
    assert_non_null(strstr(given, "Credential=AKIDEXAMPLE/"));
    assert_string_equal(strstr(given, "Signature=") + strlen("Signature="), hex);
    buf_free(&text);
    buf_free(&request);
    canned_stop(&server);
}

static void skips_items_that_are_not_to_be_sent(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_ANSWER, ANSWER);
    struct item items[ITEMS];
    for (size_t i = 0; i < ITEMS; i++) {
        items[i] = get(server.port, "/");
        if (i % 3 != 0)
            strcpy(items[i].url, "skip");
    }
    run(open_plain_pool(), items, ITEMS, 0);
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(items[i].answered, i % 3 == 0 ? 1 : 0);
    canned_stop(&server);
}

static void understands_retry_after(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t low, high;
    } cases[] = {
        {"120", 120, 120},
        {"1.5", 1, 1},
        {"soon", 0, 0},
        {"-5", 0, 0},
        {"0", 0, 0},
        {"99999999999999999999", 0, HTTP_RETRY_AFTER_MAX_S},
        {"864000", 86400, 86400},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0, 0},
        {"Fri, 01 Jan 2100 00:00:00 GMT", 86400, 86400},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char response[200];
        snprintf(response, sizeof(response),
                 "HTTP/1.1 429 Slow\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
                 cases[i].text);
        struct canned server = canned_start(CANNED_ANSWER, response);
        struct item item = get(server.port, "/");
        run(open_plain_pool(), &item, 1, 0);
        check_end(&item, HTTP_ANSWERED, true);
        assert_in_range(item.answer.retry_after_s, cases[i].low, cases[i].high);
        canned_stop(&server);
    }
}

static void checks_urls(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(http_check_url("https://example.org/a?b=c", false, &err), 0);
    assert_int_equal(http_check_url("http://example.org/", true, &err), 0);
    static const char *const wrong[] = {"http://example.org/", "example.org",      "https://",
                                        "file:///etc/passwd",  "gopher://x/",      "",
                                        "https://u:p@x.org/",  "https://u@x.org/", "https://x y/",
                                        "https://x/\r\nA: b",  "https://x:99999/"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        if (http_check_url(wrong[i], false, &err) != ERR_CONFIG)
            fail_msg("%s passes", wrong[i]);
    }
    assert_int_equal(http_check_ca_file(NULL, &err), 0);
    assert_int_equal(http_check_ca_file("/no/such/file", &err), ERR_CONFIG);
}

static void verify_with(const char *certificate, const char *host, bool with_ca,
                        enum http_error expected)
{
    struct receiver r;
    char ca[100];
    receiver_start(&r, certificate, SECRET);
    snprintf(ca, sizeof(ca), "%s/ca.pem", r.directory);
    struct item item = {.method = "POST", .body = "{}", .sign = true};
    snprintf(item.url, sizeof(item.url), "https://%s:%d/ok", host, r.port);
    run(open_pool(&(struct http_policy){.allow_http = false,
                                        .allow_private = true,
                                        .ca_file = with_ca ? ca : NULL,
                                        .connect_timeout_ms = 2000}),
        &item, 1, 0);
    check_end(&item, expected, expected == HTTP_ANSWERED);
    if (expected == HTTP_ANSWERED)
        assert_int_equal(item.answer.status, 204);
    else
        assert_non_null(strstr(item.answer.detail, "SSL"));
    http_client_close_pools(client);
    receiver_stop(&r);
}

static void verifies_the_peer_and_its_name(void **state)
{
    (void)state;
    verify_with("server", "127.0.0.1", true, HTTP_ANSWERED);
    verify_with("server", "localhost", true, HTTP_ANSWERED);
    verify_with("server", "localhost", false, HTTP_TLS);
    verify_with("wrong-name", "localhost", true, HTTP_TLS);
    verify_with("expired", "localhost", true, HTTP_TLS);
    verify_with("self-signed", "localhost", true, HTTP_TLS);
}

static void reports_tls_to_a_plain_server_as_tls(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_GREET, "");
    struct item item = {0};
    snprintf(item.url, sizeof(item.url), "https://127.0.0.1:%d/", server.port);
    run(open_plain_pool(), &item, 1, 0);
    check_end(&item, HTTP_TLS, false);
    canned_stop(&server);
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(brings_the_answer_back, open_client, close_client),
        cmocka_unit_test_setup_teardown(keeps_connections_between_runs, open_client, close_client),
        cmocka_unit_test_setup_teardown(never_sends_a_request_twice_by_itself, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(never_shares_a_connection_between_two_pools, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(blocks_every_spelling_of_loopback, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(ignores_proxies_of_the_environment, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(speaks_no_other_scheme, open_client, close_client),
        cmocka_unit_test_setup_teardown(does_not_follow_redirects, open_client, close_client),
        cmocka_unit_test_setup_teardown(stops_reading_an_endless_answer, open_client, close_client),
        cmocka_unit_test_setup_teardown(does_not_decompress, open_client, close_client),
        cmocka_unit_test_setup_teardown(tells_what_was_sent_from_what_was_not, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(reports_a_refused_connection_as_not_sent, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(reports_an_unknown_name_as_dns, open_client, close_client),
        cmocka_unit_test_setup_teardown(reports_a_silent_handshake_as_timeout_before, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(signs_for_aws, open_client, close_client),
        cmocka_unit_test_setup_teardown(runs_many_at_once_but_no_more_than_its_limit, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(does_not_let_a_dead_destination_delay_another, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(gives_up_on_a_destination_that_is_silent, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(ends_requests_at_the_deadline_of_the_run, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(skips_items_that_are_not_to_be_sent, open_client,
                                        close_client),
        cmocka_unit_test_setup_teardown(understands_retry_after, open_client, close_client),
        cmocka_unit_test_setup_teardown(checks_urls, open_client, close_client),
        cmocka_unit_test_setup_teardown(verifies_the_peer_and_its_name, open_client, close_client),
        cmocka_unit_test_setup_teardown(reports_tls_to_a_plain_server_as_tls, open_client,
                                        close_client),
    };
    if (http_global_init(&err) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
