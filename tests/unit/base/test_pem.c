#include "base/pem.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attributes.h"

static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBNDCB56ADAgECAhRHEg9RRUG6fqgLCKqM1wt0ma5x6jAFBgMrZXAwDzENMAsG\n"
    "A1UEAwwEdGVzdDAgFw0yNjExMjIxNjI1NTdaGA8yMTI2MTAyOTE2MjU1N1owDzEN\n"
    "MAsGA1UEAwwEdGVzdDAqMAUGAytlcAMhAMgWBhb8iSWdWQZaSR9BLPwGi7ed31dO\n"
    "8UA8j/aF41kZo1MwUTAdBgNVHQ4EFgQUQhuTajMMjkcrORevyDSZOR6TSCQwHwYD\n"
    "VR0jBBgwFoAUQhuTajMMjkcrORevyDSZOR6TSCQwDwYDVR0TAQH/BAUwAwEB/zAF\n"
    "BgMrZXADQQBc8FY/c7ThR894eKFcUG65BKO86QFVRl/S6o5yu4s8a2Bx/Hing0+U\n"
    "G3oTJk4d6EbWBfhV8+U7hqWNi66pwHoI\n"
    "-----END CERTIFICATE-----\n";
static const char ed25519_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIFsSZXpBOS5OW4F3VCl2xoHp6JSoIxzNnkWimNvLSBhw\n"
    "-----END PRIVATE KEY-----\n";
static const char ec_key[] = "-----BEGIN PRIVATE KEY-----\n"
                             "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3DxfDW8zGGRpdLeJ\n"
                             "RgnnnpgZ+X6TTaf6yrLtfuJagX+hRANCAAQUEHsp9tdSTL1ASmBWytcw2zwFXFD7\n"
                             "9SPOkM3PpSkNdsI3KYR9VO3MXPypeyRfvNX3qVuWWqkcOngrf+1r0nzW\n"
                             "-----END PRIVATE KEY-----\n";

/* What pem_check_certificates() says of a file with this text. */
static int check(const char *text, struct error *err)
{
    char path[] = "/tmp/test-pem-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int rc = pem_check_certificates(path, err);
    unlink(path);
    return rc;
}

static void certificates_are_read_one_by_one(void **state UNUSED)
{
    struct error err = {0};
    char text[4000];
    assert_int_equal(check(certificate, &err), 0);
    snprintf(text, sizeof(text), "my authorities\n%s%s%s", certificate, ed25519_key, certificate);
    assert_int_equal(check(text, &err), 0);
    snprintf(text, sizeof(text), "%s-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
             certificate);
    assert_int_equal(check(text, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "certificate 2 in /tmp/test-pem-"));
}

static void a_file_without_certificates_is_none(void **state UNUSED)
{
    struct error err = {0};
    assert_int_equal(check("", &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "holds no certificate"));
    assert_int_equal(check(ed25519_key, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "it is a private key"));
    assert_int_equal(check("-----BEGIN ", &err), ERR_CONFIG);
    assert_int_equal(pem_check_certificates("/no/such/file", &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "/no/such/file"));
}

static void only_keys_that_sign_mail_have_a_public_half(void **state UNUSED)
{
    struct error err = {0};
    struct buf out = {0};
    enum pem_key kind;
    assert_int_equal(pem_put_public(ed25519_key, &kind, &out, &err), 0);
    assert_int_equal(kind, PEM_KEY_ED25519);
    assert_int_equal(out.len, 32);
    buf_free(&out);
    assert_int_equal(pem_put_public(ec_key, &kind, &out, &err), ERR_CONFIG);
    assert_int_equal(pem_put_public("no key", &kind, &out, &err), ERR_CONFIG);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_read_one_by_one),
        cmocka_unit_test(a_file_without_certificates_is_none),
        cmocka_unit_test(only_keys_that_sign_mail_have_a_public_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
