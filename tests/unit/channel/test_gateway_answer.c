#include "channel/gateway_answer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "model/json.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static struct gateway_variable variables[] = {
    {TEXT("user"), TEXT("tester"), false},
    {TEXT("password"), TEXT("sw0rdfish"), true},
};

/* 403 means two things at some gateways: the order of the predicates decides. */
static struct gateway_predicate predicates[] = {
    {.status_from = 202, .status_to = 202, .outcome = OUTCOME_DELIVERED, .cause = TEXT("accepted")},
    {.status_from = 403, .status_to = 403, .outcome = OUTCOME_THROTTLE, .cause = TEXT("too_fast")},
    {.status_from = 400, .status_to = 400, .outcome = OUTCOME_SUPPRESS, .cause = TEXT("opted_out")},
    {.outcome = OUTCOME_CONFIG, .cause = TEXT("account")},
};
static const char *const body_regexes[COUNT_OF(predicates)] = {
    "^(0: Accepted|3: Queued)", "throughput exceeded", "(unsubscribed|21610)", "^ERR 9[0-9]{2}$"};

static int compile_predicates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(predicates); i++)
        assert_int_equal(gateway_regex_compile(body_regexes[i], &predicates[i].body_regex, NULL),
                         0);
    return 0;
}

static int free_predicates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(predicates); i++)
        gateway_regex_free(predicates[i].body_regex);
    return 0;
}

static struct gateway gateway = {
    .name = TEXT("kannel"),
    .file = TEXT("gateways/kannel.yaml"),
    .variables = variables,
    .variable_count = COUNT_OF(variables),
    .answers = predicates,
    .answer_count = COUNT_OF(predicates),
};

static struct disposition judge(enum http_error error, int status, const char *body,
                                int64_t retry_after_s)
{
    struct http_answer answer = {.error = error, .status = status, .retry_after_s = retry_after_s};
    struct disposition d;
    buf_puts(&answer.body, body);
    snprintf(answer.detail, sizeof(answer.detail), "%s",
             error == HTTP_ANSWERED ? "" : "curl says so");
    gateway_judge(&gateway, &answer, &d);
    buf_free(&answer.body);
    return d;
}

static void check(int status, const char *body, enum outcome outcome, const char *cause)
{
    struct disposition d = judge(HTTP_ANSWERED, status, body, 0);
    if (d.outcome != outcome || strcmp(d.cause, cause) != 0 || d.code != status)
        fail_msg("%d %s: %s %s", status, body, outcome_name(d.outcome), d.cause);
}

static void follows_the_predicates_in_their_order(void **state)
{
    (void)state;
    check(202, "0: Accepted for delivery", OUTCOME_DELIVERED, "accepted");
    check(202, "3: Queued for later delivery", OUTCOME_DELIVERED, "accepted");
    check(403, "throughput exceeded", OUTCOME_THROTTLE, "too_fast");
    check(400, "error 21610", OUTCOME_SUPPRESS, "opted_out");
    check(200, "ERR 900", OUTCOME_CONFIG, "account");
    check(500, "ERR 901", OUTCOME_CONFIG, "account");
}

static void falls_through_to_what_holds_for_every_gateway(void **state)
{
    (void)state;
    check(200, "0: Accepted for delivery", OUTCOME_PERMANENT, "not_accepted");
    check(202, "4: something new", OUTCOME_PERMANENT, "not_accepted");
    check(204, "", OUTCOME_PERMANENT, "not_accepted");
    check(302, "", OUTCOME_CONFIG, "moved");
    check(400, "no to", OUTCOME_PERMANENT, "refused");
    check(401, "", OUTCOME_CONFIG, "auth");
    check(402, "", OUTCOME_CONFIG, "balance");
    check(403, "Authorization failed for sendsms", OUTCOME_CONFIG, "auth");
    check(404, "", OUTCOME_PERMANENT, "refused");
    check(408, "", OUTCOME_TRANSIENT, "timeout");
    check(429, "", OUTCOME_THROTTLE, "rate_limited");
    check(500, "", OUTCOME_TRANSIENT, "server_error");
    check(503, "", OUTCOME_TRANSIENT, "server_error");
    check(700, "", OUTCOME_TRANSIENT, "server_error");
}

static void tells_unsent_from_uncertain(void **state)
{
    (void)state;
    static const struct {
        enum http_error error;
        enum outcome outcome;
        const char *cause;
    } rows[] = {
        {HTTP_BAD_REQUEST, OUTCOME_CONFIG, "bad_request"},
        {HTTP_BLOCKED, OUTCOME_CONFIG, "blocked_address"},
        {HTTP_DNS, OUTCOME_NOT_TRIED, "dns"},
        {HTTP_CONNECT, OUTCOME_NOT_TRIED, "connect"},
        {HTTP_TLS, OUTCOME_NOT_TRIED, "tls"},
        {HTTP_TIMEOUT_BEFORE, OUTCOME_NOT_TRIED, "timeout"},
        {HTTP_LOST_BEFORE, OUTCOME_NOT_TRIED, "connection_lost"},
        {HTTP_NO_TIME, OUTCOME_NOT_TRIED, "no_time"},
        {HTTP_TIMEOUT_AFTER, OUTCOME_UNCERTAIN, "timeout"},
        {HTTP_LOST_AFTER, OUTCOME_UNCERTAIN, "connection_lost"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        /* A body that would match does not count: the answer is not complete. */
        struct disposition d = judge(rows[i].error, 202, "0: Accepted for delivery", 0);
        assert_int_equal(d.outcome, rows[i].outcome);
        assert_string_equal(d.cause, rows[i].cause);
        assert_non_null(strstr(d.reply, "curl says so"));
    }
}

static void keeps_the_words_of_the_gateway_but_no_secret(void **state)
{
    (void)state;
    struct disposition d =
        judge(HTTP_ANSWERED, 403, "user tester, password sw0rdfish: no\x1b[2J", 0);
    assert_string_equal(d.reply,
                        "the gateway does not let us send: user tester, password ***: no\\x1b[2J");
    d = judge(HTTP_ANSWERED, 202, "0: Accepted for delivery", 30);
    assert_string_equal(d.reply, "0: Accepted for delivery");
    assert_int_equal(d.retry_after_s, 0);
}

static void passes_advice_to_wait(void **state)
{
    (void)state;
    assert_int_equal(judge(HTTP_ANSWERED, 429, "", 30).retry_after_s, 30);
    assert_int_equal(judge(HTTP_ANSWERED, 503, "", 7).retry_after_s, 7);
}

/* ---- answers in JSON */

static struct gateway_json_value yes[] = {{JSON_KIND_TEXT, TEXT("2000")}};
static struct gateway_json_value busy[] = {{JSON_KIND_NUMBER, TEXT("20429")}};
static struct gateway_json_condition accepted_if[] = {
    {.pointer = TEXT("/statusCode"), .test = GATEWAY_JSON_EQ, .values = yes, .value_count = 1}};
static struct gateway_json_condition busy_if[] = {
    {.pointer = TEXT("/code"), .test = GATEWAY_JSON_IN, .values = busy, .value_count = 1}};
static struct gateway_predicate json_predicates[] = {
    {.json = busy_if,
     .json_count = 1,
     .outcome = OUTCOME_THROTTLE,
     .cause = TEXT("busy"),
     .retry_after_s = 30},
    {.status_from = 200,
     .status_to = 200,
     .json = accepted_if,
     .json_count = 1,
     .outcome = OUTCOME_DELIVERED,
     .cause = TEXT("accepted")},
    {.status_from = 200, .status_to = 299, .outcome = OUTCOME_PERMANENT, .cause = TEXT("no")},
};
static const struct gateway json_gateway = {
    .name = TEXT("solapi"),
    .file = TEXT("gateways/solapi.yaml"),
    .variables = variables,
    .variable_count = COUNT_OF(variables),
    .answers = json_predicates,
    .answer_count = COUNT_OF(json_predicates),
    .id = {GATEWAY_EXTRACT_TEMPLATE, TEXT("{json:/id}#{json:/n}"), NULL},
    .parts = {GATEWAY_EXTRACT_JSON, TEXT("/parts"), NULL},
    .error_code = {GATEWAY_EXTRACT_JSON, TEXT("/code"), NULL},
    .error_text = {GATEWAY_EXTRACT_JSON, TEXT("/message"), NULL},
};

static struct disposition judge_json(int status, const char *body, int64_t retry_after_s)
{
    struct http_answer answer = {
        .error = HTTP_ANSWERED, .status = status, .retry_after_s = retry_after_s};
    struct disposition d;
    buf_puts(&answer.body, body);
    gateway_judge(&json_gateway, &answer, &d);
    buf_free(&answer.body);
    return d;
}

static void takes_the_id_and_the_parts_of_a_message(void **state)
{
    (void)state;
    struct disposition d =
        judge_json(200, "{\"statusCode\":\"2000\",\"id\":\"M1\",\"n\":7,\"parts\":\"3\"}", 0);
    assert_int_equal(d.outcome, OUTCOME_DELIVERED);
    assert_string_equal(d.message_id, "M1#7");
    assert_int_equal(d.parts, 3);
    assert_int_equal(strncmp(d.reply, "{\"statusCode\"", 13), 0);
}

static void a_lost_id_is_no_lost_message(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"statusCode\":\"2000\",\"parts\":-1}",
        "{\"statusCode\":\"2000\",\"id\":\"M1\",\"n\":null}",
        "{\"statusCode\":\"2000\",\"id\":\"\",\"n\":1}",
        "{\"statusCode\":\"2000\",\"id\":{},\"n\":1}",
        /* would reach the screen of who looks at it */
        "{\"statusCode\":\"2000\",\"id\":\"M\\u001b[2J\",\"n\":1}"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct disposition d = judge_json(200, bodies[i], 0);
        assert_int_equal(d.outcome, OUTCOME_DELIVERED);
        assert_string_equal(d.message_id, "");
        assert_int_equal(d.parts, 0);
        assert_non_null(strstr(d.reply, "holds no id of the message"));
    }
    struct buf body = {0};
    buf_puts(&body, "{\"statusCode\":\"2000\",\"n\":1,\"id\":\"");
    for (size_t i = 0; i < 300; i++)
        buf_putc(&body, 'x');
    buf_puts(&body, "\"}");
    struct disposition d = judge_json(200, buf_text(&body), 0);
    assert_string_equal(d.message_id, ""); /* half an id would be another one */
    assert_int_equal(d.outcome, OUTCOME_DELIVERED);
    buf_free(&body);
}

static void a_success_that_cannot_be_read_is_uncertain(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{\"statusCode\":\"2000\",\"id\":\"M", "<html>", "",
                                         "{\"statusCode\":\"2000\"} and more", "{\"a\":1,\"a\":2}"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct disposition d = judge_json(200, bodies[i], 0);
        if (d.outcome != OUTCOME_UNCERTAIN)
            fail_msg("%s: %s", bodies[i], outcome_name(d.outcome));
        assert_string_equal(d.cause, "unreadable_answer");
        assert_non_null(strstr(d.reply, "may have taken the message"));
        assert_string_equal(d.message_id, "");
    }
    /* What is readable is not in doubt, and neither is a refusal. */
    assert_int_equal(judge_json(200, "{\"statusCode\":\"3000\"}", 0).outcome, OUTCOME_PERMANENT);
    assert_int_equal(judge_json(500, "<html>", 0).outcome, OUTCOME_TRANSIENT);
    assert_int_equal(judge_json(401, "", 0).outcome, OUTCOME_CONFIG);
    /* No answer of this status is judged by JSON. */
    assert_int_equal(judge_json(204, "", 0).outcome, OUTCOME_PERMANENT);
}

static void says_their_error_in_short(void **state)
{
    (void)state;
    struct disposition d = judge_json(
        400, "{\"code\":20429,\"message\":\"Too many sw0rdfish\",\"more\":\"noise\"}", 0);
    assert_int_equal(d.outcome, OUTCOME_THROTTLE);
    assert_string_equal(d.cause, "busy");
    assert_string_equal(d.reply, "20429: Too many ***");
    assert_int_equal(d.retry_after_s, 30);
    d = judge_json(429, "{\"code\":20429}", 7);
    assert_string_equal(d.reply, "20429");
    assert_int_equal(d.retry_after_s, 7); /* their advice is better than ours */
    d = judge_json(400, "{\"message\":\"bad number\"}", 0);
    assert_string_equal(d.reply, "the gateway refuses the message: bad number");
}

/* Words for people in EUC-KR, in an answer that says UTF-8. */
static void reads_json_around_words_in_another_charset(void **state)
{
    (void)state;
    struct http_answer answer = {.error = HTTP_ANSWERED, .status = 200};
    buf_puts(&answer.body, "{\"message\": \"\xc1\xa4\xbb\xf3\", \"result_code\": 1}");
    struct json_t *json = gateway_answer_json(&answer);
    assert_non_null(json);
    assert_int_equal(json_get_int(json, "result_code", 0), 1);
    json_free(json);
    buf_puts(&answer.body, "x");
    assert_null(gateway_answer_json(&answer));
    answer.error = HTTP_LOST_AFTER;
    assert_null(gateway_answer_json(&answer));
    buf_free(&answer.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_predicates_in_their_order),
        cmocka_unit_test(falls_through_to_what_holds_for_every_gateway),
        cmocka_unit_test(tells_unsent_from_uncertain),
        cmocka_unit_test(keeps_the_words_of_the_gateway_but_no_secret),
        cmocka_unit_test(passes_advice_to_wait),
        cmocka_unit_test(takes_the_id_and_the_parts_of_a_message),
        cmocka_unit_test(a_lost_id_is_no_lost_message),
        cmocka_unit_test(a_success_that_cannot_be_read_is_uncertain),
        cmocka_unit_test(says_their_error_in_short),
        cmocka_unit_test(reads_json_around_words_in_another_charset),
    };
    return cmocka_run_group_tests(tests, compile_predicates, free_predicates);
}
