#include "base/digest.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

/* FIPS 180-4 examples. */
static void hashes_as_the_standard_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } samples[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        unsigned char digest[DIGEST_SIZE];
        char hex[DIGEST_HEX_SIZE];
        digest_sha256(samples[i].text, strlen(samples[i].text), digest);
        assert_string_equal(digest_hex(digest, hex), samples[i].hex);
    }
}

static void decode(const char *base64, struct buf *out)
{
    buf_reset(out);
    assert_true(base64_decode(base64, strlen(base64), out));
}

/* RFC 8032, 7.1, tests 1 and 2. */
static void signs_with_ed25519_as_the_standard_says(void **state)
{
    (void)state;
    static const struct {
        const char *seed, *public_key, *message, *signature;
    } samples[] = {
        {"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=",
         "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "",
         "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQC"
         "w=="},
        {"TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=",
         "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=", "r",
         "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMA"
         "A=="},
    };
    struct buf expected = {0};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        unsigned char public_key[ED25519_PUBLIC_SIZE], signature[ED25519_SIGNATURE_SIZE];
        decode(samples[i].seed, &expected);
        struct ed25519 *key = ed25519_open((const unsigned char *)expected.data);
        ed25519_public(key, public_key);
        decode(samples[i].public_key, &expected);
        assert_memory_equal(public_key, expected.data, sizeof(public_key));
        decode(samples[i].signature, &expected);
        for (int again = 0; again < 2; again++) { /* a key signs more than once */
            ed25519_sign(key, samples[i].message, strlen(samples[i].message), signature);
            assert_memory_equal(signature, expected.data, sizeof(signature));
        }
        ed25519_close(key);
    }
    buf_free(&expected);
    ed25519_close(NULL);
}

static void sums_pieces_as_the_whole(void **state)
{
    (void)state;
    const char *text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    unsigned char half[DIGEST_SIZE], whole[DIGEST_SIZE], pieces[DIGEST_SIZE];
    struct digest *d = digest_begin();
    digest_put(d, text, 5);
    digest_put(d, text + 5, 0);
    digest_sum(d, pieces);
    digest_sha256(text, 5, half);
    assert_memory_equal(pieces, half, DIGEST_SIZE);
    digest_put(d, text + 5, strlen(text) - 5);
    digest_sum(d, pieces);
    digest_sha256(text, strlen(text), whole);
    assert_memory_equal(pieces, whole, DIGEST_SIZE);
    digest_end(d);
    digest_end(NULL);
}

/* RFC 4231, test cases 1, 2 and 6. */
static void sums_many_with_one(void **state)
{
    static const char *const texts[] = {"abc", "", "a longer one", "abc"};
    unsigned char whole[DIGEST_SIZE], one[DIGEST_SIZE];
    struct digest *d = digest_begin();
    (void)state;
    digest_put(d, "forgotten", 9);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        digest_sha256(texts[i], strlen(texts[i]), whole);
        digest_one(d, texts[i], strlen(texts[i]), one);
        assert_memory_equal(one, whole, DIGEST_SIZE);
    }
    digest_end(d);
}

static void signs_as_the_standard_says(void **state)
{
    (void)state;
    unsigned char key[131], mac[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    memset(key, 0x0b, 20);
    digest_hmac_sha256(key, 20, "Hi There", 8, mac);
    assert_string_equal(digest_hex(mac, hex),
                        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    static const char question[] = "what do ya want for nothing?";
    digest_hmac_sha256("Jefe", 4, question, strlen(question), mac);
    assert_string_equal(digest_hex(mac, hex),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    digest_hmac_sha256(key, sizeof(key), large, strlen(large), mac);
    assert_string_equal(digest_hex(mac, hex),
                        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 4648, section 10. */
static const struct {
    const char *text, *base64;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void encodes_base64(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct buf out = {0};
        base64_put(&out, vectors[i].text, strlen(vectors[i].text));
        assert_string_equal(buf_text(&out), vectors[i].base64);
        buf_free(&out);
    }
}

static void decodes_base64_with_or_without_padding(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct buf out = {0};
        const char *base64 = vectors[i].base64;
        assert_true(base64_decode(base64, strlen(base64), &out));
        assert_string_equal(buf_text(&out), vectors[i].text);
        buf_reset(&out);
        assert_true(base64_decode(base64, strcspn(base64, "="), &out));
        assert_string_equal(buf_text(&out), vectors[i].text);
        buf_free(&out);
    }
}

static void brings_back_every_byte(void **state)
{
    (void)state;
    unsigned char all[256];
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (unsigned char)i;
    for (size_t len = 0; len <= sizeof(all); len++) {
        struct buf text = {0}, back = {0};
        base64_put(&text, all, len);
        assert_int_equal(text.len % 4, 0);
        assert_true(base64_decode(buf_text(&text), text.len, &back));
        assert_int_equal(back.len, len);
        assert_memory_equal(buf_text(&back), all, len);
        buf_free(&text);
        buf_free(&back);
    }
}

static void refuses_what_is_not_base64(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",     "Zg=",    "Zg===", "Zm9v=",  "Zm9vY", "=",   "====",
                                      "Zm 9v", "Zm9v\n", "Zm-_",  "Zg==Zg", "Z===",  "Zm9ü"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct buf out = {0};
        buf_puts(&out, "kept");
        if (base64_decode(bad[i], strlen(bad[i]), &out))
            fail_msg("accepted %s", bad[i]);
        assert_string_equal(buf_text(&out), "kept");
        buf_free(&out);
    }
    struct buf out = {0};
    assert_false(base64_decode("Zm\0v", 4, &out));
    buf_free(&out);
}

/* RFC 2202, test case 2. */
static void signs_with_sha1_for_others(void **state)
{
    (void)state;
    static const unsigned char expected[DIGEST_SHA1_SIZE] = {
        0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74,
        0x16, 0xd5, 0xf1, 0x84, 0xdf, 0x9c, 0x25, 0x9a, 0x7c, 0x79};
    unsigned char mac[DIGEST_SHA1_SIZE];
    const char *text = "what do ya want for nothing?";
    digest_hmac_sha1("Jefe", 4, text, strlen(text), mac);
    assert_true(digest_equal(mac, expected, sizeof(mac)));
    mac[DIGEST_SHA1_SIZE - 1] ^= 1;
    assert_false(digest_equal(mac, expected, sizeof(mac)));
}

static void reads_base64_of_addresses(void **state)
{
    (void)state;
    struct buf out = {0};
    assert_true(base64url_decode("-_8", 3, &out));
    assert_int_equal(out.len, 2);
    assert_memory_equal(buf_text(&out), "\xfb\xff", 2);
    assert_false(base64url_decode("+_8", 3, &out));
    assert_false(base64url_decode("-_8=", 4, &out));
    assert_int_equal(out.len, 2);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_the_standard_says),
        cmocka_unit_test(signs_with_ed25519_as_the_standard_says),
        cmocka_unit_test(sums_pieces_as_the_whole),
        cmocka_unit_test(sums_many_with_one),
        cmocka_unit_test(signs_as_the_standard_says),
        cmocka_unit_test(encodes_base64),
        cmocka_unit_test(decodes_base64_with_or_without_padding),
        cmocka_unit_test(brings_back_every_byte),
        cmocka_unit_test(refuses_what_is_not_base64),
        cmocka_unit_test(signs_with_sha1_for_others),
        cmocka_unit_test(reads_base64_of_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
