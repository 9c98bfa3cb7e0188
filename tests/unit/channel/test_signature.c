#include "channel/signature.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

#define SECRET_A "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID_A     "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME_A   1614265330

struct vector {
    const char *secret, *id;
    int64_t timestamp_s;
    const char *body, *signature;
};

static void sign(struct buf *out, const struct vector *v)
{
    struct buf key = {0};
    struct error err;
    if (signature_decode_secret(v->secret, &key, &err) != 0)
        fail_msg("%s", err.text);
    signature_put(out, &key,
                  &(struct signature_input){v->id, v->timestamp_s, v->body, strlen(v->body)});
    buf_free(&key);
}

static void signs_as_the_published_vectors_do(void **state)
{
    (void)state;
    static const struct vector vectors[] = {
        {SECRET_A, ID_A, TIME_A, "{\"test\": 2432232314}",
         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
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
        {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", ID_A, TIME_A, "{\"test\": 2432232314}", ""},
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

static void separates_two_signatures_by_one_space(void **state)
{
    (void)state;
    struct buf out = {0};
    struct vector v = {SECRET_A, ID_A, TIME_A, "", NULL};
    sign(&out, &v);
    size_t one = out.len;
    sign(&out, &v);
    assert_int_equal(out.len, 2 * one + 1);
    assert_int_equal(out.data[one], ' ');
    assert_null(strchr(out.data + one + 1, ' '));
    buf_free(&out);
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
        cmocka_unit_test(separates_two_signatures_by_one_space),
        cmocka_unit_test(reads_a_secret_without_prefix_or_padding),
        cmocka_unit_test(refuses_a_secret_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
