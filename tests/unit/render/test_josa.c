#include "render/josa.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

struct sample {
    const char *value;
    const char *pair;
    const char *expected;
};

static const char *unit_reading(const void *context, const char *unit, size_t len)
{
    static const struct {
        const char *unit, *reading;
    } units[] = {
        {"%", "퍼센트"}, {"GB", "기가바이트"}, {"km", "킬로미터"}, {"℃", "도"}, {"₩", "원"}};
    (void)context;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strlen(units[i].unit) == len && memcmp(units[i].unit, unit, len) == 0)
            return units[i].reading;
    }
    return NULL;
}

static void check(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct sample *s = &samples[i];
        struct buf out = {0};
        bool known = false;
        struct error err = {0};
        int rc =
            josa_put(s->value, strlen(s->value), s->pair, unit_reading, NULL, &out, &known, &err);
        if (rc != 0 || strcmp(buf_text(&out), s->expected) != 0)
            fail_msg("%s + %s: got \"%s\", not \"%s\" %s", s->value, s->pair, buf_text(&out),
                     s->expected, err.text);
        bool both = strchr(s->expected, '(') != NULL;
        assert_int_equal(known, !both);
        buf_free(&out);
    }
}

#define CHECK(samples) check(samples, COUNT_OF(samples))

static void chooses_by_the_final_consonant(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"은행", "은/는", "은"},   {"은행", "으로/로", "으로"}, {"정보", "은/는", "는"},
        {"정보", "으로/로", "로"}, {"서울", "은/는", "은"},     {"서울", "으로/로", "로"},
        {"이메일", "은/는", "은"}, {"이메일", "으로/로", "로"}, {"고객", "이/가", "이"},
        {"회사", "이/가", "가"},   {"이름", "을/를", "을"},     {"주소", "을/를", "를"},
        {"이름", "과/와", "과"},   {"주소", "과/와", "와"},     {"값", "은/는", "은"},
    };
    CHECK(samples);
}

static void treats_rieul_as_a_vowel_for_the_ro_family_only(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"서울", "으로/로", "로"},
        {"서울", "으로서/로서", "로서"},
        {"서울", "으로써/로써", "로써"},
        {"서울", "으로부터/로부터", "로부터"},
        {"은행", "으로서/로서", "으로서"},
        {"은행", "으로써/로써", "으로써"},
        {"은행", "으로부터/로부터", "으로부터"},
        {"정보", "으로부터/로부터", "로부터"},
        {"서울", "이나/나", "이나"},
        {"서울", "이란/란", "이란"},
        {"서울", "이랑/랑", "이랑"},
        {"서울", "아/야", "아"},
        {"서울", "이에요/예요", "이에요"},
        {"정보", "이에요/예요", "예요"},
        {"정보", "이나/나", "나"},
        {"서울", "이며/며", "이며"},
        {"정보", "며/이며", "며"},
        {"서울", "이고/고", "이고"},
        {"정보", "이고/고", "고"},
        {"서울", "이라고/라고", "이라고"},
        {"정보", "이라고/라고", "라고"},
        {"서울", "이라는/라는", "이라는"},
        {"정보", "이라는/라는", "라는"},
        {"iOS", "이라는/라는", "(이)라는"},
        {"정보", "아/야", "야"},
    };
    CHECK(samples);
}

static void takes_a_pair_in_either_order(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"은행", "는/은", "은"}, {"은행", "와/과", "과"}, {"은행", "로/으로", "으로"},
        {"정보", "가/이", "가"}, {"정보", "를/을", "를"}, {"서울", "로부터/으로부터", "로부터"},
    };
    CHECK(samples);
}

static void reads_the_last_digit_in_sino_korean(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"0", "은/는", "은"},
        {"1", "은/는", "은"},
        {"2", "은/는", "는"},
        {"3", "은/는", "은"},
        {"4", "은/는", "는"},
        {"5", "은/는", "는"},
        {"6", "은/는", "은"},
        {"7", "은/는", "은"},
        {"8", "은/는", "은"},
        {"9", "은/는", "는"},
        {"1", "으로/로", "로"},
        {"7", "으로/로", "로"},
        {"8", "으로/로", "로"},
        {"3", "으로/로", "으로"},
        {"6", "으로/로", "으로"},
        {"0", "으로/로", "으로"},
        {"2", "으로/로", "로"},
        {"제12", "이/가", "가"},
        {"1588-8108", "으로/로", "로"},
        {"2.5", "을/를", "를"},
        {"2.50", "을/를", "을"},
        {"3.0", "이/가", "이"},
        {"1.5000000000000", "이/가", "이"},
        {"１２", "은/는", "는"},
        {"COVID-19", "은/는", "는"},
        {"00", "이/가", "이"},
    };
    CHECK(samples);
}

static void reads_trailing_zeros_as_ten_to_hundred_million(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"10", "이/가", "이"},
        {"200", "이/가", "이"},
        {"3,000", "이/가", "이"},
        {"20000", "이/가", "이"},
        {"500,000", "이/가", "이"},
        {"2,000,000", "으로/로", "으로"},
        {"30000000", "이/가", "이"},
        {"200,000,000", "이/가", "이"},
        {"20000000000", "이/가", "이"},
        {"1000000000000", "이/가", "가"},
        {"2,000,000,000,000,000", "이/가", "가"},
        {"20000000000000000", "이/가", "이"},
        {"100000000000000000000", "이/가", "가"},
        {"1000000000000000000000000", "이/가", "이(가)"},
        {"1,000,000,000,002", "이/가", "가"},
    };
    CHECK(samples);
}

static void reads_a_unit_behind_a_number(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"30%", "을/를", "를"},      {"30 %", "을/를", "를"},        {"30%", "으로/로", "로"},
        {"5 GB", "은/는", "는"},     {"42km", "은/는", "는"},        {"36.5℃", "은/는", "는"},
        {"100₩", "은/는", "은"},     {"297만 명", "이/가", "이"},    {"2,970,000명", "이/가", "이"},
        {"30％", "을/를", "를"},     {"10\xc2\xa0%", "을/를", "를"}, {"GB", "은/는", "는"},
        {"42xy", "은/는", "은(는)"}, {"km", "은/는", "은(는)"},
    };
    CHECK(samples);
}

static void knows_the_percent_sign_without_a_table(void **state)
{
    (void)state;
    struct buf out = {0};
    bool known = false;
    assert_int_equal(josa_put("7%", 2, "은/는", NULL, NULL, &out, &known, NULL), 0);
    assert_string_equal(buf_text(&out), "는");
    assert_true(known);
    buf_free(&out);
}

static void spells_acronyms_letter_by_letter(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"PDF", "은/는", "는"},  {"URL", "은/는", "은"},          {"URL", "으로/로", "로"},
        {"USIM", "은/는", "은"}, {"USIM", "으로/로", "으로"},     {"PIN", "을/를", "을"},
        {"SMS", "을/를", "를"},  {"HSS", "이/가", "가"},          {"VPN", "으로/로", "으로"},
        {"CVC", "과/와", "와"},  {"GDPR", "은/는", "은"},         {"GDPR", "으로/로", "로"},
        {"U.S.", "은/는", "는"}, {"R&D", "은/는", "는"},          {"ＰＤＦ", "은/는", "는"},
        {"B2B", "은/는", "는"},  {"연계정보(CI)", "을/를", "를"},
    };
    CHECK(samples);
}

static void writes_both_forms_when_it_cannot_know(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"Google", "은/는", "은(는)"},   {"Google", "이/가", "이(가)"},
        {"Google", "을/를", "을(를)"},   {"Google", "과/와", "과(와)"},
        {"Google", "으로/로", "(으)로"}, {"Google", "으로부터/로부터", "(으)로부터"},
        {"Google", "이나/나", "(이)나"}, {"Weiß", "은/는", "은(는)"},
        {"iOS", "은/는", "은(는)"},      {"SAMSUNG", "은/는", "은(는)"},
        {"銀行", "은/는", "은(는)"},     {"ㄱ", "은/는", "은(는)"},
        {"👍", "은/는", "은(는)"},        {"()", "은/는", "은(는)"},
        {"É", "은/는", "은(는)"},
    };
    CHECK(samples);
}

static void decides_on_what_is_spoken(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"은행(주)", "은/는", "는"},       {"\"서울\"", "으로/로", "로"},
        {"‘정보’", "은/는", "는"},         {"「은행」", "은/는", "은"},
        {"은행.", "은/는", "은"},          {"정보…", "은/는", "는"},
        {"은행 ", "은/는", "은"},          {"은행\xe2\x80\x8b", "은/는", "은"},
        {"정보）", "은/는", "는"},         {"정보！？", "은/는", "는"},
        {"은행\xc2\xa0\n", "은/는", "은"}, {"㈜정보》", "은/는", "는"},
    };
    CHECK(samples);
}

static void composes_text_from_a_mac_first(void **state)
{
    (void)state;
    /* 은행 and 정보 in NFD; then the pair 은/는 in NFD */
    static const struct sample samples[] = {
        {"\xe1\x84\x8b\xe1\x85\xb3\xe1\x86\xab\xe1\x84\x92\xe1\x85\xa2\xe1\x86\xbc", "은/는", "은"},
        {"\xe1\x84\x8c\xe1\x85\xa5\xe1\x86\xbc\xe1\x84\x87\xe1\x85\xa9", "은/는", "는"},
        {"정보", "\xe1\x84\x8b\xe1\x85\xb3\xe1\x86\xab/\xe1\x84\x82\xe1\x85\xb3\xe1\x86\xab", "는"},
    };
    CHECK(samples);
}

/*
 * Builds every syllable from its letters and lets ICU compose it, so that the arithmetic under test
 * is not its own judge: initial, vowel and one of 27 finals (none for 0).
 */
static void agrees_with_composition_for_all_syllables(void **state)
{
    (void)state;
    enum { initials = 19, vowels = 21, finals = 28, rieul = 8 };
    size_t seen = 0;
    for (uint32_t i = 0; i < initials * vowels * finals; i++) {
        uint32_t final = i % finals;
        struct buf letters = {0}, out = {0};
        bool known = false;
        utf8_put(&letters, 0x1100 + i / finals / vowels);
        utf8_put(&letters, 0x1161 + i / finals % vowels);
        if (final > 0)
            utf8_put(&letters, 0x11a7 + final);
        assert_int_equal(
            josa_put(letters.data, letters.len, "은/는", NULL, NULL, &out, &known, NULL), 0);
        assert_string_equal(buf_text(&out), final > 0 ? "은" : "는");
        buf_reset(&out);
        assert_int_equal(
            josa_put(letters.data, letters.len, "로/으로", NULL, NULL, &out, &known, NULL), 0);
        assert_string_equal(buf_text(&out), final > 0 && final != rieul ? "으로" : "로");
        seen += known ? 1 : 0;
        buf_free(&letters);
        buf_free(&out);
    }
    assert_int_equal(seen, 11172);
}

static void refuses_what_is_no_pair(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "은",       "은/",     "은/가",  "/",
                                      "은는", "은/는/은", "en/neun", "은 / 는"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct buf out = {0};
        struct error err = {0};
        bool known;
        assert_false(josa_pair_known(bad[i]));
        assert_int_equal(josa_put("은행", 6, bad[i], NULL, NULL, &out, &known, &err), ERR_INPUT);
        assert_non_null(strstr(err.text, "은/는"));
        assert_int_equal(out.len, 0);
    }
    assert_true(josa_pair_known("을/를"));
    assert_true(josa_pair_known("예요/이에요"));
}

static void refuses_an_empty_value(void **state)
{
    (void)state;
    static const char *const empty[] = {"", " ", "\n\t", "\xe3\x80\x80"};
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        struct buf out = {0};
        struct error err = {0};
        bool known;
        assert_int_equal(
            josa_put(empty[i], strlen(empty[i]), "은/는", NULL, NULL, &out, &known, &err),
            ERR_INPUT);
        assert_non_null(strstr(err.text, "empty"));
        assert_int_equal(out.len, 0);
    }
}

static void finds_what_was_written_in_both_forms(void **state)
{
    (void)state;
    static const char text[] = "은행은 Google은(는) 서울로, IBM(으)로서 갑니다.";
    size_t len;
    const char *at = josa_find_both(text, strlen(text), &len);
    assert_ptr_equal(at, strstr(text, "은(는)"));
    assert_int_equal(len, strlen("은(는)"));
    at = josa_find_both(at + len, strlen(at + len), &len);
    assert_ptr_equal(at, strstr(text, "(으)로서"));
    assert_int_equal(len, strlen("(으)로서"));
    assert_null(josa_find_both(at + len, strlen(at + len), &len));
    assert_null(josa_find_both("", 0, &len));
    assert_null(josa_find_both("(으)로", strlen("(으)로") - 1, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_by_the_final_consonant),
        cmocka_unit_test(treats_rieul_as_a_vowel_for_the_ro_family_only),
        cmocka_unit_test(takes_a_pair_in_either_order),
        cmocka_unit_test(reads_the_last_digit_in_sino_korean),
        cmocka_unit_test(reads_trailing_zeros_as_ten_to_hundred_million),
        cmocka_unit_test(reads_a_unit_behind_a_number),
        cmocka_unit_test(knows_the_percent_sign_without_a_table),
        cmocka_unit_test(spells_acronyms_letter_by_letter),
        cmocka_unit_test(writes_both_forms_when_it_cannot_know),
        cmocka_unit_test(decides_on_what_is_spoken),
        cmocka_unit_test(composes_text_from_a_mac_first),
        cmocka_unit_test(agrees_with_composition_for_all_syllables),
        cmocka_unit_test(refuses_what_is_no_pair),
        cmocka_unit_test(refuses_an_empty_value),
        cmocka_unit_test(finds_what_was_written_in_both_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
