#include "render/code_memo.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <jansson.h>

#include "render/expression.h"

static const struct expression date, number;
/* Only their addresses are looked at. */
static char german, korean;

static const struct formatter *formatter(char *of)
{
    return (const struct formatter *)(void *)of;
}

static void keep(struct code_memo *memo, const struct expression *e, json_t *value,
                 const char *words)
{
    struct buf text = {0};
    buf_puts(&text, words);
    code_memo_keep(memo, e, value, &text);
    buf_free(&text);
}

static const char *find(const struct code_memo *memo, const struct expression *e, json_t *value)
{
    const struct buf *found = code_memo_find(memo, e, value);
    return found != NULL ? buf_text(found) : "";
}

static void a_text_is_known_in_the_next_message_too(void **state)
{
    (void)state;
    struct code_memo *memo = code_memo_new();
    json_t *first = json_string("2025-09-01"), *second = json_string("2025-09-01"),
           *other = json_string("2025-09-02");
    code_memo_begin(memo, formatter(&german), "Europe/Berlin");
    assert_string_equal(find(memo, &date, first), "");
    keep(memo, &date, first, "1. September 2025");
    code_memo_begin(memo, formatter(&german), "Europe/Berlin");
    assert_string_equal(find(memo, &date, second), "1. September 2025");
    assert_string_equal(find(memo, &date, other), "");
    assert_string_equal(find(memo, &number, second), "");
    json_decref(first);
    json_decref(second);
    json_decref(other);
    code_memo_free(memo);
}

static void another_language_or_zone_is_another_text(void **state)
{
    (void)state;
    struct code_memo *memo = code_memo_new();
    json_t *value = json_string("2025-09-01T00:30:00Z");
    code_memo_begin(memo, formatter(&german), "Europe/Berlin");
    keep(memo, &date, value, "02:30 Uhr");
    code_memo_begin(memo, formatter(&german), "Asia/Seoul");
    assert_string_equal(find(memo, &date, value), "");
    code_memo_begin(memo, formatter(&german), NULL);
    assert_string_equal(find(memo, &date, value), "");
    code_memo_begin(memo, formatter(&korean), "Europe/Berlin");
    assert_string_equal(find(memo, &date, value), "");
    code_memo_begin(memo, formatter(&german), "Europe/Berlin");
    assert_string_equal(find(memo, &date, value), "02:30 Uhr");
    json_decref(value);
    code_memo_free(memo);
}

static void a_number_and_a_text_of_the_same_look_differ(void **state)
{
    (void)state;
    struct code_memo *memo = code_memo_new();
    json_t *text = json_string("7"), *whole = json_integer(7), *seven = json_integer(7);
    code_memo_begin(memo, formatter(&german), NULL);
    keep(memo, &number, whole, "seven");
    assert_string_equal(find(memo, &number, text), "");
    assert_string_equal(find(memo, &number, seven), "seven");
    json_decref(text);
    json_decref(whole);
    json_decref(seven);
    code_memo_free(memo);
}

static void a_list_is_known_in_its_message_only(void **state)
{
    (void)state;
    struct code_memo *memo = code_memo_new();
    json_t *list = json_pack("[s, s]", "a", "b");
    code_memo_begin(memo, formatter(&german), NULL);
    keep(memo, &date, list, "a und b");
    assert_string_equal(find(memo, &date, list), "a und b");
    code_memo_begin(memo, formatter(&german), NULL);
    assert_string_equal(find(memo, &date, list), "");
    json_decref(list);
    code_memo_free(memo);
}

static void a_million_values_need_no_more_room_than_a_few(void **state)
{
    (void)state;
    struct code_memo *memo = code_memo_new();
    code_memo_begin(memo, formatter(&german), NULL);
    for (int i = 0; i < 100000; i++) {
        char words[16];
        json_t *value = json_integer(i);
        snprintf(words, sizeof(words), "%d", i);
        keep(memo, &number, value, words);
        assert_string_equal(find(memo, &number, value), words);
        json_decref(value);
    }
    size_t known = 0;
    for (int i = 0; i < 100000; i++) {
        json_t *value = json_integer(i);
        known += code_memo_find(memo, &number, value) != NULL;
        json_decref(value);
    }
    assert_in_range(known, 100, 1000);
    code_memo_free(memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_known_in_the_next_message_too),
        cmocka_unit_test(another_language_or_zone_is_another_text),
        cmocka_unit_test(a_number_and_a_text_of_the_same_look_differ),
        cmocka_unit_test(a_list_is_known_in_its_message_only),
        cmocka_unit_test(a_million_values_need_no_more_room_than_a_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
