#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "channel/mime.h"

/* A mail whose parts a test overwrites. */
struct draft {
    struct mime_mail mail;
    struct buf subject, text, html;
};

static void start(struct draft *d, const char *subject)
{
    memset(d, 0, sizeof(*d));
    buf_puts(&d->subject, subject);
    buf_puts(&d->text, "Guten Tag\n");
    buf_puts(&d->html, "<p>Guten Tag</p>\n");
    d->mail = (struct mime_mail){
        .from_name = "Beispielbank",
        .from_address = "noreply@example.org",
        .to_name = "Anna Weber",
        .to_address = "anna@example.net",
        .identity = "01J9ZK3",
        .domain = "example.org",
        .locale = "de",
        .date_ms = 1795478401000,
        .subject = &d->subject,
        .text = &d->text,
        .html = &d->html,
    };
}

static void finish(struct draft *d)
{
    buf_free(&d->subject);
    buf_free(&d->text);
    buf_free(&d->html);
}

static struct buf composed(struct draft *d)
{
    struct buf out = {0};
    struct error err = {0};
    if (mime_compose(&d->mail, &out, &err) != 0 || mime_check_wire(out.data, out.len, &err) != 0)
        fail_msg("%s", err.text);
    return out;
}

/* The lines of one header, folded or not, as they stand in the mail. Caller frees. */
static char *header(const struct buf *mail, const char *name)
{
    char start_of[64];
    snprintf(start_of, sizeof(start_of), "\r\n%s:", name);
    const char *at = strncmp(mail->data, start_of + 2, strlen(start_of) - 2) == 0
                         ? mail->data
                         : strstr(mail->data, start_of) + 2;
    size_t len = strcspn(at, "\r");
    while (at[len + 2] == ' ')
        len += 2 + strcspn(at + len + 2, "\r");
    return strndup(at, len);
}

static void expect_header(struct draft *d, const char *name, const char *expected)
{
    struct buf mail = composed(d);
    char *found = header(&mail, name);
    assert_string_equal(found, expected);
    free(found);
    buf_free(&mail);
}

static void writes_the_whole_mail_byte_by_byte(void **state)
{
    (void)state;
    struct draft d;
    start(&d, "Wichtige Mitteilung");
    d.mail.reply_to = "help@example.org";
    struct buf mail = composed(&d);
    assert_string_equal(mail.data, "From: Beispielbank <noreply@example.org>\r\n"
                                   "To: Anna Weber <anna@example.net>\r\n"
                                   "Reply-To: help@example.org\r\n"
                                   "Subject: Wichtige Mitteilung\r\n"
                                   "Date: Tue, 24 Nov 2026 00:00:01 +0000\r\n"
                                   "Message-ID: <01J9ZK3@example.org>\r\n"
                                   "MIME-Version: 1.0\r\n"
                                   "Auto-Submitted: auto-generated\r\n"
                                   "Content-Language: de\r\n"
                                   "Content-Type: multipart/alternative;\r\n"
                                   " boundary=\"=_ad7709ceafdbf1e2630e3adb2f8fe477\"\r\n"
                                   "\r\n"
                                   "--=_ad7709ceafdbf1e2630e3adb2f8fe477\r\n"
                                   "Content-Type: text/plain; charset=utf-8\r\n"
                                   "Content-Transfer-Encoding: quoted-printable\r\n"
                                   "\r\n"
                                   "Guten Tag\r\n"
                                   "\r\n--=_ad7709ceafdbf1e2630e3adb2f8fe477\r\n"
                                   "Content-Type: text/html; charset=utf-8\r\n"
                                   "Content-Transfer-Encoding: quoted-printable\r\n"
                                   "\r\n"
                                   "<p>Guten Tag</p>\r\n"
                                   "\r\n--=_ad7709ceafdbf1e2630e3adb2f8fe477--\r\n");
    buf_free(&mail);
    finish(&d);
}

static void writes_the_same_bytes_twice(void **state)
{
    (void)state;
    struct draft d;
    start(&d, "\xec\x95\x88\xeb\x82\xb4");
    struct buf one = composed(&d), two = composed(&d);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);
    d.mail.identity = "01J9ZK4";
    struct buf other = composed(&d);
    char *first = header(&one, "Content-Type"), *second = header(&other, "Content-Type");
    assert_string_not_equal(first, second);
    free(first);
    free(second);
    buf_free(&one);
    buf_free(&two);
    buf_free(&other);
    finish(&d);
}

static void encodes_a_korean_subject(void **state)
{
    (void)state;
    struct draft d;
    start(&d, "\xea\xb0\x9c\xec\x9d\xb8\xec\xa0\x95\xeb\xb3\xb4 \xec\x9c\xa0\xec\xb6\x9c "
              "\xec\x95\x88\xeb\x82\xb4");
    expect_header(&d, "Subject", "Subject: =?UTF-8?B?6rCc7J247KCV67O0IOycoOy2nCDslYjrgrQ=?=");
    finish(&d);
}

static void cuts_encoded_words_at_characters_within_75(void **state)
{
    (void)state;
    struct draft d;
    start(&d, "");
    for (int i = 0; i < 300; i++)
        buf_puts(&d.subject, i % 7 == 0 ? "a" : "\xea\xb0\x80");
    struct buf mail = composed(&d);
    char *found = header(&mail, "Subject");
    size_t words = 0;
    for (char *line = found; line != NULL;) {
        char *next = strstr(line, "\r\n ");
        assert_true((next != NULL ? (size_t)(next - line) : strlen(line)) <= 76);
        assert_non_null(strstr(line, "=?UTF-8?B?"));
        line = next != NULL ? next + 2 : NULL;
        words++;
    }
    assert_in_range(words, 15, 25);
    free(found);
    buf_free(&mail);
    finish(&d);
}

static void folds_long_ascii_subjects_between_words(void **state)
{
    (void)state;
    struct draft d;
    start(
        &d,
        "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen");
    expect_header(&d, "Subject",
                  "Subject: One two three four five six seven eight nine ten eleven twelve\r\n"
                  " thirteen fourteen fifteen");
    finish(&d);
}

static void encodes_what_could_be_taken_for_something_else(void **state)
{
    (void)state;
    static const char *const subjects[] = {
        "=?UTF-8?B?SGFsbG8=?=", " leading", "trailing ", "two  spaces",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        struct draft d;
        start(&d, subjects[i]);
        struct buf mail = composed(&d);
        char *found = header(&mail, "Subject");
        assert_int_equal(strncmp(found, "Subject: =?UTF-8?B?", 19), 0);
        free(found);
        buf_free(&mail);
        finish(&d);
    }
}

static void writes_names_as_atoms_quoted_or_encoded(void **state)
{
    (void)state;
    static const struct {
        const char *name, *expected;
    } cases[] = {
        {NULL, "To: anna@example.net"},
        {"", "To: anna@example.net"},
        {"Anna Weber", "To: Anna Weber <anna@example.net>"},
        {"Weber, Anna", "To: \"Weber, Anna\" <anna@example.net>"},
        {"Dr. Anna \"Ann\" Weber\\", "To: \"Dr. Anna \\\"Ann\\\" Weber\\\\\" <anna@example.net>"},
        {"evil@example.com> <x", "To: \"evil@example.com> <x\" <anna@example.net>"},
        {"J\xc3\xb6rg", "To: =?UTF-8?B?SsO2cmc=?= <anna@example.net>"},
        {"Dr. Anna J\xc3\xb6rg Weber",
         "To: =?UTF-8?B?RHIu?= Anna =?UTF-8?B?SsO2cmc=?= Weber <anna@example.net>"},
        {"J\xc3\xb6rg  Weber", "To: =?UTF-8?B?SsO2cmcgIFdlYmVy?= <anna@example.net>"},
        {"\xea\xb9\x80\xeb\xaf\xbc\xec\x88\x98", "To: =?UTF-8?B?6rmA66+87IiY?= <anna@example.net>"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct draft d;
        start(&d, "x");
        d.mail.to_name = cases[i].name;
        expect_header(&d, "To", cases[i].expected);
        finish(&d);
    }
}

static void writes_domains_as_a_labels(void **state)
{
    (void)state;
    struct draft d;
    start(&d, "x");
    d.mail.to_name = "";
    d.mail.to_address = "anna@m\xc3\xbcller.example";
    d.mail.domain = "m\xc3\xbcller.example";
    expect_header(&d, "To", "To: anna@xn--mller-kva.example");
    expect_header(&d, "Message-ID", "Message-ID: <01J9ZK3@xn--mller-kva.example>");
    finish(&d);
}

static void expect_refused(struct draft *d, const char *says)
{
    struct buf out = {0};
    struct error err = {0};
    buf_puts(&out, "before");
    assert_int_equal(mime_compose(&d->mail, &out, &err), ERR_INPUT);
    if (strstr(err.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
    assert_string_equal(out.data, "before");
    buf_free(&out);
    finish(d);
}

static void refuses_header_injection(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "hi\r\nBcc: evil@z.example", "hi\nx", "hi\rx", "hi\x0bx", "hi\x7fx", "hi\xc2\x85x",
        "hi\xe2\x80\xa8x",           "hi\tx"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct draft d;
        start(&d, bad[i]);
        expect_refused(&d, "the subject holds a line break");
        start(&d, "x");
        d.mail.to_name = bad[i];
        expect_refused(&d, "the recipient's name holds");
        start(&d, "x");
        d.mail.from_name = bad[i];
        expect_refused(&d, "the sender's name holds");
        start(&d, "x");
        d.mail.locale = bad[i];
        expect_refused(&d, "the language");
    }
    struct draft d;
    start(&d, "");
    buf_put(&d.subject, "a\0b", 3);
    expect_refused(&d, "U+0000");
    start(&d, "x");
    d.mail.to_address = "b@y.example>\r\nRCPT TO:<evil@z.example";
    expect_refused(&d, "e-mail address");
    start(&d, "x");
    d.mail.reply_to = "b@y.example\r\nBcc: evil@z.example";
    expect_refused(&d, "e-mail address");
    start(&d, "x");
    d.mail.domain = "example.org>\r\nBcc: evil@z.example";
    expect_refused(&d, "e-mail address");
    start(&d, "x");
    d.mail.identity = "a@b";
    expect_refused(&d, "Message-ID");
}

static void refuses_what_is_not_text(void **state)
{
    (void)state;
    struct draft d;
    start(&d, "\xff");
    expect_refused(&d, "not valid UTF-8");
    start(&d, "x");
    buf_put(&d.text, "a\0b", 3);
    expect_refused(&d, "NUL");
    start(&d, "x");
    buf_puts(&d.html, "\xc3");
    expect_refused(&d, "not valid UTF-8");
    start(&d, "x");
    buf_truncate(&d.text, 0);
    expect_refused(&d, "no plain text");
    start(&d, "");
    expect_refused(&d, "no subject");
}

/* The body of a mail that is text alone. */
static void expect_body(const char *text, size_t len, const char *expected)
{
    struct draft d;
    start(&d, "x");
    buf_truncate(&d.html, 0);
    buf_truncate(&d.text, 0);
    buf_put(&d.text, text, len);
    struct buf mail = composed(&d);
    assert_string_equal(strstr(mail.data, "\r\n\r\n") + 4, expected);
    buf_free(&mail);
    finish(&d);
}

static void keeps_smtp_commands_inside_the_body(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a\n.\r\nMAIL FROM:<x>\r\n", "a\r\n=2E\r\nMAIL FROM:<x>\r\n"},
        {"\r.\r", "\r\n=2E\r\n"},
        {"\n.\n", "\r\n=2E\r\n"},
        {"..\n", "=2E.\r\n"},
        {"no final newline", "no final newline\r\n"},
        {"From me\nFrom you", "=46rom me\r\n=46rom you\r\n"},
        {"Fromage", "Fromage\r\n"},
        {"a = b", "a =3D b\r\n"},
        {"space \nand tab\t\nend ", "space=20\r\nand tab=09\r\nend=20\r\n"},
        {"\x1b[2J", "=1B[2J\r\n"},
        {"J\xc3\xb6rg und Petra", "J=C3=B6rg und Petra\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_body(cases[i].text, strlen(cases[i].text), cases[i].expected);
}

static void breaks_long_lines_softly(void **state)
{
    (void)state;
    struct buf text = {0}, expected = {0};
    for (int i = 0; i < 75; i++)
        buf_putc(&text, 'x');
    buf_puts(&expected, text.data);
    buf_puts(&text, ".y");
    buf_puts(&expected, "=\r\n=2Ey\r\n");
    expect_body(text.data, text.len, expected.data);
    buf_reset(&text);
    buf_reset(&expected);
    for (int i = 0; i < 70; i++)
        buf_putc(&text, 'x');
    buf_puts(&expected, text.data);
    buf_puts(&text, "\xe2\x82\xac"); /* nine columns: it is not torn */
    buf_puts(&expected, "=\r\n=E2=82=AC\r\n");
    expect_body(text.data, text.len, expected.data);
    buf_free(&text);
    buf_free(&expected);
}

static void sends_korean_as_base64_with_crlf_inside(void **state)
{
    (void)state;
    expect_body("\xea\xb0\x80\n\xeb\x82\x98", 7, "6rCADQrrgpgNCg==\r\n");
}

static void shows_smuggling_on_the_wire(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\n.\r\n",     "a\r.\r\n", "a\n",    "a",
                                      "\xc3\xa4\r\n", "\r",       "a\r\r\n"};
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(mime_check_wire(bad[i], strlen(bad[i]), &err), ERR_INTERNAL);
    assert_int_equal(mime_check_wire("a\0\r\n", 4, &err), ERR_INTERNAL);
    assert_int_equal(mime_check_wire("a\r\n\r\nb\r\n", 8, &err), 0);
    char line[1002];
    memset(line, 'x', sizeof(line));
    memcpy(line + 998, "\r\n", 2);
    assert_int_equal(mime_check_wire(line, 1000, &err), 0);
    memcpy(line + 998, "x\r\n", 3);
    assert_int_equal(mime_check_wire(line, 1001, &err), ERR_INTERNAL);
}

static void offers_to_unsubscribe_with_one_click(void **state)
{
    (void)state;
    struct draft d;
    start(&d, "News");
    d.mail.unsubscribe_url = "https://example.org/u/1-abcdefghij";
    expect_header(&d, "List-Unsubscribe", "List-Unsubscribe: <https://example.org/u/1-abcdefghij>");
    expect_header(&d, "List-Unsubscribe-Post", "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    d.mail.unsubscribe_mail = "mailto:leave@example.org?subject=unsubscribe";
    expect_header(&d, "List-Unsubscribe",
                  "List-Unsubscribe: <https://example.org/u/1-abcdefghij>,\r\n"
                  " <mailto:leave@example.org?subject=unsubscribe>");
    d.mail.unsubscribe_url = NULL; /* an address alone is no click */
    struct buf mail = composed(&d);
    assert_non_null(strstr(mail.data, "\r\nList-Unsubscribe: <mailto:"));
    assert_null(strstr(mail.data, "List-Unsubscribe-Post"));
    buf_free(&mail);
    finish(&d);
}

static void an_address_to_unsubscribe_at_cannot_forge_a_header(void **state)
{
    (void)state;
    static const char *const bad[] = {"https://e.org/\r\nBcc: x", "https://e.org/>, <x",
                                      "https://e/ x", "https://e/\xc3\xbc"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct draft d;
        struct buf out = {0};
        struct error err = {0};
        start(&d, "News");
        d.mail.unsubscribe_url = bad[i];
        assert_int_equal(mime_compose(&d.mail, &out, &err), ERR_INPUT);
        assert_int_equal(out.len, 0);
        buf_free(&out);
        finish(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_whole_mail_byte_by_byte),
        cmocka_unit_test(writes_the_same_bytes_twice),
        cmocka_unit_test(encodes_a_korean_subject),
        cmocka_unit_test(cuts_encoded_words_at_characters_within_75),
        cmocka_unit_test(folds_long_ascii_subjects_between_words),
        cmocka_unit_test(encodes_what_could_be_taken_for_something_else),
        cmocka_unit_test(writes_names_as_atoms_quoted_or_encoded),
        cmocka_unit_test(writes_domains_as_a_labels),
        cmocka_unit_test(refuses_header_injection),
        cmocka_unit_test(refuses_what_is_not_text),
        cmocka_unit_test(keeps_smtp_commands_inside_the_body),
        cmocka_unit_test(breaks_long_lines_softly),
        cmocka_unit_test(sends_korean_as_base64_with_crlf_inside),
        cmocka_unit_test(shows_smuggling_on_the_wire),
        cmocka_unit_test(offers_to_unsubscribe_with_one_click),
        cmocka_unit_test(an_address_to_unsubscribe_at_cannot_forge_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
