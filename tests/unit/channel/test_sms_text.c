#include "channel/sms_text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

#define REPEAT_MAX 3

/* Text as runs: {"a", 158}, {"€", 1}. */
struct run {
    const char *text;
    size_t times;
};

struct vector {
    struct run runs[REPEAT_MAX];
    size_t segments;
};

static void build(struct buf *out, const struct run *runs)
{
    for (size_t r = 0; r < REPEAT_MAX && runs[r].text != NULL; r++) {
        for (size_t i = 0; i < runs[r].times; i++)
            buf_puts(out, runs[r].text);
    }
}

static struct sms_length measure(const char *text, enum length_profile profile)
{
    struct sms_length l;
    sms_measure(text, strlen(text), profile, &l);
    return l;
}

static void check_segments(const struct vector *vectors, size_t count, enum sms_encoding encoding)
{
    for (size_t i = 0; i < count; i++) {
        struct buf text = {0};
        build(&text, vectors[i].runs);
        struct sms_length l = measure(buf_text(&text), LENGTH_GSM);
        if (l.segments != vectors[i].segments || l.encoding != encoding)
            fail_msg("row %zu: %s, %zu units, %zu segments instead of %zu", i,
                     sms_encoding_name(l.encoding), l.units, l.segments, vectors[i].segments);
        sms_length_free(&l);
        buf_free(&text);
    }
}

static void counts_segments_of_gsm7_text(void **state)
{
    (void)state;
    static const struct vector vectors[] = {
        {{{"", 1}}, 1},
        {{{"a", 160}}, 1},
        {{{"a", 161}}, 2},
        {{{"a", 306}}, 2},
        {{{"a", 307}}, 3},
        {{{"a", 459}}, 3},
        {{{"a", 460}}, 4},
        {{{"a", 158}, {"€", 1}}, 1},
        {{{"a", 159}, {"€", 1}}, 2},
        {{{"a", 152}, {"€", 1}, {"c", 20}}, 2},
        {{{"€", 80}}, 1},
        {{{"€", 81}}, 2},
        {{{"€", 153}}, 3},
        {{{"ä", 160}}, 1},
        {{{"\n", 160}}, 1},
        {{{"\r\n", 160}}, 1},
    };
    check_segments(vectors, COUNT_OF(vectors), SMS_GSM7);
}

static void counts_segments_of_ucs2_text(void **state)
{
    (void)state;
    static const struct vector vectors[] = {
        {{{"가", 70}}, 1},
        {{{"가", 71}}, 2},
        {{{"가", 134}}, 2},
        {{{"가", 135}}, 3},
        {{{"가", 201}}, 3},
        {{{"가", 202}}, 4},
        {{{"👍", 35}}, 1},
        {{{"👍", 36}}, 2},
        {{{"👍", 66}}, 2},
        {{{"👍", 67}}, 3},
        {{{"가", 66}, {"👍", 1}, {"나", 10}}, 2},
        {{{"😜", 1}, {"a", 68}}, 1},
        {{{"😜", 1}, {"a", 69}}, 2},
        {{{"😜", 1}, {"a", 133}}, 3},
        {{{"🇮🇹", 1}, {"a", 66}}, 1},
        {{{"🇮🇹", 1}, {"a", 67}}, 2},
        {{{"🏳️‍🌈", 1}, {"a", 64}}, 1},
        {{{"🏳️‍🌈", 1}, {"a", 65}}, 2},
        {{{"\t", 1}}, 1},
        {{{"`", 1}}, 1},
    };
    check_segments(vectors, COUNT_OF(vectors), SMS_UCS2);
}

static void knows_the_whole_gsm7_alphabet(void **state)
{
    (void)state;
    static const char one[] = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
                              "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    static const char two[] = "\f^{}\\[~]|€";
    struct sms_length l = measure(one, LENGTH_GSM);
    assert_int_equal(l.encoding, SMS_GSM7);
    assert_int_equal(l.units, 127);
    l = measure(two, LENGTH_GSM);
    assert_int_equal(l.encoding, SMS_GSM7);
    assert_int_equal(l.units, 20);
}

static void names_what_forces_unicode(void **state)
{
    (void)state;
    struct sms_length l = measure("Mo–Fr „heute“ ç 가", LENGTH_GSM);
    static const struct sms_offender expected[] = {{0x2013, 2, "-"},
                                                   {0x201e, 6, "\""},
                                                   {0x201c, 12, "\""},
                                                   {0xe7, 14, NULL},
                                                   {0xac00, 16, NULL}};
    assert_int_equal(l.encoding, SMS_UCS2);
    assert_int_equal(l.offender_count, COUNT_OF(expected));
    for (size_t i = 0; i < l.offender_count; i++) {
        assert_int_equal(l.offenders[i].code_point, expected[i].code_point);
        assert_int_equal(l.offenders[i].position, expected[i].position);
        if (expected[i].replacement == NULL)
            assert_null(l.offenders[i].replacement);
        else
            assert_string_equal(l.offenders[i].replacement, expected[i].replacement);
    }
    sms_length_free(&l);
}

static void normalises_before_it_counts(void **state)
{
    (void)state;
    struct sms_length l = measure("Gru\xcc\x88\xc3\x9f"
                                  "e",
                                  LENGTH_GSM);
    assert_int_equal(l.encoding, SMS_GSM7);
    assert_int_equal(l.units, 5);
    /* 한글 in its six letters */
    l = measure("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80\xe1\x85\xb3\xe1\x86\xaf",
                LENGTH_GSM);
    assert_int_equal(l.units, 2);
    sms_length_free(&l);
}

static void refuses_more_parts_than_the_header_can_count(void **state)
{
    (void)state;
    struct buf text = {0};
    build(&text, (struct run[REPEAT_MAX]){{"a", 255 * 153}});
    struct sms_length l = measure(buf_text(&text), LENGTH_GSM);
    assert_int_equal(l.segments, 255);
    assert_true(l.sendable);
    buf_putc(&text, 'a');
    l = measure(buf_text(&text), LENGTH_GSM);
    assert_int_equal(l.segments, 256);
    assert_false(l.sendable);
    buf_free(&text);
}

static void check_prepared(enum length_profile profile, const char *text, const char *expected,
                           size_t count)
{
    struct buf out = {0};
    size_t replaced = sms_prepare(text, strlen(text), profile, &out);
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(replaced, count);
    buf_free(&out);
}

static void replaces_what_only_changes_the_look(void **state)
{
    (void)state;
    check_prepared(LENGTH_GSM, "Mo–Fr „Info“ ‚ja‘ »so« – We’re…\u00a0gut\u200b!",
                   "Mo-Fr \"Info\" ,ja' \"so\" - We're... gut!", 12);
    check_prepared(LENGTH_GSM, "STRAẞE\t`x` • 3×4\u2009a\ufeff\u00ad\u2212", "STRASSE 'x' - 3x4 a-",
                   10);
    check_prepared(LENGTH_GSM, "Grüße\r\nvon uns", "Grüße\nvon uns", 0);
    check_prepared(LENGTH_GSM, "", "", 0);
}

static void leaves_the_text_alone_when_unicode_is_needed_anyway(void **state)
{
    (void)state;
    check_prepared(LENGTH_GSM, "안녕 – „x“", "안녕 – „x“", 0);
    check_prepared(LENGTH_GSM, "François – hier", "François – hier", 0);
    check_prepared(LENGTH_GSM, "a\r\n가", "a\n가", 0);
}

static void saves_segments_by_replacing(void **state)
{
    (void)state;
    struct buf text = {0}, out = {0};
    build(&text, (struct run[REPEAT_MAX]){{"a", 136}, {" 8–18 Uhr", 1}});
    struct sms_length before = measure(buf_text(&text), LENGTH_GSM);
    assert_int_equal(before.segments, 3);
    assert_int_equal(sms_prepare(text.data, text.len, LENGTH_GSM, &out), 1);
    struct sms_length after = measure(buf_text(&out), LENGTH_GSM);
    assert_int_equal(after.segments, 1);
    sms_length_free(&before);
    buf_reset(&text);
    buf_reset(&out);
    build(&text, (struct run[REPEAT_MAX]){{"a", 159}, {"…", 1}});
    sms_prepare(text.data, text.len, LENGTH_GSM, &out);
    after = measure(buf_text(&out), LENGTH_GSM);
    assert_int_equal(after.units, 162);
    assert_int_equal(after.segments, 2);
    buf_free(&text);
    buf_free(&out);
}

struct korean_case {
    struct run runs[REPEAT_MAX];
    size_t bytes;
    bool lms, sendable;
};

static void counts_korean_bytes(void **state)
{
    (void)state;
    static const struct korean_case cases[] = {
        {{{"", 1}}, 0, false, true},
        {{{"가", 45}}, 90, false, true},
        {{{"a", 90}}, 90, false, true},
        {{{"가", 45}, {"a", 1}}, 91, true, true},
        {{{"a", 91}}, 91, true, true},
        {{{"가", 1000}}, 2000, true, true},
        {{{"가", 1000}, {"a", 1}}, 2001, true, false},
        {{{"가\n", 10}}, 30, false, true},
        {{{"가\r\n", 10}}, 30, false, true},
        {{{"[예시상점] 배송이 하루 늦어져 죄송합니다. 새 도착일: 11월 12일. 문의 02-123-4567", 1}},
         80,
         false,
         true},
        {{{"“”‘’…·―①♥★®™°×½²ß㎡℃《》【】～€ㆍ", 1}}, 52, false, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int p = LENGTH_EUC_KR; p <= LENGTH_CP949; p++) {
            struct buf text = {0};
            build(&text, cases[i].runs);
            struct sms_length l = measure(buf_text(&text), (enum length_profile)p);
            if (l.units != cases[i].bytes || l.lms != cases[i].lms ||
                l.sendable != cases[i].sendable)
                fail_msg("row %zu %s: %zu bytes%s, %zu offenders (first U+%04X)", i,
                         sms_encoding_name(l.encoding), l.units, l.lms ? ", lms" : "",
                         l.offender_count, l.offender_count > 0 ? l.offenders[0].code_point : 0);
            assert_int_equal(l.segments, cases[i].sendable ? 1 : 0);
            sms_length_free(&l);
            buf_free(&text);
        }
    }
}

static void tells_strict_euc_kr_from_cp949(void **state)
{
    (void)state;
    struct sms_length strict = measure("뷁똠펲쨰", LENGTH_EUC_KR);
    assert_int_equal(strict.encoding, SMS_EUC_KR);
    assert_int_equal(strict.offender_count, 4);
    assert_false(strict.sendable);
    assert_int_equal(strict.segments, 0);
    sms_length_free(&strict);
    struct sms_length wide = measure("뷁똠펲쨰", LENGTH_CP949);
    assert_int_equal(wide.encoding, SMS_CP949);
    assert_int_equal(wide.units, 8);
    assert_true(wide.sendable);
}

static void names_what_a_korean_gateway_cannot_write(void **state)
{
    (void)state;
    static const char *const wrong[] = {"ä", "ö", "ü", "é",  "–",  "—",      "„",      "•",
                                        "©", "😀", "⋅", "・", "〜", "\u00a0", "\u2003", "\u200b"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        for (int p = LENGTH_EUC_KR; p <= LENGTH_CP949; p++) {
            struct buf text = {0};
            buf_printf(&text, "가%s나", wrong[i]);
            struct sms_length l = measure(buf_text(&text), (enum length_profile)p);
            if (l.offender_count != 1 || l.sendable || l.offenders[0].position != 1)
                fail_msg("%s in %s: %zu offenders", wrong[i], sms_encoding_name(l.encoding),
                         l.offender_count);
            sms_length_free(&l);
            buf_free(&text);
        }
    }
}

static void brings_text_into_korean_shape(void **state)
{
    (void)state;
    for (int p = LENGTH_EUC_KR; p <= LENGTH_CP949; p++) {
        enum length_profile profile = (enum length_profile)p;
        check_prepared(profile, "가–나—다 „라“ • ₩5,000\u00a0원\u200b ⋅・〜",
                       "가-나-다 “라“ · 원5,000 원 ··~", 10);
        /* what it has no replacement for stays, and is named when it is measured */
        check_prepared(profile, "Müller – 님", "Müller - 님", 1);
        check_prepared(profile, "“그대로” ‘두기’ … ×", "“그대로” ‘두기’ … ×", 0);
        check_prepared(profile, "가\r\n나", "가\n나", 0);
    }
}

static void check_level(enum transliteration level, const char *text, const char *expected)
{
    const struct gateway g = {.transliterate = level};
    struct buf out = {0};
    sms_prepare_for(text, strlen(text), &g, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void takes_accents_away_only_where_that_was_asked_for(void **state)
{
    (void)state;
    check_level(TRANSLITERATE_ACCENTS, "Ángel Façade ćwikła œuvre", "Angel Facade cwikla oeuvre");
    check_level(TRANSLITERATE_ACCENTS, "Grüße, Ñandú – Ærø", "Grüße, Ñandu - Ærø");
    check_level(TRANSLITERATE_ACCENTS, "Ça va? 안녕", "Ça va? 안녕");
    check_level(TRANSLITERATE_ACCENTS, "Привет á", "Привет á");
    check_level(TRANSLITERATE_SAFE, "Ángel", "Ángel");
    check_level(TRANSLITERATE_OFF, "Mo–Fr „x“", "Mo–Fr „x“");
}

static void counts_korean_bytes_against_the_limits_of_the_gateway(void **state)
{
    (void)state;
    static const char text[] = "가나다라마바사아자차"; /* 20 bytes */
    const struct gateway narrow = {.profile = LENGTH_EUC_KR, .sms_bytes = 18, .lms_bytes = 19};
    const struct gateway wide = {.profile = LENGTH_EUC_KR, .sms_bytes = 20, .lms_bytes = 30};
    struct sms_length l;
    sms_measure_for(text, strlen(text), &narrow, &l);
    assert_true(l.lms);
    assert_false(l.sendable);
    sms_length_free(&l);
    sms_measure_for(text, strlen(text), &wide, &l);
    assert_false(l.lms);
    assert_true(l.sendable);
    sms_length_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_segments_of_gsm7_text),
        cmocka_unit_test(counts_segments_of_ucs2_text),
        cmocka_unit_test(knows_the_whole_gsm7_alphabet),
        cmocka_unit_test(names_what_forces_unicode),
        cmocka_unit_test(normalises_before_it_counts),
        cmocka_unit_test(refuses_more_parts_than_the_header_can_count),
        cmocka_unit_test(replaces_what_only_changes_the_look),
        cmocka_unit_test(leaves_the_text_alone_when_unicode_is_needed_anyway),
        cmocka_unit_test(saves_segments_by_replacing),
        cmocka_unit_test(counts_korean_bytes),
        cmocka_unit_test(tells_strict_euc_kr_from_cp949),
        cmocka_unit_test(names_what_a_korean_gateway_cannot_write),
        cmocka_unit_test(takes_accents_away_only_where_that_was_asked_for),
        cmocka_unit_test(counts_korean_bytes_against_the_limits_of_the_gateway),
        cmocka_unit_test(brings_text_into_korean_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
