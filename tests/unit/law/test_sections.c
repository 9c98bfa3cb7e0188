#include "law/sections.h"

#include "law/example.h"

static void put(void *context, const struct law_section *s)
{
    buf_printf(context, "%s:%s ", s->section, s->rule);
}

static void names_each_rule_that_asks_for_a_section(void **state)
{
    static const struct {
        const char *ruleset;
        enum notice_kind kind;
        const char *sections;
    } rows[] = {
        {"eu-gdpr-34", NOTICE_CONFIRMED,
         "nature:EU1 contact:EU2 consequences:EU3 measures:EU4 self_help:EU5 "},
        {"eu-gdpr-34", NOTICE_ALL_CLEAR, ""},
        {"kr-pipa-34-1", NOTICE_CONFIRMED,
         "data:KR1 course:KR2 self_help:KR3 measures:KR4 remedy:KR4 contact:KR5 rights:KR6 "},
        {"kr-pipa-34-2", NOTICE_POSSIBILITY,
         "data:KP1 data:KP1 course:KP2 course:KP2 self_help:KP3 measures:KP3 remedy:KP3 "
         "contact:KP3 follow_up:KP4 "},
        {"us-ca", NOTICE_CONFIRMED, ""},
        {"no-such-set", NOTICE_CONFIRMED, ""},
    };
    struct law *law = load_shipped_law();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf found = {0};
        law_each_section(law, rows[i].ruleset, rows[i].kind, put, &found);
        assert_string_equal(buf_text(&found), rows[i].sections);
        buf_free(&found);
    }
    law_free(law);
}

static void knows_what_kinds_of_notices_a_set_is_about(void **state)
{
    struct law *law = load_shipped_law();
    (void)state;
    assert_true(law_admits_kind(law, "kr-pipa-34-1", NOTICE_CONFIRMED));
    assert_false(law_admits_kind(law, "kr-pipa-34-1", NOTICE_POSSIBILITY));
    assert_true(law_admits_kind(law, "kr-pipa-34-2", NOTICE_ALL_CLEAR));
    assert_true(law_admits_kind(law, "eu-gdpr-34", NOTICE_POSSIBILITY)); /* says nothing of kinds */
    assert_false(law_admits_kind(law, "no-such-set", NOTICE_CONFIRMED));
    law_free(law);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_each_rule_that_asks_for_a_section),
        cmocka_unit_test(knows_what_kinds_of_notices_a_set_is_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
