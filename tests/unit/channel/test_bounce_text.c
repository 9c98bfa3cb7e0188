#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "channel/bounce_text.h"

static bool read_from(bool daemon, const char *text, struct bounce_said_list *out)
{
    struct buf b = {0};
    const struct bounce_letter letter = {
        .text = &b, .subject = "", .from_daemon = daemon, .from_nobody = true};
    *out = (struct bounce_said_list){0};
    buf_puts(&b, text);
    bool read = bounce_text_read(&letter, out);
    buf_free(&b);
    return read;
}

static void reads_the_answer_behind_the_address(void **state UNUSED)
{
    static struct bounce_said_list l;
    assert_true(
        read_from(true,
                  "It could not be delivered; see postmaster@mx.example.\n\n<a@example.org>:\n"
                  "5.9.1.2 said: 550 5.1.1 no such user\n\nMailbox full is no reason.\n",
                  &l));
    assert_int_equal(l.count, 1);
    assert_int_equal(l.items[0].kind, RECEIPT_FAILED);
    assert_string_equal(buf_text(&l.items[0].final), "a@example.org");
    assert_string_equal(buf_text(&l.items[0].words), "550 5.1.1 no such user");
    bounce_said_clear(&l);
}

static void only_what_a_mail_server_says_counts(void **state UNUSED)
{
    static struct bounce_said_list l;
    assert_false(
        read_from(false, "It could not be delivered: <a@example.org>: 550 user unknown", &l));
    assert_false(
        read_from(true, "Dear customer, thank you for <a@example.org>. 550 user unknown", &l));
    assert_false(read_from(
        false, "Look:\n> Hi. This is the qmail-send program at x.\n> <a@example.org>:\n", &l));
    assert_int_equal(l.count, 0);
    assert_true(
        read_from(false, "Hi. This is the qmail-send program at x.\n\n<a@example.org>:\nno\n", &l));
    bounce_said_clear(&l);
}

static void what_is_still_tried_has_not_failed(void **state UNUSED)
{
    static const char *const texts[] = {
        "Your message has not\nyet been delivered to <a@example.org>.",
        "Die Nachricht an a@example.org konnte noch nicht zugestellt werden.",
        "a@example.org 님께 메일이 아직 전달되지 않았습니다.",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        static struct bounce_said_list l;
        assert_true(read_from(true, texts[i], &l));
        assert_int_equal(l.items[0].kind, RECEIPT_BUFFERED);
        bounce_said_clear(&l);
    }
}

static void a_list_of_every_reason_is_no_reason(void **state UNUSED)
{
    static struct bounce_said_list l;
    assert_true(read_from(
        true, "a@example.org: 반송. 존재하지 않는 계정이거나 용량이 초과된 경우입니다.", &l));
    assert_null(l.items[0].cause);
    bounce_said_clear(&l);
    assert_true(read_from(true, "a@example.org: 반송. 존재하지 않는 계정입니다.", &l));
    assert_string_equal(l.items[0].cause, "bad_recipient");
    bounce_said_clear(&l);
}

static void finds_the_returned_mail(void **state UNUSED)
{
    static const char *const texts[] = {
        "no\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <x>\nSubject: 550 y\n",
        "no\n\nReturn-Path: <x>\nSubject: 550 y\n",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct buf b = {0};
        buf_puts(&b, texts[i]);
        struct bounce_span copy = bounce_text_find_copy(&b);
        assert_true(copy.len > 12);
        assert_memory_equal(copy.at, "Return-Path:", 12);
        buf_free(&b);
    }
}

static void finds_what_is_said_of_one_of_several(void **state UNUSED)
{
    static const struct {
        const char *text, *address, *answer;
    } cases[] = {
        {"failed:\n\na@b.example: 550 no such user\nc@d.example: 552 full\n\nbye", "a@b.example",
         "550 no such user"},
        {"failed:\n\na@b.example: 550 no such user\nc@d.example: 552 full\n\nbye", "C@D.example",
         "552 full"},
        {"  a@b.example\n    host mx [192.0.2.1]\n    said: 550 5.1.1\n    gone\n  c@d.example\n",
         "a@b.example", "550 5.1.1 gone"},
        {"a@b.example\n  Unknown user\n", "a@b.example", "Unknown user"},
        {"a@b.example\n\nNo action is required. 550 user unknown", "a@b.example", ""},
        {"nobody is named", "a@b.example", ""},
        {"a@b.example: x", "", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf text = {0}, answer = {0};
        buf_puts(&text, cases[i].text);
        bounce_text_put_answer(&text, cases[i].address, &answer);
        assert_string_equal(buf_text(&answer), cases[i].answer);
        buf_free(&text);
        buf_free(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_answer_behind_the_address),
        cmocka_unit_test(only_what_a_mail_server_says_counts),
        cmocka_unit_test(what_is_still_tried_has_not_failed),
        cmocka_unit_test(a_list_of_every_reason_is_no_reason),
        cmocka_unit_test(finds_the_returned_mail),
        cmocka_unit_test(finds_what_is_said_of_one_of_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
