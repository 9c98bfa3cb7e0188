#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "model/json.h"
#include "model/manifest.h"
#include "model/pace.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static int read_text(const char *text, struct manifest *out, struct error *err)
{
    struct json_t *list = NULL;
    assert_int_equal(json_parse(text, strlen(text), "m", 1, 8, &list, err), 0);
    int rc = manifest_read(list, out, err);
    json_free(list);
    return rc;
}

static void is_the_same_in_any_order(void **state)
{
    struct manifest one, other;
    unsigned char first[DIGEST_SIZE], second[DIGEST_SIZE];
    struct buf text = {0};
    struct error err;
    (void)state;
    assert_int_equal(read_text("[{\"part\":\"letter\",\"name\":\"b\",\"sha256\":\"" A "\"},"
                               "{\"part\":\"letter\",\"name\":\"a\",\"sha256\":\"" B "\"}]",
                               &one, &err),
                     0);
    assert_int_equal(read_text("[{\"sha256\":\"" B "\",\"name\":\"a\",\"part\":\"letter\"},"
                               "{\"sha256\":\"" A "\",\"name\":\"b\",\"part\":\"letter\"}]",
                               &other, &err),
                     0);
    manifest_digest(&one, first);
    manifest_digest(&other, second);
    assert_memory_equal(first, second, DIGEST_SIZE);
    manifest_put(&one, &text);
    assert_string_equal(buf_text(&text),
                        "[{\"name\":\"a\",\"part\":\"letter\",\"sha256\":\"" B "\"},"
                        "{\"name\":\"b\",\"part\":\"letter\",\"sha256\":\"" A "\"}]");
    manifest_free(&one);
    manifest_free(&other);
    buf_free(&text);
}

static void refuses_what_is_no_sum_and_a_file_named_twice(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[{\"part\":\"letter\",\"name\":\"a\",\"sha256\":\"abc\"}]",
        "[{\"part\":\"words\",\"name\":\"a\",\"sha256\":\"" A "\"}]",
        "[{\"part\":\"letter\",\"name\":\"\",\"sha256\":\"" A "\"}]",
        "[{\"part\":\"letter\",\"name\":\"a\",\"sha256\":\"" A "\"},"
        "{\"part\":\"letter\",\"name\":\"a\",\"sha256\":\"" B "\"}]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct manifest m;
        struct error err;
        assert_int_equal(read_text(bad[i], &m, &err), ERR_USAGE);
        manifest_free(&m);
    }
}

static void tell(void *context, const struct manifest_change *c)
{
    buf_printf(context, "%s %s %.1s %.1s;", manifest_part_name(c->part), c->name,
               c->was != NULL ? c->was : "-", c->is != NULL ? c->is : "-");
}

static void tells_what_is_new_gone_and_different(void **state)
{
    struct manifest was = {0}, is = {0};
    unsigned char sum[DIGEST_SIZE];
    struct buf text = {0};
    (void)state;
    memset(sum, 0xaa, sizeof sum);
    manifest_add_sum(&was, MANIFEST_AUDIENCE, "gone.csv", sum);
    manifest_add_sum(&was, MANIFEST_LETTER, "same.md", sum);
    manifest_add_sum(&is, MANIFEST_LETTER, "same.md", sum);
    manifest_add_sum(&was, MANIFEST_LETTER, "other.md", sum);
    memset(sum, 0xbb, sizeof sum);
    manifest_add_sum(&is, MANIFEST_LETTER, "other.md", sum);
    manifest_add_sum(&is, MANIFEST_FACTS, "new.yaml", sum);
    manifest_compare(&was, &is, tell, &text);
    assert_string_equal(buf_text(&text),
                        "audience gone.csv a -;facts new.yaml - b;letter other.md a b;");
    manifest_free(&was);
    manifest_free(&is);
    buf_free(&text);
}

static void keeps_the_bytes_it_summed(void **state)
{
    struct manifest m = {0};
    unsigned char sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    (void)state;
    manifest_add_text(&m, MANIFEST_LETTER, "de.md", "wort", 4);
    digest_sha256("wort", 4, sum);
    assert_string_equal(m.entries[0].sha256, digest_hex(sum, hex));
    assert_string_equal(m.entries[0].text, "wort");
    manifest_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_same_in_any_order),
        cmocka_unit_test(refuses_what_is_no_sum_and_a_file_named_twice),
        cmocka_unit_test(tells_what_is_new_gone_and_different),
        cmocka_unit_test(keeps_the_bytes_it_summed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
