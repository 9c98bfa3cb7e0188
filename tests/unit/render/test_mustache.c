#include "render/mustache.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static char directory[] = "/tmp/test_mustache_XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static char *path_of(const char *name)
{
    return file_join(directory, name);
}

static void write_file(const char *name, const char *text)
{
    char *path = path_of(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    free(path);
}

static void remove_file(const char *name)
{
    char *path = path_of(name);
    unlink(path);
    free(path);
}

static void templates_are_filled_from_files(void **state)
{
    (void)state;
    struct buf out = {0};
    struct error err = {0};
    write_file("b.mustache", "{{>p}} {{v}} {{gone}}|\n");
    write_file("p.mustache", "P{{v}}");
    write_file("d.json", "{\"v\":\"<\"}");
    char *template = path_of("b.mustache"), *data = path_of("d.json");
    struct mustache_options o = {
        .template_path = template, .data_path = data, .partials = directory, .escape_html = true};
    assert_int_equal(mustache_render(&o, &out, &err), 0);
    assert_string_equal(buf_text(&out), "P&lt; &lt; |\n");
    o.escape_html = false;
    buf_reset(&out);
    assert_int_equal(mustache_render(&o, &out, &err), 0);
    assert_string_equal(buf_text(&out), "P< < |\n");
    o.missing_is_error = true;
    assert_int_equal(mustache_render(&o, &out, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "b.mustache:1:14"));
    write_file("d.json", "{\"v\":}");
    assert_int_equal(mustache_render(&o, &out, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "d.json:1:"));
    remove_file("d.json");
    assert_int_equal(mustache_render(&o, &out, &err), ERR_NOT_FOUND);
    write_file("b.mustache", "{{>t/../p}}");
    write_file("d.json", "{}");
    assert_int_equal(mustache_render(&o, &out, &err), ERR_CONFIG);
    remove_file("b.mustache");
    remove_file("p.mustache");
    remove_file("d.json");
    free(template);
    free(data);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_filled_from_files),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
