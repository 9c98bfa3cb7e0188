#include "channel/mime_pieces.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

#define LINES  40
#define ROUNDS 3000

static void put_in_brackets(struct buf *out, const char *at, const char *stop)
{
    buf_printf(out, "[%.*s]", (int)(stop - at), at);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The same without any memory. */
static void put_simply(size_t piece_len, const struct buf *text, struct buf *out)
{
    const char *at = buf_text(text), *stop = at + text->len;
    while (at < stop) {
        size_t len = piece_len > 0 ? least(piece_len, (size_t)(stop - at)) : strcspn(at, "\r\n");
        put_in_brackets(out, at, at + len);
        at += len;
        if (piece_len == 0 && at < stop)
            at += at[0] == '\r' && at[1] == '\n' ? 2 : 1;
    }
}

static void expect_same(const char *language, size_t piece_len, const struct buf *text)
{
    const struct mime_kind kind = {.type = "text/x",
                                   .language = language,
                                   .piece_len = piece_len,
                                   .put_piece = put_in_brackets};
    struct buf expected = {0}, found = {0};
    put_simply(piece_len, text, &expected);
    assert_true(mime_put_pieces(&kind, text, &found));
    assert_string_equal(buf_text(&found), buf_text(&expected));
    buf_free(&expected);
    buf_free(&found);
}

/* xorshift: the same texts in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* A letter of the batch `seed`, in which line `number` is another one, came, went or is as in all.
 */
static void put_letter(uint32_t *random, unsigned seed, struct buf *out)
{
    unsigned change = next_random(random) % 5, number = next_random(random) % LINES;
    buf_reset(out);
    for (unsigned i = 0; i < LINES; i++) {
        if (i == number && change == 0)
            continue;
        if (i == number && change == 1)
            buf_printf(out, "Zeile für %u\n", next_random(random) % 100000);
        buf_printf(out, "%u: %u was allen gesagt wird%s\n", i, seed * (i % 3),
                   i == number && change == 2 ? ", aber nicht ganz" : "");
    }
    if (change == 3)
        buf_puts(out, next_random(random) % 2 == 0 ? "ohne Ende" : "mit\r\nCRLF\r");
}

static void letters_are_encoded_as_if_each_were_alone(void **state)
{
    (void)state;
    uint32_t random = 1;
    struct buf text = {0};
    for (int i = 0; i < ROUNDS; i++) {
        put_letter(&random, next_random(&random) % 50 == 0 ? 7 : 1, &text);
        expect_same("de", 0, &text);
        expect_same("de", 57, &text);
        buf_reset(&text);
        expect_same("de", 0, &text);
        expect_same("de", 57, &text);
    }
    buf_free(&text);
}

static void languages_and_kinds_do_not_disturb_each_other(void **state)
{
    (void)state;
    static const char *const languages[] = {"de", "ko", "en", "",   "fr", "it", "es",
                                            "pl", "nl", "da", "fi", "sv", "cs", "pt"};
    uint32_t random = 5;
    struct buf text = {0};
    for (int i = 0; i < ROUNDS; i++) {
        size_t which = next_random(&random) % COUNT_OF(languages);
        put_letter(&random, (unsigned)which, &text);
        expect_same(languages[which], next_random(&random) % 2 == 0 ? 0 : 57, &text);
    }
    buf_free(&text);
}

static void refuse(const char *bytes, size_t len)
{
    const struct mime_kind kind = {
        .type = "text/x", .language = "de", .put_piece = put_in_brackets};
    struct buf text = {0}, out = {0};
    buf_puts(&text, "eins\nzwei\n");
    expect_same("de", 0, &text);
    buf_put(&text, bytes, len);
    assert_false(mime_put_pieces(&kind, &text, &out));
    buf_free(&text);
    buf_free(&out);
}

static void what_is_no_text_is_refused_in_a_new_line_too(void **state)
{
    (void)state;
    refuse("\xff\n", 2);
    refuse("a\0b\n", 4);
    refuse("\xc3", 1);
    refuse("a\r\n\0", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_encoded_as_if_each_were_alone),
        cmocka_unit_test(languages_and_kinds_do_not_disturb_each_other),
        cmocka_unit_test(what_is_no_text_is_refused_in_a_new_line_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
