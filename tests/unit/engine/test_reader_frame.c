#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/reader_frame.h"
#include "model/packet.h"

static char relay[] = "relay", gateway[] = "gateway";
static struct transport transports[] = {{.name = relay, .channel = CHANNEL_EMAIL},
                                        {.name = gateway, .channel = CHANNEL_SMS}};
static const struct settings settings = {.transports = transports, .transport_count = 2};

static struct reader_message row(void)
{
    struct reader_message m = {
        .word = READER_ROW,
        .line = {.line = 17,
                 .offset = 4000,
                 .length = 120,
                 .recipient = "c17",
                 .template_name = "apology",
                 .locale = "ko",
                 .fallback = true,
                 .zone = "Asia/Seoul",
                 .rest = 1,
                 .count = 2},
        .deliveries = {{.channel = CHANNEL_EMAIL,
                        .transport = "relay",
                        .address = "a@example.org",
                        .state = DELIVERY_WAITING,
                        .cause = "",
                        .due_ms = 123},
                       {.channel = CHANNEL_SMS,
                        .transport = "gateway",
                        .address = "+4915112345678",
                        .state = DELIVERY_HELD,
                        .cause = "locale_fallback",
                        .due_ms = 456,
                        .patience_ms = 789,
                        .confirm = true}},
    };
    return m;
}

static void put(struct reader_message *m, struct buf *out)
{
    m->line.deliveries = m->deliveries;
    buf_reset(out);
    reader_put_message(m, out);
}

static int decode(const struct buf *b, struct reader_message *out)
{
    struct error err;
    return reader_decode(b->data + 4, b->len - 4, &settings, out, &err);
}

static void carries_a_row_across(void **state)
{
    struct buf b = {0};
    struct reader_message m = row(), in;
    (void)state;
    put(&m, &b);
    assert_int_equal(decode(&b, &in), 0);
    assert_int_equal(in.word, READER_ROW);
    assert_int_equal(in.line.line, 17);
    assert_int_equal(in.line.offset, 4000);
    assert_int_equal(in.line.length, 120);
    assert_string_equal(in.line.recipient, "c17");
    assert_string_equal(in.line.zone, "Asia/Seoul");
    assert_true(in.line.fallback);
    assert_int_equal(in.line.rest, 1);
    assert_int_equal(in.line.count, 2);
    assert_ptr_equal(in.line.deliveries[0].transport, relay);
    assert_string_equal(in.line.deliveries[1].address, "+4915112345678");
    assert_int_equal(in.line.deliveries[1].state, DELIVERY_HELD);
    assert_int_equal(in.line.deliveries[1].due_ms, 456);
    assert_int_equal(in.line.deliveries[0].patience_ms, 0);
    assert_int_equal(in.line.deliveries[1].patience_ms, 789);
    assert_true(in.line.deliveries[1].confirm);
    m.line.zone = NULL;
    put(&m, &b);
    assert_int_equal(decode(&b, &in), 0);
    assert_null(in.line.zone);
    buf_free(&b);
}

static void carries_the_other_words(void **state)
{
    struct buf b = {0};
    struct reader_message in,
        bad = {.word = READER_BAD, .line = {.line = 3, .recipient = "3"}, .text = "why"},
        begun = {.word = READER_BEGUN, .line = {.line = 4}}, end = {.word = READER_END},
        verdict = {.word = READER_VERDICT, .text = "wrong"},
        waits = {.word = READER_WAITS, .text = "letter"},
        failed = {.word = READER_FAILED, .text = "disk"};
    (void)state;
    put(&bad, &b);
    assert_int_equal(decode(&b, &in), 0);
    assert_string_equal(in.text, "why");
    put(&begun, &b);
    assert_int_equal(decode(&b, &in), 0);
    assert_int_equal(in.line.line, 4);
    put(&end, &b);
    assert_int_equal(decode(&b, &in), 0);
    assert_int_equal(in.word, READER_END);
    put(&verdict, &b);
    assert_int_equal(decode(&b, &in), 0);
    assert_string_equal(in.text, "wrong");
    put(&waits, &b);
    assert_int_equal(decode(&b, &in), 0);
    assert_int_equal(in.word, READER_WAITS);
    assert_string_equal(in.text, "letter");
    put(&failed, &b);
    assert_int_equal(decode(&b, &in), 0);
    assert_int_equal(in.word, READER_FAILED);
    buf_free(&b);
}

static void assert_distrusted(struct reader_message m)
{
    struct buf b = {0};
    struct reader_message in;
    put(&m, &b);
    assert_int_equal(decode(&b, &in), ERR_INTERNAL);
    buf_free(&b);
}

static void distrusts_what_cannot_be(void **state)
{
    struct reader_message m;
    (void)state;
    m = row(), m.line.line = 0, assert_distrusted(m);
    m = row(), m.line.offset = -1, assert_distrusted(m);
    m = row(), m.line.length = -1, assert_distrusted(m);
    m = row(), m.line.recipient = "", assert_distrusted(m);
    m = row(), m.line.recipient = "a b", assert_distrusted(m);
    m = row(), m.line.count = 0, assert_distrusted(m);
    m = row(), m.line.rest = -1, assert_distrusted(m);
    m = row(), m.deliveries[0].transport = "nobody", assert_distrusted(m);
    m = row(), m.deliveries[0].transport = "gateway", assert_distrusted(m);
    m = row(), m.deliveries[0].address = "", assert_distrusted(m);
    m = row(), m.deliveries[0].state = DELIVERY_DELIVERED, assert_distrusted(m);
    m = row(), m.deliveries[0].cause = "\xff", assert_distrusted(m);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245U + 12345U;
    return *seed >> 8;
}

static void survives_any_damage(void **state)
{
    struct buf b = {0};
    struct reader_message m = row(), in;
    unsigned seed = 31337;
    (void)state;
    put(&m, &b);
    for (int i = 0; i < 50000; i++) {
        struct error err;
        size_t len = b.len - 4 - (next_random(&seed) % 4 == 0 ? next_random(&seed) % 40 : 0);
        char *copy = xmalloc(len);
        memcpy(copy, b.data + 4, len);
        for (unsigned k = 0; k <= next_random(&seed) % 3; k++)
            copy[next_random(&seed) % len] = (char)next_random(&seed);
        if (reader_decode(copy, len, &settings, &in, &err) == 0 && in.word == READER_ROW)
            assert_true(in.line.count <= JOB_CHANNELS_MAX && in.line.deliveries[0].address != NULL);
        free(copy);
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_a_row_across),
        cmocka_unit_test(carries_the_other_words),
        cmocka_unit_test(distrusts_what_cannot_be),
        cmocka_unit_test(survives_any_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
