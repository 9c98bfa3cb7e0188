#include "config/config.h"

#include "scratch.h"

#define MINIMAL "organisation: {from: notices@example.org}\n"

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

static void an_empty_file_gives_the_defaults(void **state)
{
    (void)state;
    char spool[300];
    struct settings *s = scratch_must_load(&scratch, "");
    assert_string_equal(s->spool, "/var/spool/dispatcher");
    assert_string_equal(s->control_socket, "/var/spool/dispatcher/control.sock");
    snprintf(spool, sizeof(spool), "%s/templates", scratch.directory);
    assert_string_equal(s->templates, spool);
    assert_int_equal(s->workers, 8);
    assert_int_equal(s->rescan_ms, 30000);
    assert_int_equal(s->shutdown_ms, 30000);
    assert_int_equal(s->log_level, LOG_INFO);
    assert_true(s->trial);
    assert_int_equal(s->allow_count, 0);
    assert_int_equal(s->transport_count, 0);
    assert_string_equal(s->rules.fallback_locale, "en");
    assert_int_equal(s->rules.count, 0);
    assert_null(s->attachments);
    assert_null(s->api_listen);
    assert_null(s->api_public_url);
    assert_null(s->dkim.domain);
    assert_null(s->unsubscribe_url);
    assert_int_equal(s->bounce_suppress_ms, INT64_C(90) * 86400000);
    assert_int_equal(s->suppress_override_count, 0);
    assert_false(s->organisation.verp);
    scratch_free(s);
}

static void every_channel_has_its_own_defaults(void **state)
{
    (void)state;
    struct settings *s =
        scratch_must_load(&scratch, MINIMAL "transports:\n"
                                            "  mail: {channel: email, host: mail.example.org}\n"
                                            "  text: {channel: sms, type: outbox}\n"
                                            "  hook: {channel: webhook}\n");
    const struct transport *mail = settings_find_transport(s, "mail");
    const struct transport *text = settings_find_transport(s, "text");
    const struct transport *hook = settings_find_transport(s, "hook");
    assert_int_equal(mail->type, TRANSPORT_SMTP);
    assert_int_equal(mail->packet_size, 20);
    assert_int_equal(mail->deadline_ms, 120000);
    assert_int_equal(mail->on_uncertain, UNCERTAIN_RESEND);
    assert_int_equal(mail->smtp.port, 587);
    assert_int_equal(mail->smtp.tls, SMTP_TLS_REQUIRED);
    assert_int_equal(mail->smtp.engine, SMTP_ENGINE_ESMTP);
    assert_int_equal(mail->smtp.connect_timeout_ms, 10000);
    assert_false(mail->smtp.dsn);
    assert_int_equal(mail->failover_count, 0);
    assert_int_equal(mail->failover_after, 1);
    assert_int_equal(mail->retry.count, 6);
    assert_int_equal(mail->retry.delays_ms[5], 12 * 3600000);
    assert_true(mail->retry.jitter > 0.199 && mail->retry.jitter < 0.201);
    assert_int_equal(text->type, TRANSPORT_OUTBOX);
    assert_int_equal(text->packet_size, 10);
    assert_int_equal(text->on_uncertain, UNCERTAIN_HOLD);
    assert_string_equal(text->directory, "/var/spool/dispatcher/outbox/text");
    assert_non_null(text->sms.gateway);
    assert_int_equal(hook->type, TRANSPORT_WEBHOOK);
    assert_int_equal(hook->packet_size, 200);
    assert_int_equal(hook->deadline_ms, 60000);
    assert_int_equal(hook->retry.count, 9);
    assert_int_equal(hook->retry.delays_ms[0], 5000);
    assert_int_equal(hook->webhook.connect_timeout_ms, 5000);
    scratch_free(s);
}

static void without_a_word_about_pace_nothing_is_held_back(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(&scratch, "transports: {hook: {channel: webhook}}\n");
    const struct transport *t = &s->transports[0];
    assert_int_equal(t->rate.count, 0);
    assert_int_equal(t->domain_count, 0);
    assert_int_equal(t->window.from_minute, t->window.to_minute);
    assert_int_equal(t->warmup.days, 0);
    assert_int_equal(s->retention_ms, INT64_C(30) * 86400000);
    assert_int_equal(s->min_free_bytes, 64000000);
    assert_false(s->halt.off);
    assert_true(s->halt.set);
    assert_int_equal(s->halt.failures, 500);
    assert_true(s->halt.share > 0.0499 && s->halt.share < 0.0501);
    scratch_free(s);
}

static void pace_is_read_for_each_transport(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(
        &scratch,
        MINIMAL "retention: 0s\nmin_free: 1GiB\nhalt: {failures: 20, share: 0.5}\n"
                "transports:\n"
                "  mail:\n    channel: email\n    host: mail.example.org\n    rate: 1200/min\n"
                "    domains: {Big.Example: 20/s, default: 100/min, own.example: unlimited}\n"
                "    window: 08:00-21:00\n    pipelining: false\n"
                "    warmup: {start: 2027-01-31, limits: [50, 100, 500]}\n");
    const struct transport *t = &s->transports[0];
    assert_int_equal(s->retention_ms, 0);
    assert_int_equal(s->min_free_bytes, 1 << 30);
    assert_int_equal(s->halt.failures, 20);
    assert_int_equal(t->rate.count, 1200);
    assert_int_equal(t->rate.per_ms, 60000);
    assert_int_equal(t->domain_count, 3);
    assert_string_equal(t->domains[0].domain, "big.example");
    assert_int_equal(settings_domain_rate(t, "BIG.example")->count, 20);
    assert_int_equal(settings_domain_rate(t, "small.example")->count, 100);
    assert_int_equal(settings_domain_rate(t, "own.example")->count, 0);
    assert_int_equal(t->window.from_minute, 480);
    assert_int_equal(t->window.to_minute, 1260);
    assert_int_equal(t->warmup.start_day, 20849);
    assert_int_equal(t->warmup.days, 3);
    assert_int_equal(t->warmup.limits[2], 500);
    assert_false(t->smtp.pipelining);
    scratch_free(s);
}

static void null_switches_the_halt_off_wherever_it_is_said(void **state)
{
    (void)state;
    static const struct config_override overrides[] = {{"halt", "null"}};
    const struct config_options options = {
        .path = scratch.config, .overrides = overrides, .override_count = 1};
    struct settings *s = scratch_must_load(&scratch, "halt: null\n");
    struct error err;
    assert_true(s->halt.off);
    assert_int_equal(s->halt.failures, 500);
    scratch_free(s);
    scratch_write(&scratch, "dispatcher.yaml", 0644, "halt: {failures: 3}\n");
    if (config_load(&options, &s, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(s->halt.off);
    scratch_free(s);
    setenv("DISPATCHER_HALT", "no", 1);
    scratch_must_refuse(&scratch, "", "DISPATCHER_HALT: `halt` must be a map, or null");
    unsetenv("DISPATCHER_HALT");
}

static void lists_are_no_longer_than_their_tables(void **state)
{
    (void)state;
    char text[2000] = MINIMAL "transports: {m: {channel: email, type: outbox, warmup: {start: "
                              "2027-01-31, limits: [1";
    for (int i = 1; i < WARMUP_DAYS_MAX; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %d", i);
    size_t full = strlen(text);
    snprintf(text + full, sizeof(text) - full, "]}}}\n");
    scratch_free(scratch_must_load(&scratch, text));
    snprintf(text + full, sizeof(text) - full, ", 1]}}}\n");
    scratch_must_refuse(&scratch, text, "has 91 days; at most 90 fit");
    snprintf(text, sizeof(text), "transports: {x: {channel: webhook, retry: [1s");
    for (int i = 0; i < RETRY_STEPS_MAX; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), ", 1s");
    snprintf(text + strlen(text), sizeof(text) - strlen(text), "]}}\n");
    scratch_must_refuse(&scratch, text, "has 33 steps; at most 32 fit");
}

static void errors_name_line_column_and_what_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"worker: 3\n", ":1:1: unknown key `worker`; did you mean `workers`?"},
        {"log: {levl: info}\n", ":1:7: unknown key `levl`; did you mean `level`?"},
        {"log: info\n", ":1:6: `log` must be a map"},
        {"log: {spool: /x}\n", ":1:7: unknown key `spool` here; it is a key of the first level"},
        {"allow_private: true\n", ":1:1: unknown key `allow_private` here; it is a key of a tr"},
        {"disable_after: 5h\n", ":1:1: unknown key `disable_after` here; it is a key of an endp"},
        {"transport: {}\n", "did you mean `transports`?"},
        {"workers: 0\n", ":1:10: `workers` must be between 1 and 512, not 0"},
        {"workers: 513\n", "between 1 and 512, not 513"},
        {"workers: many\n", "must be a whole number, not `many`"},
        {"workers: [8]\n", "must be a single value"},
        {"workers:\n", "`workers` has no value"},
        {"timezone: ~\n", "`timezone` has no value"},
        {"organisation: {motto: null}\n", "`organisation.motto` has no value"},
        {"testers: [a=b, null]\n", ":1:16: an item of `testers` must be a single value"},
        {"gateways: [x]\ntransports: {x: {channel: sms, gateway: kannel, sender: X}}\n",
         ":1:11: `gateways` must be a single value"},
        {"campaigns: {role: {}}\n", ":1:13: unknown key `role`; did you mean `roles`?"},
        {"campaigns: {roles: []}\n", "`roles` must be a map"},
        {"workers: 1\nworkers: 2\n", ":2:1: "},
        {"rescan: 30\n", "a duration with its unit"},
        {"rescan: 1d\n", "between 100ms and 1h, not 1d"},
        {"trial: no\n", "`trial` must be true or false, not `no`"},
        {"trial: True\n", "must be true or false"},
        {"allow: kim@example.org\n", "must be a list"},
        {"allow: [\"*\"]\n", "to leave trial mode write `trial: false`"},
        {"allow: [kim@example..org]\n", ":1:9: `allow`: "},
        {"log: {level: loud}\n", "must be error, warn, info or debug, not `loud`"},
        {"spool: \"a\\tb\"\n", "one line without control characters"},
        {"timezone: Europe / Berlin\n", "is no time zone"},
        {"organisation: {from: \"a@b.example\\r\\nBcc: c@d.example\"}\n",
         "`organisation.from` must be"},
        {"organisation: {from: nobody}\n", ":1:22: `organisation.from`: "},
        {"organisation: {reply_too: a@b.example}\n", "did you mean `reply_to`?"},
        {"organisation: {webiste: x}\n", "did you mean `website`?"},
        {"organisation: {ko_KR: {name: x}}\n", "use ko-KR"},
        {"organisation: {ko: {domain: x}}\n", "the same in every language"},
        {"transports: []\n", "`transports` must be a map"},
        {"transports: {mail: x}\n", "`transports.mail` must be a map"},
        {"transports: {m.x: {channel: webhook}}\n", "a name has 1 to 64 letters"},
        {"transports: {mail: {channel: fax}}\n", "must be email, sms or webhook"},
        {"transports: {mail: {type: outbox}}\n", "`transports.mail.channel` must be"},
        {"transports: {x: {channel: sms, type: smtp}}\n",
         "must be gateway or outbox for channel sms"},
        {"transports: {x: {channel: webhook, host: a}}\n",
         "`host` is not a key of a transport for webhook"},
        {"transports: {x: {channel: webhook, retry: 5s}}\n", "must be a list"},
        {"transports: {x: {channel: webhook, jitter: 1.5}}\n", "between 0 and 0.9"},
        {"transports: {x: {channel: webhook, jitter: 0x1}}\n", "like 0.2, not `0x1`"},
        {"retention: 30\n", ":1:12: `retention` must be a duration"},
        {"min_free: 64\n", ":1:11: `min_free` must be a size with its unit, like 64MB or 2GiB"},
        {"halt: off\n", ":1:7: `halt` must be a map, or null to switch it off"},
        {"halt: \"null\"\n", "must be a map, or null"},
        {"halt:\n", "must be a map, or null"},
        {"halt: {failure: 3}\n", ":1:8: unknown key `failure`; did you mean `failures`?"},
        {"halt: {failures: 0}\n", "`halt.failures` must be between 1 and 1000000000, not 0"},
        {"halt: {share: 5%}\n", "`halt.share` must be a number between 0.001 and 1"},
        {"transports: {x: {channel: webhook, rate: 50}}\n",
         ":1:42: `transports.x.rate` must be so many in so long, like 50/s, 1200/min, 20000/h or "
         "100000/d, or unlimited, not `50`"},
        {"transports: {x: {channel: webhook, rate: 0/s}}\n", "must be so many in so long"},
        {"transports: {x: {channel: sms, type: outbox, window: 8-21}}\n",
         ":1:54: `transports.x.window` must be hours of the recipient's day, like 08:00-21:00, or "
         "always, not `8-21`"},
        {"transports: {x: {channel: sms, type: outbox, domains: {default: 1/s}}}\n",
         "`domains` is not a key of a transport for sms"},
        {"transports: {x: {channel: webhook, warmup: {start: 2027-01-31}}}\n",
         "`start` is not a key of a transport for webhook"},
        {MINIMAL "transports: {m: {channel: email, type: outbox, domains: 3/s}}\n",
         "`domains` must be a map"},
        {MINIMAL "transports: {m: {channel: email, type: outbox, domains: {gmail: 3/s}}}\n",
         ":2:58: `gmail` is no domain"},
        {MINIMAL "transports: {m: {channel: email, type: outbox, domains: {a.example: 3}}}\n",
         ":2:69: `transports.m.domains.a.example` must be so many"},
        {MINIMAL "transports: {m: {channel: email, type: outbox, domains: {a.example: 3/s, "
                 "A.example: 3/s}}}\n",
         "`A.example` stands here twice"},
        {MINIMAL "transports: {m: {channel: email, type: outbox, warmup: {start: 2027-02-30, "
                 "limits: [1]}}}\n",
         "must be a date, like 2027-01-31, not `2027-02-30`"},
        {MINIMAL "transports: {m: {channel: email, type: outbox, warmup: {limits: [50, 0]}}}\n",
         ":2:70: `transports.m.warmup.limits` must be between 1 and"},
        {MINIMAL "transports: {m: {channel: email, type: outbox, warmup: {limits: [50]}}}\n",
         ":2:65: transport `m`: `warmup.start` (the first day) and `warmup.limits`"},
        {MINIMAL "transports: {m: {channel: email, type: outbox, warmup: {start: 2027-01-31}}}\n",
         "belong together"},
        {MINIMAL "transports: {m: {channel: email, host: a.example, pipelining: yes}}\n",
         "must be true or false, not `yes`"},
        {MINIMAL "transports: {m: {channel: email}}\n", "`transports.m.host` is missing"},
        {"transports: {m: {channel: email, type: outbox}}\n", "`organisation.from` is missing"},
        {MINIMAL "transports: {m: {channel: email, host: a.example, port: 465}}\n", "mostly 587"},
        {MINIMAL "transports: {m: {channel: email, host: a.example, user: x}}\n",
         "belong together"},
        {MINIMAL "transports: {m: {channel: email, host: \"a.example:25\"}}\n", "`port: 25`"},
        {MINIMAL "transports: {m: {channel: email, host: \"https://a.example\"}}\n", "is a URL"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        scratch_must_refuse(&scratch, rows[i].text, rows[i].sentence);
}

static void all_problems_are_said_at_once(void **state)
{
    (void)state;
    struct error err;
    assert_null(scratch_load(&scratch, "workers: 0\ntrial: no\nspol: x\n", &err));
    assert_non_null(strstr(err.text, "workers"));
    assert_non_null(strstr(err.text, "trial"));
    assert_non_null(strstr(err.text, "spol"));
}

static void a_problem_is_not_said_twice_in_other_words(void **state)
{
    (void)state;
    struct error err;
    assert_null(scratch_load(&scratch,
                             "organisation: {from: nobody}\n"
                             "transports: {m: {channel: email, host: mail.example.org, user: x, "
                             "password: {file: nowhere}}}\n",
                             &err));
    assert_null(strstr(err.text, "belong together"));
    assert_null(strstr(err.text, "`organisation.from` is missing"));
}

static void too_many_problems_are_counted_and_no_line_is_cut(void **state)
{
    (void)state;
    char text[4000] = "";
    struct error err;
    for (size_t i = 0; i < 100; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "unheard_of_%zu: x\n", i);
    assert_null(scratch_load(&scratch, text, &err));
    size_t shown = 0;
    for (const char *at = err.text; (at = strstr(at, "unknown key")) != NULL; at++)
        shown++;
    char end[60];
    snprintf(end, sizeof(end), "`\nand %zu more problems", 100 - shown);
    assert_non_null(strstr(err.text, end));
}

static void a_value_wins_over_file_over_default(void **state)
{
    (void)state;
    static const struct config_override overrides[] = {{"workers", "5"},
                                                       {"transports.hook.retry", "1s, 2s"}};
    const struct config_options options = {
        .path = scratch.config, .overrides = overrides, .override_count = COUNT_OF(overrides)};
    struct settings *s = NULL;
    struct error err;
    scratch_write(&scratch, "dispatcher.yaml", 0644,
                  "workers: 3\nlog: {level: warn}\nshutdown: 7s\n"
                  "transports: {hook: {channel: webhook}}\n");
    assert_int_equal(setenv("DISPATCHER_WORKERS", "4", 1), 0);
    assert_int_equal(setenv("DISPATCHER_LOG_LEVEL", "debug", 1), 0);
    assert_int_equal(setenv("DISPATCHER_SHUTDOWN", "", 1), 0);
    int rc = config_load(&options, &s, &err);
    unsetenv("DISPATCHER_WORKERS");
    unsetenv("DISPATCHER_LOG_LEVEL");
    unsetenv("DISPATCHER_SHUTDOWN");
    if (rc != 0)
        fail_msg("%s", err.text);
    assert_int_equal(s->workers, 5);
    assert_int_equal(s->log_level, LOG_DEBUG);
    assert_int_equal(s->shutdown_ms, 7000);
    assert_int_equal(s->transports[0].retry.count, 2);
    scratch_free(s);
}

static void wrong_values_from_outside_name_their_origin(void **state)
{
    (void)state;
    static const struct config_override overrides[] = {
        {"worker", "5"}, {"endpoints.crm.secret", "x"}, {"shutdown", "soon"}};
    const struct config_options options = {
        .path = scratch.config, .overrides = overrides, .override_count = COUNT_OF(overrides)};
    struct settings *s = NULL;
    struct error err;
    scratch_write(&scratch, "dispatcher.yaml", 0644,
                  "endpoints: {crm: {url: \"https://crm.example.org/\", secret: {env: HOME}}}\n");
    assert_int_equal(setenv("DISPATCHER_RESCAN", "often", 1), 0);
    assert_int_equal(config_load(&options, &s, &err), ERR_CONFIG);
    unsetenv("DISPATCHER_RESCAN");
    assert_non_null(
        strstr(err.text, "command line: unknown key `worker`; did you mean `workers`?"));
    assert_non_null(strstr(err.text, "command line: `endpoints.crm.secret` is a secret"));
    assert_non_null(strstr(err.text, "command line: `shutdown` must be a duration"));
    assert_non_null(strstr(err.text, "DISPATCHER_RESCAN: `rescan` must be a duration"));
}

static void an_outbox_keeps_the_keys_of_the_real_thing(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(
        &scratch,
        MINIMAL "transports:\n"
                "  mail: {channel: email, type: outbox, host: mail.example.org, user: x,\n"
                "         password: {file: /nowhere}, directory: letters}\n");
    char expected[300];
    snprintf(expected, sizeof(expected), "%s/letters", scratch.directory);
    assert_string_equal(s->transports[0].directory, expected);
    scratch_free(s);
    scratch_must_refuse(&scratch,
                        MINIMAL "transports: {m: {channel: email, type: outbox, port: none}}\n",
                        "`transports.m.port`");
}

static void a_password_never_crosses_a_network_in_the_clear(void **state)
{
    (void)state;
    scratch_write(&scratch, "password", 0600, "open sesame\n");
    scratch_must_refuse(&scratch,
                        MINIMAL
                        "transports: {m: {channel: email, host: mail.example.org, tls: none, "
                        "user: x, password: {file: password}}}\n",
                        "in the clear");
    struct settings *s = scratch_must_load(
        &scratch, MINIMAL "transports: {m: {channel: email, host: 127.0.0.1, tls: none, "
                          "user: x, password: {file: password}}}\n");
    assert_string_equal(s->transports[0].smtp.password, "open sesame");
    scratch_free(s);
}

static void endpoints_refuse_what_could_break_or_forge_a_request(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"url: \"http://crm.example.org/\"", "allow_http: true"},
        {"url: \"ftp://crm.example.org/\"", "starts with https://"},
        {"url: \"file:///etc/passwd\"", "starts with https://"},
        {"url: \"https://user:geheim@crm.example.org/\"", "user name or password"},
        {"url: \"https:///x\"", "names no host"},
        {"url: \"https://crm.example.org:99999/\"", "is no port"},
        {"url: \"https://crm.example.org/a b\"", "percent-encoded"},
        {"url: \"https://crm.example.org/#x\"", "no fragment"},
        {"url: \"https://crm.example.org/\\r\\nX: y\"", "control characters"},
        {"headers: {webhook-id: x}", "is set by the program itself"},
        {"headers: {Webhook-Signature: x}", "is set by the program itself"},
        {"headers: {Content-Length: \"0\"}", "is set by the program itself"},
        {"headers: {Host: x}", "is set by the program itself"},
        {"headers: {transfer-encoding: chunked}", "is set by the program itself"},
        {"headers: {Connection: close}", "is set by the program itself"},
        {"headers: {\"A b\": x}", "is no header name"},
        {"headers: {\"X\\r\\nEvil\": x}", "is no header name"},
        {"headers: {X-A: \"b\\r\\nX-Evil: 1\"}", "without control characters"},
        {"headers: {Authorization: Bearer geheim}", "a secret must not stand in this file"},
        {"timeout: 1h", "between 100ms and 5m"},
        {"retries: 3", "unknown key `retries`"},
        {"ca_file: ca.pem",
         "unknown key `ca_file` here; it is a key of a transport: `transports.NAME`"},
        {"api: {}", "unknown key `api` here; it is a key of the first level"},
    };
    scratch_write(&scratch, "secret", 0600, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[400];
        bool has_url = strncmp(rows[i].text, "url", 3) == 0;
        snprintf(text, sizeof(text), "endpoints:\n  crm:\n    secret: {file: secret}\n%s    %s\n",
                 has_url ? "" : "    url: https://crm.example.org/\n", rows[i].text);
        scratch_must_refuse(&scratch, text, rows[i].sentence);
        struct error err;
        assert_null(scratch_load(&scratch, text, &err));
        assert_null(strstr(err.text, "geheim"));
    }
}

static void an_endpoint_is_read_with_its_headers(void **state)
{
    (void)state;
    scratch_write(&scratch, "secret", 0640, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
    scratch_write(&scratch, "token", 0400, "Bearer abc\n");
    struct settings *s = scratch_must_load(
        &scratch,
        "endpoints:\n  crm:\n    url: http://127.0.0.1:8080/hook?x=1\n    allow_http: true\n"
        "    allow_private: true\n    secret: {file: secret}\n    timeout: 2s\n"
        "    headers: {X-Team: letters, authorization: {file: token}}\n");
    const struct endpoint *e = settings_find_endpoint(s, "crm");
    assert_string_equal(e->secret, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz");
    assert_true(e->allow_http && e->allow_private);
    assert_int_equal(e->timeout_ms, 2000);
    assert_int_equal(e->header_count, 2);
    assert_string_equal(e->headers[0].name, "X-Team");
    assert_string_equal(e->headers[1].value, "Bearer abc");
    scratch_free(s);
}

static void signing_secrets_have_24_to_64_bytes(void **state)
{
    (void)state;
    static const char config[] =
        "endpoints: {crm: {url: \"https://crm.example.org/\", secret: {file: secret}}}\n";
    static const struct {
        const char *secret;
        bool fine;
    } rows[] = {
        {"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=", false}, /* 23 */
        {"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", true},  /* 24 */
        {"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMw==",
         true}, /* 64 */
        {"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ=",
         false}, /* 65 */
        {"whsec_not base64, though long enough to be", false},
        {"whsec_", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err;
        scratch_write(&scratch, "secret", 0600, rows[i].secret);
        struct settings *s = scratch_load(&scratch, config, &err);
        assert_int_equal(s != NULL, rows[i].fine);
        if (strlen(rows[i].secret) > strlen("whsec_"))
            assert_null(strstr(err.text, rows[i].secret));
        scratch_free(s);
    }
}

static void organisation_fields_keep_their_language(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(
        &scratch, "organisation:\n  from: notices@mail.example.org\n  phone: +49 30 0\n"
                  "  motto: careful\n  ko: {name: 예시은행}\n  de-AT: {name: Beispielbank}\n");
    assert_string_equal(s->organisation.domain, "mail.example.org");
    assert_int_equal(s->organisation.field_count, 4);
    assert_null(s->organisation.fields[0].locale);
    assert_string_equal(s->organisation.fields[0].key, "phone");
    assert_string_equal(s->organisation.fields[2].locale, "ko");
    assert_string_equal(s->organisation.fields[2].value, "예시은행");
    assert_string_equal(s->organisation.fields[3].locale, "de-AT");
    scratch_free(s);
}

static void without_secrets_reads_none(void **state)
{
    (void)state;
    const struct config_options options = {.path = scratch.config, .without_secrets = true};
    struct settings *s = NULL;
    struct error err;
    scratch_write(
        &scratch, "dispatcher.yaml", 0644,
        "endpoints: {crm: {url: \"https://crm.example.org/\", secret: {file: /nowhere}}}\n");
    if (config_load(&options, &s, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(s->endpoints[0].secret, "");
    scratch_free(s);
}

static void a_socket_name_must_fit(void **state)
{
    (void)state;
    char text[400] = "control_socket: /";
    memset(text + strlen(text), 'x', 106);
    struct settings *s = scratch_must_load(&scratch, text);
    scratch_free(s);
    text[strlen(text)] = 'x';
    scratch_must_refuse(&scratch, text, ":1:17: `control_socket` is 108 bytes long");
}

static void a_missing_file_is_said_with_what_to_do(void **state)
{
    (void)state;
    struct config_options options = {.path = "/nowhere/dispatcher.yaml"};
    struct settings *s = NULL;
    struct error err;
    assert_int_equal(config_load(&options, &s, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nowhere/dispatcher.yaml"));
    assert_null(s);
}

static void the_shipped_configuration_loads_and_is_in_trial_mode(void **state)
{
    (void)state;
    const struct config_options options = {.path = "config/dispatcher.yaml"};
    struct settings *s = NULL;
    struct error err;
    if (config_load(&options, &s, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(s->trial);
    assert_string_equal(s->spool, "build/spool");
    assert_string_equal(s->templates, "templates");
    for (size_t i = 0; i < s->transport_count; i++)
        assert_int_equal(s->transports[i].type, TRANSPORT_OUTBOX);
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        assert_non_null(settings_transport_for(s, (enum channel_kind)kind));
    assert_true(settings_allows(s, "kim@example.org"));
    assert_false(settings_allows(s, "kim@example.de"));
    assert_true(s->rules.count >= 3);
    scratch_free(s);
}

/* An example reads `# key: value`, an example within one `#   # key: value`; no sentence does. */
static bool is_example(const char *comment)
{
    /* These exclude others, or name what stands nowhere. */
    static const char *const left_out[] = {"host:", "port:", "password:", "failover:"};
    const char *key = comment + strspn(comment, " #");
    size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz_");
    for (size_t i = 0; i < COUNT_OF(left_out); i++) {
        if (strncmp(key, left_out[i], strlen(left_out[i])) == 0)
            return false;
    }
    return len > 0 && key[len] == ':' && strchr(" \n", key[len + 1]) != NULL;
}

/* Takes every `# ` away that stands before an example. */
static size_t uncomment(char *line)
{
    size_t examples = 0;
    for (char *hash = line + strspn(line, " "); *hash == '#' && is_example(hash);
         hash = line + strspn(line, " ")) {
        const char *rest = hash + (hash[1] == ' ' ? 2 : 1);
        memmove(hash, rest, strlen(rest) + 1);
        examples = 1;
    }
    return examples;
}

static void every_example_of_the_shipped_configuration_is_right(void **state)
{
    (void)state;
    static const struct config_override overrides[] = {{"rules", "config/rules.yaml"},
                                                       {"gateways", "config/gateways"}};
    const struct config_options options = {.path = scratch.config,
                                           .overrides = overrides,
                                           .override_count = COUNT_OF(overrides),
                                           .without_secrets = true};
    struct settings *s = NULL;
    struct error err;
    char line[400];
    size_t examples = 0;
    FILE *in = fopen("config/dispatcher.yaml", "r"), *out = fopen(scratch.config, "w");
    assert_true(in != NULL && out != NULL);
    while (fgets(line, sizeof(line), in) != NULL) {
        examples += uncomment(line);
        fputs(line, out);
    }
    fclose(in);
    fclose(out);
    assert_true(examples > 60);
    if (config_load(&options, &s, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(s->endpoints[0].name, "crm");
    assert_int_equal(s->endpoints[0].format, WEBHOOK_CLOUDEVENTS);
    assert_int_equal(s->transports[0].smtp.host_count, 2);
    assert_non_null(s->api_listen);
    scratch_free(s);
}

static struct settings *locate(const char *text, const struct config_override *override,
                               struct error *err)
{
    const struct config_options options = {
        .path = scratch.config, .overrides = override, .override_count = override != NULL ? 1 : 0};
    struct settings *s = NULL;
    scratch_write(&scratch, "dispatcher.yaml", 0644, text);
    int rc = config_locate_spool(&options, &s, err);
    assert_int_equal(rc != 0, s == NULL);
    return s;
}

static void the_spool_is_found_whatever_else_is_wrong(void **state)
{
    static const struct {
        const char *text, *socket; /* below the directory of the file; NULL: not found */
    } rows[] = {
        {"worker: 3\nspool: at  # here\n", "at/control.sock"},
        {"spool: \"at\"\n  no: [yaml\n\tat all", "at/control.sock"},
        {"spool: at\r\ncontrol_socket : run/s.sock\r\nlog: {level: loud}\r\n", "run/s.sock"},
        {"spol: at\n", NULL},
        {"log:\n  spool: at\n", NULL},
        {"spool_: at\n", NULL},
        {"spool: a\nspool: b\n", NULL},
        {"spool: [a]\n", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err;
        char expected[300];
        struct settings *s = locate(rows[i].text, NULL, &err);
        assert_int_equal(s != NULL, rows[i].socket != NULL);
        if (s == NULL) {
            assert_int_equal(err.code, ERR_CONFIG);
            continue;
        }
        snprintf(expected, sizeof(expected), "%s/%s", scratch.directory, rows[i].socket);
        assert_string_equal(s->control_socket, expected);
        scratch_free(s);
    }
}

static void the_command_line_may_name_the_spool_of_a_broken_file_and_nothing_else(void **state)
{
    static const struct config_override spool = {"spool", "/other"}, log = {"log.level", "debug"};
    struct error err;
    (void)state;
    struct settings *s = locate("worker: 3\n", &spool, &err);
    assert_non_null(s);
    assert_string_equal(s->control_socket, "/other/control.sock");
    scratch_free(s);
    assert_null(locate("spool: at\nworker: 3\n", &log, &err));
    assert_int_equal(err.code, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(the_spool_is_found_whatever_else_is_wrong),
        cmocka_unit_test(the_command_line_may_name_the_spool_of_a_broken_file_and_nothing_else),
        cmocka_unit_test(every_channel_has_its_own_defaults),
        cmocka_unit_test(without_a_word_about_pace_nothing_is_held_back),
        cmocka_unit_test(pace_is_read_for_each_transport),
        cmocka_unit_test(null_switches_the_halt_off_wherever_it_is_said),
        cmocka_unit_test(lists_are_no_longer_than_their_tables),
        cmocka_unit_test(errors_name_line_column_and_what_was_meant),
        cmocka_unit_test(all_problems_are_said_at_once),
        cmocka_unit_test(a_problem_is_not_said_twice_in_other_words),
        cmocka_unit_test(too_many_problems_are_counted_and_no_line_is_cut),
        cmocka_unit_test(a_value_wins_over_file_over_default),
        cmocka_unit_test(wrong_values_from_outside_name_their_origin),
        cmocka_unit_test(an_outbox_keeps_the_keys_of_the_real_thing),
        cmocka_unit_test(a_password_never_crosses_a_network_in_the_clear),
        cmocka_unit_test(endpoints_refuse_what_could_break_or_forge_a_request),
        cmocka_unit_test(an_endpoint_is_read_with_its_headers),
        cmocka_unit_test(signing_secrets_have_24_to_64_bytes),
        cmocka_unit_test(organisation_fields_keep_their_language),
        cmocka_unit_test(without_secrets_reads_none),
        cmocka_unit_test(a_socket_name_must_fit),
        cmocka_unit_test(a_missing_file_is_said_with_what_to_do),
        cmocka_unit_test(every_example_of_the_shipped_configuration_is_right),
        cmocka_unit_test(the_shipped_configuration_loads_and_is_in_trial_mode),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
