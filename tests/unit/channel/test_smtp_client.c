/* libesmtp, one command at a time. */
#define ENGINE ESMTP
#include "smtp_trials.h"

static void the_library_honours_the_guards(void **state)
{
    (void)state;
    struct error err = {0};
    smtp_client_init();
    if (smtp_selftest(&err) != 0)
        fail_msg("%s", err.text);
}

static void unreachable_servers_are_not_held_against_the_mail(void **state)
{
    (void)state;
    struct record r = {0};
    const struct trial closed = {.mode = "nobody"};
    smtp_client_init();
    deliver(&closed, 1, &r); /* port 1 of localhost */
    for (int i = 0; i < MAILS; i++) {
        assert_int_equal(r.done[i], 1);
        assert_int_equal(r.dispositions[i].outcome, OUTCOME_NOT_TRIED);
        assert_string_equal(r.dispositions[i].cause, "connect");
        assert_non_null(strstr(r.dispositions[i].reply, "refused"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_honours_the_guards),
        cmocka_unit_test(unreachable_servers_are_not_held_against_the_mail),
        SMTP_TRIALS,
    };
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, make_authority, remove_all);
}
