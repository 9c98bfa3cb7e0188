#include "channel/signature.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "base/digest.h"
#include "model/settings.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))
#define SECRET_A      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECRET_B      "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define ID_A          "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME_A        1614265330

struct vector {
    const char *secret, *id;
    int64_t timestamp_s;
    const char *body, *signature;
};

static void sign_for(struct buf *out, const struct endpoint *e, const struct vector *v)
{
    struct signature_keys keys = {0};
    struct error err;
    if (signature_open_keys(e, &keys, &err) != 0)
        fail_msg("%s", err.text);
    signature_put(out, &keys,
                  &(struct signature_input){v->id, v->timestamp_s, v->body, strlen(v->body)});
    signature_free_keys(&keys);
}

static void sign(struct buf *out, const struct vector *v)
{
    sign_for(out, &(struct endpoint){.secret = TEXT(v->secret)}, v);
}

static void signs_as_the_published_vectors_do(void **state)
{
    (void)state;
    static const struct vector vectors[] = {
        {SECRET_A, ID_A, TIME_A, "{\"test\": 2432232314}",
         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {SECRET_B, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
         "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
         "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="},
        {SECRET_A, ID_A, TIME_A, "", "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A="},
        {SECRET_A, ID_A, TIME_A,
         "{\"text\":\"Sehr geehrte Frau Müller, wir bitten um Entschuldigung für die Störung.\"}",
         "v1,LUA7XRKgG0V0di5N/6dqB7lLG9GhggPH2KJcKBzpRas="},
        {SECRET_A, ID_A, TIME_A, "{\"text\":\"불편을 드려 죄송합니다.\"}",
         "v1,jyQl3C47+PTLRFB47xGZgVDs+GQPv5231KNtu6VXl7w="},
    };
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct buf out = {0};
        sign(&out, &vectors[i]);
        assert_string_equal(buf_text(&out), vectors[i].signature);
        buf_free(&out);
    }
}

static void signs_differently_when_anything_changes(void **state)
{
    (void)state;
    static const struct vector changed[] = {
        {SECRET_A, ID_A, TIME_A, "{\"test\": 2432232314}", ""},
        {SECRET_A, ID_A, TIME_A, "{\"test\": 2432232315}", ""},
        {SECRET_A, ID_A, TIME_A, "{\"test\": 2432232314} ", ""},
        {SECRET_A, ID_A, TIME_A + 1, "{\"test\": 2432232314}", ""},
        {SECRET_A, "msg_p5jXN8AQM9LWM0D4loKWxJel", TIME_A, "{\"test\": 2432232314}", ""},
        {SECRET_B, ID_A, TIME_A, "{\"test\": 2432232314}", ""},
    };
    struct buf signatures[COUNT_OF(changed)] = {{0}};
    for (size_t i = 0; i < COUNT_OF(changed); i++) {
        sign(&signatures[i], &changed[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(buf_text(&signatures[i]), buf_text(&signatures[j]));
    }
    for (size_t i = 0; i < COUNT_OF(changed); i++)
        buf_free(&signatures[i]);
}

static const struct vector vector_a = {SECRET_A, ID_A, TIME_A, "{\"test\": 2432232314}",
                                       "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};

static void check_signed(const struct endpoint *e, int64_t timestamp_s, size_t count)
{
    struct buf out = {0}, mine = {0}, old = {0};
    struct vector v = vector_a, with_old = vector_a;
    v.timestamp_s = with_old.timestamp_s = timestamp_s;
    with_old.secret = SECRET_B;
    sign_for(&out, e, &v);
    sign(&mine, &v);
    sign(&old, &with_old);
    if (count == 2) {
        buf_putc(&mine, ' ');
        buf_put(&mine, old.data, old.len);
    }
    assert_string_equal(out.data, mine.data);
    buf_free(&out);
    buf_free(&mine);
    buf_free(&old);
}

static void signs_with_the_old_secret_too_until_its_last_day_is_over(void **state)
{
    (void)state;
    const int64_t day = TIME_A / 86400, midnight = (day + 1) * 86400;
    struct endpoint e = {.secret = TEXT(SECRET_A), .old_secret = TEXT(SECRET_B)};
    check_signed(&e, TIME_A, 2);
    e.old_secret_until_day = day;
    check_signed(&e, TIME_A, 2);
    check_signed(&e, midnight - 1, 2);
    check_signed(&e, midnight, 1);
    e.old_secret = NULL;
    check_signed(&e, TIME_A, 1);
}

#define KEY_C                                                                                      \
    "whsk_6Xb/dCcHpPea21PS1N9VY/"                                                                  \
    "NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
#define SIGNATURE_C                                                                                \
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="

static void signs_with_the_signing_key_too(void **state)
{
    (void)state;
    const struct endpoint e = {.secret = TEXT(SECRET_A), .signing_key = TEXT(KEY_C)};
    struct buf out = {0};
    sign_for(&out, &e, &vector_a);
    assert_string_equal(out.data, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= " SIGNATURE_C);
    buf_free(&out);
}

static void tells_the_public_key_of_a_signing_key(void **state)
{
    (void)state;
    struct ed25519 *key;
    struct error err;
    struct buf out = {0}, seed = {0};
    assert_int_equal(signature_open_key(KEY_C, &key, &err), 0);
    signature_put_public(&out, key);
    assert_string_equal(out.data, "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
    assert_true(base64_decode(KEY_C + 5, strlen(KEY_C) - 5, &seed));
    buf_reset(&out);
    signature_put_key(&out, (const unsigned char *)seed.data);
    assert_string_equal(out.data, KEY_C);
    ed25519_close(key);
    buf_free(&out);
    buf_free(&seed);
}

static void refuses_a_signing_key_that_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "whsk_",
        SECRET_A,
        "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=", /* the seed alone */
        "whsk_7Xb/dCcHpPea21PS1N9VY/"
        "NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==", /* another seed */
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct ed25519 *key;
        struct error err = {0};
        assert_int_equal(signature_open_key(wrong[i], &key, &err), ERR_CONFIG);
        assert_null(key);
        assert_non_null(strstr(err.text, "signing key"));
        if (strlen(wrong[i]) > 10)
            assert_null(strstr(err.text, wrong[i] + 6));
    }
}

static void reads_a_secret_without_prefix_or_padding(void **state)
{
    (void)state;
    static const char *const same[] = {
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA",
    };
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        struct buf key = {0};
        struct error err;
        assert_int_equal(signature_decode_secret(same[i], &key, &err), 0);
        assert_int_equal(key.len, 25);
        for (size_t b = 0; b < key.len; b++)
            assert_int_equal(key.data[b], (int)b);
        buf_free(&key);
    }
}

static void refuses_a_secret_that_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "whsec_",
        "whsec_====",
        "whsec_not base64 not base64 not base64!",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", /* 23 bytes */
        "whsk_6Xb/dCcHpPea21PS1N9VY/"
        "NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
        "whsec_"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "A=", /* 65 bytes */
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct buf key = {0};
        struct error err = {0};
        assert_int_equal(signature_decode_secret(wrong[i], &key, &err), ERR_CONFIG);
        assert_int_equal(key.len, 0);
        assert_non_null(strstr(err.text, "secret"));
        if (strlen(wrong[i]) > 10)
            assert_null(strstr(err.text, wrong[i] + 6));
        buf_free(&key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_the_published_vectors_do),
        cmocka_unit_test(signs_differently_when_anything_changes),
        cmocka_unit_test(signs_with_the_old_secret_too_until_its_last_day_is_over),
        cmocka_unit_test(signs_with_the_signing_key_too),
        cmocka_unit_test(tells_the_public_key_of_a_signing_key),
        cmocka_unit_test(refuses_a_signing_key_that_is_none),
        cmocka_unit_test(reads_a_secret_without_prefix_or_padding),
        cmocka_unit_test(refuses_a_secret_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
