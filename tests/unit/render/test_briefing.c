#include "render/briefing.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>

static const struct letter letter = {0};

static void facts_are_known_by_object_language_and_zone(void **state)
{
    (void)state;
    json_t *data = json_object(), *same = json_object();
    struct briefings *b = briefings_new();
    char zone[] = "Asia/Seoul";
    struct briefing_key key = {.letter = &letter, .data = data, .zone = zone};
    assert_null(briefings_find(b, &key));
    struct briefing *known = briefings_add(b, &key, json_object());
    assert_ptr_equal(briefings_find(b, &key), known);
    key.zone = "Asia/Seoul";
    zone[0] = 'X'; /* it has its own copy */
    assert_ptr_equal(briefings_find(b, &key), known);
    key.zone = NULL;
    assert_null(briefings_find(b, &key));
    key.zone = "Asia/Seoul";
    key.data = same;
    assert_null(briefings_find(b, &key));
    key.data = data;
    key.locale = 1;
    assert_null(briefings_find(b, &key));
    briefings_free(b);
    json_decref(data);
    json_decref(same);
}

/* Another object can never stand where one did that is still known. */
static void data_that_is_known_is_held(void **state)
{
    (void)state;
    json_t *data = json_object();
    struct briefings *b = briefings_new();
    struct briefing_key key = {.letter = &letter, .data = data};
    briefings_add(b, &key, json_object());
    assert_int_equal(data->refcount, 2);
    briefings_free(b);
    assert_int_equal(data->refcount, 1);
    json_decref(data);
}

static void what_was_not_asked_for_the_longest_is_forgotten(void **state)
{
    (void)state;
    json_t *first = json_object(), *second = json_object();
    struct briefings *b = briefings_new();
    struct briefing_key a = {.letter = &letter, .data = first},
                        c = {.letter = &letter, .data = second};
    briefings_add(b, &a, json_object());
    assert_null(briefings_find(b, &c));
    briefings_add(b, &c, json_object());
    for (int i = 0; i < 100; i++) {
        json_t *other = json_object();
        struct briefing_key key = {.letter = &letter, .data = other};
        assert_null(briefings_find(b, &key));
        briefings_add(b, &key, json_object());
        json_decref(other);
        assert_non_null(briefings_find(b, &a));
    }
    assert_null(briefings_find(b, &c));
    assert_int_equal(second->refcount, 1);
    briefings_free(b);
    json_decref(first);
    json_decref(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_known_by_object_language_and_zone),
        cmocka_unit_test(data_that_is_known_is_held),
        cmocka_unit_test(what_was_not_asked_for_the_longest_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
