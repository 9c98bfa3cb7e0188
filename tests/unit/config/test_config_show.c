#include "config/config.h"

#include "scratch.h"

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    scratch_write(&scratch, "password", 0600, "geheim\n");
    scratch_write(
        &scratch, "dispatcher.yaml", 0644,
        "workers: 3\n"
        "allow: [\"*@example.org\"]\n"
        "organisation: {from: notices@example.org, ko: {name: 예시은행}}\n"
        "dkim: {domain: example.org, selector: s1, key: {file: password}}\n"
        "unsubscribe: {url: \"https://example.org/u/{token}\", categories: [ad, news]}\n"
        "api: {listen: \"127.0.0.1:8025\"}\n"
        "transports:\n"
        "  mail: {channel: email, host: mail.example.org, user: x, password: {file: password},\n"
        "         rate: 50/s, domains: {big.example: 20/min}, window: 08:00-21:00,\n"
        "         warmup: {start: 2027-01-31, limits: [50, 100]}}\n"
        "  relay: {channel: email, engine: curl, tls: implicit, user: x, failover: [mail],\n"
        "          oauth_token: {file: password},\n"
        "          hosts: [{host: a.example.org, weight: 3}, {host: b.example.org, port: 2465}],\n"
        "          domains: {big.example: {rate: 1/s, concurrency: 5}}}\n"
        "  text: {channel: sms, type: outbox, senders: {\"+82\": \"15880000\"}, currency: EUR,\n"
        "         prices: {\"+49\": 0.075, \"+82\": {sms: 0.012, lms: 0.030}, default: 1},\n"
        "         allow_prefixes: [\"+49\", \"+82\"], windows: {KR: 08:00-21:00}}\n"
        "  hook: {channel: webhook}\n"
        "endpoints:\n"
        "  crm: {url: \"https://crm.example.org/\", secret: {env: NOT_SET},\n"
        "        old_secret: {file: password}, old_secret_until: 2027-01-31,\n"
        "        signing_key: {file: password}, retry: [1s, 2m],\n"
        "        headers: {authorization: {file: password}}}\n");
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

static char *show(bool json)
{
    static const struct config_override overrides[] = {{"shutdown", "90s"}};
    const struct config_options options = {
        .path = scratch.config, .overrides = overrides, .override_count = 1};
    struct buf out = {0};
    struct error err;
    if (config_show(&options, json, &out, &err) != 0)
        fail_msg("%s", err.text);
    return buf_steal(&out);
}

static void must_hold(const char *text, const char *line)
{
    if (strstr(text, line) == NULL)
        fail_msg("no `%s` in: %s", line, text);
}

static void says_value_and_origin_of_every_key(void **state)
{
    (void)state;
    char *text = show(false);
    must_hold(text, "workers = 3   # ");
    must_hold(text, "/dispatcher.yaml:1\n");
    must_hold(text, "rescan = 30s   # default\n");
    must_hold(text, "shutdown = 90s   # command line\n");
    must_hold(text, "timezone = (not set)   # default\n");
    must_hold(text, "allow = [*@example.org]   # ");
    must_hold(text, "organisation.domain = example.org   # default\n");
    must_hold(text, "organisation.ko.name = 예시은행   # ");
    must_hold(text, "transports.mail.retry = [1m, 5m, 15m, 1h, 4h, 12h]   # default\n");
    must_hold(text, "transports.mail.tls = required   # default\n");
    free(text);
}

static void shows_pace_as_it_is_written(void **state)
{
    (void)state;
    char *text = show(false);
    must_hold(text, "transports.mail.rate = 50/s   # ");
    must_hold(text, "/dispatcher.yaml:9\n");
    must_hold(text, "transports.mail.domains.big.example = 20/min   # ");
    must_hold(text, "transports.mail.window = 08:00-21:00   # ");
    must_hold(text, "transports.mail.warmup.start = 2027-01-31   # ");
    must_hold(text, "transports.mail.warmup.limits = [50, 100]   # ");
    must_hold(text, "transports.mail.pipelining = true   # default\n");
    must_hold(text, "transports.hook.rate = unlimited   # default\n");
    must_hold(text, "transports.hook.window = always   # default\n");
    must_hold(text, "retention = 30d   # default\n");
    must_hold(text, "min_free = 64MB   # default\n");
    must_hold(text, "halt.failures = 500   # default\n");
    must_hold(text, "halt.share = 0.05   # default\n");
    assert_null(strstr(text, "halt = "));
    free(text);
    text = show(true);
    must_hold(text, "\"key\":\"transports.mail.rate\",\"value\":\"50/s\"");
    must_hold(text, "\"key\":\"transports.mail.warmup.limits\",\"value\":[50, 100]");
    must_hold(text, "\"key\":\"halt.failures\",\"value\":500");
    free(text);
}

static void shows_the_servers_prices_and_hours_of_a_transport(void **state)
{
    (void)state;
    char *text = show(false);
    must_hold(text, "transports.mail.engine = esmtp   # default\n");
    must_hold(text, "transports.mail.dsn = false   # default\n");
    must_hold(text, "transports.mail.connect_timeout = 10s   # default\n");
    must_hold(text, "transports.mail.failover = []   # default\n");
    must_hold(text, "transports.mail.failover_after = 1   # default\n");
    must_hold(text, "transports.relay.engine = curl   # ");
    must_hold(text, "transports.relay.failover = [mail]   # ");
    must_hold(text, "transports.relay.tls = implicit   # ");
    must_hold(text, "transports.relay.hosts.1.host = a.example.org   # ");
    must_hold(text, "transports.relay.hosts.1.port = 465   # default\n");
    must_hold(text, "transports.relay.hosts.1.weight = 3   # ");
    must_hold(text, "transports.relay.hosts.2.port = 2465   # ");
    must_hold(text, "transports.relay.hosts.2.weight = 1   # default\n");
    must_hold(text, "transports.relay.domains.big.example.rate = 1/s   # ");
    must_hold(text, "transports.relay.domains.big.example.concurrency = 5   # ");
    must_hold(text, "transports.text.senders.+82 = 15880000   # ");
    must_hold(text, "transports.text.prices.+49 = 0.075   # ");
    must_hold(text, "transports.text.prices.+82.lms = 0.03   # ");
    must_hold(text, "transports.text.prices.default = 1   # ");
    must_hold(text, "transports.text.currency = EUR   # ");
    must_hold(text, "transports.text.allow_prefixes = [+49, +82]   # ");
    must_hold(text, "transports.text.windows.KR = 08:00-21:00   # ");
    free(text);
    text = show(true);
    must_hold(text, "\"key\":\"transports.text.prices.+49\",\"value\":\"0.075\"");
    must_hold(text, "\"key\":\"transports.relay.hosts.2.port\",\"value\":2465");
    free(text);
}

static void shows_what_holds_for_the_whole_and_for_endpoints(void **state)
{
    (void)state;
    char *text = show(false);
    must_hold(text, "attachments = (not set)   # default\n");
    must_hold(text, "organisation.verp = false   # default\n");
    must_hold(text, "dkim.domain = example.org   # ");
    must_hold(text, "unsubscribe.url = https://example.org/u/{token}   # ");
    must_hold(text, "unsubscribe.categories = [ad, news]   # ");
    must_hold(text, "suppression.after_bounce = 90d   # default\n");
    must_hold(text, "suppression.override = []   # default\n");
    must_hold(text, "api.listen = 127.0.0.1:8025   # ");
    must_hold(text, "api.public_url = http://127.0.0.1:8025   # default\n");
    must_hold(text, "endpoints.crm.old_secret_until = 2027-01-31   # ");
    must_hold(text, "endpoints.crm.format = standard   # default\n");
    must_hold(text, "endpoints.crm.retry = [1s, 2m]   # ");
    must_hold(text, "endpoints.crm.disable_after = 5d   # default\n");
    free(text);
}

static void shows_a_halt_that_is_switched_off(void **state)
{
    (void)state;
    static const struct config_override overrides[] = {{"halt", "null"}};
    const struct config_options options = {
        .path = scratch.config, .overrides = overrides, .override_count = 1};
    struct buf out = {0};
    struct error err;
    assert_int_equal(config_show(&options, false, &out, &err), 0);
    must_hold(out.data, "halt = null   # command line\n");
    buf_free(&out);
}

static void never_shows_a_secret_nor_needs_one(void **state)
{
    (void)state;
    char *text = show(false);
    must_hold(text, "transports.mail.password = ***   # ");
    must_hold(text, "transports.relay.oauth_token = ***   # ");
    must_hold(text, "transports.mail.oauth_token = (not set)   # default\n");
    must_hold(text, "dkim.key = ***   # ");
    must_hold(text, "endpoints.crm.old_secret = ***   # ");
    must_hold(text, "endpoints.crm.signing_key = ***   # ");
    must_hold(text, "endpoints.crm.secret = ***   # ");
    must_hold(text, "endpoints.crm.headers.authorization = ***   # ");
    assert_null(strstr(text, "geheim"));
    free(text);
    text = show(true);
    must_hold(text,
              "{\"v\":1,\"key\":\"transports.mail.password\",\"value\":\"***\",\"origin\":\"");
    must_hold(text, "\"key\":\"dkim.key\",\"value\":\"***\"");
    assert_null(strstr(text, "geheim"));
    free(text);
}

static void writes_one_object_per_line_for_programs(void **state)
{
    (void)state;
    char *text = show(true);
    must_hold(text, "{\"v\":1,\"key\":\"workers\",\"value\":3,\"origin\":\"");
    must_hold(text, "{\"v\":1,\"key\":\"trial\",\"value\":true,\"origin\":\"default\",");
    must_hold(text, "{\"v\":1,\"key\":\"timezone\",\"value\":null,\"origin\":\"default\",");
    must_hold(text, "{\"v\":1,\"key\":\"allow\",\"value\":[\"*@example.org\"],");
    must_hold(text, "{\"v\":1,\"key\":\"transports.mail.jitter\",\"value\":0.2,");
    for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1)
        assert_int_equal(strncmp(at, "{\"v\":1,\"key\":\"", 14), 0);
    free(text);
}

static void tells_programs_what_a_key_is_about(void **state)
{
    (void)state;
    char *text = show(true);
    must_hold(text, "\"about\":\"How many processes render and send.\"}\n");
    must_hold(text, "\"about\":\"A value under a name of your own.\"}\n");
    assert_null(strstr(text, "\"about\":null"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_value_and_origin_of_every_key),
        cmocka_unit_test(shows_pace_as_it_is_written),
        cmocka_unit_test(shows_the_servers_prices_and_hours_of_a_transport),
        cmocka_unit_test(shows_what_holds_for_the_whole_and_for_endpoints),
        cmocka_unit_test(shows_a_halt_that_is_switched_off),
        cmocka_unit_test(never_shows_a_secret_nor_needs_one),
        cmocka_unit_test(writes_one_object_per_line_for_programs),
        cmocka_unit_test(tells_programs_what_a_key_is_about),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
