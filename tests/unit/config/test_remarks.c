#include "config/remarks.h"

#include "scratch.h"

#include "config/checks.h"

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

#define DAY          INT64_C(20800)
#define MAIL_HEAD    "organisation: {from: a@example.org}\ntransports:\n  mail:\n    channel: email\n"
#define TEXT_HEAD    "transports:\n  sms:\n    channel: sms\n    gateway: test\n    sender: Example\n"
#define DKIM(domain) "dkim: {domain: " domain ", selector: s1, key: {file: dkim.pem}}\n"
#define HOOK_HEAD    "endpoints:\n  crm:\n    secret: {file: secret}\n"

static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBNDCB56ADAgECAhRVvFT+9WmVpbfg+I/Jn87sH3fooTAFBgMrZXAwDzENMAsG\n"
    "A1UEAwwEdGVzdDAgFw0yNjExMjIxNjIxNTJaGA8yMTI2MTAyOTE2MjE1MlowDzEN\n"
    "MAsGA1UEAwwEdGVzdDAqMAUGAytlcAMhAHaAsTsjuYNoqmejYmuiBp7/LdaNVq/K\n"
    "V2ft3uay3V/ho1MwUTAdBgNVHQ4EFgQU4nXq5UxBJg1RrUByqNV2O94BQlgwHwYD\n"
    "VR0jBBgwFoAU4nXq5UxBJg1RrUByqNV2O94BQlgwDwYDVR0TAQH/BAUwAwEB/zAF\n"
    "BgMrZXADQQAm5gbcskTlg+QLAMXxXl3jOuzGlISeeLfIMFHNCITNgX1tOC1R5UIR\n"
    "0JHwHk2pyERj/0Rw/FVNZhTHPUfpzqAI\n"
    "-----END CERTIFICATE-----\n";

static struct settings *load(const char *text)
{
    const struct config_options options = {.path = scratch.config, .today = DAY};
    struct settings *s = NULL;
    struct error err;
    scratch_write(&scratch, "secret", 0600, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
    scratch_write(&scratch, "empty.pem", 0644, "nothing\n");
    scratch_write(&scratch, "some.pem", 0644, certificate);
    scratch_write(&scratch, "broken.pem", 0644,
                  "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    scratch_write(&scratch, "key.pem", 0644,
                  "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n");
    scratch_write(&scratch, "dkim.pem", 0600,
                  "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n");
    scratch_write(&scratch, "gateways/test.yaml", 0644,
                  "gateway: test\nvars: {base: \"https://sms.example.org\"}\n"
                  "request: {method: POST, url: \"{{base}}/\", form: {t: \"{{text}}\"}}\n"
                  "response: {answers: [{status: 200, class: accepted}]}\n");
    scratch_write(&scratch, "dispatcher.yaml", 0644, text);
    if (config_load(&options, &s, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    return s;
}

static void what_cannot_work_is_told_and_keeps_nobody_from_starting(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_error;
        const char *place, *sentence;
    } rows[] = {
        {MAIL_HEAD "    host: m.example.org\n    ca_file: none.pem\n", true, ":6:14: ", "none.pem"},
        {MAIL_HEAD "    host: m.example.org\n    ca_file: empty.pem\n", true,
         ":6:14: ", "no certificate"},
        {MAIL_HEAD "    host: m.example.org\n    ca_file: key.pem\n", true,
         ":6:14: ", "it is a private key"},
        {MAIL_HEAD "    host: m.example.org\n    ca_file: broken.pem\n", true,
         ":6:14: ", "certificate 1 in "},
        {MAIL_HEAD "    host: m.example.org\n" DKIM("example.net"), false,
         ":6:16: ", "signed by another domain, example.net"},
        {"organisation: {from: a@bank.co.kr}\n" DKIM("other.co.kr"), false,
         ":2:16: ", "signed by another domain"},
        {"attachments: nowhere\n", true, ":1:14: ", "no letter can bring a file along"},
        {"attachments: some.pem\n", true, ":1:14: ", "no letter can bring a file along"},
        {MAIL_HEAD "    host: 127.0.0.1\n    tls: none\n    user: me\n"
                   "    password: {file: secret}\n",
         true, ":6:10: ", "nobody logs in without TLS"},
        {HOOK_HEAD "    url: http://127.0.0.1:99/\n    allow_http: true\n", true,
         ":4:10: ", "allow_private: true"},
        {HOOK_HEAD "    url: https://[::1]/\n", true, ":4:10: ", "allow_private: true"},
        {HOOK_HEAD "    url: https://a.example.org/\n    old_secret: {env: HOME}\n"
                   "    old_secret_until: 2026-01-31\n",
         false, ":6:23: ", "remove `old_secret`"},
        {TEXT_HEAD "    vars: {base: \"http://10.1.2.3:80\"}\n", true,
         ":6:18: ", "allow_private: true"},
        {TEXT_HEAD "    allow_prefixes: [\"+49\", \"+82\"]\n", true, ":5:13: ", "\"+82\": "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(setenv("HOME", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4", 1), 0);
        struct settings *s = load(rows[i].text);
        if (s->remark_count != 1)
            fail_msg("%zu remarks for %s", s->remark_count, rows[i].text);
        const char *said = s->remarks[0].text;
        assert_int_equal(s->remarks[0].is_error, rows[i].is_error);
        if (strstr(said, rows[i].place) == NULL || strstr(said, rows[i].sentence) == NULL)
            fail_msg("no `%s` `%s` in: %s", rows[i].place, rows[i].sentence, said);
        scratch_free(s);
    }
}

static void what_works_is_not_remarked(void **state)
{
    (void)state;
    static const char *const rows[] = {
        MAIL_HEAD "    host: m.example.org\n    ca_file: some.pem\n",
        "attachments: .\n",
        MAIL_HEAD "    host: 127.0.0.1\n    tls: none\n",
        MAIL_HEAD "    host: m.example.org\n" DKIM("example.org"),
        MAIL_HEAD "    host: m.example.org\n" DKIM("news.Example.org"),
        "organisation: {from: a@mail.bank.co.kr}\n" DKIM("news.bank.co.kr"),
        HOOK_HEAD "    url: http://127.0.0.1:99/\n    allow_http: true\n    allow_private: true\n",
        HOOK_HEAD "    url: https://10.example.org/\n",
        TEXT_HEAD "    allow_prefixes: [\"+82\"]\n    senders: {\"+82\": \"0212345678\"}\n",
        TEXT_HEAD "    allow_prefixes: [\"+49\"]\n",
        TEXT_HEAD "    vars: {base: \"http://10.1.2.3:80\"}\n    allow_private: true\n",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct settings *s = load(rows[i]);
        if (s->remark_count != 0)
            fail_msg("%s", s->remarks[0].text);
        scratch_free(s);
    }
}

static void confirmed_mails_need_reports_of_their_arrival(void **state)
{
    (void)state;
    scratch_write(&scratch, "rules.yaml", 0644,
                  "schema: 1\nrules:\n  - name: a\n    then: {channels: [email, sms], after: "
                  "{email: 24h}, confirm: [email]}\n");
    struct settings *s = load(MAIL_HEAD "    host: m.example.org\n");
    assert_int_equal(s->remark_count, 1);
    assert_false(s->remarks[0].is_error);
    assert_non_null(strstr(s->remarks[0].text, ":4:14: transport `mail`"));
    assert_non_null(strstr(s->remarks[0].text, "dsn: true"));
    scratch_free(s);
    s = load(MAIL_HEAD "    host: m.example.org\n    dsn: true\n");
    assert_int_equal(s->remark_count, 0);
    scratch_free(s);
    scratch_write(&scratch, "rules.yaml", 0644, "schema: 1\n");
}

static void addresses_in_urls_are_private_or_not(void **state)
{
    (void)state;
    static const char *const inside[] = {
        "http://127.0.0.1",        "https://10.0.0.1/x",   "http://172.31.0.1:80",
        "http://192.168.1.1?a",    "http://169.254.1.1",   "http://[fe80::1]:80/",
        "http://[fd00::1]",        "http://localhost:99/", "http://[::ffff:10.0.0.1]/",
        "https://100.64.0.1/path",
    };
    static const char *const outside[] = {
        "http://172.32.0.1", "https://8.8.8.8/",
        "http://[2a00::1]/", "http://10.example.org/",
        "10.0.0.1",          "",
        "http://",           "http://[",
    };
    for (size_t i = 0; i < COUNT_OF(inside); i++)
        assert_true(url_is_private(inside[i]));
    for (size_t i = 0; i < COUNT_OF(outside); i++)
        assert_false(url_is_private(outside[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_work_is_told_and_keeps_nobody_from_starting),
        cmocka_unit_test(what_works_is_not_remarked),
        cmocka_unit_test(confirmed_mails_need_reports_of_their_arrival),
        cmocka_unit_test(addresses_in_urls_are_private_or_not),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
