#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/attributes.h"
#include "channel/smtp_verdict.h"

static struct smtp_answer answer(int code, const char *text)
{
    return (struct smtp_answer){code, text, strlen(text)};
}

/* ---- one mail ---- */

/* A session that was simply lost: after the login, without any violation. */
static struct smtp_end lost(struct smtp_monitor *m)
{
    smtp_monitor_reset(m, true, false);
    m->logged_in = true;
    m->before = SMTP_STAGE_MAIL;
    return (struct smtp_end){.connected = true, .monitor = m};
}

static void follows_the_table_of_outcomes(void **state)
{
    (void)state;
    static const struct {
        int m, r, d;
        bool line, ended;
        enum outcome outcome;
        const char *cause;
    } cases[] = {
        {0, 0, 0, false, false, OUTCOME_NOT_TRIED, "connection_lost"},
        {452, 0, 0, false, false, OUTCOME_TRANSIENT, "server_full"},
        {530, 0, 0, false, false, OUTCOME_CONFIG, "auth"},
        {550, 0, 0, false, false, OUTCOME_PERMANENT, "sender_refused"},
        {250, 0, 0, false, false, OUTCOME_TRANSIENT, "connection_lost"},
        {250, 450, 0, false, false, OUTCOME_TRANSIENT, "mailbox"},
        {250, 550, 250, true, true, OUTCOME_PERMANENT, "recipient_refused"},
        {250, 250, 250, true, true, OUTCOME_DELIVERED, "accepted"},
        {250, 251, 250, true, true, OUTCOME_DELIVERED, "accepted"},
        {250, 250, 250, false, true, OUTCOME_UNCERTAIN, "connection_lost"},
        {250, 250, 250, true, false, OUTCOME_UNCERTAIN, "protocol"},
        {250, 0, 250, true, true, OUTCOME_TRANSIENT, "connection_lost"},
        {250, 250, 451, true, true, OUTCOME_TRANSIENT, "server"},
        {250, 250, 552, true, true, OUTCOME_PERMANENT, "too_large"},
        {250, 250, 0, false, true, OUTCOME_UNCERTAIN, "connection_lost"},
        {250, 250, 354, false, true, OUTCOME_UNCERTAIN, "connection_lost"},
        {250, 250, 0, false, false, OUTCOME_TRANSIENT, "connection_lost"},
        {250, 250, 354, false, false, OUTCOME_TRANSIENT, "connection_lost"},
        {250, 250, 999, true, true, OUTCOME_UNCERTAIN, "protocol"},
        {250, 250, 2, true, true, OUTCOME_UNCERTAIN, "protocol"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct smtp_monitor monitor;
        struct smtp_end end = lost(&monitor);
        struct disposition d;
        struct smtp_facts f = {.mail = answer(cases[i].m, ""),
                               .rcpt = answer(cases[i].r, ""),
                               .data = answer(cases[i].d, ""),
                               .whole_line = cases[i].line,
                               .ended = cases[i].ended};
        assert_true(smtp_judge(&f, &end, &d));
        if (d.outcome != cases[i].outcome || strcmp(d.cause, cases[i].cause) != 0)
            fail_msg("%d %d %d: %s/%s", cases[i].m, cases[i].r, cases[i].d, outcome_name(d.outcome),
                     d.cause);
    }
}

static void says_nothing_early_that_it_does_not_know(void **state)
{
    (void)state;
    struct disposition d;
    struct smtp_facts f = {
        .mail = answer(250, ""), .rcpt = answer(250, ""), .data = answer(354, "")};
    assert_false(smtp_judge(&f, NULL, &d));
    f.ended = true;
    assert_false(smtp_judge(&f, NULL, &d));
    f.data.code = 250;
    assert_false(smtp_judge(&f, NULL, &d));
    f.whole_line = true;
    assert_true(smtp_judge(&f, NULL, &d));
    f.rcpt = answer(550, "");
    assert_true(smtp_judge(&f, NULL, &d));
}

/* ---- the session ---- */

static void expect_session(const struct smtp_end *end, enum outcome outcome, const char *cause,
                           const char *says)
{
    struct disposition d;
    smtp_judge_session(end, &d);
    if (d.outcome != outcome || strcmp(d.cause, cause) != 0 || strstr(d.reply, says) == NULL)
        fail_msg("%s/%s: %s", outcome_name(d.outcome), d.cause, d.reply);
}

static void reply(struct smtp_monitor *m, enum smtp_stage stage, int code, const char *text)
{
    m->replies[stage] = (struct smtp_reply){.code = code, .len = strlen(text)};
    memcpy(m->replies[stage].text, text, strlen(text));
}

static void says_what_kept_the_session_from_its_mails(void **state)
{
    (void)state;
    struct smtp_monitor m;
    struct smtp_end end = lost(&m);
    end.timed_out = true;
    expect_session(&end, OUTCOME_NOT_TRIED, "timeout", "did not answer in time at MAIL");
    end = lost(&m);
    end.connected = false;
    end.dial_problem = ECONNREFUSED;
    expect_session(&end, OUTCOME_NOT_TRIED, "connect", "refused");
    end.name_problem = "unknown";
    expect_session(&end, OUTCOME_NOT_TRIED, "dns", "unknown");
    end = lost(&m);
    reply(&m, SMTP_STAGE_GREETING, 554, "5.3.2 no service");
    expect_session(&end, OUTCOME_NOT_TRIED, "greeting",
                   "the greeting was refused: 554 5.3.2 no service");
    end = lost(&m);
    end.no_starttls = true;
    expect_session(&end, OUTCOME_NOT_TRIED, "tls", "does not offer STARTTLS");
    end = lost(&m);
    end.tls_problem = "the certificate was refused: self-signed certificate";
    expect_session(&end, OUTCOME_NOT_TRIED, "tls",
                   "self-signed certificate; name that certificate "
                   "with `ca_file`");
    end.tls_problem = "SSL routines::wrong version number";
    expect_session(&end, OUTCOME_NOT_TRIED, "tls", "say `tls: required` for STARTTLS");
    end.tls_problem = "hostname mismatch";
    expect_session(&end, OUTCOME_NOT_TRIED, "tls", "hostname mismatch");
    m.has_tls = true; /* then the handshake was good, whatever OpenSSL said later */
    expect_session(&end, OUTCOME_NOT_TRIED, "connection_lost", "at MAIL");
    end = lost(&m);
    m.violation = "text was injected";
    m.before = SMTP_STAGE_STARTTLS;
    expect_session(&end, OUTCOME_NOT_TRIED, "tls", "injected");
}

static void a_server_that_waits_for_tls_does_not_greet(void **state)
{
    (void)state;
    struct smtp_monitor m;
    struct smtp_end end = lost(&m);
    end.timed_out = true;
    m.needs_tls = true;
    m.has_tls = false;
    m.replies[SMTP_STAGE_GREETING].code = 0;
    expect_session(&end, OUTCOME_NOT_TRIED, "timeout", "say `tls: implicit`");
    m.replies[SMTP_STAGE_GREETING].code = 220;
    expect_session(&end, OUTCOME_NOT_TRIED, "timeout", "before this mail's turn");
}

static void a_missing_login_is_our_configuration_a_busy_one_is_not(void **state)
{
    (void)state;
    struct smtp_monitor m;
    struct smtp_end end = lost(&m);
    m.logged_in = false;
    m.login_refused = true;
    reply(&m, SMTP_STAGE_AUTH, 535, "5.7.8 wrong password");
    expect_session(&end, OUTCOME_CONFIG, "auth", "AUTH was refused: 535 5.7.8 wrong password");
    reply(&m, SMTP_STAGE_AUTH, 454, "4.7.0 later");
    expect_session(&end, OUTCOME_NOT_TRIED, "auth", "454");
    m.login_refused = false;
    m.violation = "no mail without a login";
    expect_session(&end, OUTCOME_CONFIG, "auth", "does not offer a login");
    m.offers_login = true;
    expect_session(&end, OUTCOME_CONFIG, "auth", "no way to log in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_table_of_outcomes),
        cmocka_unit_test(says_nothing_early_that_it_does_not_know),
        cmocka_unit_test(says_what_kept_the_session_from_its_mails),
        cmocka_unit_test(a_server_that_waits_for_tls_does_not_greet),
        cmocka_unit_test(a_missing_login_is_our_configuration_a_busy_one_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
