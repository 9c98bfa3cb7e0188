#include "render/variable.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/yaml.h"

static struct locale *german;

static int open_german(void **state)
{
    struct error err = {0};
    (void)state;
    return locale_load("locales/de.yaml", NULL, &german, &err);
}

static int close_german(void **state)
{
    (void)state;
    locale_free(german);
    return 0;
}

/* "" if the value suits the type; else the sentence. Caller frees. */
static char *judge(const char *type, const char *value)
{
    struct yaml_node *map;
    struct error err = {0};
    struct problems problems = {.first = &err};
    struct variable_set set;
    struct buf yaml = {0}, data = {0}, out = {0};
    buf_printf(&yaml, "x: {type: %s, required: true}\n", type);
    buf_printf(&data, "{\"x\":%s}", value);
    assert_int_equal(yaml_parse(buf_text(&yaml), yaml.len, "t", 1, &map, &err), 0);
    variables_load(map, "t", &problems, &set);
    assert_int_equal(set.count, 1);
    json_t *json = json_loads(buf_text(&data), 0, NULL);
    assert_non_null(json);
    if (variables_check(&set, german, json, NULL, &err) != 0)
        buf_puts(&out, err.text);
    json_decref(json);
    variables_free(&set);
    yaml_free(map);
    buf_free(&yaml);
    buf_free(&data);
    return buf_steal(&out);
}

static void accepts(const char *type, const char *value)
{
    char *sentence = judge(type, value);
    assert_string_equal(sentence, "");
    free(sentence);
}

static void refuses(const char *type, const char *value, const char *words)
{
    char *sentence = judge(type, value);
    if (strstr(sentence, words) == NULL)
        fail_msg("%s %s: \"%s\"", type, value, sentence);
    free(sentence);
}

static void a_sum_is_an_amount_and_a_currency(void **state)
{
    (void)state;
    static const char like[] = "must be a sum like {\"amount\": 50000, \"currency\": \"KRW\"}";
    accepts("money", "{\"amount\":50000,\"currency\":\"KRW\"}");
    accepts("money", "{\"currency\":\"EUR\",\"amount\":49.9}");
    refuses("money", "50000", like);
    refuses("money", "\"50000 KRW\"", like);
    refuses("money", "{\"amount\":\"50000\",\"currency\":\"KRW\"}", like);
    refuses("money", "{\"amount\":50000,\"currency\":\"won\"}", like);
    refuses("money", "{\"amount\":50000}", like);
    refuses("money", "{\"amount\":1,\"currency\":\"KRW\",\"note\":\"x\"}", like);
    refuses("money", "null", "missing or empty");
}

static void the_kinds_stay_what_they_were(void **state)
{
    (void)state;
    accepts("date", "\"2025-09-01\"");
    refuses("date", "\"2025-02-30\"", "a date like");
    accepts("integer", "5");
    refuses("integer", "5.5", "a whole number");
    accepts("terms", "[\"name\"]");
    refuses("terms", "[\"nmae\"]", "did you mean \"name\"?");
    accepts("localized", "{\"de\":\"x\"}");
    refuses("localized", "{\"ko\":\"x\"}", "has no text in \"de\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_is_an_amount_and_a_currency),
        cmocka_unit_test(the_kinds_stay_what_they_were),
    };
    return cmocka_run_group_tests(tests, open_german, close_german);
}
