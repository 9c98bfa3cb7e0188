#include "law/words.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

static bool found(const char *text, const char *word)
{
    struct buf folded = {0};
    words_fold(&folded, text, strlen(text));
    bool result = words_found(buf_text(&folded), word);
    buf_free(&folded);
    return result;
}

static void finds_whole_latin_words_only(void **state)
{
    (void)state;
    assert_true(found("Kannst Du das?", "du"));
    assert_true(found("du", "du"));
    assert_false(found("durch Dummheit", "du"));
    assert_false(found("perdu", "du"));
    assert_true(found("mit deinem Geld", "dein*"));
    assert_false(found("mit deinem Geld", "dein"));
    assert_true(found("Die Datenschutzaufsichtsbehörde", "*aufsichtsbehörde*"));
    assert_true(found("SCHÜTZEN", "schützen"));
}

static void finds_hangul_anywhere_and_latin_beside_it(void **state)
{
    (void)state;
    assert_true(found("개인정보가 유출되었습니다", "유출"));
    assert_true(found("CI를 바꾸십시오", "ci"));
    assert_false(found("개인정보가 누출되었습니다", "유출"));
}

static void finds_composed_and_decomposed_alike(void **state)
{
    (void)state;
    assert_true(found("\xe1\x84\x8b\xe1\x85\xb2\xe1\x84\x8e\xe1\x85\xae\xe1\x86\xaf", "유출"));
    assert_true(found("fu\xcc\x88r", "für"));
}

static void looks_past_line_breaks_and_invisible_characters(void **state)
{
    (void)state;
    assert_true(found("card\n  expiry\xc2\xa0"
                      "date",
                      "card expiry date"));
    assert_true(found("Gut\xc2\xad"
                      "schein",
                      "gutschein"));
    assert_true(found("유\xe2\x80\x8b출", "유출"));
}

static void finds_one_of_several(void **state)
{
    (void)state;
    assert_true(found("무료 수신거부 080", "무료수신거부|무료 수신거부"));
    assert_false(found("수신거부 080", "무료수신거부|무료 수신거부"));
    assert_false(found("anything", ""));
}

static void counts_what_a_longer_word_covers_once(void **state)
{
    (void)state;
    static const char *const words[] = {"손해배상", "법정손해배상|법정 손해배상", "분쟁조정"};
    bool which[COUNT_OF(words)];
    words_find_all("법정손해배상 및 분쟁조정", words, COUNT_OF(words), which);
    assert_false(which[0]);
    assert_true(which[1]);
    assert_true(which[2]);
    words_find_all("손해배상, 법정 손해배상", words, COUNT_OF(words), which);
    assert_true(which[0]);
    assert_true(which[1]);
    assert_false(which[2]);
}

static void tells_what_it_found_as_a_whole_word(void **state)
{
    (void)state;
    struct buf match = {0};
    words_put_match(&match, "mit deinem geld", "dein*");
    assert_string_equal(buf_text(&match), "deinem");
    buf_reset(&match);
    words_put_match(&match, "die überaufsichtsbehördeß.", "amt|*aufsichtsbehörde*");
    assert_string_equal(buf_text(&match), "überaufsichtsbehördeß");
    buf_reset(&match);
    words_put_match(&match, "할인쿠폰을", "쿠폰");
    assert_string_equal(buf_text(&match), "쿠폰");
    buf_reset(&match);
    words_put_match(&match, "nichts", "dein*");
    assert_string_equal(buf_text(&match), "");
    buf_free(&match);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_whole_latin_words_only),
        cmocka_unit_test(finds_hangul_anywhere_and_latin_beside_it),
        cmocka_unit_test(finds_composed_and_decomposed_alike),
        cmocka_unit_test(looks_past_line_breaks_and_invisible_characters),
        cmocka_unit_test(finds_one_of_several),
        cmocka_unit_test(counts_what_a_longer_word_covers_once),
        cmocka_unit_test(tells_what_it_found_as_a_whole_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
