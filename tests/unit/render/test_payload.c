#include "render/payload.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>

static void expect(const struct job *job, const char *expected)
{
    struct buf out = {0};
    payload_put(job, "status-update", "ko", 1763942401500, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void the_type_is_the_template_without_hyphens(void **state)
{
    (void)state;
    char id[] = "a_1";
    struct job job = {.id = id};
    expect(&job, "{\"type\":\"status_update\",\"timestamp\":\"2025-11-24T00:00:01.500Z\","
                 "\"data\":{\"id\":\"a_1\",\"locale\":\"ko\"}}");
}

static void a_job_may_name_its_type_and_its_time(void **state)
{
    (void)state;
    char id[] = "a_1", type[] = "news.sent", reference[] = "R 1", recipient[] = "c17";
    struct job job = {.id = id,
                      .event_type = type,
                      .reference = reference,
                      .created_at_ms = 1000,
                      .to = {.recipient_id = recipient}};
    expect(&job, "{\"type\":\"news.sent\",\"timestamp\":\"1970-01-01T00:00:01.000Z\",\"data\":{"
                 "\"id\":\"a_1\","
                 "\"locale\":\"ko\",\"recipient_id\":\"c17\",\"reference\":\"R 1\"}}");
}

static void the_data_of_a_job_stay_as_they_were(void **state)
{
    (void)state;
    char id[] = "a_1";
    struct job job = {.id = id, .data = json_loads("{\"z\":{\"de\":\"ü\"},\"a\":1.5}", 0, NULL)};
    expect(&job,
           "{\"type\":\"status_update\",\"timestamp\":\"2025-11-24T00:00:01.500Z\",\"data\":{\"z\":"
           "{\"de\":\"ü\"},\"a\":1.5,\"id\":\"a_1\",\"locale\":\"ko\"}}");
    assert_int_equal(json_object_size(job.data), 2);
    json_decref(job.data);
}

static void expect_dated(const char *text, const char *expected)
{
    const struct job job = {.id = NULL};
    struct buf out = {0};
    json_t *body = json_loads(text, 0, NULL);
    assert_non_null(body);
    payload_date(&job, 1000, &body);
    payload_put_json(body, &out);
    assert_string_equal(buf_text(&out), expected);
    json_decref(body);
    buf_free(&out);
}

static void an_event_of_a_template_gets_the_time_of_its_notice(void **state)
{
    (void)state;
    expect_dated("{\"type\":\"a\",\"data\":{\"n\":1}}",
                 "{\"type\":\"a\",\"timestamp\":\"1970-01-01T00:00:01.000Z\",\"data\":{\"n\":1}}");
}

static void a_body_that_says_its_time_or_is_no_event_stays_as_it_is(void **state)
{
    static const char *const bodies[] = {"{\"data\":{},\"type\":\"a\",\"timestamp\":\"now\"}",
                                         "{\"type\":\"a\",\"account\":1}", "[1]"};
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        expect_dated(bodies[i], bodies[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_type_is_the_template_without_hyphens),
        cmocka_unit_test(a_job_may_name_its_type_and_its_time),
        cmocka_unit_test(the_data_of_a_job_stay_as_they_were),
        cmocka_unit_test(an_event_of_a_template_gets_the_time_of_its_notice),
        cmocka_unit_test(a_body_that_says_its_time_or_is_no_event_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
