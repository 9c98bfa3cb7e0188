/* libesmtp, RCPT and DATA together. */
#define ENGINE PIPELINED
#include "smtp_trials.h"

int main(void)
{
    const struct CMUnitTest tests[] = {
        SMTP_TRIALS,
    };
    cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, make_authority, remove_all);
}
