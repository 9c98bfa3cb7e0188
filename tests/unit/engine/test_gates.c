#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/gates.h"
#include "render/library_backend.h"

/* 2026-11-22T03:00:00Z: noon in Seoul, four in the morning in Berlin. */
#define NOON_IN_SEOUL INT64_C(1795316400000)
#define HOUR          INT64_C(3600000)

static char mail_name[] = "mail", gmail[] = "gmail.example", zone_name[] = "Europe/Berlin";
static char seoul[] = "Asia/Seoul", address[64], german[] = "de";
static char *allowed[1];
static struct domain_rate domains[1];
static struct transport mail;
static struct settings settings;
static struct setup setup;
static struct traffic traffic;
static struct gates gates;
static struct leased row;
static struct gate_answer answer;

static int open_gates(void **state)
{
    (void)state;
    mail = (struct transport){.name = mail_name, .channel = CHANNEL_EMAIL};
    settings = (struct settings){.timezone = zone_name};
    setup = (struct setup){.settings = &settings};
    traffic_init(&traffic, 1);
    gates = (struct gates){.setup = &setup,
                           .home = &mail,
                           .transport = &mail,
                           .traffic = &traffic,
                           .mono_ms = 1000000,
                           .wall_ms = NOON_IN_SEOUL};
    snprintf(address, sizeof(address), "a@gmail.example");
    row = (struct leased){.delivery = 1, .address = address, .locale = german};
    return 0;
}

static int close_gates(void **state)
{
    (void)state;
    traffic_free(&traffic);
    return 0;
}

static struct destination *destination(void)
{
    return traffic_destination(&traffic, &mail, address, gates.mono_ms);
}

static void lets_through_and_counts_as_under_way(void **state)
{
    (void)state;
    assert_true(gates_pass(&gates, &row, &answer));
    assert_int_equal(destination()->under_way, 1);
    gates_return(&gates, &row);
    assert_int_equal(destination()->under_way, 0);
}

static void knows_when_it_is_too_late(void **state)
{
    (void)state;
    row.expires_at_ms = gates.wall_ms;
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.state, DELIVERY_EXPIRED);
    row.expires_at_ms = gates.wall_ms + 1;
    assert_true(gates_pass(&gates, &row, &answer));
}

static void sends_in_trial_mode_only_to_who_is_listed(void **state)
{
    (void)state;
    settings.trial = true;
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.state, DELIVERY_SUPPRESSED);
    assert_string_equal(answer.cause, "trial_mode");
    allowed[0] = address;
    settings.allow = allowed;
    settings.allow_count = 1;
    assert_true(gates_pass(&gates, &row, &answer));
}

static void sends_nothing_before_the_time_that_was_asked_for(void **state)
{
    static char text[] = "{\"version\":1,\"id\":\"n\",\"to\":{\"email\":\"a@gmail.example\"},"
                         "\"not_before\":\"2099-01-01T00:00:00Z\"}";
    (void)state;
    row.job_text = text;
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.state, DELIVERY_WAITING);
    assert_true(answer.due_ms == INT64_C(4070908800000));
    assert_string_equal(answer.cause, "");
    row.job_text = NULL;
    row.batch = 7;
    gates.not_before_ms = gates.wall_ms + HOUR;
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.due_ms, gates.wall_ms + HOUR);
    gates.not_before_ms = gates.wall_ms;
    assert_true(gates_pass(&gates, &row, &answer));
}

/* Left out, and then used as it was before. */
static void waits_for_a_letter_that_was_left_out(void **state)
{
    static char name[] = "news", reason[] = "news/de.md:1:1: a mistake";
    struct refused refused = {.name = name, .reason = reason};
    struct library library = {.refused = &refused, .refused_count = 1};
    (void)state;
    setup.library = &library;
    row.template_name = name;
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.state, DELIVERY_WAITING);
    assert_string_equal(answer.cause, "letter");
    assert_true(answer.due_ms > gates.wall_ms);
    assert_int_equal(destination()->under_way, 0);
    refused.owner = &library;
    assert_true(gates_pass(&gates, &row, &answer));
    setup.library = NULL;
    row.template_name = NULL;
}

/* The pace was one in an hour when the last one went; the one of now is one in a second. */
static void a_slower_pace_of_before_holds_no_longer(void **state)
{
    static char domain[] = "gmail.example";
    struct domain_rate rate = {.domain = domain, .rate = {.count = 1, .per_ms = HOUR}};
    (void)state;
    mail.domains = &rate;
    mail.domain_count = 1;
    assert_true(gates_pass(&gates, &row, &answer));
    rate.rate.per_ms = 1000;
    gates.mono_ms += 10;
    assert_false(gates_pass(&gates, &row, &answer));
    gates.mono_ms += 1100;
    assert_true(gates_pass(&gates, &row, &answer));
    mail.domain_count = 0;
}

static void waits_for_the_morning_where_the_recipient_lives(void **state)
{
    (void)state;
    mail.window = (struct send_window){8 * 60, 21 * 60};
    row.zone = seoul;
    assert_true(gates_pass(&gates, &row, &answer));
    row.zone = NULL; /* the configuration's: Berlin */
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.state, DELIVERY_WAITING);
    assert_string_equal(answer.cause, "window");
    assert_int_equal(answer.due_ms, NOON_IN_SEOUL + 4 * HOUR);
}

static void stays_deferred_when_it_was_tried_before(void **state)
{
    (void)state;
    mail.window = (struct send_window){8 * 60, 21 * 60};
    row.tries = 2;
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.state, DELIVERY_DEFERRED);
}

static void comes_back_no_later_than_it_expires(void **state)
{
    (void)state;
    mail.window = (struct send_window){8 * 60, 21 * 60};
    row.expires_at_ms = NOON_IN_SEOUL + HOUR;
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.due_ms, NOON_IN_SEOUL + HOUR);
}

static void gives_each_its_turn_at_the_pace_of_its_domain(void **state)
{
    int now = 0;
    int64_t last = 0;
    (void)state;
    domains[0] = (struct domain_rate){.domain = gmail, .rate = {10, 1000}};
    mail.domains = domains;
    mail.domain_count = 1;
    for (int i = 0; i < 50; i++) {
        if (gates_pass(&gates, &row, &answer)) {
            now++;
            continue;
        }
        assert_string_equal(answer.cause, "rate");
        assert_int_equal(answer.state, DELIVERY_WAITING);
        assert_true(answer.due_ms > gates.wall_ms && answer.due_ms >= last);
        last = answer.due_ms;
    }
    assert_in_range(now, 1, 10);
    /* 40 or more at ten a second. */
    assert_in_range(last - gates.wall_ms, 3900, 5000);
    /* At the times they were told they pass. */
    gates.mono_ms += last - gates.wall_ms;
    gates.wall_ms = last;
    assert_true(gates_pass(&gates, &row, &answer));
    /* Others do not wait for them. */
    snprintf(address, sizeof(address), "a@example.org");
    assert_true(gates_pass(&gates, &row, &answer));
}

static void lets_a_domain_rest_and_then_asks_with_one(void **state)
{
    int passed = 0;
    (void)state;
    for (int i = 0; i < 5; i++)
        breaker_fault(&destination()->breaker, &breaker_destination, gates.mono_ms, 0, 0);
    assert_int_equal(destination()->breaker.state, BREAKER_OPEN);
    assert_false(gates_pass(&gates, &row, &answer));
    assert_string_equal(answer.cause, "destination_rest");
    assert_true(answer.due_ms >= gates.wall_ms + 30000);
    gates.mono_ms += 60000;
    gates.wall_ms += 60000;
    for (int i = 0; i < 20; i++)
        passed += gates_pass(&gates, &row, &answer) ? 1 : 0;
    assert_int_equal(passed, 1);
    assert_true(answer.due_ms > gates.wall_ms);
}

static void spreads_what_waited_for_a_domain(void **state)
{
    int64_t first = INT64_MAX, last = 0;
    (void)state;
    for (int i = 0; i < 5; i++)
        breaker_fault(&destination()->breaker, &breaker_destination, gates.mono_ms, 0, 0);
    for (int i = 0; i < 100000; i++) {
        assert_false(gates_pass(&gates, &row, &answer));
        first = answer.due_ms < first ? answer.due_ms : first;
        last = answer.due_ms > last ? answer.due_ms : last;
    }
    assert_true(last - first > 60000);
}

static void keeps_the_hours_of_the_country(void **state)
{
    static char korea[] = "KR", text[] = "{\"version\":1,\"id\":\"n\",\"locale\":\"ko\",\"to\":"
                                         "{\"email\":\"a@gmail.example\",\"phone\":"
                                         "\"+821012345678\"}}";
    struct country_window windows[] = {{korea, {14 * 60, 21 * 60}}};
    (void)state;
    mail.windows = windows;
    mail.window_count = 1;
    row.zone = seoul;
    assert_false(gates_pass(&gates, &row, &answer)); /* by the zone: noon is too early */
    assert_int_equal(answer.due_ms, NOON_IN_SEOUL + 2 * HOUR);
    row.zone = zone_name;
    assert_true(gates_pass(&gates, &row, &answer));
    row.job_text = text; /* the number says Korea, whatever the zone */
    assert_false(gates_pass(&gates, &row, &answer));
    assert_string_equal(answer.cause, "window");
}

static void lets_no_more_go_at_once_than_a_domain_takes(void **state)
{
    (void)state;
    domains[0] = (struct domain_rate){.domain = gmail, .concurrency = 2};
    mail.domains = domains;
    mail.domain_count = 1;
    assert_true(gates_pass(&gates, &row, &answer));
    assert_true(gates_pass(&gates, &row, &answer));
    assert_false(gates_pass(&gates, &row, &answer));
    assert_string_equal(answer.cause, "rate");
    assert_in_range(answer.due_ms - gates.wall_ms, 1, 1000);
    gates_return(&gates, &row);
    assert_true(gates_pass(&gates, &row, &answer));
}

/* ---- webhooks ---- */

static void address_a_webhook(struct endpoint *e)
{
    mail.channel = row.channel = CHANNEL_WEBHOOK;
    snprintf(address, sizeof(address), "%s", e->name);
    settings.endpoints = e;
    settings.endpoint_count = 1;
}

static void holds_what_is_for_a_disabled_endpoint(void **state)
{
    static char name[] = "partner", why[] = "the receiver is gone for good";
    struct endpoint e = {.name = name};
    struct endpoint_health health = {.name = name, .disabled = true, .reason = why};
    const struct endpoints all = {&health, 1};
    (void)state;
    address_a_webhook(&e);
    gates.endpoints = &all;
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.state, DELIVERY_HELD);
    assert_string_equal(answer.cause, "endpoint_disabled");
    assert_true(answer.has_said);
    assert_string_equal(answer.said.reply, why);
    health.disabled = false;
    assert_true(gates_pass(&gates, &row, &answer));
}

static void lets_one_ask_an_endpoint_that_was_enabled_again(void **state)
{
    static char name[] = "partner";
    struct endpoint e = {.name = name};
    struct endpoint_health health = {.name = name, .since_ms = 1};
    const struct endpoints all = {&health, 1};
    (void)state;
    address_a_webhook(&e);
    gates.endpoints = &all;
    assert_true(gates_pass(&gates, &row, &answer));
    assert_false(gates_pass(&gates, &row, &answer));
    assert_string_equal(answer.cause, "destination_rest");
    health.since_ms = 0; /* it has answered */
    (void)breaker_success(&destination()->breaker, gates.mono_ms, INT_MAX);
    assert_true(gates_pass(&gates, &row, &answer));
}

/* A worker keeps to its share of the limit by itself; where that were less than one request, a
 * second packet waits for the first. */
static void lets_one_packet_at_a_time_to_a_narrow_endpoint(void **state)
{
    static char name[] = "partner";
    struct endpoint e = {.name = name, .concurrency = 2};
    (void)state;
    address_a_webhook(&e);
    mail.concurrency = 4;
    row.packet = 1;
    for (int i = 0; i < 10; i++)
        assert_true(gates_pass(&gates, &row, &answer));
    row.packet = 2;
    assert_false(gates_pass(&gates, &row, &answer));
    struct destination *d = destination();
    for (int i = 0; i < 9; i++)
        traffic_leave(d, 1);
    assert_true(gates_pass(&gates, &row, &answer));
    e.concurrency = 4; /* a place for each packet: workers share it */
    row.packet = 3;
    for (int i = 0; i < 10; i++)
        assert_true(gates_pass(&gates, &row, &answer));
}

static void leaves_the_share_of_a_wide_endpoint_to_the_workers(void **state)
{
    static char name[] = "partner";
    struct endpoint limits[] = {{.name = name, .concurrency = 4}, {.name = name}};
    (void)state;
    mail.concurrency = 4;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        address_a_webhook(&limits[i]);
        for (row.packet = 1; row.packet <= 10; row.packet++)
            assert_true(gates_pass(&gates, &row, &answer));
    }
}

/* ---- suppression ---- */

static char spool[] = "/tmp/gates.XXXXXX";
static struct ledger *ledger;

static int open_list(void **state)
{
    struct error err;
    open_gates(state);
    memcpy(spool + sizeof(spool) - 7, "XXXXXX", 6);
    assert_non_null(mkdtemp(spool));
    assert_int_equal(ledger_open(spool, LEDGER_WRITE, &ledger, &err), 0);
    gates.suppressing = (struct suppressing){.setup = &setup, .ledger = ledger};
    return 0;
}

static int close_list(void **state)
{
    static const char *const files[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm"};
    char path[64];
    ledger_close(ledger);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", spool, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(spool), 0);
    return close_gates(state);
}

static void put_on_list(const char *cause)
{
    const struct suppression s = {.channel = CHANNEL_EMAIL,
                                  .address = "a@gmail.example",
                                  .cause = cause,
                                  .reason = "550 no such user",
                                  .source = "bounce",
                                  .since_ms = 1000,
                                  .expires_ms = gates.wall_ms + HOUR};
    struct error err;
    assert_int_equal(ledger_suppress(ledger, &s, NULL, &err), 0);
}

static void shows_who_is_suppressed_and_why_until_it_is_over(void **state)
{
    (void)state;
    assert_true(gates_pass(&gates, &row, &answer));
    put_on_list("bad_recipient");
    snprintf(address, sizeof(address), "A@Gmail.Example");
    assert_false(gates_pass(&gates, &row, &answer));
    assert_int_equal(answer.state, DELIVERY_SUPPRESSED);
    assert_string_equal(answer.cause, "bad_recipient");
    assert_non_null(strstr(answer.said.reply, "550 no such user"));
    assert_true(answer.passes_on);
    gates.wall_ms += HOUR;
    assert_true(gates_pass(&gates, &row, &answer));
    assert_false(answer.has_said);
}

static void a_refusal_keeps_off_only_what_comes_after_it(void **state)
{
    struct suppression s = {.channel = CHANNEL_EMAIL,
                            .address = "a@gmail.example",
                            .cause = "bad_recipient",
                            .source = "reply",
                            .since_ms = 5000};
    struct error err;
    (void)state;
    assert_int_equal(ledger_suppress(ledger, &s, NULL, &err), 0);
    row.accepted_ms = 5000;
    assert_true(gates_pass(&gates, &row, &answer));
    row.accepted_ms = 5001;
    assert_false(gates_pass(&gates, &row, &answer));
}

static void does_not_tell_otherwise_who_said_no(void **state)
{
    (void)state;
    put_on_list("opted_out");
    assert_false(gates_pass(&gates, &row, &answer));
    assert_false(answer.passes_on);
}

static void lets_a_category_pass_that_overrides_the_list_and_says_so(void **state)
{
    static char notice[] = "breach_notice",
                text[] = "{\"version\":1,\"id\":\"n\",\"category\":\"breach_notice\",\"to\":"
                         "{\"email\":\"a@gmail.example\"}}",
                other[] = "{\"version\":1,\"id\":\"n\",\"category\":\"newsletter\",\"to\":"
                          "{\"email\":\"a@gmail.example\"}}";
    char *override[] = {notice};
    (void)state;
    put_on_list("bad_recipient");
    settings.suppress_override = override;
    settings.suppress_override_count = 1;
    row.job_text = other;
    assert_false(gates_pass(&gates, &row, &answer));
    row.job_text = text;
    assert_true(gates_pass(&gates, &row, &answer));
    assert_true(answer.has_said);
    assert_non_null(strstr(answer.said.reply, "override the list"));
}

#define WITH_LIST(test)  cmocka_unit_test_setup_teardown(test, open_list, close_list)
#define WITH_GATES(test) cmocka_unit_test_setup_teardown(test, open_gates, close_gates)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GATES(lets_through_and_counts_as_under_way),
        WITH_GATES(knows_when_it_is_too_late),
        WITH_GATES(waits_for_a_letter_that_was_left_out),
        WITH_GATES(sends_in_trial_mode_only_to_who_is_listed),
        WITH_GATES(sends_nothing_before_the_time_that_was_asked_for),
        WITH_GATES(a_slower_pace_of_before_holds_no_longer),
        WITH_GATES(waits_for_the_morning_where_the_recipient_lives),
        WITH_GATES(stays_deferred_when_it_was_tried_before),
        WITH_GATES(comes_back_no_later_than_it_expires),
        WITH_GATES(gives_each_its_turn_at_the_pace_of_its_domain),
        WITH_GATES(lets_a_domain_rest_and_then_asks_with_one),
        WITH_GATES(spreads_what_waited_for_a_domain),
        WITH_GATES(keeps_the_hours_of_the_country),
        WITH_GATES(lets_no_more_go_at_once_than_a_domain_takes),
        WITH_GATES(holds_what_is_for_a_disabled_endpoint),
        WITH_GATES(lets_one_ask_an_endpoint_that_was_enabled_again),
        WITH_GATES(lets_one_packet_at_a_time_to_a_narrow_endpoint),
        WITH_GATES(leaves_the_share_of_a_wide_endpoint_to_the_workers),
        WITH_LIST(shows_who_is_suppressed_and_why_until_it_is_over),
        WITH_LIST(a_refusal_keeps_off_only_what_comes_after_it),
        WITH_LIST(does_not_tell_otherwise_who_said_no),
        WITH_LIST(lets_a_category_pass_that_overrides_the_list_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
