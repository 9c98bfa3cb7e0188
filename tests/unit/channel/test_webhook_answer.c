#include "channel/webhook_answer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static struct disposition judge(const struct http_answer *answer, const char *body)
{
    static struct endpoint_header headers[] = {{TEXT("Authorization"), TEXT("Bearer t0ken")},
                                               {TEXT("X-Team"), TEXT("billing service")}};
    static const struct endpoint endpoint = {
        .name = TEXT("shop"), .headers = headers, .header_count = 2};
    struct http_answer full = *answer;
    struct disposition d;
    buf_puts(&full.body, body);
    webhook_judge(&endpoint, &full, &d);
    buf_free(&full.body);
    return d;
}

struct row {
    int status;
    int64_t retry_after_s;
    enum outcome outcome;
    const char *cause;
};

static void judges_every_status_by_the_table(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {200, 0, OUTCOME_DELIVERED, "accepted"},      {202, 0, OUTCOME_DELIVERED, "accepted"},
        {204, 0, OUTCOME_DELIVERED, "accepted"},      {299, 9, OUTCOME_DELIVERED, "accepted"},
        {301, 0, OUTCOME_TRANSIENT, "moved"},         {302, 0, OUTCOME_TRANSIENT, "moved"},
        {400, 0, OUTCOME_TRANSIENT, "refused"},       {401, 0, OUTCOME_TRANSIENT, "auth"},
        {403, 0, OUTCOME_TRANSIENT, "auth"},          {404, 0, OUTCOME_TRANSIENT, "not_found"},
        {405, 0, OUTCOME_TRANSIENT, "refused"},       {408, 0, OUTCOME_TRANSIENT, "timeout"},
        {410, 0, OUTCOME_PERMANENT, "endpoint_gone"}, {413, 0, OUTCOME_PERMANENT, "too_large"},
        {415, 0, OUTCOME_TRANSIENT, "refused"},       {422, 0, OUTCOME_TRANSIENT, "refused"},
        {425, 0, OUTCOME_TRANSIENT, "too_early"},     {429, 0, OUTCOME_THROTTLE, "rate_limited"},
        {429, 60, OUTCOME_THROTTLE, "rate_limited"},  {500, 0, OUTCOME_TRANSIENT, "server_error"},
        {502, 0, OUTCOME_TRANSIENT, "unavailable"},   {503, 0, OUTCOME_TRANSIENT, "unavailable"},
        {503, 5, OUTCOME_THROTTLE, "overloaded"},     {504, 0, OUTCOME_TRANSIENT, "unavailable"},
        {599, 0, OUTCOME_TRANSIENT, "server_error"},  {101, 0, OUTCOME_TRANSIENT, "odd_answer"},
        {600, 0, OUTCOME_TRANSIENT, "odd_answer"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_answer answer = {.status = rows[i].status,
                                     .retry_after_s = rows[i].retry_after_s};
        struct disposition d = judge(&answer, "");
        if (d.outcome != rows[i].outcome || strcmp(d.cause, rows[i].cause) != 0)
            fail_msg("%d: %s %s", rows[i].status, outcome_name(d.outcome), d.cause);
        assert_int_equal(d.code, rows[i].status);
        assert_int_equal(d.retry_after_s,
                         rows[i].outcome == OUTCOME_DELIVERED ? 0 : rows[i].retry_after_s);
        assert_true(d.reply[0] != '\0');
    }
}

static void judges_every_failure_by_the_table(void **state)
{
    (void)state;
    static const struct {
        enum http_error error;
        enum outcome outcome;
        const char *cause;
    } rows[] = {
        {HTTP_BAD_REQUEST, OUTCOME_PERMANENT, "bad_request"},
        {HTTP_BLOCKED, OUTCOME_PERMANENT, "blocked_address"},
        {HTTP_DNS, OUTCOME_TRANSIENT, "dns"},
        {HTTP_CONNECT, OUTCOME_TRANSIENT, "connect"},
        {HTTP_TLS, OUTCOME_TRANSIENT, "tls"},
        {HTTP_TIMEOUT_BEFORE, OUTCOME_TRANSIENT, "timeout"},
        {HTTP_LOST_BEFORE, OUTCOME_TRANSIENT, "connection_lost"},
        {HTTP_NO_TIME, OUTCOME_THROTTLE, "no_time"},
        {HTTP_TIMEOUT_AFTER, OUTCOME_UNCERTAIN, "timeout"},
        {HTTP_LOST_AFTER, OUTCOME_UNCERTAIN, "connection_lost"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        /* An incomplete 200 proves nothing. */
        struct http_answer answer = {
            .error = rows[i].error, .status = 200, .detail = "curl says so"};
        struct disposition d = judge(&answer, "");
        assert_int_equal(d.outcome, rows[i].outcome);
        assert_string_equal(d.cause, rows[i].cause);
        assert_non_null(strstr(d.reply, "(curl says so)"));
    }
}

static void says_where_a_receiver_moved(void **state)
{
    (void)state;
    struct http_answer answer = {.status = 301, .location = "https://new.example/hook"};
    assert_string_equal(judge(&answer, "<html>").reply,
                        "moved: the receiver answered a redirect to https://new.example/hook; "
                        "change the url in the configuration");
}

static void keeps_their_words_but_no_credentials(void **state)
{
    (void)state;
    struct http_answer answer = {.status = 500};
    assert_string_equal(judge(&answer, "boom\r\nAuthorization: Bearer t0ken\n").reply,
                        "the receiver failed: boom\\x0d\\x0aAuthorization: ***\\x0a");
    assert_string_equal(judge(&answer, "bad token: t0ken").reply,
                        "the receiver failed: bad token: ***");
    assert_string_equal(judge(&answer, "no service").reply, "the receiver failed: no service");
    answer = (struct http_answer){.status = 301, .location = "https://new.example/t0ken/hook"};
    assert_string_equal(judge(&answer, "").reply,
                        "moved: the receiver answered a redirect to https://new.example/***/hook; "
                        "change the url in the configuration");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_every_status_by_the_table),
        cmocka_unit_test(judges_every_failure_by_the_table),
        cmocka_unit_test(says_where_a_receiver_moved),
        cmocka_unit_test(keeps_their_words_but_no_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
