#include "config/params.h"

#include "scratch.h"

/*
 * Every key that owns memory is set here, and freed again: `make SAN=1 unit-config` finds the one
 * that settings_free() forgets. A new key of the tables fails the test until it is set here too.
 */
static const char everything[] =
    "spool: spool\n"
    "templates: templates\n"
    "locales: locales\n"
    "gateways: gateways\n"
    "law: law\n"
    "rules: rules.yaml\n"
    "control_socket: c.sock\n"
    "allow: [\"*@example.org\", \"+49151*\"]\n"
    "testers: [\"jana=jana@example.org\"]\n"
    "registered_senders: [\"15880000\"]\n"
    "timezone: Europe/Berlin\n"
    "attachments: attachments\n"
    "dkim: {domain: example.org, selector: s1, key: {file: key.pem}}\n"
    "unsubscribe: {url: \"https://www.example.org/u/{token}\", mail: stop@example.org,\n"
    "              categories: [newsletter, ad]}\n"
    "suppression: {override: [breach_notice]}\n"
    "control: {operate: ops, approve: legal, enqueue: shop}\n"
    "campaigns: {roles: {legal: {users: [jana, kim], groups: [legal]}}, approvals: [legal]}\n"
    "api: {listen: \"127.0.0.1:8025\", public_url: \"https://notices.example.org\"}\n"
    "organisation:\n"
    "  domain: example.org\n"
    "  from: notices@example.org\n"
    "  reply_to: help@example.org\n"
    "  bounce: bounces@example.org\n"
    "  phone: +49 30 0\n"
    "  ko: {name: 예시은행}\n"
    "transports:\n"
    "  mail: {channel: email, host: mail.example.org, ca_file: ca.pem, helo: example.org, user: "
    "x,\n"
    "         password: {file: secret}, failover: [spare],\n"
    "         domains: {big.example: 20/s, small.example: {rate: 1/s, concurrency: 2},\n"
    "                   default: 5/s}}\n"
    "  spare: {channel: email, engine: curl, hosts: [{host: a.example.org}, {host: "
    "b.example.org}],\n"
    "          user: x, oauth_token: {file: secret}, windows: {KR: 08:00-21:00}}\n"
    "  text: {channel: sms, gateway: test, sender: Example, ca_file: ca.pem,\n"
    "         senders: {\"+82\": \"0212345678\"}, allow_prefixes: [\"+49\"],\n"
    "         deny_prefixes: [\"+49900\"], currency: EUR,\n"
    "         prices: {\"+49\": 0.075, \"+82\": {sms: 0.012, lms: 0.03}, default: 0.09},\n"
    "         vars: {key: {file: secret}, user: tester}}\n"
    "  form: {channel: sms, gateway: form, sender: Example, ca_file: ca.pem}\n"
    "  hook: {channel: webhook, ca_file: ca.pem}\n"
    "  box: {channel: email, type: outbox, directory: letters, host: mail.example.org,\n"
    "        ca_file: ca.pem, helo: example.org, user: x, password: {file: secret}}\n"
    "endpoints:\n"
    "  crm: {url: \"https://crm.example.org/\", secret: {file: secret},\n"
    "        old_secret: {file: old_secret}, signing_key: {file: signing_key},\n"
    "        headers: {x-team: letters, authorization: {file: secret}}}\n";

static const char gateway_with_body[] =
    "gateway: test\n"
    "vars: {base: \"https://sms.example.org\", user: {required: text}, key: {required: secret}}\n"
    "request: {method: POST, url: \"{{base}}/\", headers: {x-key: \"{{key}}\"},\n"
    "          query: {a: b, coding: {when: {enc: ucs2}, value: x}}, body: \"{{text|hex}}\"}\n"
    "response: {answers: [{status: 202, body_regex: \"^0:\", class: accepted, cause: accepted},\n"
    "                     {body_regex: \"^ERR\", class: config}, {class: transient}]}\n";
static const char gateway_with_form[] =
    "gateway: form\n"
    "request: {method: POST, url: \"https://sms.example.org/\",\n"
    "          form: {a: b, coding: [{when: {enc: gsm7}, value: x}]}}\n"
    "response: {answers: [{class: accepted}]}\n";
static const char rules[] =
    "schema: 1\n"
    "locale: {fallback: de, aliases: {kr: ko}, on_fallback: hold}\n"
    "rules:\n"
    "  - name: korea\n"
    "    when: {campaign: a, template: b, category: c, locale: ko, priority: high}\n"
    "    then: {template: d, locale: ko-KR, channels: [email]}\n";

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    scratch_write(&scratch, "secret", 0600, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
    scratch_write(&scratch, "old_secret", 0600, "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI0\n");
    scratch_write(
        &scratch, "signing_key", 0600,
        "whsk_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nz"
        "g5MDEyMw==\n");
    scratch_write(&scratch, "key.pem", 0600,
                  "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n");
    scratch_write(&scratch, "ca.pem", 0644, "x\n");
    scratch_write(&scratch, "gateways/test.yaml", 0644, gateway_with_body);
    scratch_write(&scratch, "gateways/form.yaml", 0644, gateway_with_form);
    scratch_write(&scratch, "rules.yaml", 0644, rules);
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

static bool applies(const struct param *row, const struct transport *t)
{
    return (row->channels == 0 || (row->channels & 1u << t->channel) != 0) &&
           (row->types == 0 || (row->types & 1u << t->type) != 0);
}

static bool owns_memory(const struct param *row)
{
    return row->type == PARAM_TEXT || row->type == PARAM_PATH || row->type == PARAM_SECRET ||
           row->type == PARAM_PEM || row->type == PARAM_LIST;
}

static bool is_set(const struct param *row, const void *target)
{
    return *(void *const *)(const void *)((const char *)target + row->offset) != NULL;
}

static void must_all_be_set(const struct param_table *table, const void *target)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct param *row = &table->rows[i];
        if (owns_memory(row) && !is_set(row, target))
            fail_msg("`%s` is not set here", row->key);
    }
}

/* Some keys exclude each other: one transport of a kind has this one, another has that one. */
static void must_be_set_somewhere(const struct param *row, const struct settings *s)
{
    for (size_t i = 0; i < s->transport_count; i++) {
        if (applies(row, &s->transports[i]) && is_set(row, &s->transports[i]))
            return;
    }
    fail_msg("`%s` is not set here", row->key);
}

static void every_key_that_owns_memory_is_set_and_freed(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(&scratch, everything);
    must_all_be_set(&params_top, s);
    for (size_t i = 0; i < params_transport.count; i++) {
        if (owns_memory(&params_transport.rows[i]))
            must_be_set_somewhere(&params_transport.rows[i], s);
    }
    assert_int_equal(s->transports[0].domain_count, 3);
    must_all_be_set(&params_host, &settings_find_transport(s, "spare")->smtp.hosts[1]);
    assert_int_equal(settings_find_transport(s, "spare")->window_count, 1);
    assert_int_equal(settings_find_transport(s, "text")->sms.sender_count, 1);
    assert_int_equal(settings_find_transport(s, "text")->sms.price_count, 3);
    must_all_be_set(&params_endpoint, &s->endpoints[0]);
    assert_int_equal(s->rules.count, 1);
    scratch_free(s);
}

static void the_transports_above_have_every_type(void **state)
{
    (void)state;
    struct settings *s = scratch_must_load(&scratch, everything);
    unsigned types = 0;
    for (size_t i = 0; i < s->transport_count; i++)
        types |= 1u << s->transports[i].type;
    for (size_t i = 0; i < params_transport.count; i++)
        assert_int_equal(params_transport.rows[i].types & ~types, 0);
    scratch_free(s);
}

static void every_key_has_its_sentence(void **state)
{
    (void)state;
    static const struct param_table *const tables[] = {&params_top,      &params_transport,
                                                       &params_endpoint, &params_host,
                                                       &params_domain,   &params_price};
    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            const char *about = tables[t]->rows[i].about;
            assert_non_null(about);
            assert_int_equal(about[strlen(about) - 1], '.');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_that_owns_memory_is_set_and_freed),
        cmocka_unit_test(the_transports_above_have_every_type),
        cmocka_unit_test(every_key_has_its_sentence),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
