#include "config/related_keys.h"

#include "scratch.h"

#define MINIMAL "organisation: {from: notices@example.org}\n"
#define MAIL    MINIMAL "transports:\n  mail: {channel: email, "
#define LOGIN   "user: x, password: {file: password}"
#define TEXTS   "transports:\n  text: {channel: sms, type: outbox, "
#define CRM     "endpoints:\n  crm: {url: \"https://crm.example.org/\", secret: {file: secret}, "
#define PEM     "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n"

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    scratch_write(&scratch, "password", 0600, "geheim\n");
    scratch_write(&scratch, "secret", 0600, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
    scratch_write(&scratch, "bare", 0600, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
    scratch_write(&scratch, "older", 0600, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI0\n");
    scratch_write(&scratch, "seed", 0600, "whsk_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
    scratch_write(&scratch, "key.pem", 0600, PEM);
    scratch_write(&scratch, "signing", 0600,
                  "whsk_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
                  "NDU2Nzg5MDEyMw==\n");
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

struct row {
    const char *text, *sentence;
};

static void must_refuse(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        scratch_must_refuse(&scratch, rows[i].text, rows[i].sentence);
}

static void must_load(const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        scratch_free(scratch_must_load(&scratch, texts[i]));
}

static void what_libesmtp_cannot_needs_curl(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MAIL "host: a.example, tls: implicit}\n",
         ":3:48: transport `mail`: `tls: implicit` needs `engine: curl`"},
        {MAIL "host: a.example, user: x, oauth_token: {file: password}}\n",
         ":3:65: transport `mail`: `oauth_token` needs `engine: curl`"},
        {MAIL "host: \"2001:db8::1\"}\n",
         ":3:32: transport `mail`: an IPv6 address needs `engine: curl`"},
        {MAIL "hosts: [{host: a.example}, {host: \"::1\"}]}\n",
         ":3:60: transport `mail`: an IPv6 address needs `engine: curl`"},
        {MAIL "host: a.example, engine: sendmail}\n", "must be esmtp or curl, not `sendmail`"},
    };
    static const char *const fine[] = {
        MAIL "host: a.example, engine: curl, tls: implicit}\n",
        MAIL "host: a.example, engine: curl, user: x, oauth_token: {file: password}}\n",
        MAIL "host: \"2001:db8::1\", engine: curl}\n",
    };
    must_refuse(rows, COUNT_OF(rows));
    must_load(fine, COUNT_OF(fine));
}

static void a_login_has_one_secret(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MAIL "host: a.example, user: x}\n",
         ":3:49: transport `mail`: `user` and `password` belong together"},
        {MAIL "host: a.example, password: {file: password}}\n",
         ":3:53: transport `mail`: `user` and `password` belong together"},
        {MAIL "host: a.example, engine: curl, oauth_token: {file: password}}\n",
         "transport `mail`: `user` and `oauth_token` belong together"},
        {MAIL "host: a.example, engine: curl, " LOGIN ", oauth_token: {file: password}}\n",
         "transport `mail`: `oauth_token` takes the place of `password`; keep one of them"},
        {MAIL "hosts: [{host: 127.0.0.1}, {host: a.example}], tls: none, " LOGIN "}\n",
         ":3:78: transport `mail`: with `tls: none` the password would cross the network"},
        {MAIL "host: a.example, engine: curl, tls: none, user: x, oauth_token: {file: "
              "password}}\n",
         "the password would cross the network in the clear"},
    };
    static const char *const fine[] = {
        MAIL "hosts: [{host: 127.0.0.1}, {host: localhost}], tls: none, " LOGIN "}\n",
    };
    must_refuse(rows, COUNT_OF(rows));
    must_load(fine, COUNT_OF(fine));
}

static void the_port_follows_from_how_tls_begins(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MAIL "host: a.example, port: 465}\n",
         ":3:49: transport `mail`: port 465 wants TLS from the first byte; say `tls: implicit` "
         "and `engine: curl`, or use the port for STARTTLS, mostly 587"},
        {MAIL "hosts: [{host: a.example}, {host: b.example, port: 465}]}\n",
         ":3:77: transport `mail`: port 465"},
        {MAIL "host: a.example, engine: curl, tls: implicit, port: 587}\n",
         "transport `mail`: on port 587 TLS begins with STARTTLS; say `tls: required`, or use the "
         "port for TLS from the first byte, mostly 465"},
        {MAIL "hosts: [{host: a.example, port: 25}], engine: curl, tls: implicit}\n",
         ":3:58: transport `mail`: on port 25 TLS"},
    };
    must_refuse(rows, COUNT_OF(rows));
    struct settings *s =
        scratch_must_load(&scratch, MAIL "host: a.example, engine: curl, tls: implicit}\n");
    assert_int_equal(s->transports[0].smtp.port, 465);
    assert_int_equal(s->transports[0].smtp.hosts[0].port, 465);
    scratch_free(s);
    s = scratch_must_load(&scratch, MAIL "hosts: [{host: a.example, port: 2465}, {host: "
                                         "b.example}], engine: curl, tls: implicit}\n");
    assert_int_equal(s->transports[0].smtp.port, 2465);
    assert_int_equal(s->transports[0].smtp.hosts[1].port, 465);
    scratch_free(s);
}

#define THREE(first, second, third)                                                                \
    MINIMAL "transports:\n"                                                                        \
            "  a: {channel: email, type: outbox" first "}\n"                                       \
            "  b: {channel: email, type: outbox" second "}\n"                                      \
            "  c: {channel: email, type: outbox" third "}\n"                                       \
            "  hook: {channel: webhook}\n"

static void only_another_transport_of_the_channel_steps_in(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {THREE(", failover: [b, spare]", "", ""), ":3:51: unknown transport `spare`"},
        {THREE(", failover: [hooc]", "", ""), "unknown transport `hooc`; did you mean `hook`?"},
        {THREE(", failover: [a]", "", ""), ":3:48: transport `a` cannot step in for itself"},
        {THREE(", failover: [hook]", "", ""),
         ":3:48: transport `hook` is for webhook: only another one for email can step in for `a`"},
        {THREE(", failover: [b]", ", failover: [a]", ""),
         ":3:47: transport `a`: `failover` leads back to `a`; let one of them step in for the "
         "other, not both"},
        {THREE("", ", failover: [c]", ", failover: [b]"),
         ":4:47: transport `b`: `failover` leads back to `b`"},
        {THREE(", failover: [b]", ", failover: [c]", ", failover: [a]"), "leads back to `a`"},
        {THREE(", failover: b", "", ""), "`transports.a.failover` must be a list"},
        {THREE(", failover: [b], failover_after: 0", "", ""),
         "`transports.a.failover_after` must be between 1 and 32, not 0"},
    };
    must_refuse(rows, COUNT_OF(rows));
    struct settings *s = scratch_must_load(
        &scratch, THREE(", failover: [b, c], failover_after: 3", ", failover: [c]", ""));
    assert_int_equal(s->transports[0].failover_count, 2);
    assert_string_equal(s->transports[0].failover[1], "c");
    assert_int_equal(s->transports[0].failover_after, 3);
    assert_int_equal(s->transports[1].failover_after, 1);
    scratch_free(s);
}

static void a_loop_elsewhere_does_not_keep_the_search_going(void **state)
{
    (void)state;
    struct error err;
    assert_null(scratch_load(&scratch,
                             THREE(", failover: [b]", ", failover: [c]", ", failover: [b]"), &err));
    const char *first = strstr(err.text, "leads back to `b`");
    assert_non_null(first);
    assert_null(strstr(first + 1, "leads back"));
}

static void texts_say_what_they_cost_in_a_currency(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {TEXTS "prices: {default: 1}}\n",
         ":2:19: transport `text`: `prices` need `currency`, like `currency: EUR`"},
        {TEXTS "allow_prefixes: [\"+1\", \"+49\"], deny_prefixes: [\"+8\", \"+49\"]}\n",
         ":2:91: transport `text`: `+49` is denied here, so `+49` of `allow_prefixes` never gets "
         "anything; leave one of them out"},
        {TEXTS "allow_prefixes: [\"+49151\"], deny_prefixes: [\"+49\"]}\n",
         "`+49` is denied here, so `+49151`"},
    };
    static const char *const fine[] = {
        TEXTS "currency: EUR}\n",
        TEXTS "allow_prefixes: [\"+49\"], deny_prefixes: [\"+49900\"]}\n",
    };
    must_refuse(rows, COUNT_OF(rows));
    must_load(fine, COUNT_OF(fine));
}

static void a_sender_for_korea_is_a_number_of_korea(void **state)
{
    (void)state;
    static const struct {
        const char *sender;
        bool fine;
    } rows[] = {
        {"0212345678", true},   {"021234567", true},     {"01012345678", true},
        {"07012345678", true},  {"15880000", true},      {"16001234", true},
        {"18001234", true},     {"158800001", false},    {"1588000", false},
        {"05012345678", false}, {"0212345", false},      {"010123456789", false},
        {"12345678", false},    {"+82212345678", false}, {"82212345678", false},
        {"02-123-4567", false}, {"Example", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[300];
        struct error err;
        snprintf(text, sizeof(text), TEXTS "senders: {\"+82\": \"%s\"}}\n", rows[i].sender);
        struct settings *s = scratch_load(&scratch, text, &err);
        if ((s != NULL) != rows[i].fine)
            fail_msg("%s: %s", rows[i].sender, err.text);
        scratch_free(s);
    }
}

static void a_secret_is_replaced_by_another_one(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CRM "old_secret_until: 2027-01-31}\n",
         ":2:84: endpoint `crm`: `old_secret_until` is the last day of `old_secret`, which is "
         "missing"},
        {CRM "old_secret: {file: bare}}\n",
         "endpoint `crm`: `old_secret` is the same as `secret`; put a new one into `secret`"},
        {CRM "old_secret: {file: password}}\n",
         ":2:78: endpoint `crm`: a signing secret is `whsec_` and base64 of 24 to 64 random bytes; "
         "make one with: dispatcher endpoint secret new --out FILE"},
        {CRM "signing_key: {file: password}}\n",
         ":2:79: endpoint `crm`: a signing key is `whsk_` and base64 of 64 bytes"},
        {CRM "signing_key: {file: secret}}\n", "a signing key is `whsk_`"},
        {CRM "signing_key: {file: seed}}\n", "a signing key is `whsk_` and base64 of 64 bytes"},
        {CRM "signing_key: whsk_geheim}\n", "a secret must not stand in this file"},
        {CRM "old_secret: {file: older}, old_secret_until: soon}\n", "must be a date"},
        {CRM "format: xml}\n", "must be standard or cloudevents, not `xml`"},
        {CRM "concurrency: 0}\n", "between 1 and 1000, not 0"},
        {CRM "retry: 5s}\n", "`endpoints.crm.retry` must be a list"},
        {CRM "disable_after: 5}\n", "`endpoints.crm.disable_after` must be a duration"},
    };
    must_refuse(rows, COUNT_OF(rows));
    struct settings *s = scratch_must_load(
        &scratch, CRM "old_secret: {file: older}, old_secret_until: 2027-01-31,\n"
                      "    signing_key: {file: signing}, format: cloudevents, concurrency: 2,\n"
                      "    retry: [1s, 2s], disable_after: 0s}\n"
                      "transports: {hook: {channel: webhook, jitter: 0.5}}\n");
    const struct endpoint *e = &s->endpoints[0];
    assert_string_equal(e->old_secret, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI0");
    assert_int_equal(e->old_secret_until_day, 20849);
    assert_memory_equal(e->signing_key, "whsk_", 5);
    assert_int_equal(e->format, WEBHOOK_CLOUDEVENTS);
    assert_int_equal(e->concurrency, 2);
    assert_int_equal(e->retry.count, 2);
    assert_true(e->retry.jitter > 0.49 && e->retry.jitter < 0.51);
    assert_int_equal(e->disable_after_ms, 0);
    scratch_free(s);
}

static void an_endpoint_waits_like_its_transport_unless_it_says_more(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(&scratch, CRM "old_secret: {file: older}}\n");
    const struct endpoint *e = &s->endpoints[0];
    assert_int_equal(e->old_secret_until_day, 0);
    assert_null(e->signing_key);
    assert_int_equal(e->format, WEBHOOK_STANDARD);
    assert_int_equal(e->concurrency, 0);
    assert_int_equal(e->retry.count, 0);
    assert_int_equal(e->disable_after_ms, INT64_C(120) * 3600000);
    scratch_free(s);
}

static void the_name_before_the_at_has_room_for_a_token(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"organisation: {from: a@example.org, verp: true}\n",
         ":1:43: `organisation.verp` needs `organisation.bounce`"},
        {"organisation: {verp: true, bounce: a23456789012345678901234567890123@example.org}\n",
         ":1:36: `organisation.bounce`: with `verp` a token is put behind the name, so what "
         "stands before the @ has at most 32 characters"},
        {"organisation: {verp: yes}\n", "`organisation.verp` must be true or false"},
        {"organisation: {ko: {verp: x}}\n", "the same in every language"},
    };
    static const char *const fine[] = {
        "organisation: {verp: true, bounce: a2345678901234567890123456789012@example.org}\n",
        "organisation: {verp: false}\n",
    };
    must_refuse(rows, COUNT_OF(rows));
    must_load(fine, COUNT_OF(fine));
}

static void a_signature_needs_domain_selector_and_key(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"dkim: {domain: example.org, selector: s1}\n",
         ":1:39: `dkim.key` is missing: signing needs `domain`, `selector` and `key`"},
        {"dkim: {domain: example.org, key: {file: key.pem}}\n", "`dkim.selector` is missing"},
        {"dkim: {selector: s1, key: {file: key.pem}}\n", "`dkim.domain` is missing"},
        {"dkim: {domain: example.org, selector: \"s_1\", key: {file: key.pem}}\n",
         ":1:39: `dkim.selector`: `s_1` is no selector: what stands before `._domainkey.` in DNS"},
        {"dkim: {domain: example.org, selector: s1, key: {file: password}}\n",
         ":1:48: `dkim.key`: the secret is no private key as PEM"},
        {"dkim: {domain: example.org, selector: s1, key: MC4=}\n",
         "`dkim.key`: a secret must not stand in this file"},
    };
    must_refuse(rows, COUNT_OF(rows));
    struct settings *s = scratch_must_load(
        &scratch, "dkim: {domain: example.org, selector: s1.a, key: {file: key.pem}}\n");
    assert_string_equal(s->dkim.domain, "example.org");
    assert_string_equal(s->dkim.selector, "s1.a");
    assert_memory_equal(s->dkim.key, PEM, strlen(PEM) - 1);
    scratch_free(s);
}

static void whoever_may_unsubscribe_needs_a_way(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"unsubscribe: {categories: [ad]}\n",
         ":1:27: `unsubscribe.categories` need a way to unsubscribe: set `unsubscribe.url` or "
         "`unsubscribe.mail`"},
        {"unsubscribe: {mail: stop@example.org}\n",
         ":1:21: `unsubscribe.categories` is missing: without it no mail offers to unsubscribe"},
        {"unsubscribe: {url: \"https://x.example/u/\", categories: [ad]}\n",
         ":1:20: `unsubscribe.url`: the URL needs {token} where the token of the delivery goes"},
        {"unsubscribe: {url: \"http://x.example/u/{token}\", categories: [ad]}\n",
         "mail programs unsubscribe over https only"},
        {"unsubscribe: {url: \"ftp://x.example/u/{token}\", categories: [ad]}\n",
         "a URL starts with https://"},
        {"unsubscribe: {url: \"https://x.example/{x}/{token}\", categories: [ad]}\n",
         "must be percent-encoded"},
        {"unsubscribe: {mail: stop, categories: [ad]}\n", ":1:21: `unsubscribe.mail`: "},
        {"unsubscribe: {mail: stop@example.org, categories: [Ad]}\n",
         ":1:52: `unsubscribe.categories`: `Ad` is no category: small letters"},
        {"suppression: {override: [a b]}\n", ":1:26: `suppression.override`: `a b` is no"},
        {"suppression: {after_bounce: 90}\n", "`suppression.after_bounce` must be a duration"},
    };
    must_refuse(rows, COUNT_OF(rows));
    struct settings *s = scratch_must_load(
        &scratch, "unsubscribe: {url: \"https://x.example/u/{token}?a=b\", categories: [ad]}\n"
                  "suppression: {after_bounce: 0s, override: [breach_notice]}\n");
    assert_string_equal(s->unsubscribe_url, "https://x.example/u/{token}?a=b");
    assert_string_equal(s->unsubscribe_categories[0], "ad");
    assert_int_equal(s->bounce_suppress_ms, 0);
    assert_string_equal(s->suppress_override[0], "breach_notice");
    scratch_free(s);
}

static void a_role_that_every_campaign_wants_is_one_that_somebody_has(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"campaigns: {approvals: [legal], roles: {comms: {users: [jana]}}}\n",
         ":1:24: `campaigns.approvals` wants legal, but `campaigns.roles` says of nobody"},
        {"campaigns: {approvals: [Legal]}\n", ":1:25: `campaigns.approvals`: `Legal` is no role"},
        {"campaigns: {aprovals: [legal]}\n", "did you mean `approvals`?"},
        {"campaigns: {sender_approves: maybe}\n", "`campaigns.sender_approves` must be"},
    };
    must_refuse(rows, COUNT_OF(rows));
    struct settings *s = scratch_must_load(&scratch, "campaigns: {approvals: [comms, legal]}\n");
    assert_int_equal(s->campaign_approval_count, 2);
    assert_true(s->sender_approves);
    scratch_free(s);
    s = scratch_must_load(&scratch, "campaigns: {sender_approves: false}\n");
    assert_false(s->sender_approves);
    assert_int_equal(s->campaign_approval_count, 0);
    scratch_free(s);
}

static void the_interface_listens_where_it_is_told(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"api: {listen: 8025}\n", ":1:15: `api.listen`: `8025` is no address and port to listen "
                                  "at, like 127.0.0.1:8025 or [::1]:8025"},
        {"api: {listen: \"127.0.0.1\"}\n", "is no address and port"},
        {"api: {listen: \"127.0.0.1:0\"}\n", "is no address and port"},
        {"api: {listen: \"127.0.0.1:65536\"}\n", "is no address and port"},
        {"api: {listen: \"::1:8025\"}\n", "is no address and port"},
        {"api: {listen: \"[::1:8025\"}\n", "is no address and port"},
        {"api: {listen: \"[127.0.0.1]:8025\"}\n", "is no address and port"},
        {"api: {listen: \"example.org:8025\"}\n", "is no address and port"},
        {"api: {listen: \":8025\"}\n", "is no address and port"},
        {"api: {public_url: example.org}\n", ":1:19: `api.public_url`: a URL starts with"},
        {"api: {public_url: \"https://example.org/?a\"}\n", "leave out the `?`"},
    };
    must_refuse(rows, COUNT_OF(rows));
    struct settings *s = scratch_must_load(&scratch, "api: {listen: \"[::1]:8025\"}\n");
    assert_string_equal(s->api_listen, "[::1]:8025");
    assert_string_equal(s->api_public_url, "http://[::1]:8025");
    scratch_free(s);
    s = scratch_must_load(&scratch, "api: {public_url: \"https://example.org/notices//\"}\n");
    assert_null(s->api_listen);
    assert_string_equal(s->api_public_url, "https://example.org/notices");
    scratch_free(s);
}

static void without_secrets_their_shape_is_not_asked_for(void **state)
{
    (void)state;
    const struct config_options options = {.path = scratch.config, .without_secrets = true};
    struct settings *s = NULL;
    struct error err;
    scratch_write(&scratch, "dispatcher.yaml", 0644,
                  "dkim: {domain: example.org, selector: s1, key: {file: nowhere}}\n" CRM
                  "old_secret: {file: nowhere}, signing_key: {file: nowhere}}\n");
    if (config_load(&options, &s, &err) != 0)
        fail_msg("%s", err.text);
    scratch_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_libesmtp_cannot_needs_curl),
        cmocka_unit_test(a_login_has_one_secret),
        cmocka_unit_test(the_port_follows_from_how_tls_begins),
        cmocka_unit_test(only_another_transport_of_the_channel_steps_in),
        cmocka_unit_test(a_loop_elsewhere_does_not_keep_the_search_going),
        cmocka_unit_test(texts_say_what_they_cost_in_a_currency),
        cmocka_unit_test(a_sender_for_korea_is_a_number_of_korea),
        cmocka_unit_test(a_secret_is_replaced_by_another_one),
        cmocka_unit_test(an_endpoint_waits_like_its_transport_unless_it_says_more),
        cmocka_unit_test(the_name_before_the_at_has_room_for_a_token),
        cmocka_unit_test(a_signature_needs_domain_selector_and_key),
        cmocka_unit_test(whoever_may_unsubscribe_needs_a_way),
        cmocka_unit_test(a_role_that_every_campaign_wants_is_one_that_somebody_has),
        cmocka_unit_test(the_interface_listens_where_it_is_told),
        cmocka_unit_test(without_secrets_their_shape_is_not_asked_for),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
