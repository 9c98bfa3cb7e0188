#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/traffic.h"

static struct traffic traffic;
static char mail_name[] = "mail", hooks_name[] = "hooks", texts_name[] = "texts";
static const struct transport mail = {.name = mail_name, .channel = CHANNEL_EMAIL};
static const struct transport hooks = {.name = hooks_name, .channel = CHANNEL_WEBHOOK};
static const struct transport texts = {.name = texts_name, .channel = CHANNEL_SMS};

static int open_traffic(void **state)
{
    (void)state;
    traffic_init(&traffic, 42);
    return 0;
}

static int close_traffic(void **state)
{
    (void)state;
    traffic_free(&traffic);
    return 0;
}

static struct destination *find(const struct transport *t, const char *address)
{
    return traffic_destination(&traffic, t, address, 1000);
}

static void knows_a_domain_by_any_spelling(void **state)
{
    (void)state;
    find(&mail, "a@example.org")->under_way = 1;
    assert_int_equal(find(&mail, "b@EXAMPLE.org")->under_way, 1);
    assert_int_equal(find(&mail, "b@example.com")->under_way, 0);
    assert_null(find(&mail, "nobody"));
    assert_null(find(&texts, "+4915112345678"));
    find(&hooks, "crm")->under_way = 2;
    assert_int_equal(find(&hooks, "crm")->under_way, 2);
}

static void forgets_who_is_idle_and_keeps_who_is_not(void **state)
{
    char address[64];
    (void)state;
    find(&mail, "a@busy.example")->under_way = 1;
    find(&mail, "a@broken.example")->breaker.state = BREAKER_OPEN;
    for (int i = 0; i < 1000000; i++) {
        snprintf(address, sizeof(address), "x@d%d.example", i);
        assert_non_null(traffic_destination(&traffic, &mail, address, 1000 + i / 100));
    }
    assert_in_range(traffic.destination_room, 1, TRAFFIC_DESTINATIONS_MAX);
    assert_in_range(traffic.destination_room, 1, 1024);
    assert_int_equal(find(&mail, "a@busy.example")->under_way, 1);
    assert_int_equal(find(&mail, "a@broken.example")->breaker.state, BREAKER_OPEN);
}

static void goes_without_when_all_are_busy(void **state)
{
    char address[64];
    int kept = 0;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        snprintf(address, sizeof(address), "x@d%d.example", i);
        struct destination *d = find(&mail, address);
        if (d != NULL)
            d->under_way = ++kept;
    }
    assert_in_range(kept, TRAFFIC_DESTINATIONS_MAX / 2, TRAFFIC_DESTINATIONS_MAX);
    assert_int_equal(traffic.destination_room, TRAFFIC_DESTINATIONS_MAX);
    assert_int_equal(find(&mail, "x@d0.example")->under_way, 1);
}

static void makes_packets_of_half_a_second(void **state)
{
    struct transport_traffic *t = traffic_transport(&traffic, "mail");
    (void)state;
    assert_in_range(traffic_packet_size(t, 100), 1, 20);
    traffic_measure(t, 100, 100);
    assert_int_equal(traffic_packet_size(t, 1000), 500);
    assert_int_equal(traffic_packet_size(t, 100), 100);
    for (int i = 0; i < 100; i++)
        traffic_measure(t, 2000, 1);
    assert_int_equal(traffic_packet_size(t, 100), 1);
}

static bool is_fault(enum channel_kind channel, enum outcome outcome, int code, const char *cause,
                     bool *out_answered)
{
    struct disposition d;
    disposition_set(&d, outcome, code, cause, "", 0);
    return traffic_is_destination_fault(channel, &d, out_answered);
}

static void tells_a_domain_in_trouble_from_a_full_mailbox(void **state)
{
    bool answered = false;
    (void)state;
    assert_true(is_fault(CHANNEL_EMAIL, OUTCOME_TRANSIENT, 451, "routing", &answered));
    assert_true(is_fault(CHANNEL_EMAIL, OUTCOME_THROTTLE, 450, "rate_limited", &answered));
    assert_false(answered);
    assert_false(is_fault(CHANNEL_EMAIL, OUTCOME_TRANSIENT, 450, "mailbox_full", &answered));
    assert_true(answered);
    assert_false(is_fault(CHANNEL_EMAIL, OUTCOME_TRANSIENT, 451, "greylisted", &answered));
    assert_false(is_fault(CHANNEL_EMAIL, OUTCOME_TRANSIENT, 0, "connection_lost", &answered));
    assert_false(answered);
    assert_false(is_fault(CHANNEL_EMAIL, OUTCOME_PERMANENT, 550, "policy", &answered));
    assert_true(answered);
}

static void tells_an_endpoint_in_trouble_from_a_refused_notice(void **state)
{
    bool answered = false;
    (void)state;
    assert_true(is_fault(CHANNEL_WEBHOOK, OUTCOME_TRANSIENT, 0, "connect", &answered));
    assert_true(is_fault(CHANNEL_WEBHOOK, OUTCOME_UNCERTAIN, 0, "timeout", &answered));
    assert_true(is_fault(CHANNEL_WEBHOOK, OUTCOME_TRANSIENT, 500, "server_error", &answered));
    assert_false(is_fault(CHANNEL_WEBHOOK, OUTCOME_TRANSIENT, 400, "refused", &answered));
    assert_true(answered);
    assert_false(is_fault(CHANNEL_WEBHOOK, OUTCOME_UNCERTAIN, 0, "worker_crash", &answered));
    assert_false(answered);
    assert_false(is_fault(CHANNEL_WEBHOOK, OUTCOME_DELIVERED, 204, "accepted", &answered));
    assert_true(answered);
    assert_false(is_fault(CHANNEL_SMS, OUTCOME_TRANSIENT, 500, "server_error", &answered));
}

#define WITH_TRAFFIC(test) cmocka_unit_test_setup_teardown(test, open_traffic, close_traffic)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TRAFFIC(knows_a_domain_by_any_spelling),
        WITH_TRAFFIC(forgets_who_is_idle_and_keeps_who_is_not),
        WITH_TRAFFIC(goes_without_when_all_are_busy),
        WITH_TRAFFIC(makes_packets_of_half_a_second),
        WITH_TRAFFIC(tells_a_domain_in_trouble_from_a_full_mailbox),
        WITH_TRAFFIC(tells_an_endpoint_in_trouble_from_a_refused_notice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
