#include "api/metrics.h"

#include "stage.h"

static struct stage stage;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

#define END "{\"v\":1,\"end\":true}\n"

static void scrape(const char *answer, struct buf *out)
{
    stage.answer = answer;
    assert_int_equal(ask_for(&stage, "GET", "/metrics", out), 200);
}

static void shows_what_the_scheduler_counts(void **state)
{
    (void)state;
    struct buf text = {0};
    scrape("{\"v\":1,\"metric\":\"jobs\",\"labels\":{\"state\":\"waiting\"},\"value\":12}\n"
           "{\"v\":1,\"metric\":\"workers\",\"labels\":{},\"value\":4}\n"
           "{\"v\":1,\"metric\":\"jobs\",\"labels\":{\"state\":\"failed\"},\"value\":0.5}\n" END,
           &text);
    assert_non_null(strstr(text.data, "\ndispatcher_scheduler_up 1\n"));
    assert_non_null(strstr(text.data, "# TYPE dispatcher_jobs gauge\n"
                                      "dispatcher_jobs{state=\"waiting\"} 12\n"
                                      "dispatcher_jobs{state=\"failed\"} 0.5\n"));
    assert_non_null(strstr(text.data, "\ndispatcher_workers 4\n"));
    assert_int_equal(stage_count_word(text.data, "# TYPE dispatcher_jobs "), 1);
    buf_free(&text);
}

static void shows_a_histogram_as_one(void **state)
{
    (void)state;
    struct buf text = {0};
    scrape("{\"metric\":\"job_age_seconds_bucket\",\"labels\":{\"le\":\"+Inf\"},\"value\":3}\n"
           "{\"metric\":\"job_age_seconds_sum\",\"labels\":{},\"value\":1.5}\n"
           "{\"metric\":\"job_age_seconds_count\",\"labels\":{},\"value\":3}\n" END,
           &text);
    assert_non_null(strstr(text.data, "# TYPE dispatcher_job_age_seconds histogram\n"
                                      "dispatcher_job_age_seconds_bucket{le=\"+Inf\"} 3\n"
                                      "dispatcher_job_age_seconds_sum 1.5\n"
                                      "dispatcher_job_age_seconds_count 3\n"));
    buf_free(&text);
}

/* What is shown to the world is decided in one place. */
static void leaves_out_what_is_not_in_its_table(void **state)
{
    (void)state;
    struct buf text = {0};
    scrape("{\"metric\":\"recipients\",\"labels\":{\"address\":\"kim@example.org\"},\"value\":1}\n"
           "{\"metric\":\"jobs_x\",\"value\":1}\n{\"metric\":\"job\",\"value\":1}\n{\"row\":1}\n"
           "{\"metric\":\"workers_bucket\",\"value\":1}\n" END,
           &text);
    assert_null(strstr(text.data, "example.org"));
    assert_null(strstr(text.data, "_bucket"));
    assert_null(strstr(text.data, "dispatcher_job"));
    buf_free(&text);
}

static void lets_no_value_break_its_line(void **state)
{
    (void)state;
    struct buf text = {0};
    scrape("{\"metric\":\"jobs\",\"labels\":{\"state\":\"a\\\"b\\\\c\\nd\"},\"value\":1}\n"
           "{\"metric\":\"workers\",\"labels\":{},\"value\":null}\n" END,
           &text);
    assert_non_null(strstr(text.data, "{state=\"a\\\"b\\\\c\\nd\"} 1\n"));
    assert_non_null(strstr(text.data, "dispatcher_workers NaN\n"));
    buf_free(&text);
}

static void counts_what_it_answered(void **state)
{
    (void)state;
    struct buf text = {0};
    ask_for(&stage, "GET", "/nothing", &text);
    ask_for(&stage, "GET", "/healthz", &text);
    ask_for(&stage, "PUT", "/healthz", &text);
    scrape(END, &text);
    assert_non_null(strstr(text.data, "api_requests_total{page=\"other\",status=\"4xx\"} 1\n"));
    assert_non_null(strstr(text.data, "api_requests_total{page=\"healthz\",status=\"2xx\"} 1\n"));
    assert_non_null(strstr(text.data, "api_requests_total{page=\"healthz\",status=\"4xx\"} 1\n"));
    assert_non_null(strstr(text.data, "\ndispatcher_api_connections 1\n"));
    buf_free(&text);
}

int main(void)
{
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        ON_STAGE(shows_what_the_scheduler_counts),
        ON_STAGE(shows_a_histogram_as_one),
        ON_STAGE(leaves_out_what_is_not_in_its_table),
        ON_STAGE(lets_no_value_break_its_line),
        ON_STAGE(counts_what_it_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
