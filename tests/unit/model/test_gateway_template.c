#include "model/gateway_template.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

static void every_name_and_filter_has_its_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < GATEWAY_NAMES; i++) {
        enum gateway_name name;
        assert_non_null(gateway_names[i]);
        assert_true(gateway_name_parse(gateway_names[i], &name));
        assert_int_equal(name, i);
    }
    for (size_t i = 0; i < GATEWAY_FILTERS; i++) {
        enum gateway_filter filter;
        assert_non_null(gateway_filters[i]);
        assert_true(gateway_filter_parse(gateway_filters[i], &filter));
        assert_int_equal(filter, i);
    }
}

static void knows_no_other_word(void **state)
{
    (void)state;
    static const char *const words[] = {"", "tex", "texts", "TEXT", "password"};
    enum gateway_name name;
    enum gateway_filter filter;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        assert_false(gateway_name_parse(words[i], &name));
        assert_false(gateway_filter_parse(words[i], &filter));
    }
}

static void knows_all_values_of_some_names(void **state)
{
    (void)state;
    assert_null(gateway_name_words(GATEWAY_NAME_TEXT, LENGTH_GSM));
    assert_string_equal(gateway_name_words(GATEWAY_NAME_ENC, LENGTH_GSM)[1], "ucs2");
    assert_string_equal(gateway_name_words(GATEWAY_NAME_ENC, LENGTH_CP949)[0], "cp949");
    assert_null(gateway_name_words(GATEWAY_NAME_ENC, LENGTH_CP949)[1]);
    assert_string_equal(gateway_name_words(GATEWAY_NAME_KR_TYPE_PURPOSE, LENGTH_GSM)[5], "LMS/ad");
    enum gateway_filter filter;
    assert_true(gateway_filter_parse("map:ton", &filter));
    assert_int_equal(filter, GATEWAY_FILTER_MAP);
    assert_string_equal(gateway_filter_map("map:ton"), "ton");
}

static void takes_a_tag_apart(void **state)
{
    (void)state;
    static const char template[] = "a={{ to.e164 }}&b={{text|utf16be | hex}}.";
    struct gateway_tag tag;
    assert_int_equal(gateway_tag_next(template, &tag), 1);
    assert_int_equal(tag.start - template, 2);
    assert_int_equal(tag.end - template, 15);
    assert_string_equal(tag.name, "to.e164");
    assert_int_equal(tag.filter_count, 0);
    const char *rest = tag.end;
    gateway_tag_free(&tag);
    assert_int_equal(gateway_tag_next(rest, &tag), 1);
    assert_string_equal(tag.name, "text");
    assert_int_equal(tag.filter_count, 2);
    assert_string_equal(tag.filters[0], "utf16be");
    assert_string_equal(tag.filters[1], "hex");
    rest = tag.end;
    gateway_tag_free(&tag);
    assert_string_equal(rest, ".");
    assert_int_equal(gateway_tag_next(rest, &tag), 0);
}

static void keeps_empty_words_for_who_complains(void **state)
{
    (void)state;
    struct gateway_tag tag;
    assert_int_equal(gateway_tag_next("{{}}", &tag), 1);
    assert_string_equal(tag.name, "");
    assert_int_equal(tag.filter_count, 0);
    gateway_tag_free(&tag);
    assert_int_equal(gateway_tag_next("{{text|}}", &tag), 1);
    assert_int_equal(tag.filter_count, 1);
    assert_string_equal(tag.filters[0], "");
    gateway_tag_free(&tag);
}

static void wants_every_tag_closed(void **state)
{
    (void)state;
    static const char *const open[] = {"{{", "{{text", "{{text}", "}} {{text } }", "{{}"};
    struct gateway_tag tag;
    for (size_t i = 0; i < COUNT_OF(open); i++)
        assert_int_equal(gateway_tag_next(open[i], &tag), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_and_filter_has_its_word),
        cmocka_unit_test(knows_no_other_word),
        cmocka_unit_test(knows_all_values_of_some_names),
        cmocka_unit_test(takes_a_tag_apart),
        cmocka_unit_test(keeps_empty_words_for_who_complains),
        cmocka_unit_test(wants_every_tag_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
