#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "channel/bounce_answer.h"

struct row {
    enum receipt_kind kind;
    const char *status, *words;
    enum receipt_kind made;
    int code;
    const char *enhanced, *cause;
    bool lasting;
};

/* clang-format off */
static const struct row rows[] = {
    {RECEIPT_FAILED, "5.1.1", "smtp; 550 5.1.1 <x@example.org>: User unknown", RECEIPT_FAILED, 550, "5.1.1", "bad_recipient", true},
    {RECEIPT_FAILED, "5.0.0", "smtp;550-5.2.1 disabled", RECEIPT_FAILED, 550, "5.2.1", "mailbox_disabled", true},
    {RECEIPT_FAILED, "5.2.2", "smtp; 552 5.2.2 full", RECEIPT_FAILED, 552, "5.2.2", "mailbox_full", false},
    {RECEIPT_FAILED, "5.1.1", "", RECEIPT_FAILED, 0, "5.1.1", "bad_recipient", true},
    {RECEIPT_FAILED, "", "Remote server said: 554 no such user", RECEIPT_FAILED, 554, "", "bad_recipient", true},
    /* gave up after days: not for good, whatever the words */
    {RECEIPT_FAILED, "4.4.7", "smtp; 450 4.1.1 user unknown", RECEIPT_FAILED, 450, "4.4.7", "bad_recipient", false},
    {RECEIPT_FAILED, "5.0.0", "smtp; 451 user unknown", RECEIPT_FAILED, 451, "5.0.0", "bad_recipient", false},
    {RECEIPT_FAILED, "4.4.7", "X-Postfix; delivery time expired", RECEIPT_FAILED, 0, "4.4.7", "expired", false},
    {RECEIPT_FAILED, "4.4.1", "X-Postfix; connect to mx: Connection refused", RECEIPT_FAILED, 0, "4.4.1", "connect", false},
    {RECEIPT_BUFFERED, "4.7.1", "smtp; 451 4.7.1 Greylisted", RECEIPT_BUFFERED, 451, "4.7.1", "greylisted", false},
    {RECEIPT_BUFFERED, "", "", RECEIPT_BUFFERED, 0, "", "transient", false},
    /* nothing is known */
    {RECEIPT_FAILED, "5.0.0", "sorry", RECEIPT_FAILED, 0, "5.0.0", "undelivered", false},
    {RECEIPT_FAILED, "", "", RECEIPT_FAILED, 0, "", "undelivered", false},
    /* by their status, where no action is named */
    {RECEIPT_NONE, "2.1.5", "", RECEIPT_CONFIRMED, 0, "2.1.5", "confirmed", false},
    {RECEIPT_NONE, "4.4.1", "", RECEIPT_BUFFERED, 0, "4.4.1", "routing", false},
    {RECEIPT_NONE, "5.1.1", "", RECEIPT_FAILED, 0, "5.1.1", "bad_recipient", true},
    {RECEIPT_NONE, "", "550 5.1.1 x", RECEIPT_UNKNOWN, 550, "5.1.1", "", false},
    {RECEIPT_CONFIRMED, "2.0.0", "smtp; 250 2.0.0 user unknown", RECEIPT_CONFIRMED, 250, "2.0.0", "confirmed", false},
    {RECEIPT_ACCEPTED, "2.0.0", "smtp; 250 ok", RECEIPT_ACCEPTED, 250, "2.0.0", "accepted", false},
    /* no codes: a network address, a port, a year */
    {RECEIPT_FAILED, "", "5.9.1.2 at 4500: 2026", RECEIPT_FAILED, 0, "", "undelivered", false},
};
/* clang-format on */

static void means_what_the_same_words_mean_in_a_session(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        struct bounce_said said = {.kind = row->kind};
        struct receipt r = {0};
        snprintf(said.status, sizeof(said.status), "%s", row->status);
        buf_puts(&said.words, row->words);
        bounce_answer_judge(&said, &r);
        if (r.kind != row->made || r.code != row->code || strcmp(r.cause, row->cause) != 0 ||
            strcmp(r.enhanced, row->enhanced) != 0 || r.lasting != row->lasting)
            fail_msg("%s \"%s\": %s %d %s %s %d", row->status, row->words,
                     receipt_kind_name(r.kind), r.code, r.enhanced, r.cause, r.lasting);
        buf_free(&said.words);
    }
}

static void a_cause_that_is_known_counts_before_the_words(void **state UNUSED)
{
    struct bounce_said said = {.kind = RECEIPT_FAILED, .cause = "mailbox_full"};
    struct receipt r = {0};
    buf_puts(&said.words, "550 5.1.1 user unknown");
    bounce_answer_judge(&said, &r);
    assert_string_equal(r.cause, "mailbox_full");
    assert_false(r.lasting);
    buf_free(&said.words);
}

static void a_complaint_is_a_no(void **state UNUSED)
{
    struct bounce_said said = {.kind = RECEIPT_CONFIRMED, .cause = "complaint"};
    struct receipt r = {0};
    bounce_answer_judge(&said, &r);
    assert_string_equal(r.cause, "complaint");
    assert_true(r.opted_out);
}

static void what_they_say_is_cut_and_made_visible(void **state UNUSED)
{
    struct bounce_said said = {.kind = RECEIPT_FAILED};
    struct receipt r = {0};
    buf_puts(&said.words, "smtp; 550 \x1b[2J");
    for (int i = 0; i < 2000; i++)
        buf_puts(&said.words, "아");
    bounce_answer_judge(&said, &r);
    assert_null(strchr(r.text, '\x1b'));
    assert_true(strlen(r.text) < sizeof(r.text));
    buf_free(&said.words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_what_the_same_words_mean_in_a_session),
        cmocka_unit_test(a_cause_that_is_known_counts_before_the_words),
        cmocka_unit_test(a_complaint_is_a_no),
        cmocka_unit_test(what_they_say_is_cut_and_made_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
