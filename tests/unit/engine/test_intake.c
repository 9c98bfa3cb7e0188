#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "engine/intake.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_a_good_notice),
        cmocka_unit_test(refuses_before_anything_is_sent),
        cmocka_unit_test(names_the_place_of_an_undeclared_variable),
        cmocka_unit_test(refuses_an_endpoint_nobody_configured),
    };
    return cmocka_run_group_tests(tests, load_shipped, unload);
}
