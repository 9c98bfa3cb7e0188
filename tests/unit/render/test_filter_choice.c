#include "render/filter_backend.h"

#include "shipped_locales.h"

static void chooses_words_by_a_value(void **state)
{
    (void)state;
    static const char kunde[] = "Kund{{x | select:female=in, male=e, other=schaft}}";
    CHECK_FILLED({"de", kunde, "\"female\"", "Kundin"}, {"de", kunde, "\"male\"", "Kunde"},
                 {"de", kunde, "\"neutral\"", "Kundschaft"}, {"de", kunde, "\"\"", "Kundschaft"},
                 {"de", "{{x | select:true=ja, false=nein}}", "true", "ja"},
                 {"de", "{{x | select:true=ja, false=nein}}", "false", "nein"},
                 {"de", "{{x | select:3=drei, other=mehr}}", "3", "drei"},
                 {NULL, "{{x | select:a=1, other=2}}", "\"b\"", "2"});
}

static void words_may_hold_commas_blanks_and_particles(void **state)
{
    (void)state;
    CHECK_FILLED(
        {"de", "{{x | select: a = eins, zwei und drei , other=-}}", "\"a\"",
         "t:1:1: the filter \"select\" does not know \"a = eins, zwei und drei , other=-\": Words "
         "chosen by the value: select:female=Kundin, male=Kunde, other=Kundschaft. Without other "
         "only true=..., false=... is enough."},
        {"de", "{{x | select:a=eins, zwei und drei , other=-}}", "\"a\"", "eins, zwei und drei"},
        {"de", "{{x | select:a=, other=x = y, z}}", "\"a\"", ""},
        {"de", "{{x | select:a=, other=x = y, z}}", "\"b\"", "x = y, z"},
        {"de", "{{x | select:\"a=1|2, other=3\"}}", "\"a\"", "1|2"},
        {"ko", "{{x | select:confirmed=확인, other=추정 | josa:을/를}}", "\"confirmed\"",
         "확인을"});
}

static void needs_a_way_out(void **state)
{
    (void)state;
    assert_true(filter_select_ok("a=1, other=2"));
    assert_true(filter_select_ok("true=1, false=2"));
    assert_false(filter_select_ok("a=1, b=2"));
    assert_false(filter_select_ok("true=1"));
    assert_false(filter_select_ok("a=1, a=2, other=3"));
    assert_false(filter_select_ok("female, male"));
    assert_false(filter_select_ok(""));
    assert_false(filter_select_ok(NULL));
    CHECK_FILLED(
        {"de", "{{x | select:true=1, false=2}}", "\"x\"",
         "t:1:1: {{x | select}}: select has no choice for this value and no other=..., got "
         "\"x\""},
        {"de", "{{x | select:a=1, other=2}}", "[1]",
         "t:1:1: {{x | select}}: it is a list; write {{name | list}} or put it in a section"});
}

static void chooses_words_by_a_number(void **state)
{
    (void)state;
    static const char records[] = "{{x | plural:one=# Datensatz, other=# Datensätze}}";
    CHECK_FILLED({"de", records, "1", "1 Datensatz"}, {"de", records, "2", "2 Datensätze"},
                 {"de", records, "0", "0 Datensätze"}, {"de", records, "1000", "1.000 Datensätze"},
                 {"de", records, "1.5", "1,5 Datensätze"},
                 {"de-CH", records, "1000", "1’000 Datensätze"},
                 {"en", "{{x | plural:one=record, other=records}}", "1", "record"},
                 {"en", "{{x | plural:one=record, other=records}}", "21", "records"},
                 {"en", "{{x | plural:0=none, one=one, other=#}}", "0", "none"},
                 {"en", "{{x | plural:0=none, 12=a dozen, one=one, other=#}}", "12", "a dozen"},
                 {"ko", "{{x | plural:other=#건 | josa:이/가}}", "1", "1건이"},
                 {"ko", "{{x | plural:one=하나, other=여럿}}", "1", "여럿"});
}

static void knows_the_classes_of_numbers(void **state)
{
    (void)state;
    assert_true(filter_plural_ok("one=a, other=b"));
    assert_false(filter_plural_ok("one=a"));
    assert_false(filter_plural_ok("ones=a, other=b"));
    assert_false(filter_plural_ok(NULL));
    CHECK_FILLED(
        {"de", "{{x | plural:other=b}}", "\"1\"",
         "t:1:1: {{x | plural}}: plural needs a number, without quotation marks, got \"1\""},
        {NULL, "{{x | plural:other=b}}", "1",
         "t:1:1: {{x | plural}}: plural needs to know the reader's language; it works in "
         "letters only"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_words_by_a_value),
        cmocka_unit_test(words_may_hold_commas_blanks_and_particles),
        cmocka_unit_test(needs_a_way_out),
        cmocka_unit_test(chooses_words_by_a_number),
        cmocka_unit_test(knows_the_classes_of_numbers),
    };
    return cmocka_run_group_tests(tests, open_shipped, close_shipped);
}
