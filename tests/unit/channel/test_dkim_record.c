#include "channel/dkim_record.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

/* Made by openssl, with what it says of their public halves. */
static const char rsa_key[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCoskNtLj7VWXMQ\n"
                              "3rv7CbmqK5D/qkRajg5EtMBdhDMaftZGlSo3A7QdfEvD/I0jB42y50var3BD1UMx\n"
                              "l/MxaxpkUHAF4f4NibNXVivAgimrgUyoEll7yRWznn0FIXDTUL7jjViqomHVb/iC\n"
                              "I3S6z6/pi/ZJokr91nwEQKypaDeXpxKrcyuW5JgToH7a3EzWpSmOtLLtYc1ztDUG\n"
                              "KXw5iL5i1TIJOr5+Vwc/6ue8kU1IJAvO6hfy8+cSrJgYTJR/uRtyvBDPic8YhlRO\n"
                              "0Jmgwl7e8xtfBuYjJ7lhqVAQdNAy26A1oggG68B39Oqy3aNprgtLXMJjYciwlK/w\n"
                              "kFrK1fcDAgMBAAECggEAJ83UEgVo5v9Roqfjc/LR/6CC+IhM048UN8rsXsRsKHLI\n"
                              "DWRxzwRNMe3blLVY+ex010MzBzkBBMhjr+Z6B+2NDyFZpVGzF6+nhNJ8xVIREfoS\n"
                              "w898lLQYLkcVmanPzNSPDfMSekSRUAK5AL/r8Y5CpBkVtj8YcbdzkK9P7jL8dwgf\n"
                              "A2i3tdTVshIa0VQ7jwiK+zMrhYBmxw4SZcGkY14M9G4gA6BMIzfgYA43JPGbS42S\n"
                              "cVmoFXqPf7x++thB3QgH69JtOK/LJcapneMmFnbQ7jZc4q7yNYrgIjWCF1tEZDLm\n"
                              "5RKuEpM5ftblWD7hdkkowlHBBd2nBQxGGgaywwFOUQKBgQDg+ieh6aMkuoTQN5gY\n"
                              "8Ybnf2I8yZBqNwZN+YiVDlV+U/erIR3RoIqAJy8WEw4xC83lAmhZyajRuxg5RCCj\n"
                              "Bh5XLfduDZxXgSjVsebYYdKDo9+QQTAnZqVQxkOYvsHbjUH1A1qglTG2ruMtQBFr\n"
                              "ogtjDShoKktqyD/dpjcBbIj+MQKBgQC/9VuLbCsiQ0Aa82AzA174xC8pjZkcuKNh\n"
                              "7riXSkiPQg+KeFxeTUGJp89K81gDbNp+QsRBCzXTtFaEVkhbTpzYWjfAQ+Bw5t/R\n"
                              "dlGY5BFIa2d1rUqsjP6tOgBRv1qr4SLI8CX12Nwy0xIEt0H2c1nuCinNGNGMkrYy\n"
                              "Nsz9dZN3cwKBgD583OM4/Kpn8BnRRzquYzULiaKuraEC1Yp0473a9F4ZPnJWyWx/\n"
                              "NdjwiUCNXGS9DZwtNgSyYWSXndvSE2qUeXrndpEn0KPxaQEp3598VDdiHed4Y8Kd\n"
                              "3Q75cq8LVNcBfi9qlhKCPgOqwcjAwdXudVE2x2FfVgE7y5lp4F9R4R8RAoGAJq70\n"
                              "RtGCk8IHriazkTQxtGIcuvv9CguvaTHpYxumKbB/X0FII/zfozT9Ejad2vrZwS4F\n"
                              "TLJMo6Ao+zxEEppyAyuTJpzHIxlzq0tzwCLd1MFINS+557H2NMSGgfLU++Q/1UyH\n"
                              "6dZM8bUVYXvowBiY296Sc/F3cSOzscTXZJCIKj8CgYEAzlRPmy6UwVEIsvYXSRnN\n"
                              "syMNgt+4gzIpWCM8uD4IcaIK4aQwsJPVTL34P8FfGU2q0e4yTtpluJ3ra4Ig9kKS\n"
                              "2Ts40aVdBPZnbWR32zjM32sPJA4f4av4h7496Er65ZVD9849gr4UxnQPRHgCiiTA\n"
                              "pjtxVwdSsNp7lPxvG9GltIM=\n"
                              "-----END PRIVATE KEY-----\n";
static const char ed25519_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIFsSZXpBOS5OW4F3VCl2xoHp6JSoIxzNnkWimNvLSBhw\n"
    "-----END PRIVATE KEY-----\n";
static const char rsa_record[] = "v=DKIM1; k=rsa; p="
                                 "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqLJDbS4+1VlzEN67+wm5"
                                 "qiuQ/6pEWo4ORLTAXYQzGn7WRpUqNwO0HXxLw/yNIweNsudL2q9wQ9VDMZfzMWsa"
                                 "ZFBwBeH+DYmzV1YrwIIpq4FMqBJZe8kVs559BSFw01C+441YqqJh1W/4giN0us+v"
                                 "6Yv2SaJK/dZ8BECsqWg3l6cSq3MrluSYE6B+2txM1qUpjrSy7WHNc7Q1Bil8OYi+"
                                 "YtUyCTq+flcHP+rnvJFNSCQLzuoX8vPnEqyYGEyUf7kbcrwQz4nPGIZUTtCZoMJe"
                                 "3vMbXwbmIye5YalQEHTQMtugNaIIBuvAd/Tqst2jaa4LS1zCY2HIsJSv8JBaytX3"
                                 "AwIDAQAB";
static const char ed25519_record[] =
    "v=DKIM1; k=ed25519; p=Jq6POqpQ2liBYSYPkqgZwx0p0Y/VBQCgb3WVO2VlLFQ=";

static void the_record_is_the_public_half_of_the_key(void **state UNUSED)
{
    static const struct {
        const char *key, *record;
    } rows[] = {{rsa_key, rsa_record}, {ed25519_key, ed25519_record}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = {0};
        struct buf name = {0}, value = {0};
        const struct dkim_settings d = {
            .domain = TEXT("example.org"), .selector = TEXT("s1"), .key = TEXT(rows[i].key)};
        dkim_record_put_name(&d, &name);
        assert_string_equal(buf_text(&name), "s1._domainkey.example.org");
        assert_int_equal(dkim_record_put_value(&d, &value, &err), 0);
        assert_string_equal(buf_text(&value), rows[i].record);
        buf_free(&name);
        buf_free(&value);
    }
}

static void no_key_has_no_record(void **state UNUSED)
{
    struct error err = {0};
    struct buf value = {0};
    const struct dkim_settings d = {
        .domain = TEXT("example.org"), .selector = TEXT("s1"), .key = TEXT("no key")};
    assert_int_equal(dkim_record_put_value(&d, &value, &err), ERR_CONFIG);
    assert_int_equal(value.len, 0);
    buf_free(&value);
}

static void a_zone_file_has_it_in_pieces_of_255(void **state UNUSED)
{
    char value[512], expected[600];
    struct buf out = {0};
    memset(value, 'a', 511);
    value[511] = '\0';
    dkim_record_put_quoted(value, &out);
    snprintf(expected, sizeof(expected), "( \"%.255s\" \"%.255s\" \"a\" )", value, value);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
    dkim_record_put_quoted("v=DKIM1", &out);
    assert_string_equal(buf_text(&out), "( \"v=DKIM1\" )");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_record_is_the_public_half_of_the_key),
        cmocka_unit_test(no_key_has_no_record),
        cmocka_unit_test(a_zone_file_has_it_in_pieces_of_255),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
