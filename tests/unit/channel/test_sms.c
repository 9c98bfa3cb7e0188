#include "channel/channel.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "channel/http.h"
#include "gateway_nodes.h"
#include "http_peer.h"

#define ITEMS    24
#define ACCEPTED "HTTP/1.1 202 Accepted\r\nContent-Length: 25\r\n\r\n0: Accepted for delivery\n"

struct record {
    unsigned started, done;
    struct disposition d;
};

struct reports {
    const struct outgoing *items;
    struct record records[ITEMS];
};

static void on_started(void *context, const struct outgoing *item)
{
    struct reports *r = context;
    r->records[item - r->items].started++;
}

static void on_done(void *context, const struct outgoing *item, const struct disposition *d)
{
    struct reports *r = context;
    r->records[item - r->items].done++;
    r->records[item - r->items].d = *d;
}

static int64_t now_ms(void *context)
{
    (void)context;
    return 0;
}

/* ---- Kannel, described by hand */

static char base[64];

static struct gateway_variable variables[] = {
    {TEXT("base"), base, false},
    {TEXT("user"), TEXT("tester"), false},
    {TEXT("password"), TEXT("foobar"), true},
};

static struct gateway_condition gsm7[] = {{TEXT("enc"), TEXT("gsm7")}};
static struct gateway_condition ucs2[] = {{TEXT("enc"), TEXT("ucs2")}};
static struct gateway_node texts[] = {WHEN(gsm7, "{{text}}"), WHEN(ucs2, "{{text|utf16be}}")};
static struct gateway_node charsets[] = {WHEN(gsm7, "UTF-8")};
static struct gateway_node codings[] = {WHEN(gsm7, "0"), WHEN(ucs2, "2")};
static struct gateway_node query[] = {
    FIELD("username", "{{user}}"), FIELD("password", "{{password}}"),
    FIELD("from", "{{from}}"),     FIELD("to", "{{to.digits}}"),
    CHOICE("text", texts),         CHOICE("charset", charsets),
    CHOICE("coding", codings),
};

static struct gateway_predicate answers[] = {
    {.status_from = 202,
     .status_to = 202,
     .outcome = OUTCOME_DELIVERED,
     .cause = TEXT("accepted"),
     .line = 1},
};

static struct gateway kannel = {
    .name = TEXT("kannel"),
    .file = TEXT("gateways/kannel.yaml"),
    .profile = LENGTH_GSM,
    .max_segments = 6,
    .timeout_ms = 30000,
    .method = TEXT("GET"),
    .url = TEXT("{{base}}/cgi-bin/sendsms"),
    .variables = variables,
    .variable_count = COUNT_OF(variables),
    .query = FIELDS(query),
    .answers = answers,
    .answer_count = COUNT_OF(answers),
};

static struct transport transport = {
    .name = TEXT("sms"),
    .channel = CHANNEL_SMS,
    .deadline_ms = 60000,
    .sms = {.gateway = &kannel, .sender = TEXT("0212345678"), .allow_private = true},
};

static struct settings settings;

static int compile_answers(void **state)
{
    (void)state;
    return gateway_regex_compile("^(0: Accepted|3: Queued)", &answers[0].body_regex, NULL);
}

static int free_answers(void **state)
{
    (void)state;
    gateway_regex_free(answers[0].body_regex);
    return 0;
}

static int compose(struct outgoing *item, struct message *m, const char *text, struct error *err)
{
    message_reset(m);
    buf_puts(&m->sms, text);
    *item = (struct outgoing){
        .identity = "job_1", .address = "+821012345678", .message = m, .wire = item->wire};
    return channel_sms.compose(NULL, &transport, item, err);
}

/* Sends the same text `count` times to a port. */
static void send_text_to(int port, const char *text, size_t count, struct reports *out)
{
    struct outgoing items[ITEMS] = {0};
    struct message m = {0};
    struct channel_session *session = NULL;
    struct error err;
    const struct channel_reporter reporter = {out,  on_started, on_done, now_ms,
                                              NULL, 0,          NULL,    NULL};
    snprintf(base, sizeof(base), "http://127.0.0.1:%d", port);
    *out = (struct reports){.items = items};
    for (size_t i = 0; i < count; i++) {
        if (compose(&items[i], &m, text, &err) != 0)
            fail_msg("%s", err.text);
    }
    if (channel_sms.open(&settings, &transport, &session, &err) != 0)
        fail_msg("%s", err.text);
    channel_sms.deliver(session, items, count, &reporter);
    channel_sms.close(session);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(out->records[i].done, 1);
        buf_free(&items[i].wire);
    }
    message_free(&m);
}

static struct disposition send_to(enum canned_action action, const char *response, bool sent)
{
    struct canned server = canned_start(action, response);
    struct reports reports;
    send_text_to(server.port, "hello", 1, &reports);
    canned_stop(&server);
    assert_int_equal(reports.records[0].started, sent ? 1 : 0);
    return reports.records[0].d;
}

static void check(const struct disposition *d, enum outcome outcome, const char *cause)
{
    if (d->outcome != outcome || strcmp(d->cause, cause) != 0)
        fail_msg("%s %s %s", outcome_name(d->outcome), d->cause, d->reply);
    assert_null(strstr(d->reply, "foobar"));
}

/* ---- tests */

static void sends_gsm7_and_ucs2_as_the_description_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *in_url;
    } cases[] = {
        {"Grüße & 5 € – „ja“",
         "&text=Gr%C3%BC%C3%9Fe%20%26%205%20%E2%82%AC%20-%20%22ja%22&charset=UTF-8&coding=0 "},
        {"안녕", "&text=%C5H%B1U&coding=2 "},
        {"{{password}}", "&text=%7B%7Bpassword%7D%7D&charset=UTF-8&coding=0 "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct canned server = canned_start(CANNED_ANSWER, ACCEPTED);
        struct reports reports;
        struct buf request = {0};
        send_text_to(server.port, cases[i].text, 1, &reports);
        check(&reports.records[0].d, OUTCOME_DELIVERED, "accepted");
        assert_int_equal(reports.records[0].started, 1);
        canned_read(&server, &request);
        assert_non_null(strstr(
            buf_text(&request),
            "GET "
            "/cgi-bin/sendsms?username=tester&password=foobar&from=0212345678&to=821012345678&"));
        if (strstr(buf_text(&request), cases[i].in_url) == NULL)
            fail_msg("%s", buf_text(&request));
        buf_free(&request);
        canned_stop(&server);
    }
}

static void sends_a_packet_over_several_connections(void **state)
{
    (void)state;
    struct canned server = canned_start(CANNED_ANSWER, ACCEPTED);
    struct reports reports;
    struct buf requests = {0};
    send_text_to(server.port, "hello", ITEMS, &reports);
    for (size_t i = 0; i < ITEMS; i++)
        check(&reports.records[i].d, OUTCOME_DELIVERED, "accepted");
    canned_read(&server, &requests);
    assert_int_equal(count_text(&requests, "GET /cgi-bin/sendsms"), ITEMS);
    buf_free(&requests);
    canned_stop(&server);
}

static void calls_a_silence_uncertain_and_a_refused_connection_not_tried(void **state)
{
    (void)state;
    int port, refusing = refuse_on_loopback(&port);
    struct reports reports;
    struct disposition d = send_to(CANNED_RESET, "", true);
    check(&d, OUTCOME_UNCERTAIN, "connection_lost");
    kannel.timeout_ms = 500;
    d = send_to(CANNED_HANG, "", true);
    check(&d, OUTCOME_UNCERTAIN, "timeout");
    d = send_to(CANNED_DRIP, "HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n0: Accepted",
                true);
    check(&d, OUTCOME_UNCERTAIN, "timeout");
    kannel.timeout_ms = 30000;
    send_text_to(port, "hello", 3, &reports);
    for (size_t i = 0; i < 3; i++) {
        check(&reports.records[i].d, OUTCOME_NOT_TRIED, "connect");
        assert_int_equal(reports.records[i].started, 0);
    }
    close(refusing);
}

static void never_takes_an_unexpected_answer_for_success(void **state)
{
    (void)state;
    struct disposition d =
        send_to(CANNED_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true);
    check(&d, OUTCOME_PERMANENT, "not_accepted");
    d = send_to(
        CANNED_ANSWER,
        "HTTP/1.1 403 No\r\nContent-Length: 41\r\n\r\nAuthorization failed for sendsms (foobar)\n",
        true);
    check(&d, OUTCOME_CONFIG, "auth");
    d = send_to(CANNED_ANSWER, "HTTP/1.1 503 No\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n",
                true);
    check(&d, OUTCOME_TRANSIENT, "server_error");
    assert_int_equal(d.retry_after_s, 9);
}

static void blocks_private_gateways_unless_they_are_allowed(void **state)
{
    (void)state;
    transport.sms.allow_private = false;
    struct disposition d = send_to(CANNED_ANSWER, ACCEPTED, false);
    transport.sms.allow_private = true;
    check(&d, OUTCOME_CONFIG, "blocked_address");
}

static void check_compose(enum length_profile profile, const char *text, const char *word)
{
    struct outgoing item = {0};
    struct message m = {0};
    struct error err = {0};
    kannel.profile = profile;
    int rc = compose(&item, &m, text, &err);
    kannel.profile = LENGTH_GSM;
    if (rc != (word == NULL ? 0 : ERR_INPUT) || (word != NULL && strstr(err.text, word) == NULL))
        fail_msg("%d %s", rc, err.text);
    buf_free(&item.wire);
    message_free(&m);
}

static void composes_what_will_be_sent(void **state)
{
    (void)state;
    struct outgoing item = {0};
    struct message m = {0};
    struct error err;
    assert_int_equal(compose(&item, &m, "Mo–Fr „Info“\r\nGrüße", &err), 0);
    assert_string_equal(buf_text(&item.wire), "Mo-Fr \"Info\"\nGrüße");
    assert_int_equal(compose(&item, &m, "안녕 – 친구", &err), 0);
    assert_string_equal(buf_text(&item.wire), "안녕 – 친구");
    buf_free(&item.wire);
    message_free(&m);
}

static void refuses_a_text_that_cannot_be_sent_and_names_why(void **state)
{
    (void)state;
    struct buf text = {0};
    for (size_t i = 0; i < 6 * 153; i++)
        buf_putc(&text, 'a');
    check_compose(LENGTH_GSM, buf_text(&text), NULL);
    buf_putc(&text, 'a');
    check_compose(LENGTH_GSM, buf_text(&text), "7 segments of gsm7, the gateway allows 6");
    buf_truncate(&text, 500);
    buf_puts(&text, "가");
    check_compose(LENGTH_GSM, buf_text(&text), "가 (U+AC00) as character 501");
    check_compose(LENGTH_GSM, "", "no SMS text");
    check_compose(LENGTH_GSM, "\xff", "UTF-8");
    check_compose(LENGTH_EUC_KR, "안녕하세요 – 고객님", NULL);
    check_compose(LENGTH_EUC_KR, "Müller 님, 뷁",
                  "ü (U+00FC) as character 2, 뷁 (U+BDC1) as character 11");
    check_compose(LENGTH_CP949, "뷁", NULL);
    buf_reset(&text);
    for (size_t i = 0; i < 1001; i++)
        buf_puts(&text, "가");
    check_compose(LENGTH_EUC_KR, buf_text(&text), "2002 bytes");
    buf_free(&text);
}

static void refuses_a_number_that_is_none(void **state)
{
    (void)state;
    static const char *const numbers[] = {"+1;DROP", "tel:+4915112345678", "0151",
                                          "+4915112345678\r\nX: 1", ""};
    struct message m = {0};
    struct error err;
    buf_puts(&m.sms, "hello");
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct outgoing item = {.identity = "job_1", .address = numbers[i], .message = &m};
        assert_int_equal(channel_sms.compose(NULL, &transport, &item, &err), ERR_INPUT);
        buf_free(&item.wire);
    }
    message_free(&m);
}

/* ---- what changes from message to message */

static uint64_t draw(void *context UNUSED)
{
    static uint64_t drawn;
    return ++drawn;
}

static int64_t noon(void *context UNUSED)
{
    return 1795521600000;
}

static struct gateway_condition if_long[] = {{TEXT("kr.type"), TEXT("LMS")}};
static struct gateway_node titles[] = {WHEN(if_long, "{{subject}}")};
static struct gateway_node members[] = {
    FIELD("from", "{{from}}"),         FIELD("ttl", "{{ttl.minutes}}"),
    FIELD("purpose", "{{purpose}}"),   FIELD("campaign", "{{campaign}}"),
    FIELD("now", "{{now.iso8601}}"),   FIELD("nonce", "{{nonce}}{{nonce}}"),
    FIELD("callback", "{{callback}}"), CHOICE("title", titles),
};

/* A Korean gateway that takes JSON. */
static struct gateway korean(void)
{
    struct gateway g = kannel;
    g.profile = LENGTH_EUC_KR;
    g.method = TEXT("POST");
    g.query = (struct gateway_node){0};
    g.body_kind = GATEWAY_BODY_JSON;
    g.json = (struct gateway_node)FIELDS(members);
    g.uses[GATEWAY_NAME_SUBJECT] = true;
    return g;
}

/* Sends what `item` says over `t`; the request if it was sent, else nothing. */
static struct disposition send_item(const struct settings *s, struct transport *t,
                                    struct outgoing *item, struct buf *request)
{
    struct canned server = canned_start(CANNED_ANSWER, ACCEPTED);
    struct channel_session *session = NULL;
    struct reports reports = {.items = item};
    struct error err;
    const struct channel_reporter reporter = {&reports, on_started, on_done, noon,
                                              draw,     0,          NULL,    NULL};
    snprintf(base, sizeof(base), "http://127.0.0.1:%d", server.port);
    if (channel_sms.compose(s, t, item, &err) != 0 || channel_sms.open(s, t, &session, &err) != 0)
        fail_msg("%s", err.text);
    channel_sms.deliver(session, item, 1, &reporter);
    channel_sms.close(session);
    assert_int_equal(reports.records[0].done, 1);
    buf_reset(request);
    if (reports.records[0].started > 0)
        canned_read(&server, request);
    canned_stop(&server);
    buf_free(&item->wire);
    return reports.records[0].d;
}

static struct gateway_node secret_number[] = {FIELD("key", "{{password|number}}")};

/* Why a request cannot be built is told, but not with what. */
static void tells_no_secret_when_it_does_not_fit(void **state)
{
    (void)state;
    struct gateway g = kannel;
    struct transport t = transport;
    struct settings s = {0};
    struct message m = {0};
    struct buf request = {0};
    struct outgoing item = {.identity = "job_1", .address = "+821012345678", .message = &m};
    g.query = (struct gateway_node)FIELDS(secret_number);
    t.sms.gateway = &g;
    buf_puts(&m.sms, "hello");
    struct disposition d = send_item(&s, &t, &item, &request);
    check(&d, OUTCOME_PERMANENT, "bad_request");
    assert_string_equal(d.reply, "the gateway wants a number where the value is \"***\"");
    message_free(&m);
    buf_free(&request);
}

static void tells_a_gateway_what_is_known_of_a_message(void **state)
{
    (void)state;
    struct gateway g = korean();
    struct transport t = transport;
    struct settings s = {.api_public_url = TEXT("https://x.example.org")};
    struct message m = {0};
    struct buf request = {0};
    struct outgoing item = {.identity = "job_1",
                            .address = "+821012345678",
                            .expires_ms = 1795521600000 + 90001,
                            .category = "ad",
                            .campaign = "winter",
                            .message = &m};
    t.sms.gateway = &g;
    buf_puts(&m.title, "제목 – 1");
    for (size_t i = 0; i < 50; i++)
        buf_puts(&m.sms, "가");
    struct disposition d = send_item(&s, &t, &item, &request);
    check(&d, OUTCOME_DELIVERED, "accepted");
    static const char *const parts[] = {"\"from\":\"0212345678\"",
                                        "\"ttl\":\"2\"",
                                        "\"purpose\":\"ad\"",
                                        "\"campaign\":\"winter\"",
                                        "\"now\":\"2026-11-24T12:00:00Z\"",
                                        "\"callback\":\"https://x.example.org/reports/sms/",
                                        "\"title\":\"제목 - 1\"",
                                        "Content-Type: application/json"};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (strstr(buf_text(&request), parts[i]) == NULL)
            fail_msg("no %s in %s", parts[i], buf_text(&request));
    }
    const char *nonce = strstr(buf_text(&request), "\"nonce\":\"");
    assert_non_null(nonce);
    assert_memory_equal(nonce + 9, nonce + 9 + 32, 32); /* the same within an attempt */
    char first[33];
    memcpy(first, nonce + 9, 32);
    item.expires_ms = 0;
    item.category = "service_notice";
    item.campaign = NULL;
    d = send_item(&s, &t, &item, &request);
    check(&d, OUTCOME_DELIVERED, "accepted");
    assert_memory_not_equal(strstr(buf_text(&request), "\"nonce\":\"") + 9, first, 32);
    assert_non_null(
        strstr(buf_text(&request), "\"ttl\":\"\",\"purpose\":\"info\",\"campaign\":\"\""));
    buf_free(&request);
    message_free(&m);
}

static void sends_nothing_where_nobody_would_take_it(void **state)
{
    (void)state;
    static char *deny[] = {TEXT("+8210")};
    static struct sms_sender senders[] = {{TEXT("+82"), TEXT("15881234")}};
    struct transport t = transport;
    struct message m = {0};
    struct buf request = {0};
    struct outgoing item = {.identity = "job_1", .address = "+821012345678", .message = &m};
    buf_puts(&m.sms, "hello");
    t.sms.sender = TEXT("Bank");
    struct disposition d = send_item(&settings, &t, &item, &request);
    check(&d, OUTCOME_PERMANENT, "bad_sender");
    assert_int_equal(request.len, 0);
    t.sms.senders = senders;
    t.sms.sender_count = 1;
    d = send_item(&settings, &t, &item, &request);
    check(&d, OUTCOME_DELIVERED, "accepted");
    assert_non_null(strstr(buf_text(&request), "from=15881234&"));
    t.sms.deny_prefixes = deny;
    t.sms.deny_prefix_count = 1;
    d = send_item(&settings, &t, &item, &request);
    check(&d, OUTCOME_PERMANENT, "prefix_denied");
    assert_int_equal(request.len, 0);
    buf_free(&request);
    message_free(&m);
}

static void refuses_what_this_gateway_would_cut(void **state)
{
    (void)state;
    struct gateway g = korean();
    struct transport t = transport;
    struct message m = {0};
    struct outgoing item = {.identity = "job_1", .address = "+821012345678", .message = &m};
    struct error err;
    t.sms.gateway = &g;
    g.max_chars = 60;
    g.subject_bytes = 10;
    for (size_t i = 0; i < 61; i++)
        buf_puts(&m.sms, "가");
    assert_int_equal(channel_sms.compose(&settings, &t, &item, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "61 characters, the gateway allows 60"));
    g.max_chars = 0;
    buf_puts(&m.title, "여섯글자제목");
    assert_int_equal(channel_sms.compose(&settings, &t, &item, &err), ERR_INPUT);
    assert_non_null(
        strstr(err.text, "title of the LMS has 12 bytes of euc-kr, the gateway allows 10"));
    g.uses[GATEWAY_NAME_SUBJECT] = false; /* it is not sent */
    assert_int_equal(channel_sms.compose(&settings, &t, &item, &err), 0);
    g.uses[GATEWAY_NAME_SUBJECT] = true;
    buf_reset(&m.title);
    buf_puts(&m.title, "Grüße");
    assert_int_equal(channel_sms.compose(&settings, &t, &item, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "ü (U+00FC)"));
    buf_reset(&m.sms);
    buf_puts(&m.sms, "짧다"); /* an SMS has no title */
    assert_int_equal(channel_sms.compose(&settings, &t, &item, &err), 0);
    buf_free(&item.wire);
    message_free(&m);
}

static void check_open_fails(struct gateway *g, const char *word)
{
    struct transport t = transport;
    struct channel_session *session = NULL;
    struct error err = {0};
    t.sms.gateway = g;
    assert_int_equal(channel_sms.open(&settings, &t, &session, &err), ERR_CONFIG);
    assert_null(session);
    if (strstr(err.text, word) == NULL)
        fail_msg("%s", err.text);
}

static void finds_a_wrong_description_before_anything_is_sent(void **state)
{
    (void)state;
    struct gateway_node unknown[] = {WHEN(ucs2, "{{nobody}}")};
    struct gateway_node wrong_query[] = {CHOICE("a", unknown)};
    struct gateway_node wrong_headers[] = {FIELD("A b", "x")};
    struct gateway g = kannel;
    snprintf(base, sizeof(base), "http://127.0.0.1:1");
    g.query = (struct gateway_node)FIELDS(wrong_query);
    check_open_fails(&g, "{{nobody}}");
    g = kannel;
    g.headers = (struct gateway_node)FIELDS(wrong_headers);
    check_open_fails(&g, "header name");
    g = kannel;
    g.url = TEXT("file:///etc/passwd");
    check_open_fails(&g, "url");
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_gsm7_and_ucs2_as_the_description_says),
        cmocka_unit_test(sends_a_packet_over_several_connections),
        cmocka_unit_test(calls_a_silence_uncertain_and_a_refused_connection_not_tried),
        cmocka_unit_test(never_takes_an_unexpected_answer_for_success),
        cmocka_unit_test(blocks_private_gateways_unless_they_are_allowed),
        cmocka_unit_test(composes_what_will_be_sent),
        cmocka_unit_test(refuses_a_text_that_cannot_be_sent_and_names_why),
        cmocka_unit_test(refuses_a_number_that_is_none),
        cmocka_unit_test(tells_no_secret_when_it_does_not_fit),
        cmocka_unit_test(tells_a_gateway_what_is_known_of_a_message),
        cmocka_unit_test(sends_nothing_where_nobody_would_take_it),
        cmocka_unit_test(refuses_what_this_gateway_would_cut),
        cmocka_unit_test(finds_a_wrong_description_before_anything_is_sent),
    };
    if (http_global_init(&err) != 0)
        return 1;
    return cmocka_run_group_tests(tests, compile_answers, free_answers);
}
