#include "render/library.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "render/library_sources.h"
#include "render/renderer.h"
#include "render/small_library.h"

static struct library *load_sound(void)
{
    struct error err = {0};
    struct library *l;
    if (load_for_sending(&l, &err) < 0)
        fail_msg("%s", err.text);
    return l;
}

/* A second letter, the same but for its name, which comes first. */
static int make_two(void **state)
{
    static const char *const names[] = {"template.yaml", "de.md", "ko.md"};
    if (make_library(state) != 0)
        return -1;
    char *folder = path_of("t/a-twin");
    assert_int_equal(mkdir(folder, 0700), 0);
    free(folder);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char from[40], to[40];
        snprintf(from, sizeof(from), "t/news/%s", names[i]);
        snprintf(to, sizeof(to), "t/a-twin/%s", names[i]);
        for (size_t k = 0; k < sizeof files / sizeof *files; k++)
            if (strcmp(files[k].name, from) == 0)
                write_file(to, files[k].text);
    }
    return 0;
}

static int remove_two(void **state)
{
    char *folder = path_of("t/a-twin");
    remove_file("t/a-twin/template.yaml");
    remove_file("t/a-twin/de.md");
    remove_file("t/a-twin/ko.md");
    rmdir(folder);
    free(folder);
    return remove_library(state);
}

static void must_keep(struct library *l, struct library *old)
{
    struct error err = {0};
    if (library_keep(l, old, &err) != 0)
        fail_msg("%s", err.text);
    library_free(old);
}

static void must_render(const struct library *l, const char *name, const char *subject)
{
    struct renderer *r;
    struct message m = {0};
    struct error err = {0};
    struct job *job = job_with("", DATA, "");
    assert_int_equal(renderer_open(l, &r, &err), 0);
    if (renderer_render(r, library_find_template(l, name), "ko", job, 0, CHANNEL_EMAIL, &m, &err) !=
        0)
        fail_msg("%s", err.text);
    assert_string_equal(buf_text(&m.subject), subject);
    message_free(&m);
    renderer_close(r);
    job_free(job);
}

/* Over reload and reload, and until it is mended. */
static void a_letter_with_a_mistake_stays_as_it_was(void **state)
{
    unsigned char before[DIGEST_SIZE], now[DIGEST_SIZE];
    struct library_fault fault;
    struct error err;
    (void)state;
    struct library *l = load_sound();
    library_letter_digest(l, library_find_template(l, "a-twin"), before);
    write_file("t/a-twin/ko.md", "{{");
    for (int i = 0; i < 3; i++) {
        struct library *old = l;
        l = load_sound();
        assert_int_equal(library_find_template(l, "a-twin"), -1);
        must_keep(l, old);
        assert_int_equal(library_template_count(l), 2);
        assert_true(library_fault_at(l, 0, &fault));
        assert_true(fault.kept);
        assert_int_equal(library_refuse_letter(l, "a-twin", &err), 0);
        library_letter_digest(l, library_find_template(l, "a-twin"), now);
        assert_memory_equal(before, now, DIGEST_SIZE);
        must_render(l, "a-twin", "소식: 은행");
        must_render(l, "news", "소식: 은행");
    }
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        if (strcmp(files[k].name, "t/news/ko.md") == 0)
            write_file("t/a-twin/ko.md", files[k].text);
    struct library *mended = load_sound();
    assert_false(library_mends(mended, l)); /* nobody waited for it */
    must_keep(mended, l);
    assert_false(library_fault_at(mended, 0, &fault));
    must_render(mended, "a-twin", "소식: 은행");
    library_free(mended);
}

static void what_was_left_out_before_stays_out(void **state)
{
    struct library_fault fault;
    (void)state;
    write_file("t/news/de.md", "{{");
    struct library *old = load_sound(), *l = load_sound();
    must_keep(l, old);
    assert_int_equal(library_find_template(l, "news"), -1);
    assert_true(library_fault_at(l, 0, &fault));
    assert_false(fault.kept);
    restore("t/news/de.md");
    struct library *mended = load_sound();
    assert_true(library_mends(mended, l));
    assert_false(library_mends(l, l));
    library_free(mended);
    library_free(l);
}

static void nothing_is_kept_over_other_languages(void **state)
{
    struct error err = {0};
    (void)state;
    struct library *old = load_sound();
    write_file("t/news/de.md", "{{");
    struct buf text = {0};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        if (strcmp(files[k].name, "l/de.yaml") == 0)
            buf_printf(&text, "%s# another one\n", files[k].text);
    write_file("l/de.yaml", buf_text(&text));
    struct library *l = load_sound();
    assert_int_equal(library_keep(l, old, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "t/news/de.md:1:1: "));
    library_free(l);
    restore("t/news/de.md");
    l = load_sound();
    assert_int_equal(library_keep(l, old, &err), 0);
    library_free(l);
    library_free(old);
    restore("l/de.yaml");
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_with_a_mistake_stays_as_it_was),
        cmocka_unit_test(what_was_left_out_before_stays_out),
        cmocka_unit_test(nothing_is_kept_over_other_languages),
    };
    return cmocka_run_group_tests(tests, make_two, remove_two);
}
