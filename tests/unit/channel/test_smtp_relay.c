#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "channel/smtp_client.h"
#include "channel/smtp_relay.h"

/* ---- choosing ---- */

static void servers_are_chosen_by_their_weight(void **state)
{
    (void)state;
    const struct smtp_choice choices[] = {{1, true}, {3, true}, {6, true}};
    unsigned chosen[3] = {0};
    for (uint64_t draw = 0; draw < 100; draw++)
        chosen[smtp_relay_choose(choices, 3, draw)]++;
    assert_int_equal(chosen[0], 10);
    assert_int_equal(chosen[1], 30);
    assert_int_equal(chosen[2], 60);
}

static void one_that_is_not_open_is_not_chosen(void **state)
{
    (void)state;
    struct smtp_choice choices[] = {{1, true}, {1000, false}, {1, true}};
    for (uint64_t draw = 0; draw < 50; draw++)
        assert_int_equal(smtp_relay_choose(choices, 3, draw), draw % 2 == 0 ? 0 : 2);
    choices[0].open = choices[2].open = false;
    assert_int_equal(smtp_relay_choose(choices, 3, 7), 3);
    assert_int_equal(smtp_relay_choose(choices, 0, 7), 0);
}

/* ---- opening ---- */

static char domain[] = "example.org", from[] = "noreply@example.org", name[] = "relay",
            host[] = "localhost", user[] = "bank", token[] = "ya29.x";

static struct settings bank(void)
{
    return (struct settings){.organisation = {.domain = domain, .from_address = from}};
}

static void expect_refused(const struct smtp_settings *smtp, const char *says)
{
    const struct settings s = bank();
    const struct transport t = {.name = name, .smtp = *smtp};
    struct smtp_relay *relay = NULL;
    struct error err = {0};
    assert_int_equal(smtp_relay_open(&s, &t, &relay, &err), ERR_CONFIG);
    assert_null(relay);
    if (strstr(err.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void expect_taken(const struct smtp_settings *smtp)
{
    const struct settings s = bank();
    const struct transport t = {.name = name, .smtp = *smtp};
    struct smtp_relay *relay = NULL;
    struct error err = {0};
    if (smtp_relay_open(&s, &t, &relay, &err) != 0)
        fail_msg("%s", err.text);
    smtp_relay_close(relay);
}

static void only_libcurl_gets_what_libesmtp_cannot(void **state)
{
    (void)state;
    char ipv6[] = "2001:db8::1";
    struct smtp_settings smtp = {.host = host, .port = 465, .tls = SMTP_TLS_IMPLICIT};
    expect_refused(&smtp, "engine: curl");
    smtp.engine = SMTP_ENGINE_CURL;
    expect_taken(&smtp);
    smtp = (struct smtp_settings){.host = ipv6, .port = 25, .tls = SMTP_TLS_NONE};
    expect_refused(&smtp, "engine: curl");
    smtp.engine = SMTP_ENGINE_CURL;
    expect_taken(&smtp);
    smtp = (struct smtp_settings){.host = host, .port = 587, .user = user, .oauth_token = token};
    expect_refused(&smtp, "engine: curl");
    smtp.engine = SMTP_ENGINE_CURL;
    expect_taken(&smtp);
    smtp.tls = SMTP_TLS_NONE;
    expect_refused(&smtp, "without TLS");
}

/* It becomes a part of a URL. */
static void a_host_is_a_host_and_nothing_else(void **state)
{
    (void)state;
    static const char *const hosts[] = {"",    "a/b",     "user@host", "a b",   "a?b",
                                        "a#b", "a%0d%0a", "a\r\nb",    "[::1]", "a\\b"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        char text[20];
        memcpy(text, hosts[i], strlen(hosts[i]) + 1);
        const struct smtp_settings smtp = {
            .engine = SMTP_ENGINE_CURL, .host = text, .port = 25, .tls = SMTP_TLS_NONE};
        expect_refused(&smtp, "host must be a name or an address");
    }
}

/* ---- stepping in ---- */

struct record {
    int done, seen, rests;
    char last_seen[80], last_rest[80];
    struct disposition last;
};

static int64_t on_now_ms(void *context)
{
    (void)context;
    return 1000;
}

static void on_started(void *context, size_t index)
{
    (void)context, (void)index;
    fail_msg("nothing should have been sent");
}

static void on_done(void *context, size_t index, const struct disposition *d)
{
    struct record *r = context;
    (void)index;
    r->done++;
    r->last = *d;
}

static void on_seen(void *context, const struct smtp_sight *sight)
{
    struct record *r = context;
    r->seen++;
    snprintf(r->last_seen, sizeof(r->last_seen), "%s:%d", sight->host, sight->port);
    assert_string_equal(sight->address, "");
    assert_string_equal(sight->certificate, "");
}

static void on_rests(void *context, const char *place, int64_t until_ms, const char *why)
{
    struct record *r = context;
    r->rests++;
    snprintf(r->last_rest, sizeof(r->last_rest), "%s", place);
    assert_int_equal(until_ms, 1000 + SMTP_RELAY_REST_MS);
    assert_non_null(strstr(why, "cannot be reached"));
}

static void every_mail_is_told_once_when_no_server_is_there(void **state)
{
    (void)state;
    struct smtp_host hosts[] = {{host, 1, 1}, {host, 2, 5}, {host, 3, 1}};
    const enum smtp_engine engines[] = {SMTP_ENGINE_ESMTP, SMTP_ENGINE_CURL};
    const struct settings s = bank();
    const struct smtp_mail mails[] = {{"a@example.org", "b@example.org", NULL, "x\r\n", 3},
                                      {"a@example.org", "c@example.org", NULL, "x\r\n", 3}};
    for (size_t i = 0; i < COUNT_OF(engines); i++) {
        const struct transport t = {.name = name,
                                    .deadline_ms = 8000,
                                    .smtp = {.engine = engines[i],
                                             .hosts = hosts,
                                             .host_count = COUNT_OF(hosts),
                                             .tls = SMTP_TLS_NONE}};
        struct smtp_relay *relay = NULL;
        struct error err = {0};
        struct record r = {0};
        const struct smtp_observer observer = {&r, on_now_ms, on_started, on_done,
                                               0,  on_seen,   on_rests};
        assert_int_equal(smtp_relay_open(&s, &t, &relay, &err), 0);
        smtp_relay_send(relay, mails, 2, 4711, &observer);
        smtp_relay_close(relay);
        assert_int_equal(r.done, 2);
        assert_int_equal(r.last.outcome, OUTCOME_NOT_TRIED);
        assert_string_equal(r.last.cause, "connect");
        assert_memory_equal(r.last.reply, "localhost:", strlen("localhost:"));
        assert_int_equal(r.seen, COUNT_OF(hosts));
        assert_int_equal(r.rests, COUNT_OF(hosts));
        assert_string_equal(r.last_seen, r.last_rest);
    }
}

/* ---- resting ---- */

/* Two servers that are not there: the first asked rests from 1 s on, the other from 11 s. */
struct watch {
    int64_t now_ms;
    int asked[8], count; /* the ports, in the order they were asked */
};

static int64_t watch_now_ms(void *context)
{
    const struct watch *w = context;
    return w->now_ms;
}

static void ignore_done(void *context, size_t index, const struct disposition *d)
{
    (void)context, (void)index, (void)d;
}

static void ten_seconds_later(void *context, const char *place, int64_t until_ms, const char *why)
{
    struct watch *w = context;
    (void)place, (void)why;
    assert_int_equal(until_ms, w->now_ms + SMTP_RELAY_REST_MS);
    w->now_ms += 10000;
}

static void note_port(void *context, const struct smtp_sight *sight)
{
    struct watch *w = context;
    assert_true(w->count < (int)COUNT_OF(w->asked));
    w->asked[w->count++] = sight->port;
}

/* Which one a packet goes to first that comes at this time, when the draw is for the second. */
static int first_asked_at(enum smtp_engine engine, int64_t now_ms)
{
    struct smtp_host hosts[] = {{host, 1, 1}, {host, 2, 1}};
    const struct settings s = bank();
    const struct smtp_mail mail = {"a@example.org", "b@example.org", NULL, "x\r\n", 3};
    const struct transport t = {
        .name = name,
        .deadline_ms = 600000,
        .smtp = {.engine = engine, .hosts = hosts, .host_count = 2, .tls = SMTP_TLS_NONE}};
    struct watch w = {.now_ms = 1000};
    const struct smtp_observer observer = {&w, watch_now_ms, on_started,       ignore_done,
                                           0,  note_port,    ten_seconds_later};
    struct smtp_relay *relay = NULL;
    struct error err = {0};
    assert_int_equal(smtp_relay_open(&s, &t, &relay, &err), 0);
    smtp_relay_send(relay, &mail, 1, 0, &observer);
    assert_int_equal(w.count, 2);
    assert_int_equal(w.asked[0], 1);
    w.now_ms = now_ms;
    smtp_relay_send(relay, &mail, 1, 1, &observer);
    assert_int_equal(w.count, 4);
    smtp_relay_close(relay);
    return w.asked[2];
}

static void a_server_that_failed_is_asked_again_when_its_minute_is_over(void **state)
{
    const enum smtp_engine engines[] = {SMTP_ENGINE_ESMTP, SMTP_ENGINE_CURL};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(engines); i++) {
        assert_int_equal(first_asked_at(engines[i], 60999), 2); /* both rest: as if none did */
        assert_int_equal(first_asked_at(engines[i], 61000), 1); /* the first is back, alone */
        assert_int_equal(first_asked_at(engines[i], 70999), 1);
        assert_int_equal(first_asked_at(engines[i], 71000), 2); /* both are */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_are_chosen_by_their_weight),
        cmocka_unit_test(one_that_is_not_open_is_not_chosen),
        cmocka_unit_test(only_libcurl_gets_what_libesmtp_cannot),
        cmocka_unit_test(a_host_is_a_host_and_nothing_else),
        cmocka_unit_test(every_mail_is_told_once_when_no_server_is_there),
        cmocka_unit_test(a_server_that_failed_is_asked_again_when_its_minute_is_over),
    };
    smtp_client_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
