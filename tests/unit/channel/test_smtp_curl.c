/* libcurl. */
#define ENGINE CURL
#include "smtp_trials.h"

static void libcurl_does_what_libesmtp_cannot(void **state)
{
    (void)state;
    static char long_token[12000];
    memset(long_token, 't', sizeof(long_token) - 1);
    const struct trial trials[] = {
        T("good", ALL_GOOD, 3, .implicit = true),
        T("good", "not_tried/tls", -1, .implicit = true, .server = "wrong-name"),
        T("good", "not_tried/tls", -1, .implicit = true, .server = "self-signed"),
        T("greeting-none", "not_tried/timeout", -1, .implicit = true, IN_TIME),
        T("auth-535", "config/auth", -1, .implicit = true),
        T("good", ALL_GOOD, 3, .token = "ya29.a-token"),
        T("good", ALL_GOOD, 3, .token = long_token),
        T("auth-xoauth2", ALL_GOOD, 3, .token = "ya29.a-token"),
        T("auth-none", "config/auth", -1, .token = "ya29.a-token"),
        T("auth-scram", "config/auth", -1, .token = "ya29.a-token"),
        T("auth-535", "config/auth", -1, .token = "ya29.a-token"),
        T("good", "config/auth", -1, .token = "old", .option = "--token", .value = "new"),
        T("good", ALL_GOOD, 3, .plain = true, .host = "::1"),
        T("quit-none", ALL_GOOD, 3, .within_ms = 8000), /* left to itself it would wait for 10 s */
    };
    assert_int_equal(run_round(trials, COUNT_OF(trials), CURL), 0);
}

/* Nothing tells libcurl that the peer is gone before the end of the mail: it would hand that out,
 * and nobody could say what became of the mail. */
static void no_end_of_a_mail_goes_to_a_server_that_has_gone(void **state)
{
    (void)state;
    const struct trial trials[] = {
        T("data-half", THEN_LOST("transient/connection_lost"), 1, "2"),
        T("data-half", THEN_LOST("transient/connection_lost"), 1, "2", .plain = true),
        T("data-half", THEN_LOST("transient/connection_lost"), 1, "2", .implicit = true),
        T("data-half", THEN_LOST("transient/connection_lost"), 1, "2", .size = BIG / 24),
    };
    assert_int_equal(run_round(trials, COUNT_OF(trials), CURL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libcurl_does_what_libesmtp_cannot),
        cmocka_unit_test(no_end_of_a_mail_goes_to_a_server_that_has_gone),
        SMTP_TRIALS,
    };
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, make_authority, remove_all);
}
