#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "model/disposition.h"

static void makes_hostile_replies_visible(void **state)
{
    (void)state;
    struct disposition d;
    const char reply[] = "250 ok\x1b[2J\0\r\nx";
    disposition_set(&d, OUTCOME_TRANSIENT, 250, "odd", reply, sizeof(reply) - 1);
    assert_string_equal(d.reply, "250 ok\\x1b[2J\\x00\\x0d\\x0ax");
}

static void cuts_long_replies_between_characters(void **state)
{
    (void)state;
    struct disposition d;
    char reply[4000];
    for (size_t i = 0; i + 3 <= sizeof(reply); i += 3)
        memcpy(reply + i, "한", 3);
    disposition_set(&d, OUTCOME_PERMANENT, 550, "policy", reply, 3999);
    assert_true(strlen(d.reply) < DISPOSITION_REPLY_SIZE);
    assert_int_equal(strlen(d.reply) % 3, 0);
    assert_true(utf8_valid(d.reply, strlen(d.reply)));
    /* A gateway description may name a cause in any language; the report that carries it is JSON.
     */
    disposition_set(&d, OUTCOME_PERMANENT, 550, "수신거부된번호입니다다시확인하세요", "", 0);
    assert_true(utf8_valid(d.cause, strlen(d.cause)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_hostile_replies_visible),
        cmocka_unit_test(cuts_long_replies_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
