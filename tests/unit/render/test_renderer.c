#include "render/renderer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "model/batch.h"
#include "render/renderer_backend.h"
#include "render/small_library.h"

static void render(const char *locale, const struct job *job, enum channel_kind kind,
                   struct message *out)
{
    struct library *l = load(NULL);
    struct renderer *r;
    struct error err = {0};
    assert_int_equal(renderer_open(l, &r, &err), 0);
    if (renderer_render(r, 0, locale, job, 1763942401000, kind, out, &err) < 0)
        fail_msg("%s", err.text);
    renderer_close(r);
    library_free(l);
}

static void an_email_has_all_its_parts(void **state)
{
    (void)state;
    struct message m = {0};
    struct job *job = job_with(",\"name\":\"김민준\"", DATA, ",\"reference\":\"R-1\"");
    render("ko", job, CHANNEL_EMAIL, &m);
    assert_string_equal(m.locale, "ko");
    assert_string_equal(buf_text(&m.subject), "소식: 은행");
    assert_string_equal(buf_text(&m.preheader), "미리보기");
    assert_string_equal(buf_text(&m.text),
                        "김민준 고객님께\n\n무엇\n----\n\n은행은 은행이 이메일 및 "
                        "전화번호\n\n2025년 9월 1일부터\n\n감사합니다.\n");
    assert_string_equal(
        buf_text(&m.html),
        "<html lang=\"ko\" dir=\"ltr\"><title>소식: 은행</title><i>미리보기</i><p>김민준 "
        "고객님께</p>\n<h2>무엇</h2>\n"
        "<p>은행은 은행이 이메일 및 전화번호</p>\n<p>2025년 9월 "
        "1일부터</p>\n<p>감사합니다.</p>\n예시은행 접수 번호 "
        "R-1</html>\n");
    render("de", job, CHANNEL_EMAIL, &m);
    assert_string_equal(buf_text(&m.subject), "Neues: Stand <1>");
    assert_non_null(strstr(buf_text(&m.html), "<title>Neues: Stand &lt;1&gt;</title>"));
    assert_non_null(strstr(buf_text(&m.html), "E-Mail-Adresse und Telefonnummer"));
    assert_non_null(strstr(buf_text(&m.html), "Muster &amp; Co"));
    message_free(&m);
    job_free(job);
}

static void a_text_message_has_its_line_only(void **state)
{
    (void)state;
    struct message m = {0};
    struct job *job = job_with("", DATA, "");
    render("de", job, CHANNEL_SMS, &m);
    assert_string_equal(buf_text(&m.sms), "SMS 2.970.000");
    assert_int_equal(m.html.len, 0);
    message_free(&m);
    job_free(job);
}

static void the_standard_webhook_says_what_the_job_said(void **state)
{
    (void)state;
    struct message m = {0};
    struct job *job = job_with(",\"recipient_id\":\"c17\"",
                               "{\"what\":{\"de\":\"a\"},\"items\":[\"email\"],\"count\":1}", "");
    render("de", job, CHANNEL_WEBHOOK, &m);
    assert_string_equal(buf_text(&m.webhook), "{\"type\":\"news\",\"timestamp\":\"2025-11-24T00:00:"
                                              "01.000Z\",\"data\":{\"what\":{\"de\":\"a\"},"
                                              "\"items\":[\"email\"],\"count\":1,\"id\":\"j1\","
                                              "\"locale\":\"de\",\"recipient_id\":\"c17\"}}");
    message_free(&m);
    job_free(job);
}

static void an_own_webhook_is_checked_and_minified(void **state)
{
    (void)state;
    struct message m = {0};
    struct job *job = job_with("", DATA, "");
    write_file("t/news/webhook.json",
               "{ \"type\": \"news.out\",\n \"n\": {{count}}, \"t\": \"{{what}}\" }\n");
    render("de", job, CHANNEL_WEBHOOK, &m);
    assert_string_equal(buf_text(&m.webhook),
                        "{\"type\":\"news.out\",\"n\":2970000,\"t\":\"Stand <1>\"}");
    write_file("t/news/webhook.json", "{ \"n\": {{count}}, }\n");
    struct library *l = load(NULL);
    struct renderer *r;
    struct error err = {0};
    assert_int_equal(renderer_open(l, &r, &err), 0);
    assert_int_equal(renderer_render(r, 0, "de", job, 0, CHANNEL_WEBHOOK, &m, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "webhook.json:1"));
    renderer_close(r);
    library_free(l);
    remove_file("t/news/webhook.json");
    message_free(&m);
    job_free(job);
}

static void a_line_break_in_a_subject_is_refused(void **state)
{
    (void)state;
    struct message m = {0};
    struct error err = {0};
    struct renderer *r;
    struct job *job = job_with(
        "", "{\"what\":{\"de\":\"a\\r\\nBcc: x@example.org\"},\"items\":[\"email\"],\"count\":1}",
        "");
    struct library *l = load(NULL);
    assert_int_equal(renderer_open(l, &r, &err), 0);
    assert_int_equal(renderer_render(r, 0, "de", job, 0, CHANNEL_EMAIL, &m, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "de.md:2:"));
    assert_int_equal(renderer_render(r, 0, "fr", job, 0, CHANNEL_EMAIL, &m, &err), ERR_INPUT);
    renderer_close(r);
    library_free(l);
    message_free(&m);
    job_free(job);
}

/* ---- a renderer that has made letters before ---- */

#define TEMPLATE_WITH_GAPS                                                                         \
    "---\nsubject: '{{what}} {{reference | default:\"-\"}}'\npreheader: \"{{to.name}}\"\n"         \
    "sms: \"SMS {{count | number}} {{id}}\"\n---\n"                                                \
    "{{salutation}}\n\n## Was {#what}\n\n{{what}}: {{items | list}}\n\n"                           \
    "- eins\n{{#items}}\n- {{.}} {{to.name}}\n{{/items}}\n\n> {{what}}\n>\n> - {{id}}\n\n---\n\n"  \
    "{{#reference}}\nNummer "                                                                      \
    "{{reference}}\n{{/reference}}\n{{^reference}}\nohne\n{{/reference}}\n\n"                      \
    "{{#to.title}}{{to.title}}{{/to.title}}\n\n{{#when.start}}\n{{when.start | date}}\n"           \
    "{{/when.start}}\n\n%s\n\n{{> end}}\n"

static const char *const lines[] = {
    "{\"id\":\"x\",\"to\":{\"email\":\"a@example.org\",\"name\":\"Eva\"},\"reference\":\"R-1\"}",
    "{\"id\":\"y\",\"to\":{\"email\":\"a@example.org\",\"name\":\"Uwe\"},\"reference\":\"S-2\"}",
    "{\"id\":\"a\",\"to\":{\"email\":\"a@example.org\",\"name\":\"Anna\"}}",
    "{\"id\":\"b\",\"to\":{\"email\":\"a@example.org\"},\"reference\":\"R-2\"}",
    "{\"to\":{\"email\":\"a@example.org\",\"name\":\"Bo "
    "<b>\",\"title\":\"Dr.\"},\"reference\":\"R\"}",
    "{\"id\":\"d\",\"to\":{\"email\":\"a@example.org\",\"name\":\"Eine mit einem so langen Namen, "
    "dass die Zeile bricht\",\"timezone\":\"Asia/Seoul\"}}",
    "{\"id\":\"e\",\"to\":{\"email\":\"a@example.org\"},\"data\":{\"count\":7,\"items\":[\"email\"]"
    "}}",
    "{\"id\":\"f\",\"to\":{\"email\":\"a@example.org\",\"title\":\"Dr.\"},\"data\":{\"when\":{"
    "\"start\":\"2025-10-02\"}}"
    "}",
};

static void render_line(struct renderer *r, const struct job *job, struct message *out)
{
    struct message sms = {0};
    struct error err = {0};
    if (renderer_render(r, 0, "de", job, 0, CHANNEL_SMS, &sms, &err) < 0 ||
        renderer_render(r, 0, "de", job, 0, CHANNEL_EMAIL, out, &err) < 0)
        fail_msg("%s", err.text);
    buf_put(&out->sms, buf_text(&sms.sms), sms.sms.len);
    message_free(&sms);
}

static void expect_equal(const struct message *a, const struct message *b)
{
    assert_string_equal(buf_text(&a->subject), buf_text(&b->subject));
    assert_string_equal(buf_text(&a->preheader), buf_text(&b->preheader));
    assert_string_equal(buf_text(&a->text), buf_text(&b->text));
    assert_string_equal(buf_text(&a->html), buf_text(&b->html));
    assert_string_equal(buf_text(&a->sms), buf_text(&b->sms));
}

static void compare_with_fresh(const struct library *l, struct renderer *used,
                               const struct batch *batch)
{
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct message expected = {0}, found = {0};
        struct error err = {0};
        struct renderer *fresh;
        struct job *job;
        if (batch_read_line(batch, lines[i], strlen(lines[i]), "lines", (int64_t)i + 1, &job, NULL,
                            &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(renderer_open(l, &fresh, &err), 0);
        render_line(fresh, job, &expected);
        render_line(used, job, &found);
        expect_equal(&expected, &found);
        message_free(&expected);
        message_free(&found);
        renderer_close(fresh);
        job_free(job);
    }
}

static void the_bytes_do_not_depend_on_the_letters_before(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "{{#to}}{{name}}{{/to}}",
                                         "{{#reference}}{{.}}{{/reference}}"};
    static const char text[] =
        "{\"version\":1,\"id\":\"b\",\"template\":\"news\",\"data\":" DATA "}";
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct buf letter = {0};
        struct error err = {0};
        struct renderer *used;
        struct batch *batch;
        buf_printf(&letter, TEMPLATE_WITH_GAPS, bodies[i]);
        write_file("t/news/de.md", buf_text(&letter));
        write_file("t/news/ko.md", buf_text(&letter));
        struct library *l = load(NULL);
        assert_int_equal(renderer_open(l, &used, &err), 0);
        assert_int_equal(batch_parse(text, strlen(text), "b", false, &batch, &err), 0);
        for (int round = 0; round < 4; round++)
            compare_with_fresh(l, used, batch);
        batch_free(batch);
        renderer_close(used);
        library_free(l);
        buf_free(&letter);
    }
    restore("t/news/de.md");
    restore("t/news/ko.md");
}

/* What fails for one reader of a batch is still cut for the next. */
static void a_reader_who_cannot_be_told_does_not_slow_down_the_others(void **state)
{
    (void)state;
    static const char *const days[] = {"2025-09-01", "none", "2025-09-02"};
    static const int answers[] = {0, ERR_INPUT, 0};
    struct job *job = job_with("", DATA, ",\"reference\":\"x\"");
    struct renderer *r;
    struct message m = {0};
    struct error err = {0};
    struct rendering rendering;
    write_file("t/news/de.md", "---\nsubject: s\npreheader: p\n"
                               "sms: \"{{#reference}}{{reference | date}}{{/reference}}{{what}}"
                               "{{count}}\"\n---\n{{salutation}} {{items | list}}\n"
                               "{{#when.start}}\n{{when.start | date}}\n{{/when.start}}\n");
    struct buf problems = {0}; /* not of our making: the letters say different things */
    struct library *l = load(&problems);
    assert_int_equal(renderer_open(l, &r, &err), 0);
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        free(job->reference);
        job->reference = xstrdup(days[i]);
        assert_int_equal(rendering_begin(r, 0, "de", job, &m, &rendering, &err), 0);
        assert_int_equal(rendering_run(&rendering, CHANNEL_SMS, 0, &err), answers[i]);
        rendering_end(&rendering);
    }
    assert_int_equal(rendering.briefing->parts[LETTER_SMS].count, 1);
    buf_free(&problems);
    message_free(&m);
    renderer_close(r);
    library_free(l);
    job_free(job);
    restore("t/news/de.md");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_email_has_all_its_parts),
        cmocka_unit_test(a_text_message_has_its_line_only),
        cmocka_unit_test(the_standard_webhook_says_what_the_job_said),
        cmocka_unit_test(an_own_webhook_is_checked_and_minified),
        cmocka_unit_test(a_line_break_in_a_subject_is_refused),
        cmocka_unit_test(the_bytes_do_not_depend_on_the_letters_before),
        cmocka_unit_test(a_reader_who_cannot_be_told_does_not_slow_down_the_others),
    };
    return cmocka_run_group_tests(tests, make_library, remove_library);
}
