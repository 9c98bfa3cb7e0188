#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "render/library_sources.h"
#include "render/small_library.h"

static void digest_now(unsigned char out[DIGEST_SIZE])
{
    struct library *l = load(NULL);
    assert_non_null(l);
    library_letter_digest(l, library_find_template(l, "news"), out);
    library_free(l);
}

/* One byte behind what stands in the file, and back. */
static bool counts(const char *name)
{
    unsigned char before[DIGEST_SIZE], after[DIGEST_SIZE], again[DIGEST_SIZE];
    struct buf text = {0};
    struct error err;
    char *path = path_of(name);
    digest_now(before);
    assert_int_equal(file_read_path(path, 100000, &text, &err), 0);
    buf_putc(&text, '\n');
    write_file(name, buf_text(&text));
    digest_now(after);
    restore(name);
    digest_now(again);
    assert_memory_equal(before, again, DIGEST_SIZE);
    free(path);
    buf_free(&text);
    return memcmp(before, after, DIGEST_SIZE) != 0;
}

static void one_byte_of_every_file_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!counts(files[i].name))
            fail_msg("a byte of %s does not count", files[i].name);
    }
}

/* A tag may have room on both sides of its sign. */
static void a_partial_counts_however_its_tag_is_written(void **state)
{
    static const char *const tags[] = {"{{>end}}", "{{ >end}}", "{{ > end }}", "{{\t>\tend}}",
                                       "{{\n>\nend\n}}"};
    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct buf text = {0};
        struct error err;
        char *path = path_of("t/news/de.md");
        assert_int_equal(file_read_path(path, 100000, &text, &err), 0);
        char *at = strstr(buf_text(&text), "{{> end}}");
        assert_non_null(at);
        struct buf other = {0};
        buf_put(&other, text.data, (size_t)(at - text.data));
        buf_printf(&other, "%s%s", tags[i], at + strlen("{{> end}}"));
        write_file("t/news/de.md", buf_text(&other));
        if (!counts("t/_partials/end.de.md"))
            fail_msg("a byte of what %s calls does not count", tags[i]);
        restore("t/news/de.md");
        buf_free(&text);
        buf_free(&other);
        free(path);
    }
}

static void a_partial_nobody_calls_does_not_count(void **state)
{
    unsigned char before[DIGEST_SIZE], after[DIGEST_SIZE];
    (void)state;
    digest_now(before);
    write_file("t/_partials/other.de.md", "x\n");
    digest_now(after);
    remove_file("t/_partials/other.de.md");
    assert_memory_equal(before, after, DIGEST_SIZE);
}

static void the_body_of_the_webhook_counts(void **state)
{
    unsigned char before[DIGEST_SIZE], after[DIGEST_SIZE];
    (void)state;
    digest_now(before);
    write_file("t/news/webhook.json", "{\"count\": {{count}}}\n");
    digest_now(after);
    remove_file("t/news/webhook.json");
    assert_memory_not_equal(before, after, DIGEST_SIZE);
}

static void put_name(void *context, const struct library_source *source)
{
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    digest_sha256(source->bytes, source->len, digest);
    assert_string_equal(digest_hex(digest, hex), source->sha256);
    buf_printf(context, "%s ", source->name);
}

static void walks_over_what_the_digest_covers(void **state)
{
    struct buf names = {0};
    struct error err = {0};
    struct library *l = load(NULL);
    (void)state;
    assert_int_equal(library_letter_files(l, 0, put_name, &names, &err), 0);
    assert_string_equal(buf_text(&names),
                        "_layouts/letter.html _partials/end.de.md _partials/end.ko.md "
                        "locales/de.yaml locales/ko.yaml news/de.md news/ko.md news/template.yaml "
                        "organisation ");
    write_file("t/news/de.md", "changed");
    buf_reset(&names);
    assert_int_equal(library_letter_files(l, 0, put_name, &names, &err), ERR_AGAIN);
    restore("t/news/de.md");
    buf_free(&names);
    library_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_byte_of_every_file_counts),
        cmocka_unit_test(a_partial_counts_however_its_tag_is_written),
        cmocka_unit_test(a_partial_nobody_calls_does_not_count),
        cmocka_unit_test(the_body_of_the_webhook_counts),
        cmocka_unit_test(walks_over_what_the_digest_covers),
    };
    return cmocka_run_group_tests(tests, make_library, remove_library);
}
