#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "model/json.h"
#include "model/pace.h"

static int read_text(const char *text, struct pace *out, struct error *err)
{
    struct json_t *plan = NULL;
    assert_int_equal(json_parse(text, strlen(text), "plan", 1, 8, &plan, err), 0);
    int rc = pace_read(plan, out, err);
    json_free(plan);
    return rc;
}

static void reads_first_ones_and_waves(void **state)
{
    struct pace p;
    struct error err;
    (void)state;
    assert_int_equal(read_text("{\"canary\":{\"first\":500,\"then\":\"go_on\",\"share\":0.05},"
                               "\"waves\":{\"people\":20000,\"every_ms\":3600000,"
                               "\"hours\":\"09:00-18:00\",\"zone\":\"Europe/Berlin\","
                               "\"days\":[\"mon\",\"fri\"]}}",
                               &p, &err),
                     0);
    assert_int_equal(p.first, 500);
    assert_true(p.go_on);
    assert_true(p.share > 0.049 && p.share < 0.051);
    assert_int_equal(p.patience_ms, PACE_PATIENCE_MS);
    assert_int_equal(p.people, 20000);
    assert_int_equal(p.hours.from_minute, 540);
    assert_int_equal(p.days, 1U << 0 | 1U << 4);
    assert_string_equal(p.zone, "Europe/Berlin");
    assert_true(pace_is_set(&p));
}

static void is_not_set_where_nothing_is_said(void **state)
{
    struct pace p;
    struct error err;
    (void)state;
    assert_int_equal(read_text("{\"canary\":null}", &p, &err), 0);
    assert_false(pace_is_set(&p));
}

static void refuses_what_would_not_do_what_it_says(void **state)
{
    static const char *const bad[] = {
        "{\"canary\":{\"first\":0}}",
        "{\"canary\":{\"first\":5,\"then\":\"stop\"}}",
        "{\"canary\":{\"first\":5,\"share\":2}}",
        "{\"canary\":{\"first\":5,\"share\":\"much\"}}",
        "{\"waves\":{\"people\":5}}",
        "{\"waves\":{\"people\":5,\"every_ms\":1000,\"hours\":\"9-18\"}}",
        "{\"waves\":{\"people\":5,\"every_ms\":1000,\"days\":[\"montag\"]}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pace p;
        struct error err;
        if (read_text(bad[i], &p, &err) != ERR_USAGE)
            fail_msg("%s was taken", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_first_ones_and_waves),
        cmocka_unit_test(is_not_set_where_nothing_is_said),
        cmocka_unit_test(refuses_what_would_not_do_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
