#include "render/numbers.h"

#include "shipped_locales.h"

static struct numbers *numbers_of(const char *tag)
{
    return formatter_numbers(shipped_formatters[shipped_find(tag)]);
}

static void sums(const char *tag, struct quantity value, const char *currency,
                 enum money_style style, const char *expected)
{
    struct buf out = {0};
    struct error err = {0};
    if (numbers_put_money(numbers_of(tag), &value, currency, style, &out, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

/* More currencies than are kept, asked for twice: what is given up is opened again. */
static void many_currencies_take_turns(void **state)
{
    (void)state;
    static const char *const codes[] = {"CHF", "SEK", "NOK", "DKK", "PLN", "CZK",
                                        "HUF", "AUD", "CAD", "NZD", "CNY", "THB"};
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
            char expected[32];
            snprintf(expected, sizeof expected, "7\xc2\xa0%s", codes[i]);
            sums("de", (struct quantity){.whole = true, .integer = 7}, codes[i], MONEY_DIGITS,
                 expected);
        }
    }
}

static void the_ends_of_the_numbers_hold(void **state)
{
    (void)state;
    sums("ko", (struct quantity){.whole = true, .integer = INT64_MAX}, "KRW", MONEY_COMPACT,
         "922경 3,372조 368억 5,477만 5,807원");
    sums("ko", (struct quantity){.whole = true, .integer = INT64_MIN}, "KRW", MONEY_COMPACT,
         "-922경 3,372조 368억 5,477만 5,807원");
    sums("ko", (struct quantity){.whole = true}, "KRW", MONEY_COMPACT, "0원");
    sums("de", (struct quantity){.real = 0.005}, "EUR", MONEY_DIGITS, "0,01\xc2\xa0€");
    sums("de", (struct quantity){.real = 1e15}, "EUR", MONEY_COMPACT, "1.000 Billionen Euro");
    sums("ko", (struct quantity){.real = 1e15}, "KRW", MONEY_COMPACT, "1,000조 원");
}

static void classes(const char *tag, struct quantity value, const char *expected)
{
    char class[NUMBERS_PLURAL_SIZE];
    struct error err = {0};
    assert_int_equal(numbers_plural(numbers_of(tag), &value, class, &err), 0);
    assert_string_equal(class, expected);
}

static void plural_classes_are_those_of_cldr(void **state)
{
    (void)state;
    classes("de", (struct quantity){.whole = true, .integer = 1}, "one");
    classes("de", (struct quantity){.whole = true, .integer = 0}, "other");
    classes("en", (struct quantity){.whole = true, .integer = 1}, "one");
    classes("en", (struct quantity){.real = 1.5}, "other");
    classes("ko", (struct quantity){.whole = true, .integer = 1}, "other");
}

/* The same bytes each time, whatever was asked in between. */
static void output_is_the_same_each_time(void **state)
{
    (void)state;
    static const char text[] = "{{x | currency:KRW}} {{x | compact}} {{x | number:2}}";
    char *first = fill("de", text, "2970000");
    for (int i = 0; i < 3; i++) {
        free(fill("de-CH", text, "1"));
        free(fill("ko", text, "99999999"));
        char *again = fill("de", text, "2970000");
        assert_string_equal(first, again);
        free(again);
    }
    free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_currencies_take_turns),
        cmocka_unit_test(the_ends_of_the_numbers_hold),
        cmocka_unit_test(plural_classes_are_those_of_cldr),
        cmocka_unit_test(output_is_the_same_each_time),
    };
    return cmocka_run_group_tests(tests, open_shipped, close_shipped);
}
