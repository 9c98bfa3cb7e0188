/* The thousand shapes are judged by tests/flow/test_bounce.py; here is what decides whose it is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/attributes.h"
#include "channel/bounce_report.h"

#define TOKEN "2s-0123456789abcdef"
#define STATUS                                                                                     \
    "--b\n\ntext\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n%s\n"       \
    "Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.1.1\n"
#define COPY "--b\nContent-Type: text/rfc822-headers\n\n%sTo: %s\nMessage-ID: <n1@%s>\n--b--\n"

struct mail {
    const char *to, *option, *envid, *path, *recipient, *domain;
    const char *token, *notice, *address; /* what is expected; NULL: not named */
    size_t count;
    bool lasting;
};

static void read_mail(const struct mail *m, struct bounce_report *out)
{
    struct buf text = {0};
    buf_printf(&text,
               "From: MAILER-DAEMON@x\nTo: %s\nContent-Type: multipart/report; boundary=b\n\n",
               m->to);
    buf_printf(&text, STATUS, m->envid);
    buf_printf(&text, COPY, m->path, m->recipient, m->domain);
    const struct bounce_arrival arrival = {
        .bytes = text.data, .len = text.len, .to = m->option, .domain = "example.org", .now_ms = 7};
    bounce_report_read(&arrival, out);
    buf_free(&text);
}

static void expect_text(const char *got, const char *expected)
{
    if (expected == NULL)
        assert_null(got);
    else
        assert_string_equal(got, expected);
}

/* clang-format off */
static const struct mail mails[] = {
    {"b+" TOKEN "@example.org", NULL, "", "", "a@example.org", "example.org", TOKEN, NULL, "a@example.org", 1, true},
    {"<B+2S-0123456789ABCDEF@EXAMPLE.ORG>", NULL, "", "", "A <A@Example.ORG>", "example.org", "2S-0123456789ABCDEF", NULL, "a@example.org", 1, true},
    {"b@example.org", "b+" TOKEN "@example.org", "", "", "a@example.org", "example.org", TOKEN, NULL, "a@example.org", 1, true},
    /* what the mail server says goes before what the mail says */
    {"b+1-0000000000000000@example.org", "b+" TOKEN "@example.org", "", "", "a@example.org", "example.org", TOKEN, NULL, "a@example.org", 1, true},
    {"b@example.org", NULL, "Original-Envelope-Id: " TOKEN "\n", "", "a@example.org", "example.org", TOKEN, NULL, "a@example.org", 1, true},
    {"b@example.org", NULL, "", "Return-Path: <b+" TOKEN "@example.org>\n", "a@example.org", "example.org", TOKEN, NULL, "a@example.org", 1, true},
    /* no token: the Message-ID, if it is ours */
    {"b@example.org", NULL, "", "", "a@example.org", "EXAMPLE.org", NULL, "n1", "a@example.org", 1, true},
    {"b@example.org", NULL, "Original-Envelope-Id: QQ31\n", "", "a@example.org", "other.example", NULL, NULL, NULL, 0, false},
    {"b+tok-short@example.org", NULL, "", "", "a@example.org", "other.example", NULL, NULL, NULL, 0, false},
    /* passed on to a@example.org: that one is gone, not the one we wrote to */
    {"b+" TOKEN "@example.org", NULL, "", "", "other@example.org", "example.org", TOKEN, NULL, NULL, 1, false},
};
/* clang-format on */

static void finds_whose_it_is(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT_OF(mails); i++) {
        struct bounce_report r;
        read_mail(&mails[i], &r);
        assert_int_equal(r.kind, BOUNCE_STATUS);
        assert_int_equal(r.count, mails[i].count);
        assert_int_equal(r.nameless, 1 - mails[i].count);
        if (r.count > 0) {
            expect_text(r.items[0].token, mails[i].token);
            expect_text(r.items[0].notice_id, mails[i].notice);
            expect_text(r.items[0].address, mails[i].address);
            assert_false(r.items[0].proven);
            assert_int_equal(r.items[0].lasting, mails[i].lasting);
            assert_string_equal(r.items[0].source, "bounce");
            assert_int_equal(r.items[0].at_ms, 7);
        }
        bounce_report_clear(&r);
    }
}

/* Exim says that the list failed, and in a header which of its members. */
static void who_failed_elsewhere_is_not_kept_off(void **state UNUSED)
{
    static const struct {
        const char *failed;
        bool lasting;
    } cases[] = {
        {"a@example.org", true}, {"x@example.net, A@EXAMPLE.org", true}, {"x@y.example", false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf text = {0};
        struct bounce_report r;
        buf_printf(&text, "From: Mailer-Daemon@x\nX-Failed-Recipients: %s\n", cases[i].failed);
        buf_puts(&text,
                 "To: b+" TOKEN "@example.org\nContent-Type: multipart/report; boundary=b\n\n");
        buf_printf(&text, STATUS, "");
        buf_printf(&text, COPY, "", "a@example.org", "example.org");
        const struct bounce_arrival arrival = {.bytes = text.data, .len = text.len};
        bounce_report_read(&arrival, &r);
        assert_int_equal(r.count, 1);
        assert_int_equal(r.items[0].lasting, cases[i].lasting);
        bounce_report_clear(&r);
        buf_free(&text);
    }
}

static enum bounce_kind kind_of(const char *mail)
{
    struct bounce_report r;
    const struct bounce_arrival arrival = {.bytes = mail, .len = strlen(mail)};
    bounce_report_read(&arrival, &r);
    enum bounce_kind kind = r.kind;
    bounce_report_clear(&r);
    return kind;
}

static void tells_kinds_of_mail_apart(void **state UNUSED)
{
    assert_int_equal(kind_of(""), BOUNCE_NONE);
    assert_int_equal(kind_of("From: a@example.org\n\nhello"), BOUNCE_NONE);
    assert_int_equal(kind_of("From: a@example.org\nAuto-Submitted: auto-replied\n\nI am away"),
                     BOUNCE_AUTOMATIC);
    assert_int_equal(kind_of("From: a@example.org\nAuto-Submitted: no\n\nhello"), BOUNCE_NONE);
    assert_int_equal(
        kind_of("From: Mailer-Daemon@x\nAuto-Submitted: auto-replied\nX-Failed-Recipients: "
                "a@example.org\n\nIt could not be delivered.\n\n a@example.org\n  no\n"),
        BOUNCE_LETTER);
}

/* Deterministic; under the sanitizers it is a fuzzer. */
static void nothing_that_is_broken_breaks_it(void **state UNUSED)
{
    struct buf text = {0};
    uint32_t dice = 1;
    buf_puts(&text, "From: MAILER-DAEMON@x\nContent-Type: multipart/report; boundary=b\n\n");
    buf_printf(&text, STATUS, "Original-Envelope-Id: " TOKEN "\n");
    buf_printf(&text, COPY, "Return-Path: <b+" TOKEN "@x>\n", "a@example.org", "example.org");
    for (int round = 0; round < 3000; round++) {
        struct buf broken = {0};
        struct bounce_report r;
        buf_put(&broken, text.data, text.len);
        for (int i = 0; i < 4; i++) {
            dice = dice * 1664525u + 1013904223u;
            broken.data[(dice >> 8) % broken.len] = "\n\r\0-:;<@=\"a5.\xff "[dice >> 28];
        }
        dice = dice * 1664525u + 1013904223u;
        const struct bounce_arrival arrival = {.bytes = broken.data,
                                               .len = (dice >> 8) % (broken.len + 1)};
        bounce_report_read(&arrival, &r);
        assert_true(r.count <= 1);
        bounce_report_clear(&r);
        buf_free(&broken);
    }
    buf_free(&text);
}

/* Time of our own processor, and fifty times what it takes: it was seconds. */
static void a_header_of_nothing_but_signs_costs_no_time(void **state UNUSED)
{
    struct buf text = {0};
    struct bounce_report r;
    for (int field = 0; field < 31; field++) {
        buf_puts(&text, "To: ");
        for (int i = 0; i < 8000; i++)
            buf_putc(&text, '@');
        buf_puts(&text, "\n");
    }
    const struct bounce_arrival arrival = {.bytes = text.data, .len = text.len};
    clock_t before = clock();
    bounce_report_read(&arrival, &r);
    assert_true(clock() - before < CLOCKS_PER_SEC);
    assert_int_equal(r.count, 0);
    bounce_report_clear(&r);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_whose_it_is),
        cmocka_unit_test(who_failed_elsewhere_is_not_kept_off),
        cmocka_unit_test(tells_kinds_of_mail_apart),
        cmocka_unit_test(nothing_that_is_broken_breaks_it),
        cmocka_unit_test(a_header_of_nothing_but_signs_costs_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
