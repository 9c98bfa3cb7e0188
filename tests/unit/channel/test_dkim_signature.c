#include "channel/dkim_signature.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attributes.h"

/* openssl genrsa 1024; openssl genpkey -algorithm ed25519: made for this test, nobody trusts them.
 */
static char
    rsa_key[] = "-----BEGIN PRIVATE KEY-----\n"
                "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAJWOB9AA5R+nYorJ\n"
                "LgO+D8QdidaVVGoirLMbJY9M30hrydPSDHGMmQvP9bSv4YPjQSm7e9BiPGJEIwmu\n"
                "QbiGHjFavLHjvR+kNReq60BOLe5dImL1+lQ29YPtY8mpY5DncHZ/9EYztsfGaVwm\n"
                "S8hTO7Pwpw46doKVZDMLrkCSZzIrAgMBAAECgYAp+GoI3bdvYrIs8LiRJE2YZBHC\n"
                "vrWp84Ez4nJv/MrMsDM71r7XPvXUctApnRJUyPoIlCzzFh6MFUMf/F9FQZ5HHbOl\n"
                "oFm6cuPeWJH3/7CLykHeyk49G1Whkquhglb2LWeq9+g9/D7uQhDn9Hu90XEx23Yu\n"
                "/RcQz56FbwOj8kFIgQJBAMVf/w0fuvc45VK9GqcG+2xn75IAdDCn/astduxgB/RA\n"
                "uP5dy9lBYLgMijf5Jj6x7ZvuskCdgPaLturcX4jNnpkCQQDB+eHiid4Y6M3XrL9L\n"
                "8leQcNT9IKJQM/TT5olUVe3GV2Br1E7dAciWVf/YOTZw+YboCg7f0XarqRbxXl1y\n"
                "pOVjAkEAhfbsJDo/KoGhlRDpQCkLCb9Z6d0I/+Vl1YOcTj+35l7vsSZ0r9ciEIni\n"
                "Xq9q9+7Ieaf/sL+2wqB93NcKuM3nMQJADf8y/n7GSPPbjpmHgDpveRu7Mry9GZ52\n"
                "Jyg2dqBwtOQvL/i07Bup1rdD691NAV/wDSRUqG/b6U0dO7N8eL5PUwJAMKfDLFHV\n"
                "D7O6QSDA2LkX588nRh57Fr5get2Zs1Wr7/jcFy9el2HDpK0ZWFEqSo1icaM0Ztne\n"
                "BUS3tdNnjnPahg==\n"
                "-----END PRIVATE KEY-----\n",
    ed25519_key[] = "-----BEGIN PRIVATE KEY-----\n"
                    "MC4CAQAwBQYDK2VwBCIEIFvM/GYU4JtjImWsNwKjg7GBGwbFdUw99do7BHK72y3k\n"
                    "-----END PRIVATE KEY-----\n",
    no_key[] = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n",
    short_key[] =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
    domain[] = "example.org", selector[] = "s1";

static const char plain[] = "From: Bank <noreply@example.org>\r\n"
                            "To: anna@example.net\r\n"
                            "Subject: Folded\r\n"
                            " over two lines\r\n"
                            "Date: Tue, 24 Nov 2026 00:00:01 +0000\r\n"
                            "Auto-Submitted: auto-generated\r\n"
                            "List-Unsubscribe: <https://example.org/u/1>\r\n"
                            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
                            "Content-Type: text/plain; charset=utf-8\r\n"
                            "\r\n"
                            "Guten Tag\r\n\r\n";

static struct dkim_settings settings(char *key)
{
    return (struct dkim_settings){.domain = domain, .selector = selector, .key = key};
}

static struct buf signed_mail(char *key, int64_t date_ms)
{
    const struct dkim_settings d = settings(key);
    struct buf mail = {0};
    struct error err = {0};
    buf_puts(&mail, plain);
    if (dkim_signature_put(&d, date_ms, &mail, &err) != 0)
        fail_msg("%s", err.text);
    return mail;
}

/* Without the library there is nothing to test but what it says. */
static void skip_without_library(void)
{
    const struct dkim_settings d = settings(rsa_key);
    struct error err = {0};
    if (dkim_signature_check(&d, &err) != 0 && strstr(err.text, "built without DKIM") != NULL)
        skip();
}

static bool holds(const char *header, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(header, parts[i]) == NULL)
            return false;
    return strstr(header, " l=") == NULL;
}

static bool signs_well(char *key, const char *algorithm)
{
    const char *const parts[] = {algorithm, "c=relaxed/relaxed;", "d=example.org;", "s=s1;",
                                 "t=1795478401;"};
    const struct dkim_settings d = settings(key);
    struct buf mail = {0};
    struct error err = {0};
    buf_puts(&mail, plain);
    if (dkim_signature_check(&d, &err) != 0 ||
        dkim_signature_put(&d, 1795478401999, &mail, &err) != 0)
        return false;
    size_t added = mail.len - strlen(plain);
    bool good = strcmp(mail.data + added, plain) == 0;
    buf_truncate(&mail, added);
    good = good && strncmp(mail.data, "DKIM-Signature: v=1; ", 21) == 0 &&
           holds(mail.data, parts, COUNT_OF(parts));
    buf_free(&mail);
    return good;
}

/* In a process of its own: the library forgets to free keys of Ed25519. */
static bool signs_well_elsewhere(char *key, const char *algorithm)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(signs_well(key, algorithm) ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void stands_in_front_of_a_mail_it_does_not_change(void **state)
{
    (void)state;
    skip_without_library();
    assert_true(signs_well_elsewhere(rsa_key, "a=rsa-sha256;"));
    assert_true(signs_well_elsewhere(ed25519_key, "a=ed25519-sha256;"));
}

static void covers_what_the_mail_says_about_unsubscribing(void **state)
{
    (void)state;
    skip_without_library();
    struct buf mail = signed_mail(rsa_key, 0), names = {0};
    const char *h = strstr(mail.data, "\th=") + 1;
    for (const char *p = h; *p != ';'; p++)
        if (strchr(" \t\r\n", *p) == NULL)
            buf_putc(&names, *p);
    assert_string_equal(names.data, "h=From:To:Subject:Date:Auto-Submitted:List-Unsubscribe:"
                                    "List-Unsubscribe-Post:Content-Type:From");
    buf_free(&names);
    buf_free(&mail);
}

static void is_the_same_in_every_attempt(void **state)
{
    (void)state;
    skip_without_library();
    struct buf first = signed_mail(rsa_key, 1795478401000);
    struct buf second = signed_mail(rsa_key, 1795478401000);
    struct buf later = signed_mail(rsa_key, 1795478402000);
    assert_string_equal(first.data, second.data);
    assert_string_not_equal(first.data, later.data);
    buf_free(&first);
    buf_free(&second);
    buf_free(&later);
}

static void refuses_a_key_that_cannot_sign(void **state)
{
    (void)state;
    char *const keys[] = {no_key, short_key};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct dkim_settings d = settings(keys[i]);
        struct error err = {0};
        assert_int_equal(dkim_signature_check(&d, &err), ERR_CONFIG);
        assert_non_null(strstr(err.text, "`dkim`: mails cannot be signed"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stands_in_front_of_a_mail_it_does_not_change),
        cmocka_unit_test(covers_what_the_mail_says_about_unsubscribing),
        cmocka_unit_test(is_the_same_in_every_attempt),
        cmocka_unit_test(refuses_a_key_that_cannot_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
