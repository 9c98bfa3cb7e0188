#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "channel/bounce_status.h"

static void read_status(const char *text, struct bounce_said_list *out)
{
    struct buf b = {0};
    *out = (struct bounce_said_list){0};
    buf_puts(&b, text);
    bounce_status_read(&b, out);
    buf_free(&b);
}

static void reads_every_recipient(void **state UNUSED)
{
    static struct bounce_said_list l;
    read_status(
        "\n\nReporting-MTA: dns; mx\nOriginal-Envelope-Id: 2s-abc\n\n"
        "Original-Recipient: rfc822;A@example.org\nFinal-Recipient: RFC822; <a@example.net>\n"
        "action: Failed (gave up)\nStatus: 5.1.1 (no)\nDiagnostic-Code: smtp; 550\n\t5.1.1 no\n\n\n"
        "Final-Recipient: rfc822;b@example.net\nAction: delayed\nStatus: 4.2\n",
        &l);
    assert_int_equal(l.count, 2);
    assert_string_equal(buf_text(&l.envelope_id), "2s-abc");
    assert_string_equal(buf_text(&l.items[0].original), "A@example.org");
    assert_string_equal(buf_text(&l.items[0].final), "a@example.net");
    assert_string_equal(l.items[0].status, "5.1.1");
    assert_string_equal(buf_text(&l.items[0].words), "smtp; 550 5.1.1 no");
    assert_int_equal(l.items[0].kind, RECEIPT_FAILED);
    assert_int_equal(l.items[1].kind, RECEIPT_BUFFERED);
    assert_string_equal(l.items[1].status, "");
    bounce_said_clear(&l);
}

static void tells_recipients_apart_without_an_empty_line(void **state UNUSED)
{
    static struct bounce_said_list l;
    read_status("Reporting-MTA: dns; mx\nFinal-Recipient: rfc822;a@example.net\nAction: failed\n"
                "Final-Recipient: rfc822;b@example.net\nAction: relayed\n",
                &l);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.items[0].kind, RECEIPT_FAILED);
    assert_int_equal(l.items[1].kind, RECEIPT_ACCEPTED);
    bounce_said_clear(&l);
}

static void takes_so_many_and_no_more(void **state UNUSED)
{
    static struct bounce_said_list l;
    struct buf text = {0};
    for (int i = 0; i < 3 * BOUNCE_SAID_MAX; i++)
        buf_printf(&text, "Final-Recipient: rfc822;a%d@example.net\nAction: failed\n\n", i);
    read_status(buf_text(&text), &l);
    assert_int_equal(l.count, BOUNCE_SAID_MAX);
    bounce_said_clear(&l);
    buf_free(&text);
}

static void only_complaints_count_of_feedback(void **state UNUSED)
{
    static const struct {
        const char *type, *cause;
    } cases[] = {{"abuse", "complaint"}, {"Opt-Out", "opted_out"}, {"not-spam", NULL}, {"x", NULL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct bounce_said_list l;
        struct buf text = {0}, sender = {0};
        buf_printf(&text,
                   "Feedback-Type: %s\nOriginal-Mail-From: <b+2s-x@example.org>\n"
                   "Original-Rcpt-To: <a@example.org>\n",
                   cases[i].type);
        bounce_feedback_read(&text, &l, &sender);
        assert_int_equal(l.count, cases[i].cause != NULL);
        if (l.count > 0) {
            assert_string_equal(l.items[0].cause, cases[i].cause);
            assert_string_equal(buf_text(&l.items[0].original), "a@example.org");
            assert_string_equal(buf_text(&sender), "<b+2s-x@example.org>");
        }
        bounce_said_clear(&l);
        buf_free(&text);
        buf_free(&sender);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_recipient),
        cmocka_unit_test(tells_recipients_apart_without_an_empty_line),
        cmocka_unit_test(takes_so_many_and_no_more),
        cmocka_unit_test(only_complaints_count_of_feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
