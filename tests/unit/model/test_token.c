#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "model/token.h"

static const unsigned char key[TOKEN_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static const unsigned char other[TOKEN_KEY_SIZE] = "1123456789abcdef0123456789abcde";

static void comes_back_as_the_number_it_was_made_of(void **state)
{
    static const int64_t numbers[] = {0, 1, 35, 36, 6500000, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct buf token = {0};
        int64_t back = -1;
        token_put(&token, key, TOKEN_DELIVERY, numbers[i], "");
        assert_true(token.len < TOKEN_SIZE);
        assert_true(token_read(token.data, token.len, key, TOKEN_DELIVERY, "", &back));
        assert_true(back == numbers[i]);
        buf_free(&token);
    }
}

/* Mail servers change the case of local parts. */
static void takes_upper_case(void **state)
{
    struct buf token = {0};
    int64_t back = 0;
    (void)state;
    token_put(&token, key, TOKEN_DELIVERY, 987654321, "");
    for (size_t i = 0; i < token.len; i++) {
        if (token.data[i] >= 'a' && token.data[i] <= 'z')
            token.data[i] = (char)(token.data[i] - 'a' + 'A');
    }
    assert_true(token_read(token.data, token.len, key, TOKEN_DELIVERY, "", &back));
    assert_int_equal(back, 987654321);
    buf_free(&token);
}

static void every_changed_character_is_found(void **state)
{
    struct buf token = {0};
    int64_t back = 0;
    (void)state;
    token_put(&token, key, TOKEN_DELIVERY, 4711, "");
    for (size_t i = 0; i < token.len; i++) {
        char kept = token.data[i];
        token.data[i] = kept == 'b' ? 'c' : 'b';
        assert_false(token_read(token.data, token.len, key, TOKEN_DELIVERY, "", &back));
        token.data[i] = kept;
    }
    for (size_t len = 0; len < token.len; len++)
        assert_false(token_read(token.data, len, key, TOKEN_DELIVERY, "", &back));
    buf_free(&token);
}

static void is_bound_to_key_purpose_and_subject(void **state)
{
    struct buf token = {0};
    int64_t back = 0;
    (void)state;
    token_put(&token, key, TOKEN_CALLBACK, 0, "sms");
    assert_true(token_read(token.data, token.len, key, TOKEN_CALLBACK, "sms", &back));
    assert_false(token_read(token.data, token.len, key, TOKEN_CALLBACK, "sms2", &back));
    assert_false(token_read(token.data, token.len, key, TOKEN_DELIVERY, "sms", &back));
    assert_false(token_read(token.data, token.len, other, TOKEN_CALLBACK, "sms", &back));
    buf_free(&token);
}

static void what_strangers_write_is_none(void **state)
{
    static const char *const strange[] = {
        "",
        "-",
        "1-",
        "-aaaaaaaaaaaaaaaa",
        "zzzzzzzzzzzzz-aaaaaaaaaaaaaaaa",
        "1-aaaaaaaaaaaaaaaa ",
        "1-aaaaaaaaaaaaaaaa\r\n",
        "\xff-aaaaaaaaaaaaaaaa",
    };
    int64_t back = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(strange); i++)
        assert_false(token_read(strange[i], strlen(strange[i]), key, TOKEN_DELIVERY, "", &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_the_number_it_was_made_of),
        cmocka_unit_test(takes_upper_case),
        cmocka_unit_test(every_changed_character_is_found),
        cmocka_unit_test(is_bound_to_key_purpose_and_subject),
        cmocka_unit_test(what_strangers_write_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
