#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
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

static void carries_the_rest_of_a_server_back(void **state)
{
    (void)state;
    struct report out = {
        .stage = REPORT_RESTS, .packet = 5, .place = "mx1.example.org:25", .until_ms = 4711};
    struct report in;
    struct buf wire = {0};
    const char *payload;
    size_t len;
    struct error err;
    snprintf(out.disposition.reply, sizeof(out.disposition.reply), "refused");
    report_put_frame(&out, &wire);
    assert_int_equal(frame_peek(&wire, 0, &payload, &len, &err), 1);
    assert_int_equal(report_decode(payload, len, &in, &err), 0);
    assert_int_equal(in.stage, REPORT_RESTS);
    assert_string_equal(in.place, out.place);
    assert_int_equal(in.until_ms, 4711);
    assert_string_equal(in.disposition.reply, "refused");
    assert_int_not_equal(report_decode(payload, len - 1, &in, &err), 0);
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

static char shared_text[] =
    "{\"version\":1,\"id\":\"b\",\"template\":\"apology\",\"locale\":\"ko\","
    "\"data\":{\"x\":1}}";
static char line_text[] = "{\"id\":\"c7\",\"to\":{\"email\":\"a@example.org\"},\"data\":{\"y\":2}}";

/* One batch whose text is sent once for two of its lines, and a notice of its own. */
static void put_mixed_packet(struct buf *wire)
{
    char empty[] = "", transport[] = "relay", nonsense[] = "{\"to\":";
    struct packet_batch batch = {.batch = 3, .text = shared_text};
    struct packet_item items[] = {
        {.delivery = 1, .batch = 3, .line = 7, .job_text = line_text},
        {.delivery = 2, .batch = 3, .line = 8, .job_text = nonsense},
        {.delivery = 3, .batch = 4, .line = 9, .job_text = line_text},
        {.delivery = 4, .job_text = job_text},
    };
    for (size_t i = 0; i < COUNT_OF(items); i++)
        items[i].address = items[i].template_name = items[i].locale = empty;
    const struct packet out = {.number = 9,
                               .transport = transport,
                               .batches = &batch,
                               .batch_count = 1,
                               .items = items,
                               .count = COUNT_OF(items)};
    packet_put_frame(&out, wire);
}

static void a_line_is_read_against_its_batch(void **state)
{
    struct buf wire = {0};
    struct packet *in = NULL;
    const char *payload;
    size_t len;
    struct error err;
    (void)state;
    put_mixed_packet(&wire);
    assert_int_equal(frame_peek(&wire, 0, &payload, &len, &err), 1);
    assert_int_equal(packet_decode(payload, len, &in, &err), 0);
    assert_int_equal(in->count, 4);
    assert_string_equal(in->items[0].job->id, "b_c7");
    assert_string_equal(in->items[0].job->template_name, "apology");
    assert_non_null(strstr(in->items[1].problem, "notices.jsonl:8"));
    assert_non_null(strstr(in->items[2].problem, "batch"));
    assert_string_equal(in->items[3].job->id, "n1");
    packet_free(in);
    buf_free(&wire);
}

static void put_done(struct buf *wire)
{
    struct report r = {.stage = REPORT_DONE, .packet = 5, .delivery = 7, .attempt = 2};
    disposition_set(&r.disposition, OUTCOME_TRANSIENT, 452, "mailbox_full", "voll", 4);
    report_put_frame(&r, wire);
}

/* Every frame that was cut short, and every one with a byte too many. */
static void refuses_what_is_cut_or_too_long(void **state)
{
    struct buf packet = {0}, report = {0};
    struct packet *p;
    struct report r;
    struct error err;
    (void)state;
    put_mixed_packet(&packet);
    put_done(&report);
    for (size_t len = 0; len < packet.len - 4; len++)
        assert_int_equal(packet_decode(packet.data + 4, len, &p, &err), ERR_INPUT);
    for (size_t len = 0; len < report.len - 4; len++)
        assert_int_equal(report_decode(report.data + 4, len, &r, &err), ERR_INTERNAL);
    buf_putc(&packet, 'x');
    buf_putc(&report, 'x');
    assert_int_equal(packet_decode(packet.data + 4, packet.len - 4, &p, &err), ERR_INPUT);
    assert_int_equal(report_decode(report.data + 4, report.len - 4, &r, &err), ERR_INTERNAL);
    buf_free(&packet);
    buf_free(&report);
}

static void refuses_nonsense_of_a_damaged_worker(void **state)
{
    (void)state;
    static const char *const nonsense[] = {"", "{}", "\xff\xfe", "\x04", "\x02"};
    struct report in;
    struct error err;
    for (size_t i = 0; i < COUNT_OF(nonsense); i++)
        assert_int_not_equal(report_decode(nonsense[i], strlen(nonsense[i]), &in, &err), 0);
    struct report out = {.stage = REPORT_DONE, .sha256 = "not a digest"};
    struct buf wire = {0};
    report_put_frame(&out, &wire);
    assert_int_equal(report_decode(wire.data + 4, wire.len - 4, &in, &err), ERR_INTERNAL);
    buf_free(&wire);
    struct buf huge = {0};
    const char *payload;
    size_t len;
    buf_put(&huge, "\xff\xff\xff\xff", 4);
    assert_true(frame_peek(&huge, 0, &payload, &len, &err) < 0);
    buf_free(&huge);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245U + 12345U;
    return *seed >> 8;
}

/* A copy with a few bytes changed, on the heap and exactly as long: reading behind it is seen. */
static char *damage(const char *bytes, size_t len, unsigned *seed)
{
    char *copy = xmalloc(len);
    memcpy(copy, bytes, len);
    for (unsigned i = 0; i <= next_random(seed) % 4; i++)
        copy[next_random(seed) % len] = (char)next_random(seed);
    return copy;
}

static void survives_any_damage(void **state)
{
    struct buf packet = {0}, report = {0};
    unsigned seed = 20260101;
    (void)state;
    put_mixed_packet(&packet);
    put_done(&report);
    for (int i = 0; i < 20000; i++) {
        struct packet *p = NULL;
        struct report r;
        struct error err;
        char *one = damage(packet.data + 4, packet.len - 4, &seed);
        char *other = damage(report.data + 4, report.len - 4, &seed);
        if (packet_decode(one, packet.len - 4, &p, &err) == 0)
            packet_free(p);
        if (report_decode(other, report.len - 4, &r, &err) == 0)
            assert_true((size_t)r.disposition.outcome < OUTCOMES);
        free(one);
        free(other);
    }
    buf_free(&packet);
    buf_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_a_packet_across),
        cmocka_unit_test(a_job_that_cannot_be_read_costs_only_itself),
        cmocka_unit_test(carries_a_report_back),
        cmocka_unit_test(carries_the_rest_of_a_server_back),
        cmocka_unit_test(waits_for_a_whole_frame),
        cmocka_unit_test(a_line_is_read_against_its_batch),
        cmocka_unit_test(refuses_what_is_cut_or_too_long),
        cmocka_unit_test(survives_any_damage),
        cmocka_unit_test(refuses_nonsense_of_a_damaged_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
