/* Values that want to be more than text, in every part of a message: tags, markup, links, headers,
 * marks of direction, half characters, and very much of it. */
#include "render/renderer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/alloc.h"
#include "model/json.h"
#include "render/small_library.h"

static const char description[] =
    "schema: 1\nversion: 1\nchannels: [email, sms, webhook]\nvariables:\n"
    "  x: {type: text, required: true}\nlinks_allowed: [example.org]\n";
static const char letter[] =
    "---\nsubject: \"S {{to.name}}\"\npreheader: \"P {{x}}\"\nsms: \"M {{x}}\"\ntitle: \"T "
    "{{x}}\"\n---\n{{salutation}}\n\n## H {#h}\n\n{{x}}\n\n- {{x | upper-first}}\n\n"
    "[words](https://example.org/?q={{x}})\n\n{{closing}}\n";
static const char subject_letter[] =
    "---\nsubject: \"S {{x}}\"\npreheader: P\nsms: M\ntitle: T\n---\n{{salutation}}\n\n{{x}}\n";

static int make_hostile_library(void **state)
{
    if (make_library(state) != 0)
        return -1;
    write_file("t/news/template.yaml", description);
    write_file("t/news/de.md", letter);
    write_file("t/news/ko.md", letter);
    write_file("t/news/webhook.json", "{\"x\": {{x}}, \"name\": \"to {{to.name}}\"}\n");
    return 0;
}

struct hostile {
    struct library *library;
    struct renderer *renderer;
    struct job *job;
    struct message message;
    struct error err;
    bool too_large;
};

/* `value` is JSON text: the fact x and the recipient's name. */
static void open_hostile(struct hostile *h, const char *value)
{
    struct buf to = {0}, data = {0};
    *h = (struct hostile){.library = load(NULL)};
    buf_puts(&to, ",\"name\":\"Anna\"");
    buf_printf(&data, "{\"x\":%s}", value);
    h->job = job_with(buf_text(&to), buf_text(&data), "");
    assert_int_equal(renderer_open(h->library, &h->renderer, &h->err), 0);
    buf_free(&to);
    buf_free(&data);
}

static void close_hostile(struct hostile *h)
{
    message_free(&h->message);
    renderer_close(h->renderer);
    library_free(h->library);
    job_free(h->job);
}

/* A message that grows beyond all bounds is not made at all. */
static void render_kind(struct hostile *h, const char *locale, enum channel_kind kind)
{
    int rc = renderer_render(h->renderer, 0, locale, h->job, 0, kind, &h->message, &h->err);
    h->too_large = rc == ERR_INPUT && strstr(h->err.text, "larger than 10 MiB") != NULL;
    if (rc != 0 && !h->too_large)
        fail_msg("%s", h->err.text);
}

/* Nothing that ends a line, is a control character, or turns the direction of writing. */
static void is_one_harmless_line(const struct buf *part)
{
    for (size_t i = 0; i < part->len; i++) {
        unsigned char c = (unsigned char)part->data[i];
        if (c < 0x20 || c == 0x7f)
            fail_msg("control character %02x in \"%s\"", c, buf_text(part));
    }
    assert_null(strstr(buf_text(part), "\xe2\x80\xae"));
    assert_null(strstr(buf_text(part), "\xe2\x80\x8f"));
    assert_null(strstr(buf_text(part), "\xe2\x81\xa6"));
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        found++;
    return found;
}

static void check_html(const struct buf *html)
{
    const char *text = buf_text(html);
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "<b>"));
    assert_null(strstr(text, "javascript:alert(1)\""));
    assert_int_equal(count(text, "<a href="), 1);
    assert_int_equal(count(text, "<a href=\"https://example.org/?q="), 1);
    assert_int_equal(count(text, "<p>"), count(text, "</p>"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_null(strstr(text, "\xe2\x80\x8f"));
    assert_null(strchr(text, '\r'));
}

/* What systems receive is exactly what was handed over, as a JSON string. */
static void check_webhook(const struct buf *webhook, const char *value)
{
    struct error err = {0};
    struct json_t *body, *expected = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_int_equal(json_parse(buf_text(webhook), webhook->len, "w", 1, 8, &body, &err), 0);
    assert_true(json_equal(json_object_get(body, "x"), expected));
    json_free(body);
    json_free(expected);
}

static void harmless_everywhere(const char *value)
{
    static const char *const locales[] = {"de", "ko"};
    struct hostile h;
    open_hostile(&h, value);
    for (size_t i = 0; i < 2; i++) {
        render_kind(&h, locales[i], CHANNEL_EMAIL);
        is_one_harmless_line(&h.message.subject);
        is_one_harmless_line(&h.message.preheader);
        if (!h.too_large)
            check_html(&h.message.html);
        assert_null(strchr(buf_text(&h.message.text), '\r'));
        assert_null(strstr(buf_text(&h.message.text), "\xe2\x80\xae"));
        render_kind(&h, locales[i], CHANNEL_SMS);
        is_one_harmless_line(&h.message.sms);
        is_one_harmless_line(&h.message.title);
        render_kind(&h, locales[i], CHANNEL_WEBHOOK);
        check_webhook(&h.message.webhook, value);
    }
    close_hostile(&h);
}

static void values_stay_text_in_every_part(void **state)
{
    (void)state;
    static const char *const values[] = {
        "\"{{x}} {{{x}}} {{#x}} {{> end}} {{=<% %>=}}\"",
        "\"<script>alert(1)</script><b>fett</b>\"",
        "\"\\\" onmouseover=\\\"alert(1)\"",
        "\"[klick](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>\"",
        "\"\\r\\nBcc: everybody@evil.example\\r\\n\\r\\nbody\"",
        "\"a\\u2028b\\u2029c\\u0085de\\u001b[31m\\u007f\"",
        "\"\\u202e0001-8851\\u202c \\u200f1588-0000 \\u2066x\\u2069 \\u061c\"",
        "\"\\u0001\\u0002\\u0003\\u0004\\u0005\"",
        "\"# Kopf\\n\\n> Zitat\\n\\n- Liste\\n\\n```\\ncode\\n```\\n\\n---\\n\"",
        "\"&lt;b&gt; &#60; %3Cscript%3E \\\\ ` * _ ~\"",
        "\"\\\"},\\\"injected\\\":{\\\"a\\\":\\\"\"",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        harmless_everywhere(values[i]);
}

static void a_subject_refuses_what_would_end_it_or_turn_it(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool ok;
    } values[] = {{"\"{{x}} <script>\"", true},
                  {"\"\\r\\nBcc: x@evil.example\"", false},
                  {"\"\\u202eabc\"", false},
                  {"\"\\u200f1\"", false},
                  {"\"\\u2028\"", false}};
    write_file("t/news/de.md", subject_letter);
    write_file("t/news/ko.md", subject_letter);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct hostile h;
        open_hostile(&h, values[i].value);
        int rc = renderer_render(h.renderer, 0, "de", h.job, 0, CHANNEL_EMAIL, &h.message, &h.err);
        assert_int_equal(rc, values[i].ok ? 0 : ERR_INPUT);
        close_hostile(&h);
    }
    write_file("t/news/de.md", letter);
    write_file("t/news/ko.md", letter);
}

static void greets(const char *to, const char *salutation)
{
    struct library *l = load(NULL);
    struct renderer *r;
    struct message m = {0};
    struct error err = {0};
    struct job *job = job_with(to, "{\"x\":\"-\"}", "");
    assert_int_equal(renderer_open(l, &r, &err), 0);
    if (renderer_render(r, 0, "de", job, 0, CHANNEL_EMAIL, &m, &err) != 0)
        fail_msg("%s", err.text);
    char *line = xstrndup(buf_text(&m.text), strcspn(buf_text(&m.text), "\n"));
    assert_string_equal(line, salutation);
    free(line);
    message_free(&m);
    renderer_close(r);
    library_free(l);
    job_free(job);
}

/* Whoever types a name into a form must not get a link, or a turned number, into our letter. */
static void a_name_cannot_carry_a_link(void **state)
{
    (void)state;
    greets(",\"name\":\"Anna https://evil.example/x Weiß\"", "Guten Tag Anna Weiß,");
    greets(",\"name\":\"www.evil.example\"", "Guten Tag,");
    greets(",\"name\":\"http://evil.example\"", "Guten Tag,");
    greets(",\"name\":\"evil.example/pay\"", "Guten Tag,");
    greets(",\"name\":\"evil.example\"", "Guten Tag evil. example,");
    greets(",\"name\":\"A.\u00a0Weiß\"", "Guten Tag A. Weiß,");
    greets(",\"name\":\"\u202eannA\u200b \ufeffWeiß\"", "Guten Tag annA Weiß,");
    greets(",\"name\":\"<b>Anna</b>\"", "Guten Tag <b>Anna</b>,");
    greets(",\"name\":\"김민준\"", "Guten Tag 김민준,");
    greets(",\"given_name\":\"https://a.example\",\"family_name\":\"Weiß\"", "Guten Tag,");
}

static void half_a_character_and_nul_are_refused_where_a_job_comes_in(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\",\"name\":\"\\u0000\"}}",
        "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\",\"name\":\"\\ud800\"}}",
        "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\",\"name\":\"\\udc00x\"}}",
        "{\"version\":1,\"id\":\"a\",\"to\":{\"email\":\"a@example.org\",\"name\":\"\xed\xa0\x80\"}"
        "}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct job *job;
        struct error err = {0};
        assert_int_equal(job_parse(texts[i], strlen(texts[i]), "new/a.json", 1, &job, &err),
                         ERR_INPUT);
        assert_null(job);
        assert_non_null(strstr(err.text, "new/a.json:1:"));
    }
}

/* One megabyte of the dearest character; and of one word without a place to break. */
static void a_megabyte_of_text_is_only_long(void **state)
{
    (void)state;
    static const char *const pieces[] = {"<", "가", "x", "\\r\\n", "{{x}} ", "\\u202e"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct buf value = {0};
        buf_putc(&value, '"');
        while (value.len < 1024 * 1024)
            buf_puts(&value, pieces[i]);
        buf_putc(&value, '"');
        harmless_everywhere(buf_text(&value));
        buf_free(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stay_text_in_every_part),
        cmocka_unit_test(a_subject_refuses_what_would_end_it_or_turn_it),
        cmocka_unit_test(a_name_cannot_carry_a_link),
        cmocka_unit_test(half_a_character_and_nul_are_refused_where_a_job_comes_in),
        cmocka_unit_test(a_megabyte_of_text_is_only_long),
    };
    return cmocka_run_group_tests(tests, make_hostile_library, remove_library);
}
