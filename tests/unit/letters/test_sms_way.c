#include "letters/sms_way.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define TEXT(s) ((char[]){s})

static void take_the_first_transport_and_what_steps_in_and_counts_otherwise(void **state)
{
    struct gateway wide = {.name = TEXT("wide")};
    struct gateway wide_too = {.name = TEXT("too")};
    struct gateway korean = {.name = TEXT("kr"), .profile = LENGTH_EUC_KR};
    struct gateway narrow = {.name = TEXT("narrow"), .profile = LENGTH_EUC_KR, .sms_bytes = 80};
    char *failover[] = {TEXT("b"), TEXT("c"), TEXT("d")};
    struct transport transports[] = {
        {.name = TEXT("mail"), .channel = CHANNEL_EMAIL},
        {.name = TEXT("a"),
         .channel = CHANNEL_SMS,
         .type = TRANSPORT_GATEWAY,
         .sms = {.gateway = &wide},
         .failover = failover,
         .failover_count = 3},
        {.name = TEXT("b"),
         .channel = CHANNEL_SMS,
         .type = TRANSPORT_GATEWAY,
         .sms = {.gateway = &wide_too}},
        {.name = TEXT("c"),
         .channel = CHANNEL_SMS,
         .type = TRANSPORT_GATEWAY,
         .sms = {.gateway = &korean}},
        {.name = TEXT("d"),
         .channel = CHANNEL_SMS,
         .type = TRANSPORT_GATEWAY,
         .sms = {.gateway = &narrow}},
        {.name = TEXT("unused"),
         .channel = CHANNEL_SMS,
         .type = TRANSPORT_GATEWAY,
         .sms = {.gateway = &narrow}},
    };
    const struct settings s = {.transports = transports, .transport_count = 6};
    struct sms_way ways[SMS_WAYS_MAX];
    (void)state;
    assert_int_equal(sms_way_find(&s, ways), 3);
    assert_ptr_equal(ways[0].gateway, &wide);
    assert_false(ways[0].steps_in);
    assert_ptr_equal(ways[1].gateway, &korean);
    assert_ptr_equal(ways[2].gateway, &narrow);
    assert_true(ways[2].steps_in);
}

static void names_nothing_where_no_gateway_was_chosen(void **state)
{
    struct gateway korean = {.name = TEXT("kr"), .profile = LENGTH_EUC_KR};
    struct transport outbox = {.name = TEXT("sms"),
                               .channel = CHANNEL_SMS,
                               .type = TRANSPORT_OUTBOX,
                               .sms = {.gateway = &korean}};
    const struct settings some = {.transports = &outbox, .transport_count = 1};
    const struct settings none = {0};
    struct sms_way ways[SMS_WAYS_MAX];
    struct buf words = {0};
    (void)state;
    assert_int_equal(sms_way_find(&some, ways), 1);
    assert_ptr_equal(ways[0].gateway, &korean); /* it counts like one */
    sms_way_put(&ways[0], &words);
    assert_int_equal(sms_way_find(&none, ways), 1);
    assert_int_equal(ways[0].gateway->profile, LENGTH_GSM);
    sms_way_put(&ways[0], &words);
    assert_int_equal(words.len, 0);
    buf_free(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_the_first_transport_and_what_steps_in_and_counts_otherwise),
        cmocka_unit_test(names_nothing_where_no_gateway_was_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
