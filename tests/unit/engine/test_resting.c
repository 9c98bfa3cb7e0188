#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/resting.h"

#define MINUTE INT64_C(60000)

static bool note(struct resting *r, const char *place, int64_t now_ms, int64_t until_ms)
{
    const struct resting_note n = {.kind = RESTING_HOST,
                                   .transport = "mail",
                                   .place = place,
                                   .reason = "refused",
                                   .until_ms = until_ms};
    return resting_note(r, &n, now_ms);
}

static void assert_put(const struct resting *r, int64_t now_ms, const char *expected)
{
    struct buf out = {0};
    resting_put(r, now_ms, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

#define ENTRY(SINCE, UNTIL)                                                                        \
    ",\"resting\":[{\"kind\":\"host\",\"transport\":\"mail\",\"name\":\"a:25\","                   \
    "\"since\":\"1970-01-01T00:" SINCE ":00.000Z\",\"until\":\"1970-01-01T00:" UNTIL               \
    ":00.000Z\",\"reason\":\"refused\"}]"

static void who_rests_on_has_rested_since_the_first_time(void **state)
{
    (void)state;
    struct resting r = {0};
    assert_true(note(&r, "a:25", MINUTE, 2 * MINUTE));
    assert_put(&r, MINUTE, ENTRY("01", "02"));
    assert_put(&r, 2 * MINUTE, ",\"resting\":[]");
    assert_false(note(&r, "a:25", 5 * MINUTE, 6 * MINUTE)); /* told once */
    assert_put(&r, 5 * MINUTE, ENTRY("01", "06"));
    assert_true(note(&r, "a:25", 20 * MINUTE, 21 * MINUTE));
    assert_put(&r, 20 * MINUTE, ENTRY("20", "21"));
    assert_false(resting_end(&r, RESTING_DESTINATION, "mail", "a:25"));
    assert_int_equal(r.count, 1);
    assert_true(resting_end(&r, RESTING_HOST, "mail", "a:25"));
    assert_put(&r, 20 * MINUTE, ",\"resting\":[]");
    resting_free(&r);
}

static void with_too_many_the_one_that_ends_first_is_forgotten(void **state)
{
    (void)state;
    struct resting r = {0};
    char place[20];
    struct buf out = {0};
    for (int i = 0; i <= RESTING_MAX; i++) {
        snprintf(place, sizeof(place), "h%d:25", i);
        (void)note(&r, place, 0, MINUTE + (i == 7 ? 0 : i + 1));
    }
    assert_int_equal(r.count, RESTING_MAX);
    resting_put(&r, 0, &out);
    assert_null(strstr(buf_text(&out), "\"h7:25\""));
    assert_non_null(strstr(buf_text(&out), "\"h0:25\""));
    assert_non_null(strstr(buf_text(&out), "\"h64:25\""));
    buf_free(&out);
    resting_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_rests_on_has_rested_since_the_first_time),
        cmocka_unit_test(with_too_many_the_one_that_ends_first_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
