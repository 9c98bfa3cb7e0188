#include "people/cell.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void leaves_nothing_invisible_in_a_cell(void **state)
{
    static const struct {
        const char *raw, *clean;
    } rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"   ", ""},
        {" \t two words \r\n", "two words"},
        {"\u200bkim\u200d@example.org\ufeff", "kim@example.org"},
        {"\u202akim@example.org\u202c", "kim@example.org"},
        {"\u00a0Kim\u00a0Minjun\u202f", "Kim Minjun"},
        {"one\r\ntwo\rthree", "one\ntwo\rthree"},
        {"Mu\u0308ller", "M\u00fcller"},
        {"\u1100\u1175\u11b7\u1106\u1175\u11ab\u110c\u116e\u11ab", "\uae40\ubbfc\uc900"},
        {"\u200b", ""},
        {"Stra\u00dfe \U0001f600", "Stra\u00dfe \U0001f600"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out = {0};
        cell_clean(rows[i].raw, strlen(rows[i].raw), &out);
        assert_string_equal(buf_text(&out), rows[i].clean);
        buf_free(&out);
    }
}

/* `json` NULL: it cannot be read so. */
struct sample {
    const char *text, *json;
};

static void must_put(enum cell_kind kind, bool comma, const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out = {0};
        struct cell_fault fault = {0};
        buf_puts(&out, "x");
        bool good = cell_put_json(&out, kind, samples[i].text, comma, &fault);
        if (good != (samples[i].json != NULL))
            fail_msg("\"%s\" was %s", samples[i].text, good ? "read" : "refused");
        assert_string_equal(out.data + 1, good ? samples[i].json : "");
        if (!good)
            assert_true(fault.problem != NULL && fault.mend != NULL);
        buf_free(&out);
    }
}

static void writes_what_each_variable_wants(void **state)
{
    static const struct sample texts[] = {{"a \"b\"\n", "\"a \\\"b\\\"\\n\""}, {"12", "\"12\""}};
    static const struct sample integers[] = {{"0", "0"},
                                             {"-7", "-7"},
                                             {"007", "7"},
                                             {"1.234", NULL},
                                             {"1,5", NULL},
                                             {"12 ", NULL},
                                             {"1e3", NULL},
                                             {"+1", NULL},
                                             {"0x10", NULL},
                                             {"٣", NULL},
                                             {"99999999999999999999", NULL}};
    static const struct sample booleans[] = {
        {"true", "true"}, {"FALSE", "false"}, {"WAHR", "true"}, {"Falsch", "false"},
        {"참", "true"},   {"1", NULL},        {"yes", NULL}};
    static const struct sample lists[] = {{"a", "[\"a\"]"},
                                          {"a; b |c", "[\"a\",\"b\",\"c\"]"},
                                          {"a\nb\n", "[\"a\",\"b\"]"},
                                          {";;", "[]"},
                                          {"a, b", "[\"a, b\"]"}};
    static const struct sample amounts[] = {
        {"50000 KRW", "{\"amount\":50000,\"currency\":\"KRW\"}"},
        {"EUR 12.50", "{\"amount\":12.50,\"currency\":\"EUR\"}"},
        {"50000", NULL},
        {"KRW", NULL},
        {"50,000 KRW", NULL},
        {"50000 Won", NULL},
        {"50000 KRWS", NULL},
    };
    (void)state;
    must_put(CELL_TEXT, false, texts, COUNT_OF(texts));
    must_put(CELL_INTEGER, true, integers, COUNT_OF(integers));
    must_put(CELL_MONEY, false, amounts, COUNT_OF(amounts));
    must_put(CELL_BOOLEAN, false, booleans, COUNT_OF(booleans));
    must_put(CELL_LIST, false, lists, COUNT_OF(lists));
}

static void reads_a_decimal_comma_only_where_it_can_be_one(void **state)
{
    static const struct sample english[] = {{"1234.5", "1234.5"}, {"1234,5", NULL}, {"7", "7"}};
    static const struct sample german[] = {
        {"1234,5", "1234.5"}, {"1234.5", "1234.5"}, {"-0,50", "-0.50"}, {"007,5", "7.5"},
        {"1.234,5", NULL},    {"1,", NULL},         {",5", NULL},       {"-", NULL},
        {"1e5", NULL},        {"nan", NULL},        {"1,2,3", NULL}};
    (void)state;
    must_put(CELL_NUMBER, false, english, COUNT_OF(english));
    must_put(CELL_NUMBER, true, german, COUNT_OF(german));
}

/* What says more than one thing is left for the check to refuse. */
static void understands_dates_that_can_mean_one_day_only(void **state)
{
    static const struct sample dates[] = {{"2026-11-24", "\"2026-11-24\""},
                                          {"24.11.2026", "\"2026-11-24\""},
                                          {"1.2.2026", "\"2026-02-01\""},
                                          {"2026. 11. 24.", "\"2026-11-24\""},
                                          {"2026.1.2", "\"2026-01-02\""},
                                          {"11/24/2026", "\"11/24/2026\""},
                                          {"24.11.26", "\"24.11.26\""},
                                          {"24.11.", "\"24.11.\""},
                                          {"1.2.3.2026", "\"1.2.3.2026\""},
                                          {"24.11.20267", "\"24.11.20267\""},
                                          {"2026-11-24T10:00:00.5Z", "\"2026-11-24T10:00:00.5Z\""}};
    (void)state;
    must_put(CELL_DATE, false, dates, COUNT_OF(dates));
}

static void knows_a_number_that_became_a_power_of_ten(void **state)
{
    static const char *const powers[] = {"4,91510E+12", "4.9151E+12", "+4,9E+12", "8E+11",
                                         "4,9e+12"};
    static const char *const others[] = {"",      "+4915112345678", "4.9151",   "E+12",   "12E",
                                         "4E12x", "4,9E+",          "1.2.3E+4", "A4E+12", "4E-3"};
    struct cell_fault fault;
    struct buf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(powers); i++)
        assert_true(cell_is_power_of_ten(powers[i]));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(cell_is_power_of_ten(others[i]));
    assert_false(cell_put_json(&out, CELL_INTEGER, "4,9E+12", true, &fault));
    assert_string_equal(fault.problem, cell_power_of_ten.problem);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_nothing_invisible_in_a_cell),
        cmocka_unit_test(knows_a_number_that_became_a_power_of_ten),
        cmocka_unit_test(writes_what_each_variable_wants),
        cmocka_unit_test(reads_a_decimal_comma_only_where_it_can_be_one),
        cmocka_unit_test(understands_dates_that_can_mean_one_day_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
