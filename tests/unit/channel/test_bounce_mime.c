#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "channel/bounce_mime.h"

static void read_text(const char *text, struct bounce_mime *out)
{
    bounce_mime_read(text, strlen(text), out);
}

static void expect_types(const struct bounce_mime *m, const char *const *types, size_t count)
{
    assert_int_equal(m->count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(m->parts[i].type, types[i]);
}

static void finds_parts_within_parts_whatever_ends_the_lines(void **state UNUSED)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    static const char *const types[] = {"multipart/mixed", "multipart/report", "text/plain",
                                        "message/delivery-status", "text/plain"};
    static const char *const lines[] = {"From: a@example.org",
                                        "Content-Type: Multipart/MIXED;",
                                        "\tx=\"; boundary=no\"; boundary = out",
                                        "",
                                        "preamble",
                                        "--out",
                                        "Content-Type: multipart/report; boundary=\"in ner\"",
                                        "",
                                        "--in ner",
                                        "",
                                        "text",
                                        "--in ner",
                                        "Content-Type: message/delivery-status",
                                        "",
                                        "Status: 5.1.1",
                                        "--in ner--",
                                        "",
                                        "--out",
                                        "Content-Type: text/plain",
                                        "",
                                        "footer",
                                        "--out--",
                                        "epilogue",
                                        NULL};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct buf mail = {0};
        struct bounce_mime m;
        for (size_t k = 0; lines[k] != NULL; k++)
            buf_printf(&mail, "%s%s", lines[k], ends[i]);
        read_text(buf_text(&mail), &m);
        expect_types(&m, types, COUNT_OF(types));
        assert_memory_equal(m.parts[3].body.at, "Status: 5.1.1\n", 14);
        bounce_mime_clear(&m);
        buf_free(&mail);
    }
}

static void a_part_without_an_end_goes_to_the_end(void **state UNUSED)
{
    static const char *const types[] = {"multipart/report", "text/plain", "message/rfc822"};
    struct bounce_mime m;
    read_text("Content-Type: multipart/report; boundary=b\n\n--b\n\none\n--b\nContent-Type: "
              "message/rfc822\n\nFrom: x",
              &m);
    expect_types(&m, types, COUNT_OF(types));
    assert_int_equal(m.parts[2].body.len, 7);
    bounce_mime_clear(&m);
}

static void looks_no_deeper_than_its_limits(void **state UNUSED)
{
    struct buf mail = {0};
    struct bounce_mime m;
    for (int i = 0; i < 200; i++)
        buf_printf(&mail, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    read_text(buf_text(&mail), &m);
    assert_int_equal(m.count, BOUNCE_DEPTH_MAX + 1);
    bounce_mime_clear(&m);
    buf_reset(&mail);
    buf_puts(&mail, "Content-Type: multipart/mixed; boundary=b\n\n");
    for (int i = 0; i < 5000; i++)
        buf_puts(&mail, "--b\n\nx\n");
    read_text(buf_text(&mail), &m);
    assert_int_equal(m.count, BOUNCE_PARTS_MAX);
    bounce_mime_clear(&m);
    buf_free(&mail);
}

static void unfolds_a_field_and_skips_what_is_none(void **state UNUSED)
{
    static const char head[] = "no field at all\nSubject : one\n  two\t three \nX: y\n\nX: body\n";
    struct buf value = {0};
    struct bounce_span span = {head, sizeof(head) - 1};
    assert_true(bounce_head_get(span, "subject", &value));
    assert_string_equal(buf_text(&value), "one two three");
    assert_false(bounce_head_get(span, "no", &value));
    buf_free(&value);
}

static void an_mbox_line_in_front_is_no_header(void **state UNUSED)
{
    struct bounce_mime m;
    struct buf value = {0};
    read_text("From MAILER-DAEMON Fri Nov 20 02:12:00 2026\r\nTo: a@example.org\r\n\r\n", &m);
    assert_true(bounce_head_get(m.parts[0].head, "To", &value));
    assert_string_equal(buf_text(&value), "a@example.org");
    buf_free(&value);
    bounce_mime_clear(&m);
}

static void a_text_comes_out_as_utf8_however_it_is_encoded(void **state UNUSED)
{
    static const struct {
        const char *mail, *text;
    } cases[] = {
        {"Content-Type: text/plain; charset=EUC-KR\n\n\xb9\xdd\xbc\xdb", "반송"},
        {"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
         "Quoted-Printable\n\nunzustellbar f=FCr=\n Sie =3D =ZZ",
         "unzustellbar für Sie = =ZZ"},
        {"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n67CY\n7Iah",
         "반송"},
        {"Content-Type: text/plain; charset=x-nobody-knows\n\nvoll: \xfc", "voll: ü"},
        {"Content-Type: text/plain; charset=us-ascii\n\nBüro", "Büro"},
        {"X: y\n\nno header", "no header"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bounce_mime m;
        struct buf text = {0};
        read_text(cases[i].mail, &m);
        bounce_part_put_text(&m.parts[0], &text);
        assert_string_equal(buf_text(&text), cases[i].text);
        assert_true(utf8_valid(buf_text(&text), text.len));
        buf_free(&text);
        bounce_mime_clear(&m);
    }
}

static void takes_an_empty_mail(void **state UNUSED)
{
    struct bounce_mime m;
    bounce_mime_read("", 0, &m);
    assert_int_equal(m.count, 1);
    assert_int_equal(m.parts[0].body.len, 0);
    bounce_mime_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_parts_within_parts_whatever_ends_the_lines),
        cmocka_unit_test(a_part_without_an_end_goes_to_the_end),
        cmocka_unit_test(looks_no_deeper_than_its_limits),
        cmocka_unit_test(unfolds_a_field_and_skips_what_is_none),
        cmocka_unit_test(an_mbox_line_in_front_is_no_header),
        cmocka_unit_test(a_text_comes_out_as_utf8_however_it_is_encoded),
        cmocka_unit_test(takes_an_empty_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
