#include "config/path.h"

#include "scratch.h"

static void must_give(const char *directory, const char *path, const char *expected)
{
    char *resolved = path_resolve(directory, path);
    assert_string_equal(resolved, expected);
    free(resolved);
}

static void the_directory_of_a_file_is_what_stands_before_its_name(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"a.yaml", "."}, {"./a.yaml", "."}, {"config/a.yaml", "config"}, {"/a.yaml", "/"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *directory = path_directory(rows[i][0]);
        assert_string_equal(directory, rows[i][1]);
        free(directory);
    }
}

static void steps_up_as_the_kernel_would(void **state)
{
    (void)state;
    must_give(NULL, "../x", "../x");
    must_give("config", "/etc/x", "/etc/x");
    must_give(".", "x", "x");
    must_give("config", "rules.yaml", "config/rules.yaml");
    must_give("config", "../templates", "templates");
    must_give("config", "../../templates", "../templates");
    must_give("config/gateways", "../../templates", "templates");
    must_give("..", "../x", "../../x");
    must_give("/usr/lib", "../../x", "/x");
    must_give("no/such/place", "../x", "no/such/place/../x");
}

static void a_link_is_not_shortened(void **state)
{
    (void)state;
    struct scratch scratch;
    char path[300], expected[320];
    scratch_open(&scratch);
    snprintf(path, sizeof(path), "%s/link", scratch.directory);
    snprintf(expected, sizeof(expected), "%s/../x", path);
    assert_int_equal(symlink("/usr/lib", path), 0);
    must_give(path, "../x", expected);
    scratch_close(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directory_of_a_file_is_what_stands_before_its_name),
        cmocka_unit_test(steps_up_as_the_kernel_would),
        cmocka_unit_test(a_link_is_not_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
