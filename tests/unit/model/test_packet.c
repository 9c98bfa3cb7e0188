#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "model/packet.h"

static char job_text[] =
    "{\"version\":1,\"id\":\"n1\",\"to\":{\"email\":\"a@example.org\",\"name\":\"김\"}}";

static void carries_a_packet_across(void **state)
{
    (void)state;
    char address[] = "a@example.org", template_name[] = "apology", locale[] = "ko",
         transport[] = "relay";
    struct packet_item item = {.delivery = 7,
                               .attempt = 2,
                               .accepted_ms = 123456,
                               .address = address,
                               .template_name = template_name,
                               .locale = locale,
                               .job_text = job_text};
    struct packet out = {.number = 5, .transport = transport, .items = &item, .count = 1},
                  *in = NULL;
    struct buf wire = {0};
    const char *payload;
    size_t len;
    struct error err;
    packet_put_frame(&out, &wire);
    assert_int_equal(frame_peek(&wire, 0, &payload, &len, &err), 1);
    assert_int_equal(packet_decode(payload, len, &in, &err), 0);
    assert_int_equal(in->number, 5);
    assert_string_equal(in->transport, "relay");
    assert_int_equal(in->items[0].delivery, 7);
    assert_int_equal(in->items[0].attempt, 2);
    assert_int_equal(in->items[0].accepted_ms, 123456);
    assert_string_equal(in->items[0].job->id, "n1");
    assert_string_equal(in->items[0].job->to.name, "김");
    packet_free(in);
    buf_free(&wire);
}

/* Accepted by an older program with other rules, perhaps: the others of its packet must not pay. */
static void a_job_that_cannot_be_read_costs_only_itself(void **state)
{
    char empty[] = "", bad_text[] = "{\"version\":1,\"id\":\"n2\",\"to\":{},\"more\":1}";
    struct packet_item items[2] = {
        {.address = empty, .template_name = empty, .locale = empty, .job_text = bad_text},
        {.address = empty, .template_name = empty, .locale = empty, .job_text = job_text}};
    struct packet out = {.number = 5, .transport = empty, .items = items, .count = 2}, *in = NULL;
    struct buf wire = {0};
    const char *payload;
    size_t len;
    struct error err;
    (void)state;
    packet_put_frame(&out, &wire);
    assert_int_equal(frame_peek(&wire, 0, &payload, &len, &err), 1);
    assert_int_equal(packet_decode(payload, len, &in, &err), 0);
    assert_int_equal(in->count, 2);
    assert_null(in->items[0].job);
    assert_non_null(in->items[0].problem);
    assert_non_null(strstr(in->items[0].problem, "to"));
    assert_string_equal(in->items[1].job->id, "n1");
    assert_null(in->items[1].problem);
    packet_free(in);
    buf_free(&wire);
}

static void carries_a_report_back(void **state)
{
    (void)state;
    struct report out = {
        .stage = REPORT_DONE, .packet = 5, .delivery = 7, .attempt = 2, .duration_ms = 31};
    struct report in;
    struct buf wire = {0};
    const char *payload;
    size_t len;
    struct error err;
    disposition_set(&out.disposition, OUTCOME_TRANSIENT, 452, "mailbox_full",
                    "452 \"voll\" \x1b[2J", 15);
    snprintf(out.disposition.enhanced, sizeof(out.disposition.enhanced), "4.2.2");
    out.disposition.retry_after_s = 60;
    memset(out.sha256, 'a', 64);
    report_put_frame(&out, &wire);
    assert_int_equal(frame_peek(&wire, 0, &payload, &len, &err), 1);
    assert_int_equal(report_decode(payload, len, &in, &err), 0);
    assert_int_equal(in.stage, REPORT_DONE);
    assert_int_equal(in.delivery, 7);
    assert_int_equal(in.disposition.outcome, OUTCOME_TRANSIENT);
    assert_int_equal(in.disposition.code, 452);
    assert_int_equal(in.disposition.retry_after_s, 60);
    assert_string_equal(in.disposition.cause, "mailbox_full");
    assert_string_equal(in.disposition.enhanced, "4.2.2");
    assert_string_equal(in.disposition.reply, "452 \"voll\" \\x1b[2J");
    assert_string_equal(in.sha256, out.sha256);
    buf_free(&wire);
}

static void waits_for_a_whole_frame(void **state)
{
    (void)state;
    struct report r = {.stage = REPORT_FINISHED, .packet = 1};
    struct buf wire = {0};
    struct error err;
    const char *payload;
    size_t len;
    report_put_frame(&r, &wire);
    for (size_t have = 0; have < wire.len; have++) {
        struct buf part = {.data = wire.data, .len = have, .cap = wire.cap};
        assert_int_equal(frame_peek(&part, 0, &payload, &len, &err), 0);
    }
    buf_free(&wire);
}

static void refuses_nonsense_of_a_damaged_worker(void **state)
{
    (void)state;
    static const char *const nonsense[] = {"",
                                           "{}",
                                           "[1]",
                                           "{\"stage\":\"sent\"}",
                                           "{\"stage\":\"done\",\"outcome\":\"great\"}",
                                           "\xff\xfe"};
    struct report in;
    struct error err;
    for (size_t i = 0; i < COUNT_OF(nonsense); i++)
        assert_int_not_equal(report_decode(nonsense[i], strlen(nonsense[i]), &in, &err), 0);
    struct buf huge = {0};
    const char *payload;
    size_t len;
    buf_put(&huge, "\xff\xff\xff\xff", 4);
    assert_true(frame_peek(&huge, 0, &payload, &len, &err) < 0);
    buf_free(&huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_a_packet_across),
        cmocka_unit_test(a_job_that_cannot_be_read_costs_only_itself),
        cmocka_unit_test(carries_a_report_back),
        cmocka_unit_test(waits_for_a_whole_frame),
        cmocka_unit_test(refuses_nonsense_of_a_damaged_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
