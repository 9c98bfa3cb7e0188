#include "channel/channel.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/file.h"
#include "channel/http.h"
#include "http_peer.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))
#define SECRET        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ITEMS         12

/* ---- a reporter that remembers */

struct record {
    unsigned started, done;
    bool started_first;
    struct disposition d;
};

struct reports {
    const struct outgoing *items;
    struct record records[ITEMS];
    unsigned started, done, at_once; /* at_once: started when the first ended */
};

static void on_started(void *context, const struct outgoing *item)
{
    struct reports *r = context;
    struct record *record = &r->records[item - r->items];
    record->started++;
    r->started++;
    record->started_first = record->done == 0;
}

static void on_done(void *context, const struct outgoing *item, const struct disposition *d)
{
    struct reports *r = context;
    if (r->done++ == 0)
        r->at_once = r->started;
    r->records[item - r->items].done++;
    r->records[item - r->items].d = *d;
}

static int64_t now_ms(void *context)
{
    (void)context;
    return (int64_t)time(NULL) * 1000;
}

/* ---- one configuration around a list of paths of the receiver */

struct world {
    struct settings settings;
    struct transport transport;
    struct endpoint endpoints[ITEMS];
    char urls[ITEMS][100], names[ITEMS][16], ca[100];
    struct outgoing items[ITEMS];
    struct message messages[ITEMS];
    struct reports reports;
    size_t count;
};

static void add_item(struct world *w, const char *endpoint, const char *body)
{
    struct outgoing *item = &w->items[w->count];
    struct error err;
    buf_puts(&w->messages[w->count].webhook, body);
    *item = (struct outgoing){
        .identity = "job_1", .address = endpoint, .message = &w->messages[w->count]};
    if (channel_webhook.compose(&w->settings, &w->transport, item, &err) != 0)
        fail_msg("%s", err.text);
    w->count++;
}

static void add_endpoint(struct world *w, const char *base, const char *path, const char *body)
{
    size_t i = w->settings.endpoint_count++;
    snprintf(w->urls[i], sizeof(w->urls[i]), "%s%s", base, path);
    snprintf(w->names[i], sizeof(w->names[i]), "e%zu", i);
    w->endpoints[i] = (struct endpoint){.name = w->names[i],
                                        .url = w->urls[i],
                                        .secret = TEXT(SECRET),
                                        .allow_http = true,
                                        .allow_private = true,
                                        .timeout_ms = 40000};
    add_item(w, w->names[i], body);
}

static struct world *new_world(void)
{
    struct world *w = calloc(1, sizeof(*w));
    w->settings.endpoints = w->endpoints;
    w->transport =
        (struct transport){.name = TEXT("hooks"), .channel = CHANNEL_WEBHOOK, .deadline_ms = 60000};
    w->reports.items = w->items;
    return w;
}

static void free_world(struct world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        message_free(&w->messages[i]);
        buf_free(&w->items[i].wire);
    }
    free(w);
}

static void deliver(struct world *w)
{
    struct channel_session *session = NULL;
    struct error err;
    const struct channel_reporter reporter = {&w->reports, on_started, on_done, now_ms,
                                              NULL,        0,          NULL,    NULL};
    if (channel_webhook.open(&w->settings, &w->transport, &session, &err) != 0)
        fail_msg("%s", err.text);
    channel_webhook.deliver(session, w->items, w->count, &reporter);
    channel_webhook.close(session);
    for (size_t i = 0; i < w->count; i++)
        assert_int_equal(w->reports.records[i].done, 1);
}

static void check(const struct world *w, size_t i, enum outcome outcome, const char *cause,
                  bool sent)
{
    const struct record *r = &w->reports.records[i];
    if (r->d.outcome != outcome || strcmp(r->d.cause, cause) != 0)
        fail_msg("item %zu: %s %s %s", i, outcome_name(r->d.outcome), r->d.cause, r->d.reply);
    assert_int_equal(r->started, sent ? 1 : 0);
    assert_int_equal(r->started_first, sent);
}

static void base_of(char *out, size_t size, const struct receiver *r, bool tls)
{
    snprintf(out, size, "%s://localhost:%d", tls ? "https" : "http", r->port);
}

/* ---- tests */

static void signs_what_an_independent_receiver_accepts(void **state)
{
    (void)state;
    struct receiver r;
    struct world *w = new_world();
    struct buf log = {0};
    struct error err;
    char base[64], path[100];
    receiver_start(&r, "server", SECRET);
    base_of(base, sizeof(base), &r, true);
    snprintf(w->ca, sizeof(w->ca), "%s/ca.pem", r.directory);
    w->transport.webhook.ca_file = w->ca;
    add_endpoint(w, base, "/ok/1",
                 "{\"text\":\"Sehr geehrte Frau Müller, wir bitten um Entschuldigung.\"}");
    add_endpoint(w, base, "/ok/2", "{\"text\":\"불편을 드려 죄송합니다.\"}");
    add_endpoint(w, base, "/ok/3", "{}");
    add_item(w, "e0", "{\"a\": [1, 2.50, null]}\n");
    deliver(w);
    for (size_t i = 0; i < w->count; i++)
        check(w, i, OUTCOME_DELIVERED, "accepted", true);
    snprintf(path, sizeof(path), "%s/received.jsonl", r.directory);
    assert_int_equal(file_read_path(path, 100000, &log, &err), 0);
    assert_int_equal(count_text(&log, "\"verified\": true"), 4);
    assert_int_equal(count_text(&log, "\"id\": \"job_1\""), 4);
    buf_free(&log);
    free_world(w);
    receiver_stop(&r);
}

static void is_refused_when_the_secret_is_another(void **state)
{
    (void)state;
    struct receiver r;
    struct world *w = new_world();
    char base[64];
    receiver_start(&r, NULL, SECRET);
    base_of(base, sizeof(base), &r, false);
    add_endpoint(w, base, "/ok", "{}");
    w->endpoints[0].secret = TEXT("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    deliver(w);
    check(w, 0, OUTCOME_TRANSIENT, "auth", true);
    assert_int_equal(w->reports.records[0].d.code, 401);
    free_world(w);
    receiver_stop(&r);
}

static void judges_what_the_receiver_does(void **state)
{
    (void)state;
    struct receiver r;
    struct world *w = new_world();
    struct timespec since;
    char base[64];
    receiver_start(&r, NULL, SECRET);
    base_of(base, sizeof(base), &r, false);
    add_endpoint(w, base, "/gone", "{}");
    add_endpoint(w, base, "/throttle/17", "{}");
    add_endpoint(w, base, "/busy", "{}");
    add_endpoint(w, base, "/error", "{}");
    add_endpoint(w, base, "/redirect", "{}");
    add_endpoint(w, base, "/endless", "{}");
    add_endpoint(w, base, "/big", "{}");
    add_endpoint(w, base, "/drip", "{}");
    add_endpoint(w, base, "/hang", "{}");
    add_endpoint(w, base, "/reset", "{}");
    add_endpoint(w, base, "/cut", "{}");
    add_endpoint(w, base, "/headers", "{}");
    for (size_t i = 7; i < 9; i++) /* which never end; the others take what a busy machine takes */
        w->endpoints[i].timeout_ms = 600;
    clock_gettime(CLOCK_MONOTONIC, &since);
    deliver(w);
    assert_in_range(elapsed_ms(&since), 500, 50000);
    check(w, 0, OUTCOME_PERMANENT, "endpoint_gone", true);
    check(w, 1, OUTCOME_THROTTLE, "rate_limited", true);
    assert_int_equal(w->reports.records[1].d.retry_after_s, 17);
    check(w, 2, OUTCOME_THROTTLE, "overloaded", true);
    check(w, 3, OUTCOME_TRANSIENT, "server_error", true);
    check(w, 4, OUTCOME_TRANSIENT, "moved", true);
    assert_non_null(strstr(w->reports.records[4].d.reply, "/ok/redirected; change the url"));
    check(w, 5, OUTCOME_DELIVERED, "accepted", true);
    check(w, 6, OUTCOME_DELIVERED, "accepted", true);
    check(w, 7, OUTCOME_UNCERTAIN, "timeout", true);
    check(w, 8, OUTCOME_UNCERTAIN, "timeout", true);
    check(w, 9, OUTCOME_UNCERTAIN, "connection_lost", true);
    check(w, 10, OUTCOME_UNCERTAIN, "connection_lost", true);
    check(w, 11, OUTCOME_UNCERTAIN, "connection_lost", true);
    free_world(w);
    receiver_stop(&r);
}

static void sends_nothing_where_it_must_not(void **state)
{
    (void)state;
    struct canned server =
        canned_start(CANNED_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    struct canned no_tls = canned_start(CANNED_GREET, "");
    struct world *w = new_world();
    struct buf requests = {0};
    char base[64], tls[64];
    snprintf(base, sizeof(base), "http://0x7f.1:%d", server.port);
    snprintf(tls, sizeof(tls), "https://127.0.0.1:%d", no_tls.port);
    add_endpoint(w, base, "/private", "{}");
    w->endpoints[0].allow_private = false;
    add_endpoint(w, tls, "/tls", "{}");
    add_item(w, "nobody", "{}");
    deliver(w);
    check(w, 0, OUTCOME_PERMANENT, "blocked_address", false);
    check(w, 1, OUTCOME_TRANSIENT, "tls", false);
    check(w, 2, OUTCOME_PERMANENT, "unknown_endpoint", false);
    assert_non_null(strstr(w->reports.records[2].d.reply, "no endpoint \"nobody\""));
    canned_read(&server, &requests);
    assert_int_equal(count_text(&requests, "POST"), 0);
    buf_free(&requests);
    free_world(w);
    canned_stop(&server);
    canned_stop(&no_tls);
}

static void keeps_to_its_share_of_an_endpoints_limit(void **state)
{
    (void)state;
    static const struct {
        int limit, packets;
        unsigned at_once;
    } cases[] = {{0, 4, 4}, {12, 4, 3}, {8, 4, 2}, {4, 4, 1}, {2, 4, 2}, {3, 1, 3}};
    struct canned server = canned_start(CANNED_HANG, "");
    char base[64];
    snprintf(base, sizeof(base), "http://127.0.0.1:%d", server.port);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *w = new_world();
        w->transport.concurrency = cases[i].packets;
        add_endpoint(w, base, "/", "{}");
        w->endpoints[0].concurrency = cases[i].limit;
        for (int n = 1; n < 4; n++)
            add_item(w, "e0", "{}");
        w->endpoints[0].timeout_ms = 1000;
        deliver(w);
        assert_int_equal(w->reports.at_once, cases[i].at_once);
        free_world(w);
    }
    canned_stop(&server);
}

static void sends_headers_of_the_endpoint(void **state)
{
    (void)state;
    static struct endpoint_header headers[] = {{TEXT("Authorization"), TEXT("Bearer abc")}};
    struct canned server =
        canned_start(CANNED_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    struct world *w = new_world();
    struct buf requests = {0};
    char base[64];
    snprintf(base, sizeof(base), "http://127.0.0.1:%d", server.port);
    add_endpoint(w, base, "/", "{\"a\":1}");
    w->endpoints[0].headers = headers;
    w->endpoints[0].header_count = 1;
    deliver(w);
    canned_read(&server, &requests);
    assert_non_null(strstr(buf_text(&requests), "\r\nAuthorization: Bearer abc\r\n"));
    assert_non_null(strstr(buf_text(&requests), "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(buf_text(&requests), "\r\nUser-Agent: dispatcher/"));
    assert_non_null(strstr(buf_text(&requests), "\r\nwebhook-id: job_1\r\n"));
    assert_non_null(strstr(buf_text(&requests), "\r\n\r\n{\"a\":1}"));
    buf_free(&requests);
    free_world(w);
    canned_stop(&server);
}

static void check_refused(struct endpoint *e, const char *word)
{
    struct settings s = {.endpoints = e, .endpoint_count = 1};
    struct transport t = {.name = TEXT("hooks")};
    struct channel_session *session = NULL;
    struct error err = {0};
    assert_int_equal(channel_webhook.open(&s, &t, &session, &err), ERR_CONFIG);
    assert_null(session);
    if (strstr(err.text, "endpoint shop: ") == NULL || strstr(err.text, word) == NULL)
        fail_msg("%s", err.text);
}

static void refuses_an_endpoint_that_cannot_work(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Webhook-Id",        "content-length", "Content-Type", "HOST",
        "Transfer-Encoding", "connection",     "A b",          "X-A:"};
    struct endpoint good = {
        .name = TEXT("shop"), .url = TEXT("https://example.org/"), .secret = TEXT(SECRET)};
    struct endpoint e = good;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct endpoint_header header = {TEXT(names[i]), TEXT("x")};
        e.headers = &header;
        e.header_count = 1;
        check_refused(&e, "header");
    }
    struct endpoint_header injected = {TEXT("X-A"), TEXT("b\r\nX-Evil: 1")};
    e.headers = &injected;
    check_refused(&e, "X-A");
    e = good;
    e.url = TEXT("http://example.org/");
    check_refused(&e, "https://");
    e.url = TEXT("file:///etc/passwd");
    check_refused(&e, "https://");
    e = good;
    e.secret = TEXT("whsec_");
    check_refused(&e, "secret");
}

static int compose_text(const char *text, size_t len, struct error *err)
{
    struct message m = {0};
    struct outgoing item = {.identity = "job_1", .message = &m};
    buf_put(&m.webhook, text, len);
    int rc = channel_webhook.compose(NULL, NULL, &item, err);
    if (rc == 0)
        assert_memory_equal(item.wire.data, text, len);
    buf_free(&item.wire);
    message_free(&m);
    return rc;
}

static void composes_only_json_objects(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "[]",
                                        "1",
                                        "\"x\"",
                                        "{\"a\":1,\"a\":2}",
                                        "{\"a\"",
                                        "{} {}",
                                        "nonsense",
                                        "{\"a\":\"\xff\"}",
                                        "null",
                                        "{\"a\":1e999}"};
    struct error err;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        if (compose_text(wrong[i], strlen(wrong[i]), &err) != ERR_INPUT)
            fail_msg("%s passes", wrong[i]);
    }
    assert_int_equal(compose_text("{\"a\":\"x\0y\"}", 11, &err), ERR_INPUT);
    static const char good[] = " {\"a\": \"안녕 {{x}}\"}\n";
    assert_int_equal(compose_text(good, strlen(good), &err), 0);
}

static void limits_the_size_of_a_body(void **state)
{
    (void)state;
    struct buf body = {0};
    struct error err;
    buf_puts(&body, "{\"a\":\"");
    while (body.len < 256 * 1024 - 2)
        buf_putc(&body, 'x');
    buf_puts(&body, "\"}");
    assert_int_equal(compose_text(body.data, body.len, &err), 0);
    buf_putc(&body, ' ');
    assert_int_equal(compose_text(body.data, body.len, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "262145 bytes"));
    buf_free(&body);
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_what_an_independent_receiver_accepts),
        cmocka_unit_test(is_refused_when_the_secret_is_another),
        cmocka_unit_test(judges_what_the_receiver_does),
        cmocka_unit_test(sends_nothing_where_it_must_not),
        cmocka_unit_test(keeps_to_its_share_of_an_endpoints_limit),
        cmocka_unit_test(sends_headers_of_the_endpoint),
        cmocka_unit_test(refuses_an_endpoint_that_cannot_work),
        cmocka_unit_test(composes_only_json_objects),
        cmocka_unit_test(limits_the_size_of_a_body),
    };
    log_set_level(LOG_ERR);
    if (http_global_init(&err) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
