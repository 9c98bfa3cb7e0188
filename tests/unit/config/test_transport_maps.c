#include "config/transport_maps.h"

#include "scratch.h"

#define MINIMAL "organisation: {from: notices@example.org}\n"
#define MAIL    MINIMAL "transports:\n  mail: {channel: email, "
#define TEXTS   "transports:\n  text: {channel: sms, type: outbox, "

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

static void a_domain_has_a_pace_or_a_pace_and_a_number_at_once(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(
        &scratch, MAIL "host: a.example, domains: {Big.example: {rate: 20/s, concurrency: 5},\n"
                       "    small.example: 1/s, slow.example: {concurrency: 1},\n"
                       "    default: {rate: 5/min}}}\n");
    const struct transport *t = &s->transports[0];
    assert_int_equal(t->domain_count, 4);
    assert_string_equal(t->domains[0].domain, "big.example");
    assert_int_equal(t->domains[0].rate.count, 20);
    assert_int_equal(t->domains[0].concurrency, 5);
    assert_int_equal(t->domains[1].rate.count, 1);
    assert_int_equal(t->domains[1].concurrency, 0);
    assert_int_equal(t->domains[2].rate.count, 0);
    assert_int_equal(t->domains[2].concurrency, 1);
    assert_int_equal(settings_domain_rate(t, "other.example")->per_ms, 60000);
    scratch_free(s);
}

static void one_server_is_a_list_of_one(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(&scratch, MAIL "host: a.example, port: 2525}\n");
    const struct smtp_settings *smtp = &s->transports[0].smtp;
    assert_int_equal(smtp->host_count, 1);
    assert_string_equal(smtp->hosts[0].host, "a.example");
    assert_int_equal(smtp->hosts[0].port, 2525);
    assert_int_equal(smtp->hosts[0].weight, 1);
    scratch_free(s);
}

static void of_several_servers_the_first_is_the_host(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(
        &scratch, MAIL "hosts: [{host: a.example, port: 2525, weight: 3}, {host: b.example}]}\n");
    const struct smtp_settings *smtp = &s->transports[0].smtp;
    assert_int_equal(smtp->host_count, 2);
    assert_int_equal(smtp->hosts[0].weight, 3);
    assert_string_equal(smtp->hosts[1].host, "b.example");
    assert_int_equal(smtp->hosts[1].port, 587);
    assert_int_equal(smtp->hosts[1].weight, 1);
    assert_string_equal(smtp->host, "a.example");
    assert_int_equal(smtp->port, 2525);
    scratch_free(s);
}

static void every_transport_has_hours_by_country(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(
        &scratch, MINIMAL "transports:\n"
                          "  mail: {channel: email, type: outbox, windows: {KR: 08:00-21:00}}\n"
                          "  text: {channel: sms, type: outbox, window: 09:00-20:00,\n"
                          "         windows: {KR: 08:00-21:00, DE: always}}\n"
                          "  hook: {channel: webhook, windows: {JP: 21:00-08:00}}\n");
    const struct transport *text = settings_find_transport(s, "text");
    assert_int_equal(settings_find_transport(s, "mail")->window_count, 1);
    assert_int_equal(settings_find_transport(s, "hook")->windows[0].window.from_minute, 1260);
    assert_int_equal(settings_window(text, "KR")->from_minute, 480);
    assert_int_equal(settings_window(text, "DE")->to_minute, 0);
    assert_int_equal(settings_window(text, "US")->from_minute, 540);
    scratch_free(s);
}

static void senders_and_prices_go_by_how_a_number_begins(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(
        &scratch, TEXTS "sender: Example, currency: EUR,\n"
                        "    senders: {\"+82\": \"0212345678\", \"+1\": \"+15550100\"},\n"
                        "    prices: {\"+49\": 0.075, \"+82\": {sms: 0.012, lms: 0.03},\n"
                        "             default: 0.09}}\n");
    const struct sms_settings *sms = &s->transports[0].sms;
    assert_string_equal(sms->sender, "Example");
    assert_int_equal(sms->sender_count, 2);
    assert_string_equal(sms->senders[0].prefix, "+82");
    assert_string_equal(sms->senders[0].sender, "0212345678");
    assert_string_equal(sms->senders[1].prefix, "+1");
    assert_string_equal(sms->senders[1].sender, "+15550100");
    assert_int_equal(settings_sms_price(sms, "+4915112345678")->micros, 75000);
    assert_int_equal(settings_sms_price(sms, "+4915112345678")->lms_micros, 75000);
    assert_int_equal(settings_sms_price(sms, "+821012345678")->micros, 12000);
    assert_int_equal(settings_sms_price(sms, "+821012345678")->lms_micros, 30000);
    assert_int_equal(settings_sms_price(sms, "+447700900123")->micros, 90000);
    scratch_free(s);
}

static void what_does_not_belong_there_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {MAIL "host: a.example, domains: {a.example: {rate: 20}}}\n",
         ":3:71: `transports.mail.domains.a.example.rate` must be so many in so long"},
        {MAIL "host: a.example, domains: {a.example: {concurrency: 0}}}\n",
         "`transports.mail.domains.a.example.concurrency` must be between 1 and 1000, not 0"},
        {MAIL "host: a.example, domains: {a.example: {speed: 1/s}}}\n",
         ":3:65: unknown key `speed`"},
        {MAIL "host: a.example, domains: {a.example: [1/s]}}\n",
         ":3:64: `transports.mail.domains.a.example` must be a single value"},
        {MAIL "tls: required}\n",
         ":3:3: `transports.mail.host` is missing: the mail server that takes our mail"},
        {MAIL "hosts: a.example}\n", ":3:33: `transports.mail.hosts` must be a list of mail "
                                     "servers, like [{host: a.example.org}"},
        {MAIL "hosts: []}\n", ":3:33: `transports.mail.hosts` must be a list"},
        {MAIL "hosts: [a.example]}\n", ":3:34: must be a map (key: value)"},
        {MAIL "hosts: [{port: 25}]}\n", ":3:34: `transports.mail.hosts.1.host` is missing"},
        {MAIL "hosts: [{host: a.example}, {host: b.example, weight: 0}]}\n",
         ":3:79: `transports.mail.hosts.2.weight` must be between 1 and 1000, not 0"},
        {MAIL "hosts: [{host: \"a.example:25\"}]}\n", "the port goes into `port: 25`"},
        {MAIL "hosts: [{host: a.example}], host: b.example}\n",
         ":3:60: `transports.mail.host` and `hosts` exclude each other: name this server in "
         "`hosts` too, or leave `hosts` out"},
        {MAIL "hosts: [{host: a.example}], port: 25}\n",
         ":3:60: `transports.mail.port` and `hosts` exclude each other"},
        {"transports: {x: {channel: webhook, hosts: []}}\n",
         "`hosts` is not a key of a transport for webhook"},
        {"transports: {x: {channel: webhook, windows: 08:00-21:00}}\n",
         ":1:45: `windows` must be a map"},
        {"transports: {x: {channel: webhook, windows: {kr: 08:00-21:00}}}\n",
         ":1:46: `kr` is no country of two capital letters like KR or DE"},
        {"transports: {x: {channel: webhook, windows: {UK: 08:00-21:00}}}\n",
         ":1:46: the United Kingdom is written GB"},
        {"transports: {x: {channel: webhook, windows: {KR: 8-21}}}\n",
         ":1:50: `transports.x.windows.KR` must be hours of the recipient's day"},
        {TEXTS "senders: {\"82\": \"0212345678\"}}\n",
         ":2:48: `82` is no beginning of a number: `+`, the country and maybe more"},
        {TEXTS "senders: {\"+0\": Example}}\n", "`+0` is no beginning of a number"},
        {TEXTS "senders: {\"+4a\": Example}}\n", "`+4a` is no beginning of a number"},
        {TEXTS "senders: {\"+49\": Longer than 11}}\n",
         ":2:55: `transports.text.senders.+49`: a sender is a number, or at most 11"},
        {TEXTS "senders: {\"+82\": Example}}\n",
         ":2:55: `transports.text.senders.+82`: `Example` is no sender for Korea: a number "
         "registered there, as it is dialled there, 8 to 11 digits"},
        {TEXTS "senders: {\"+8210\": \"+82212345678\"}}\n", "is no sender for Korea"},
        {TEXTS "allow_prefixes: [\"49\"]}\n", ":2:55: `transports.text.allow_prefixes`: `49` is "
                                              "no beginning of a number"},
        {TEXTS "deny_prefixes: [\"+49 900\"]}\n", "is no beginning of a number"},
        {TEXTS "prices: {49: 0.075}, currency: EUR}\n", ":2:47: `49` is no beginning"},
        {TEXTS "prices: {\"+49\": 0.0755555}, currency: EUR}\n",
         ":2:54: `transports.text.prices.+49` must be an amount with at most 6 digits behind the "
         "point, like 0.075, not `0.0755555`"},
        {TEXTS "prices: {\"+49\": \"0,075\"}, currency: EUR}\n", "must be an amount"},
        {TEXTS "prices: {\"+49\": -1}, currency: EUR}\n", "must be an amount"},
        {TEXTS "prices: {\"+82\": {sms: 1}}, currency: EUR}\n",
         ":2:47: `transports.text.prices.+82.lms` is missing: What a long text costs in Korea."},
        {TEXTS "prices: {\"+82\": {mms: 1}}, currency: EUR}\n", "unknown key `mms`"},
        {TEXTS "currency: euro}\n", ":2:48: `transports.text.currency`: `euro` is no currency"},
        {MAIL "host: a.example, senders: {}}\n",
         "`senders` is not a key of a transport for email of type smtp"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        scratch_must_refuse(&scratch, rows[i].text, rows[i].sentence);
}

static void the_command_line_reaches_one_server_of_several(void **state)
{
    (void)state;
    static const struct config_override overrides[] = {
        {"transports.mail.hosts.2.weight", "9"},
        {"transports.mail.domains.big.example.concurrency", "4"}};
    const struct config_options options = {
        .path = scratch.config, .overrides = overrides, .override_count = COUNT_OF(overrides)};
    struct settings *s = NULL;
    struct error err;
    scratch_write(&scratch, "dispatcher.yaml", 0644,
                  MAIL "hosts: [{host: a.example}, {host: b.example}],\n"
                       "    domains: {big.example: {rate: 1/s}}}\n");
    if (config_load(&options, &s, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(s->transports[0].smtp.hosts[1].weight, 9);
    assert_int_equal(s->transports[0].domains[0].concurrency, 4);
    scratch_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_has_a_pace_or_a_pace_and_a_number_at_once),
        cmocka_unit_test(one_server_is_a_list_of_one),
        cmocka_unit_test(of_several_servers_the_first_is_the_host),
        cmocka_unit_test(every_transport_has_hours_by_country),
        cmocka_unit_test(senders_and_prices_go_by_how_a_number_begins),
        cmocka_unit_test(what_does_not_belong_there_is_said_with_its_place),
        cmocka_unit_test(the_command_line_reaches_one_server_of_several),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
