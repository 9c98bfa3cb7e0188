#include "config/gateway_files.h"
#include "config/gateway_names.h"

#include "scratch.h"

static const char good[] =
    "gateway: good\n"
    "vars: {base: \"https://x.example\", key: {required: secret}}\n"
    "auth: {kind: bearer, token: \"{{key}}\"}\n"
    "request: {method: POST, url: \"{{base}}/\", form: {to: \"{{to.e164}}\"}}\n"
    "response:\n"
    "  answers:\n"
    "    - {status: 200, class: accepted}\n";

static int open_directory(void **state)
{
    static struct scratch s;
    scratch_open(&s);
    *state = &s;
    return 0;
}

static int close_directory(void **state)
{
    scratch_close(*state);
    return 0;
}

static void lists_descriptions_by_name(void **state)
{
    const struct scratch *s = *state;
    char **names;
    size_t count;
    scratch_write(s, "b.yaml", 0644, good);
    scratch_write(s, "a.yaml", 0644, good);
    scratch_write(s, ".hidden.yaml", 0644, good);
    scratch_write(s, "README", 0644, "");
    gateway_names_list(s->directory, &names, &count);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b");
    free(names[0]);
    free(names[1]);
    free(names);
}

static void lists_nothing_where_nothing_is(void **state UNUSED)
{
    char **names;
    size_t count;
    gateway_names_list("/nonexistent", &names, &count);
    assert_int_equal(count, 0);
    free(names);
}

static void reads_one_without_what_a_transport_would_set(void **state)
{
    const struct scratch *s = *state;
    struct gateway *g = NULL;
    struct error err = {0};
    scratch_write(s, "good.yaml", 0644, good);
    assert_int_equal(gateway_files_read(s->directory, "good", &g, &err), 0);
    assert_string_equal(g->name, "good");
    assert_string_equal(gateway_find_variable(g, "key")->value, "");
    gateway_free(g);
}

static void tells_every_mistake_with_its_place(void **state)
{
    const struct scratch *s = *state;
    struct gateway *g = NULL;
    struct error err = {0};
    scratch_write(s, "bad.yaml", 0644,
                  "gateway: other\n"
                  "request: {method: PUT, url: \"https://x.example/\"}\n"
                  "response: {answers: [{status: 200, class: accepted}]}\n");
    assert_int_equal(gateway_files_read(s->directory, "bad", &g, &err), ERR_CONFIG);
    assert_null(g);
    assert_non_null(strstr(err.text, "bad.yaml:1:10: "));
    assert_non_null(strstr(err.text, "bad.yaml:2:19: "));
}

static void a_name_is_never_a_path(void **state)
{
    const struct scratch *s = *state;
    struct gateway *g = NULL;
    struct error err = {0};
    scratch_write(s, "good.yaml", 0644, good);
    assert_int_equal(gateway_files_read(s->directory, "../good", &g, &err), ERR_NOT_FOUND);
    assert_int_equal(gateway_files_read(s->directory, "absent", &g, &err), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_descriptions_by_name, open_directory,
                                        close_directory),
        cmocka_unit_test(lists_nothing_where_nothing_is),
        cmocka_unit_test_setup_teardown(reads_one_without_what_a_transport_would_set,
                                        open_directory, close_directory),
        cmocka_unit_test_setup_teardown(tells_every_mistake_with_its_place, open_directory,
                                        close_directory),
        cmocka_unit_test_setup_teardown(a_name_is_never_a_path, open_directory, close_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
