#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "engine/intake.h"
#include "model/batch.h"
#include "model/json.h"

/* The shipped configuration, letters and locales: what a stranger gets after cloning. */
static struct setup *setup;

static int load_shipped(void **state)
{
    const struct config_options options = {.path = "config/dispatcher.yaml"};
    struct error err = {0};
    (void)state;
    int rc = setup_load(&options, 1, &setup, &err);
    if (rc != 0)
        fprintf(stderr, "%s\n", err.text);
    return rc;
}

static int unload(void **state)
{
    (void)state;
    setup_release(setup);
    return 0;
}

/* A fixture of the shipped letter as a job, with `members` put in front (JSON, ending in a comma,
 * or ""). */
static char *job_from_fixture(const char *members)
{
    struct buf fixture = {0}, job = {0};
    struct error err;
    assert_int_equal(
        file_read_path("templates/apology/fixtures/members-leak.json", 1000000, &fixture, &err), 0);
    buf_printf(&job, "{\"version\":1,\"id\":\"n1\",%s%s", members, strchr(fixture.data, '{') + 1);
    buf_free(&fixture);
    return buf_steal(&job);
}

static void plans_a_good_notice(void **state)
{
    (void)state;
    struct intake_plan plan;
    struct error err = {0};
    char *text = job_from_fixture("");
    if (intake_plan(setup, text, strlen(text), "new/n1.json", 1, &plan, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(plan.job->id, "n1");
    assert_string_equal(plan.route.template_name, "apology");
    assert_non_null(plan.locale);
    assert_false(plan.fallback);
    intake_plan_clear(&plan);
    free(text);
}

static void assert_refused(const char *text, const char *part)
{
    struct intake_plan plan;
    struct error err = {0};
    assert_int_equal(intake_plan(setup, text, strlen(text), "new/n1.json", 1, &plan, &err),
                     ERR_INPUT);
    if (strncmp(err.text, "new/n1.json:", 12) != 0 || strstr(err.text, part) == NULL)
        fail_msg("\"%s\" lacks the position or \"%s\"", err.text, part);
    assert_null(plan.job);
}

static void refuses_before_anything_is_sent(void **state)
{
    (void)state;
    const char *to = "\"to\":{\"email\":\"a@example.org\"}";
    char text[400];
    snprintf(text, sizeof(text), "{\"version\":1,\"id\":\"n1\",\"template\":\"apolgy\",%s}", to);
    assert_refused(text, "did you mean \"apology\"?");
    snprintf(text, sizeof(text), "{\"version\":1,\"id\":\"n1\",\"template\":\"apology\",%s}", to);
    assert_refused(text, "data");
    snprintf(text, sizeof(text), "{\"version\":1,\"id\":\"n1\",%s}", to);
    assert_refused(text, "template");
}

static void names_the_place_of_an_undeclared_variable(void **state)
{
    (void)state;
    char *text = job_from_fixture("");
    char *data = strstr(text, "\"data\": {");
    assert_non_null(data);
    struct buf changed = {0};
    buf_put(&changed, text, (size_t)(data - text));
    buf_puts(&changed, "\"data\": {\"afected_count\": 1,");
    buf_puts(&changed, data + strlen("\"data\": {"));
    assert_refused(changed.data, "afected_count");
    buf_free(&changed);
    free(text);
}

static void refuses_an_endpoint_nobody_configured(void **state)
{
    (void)state;
    char *text = job_from_fixture("\"routing\":{\"channels\":[\"webhook\"]},");
    char *to = strstr(text, "\"to\": {");
    assert_non_null(to);
    struct buf changed = {0};
    buf_put(&changed, text, (size_t)(to - text));
    buf_puts(&changed, "\"to\": {\"webhook\": \"nowhere\",");
    buf_puts(&changed, to + strlen("\"to\": {"));
    assert_refused(changed.data, "no endpoint \"nowhere\"");
    buf_free(&changed);
    free(text);
}

/* ---- a batch's line ---- */

static struct batch *batch_from_fixture(void)
{
    struct buf fixture = {0}, text = {0};
    struct json_t *root = NULL;
    struct batch *b = NULL;
    struct error err = {0};
    assert_int_equal(
        file_read_path("templates/apology/fixtures/members-leak.json", 1000000, &fixture, &err), 0);
    assert_int_equal(json_parse(fixture.data, fixture.len, "f", 1, 32, &root, &err), 0);
    buf_puts(&text, "{\"version\":1,\"id\":\"b\",\"template\":\"apology\",\"data\":");
    json_put(&text, json_get(root, "data"));
    buf_putc(&text, '}');
    if (batch_parse(text.data, text.len, "batch.json", false, &b, &err) != 0)
        fail_msg("%s", err.text);
    json_free(root);
    buf_free(&fixture);
    buf_free(&text);
    return b;
}

static int plan_line(const struct batch *b, const char *line, struct intake_plan *out,
                     struct error *err)
{
    const struct intake_source from = {line, strlen(line), "notices.jsonl", 9};
    struct job *job;
    int rc = batch_read_line(b, line, from.len, from.shown, from.first_line, &job, NULL, err);
    return rc == 0 ? intake_plan_job(setup, job, &from, out, err) : rc;
}

static void plans_a_line_as_if_it_came_alone(void **state)
{
    struct batch *b = batch_from_fixture();
    struct intake_plan plan;
    struct error err = {0};
    (void)state;
    const char *line = "{\"id\":\"c1\",\"locale\":\"ko\",\"to\":{\"email\":\"a@example.org\"}}";
    if (plan_line(b, line, &plan, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(plan.job->id, "b_c1");
    assert_string_equal(plan.locale, "ko");
    intake_plan_clear(&plan);
    line = "{\"to\":{\"email\":\"a@example.org\",\"timezone\":\"Europe/Brelin\"}}";
    assert_int_equal(plan_line(b, line, &plan, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "notices.jsonl:9:"));
    assert_non_null(strstr(err.text, "Europe/Brelin"));
    assert_null(plan.job);
    line = "{\"to\":{\"email\":\"a@example.org\"},\"data\":{\"affected_count\":\"many\"}}";
    assert_int_equal(plan_line(b, line, &plan, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "/data/affected_count"));
    batch_free(b);
}

/* ---- windows ---- */

static int64_t time_of(const char *text)
{
    int64_t ms = 0;
    assert_true(clock_parse_rfc3339(text, &ms));
    return ms;
}

/* When a line for this zone becomes due, that comes in at `now`. */
static int64_t due_in(const char *zone, const struct send_window *window, const char *now)
{
    struct batch *b = batch_from_fixture();
    struct planned_delivery d;
    struct intake_plan plan;
    struct error err = {0};
    char line[200];
    snprintf(line, sizeof(line), "{\"to\":{\"email\":\"a@example.org\",\"timezone\":\"%s\"}}",
             zone);
    if (plan_line(b, line, &plan, &err) != 0)
        fail_msg("%s", err.text);
    intake_plan_delivery(setup, &plan, 0, window, time_of(now), &d);
    assert_string_equal(d.cause, d.due_ms > time_of(now) ? "window" : "");
    intake_plan_clear(&plan);
    batch_free(b);
    return d.due_ms;
}

static void waits_for_the_hours_of_the_recipient(void **state)
{
    const struct send_window day = {.from_minute = 480, .to_minute = 1260}, always = {0};
    (void)state;
    assert_int_equal(due_in("Asia/Seoul", &day, "2026-11-24T13:00:00Z"),
                     time_of("2026-11-25T08:00:00+09:00"));
    assert_int_equal(due_in("Europe/Berlin", &day, "2026-11-24T13:00:00Z"),
                     time_of("2026-11-24T13:00:00Z"));
    assert_int_equal(due_in("Asia/Seoul", &always, "2026-11-24T13:00:00Z"),
                     time_of("2026-11-24T13:00:00Z"));
    assert_int_equal(due_in("Asia/Seoul", NULL, "2026-11-24T13:00:00Z"),
                     time_of("2026-11-24T13:00:00Z"));
    /* the clocks go forward in that night */
    assert_int_equal(due_in("Europe/Berlin", &day, "2026-03-28T23:00:00+01:00"),
                     time_of("2026-03-29T08:00:00+02:00"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_a_good_notice),
        cmocka_unit_test(refuses_before_anything_is_sent),
        cmocka_unit_test(names_the_place_of_an_undeclared_variable),
        cmocka_unit_test(refuses_an_endpoint_nobody_configured),
        cmocka_unit_test(plans_a_line_as_if_it_came_alone),
        cmocka_unit_test(waits_for_the_hours_of_the_recipient),
    };
    return cmocka_run_group_tests(tests, load_shipped, unload);
}
