#include "render/filter.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "render/format.h"

static struct locale *locale;
static struct formatter *formatter;

static int open_korean(void **state)
{
    char path[] = "/tmp/test_filter.XXXXXX";
    struct error err;
    int fd = mkstemp(path);
    (void)state;
    dprintf(fd, "ko:\n  name: x\n  closing: x\n  salutation: {named: x, anonymous: x}\n"
                "  zone: Asia/Seoul\n  josa: {units: {℃: 도}}\n");
    close(fd);
    int rc = locale_load(path, NULL, &locale, &err);
    unlink(path);
    return rc != 0 ? rc : formatter_open(locale, NULL, &formatter, &err);
}

static int close_korean(void **state)
{
    (void)state;
    formatter_close(formatter);
    locale_free(locale);
    return 0;
}

/* A value from JSON text ("null" for null, NULL for a missing name) through "name" or
 * "name:argument", one by one. */
static int run(const char *json, const char *const *chain, struct formatter *with, struct buf *out,
               bool *out_present, struct error *err)
{
    json_t *parsed = json != NULL ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
    struct filter_value value = {.json = parsed, .present = json != NULL};
    int rc = 0;
    assert_true(json == NULL || parsed != NULL);
    for (; *chain != NULL && rc == 0; chain++) {
        char name[32] = "";
        size_t length = strcspn(*chain, ":");
        const char *argument = (*chain)[length] == ':' ? *chain + length + 1 : NULL;
        memcpy(name, *chain, length);
        const struct filter *filter = filter_find(name);
        assert_non_null(filter);
        rc = filter->apply(&value, argument, with, err);
    }
    if (rc == 0)
        rc = filter_put_plain(&value, out, err);
    *out_present = value.present;
    buf_free(&value.text);
    json_decref(parsed);
    return rc;
}

#define CHAIN(...) ((const char *const[]){__VA_ARGS__, NULL})

static void gives(const char *json, const char *const *chain, const char *expected)
{
    struct buf out = {0};
    struct error err = {0};
    bool present;
    if (run(json, chain, formatter, &out, &present, &err) != 0)
        fail_msg("%s: %s", json, err.text);
    assert_string_equal(buf_text(&out), expected);
    assert_true(present);
    buf_free(&out);
}

static void refuses(const char *json, const char *const *chain, const char *sentence)
{
    struct buf out = {0};
    struct error err = {0};
    bool present;
    assert_int_equal(run(json, chain, formatter, &out, &present, &err), ERR_INPUT);
    assert_string_equal(err.text, sentence);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void stays_absent(const char *json, const char *const *chain)
{
    struct buf out = {0};
    struct error err = {0};
    bool present;
    assert_int_equal(run(json, chain, formatter, &out, &present, &err), 0);
    assert_int_equal(out.len, 0);
    if (json == NULL)
        assert_false(present);
    buf_free(&out);
}

static void writes_values_as_they_are(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    gives("\"a \\\"b\\\" 가\"", none, "a \"b\" 가");
    gives("2970000", none, "2970000");
    gives("-1", none, "-1");
    gives("1.21", none, "1.21");
    gives("0.1", none, "0.1");
    gives("2.0", none, "2");
    gives("0.30000000000000004", none, "0.30000000000000004");
    gives("true", none, "true");
    gives("false", none, "false");
    gives("null", none, "");
    refuses("[1]", none, "it is a list; write {{name | list}} or put it in a section");
    refuses("{}", none, "it is an object; name one of its members, like {{name.member}}");
}

static void formats_dates(void **state)
{
    (void)state;
    gives("\"2025-09-01\"", CHAIN("date"), "2025년 9월 1일");
    gives("\"2025-09-01\"", CHAIN("date:long"), "2025년 9월 1일");
    gives("\"2025-09-01\"", CHAIN("date:full"), "2025년 9월 1일 월요일");
    gives("\"2025-09-01\"", CHAIN("date:short"), "2025. 9. 1.");
    gives("\"2025-09-01T20:00:00Z\"", CHAIN("date"), "2025년 9월 2일");
    gives("\"2025-09-01T20:00:00+09:00\"", CHAIN("date"), "2025년 9월 1일");
}

static void formats_times(void **state)
{
    (void)state;
    gives("\"2025-09-01T14:30:00+09:00\"", CHAIN("time"), "오후 2시 30분");
    gives("\"2025-09-01T05:30:00Z\"", CHAIN("time"), "오후 2시 30분");
}

static void says_what_a_date_or_time_needs(void **state)
{
    (void)state;
    static const char date_needs[] = "date needs 2025-09-01 or 2025-09-01T10:00:00+09:00, got ";
    static const char time_needs[] = "time needs a moment like 2025-09-01T10:00:00+09:00, got ";
    static const struct {
        const char *json, *shown;
    } bad[] = {{"\"yesterday\"", "\"yesterday\""},
               {"\"2025-9-1\"", "\"2025-9-1\""},
               {"\"2025-09-01T10:00:00\"", "\"2025-09-01T10:00:00\""},
               {"\"2025/09/01\"", "\"2025/09/01\""},
               {"20250901", "20250901"},
               {"true", "true"},
               {"[\"2025-09-01\"]", "[\"2025-09-01\"]"},
               {"\"\"", "\"\""}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char expected[200];
        snprintf(expected, sizeof(expected), "%s%s", date_needs, bad[i].shown);
        refuses(bad[i].json, CHAIN("date"), expected);
        snprintf(expected, sizeof(expected), "%s%s", time_needs, bad[i].shown);
        refuses(bad[i].json, CHAIN("time"), expected);
    }
    refuses("\"2025-09-01\"", CHAIN("time"),
            "time needs a moment like 2025-09-01T10:00:00+09:00, got \"2025-09-01\"");
    refuses("\"2025-02-30\"", CHAIN("date"), "the date 2025-02-30 does not exist");
    refuses("\"2025-09-01\"", CHAIN("date:huge"),
            "date has the styles long, full, short, day-month, month and weekday, not \"huge\"");
}

static void shows_a_long_or_hostile_value_safely(void **state)
{
    (void)state;
    refuses("\"가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가"
            "가가가가가가가가가가가가가가가가가가가가가가\"",
            CHAIN("date"),
            "date needs 2025-09-01 or 2025-09-01T10:00:00+09:00, got "
            "\"가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가가"
            "가가가가가가가가가가가가가가가가가...");
    refuses("\"a\\u001b\\r\\n\\u202eb\"", CHAIN("upper-first", "date"),
            "date needs 2025-09-01 or 2025-09-01T10:00:00+09:00, got "
            "\"A\\u001b\\r\\n\\xe2\\x80\\xaeb\"");
}

static void formats_numbers(void **state)
{
    (void)state;
    gives("2970000", CHAIN("number"), "2,970,000");
    gives("1234.5", CHAIN("number"), "1,234.5");
    gives("2970000", CHAIN("compact"), "297만");
    gives("0", CHAIN("compact"), "0");
    refuses("\"2970000\"", CHAIN("number"),
            "number needs a number like 2970000, without quotation marks, got \"2970000\"");
    gives("2.5", CHAIN("compact"), "2.5");
    refuses("\"2\"", CHAIN("compact"),
            "compact needs a number like 2970000, without quotation marks, got \"2\"");
    refuses("5", CHAIN("number", "number"),
            "number needs a number like 2970000, without quotation marks, got \"5\"");
}

static void joins_lists(void **state)
{
    (void)state;
    gives("[\"이름\"]", CHAIN("list"), "이름");
    gives("[\"이름\", \"주소\"]", CHAIN("list"), "이름 및 주소");
    gives("[\"이름\", 5, \"주소\"]", CHAIN("list"), "이름, 5 및 주소");
    refuses("\"이름\"", CHAIN("list"), "list needs a list like [\"a\", \"b\"], got \"이름\"");
    refuses("[\"a\", [\"b\"]]", CHAIN("list"),
            "list needs a list of texts; one of them is a list, an object or null");
    refuses("[null]", CHAIN("list"),
            "list needs a list of texts; one of them is a list, an object or null");
}

static void appends_the_particle_to_what_came_before(void **state)
{
    (void)state;
    gives("\"은행\"", CHAIN("josa:은/는"), "은행은");
    gives("\"서울\"", CHAIN("josa:으로/로"), "서울로");
    gives("[\"이름\", \"주소\"]", CHAIN("list", "josa:을/를"), "이름 및 주소를");
    gives("2970000", CHAIN("compact", "josa:이/가"), "297만이");
    gives("7", CHAIN("josa:으로/로"), "7로");
    gives("\"36.5 ℃\"", CHAIN("josa:은/는"), "36.5 ℃는");
    gives("\"2025-09-01\"", CHAIN("date", "josa:은/는"), "2025년 9월 1일은");
    gives("\"Google\"", CHAIN("josa:은/는"), "Google은(는)");
    refuses("\"\"", CHAIN("josa:은/는"), "an empty value cannot take the particle 은/는");
    refuses("[1]", CHAIN("josa:은/는"),
            "it is a list; write {{name | list}} or put it in a section");
}

static void puts_a_default_in_place_of_nothing(void **state)
{
    (void)state;
    gives(NULL, CHAIN("default:모름"), "모름");
    gives("null", CHAIN("default:x"), "x");
    gives("\"\"", CHAIN("default:x"), "x");
    gives("[]", CHAIN("default:x"), "x");
    gives(NULL, CHAIN("default:"), "");
    gives("\"a\"", CHAIN("default:x"), "a");
    gives("false", CHAIN("default:x"), "false");
    gives("0", CHAIN("default:x"), "0");
    gives(NULL, CHAIN("date", "default:곧"), "곧");
    gives("null", CHAIN("number", "default:x"), "x");
    gives("[]", CHAIN("list", "default:없음", "josa:이/가"), "없음이");
}

/* A call of any filter of the table: the pair of particles is an argument like any other. */
static const char *call_of(const struct filter *filter, char *out, size_t size)
{
    snprintf(out, size, "%s%s", filter->name, filter->needs_argument ? ":은/는" : "");
    return out;
}

static void passes_nothing_on(void **state)
{
    (void)state;
    size_t count;
    const struct filter *table = filter_table(&count);
    for (size_t i = 0; i < count; i++) {
        char call[64];
        if (strcmp(table[i].name, "default") == 0)
            continue;
        stays_absent(NULL, CHAIN(call_of(&table[i], call, sizeof(call))));
        stays_absent("null", CHAIN(call));
    }
}

static void calls_an_empty_list_absent(void **state)
{
    (void)state;
    struct buf out = {0};
    bool present = true;
    assert_int_equal(run("[]", CHAIN("list"), formatter, &out, &present, NULL), 0);
    assert_false(present);
    buf_free(&out);
}

static void raises_the_first_letter(void **state)
{
    (void)state;
    gives("\"email address\"", CHAIN("upper-first"), "Email address");
    gives("[\"a\", \"b\"]", CHAIN("list", "upper-first"), "A 및 b");
}

static void joins_words_with_spaces_that_do_not_break(void **state)
{
    (void)state;
    gives("\"010 1234 5678\"", CHAIN("nbsp"),
          "010\xc2\xa0"
          "1234\xc2\xa0"
          "5678");
    gives("\"2025-09-01\"", CHAIN("date", "nbsp", "josa:은/는"),
          "2025년\xc2\xa0"
          "9월\xc2\xa0"
          "1일은");
    gives("7", CHAIN("nbsp"), "7");
    refuses("[1]", CHAIN("nbsp"), "it is a list; write {{name | list}} or put it in a section");
}

/* Nothing suits every filter, so the language is the only thing one can miss. */
static void needs_a_language_where_one_matters(void **state)
{
    (void)state;
    size_t count, refused = 0;
    const struct filter *table = filter_table(&count);
    for (size_t i = 0; i < count; i++) {
        char call[64];
        struct buf out = {0};
        struct error err = {0};
        bool present;
        int rc =
            run("null", CHAIN(call_of(&table[i], call, sizeof(call))), NULL, &out, &present, &err);
        if (rc != 0)
            assert_non_null(strstr(err.text, "language"));
        refused += rc != 0 ? 1 : 0;
        buf_free(&out);
    }
    assert_true(refused >= 6); /* date, time, number, compact, list, upper-first */
    struct buf out = {0};
    bool present;
    assert_int_equal(run("\"5%\"", CHAIN("josa:은/는"), NULL, &out, &present, NULL), 0);
    assert_string_equal(buf_text(&out), "5%는");
    buf_free(&out);
}

static void checks_arguments_at_load_time(void **state)
{
    (void)state;
    assert_true(filter_find("josa")->needs_argument);
    assert_true(filter_find("josa")->argument_ok("와/과"));
    assert_false(filter_find("josa")->argument_ok("은/가"));
    assert_true(filter_find("date")->argument_ok("full"));
    assert_true(filter_find("date")->argument_ok(NULL));
    assert_false(filter_find("date")->argument_ok("fulll"));
    assert_true(filter_find("number")->argument_ok("2"));
    assert_false(filter_find("number")->argument_ok("7"));
    assert_false(filter_find("number")->argument_ok("22"));
    assert_true(filter_find("default")->needs_argument);
    assert_null(filter_find("default")->argument_ok);
}

static void finds_filters_by_their_exact_name(void **state)
{
    (void)state;
    size_t count;
    const struct filter *table = filter_table(&count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(filter_find(table[i].name), &table[i]);
        assert_non_null(table[i].summary);
    }
    assert_null(filter_find("Date"));
    assert_null(filter_find("dat"));
    assert_null(filter_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_values_as_they_are),
        cmocka_unit_test(formats_dates),
        cmocka_unit_test(formats_times),
        cmocka_unit_test(says_what_a_date_or_time_needs),
        cmocka_unit_test(shows_a_long_or_hostile_value_safely),
        cmocka_unit_test(formats_numbers),
        cmocka_unit_test(joins_lists),
        cmocka_unit_test(appends_the_particle_to_what_came_before),
        cmocka_unit_test(puts_a_default_in_place_of_nothing),
        cmocka_unit_test(passes_nothing_on),
        cmocka_unit_test(calls_an_empty_list_absent),
        cmocka_unit_test(raises_the_first_letter),
        cmocka_unit_test(joins_words_with_spaces_that_do_not_break),
        cmocka_unit_test(needs_a_language_where_one_matters),
        cmocka_unit_test(checks_arguments_at_load_time),
        cmocka_unit_test(finds_filters_by_their_exact_name),
    };
    return cmocka_run_group_tests(tests, open_korean, close_korean);
}
