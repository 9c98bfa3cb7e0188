#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "channel/channel.h"

static void an_outbox_replaces_any_channel(void **state)
{
    (void)state;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        struct transport t = {.channel = (enum channel_kind)kind, .type = TRANSPORT_OUTBOX};
        assert_ptr_equal(channel_for(&t), &channel_outbox);
    }
}

static void each_kind_has_its_channel(void **state)
{
    (void)state;
    struct transport t = {.channel = CHANNEL_EMAIL, .type = TRANSPORT_SMTP};
    assert_ptr_equal(channel_for(&t), &channel_email);
    assert_ptr_equal(channel_of_kind(CHANNEL_SMS), &channel_sms);
    assert_ptr_equal(channel_of_kind(CHANNEL_WEBHOOK), &channel_webhook);
}

static void every_guard_holds_at_start(void **state)
{
    (void)state;
    struct error err = {0};
    if (channel_global_init(&err) != 0)
        fail_msg("%s", err.text);
    struct sigaction pipe_action;
    assert_int_equal(sigaction(SIGPIPE, NULL, &pipe_action), 0);
    assert_ptr_equal(pipe_action.sa_handler, SIG_IGN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outbox_replaces_any_channel),
        cmocka_unit_test(each_kind_has_its_channel),
        cmocka_unit_test(every_guard_holds_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
