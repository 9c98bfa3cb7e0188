#include "policy/halt.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/attributes.h"

static const struct halt_rule general = {.set = true, .failures = 500, .share = 0.05};
static const struct halt_rule unsaid = {0};

static bool decide(const struct halt_rule *own, int64_t delivered, int64_t failed,
                   int64_t uncertain)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES] = {0};
    counts[CHANNEL_EMAIL][DELIVERY_DELIVERED] = delivered;
    counts[CHANNEL_EMAIL][DELIVERY_FAILED] = failed;
    counts[CHANNEL_SMS][DELIVERY_UNCERTAIN] = uncertain;
    return halt_decide(own, &general, counts, 0);
}

static void it_takes_number_and_share(void **state)
{
    (void)state;
    static const struct {
        int64_t delivered, failed, uncertain;
        bool halts;
    } rows[] = {
        {0, 0, 0, false},           {7, 3, 0, false}, /* three bad addresses of ten */
        {0, 499, 0, false},                           /* all of them, but few */
        {0, 500, 0, true},                            /* number and share */
        {9500, 500, 0, true},                         /* exactly a twentieth */
        {9501, 500, 0, false},                        /* a little less */
        {6500000, 1000, 0, false},                    /* a thousand of six million */
        {6500000, 400000, 0, true},                   /* many, and many of them */
        {1000, 250, 250, true}, /* uncertain ones are failures, on every channel */
        {1000, 250, 249, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(decide(&unsaid, rows[i].delivered, rows[i].failed, rows[i].uncertain),
                         rows[i].halts);
}

static void the_batch_knows_better_than_the_configuration(void **state)
{
    (void)state;
    static const struct halt_rule strict = {.set = true, .failures = 3, .share = 0.5};
    static const struct halt_rule off = {.off = true, .set = true};
    static const struct halt_rule off_only = {.off = true};
    assert_true(decide(&strict, 3, 3, 0));
    assert_false(decide(&strict, 4, 3, 0));
    assert_false(decide(&off, 0, 1000000, 0));
    assert_false(decide(&off_only, 0, 1000000, 0));
}

static void switched_off_by_the_configuration_a_batch_can_still_ask_for_it(void **state)
{
    (void)state;
    static const struct halt_rule off = {.off = true, .set = true, .failures = 1, .share = 0.001};
    static const struct halt_rule own = {.set = true, .failures = 1, .share = 0.001};
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES] = {0};
    counts[CHANNEL_WEBHOOK][DELIVERY_FAILED] = 100;
    assert_false(halt_decide(&unsaid, &off, counts, 0));
    assert_true(halt_decide(&own, &off, counts, 0));
}

static void what_was_never_tried_tells_nothing(void **state)
{
    (void)state;
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES] = {0};
    for (int s = 0; s < DELIVERY_STATES; s++)
        counts[CHANNEL_EMAIL][s] = 1000000;
    counts[CHANNEL_EMAIL][DELIVERY_FAILED] = counts[CHANNEL_EMAIL][DELIVERY_UNCERTAIN] = 0;
    assert_false(halt_decide(&unsaid, &general, counts, 0));
    counts[CHANNEL_EMAIL][DELIVERY_DELIVERED] = 0;
    counts[CHANNEL_EMAIL][DELIVERY_FAILED] = 500;
    assert_true(halt_decide(&unsaid, &general, counts, 0));
}

static void nothing_halts_without_a_failure(void **state)
{
    (void)state;
    static const struct halt_rule touchy = {.set = true, .failures = 0, .share = 0};
    assert_false(decide(&touchy, 0, 0, 0));
    assert_false(decide(&touchy, 100, 0, 0));
    assert_true(decide(&touchy, 100, 1, 0));
}

static void what_intake_refused_tells_nothing(void **state)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES] = {0};
    (void)state;
    counts[CHANNEL_EMAIL][DELIVERY_FAILED] = 581;
    counts[CHANNEL_EMAIL][DELIVERY_DELIVERED] = 1000;
    assert_false(halt_decide(&unsaid, &general, counts, 580));
    counts[CHANNEL_EMAIL][DELIVERY_FAILED] = 580 + 500;
    assert_true(halt_decide(&unsaid, &general, counts, 580));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_intake_refused_tells_nothing),
        cmocka_unit_test(it_takes_number_and_share),
        cmocka_unit_test(the_batch_knows_better_than_the_configuration),
        cmocka_unit_test(switched_off_by_the_configuration_a_batch_can_still_ask_for_it),
        cmocka_unit_test(what_was_never_tried_tells_nothing),
        cmocka_unit_test(nothing_halts_without_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
