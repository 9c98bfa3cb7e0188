#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/json.h"

static int parse(const char *text, struct error *err)
{
    struct json_t *value = NULL;
    int rc = json_parse(text, strlen(text), "f.json", 1, 32, &value, err);
    json_free(value);
    return rc;
}

static void assert_refused(const char *text, const char *part)
{
    struct error err = {0};
    assert_int_equal(parse(text, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, part));
}

static void names_the_place_of_a_syntax_error(void **state)
{
    (void)state;
    assert_refused("{\"a\":1,\n \"b\":}", "f.json:2:6: ");
}

static void counts_columns_in_characters_not_bytes(void **state)
{
    (void)state;
    assert_refused("{\"이름\":x}", "f.json:1:7: ");
}

static void refuses_duplicate_keys(void **state)
{
    (void)state;
    assert_refused("{\"a\":1,\"a\":2}", "duplicate");
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    assert_refused("{} x", "f.json:1:");
    assert_refused("", "f.json:1:");
    assert_refused("\xef\xbb\xbf{}", "byte order mark");
    assert_refused("\"\xff\"", "f.json:1:");
    assert_refused("\"\\ud800\"", "f.json:1:");
    assert_refused("\"\\u0000\"",
                   "not valid JSON: \\u0000, the character NUL, can stand in no letter");
    assert_refused("{\"a\\u0000b\":1}", "not valid JSON: \\u0000, the character NUL");
    assert_refused("{\"n\":1e999}", "f.json:1:");
}

static void limits_the_depth(void **state)
{
    (void)state;
    struct error err;
    char *deep = xmalloc(200001);
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    deep[200000] = '\0';
    assert_int_equal(parse(deep, &err), ERR_INPUT);
    free(deep);
    assert_refused("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                   "deeper than 32");
    assert_int_equal(parse("[[[[[[[[1]]]]]]]]", &err), 0);
}

static void assert_position(const char *text, const char *path, bool at_key, int line, int column)
{
    struct json_position p = json_position(text, strlen(text), path, at_key);
    assert_int_equal(p.line, line);
    assert_int_equal(p.column, column);
}

static void finds_members_again(void **state)
{
    (void)state;
    const char *text =
        "{\n  \"a\": {\"}\\\"\": [1, {\"x\": \"]\"}], \"이\": true},\n  \"b\": \"end\"\n}";
    assert_position(text, "/a", false, 2, 8);
    assert_position(text, "/a", true, 2, 3);
    assert_position(text, "/a/이", false, 2, 38);
    assert_position(text, "/b", false, 3, 8);
    assert_position(text, "", false, 1, 1);
    assert_position(text, "/nothing/here", false, 1, 1);
    assert_position("{\"l\":[10,[2],30]}", "/l/2", false, 1, 14);
    assert_position("{\"l\":[]}", "/l/0", false, 1, 1);
}

/* Whatever is cut off or wrong, the scanner ends and stays inside. */
static void survives_any_cut_of_the_text(void **state)
{
    (void)state;
    const char *text = "{\"a\":{\"b\":[1,\"x\\\"\",{}],\"c\":null},\"d\":\"\"}";
    for (size_t len = 0; len <= strlen(text); len++) {
        char *cut = xstrndup(text, len);
        json_position(cut, len, "/d", false);
        json_position(cut, len, "/a/b/2", true);
        free(cut);
    }
}

static void assert_found(const struct json_t *root, const char *pointer, const char *expected)
{
    struct buf plain = {0};
    bool found = json_put_plain(&plain, json_find(root, pointer));
    if (found != (expected != NULL) || (found && strcmp(buf_text(&plain), expected) != 0))
        fail_msg("%s: %s", pointer, found ? buf_text(&plain) : "nothing");
    buf_free(&plain);
}

static void follows_a_pointer(void **state)
{
    (void)state;
    const char *text = "{\"a\":{\"b\":[1,\"zwei\",true]},\"c/d\":2.5,\"e~\":null,\"\":\"empty\"}";
    struct json_t *root = NULL;
    assert_int_equal(json_parse(text, strlen(text), "t", 1, 8, &root, NULL), 0);
    assert_ptr_equal(json_find(root, ""), root);
    assert_found(root, "/a/b/0", "1");
    assert_found(root, "/a/b/1", "zwei");
    assert_found(root, "/a/b/2", "true");
    assert_found(root, "/c~1d", "2.5");
    assert_found(root, "/", "empty");
    static const char *const nothing[] = {"/a/b/3", "/a/b/-1", "/a/b/x", "/a/b/0/x", "/a",
                                          "/e~0",   "a",       "/A",     "/a/b/0/"};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        assert_found(root, nothing[i], NULL);
    json_free(root);
}

static void tells_pointers_from_other_texts(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(json_check_pointer("", &err), 0);
    assert_int_equal(json_check_pointer("/a/0/b~0~1", &err), 0);
    assert_int_equal(json_check_pointer("a/b", &err), ERR_INPUT);
    assert_int_equal(json_check_pointer("/a~", &err), ERR_INPUT);
    assert_int_equal(json_check_pointer("/a~2", &err), ERR_INPUT);
}

static void reads_numbers_as_json_writes_them(void **state)
{
    (void)state;
    double number;
    assert_true(json_read_number("-1.5e3", &number));
    assert_true(number < -1499.5 && number > -1500.5);
    static const char *const wrong[] = {"",    "+1",   "007",   "1,5", "0x10",
                                        "1 2", "true", "\"1\"", "NaN"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(json_read_number(wrong[i], &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_pointers_from_other_texts),
        cmocka_unit_test(reads_numbers_as_json_writes_them),
        cmocka_unit_test(names_the_place_of_a_syntax_error),
        cmocka_unit_test(counts_columns_in_characters_not_bytes),
        cmocka_unit_test(refuses_duplicate_keys),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(limits_the_depth),
        cmocka_unit_test(finds_members_again),
        cmocka_unit_test(survives_any_cut_of_the_text),
        cmocka_unit_test(follows_a_pointer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
