#include "render/layout.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "render/library_look.h"
#include "render/renderer.h"
#include "render/small_library.h"

#define DESCRIPTION                                                                                \
    "channels: [email]\nvariables:\n  what: {type: localized, required: true}\n"                   \
    "  items: {type: terms, required: true}\n  count: {type: integer, required: true}\n"           \
    "  when.start: {type: date}\nlinks_allowed: []\n"

static void choose(const char *line)
{
    struct buf text = {0};
    buf_printf(&text, "schema: 1\nversion: 3\n%s%s", line, DESCRIPTION);
    write_file("t/news/template.yaml", buf_text(&text));
    buf_free(&text);
}

/* What loading says with this line in template.yaml. */
static void expect_problem(const char *line, const char *problem)
{
    struct buf problems = {0};
    choose(line);
    library_free(load(&problems));
    if (strstr(buf_text(&problems), problem) == NULL)
        fail_msg("\"%s\" is not in\n%s", problem, buf_text(&problems));
    buf_free(&problems);
}

static void expect_html(const char *begin, const char *absent)
{
    struct library *l = load(NULL);
    struct renderer *r;
    struct error err = {0};
    struct message m = {0};
    struct job *job = job_with("", DATA, "");
    assert_int_equal(renderer_open(l, &r, &err), 0);
    if (renderer_render(r, 0, "ko", job, 1763942401000, CHANNEL_EMAIL, &m, &err) < 0)
        fail_msg("%s", err.text);
    assert_memory_equal(buf_text(&m.html), begin, strlen(begin));
    assert_null(strstr(buf_text(&m.html), absent));
    assert_non_null(strstr(buf_text(&m.html), "<h2>무엇</h2>"));
    message_free(&m);
    job_free(job);
    renderer_close(r);
    library_free(l);
}

static void a_template_without_a_choice_is_put_into_the_frame_of_a_mail(void **state)
{
    (void)state;
    expect_html("<html lang=\"ko\" dir=\"ltr\"><title>소식: 은행</title><i>미리보기</i>", "<h1>");
}

static void a_template_chooses_another_frame(void **state)
{
    (void)state;
    write_file("t/_layouts/page.html", "<h1 lang=\"{{lang}}\">{{subject}}</h1>{{{content}}}\n");
    choose("layout: page\n");
    expect_html("<h1 lang=\"ko\">소식: 은행</h1>", "미리보기");
    remove_file("t/_layouts/page.html");
    restore("t/news/template.yaml");
}

static void a_frame_that_is_not_there_is_told_with_the_one_that_was_meant(void **state)
{
    (void)state;
    expect_problem("layout: lettre\n", "E layout-missing ");
    expect_problem("layout: lettre\n", "t/news/template.yaml:3:9 there is no layout \"lettre\" in "
                                       "_layouts; did you mean \"letter\"?\n");
    expect_problem("layout: ../secret\n", "there is no layout \"../secret\" in _layouts\n");
    expect_problem("layout: [letter]\n", "E yaml-type ");
    expect_problem("layuot: letter\n", "did you mean \"layout\"?");
    restore("t/news/template.yaml");
}

static void a_broken_frame_spoils_the_letters_within_it_only(void **state)
{
    (void)state;
    struct buf problems = {0};
    write_file("t/_layouts/page.html", "{{sujet}}{{{content}}}\n");
    struct library *l = load(&problems);
    assert_non_null(strstr(buf_text(&problems), "t/_layouts/page.html:1:1"));
    assert_true(library_template_is_sound(l, 0));
    library_free(l);
    choose("layout: page\n");
    l = load(&problems);
    assert_false(library_template_is_sound(l, 0));
    library_free(l);
    buf_free(&problems);
    remove_file("t/_layouts/page.html");
    restore("t/news/template.yaml");
}

static void the_frame_of_a_mail_must_be_there(void **state)
{
    (void)state;
    remove_file("t/_layouts/letter.html");
    expect_problem("", "t/_layouts/letter.html");
    restore("t/_layouts/letter.html");
    restore("t/news/template.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_without_a_choice_is_put_into_the_frame_of_a_mail),
        cmocka_unit_test(a_template_chooses_another_frame),
        cmocka_unit_test(a_frame_that_is_not_there_is_told_with_the_one_that_was_meant),
        cmocka_unit_test(a_broken_frame_spoils_the_letters_within_it_only),
        cmocka_unit_test(the_frame_of_a_mail_must_be_there),
    };
    return cmocka_run_group_tests(tests, make_library, remove_library);
}
