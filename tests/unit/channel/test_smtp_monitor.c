#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "channel/smtp_monitor.h"

/* Feeds `text`, cut into pieces of `piece` bytes, and returns what the library would have seen. */
static bool feed(struct smtp_monitor *m, const char *text, size_t piece, char *seen)
{
    bool good = true;
    size_t len = strlen(text);
    memcpy(seen, text, len + 1);
    for (size_t at = 0; at < len; at += piece)
        good = smtp_monitor_reading(m, seen + at, len - at < piece ? len - at : piece) && good;
    return good;
}

static bool writes(struct smtp_monitor *m, const char *line)
{
    return smtp_monitor_writing(m, line, strlen(line));
}

/* A monitor whose last command was `line`. */
static struct smtp_monitor after(const char *line)
{
    struct smtp_monitor m;
    char seen[64];
    smtp_monitor_reset(&m, false, false);
    assert_true(feed(&m, "220 hi\r\n", 100, seen));
    assert_true(writes(&m, line));
    return m;
}

static void hides_pipelining_and_chunking_however_they_are_cut(void **state)
{
    (void)state;
    static const char ehlo[] =
        "250-a PIPELINING\r\n250-PIPELINING\r\n250-SIZE 1\r\n250-chunking\r\n250 DSN\r\n";
    static const char hidden[] =
        "250-a PIPELINING\r\n250-PIPELININX\r\n250-SIZE 1\r\n250-chunkinX\r\n250 DSN\r\n";
    for (size_t piece = 1; piece < sizeof(ehlo); piece++) {
        char seen[sizeof(ehlo)];
        struct smtp_monitor m = after("EHLO x\r\n");
        assert_true(feed(&m, ehlo, piece, seen));
        assert_string_equal(seen, hidden);
    }
}

static void lets_pipelining_be_seen_if_it_is_wanted(void **state)
{
    (void)state;
    char seen[64];
    struct smtp_monitor m = after("EHLO x\r\n");
    m.may_pipeline = true;
    assert_true(feed(&m, "250-PIPELINING\r\n250 CHUNKING\r\n", 7, seen));
    assert_string_equal(seen, "250-PIPELINING\r\n250 CHUNKINX\r\n");
}

static void reads_the_replies_of_two_commands_in_turn(void **state)
{
    (void)state;
    static const char replies[] = "250-a\r\n250 2.1.5 b\r\n354 go\r\n";
    for (size_t piece = 1; piece < sizeof(replies); piece++) {
        char seen[64];
        struct smtp_monitor m = after("MAIL FROM:<a>\r\n");
        m.may_pipeline = true;
        assert_true(feed(&m, "250 ok\r\n", 100, seen));
        assert_true(writes(&m, "RCPT TO:<b>\r\nDATA\r\n"));
        assert_int_equal(m.before, SMTP_STAGE_RCPT);
        assert_true(feed(&m, replies, piece, seen));
        assert_string_equal(seen, replies);
        assert_int_equal(m.before, SMTP_STAGE_DATA);
        assert_int_equal(m.replies[SMTP_STAGE_RCPT].code, 250);
        assert_memory_equal(m.replies[SMTP_STAGE_RCPT].text, "a 2.1.5 b", 9);
        assert_int_equal(m.replies[SMTP_STAGE_DATA].code, 354);
        assert_false(feed(&m, "250 more\r\n", 100, seen));
        assert_string_equal(m.violation, "the server answered more than it was asked");
    }
}

static void lets_no_more_replies_be_outstanding_than_the_library_survives(void **state)
{
    (void)state;
    struct smtp_monitor m = after("MAIL FROM:<a>\r\n");
    assert_false(writes(&m, "RCPT TO:<b>\r\nDATA\r\n"));
    m.may_pipeline = true;
    assert_true(writes(&m, "RCPT TO:<b>\r\nDATA\r\n"));
    assert_false(writes(&m, "MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n"));
}

static void no_command_hides_behind_another(void **state)
{
    (void)state;
    struct smtp_monitor m;
    smtp_monitor_reset(&m, false, true);
    m.may_pipeline = true;
    assert_false(writes(&m, "RSET\r\nMAIL FROM:<a>\r\n"));
    assert_string_equal(m.violation, "no mail without TLS");
}

static void turns_a_refused_login_into_the_code_that_stops_the_library(void **state)
{
    (void)state;
    static const char *const refusals[] = {"535 5.7.8 no\r\n", "454 4.7.0 later\r\n", "501 x\r\n",
                                           "535-a\r\n535 b\r\n"};
    static const char *const stopped[] = {"538 5.7.8 no\r\n", "538 4.7.0 later\r\n", "538 x\r\n",
                                          "538-a\r\n538 b\r\n"};
    static const int codes[] = {535, 454, 501, 535};
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        for (size_t piece = 1; piece <= 20; piece++) {
            char seen[64];
            struct smtp_monitor m = after("AUTH PLAIN AGEAYg==\r\n");
            assert_string_equal(m.mechanism, "PLAIN");
            assert_true(feed(&m, refusals[i], piece, seen));
            assert_string_equal(seen, stopped[i]);
            assert_int_equal(m.replies[SMTP_STAGE_AUTH].code, codes[i]);
            assert_true(m.login_refused);
            assert_false(writes(&m, "MAIL FROM:<a>\r\n"));
            assert_false(writes(&m, "AUTH LOGIN\r\n"));
            assert_true(writes(&m, "QUIT\r\n"));
        }
    }
}

static void follows_a_login_in_several_steps(void **state)
{
    (void)state;
    char seen[64];
    struct smtp_monitor m;
    smtp_monitor_reset(&m, true, false);
    assert_true(feed(&m, "220 hi\r\n", 100, seen));
    assert_true(writes(&m, "EHLO x\r\n"));
    assert_true(feed(&m, "250-a\r\n250 AUTH LOGIN\r\n", 100, seen));
    assert_true(m.offers_login);
    assert_true(writes(&m, "AUTH LOGIN\r\n"));
    assert_true(feed(&m, "334 VXNl\r\n", 100, seen));
    assert_true(writes(&m, "MAIL\r\n")); /* base64, by chance */
    assert_true(feed(&m, "334 UGFz\r\n", 100, seen));
    assert_true(writes(&m, "cGFz\r\n"));
    assert_true(feed(&m, "235 ok\r\n", 100, seen));
    assert_true(m.logged_in);
    assert_true(writes(&m, "MAIL FROM:<a>\r\n"));
}

static void keeps_the_way_of_a_login_and_nothing_else_of_it(void **state)
{
    (void)state;
    static const char *const lines[] = {"AUTH PLAIN AGEAYg==\r\n", "AUTH X\033[31m-Y\r\n",
                                        "AUTH\r\n", "AUTH A-NAME-LONGER-THAN-ANY\r\n"};
    static const char *const kept[] = {"PLAIN", "X", "", "A-NAME-LONGER-T"};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_string_equal(after(lines[i]).mechanism, kept[i]);
    char seen[64];
    struct smtp_monitor m = after("AUTH LOGIN\r\n");
    assert_true(feed(&m, "334 VXNl\r\n", 100, seen));
    assert_true(writes(&m, "AUTH c2VjcmV0\r\n")); /* a password that looks like a command */
    assert_string_equal(m.mechanism, "LOGIN");
}

static void lets_no_mail_pass_without_the_login(void **state)
{
    (void)state;
    char seen[64];
    struct smtp_monitor m;
    smtp_monitor_reset(&m, true, false);
    assert_true(feed(&m, "220 hi\r\n", 100, seen));
    assert_true(writes(&m, "EHLO x\r\n"));
    assert_true(feed(&m, "250-a\r\n250 AUTHENTIC\r\n", 100, seen));
    assert_false(m.offers_login);
    assert_false(writes(&m, "mail FROM:<a>\r\n"));
    assert_string_equal(m.violation, "no mail without a login");
}

static void lets_no_mail_and_no_login_pass_without_tls(void **state)
{
    (void)state;
    struct smtp_monitor m;
    smtp_monitor_reset(&m, false, true);
    assert_false(writes(&m, "AUTH PLAIN x\r\n"));
    assert_false(writes(&m, "MAIL FROM:<a>\r\n"));
    m.has_tls = true;
    assert_true(writes(&m, "MAIL FROM:<a>\r\n"));
}

static void refuses_text_behind_the_answer_to_starttls(void **state)
{
    (void)state;
    char seen[64];
    struct smtp_monitor m = after("STARTTLS\r\n");
    assert_false(feed(&m, "220 go\r\n250 AUTH\r\n", 100, seen));
    assert_string_equal(seen, "554 go\r\nXXXXXXXXXX");
    m = after("STARTTLS\r\n");
    assert_false(feed(&m, "220 go\r\n2", 5,
                      seen)); /* the code has passed: only the connection is left to cut */
    assert_string_equal(seen, "220 go\r\nX");
    m = after("STARTTLS\r\n");
    assert_true(feed(&m, "220 go\r\n", 100, seen));
}

static void refuses_answers_nobody_asked_for(void **state)
{
    (void)state;
    char seen[64];
    struct smtp_monitor m = after("DATA\r\n");
    assert_false(feed(&m, "354 go\r\n250 accepted, believe me\r\n", 100, seen));
    assert_string_equal(seen, "354 go\r\nXXXXXXXXXXXXXXXXXXXXXXXXXX");
    m = after("QUIT\r\n");
    assert_true(feed(&m, "221 bye\r\nand good riddance\r\n", 100, seen));
}

static void keeps_the_answer_to_the_final_dot(void **state)
{
    (void)state;
    char seen[128];
    struct smtp_monitor m = after("DATA\r\n");
    assert_true(feed(&m, "354 go\r\n", 100, seen));
    smtp_monitor_data_ended(&m);
    assert_true(feed(&m, "250-2.0.0 stored\r\n250 2.1.5 and passed on\r\n", 7, seen));
    const struct smtp_reply *r = &m.replies[SMTP_STAGE_END];
    assert_int_equal(r->code, 250);
    assert_true(r->line && r->whole);
    assert_int_equal(r->len, strlen("2.0.0 stored 2.1.5 and passed on"));
    assert_memory_equal(r->text, "2.0.0 stored 2.1.5 and passed on", r->len);
}

static void knows_a_line_that_was_cut_from_a_whole_one(void **state)
{
    (void)state;
    char seen[64];
    struct smtp_monitor m = after("DATA\r\n");
    assert_true(feed(&m, "250 2.0", 1, seen));
    assert_false(m.replies[SMTP_STAGE_DATA].line);
    assert_true(feed(&m, ".0 ok\r\n", 1, seen));
    assert_true(m.replies[SMTP_STAGE_DATA].line);
}

static void bounds_what_it_reads(void **state)
{
    (void)state;
    char seen[64];
    bool good = true;
    struct smtp_monitor m = after("EHLO x\r\n");
    for (int i = 0; good && i < 100000; i++)
        good = feed(&m, "250-AGAIN\r\n", 100, seen);
    assert_false(good);
    assert_true(m.replies[SMTP_STAGE_EHLO].len <= SMTP_REPLY_TEXT);
}

static void reads_garbage_as_no_code(void **state)
{
    (void)state;
    static const char *const garbage[] = {"2 0\r\n", "\r\n", "25", "hello world\r\n", "2x0 a\r\n"};
    for (size_t i = 0; i < COUNT_OF(garbage); i++) {
        char seen[64];
        struct smtp_monitor m = after("MAIL FROM:<a>\r\n");
        assert_true(feed(&m, garbage[i], 100, seen));
        assert_int_equal(m.replies[SMTP_STAGE_MAIL].code, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hides_pipelining_and_chunking_however_they_are_cut),
        cmocka_unit_test(lets_pipelining_be_seen_if_it_is_wanted),
        cmocka_unit_test(reads_the_replies_of_two_commands_in_turn),
        cmocka_unit_test(lets_no_more_replies_be_outstanding_than_the_library_survives),
        cmocka_unit_test(no_command_hides_behind_another),
        cmocka_unit_test(turns_a_refused_login_into_the_code_that_stops_the_library),
        cmocka_unit_test(follows_a_login_in_several_steps),
        cmocka_unit_test(keeps_the_way_of_a_login_and_nothing_else_of_it),
        cmocka_unit_test(lets_no_mail_pass_without_the_login),
        cmocka_unit_test(lets_no_mail_and_no_login_pass_without_tls),
        cmocka_unit_test(refuses_text_behind_the_answer_to_starttls),
        cmocka_unit_test(refuses_answers_nobody_asked_for),
        cmocka_unit_test(keeps_the_answer_to_the_final_dot),
        cmocka_unit_test(knows_a_line_that_was_cut_from_a_whole_one),
        cmocka_unit_test(bounds_what_it_reads),
        cmocka_unit_test(reads_garbage_as_no_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
