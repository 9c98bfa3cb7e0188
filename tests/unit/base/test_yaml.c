#include "base/yaml.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"

static struct yaml_node *parse(const char *text)
{
    struct yaml_node *root;
    struct error err = {0};
    if (yaml_parse(text, strlen(text), "f.yaml", 1, &root, &err) != 0)
        fail_msg("%s", err.text);
    return root;
}

static void refuses_bytes(const char *text, size_t len, const char *sentence)
{
    struct yaml_node *root;
    struct error err = {0};
    assert_int_equal(yaml_parse(text, len, "f", 1, &root, &err), ERR_CONFIG);
    assert_null(root);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_string_equal(err.text, sentence);
}

static void refuses(const char *text, const char *sentence)
{
    refuses_bytes(text, strlen(text), sentence);
}

static void reads_maps_lists_and_scalars(void **state)
{
    (void)state;
    struct yaml_node *root = parse("name: 한국어\n"
                                   "list: [a, 'b c', \"d\\te\"]\n"
                                   "map:\n"
                                   "  deep:\n"
                                   "  - one\n"
                                   "  - k: v\n"
                                   "text: |\n"
                                   "  first\n"
                                   "  second\n"
                                   "empty:\n");
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 5);
    assert_null(root->key);
    assert_string_equal(yaml_text(root, "name"), "한국어");
    const struct yaml_node *list = yaml_get(root, "list");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->count, 3);
    assert_string_equal(list->items[1]->text, "b c");
    assert_string_equal(list->items[2]->text, "d\te");
    assert_null(list->items[0]->key);
    const struct yaml_node *deep = yaml_get(yaml_get(root, "map"), "deep");
    assert_string_equal(yaml_text(deep->items[1], "k"), "v");
    assert_string_equal(yaml_text(root, "text"), "first\nsecond\n");
    assert_string_equal(yaml_text(root, "empty"), "");
    yaml_free(root);
}

static void leaves_types_to_the_schema(void **state)
{
    (void)state;
    struct yaml_node *root = parse("a: no\nb: 0123\nc: ~\nd: 1e3\ne: true\n");
    assert_string_equal(yaml_text(root, "a"), "no");
    assert_string_equal(yaml_text(root, "b"), "0123");
    assert_string_equal(yaml_text(root, "c"), "~");
    assert_string_equal(yaml_text(root, "d"), "1e3");
    assert_string_equal(yaml_text(root, "e"), "true");
    yaml_free(root);
}

static void remembers_where_things_stand(void **state)
{
    (void)state;
    struct yaml_node *root = parse("# comment\n이름:  값\nmap: {한: 1, 두: \"2\"}\n");
    const struct yaml_node *name = yaml_get(root, "이름");
    assert_int_equal(name->key_line, 2);
    assert_int_equal(name->key_column, 1);
    assert_int_equal(name->line, 2);
    assert_int_equal(name->column, 6);
    const struct yaml_node *two = yaml_get(yaml_get(root, "map"), "두");
    assert_int_equal(two->key_line, 3);
    assert_int_equal(two->key_column, 13);
    assert_int_equal(two->column, 16);
    yaml_free(root);
}

static void tells_quoted_from_plain(void **state)
{
    (void)state;
    struct yaml_node *root = parse("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\ne: >\n  x\n");
    assert_false(yaml_get(root, "a")->quoted);
    static const char *const quoted[] = {"b", "c", "d", "e"};
    for (size_t i = 0; i < COUNT_OF(quoted); i++)
        assert_true(yaml_get(root, quoted[i])->quoted);
    yaml_free(root);
}

static void counts_lines_from_where_front_matter_begins(void **state)
{
    (void)state;
    struct yaml_node *root;
    struct error err = {0};
    assert_int_equal(yaml_parse("a: 1\nb: 2", 9, "ko.md", 2, &root, &err), 0);
    assert_int_equal(yaml_get(root, "b")->line, 3);
    yaml_free(root);
    assert_int_equal(yaml_parse("a: 1\na: 2", 9, "ko.md", 2, &root, &err), ERR_CONFIG);
    assert_string_equal(err.text, "ko.md:3:1: \"a\" is written twice (line 2 and line 3)");
    assert_int_equal(yaml_parse("a: 1\nb: @", 9, "ko.md", 2, &root, &err), ERR_CONFIG);
    assert_memory_equal(err.text, "ko.md:3:4: ", 11);
}

static void takes_an_empty_document_for_an_empty_map(void **state)
{
    (void)state;
    static const char *const empty[] = {"",      "\n\n",       "# nothing\n",
                                        "---\n", "---\n...\n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        struct yaml_node *root = parse(empty[i]);
        assert_int_equal(root->kind, YAML_MAP);
        assert_int_equal(root->count, 0);
        assert_null(yaml_get(root, "a"));
        yaml_free(root);
    }
}

static void skips_the_byte_order_mark_of_windows_editors(void **state)
{
    (void)state;
    struct yaml_node *root = parse("\xef\xbb\xbf"
                                   "a: b\r\nc: d\r\n");
    assert_string_equal(yaml_text(root, "a"), "b");
    assert_int_equal(yaml_get(root, "a")->key_column, 1);
    assert_int_equal(yaml_get(root, "c")->line, 2);
    yaml_free(root);
}

static void finds_duplicate_keys_in_every_map(void **state)
{
    (void)state;
    refuses("locale: a\nb: c\nlocale: d\n",
            "f:3:1: \"locale\" is written twice (line 1 and line 3)");
    refuses("x:\n  - {b: 1, \"b\": 2}\n", "f:2:12: \"b\" is written twice (line 2 and line 2)");
    refuses("a: 1\nc: 2\nb: 3\nc: 4\nc: 5\n", "f:4:1: \"c\" is written twice (line 2 and line 4)");
    yaml_free(parse("a: {k: 1}\nb: {k: 1}\n"));
}

static void refuses_what_only_yaml_experts_write(void **state)
{
    (void)state;
    refuses("a: &x b\n",
            "f:1:4: anchors (&name) are not supported; put the value in quotes if the & "
            "belongs to it");
    refuses("a: &x {b: c}\n",
            "f:1:4: anchors (&name) are not supported; put the value in quotes if "
            "the & belongs to it");
    refuses("a: b\nc: *a\n",
            "f:2:4: aliases (*name) are not supported; put the value in quotes if the "
            "* belongs to it");
    refuses("*a : b\n", "f:1:1: aliases (*name) are not supported");
    refuses("a: !!str b\n",
            "f:1:4: tags (!name) are not supported; put the value in quotes if the ! "
            "belongs to it");
    refuses("a: ! b\n", "f:1:4: tags (!name) are not supported; put the value in quotes if the ! "
                        "belongs to it");
    refuses("a: b\n---\nc: d\n", "f:2:1: a second document begins here (---); one file holds one");
    refuses("[a]: b\n", "f:1:1: a key must be a word, not a list or a map");
    refuses("? {a: b}\n: c\n", "f:1:3: a key must be a word, not a list or a map");
    refuses(": b\n", "f:1:1: a key is missing before the colon");
}

static void explains_a_tag_of_ours_without_quotes(void **state)
{
    (void)state;
    static const char quotes[] =
        "put the value in quotes: it contains {{ (write key: \"{{name}} ...\")";
    static const struct {
        const char *text, *position;
    } samples[] = {
        {"subject: {{incident.start | date}} 안내\n", "1:11"},
        {"a: b\nsms: {{x}}\n", "2:7"},
        {"a: {{x\n", "1:5"},
        {"{{x}}: y\n", "1:1"},
        {"a:\n  - {{x}} und y\n", "2:6"},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        char expected[200];
        snprintf(expected, sizeof(expected), "f:%s: %s", samples[i].position, quotes);
        refuses(samples[i].text, expected);
    }
    struct yaml_node *root = parse("a: Hallo {{x}}\n");
    assert_false(yaml_get(root, "a")->quoted);
    yaml_free(root);
}

static void explains_common_mistakes(void **state)
{
    (void)state;
    static const char tab[] = "a tab stands in the indentation; YAML takes spaces only";
    static const char space[] = "a space is missing behind the colon; write key: value";
    static const struct {
        const char *text, *position, *sentence;
    } samples[] = {
        {"a:\n\tb: c\n", "2:1", tab},
        {"a: b\n\tc: d\n", "2:1", tab},
        {"a: b\nc:d\n", "2:1", space},
        {"a:b\n", "1:1", space},
        {"a: b\nc\nd: e\n", "2:1", "a colon is missing behind this key; write key: value"},
        {"a\n", "1:1", "lines of the form key: value are expected here"},
        {"a: b: c\n", "1:5",
         "this colon makes no sense here; put the value in quotes if the colon belongs to it, or "
         "correct the indentation of this line or the line above"},
        {"a: \"x \"y\" z\"\n", "1:8",
         "the quotes are already closed here; inside \"...\" write \\\" for a quotation mark, "
         "inside "
         "'...' write ''"},
        {"a: 'it's'\n", "1:8",
         "the quotes are already closed here; inside \"...\" write \\\" for a quotation mark, "
         "inside "
         "'...' write ''"},
        {"a: \"x\nb: c\n", "1:4", "the quotation mark that opens here is never closed"},
        {"a: [1, 2\n", "1:4",
         "the list that begins here needs a comma between its items and a ] at its end"},
        {"a: {b: 1\n", "1:4",
         "the map that begins here needs a comma between its members and a } at its end"},
        {"a: @x\n", "1:4", "put the value in quotes: an unquoted value must not begin with @"},
        {"a: `x\n", "1:4", "put the value in quotes: an unquoted value must not begin with `"},
        {"a: %x\n", "1:4", "put the value in quotes: an unquoted value must not begin with %"},
        {"a: \"\\q\"\n", "1:5",
         "unknown escape inside \"...\"; write \\\\ for a backslash or use single quotes"},
        {"a: | x\n", "1:6",
         "nothing may follow | or > on its line; the text begins on the next line, indented"},
        {"a: - b\n", "1:4",
         "a list item cannot stand here; begin each \"- \" on a line of its own, below the key"},
        {"- a\nb: c\n", "2:1",
         "an item of the list must begin with \"- \" here, or the line must be indented like the "
         "lines it belongs to"},
        {"a: 1\n b: 2\n", "2:3",
         "this colon makes no sense here; put the value in quotes if the colon belongs to it, or "
         "correct the indentation of this line or the line above"},
        {"  a: 1\n b: 2\n", "2:2", "the indentation of this line fits none of the lines above"},
    };
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        char expected[400];
        snprintf(expected, sizeof(expected), "f:%s: %s", samples[i].position, samples[i].sentence);
        refuses(samples[i].text, expected);
    }
}

static void refuses_bytes_that_are_not_text(void **state)
{
    (void)state;
    refuses("가: \xff\n", "f:1:4: this byte (0xFF) is not UTF-8; save the file as UTF-8");
    refuses("a: b\nc: \xe4\n", "f:2:4: this byte (0xE4) is not UTF-8; save the file as UTF-8");
    refuses("a: \xed\xa0\x80", "f:1:4: this byte (0xED) is not UTF-8; save the file as UTF-8");
    refuses("a: \"\x01\"", "f:1:5: control characters are not allowed (U+0001); remove it");
    refuses_bytes("a: b\0c", 6, "f:1:5: control characters are not allowed (U+0000); remove it");
    refuses("a: \"\\0\"", "f:1:4: a value cannot hold a NUL character (\\0)");
    refuses("\"a\\0\": b", "f:1:1: a key cannot hold a NUL character");
}

static char *nested(int depth)
{
    struct buf text = {0};
    for (int i = 0; i < depth; i++)
        buf_putc(&text, '[');
    for (int i = 0; i < depth; i++)
        buf_putc(&text, ']');
    return buf_steal(&text);
}

static void limits_the_depth(void **state)
{
    (void)state;
    char *text = nested(32);
    yaml_free(parse(text));
    free(text);
    text = nested(33);
    refuses(text, "f:1:33: nested deeper than 32 levels");
    free(text);
    text = nested(400000);
    refuses(text, "f:1:33: nested deeper than 32 levels");
    free(text);
}

/* A file of nothing but keys is 90,000 of them; comparing each with each would take minutes. */
static void stays_quick_on_a_file_of_keys(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 90000; i++)
        buf_printf(&text, "k%d:\n", i);
    struct yaml_node *root = parse(text.data);
    assert_int_equal(root->count, 90000);
    yaml_free(root);
    buf_puts(&text, "k5:\n");
    refuses(text.data, "f:90001:1: \"k5\" is written twice (line 6 and line 90001)");
    buf_free(&text);
}

static void answers_null_for_what_is_not_there(void **state)
{
    (void)state;
    struct yaml_node *root = parse("a: {b: c}\nl: [x]\n");
    assert_null(yaml_get(root, "z"));
    assert_null(yaml_get(NULL, "a"));
    assert_null(yaml_get(yaml_get(root, "l"), "x"));
    assert_null(yaml_text(root, "a"));
    assert_null(yaml_text(NULL, "a"));
    yaml_free(root);
    yaml_free(NULL);
}

static void fails_at_a_node_or_its_key(void **state)
{
    (void)state;
    struct error err = {0};
    struct yaml_node *root = parse("a: 1\nbb: [x]\n");
    const struct yaml_node *b = yaml_get(root, "bb");
    assert_int_equal(yaml_fail(b, "f", &err, "no %s", "way"), ERR_CONFIG);
    assert_string_equal(err.text, "f:2:5: no way");
    assert_int_equal(yaml_fail_key(b, "f", &err, "unknown key %s", b->key), ERR_CONFIG);
    assert_string_equal(err.text, "f:2:1: unknown key bb");
    assert_int_equal(yaml_fail_key(b->items[0], "f", &err, "bad"), ERR_CONFIG);
    assert_string_equal(err.text, "f:2:6: bad");
    assert_int_equal(yaml_fail(b, "f", NULL, "bad"), ERR_CONFIG);
    yaml_free(root);
}

static void loads_files(void **state)
{
    (void)state;
    char path[] = "/tmp/test_yaml.XXXXXX", expected[100];
    struct yaml_node *root;
    struct error err = {0};
    int fd = mkstemp(path);
    dprintf(fd, "a: b\n");
    assert_int_equal(yaml_load(path, &root, &err), 0);
    assert_string_equal(yaml_text(root, "a"), "b");
    yaml_free(root);
    dprintf(fd, "a: c\n");
    assert_int_equal(yaml_load(path, &root, &err), ERR_CONFIG);
    snprintf(expected, sizeof(expected), "%s:2:1: \"a\" is written twice (line 1 and line 2)",
             path);
    assert_string_equal(err.text, expected);
    assert_int_equal(ftruncate(fd, 1024 * 1024 + 1), 0);
    assert_int_equal(yaml_load(path, &root, &err), ERR_INPUT);
    assert_null(root);
    close(fd);
    unlink(path);
    assert_int_equal(yaml_load(path, &root, &err), ERR_NOT_FOUND);
    assert_null(root);
}

static void null_without_quotes_is_no_text(void **state)
{
    (void)state;
    static const char text[] = "a: ~\nb: null\nc: \"null\"\nd: nullable\ne:\nf: {}\n";
    struct yaml_node *root;
    struct error err;
    assert_int_equal(yaml_parse(text, strlen(text), "x.yaml", 1, &root, &err), 0);
    assert_true(yaml_is_null(yaml_get(root, "a")));
    assert_true(yaml_is_null(yaml_get(root, "b")));
    assert_false(yaml_is_null(yaml_get(root, "c")));
    assert_false(yaml_is_null(yaml_get(root, "d")));
    assert_false(yaml_is_null(yaml_get(root, "e")));
    assert_false(yaml_is_null(yaml_get(root, "f")));
    yaml_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_maps_lists_and_scalars),
        cmocka_unit_test(leaves_types_to_the_schema),
        cmocka_unit_test(remembers_where_things_stand),
        cmocka_unit_test(tells_quoted_from_plain),
        cmocka_unit_test(counts_lines_from_where_front_matter_begins),
        cmocka_unit_test(takes_an_empty_document_for_an_empty_map),
        cmocka_unit_test(skips_the_byte_order_mark_of_windows_editors),
        cmocka_unit_test(finds_duplicate_keys_in_every_map),
        cmocka_unit_test(refuses_what_only_yaml_experts_write),
        cmocka_unit_test(explains_a_tag_of_ours_without_quotes),
        cmocka_unit_test(explains_common_mistakes),
        cmocka_unit_test(refuses_bytes_that_are_not_text),
        cmocka_unit_test(limits_the_depth),
        cmocka_unit_test(stays_quick_on_a_file_of_keys),
        cmocka_unit_test(answers_null_for_what_is_not_there),
        cmocka_unit_test(fails_at_a_node_or_its_key),
        cmocka_unit_test(loads_files),
        cmocka_unit_test(null_without_quotes_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
