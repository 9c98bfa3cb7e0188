#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "model/fact_sheet.h"
#include "model/fact_value.h"
#include "model/json.h"

static struct json_t *json(const char *text)
{
    struct json_t *value = NULL;
    struct error err = {0};
    if (json_parse(text, strlen(text), "f", 1, 8, &value, &err) != 0)
        fail_msg("%s", err.text);
    return value;
}

static void add_place(struct fact_sheet *s, const char *cohort, const char *name, int line)
{
    s->places = xreallocarray(s->places, s->place_count + 1, sizeof(*s->places));
    s->places[s->place_count++] = (struct fact_place){
        .cohort = xstrdup(cohort), .name = xstrdup(name), .place = {s->file, line, 1}};
}

/* Everybody's remedy has a text and steps, that of cohort a a text alone. */
static struct fact_sheet *sheet(void)
{
    struct fact_sheet *s = xcalloc(1, sizeof(*s));
    s->file = xstrdup("facts.yaml");
    s->facts = json("{\"remedy\":{\"text\":1,\"steps\":2},\"nature\":3,\"law\":{\"eu\":true}}");
    s->cohorts = xcalloc(1, sizeof(*s->cohorts));
    s->cohort_count = 1;
    s->cohorts[0].name = xstrdup("a");
    s->cohorts[0].affected = 7;
    s->cohorts[0].people = -1;
    s->cohorts[0].facts = json("{\"remedy\":{\"text\":9}}");
    s->cohorts[0].jurisdictions = xcalloc(1, sizeof(char *));
    s->cohorts[0].jurisdictions[0] = xstrdup("KR");
    s->cohorts[0].jurisdiction_count = 1;
    return s;
}

static void expect_data(const struct fact_sheet *s, const char *cohort, const char *wanted)
{
    struct json_t *is = fact_sheet_data(s, cohort), *should = json(wanted);
    struct buf text = {0};
    json_put(&text, is);
    if (!fact_value_equal(is, should))
        fail_msg("%s is not %s", buf_text(&text), wanted);
    buf_free(&text);
    json_free(is);
    json_free(should);
}

static void a_cohort_s_facts_lie_over_everybody_s_group_by_group(void **state)
{
    (void)state;
    struct fact_sheet *s = sheet();
    expect_data(s, "a",
                "{\"remedy\":{\"text\":9},\"nature\":3,"
                "\"law\":{\"eu\":true,\"kr\":true,\"uk\":false}}");
    expect_data(s, NULL,
                "{\"remedy\":{\"text\":1,\"steps\":2},\"nature\":3,"
                "\"law\":{\"eu\":true,\"kr\":false,\"uk\":false}}");
    /* Asking changed nothing. */
    expect_data(s, NULL,
                "{\"remedy\":{\"text\":1,\"steps\":2},\"nature\":3,"
                "\"law\":{\"eu\":true,\"kr\":false,\"uk\":false}}");
    fact_sheet_free(s);
}

static void a_fact_s_place_is_its_own_else_that_of_its_group_else_everybody_s(void **state)
{
    (void)state;
    struct fact_sheet *s = sheet();
    add_place(s, NULL, "remedy.steps", 4);
    add_place(s, NULL, "nature", 5);
    add_place(s, "a", "remedy", 8);
    assert_int_equal(fact_sheet_place(s, "a", "remedy.steps").line, 8);
    assert_int_equal(fact_sheet_place(s, "a", "nature").line, 5);
    assert_int_equal(fact_sheet_place(s, NULL, "remedy.steps").line, 4);
    assert_int_equal(fact_sheet_place(s, NULL, "course").line, 0);
    assert_string_equal(fact_sheet_place(s, NULL, "course").file, "facts.yaml");
    fact_sheet_free(s);
}

static void as_many_read_as_are_affected_unless_it_is_said(void **state)
{
    (void)state;
    struct fact_sheet *s = sheet();
    assert_int_equal(fact_cohort_people(fact_sheet_cohort(s, "a")), 7);
    s->cohorts[0].people = 9;
    assert_int_equal(fact_cohort_people(fact_sheet_cohort(s, "a")), 9);
    assert_null(fact_sheet_cohort(s, "b"));
    fact_sheet_free(s);
}

static void words_are_read_back(void **state)
{
    (void)state;
    for (int i = 0; i <= INCIDENT_NONE; i++) {
        enum incident_kind kind;
        assert_true(incident_kind_parse(incident_kind_name((enum incident_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    for (int i = 0; i <= CERTAINTY_REFUTED; i++) {
        enum certainty certainty;
        assert_true(certainty_parse(certainty_name((enum certainty)i), &certainty));
        assert_int_equal(certainty, i);
    }
}

static void only_the_facts_asked_for_are_picked(void **state)
{
    (void)state;
    static const char *const names[] = {"a.b", "c", "a.x.y"};
    struct json_t *all = json("{\"a\":{\"b\":1,\"z\":2},\"d\":3}");
    struct json_t *picked = fact_value_pick(all, names, 3), *wanted = json("{\"a\":{\"b\":1}}");
    assert_true(fact_value_equal(picked, wanted));
    json_free(all);
    json_free(picked);
    json_free(wanted);
}

static void a_name_that_is_taken_is_not_put_again(void **state)
{
    (void)state;
    struct json_t *object = fact_value_object();
    assert_true(fact_value_put(object, "a.b", json("[1]")));
    assert_false(fact_value_put(object, "a.b", json("[2]")));
    assert_false(fact_value_put(object, "a", json("[2]")));
    assert_false(fact_value_put(object, "a.b.c", json("[2]")));
    json_free(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cohort_s_facts_lie_over_everybody_s_group_by_group),
        cmocka_unit_test(a_fact_s_place_is_its_own_else_that_of_its_group_else_everybody_s),
        cmocka_unit_test(as_many_read_as_are_affected_unless_it_is_said),
        cmocka_unit_test(words_are_read_back),
        cmocka_unit_test(only_the_facts_asked_for_are_picked),
        cmocka_unit_test(a_name_that_is_taken_is_not_put_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
