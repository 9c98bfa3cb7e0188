#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "model/batch.h"
#include "model/json.h"

#define SUM "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char full[] =
    "{\"version\":1,\"id\":\"recall-2026\",\"count\":6500000,\"sha256\":\"" SUM "\",\n"
    " \"template\":\"apology\",\"locale\":\"de\",\"reference\":\"R-1\",\n"
    " \"routing\":{\"method\":\"all\",\"channels\":[\"sms\",\"email\"]},\"priority\":\"low\",\n"
    " \"category\":\"breach_notice\",\"campaign\":\"recall\",\"event_type\":\"notice.sent\",\n"
    " \"created_at\":\"2026-11-01T00:00:00Z\",\"not_before\":\"2026-11-24T09:00:00+09:00\",\n"
    " \"expires_at\":\"2026-12-01T00:00:00Z\",\"window\":\"21:00-08:30\",\n"
    " \"halt\":{\"failures\":500,\"share\":0.05},\"data\":{\"a\":1,\"b\":{\"x\":1}}}";

static struct batch *parse(const char *text)
{
    struct batch *b = NULL;
    struct error err = {0};
    if (batch_parse(text, strlen(text), "new/b/batch.json", false, &b, &err) != 0)
        fail_msg("%s", err.text);
    return b;
}

static void reads_every_member(void **state)
{
    struct batch *b = NULL;
    struct error err;
    (void)state;
    assert_int_equal(batch_parse(full, strlen(full), "f", true, &b, &err), 0);
    assert_string_equal(b->id, "recall-2026");
    assert_int_equal(b->count, 6500000);
    assert_int_equal(b->sha256[0], 0xe3);
    assert_int_equal(b->sha256[31], 0x55);
    assert_string_equal(b->campaign, "recall");
    assert_int_equal(b->priority, JOB_LOW);
    assert_int_equal(b->window.from_minute, 21 * 60);
    assert_int_equal(b->window.to_minute, 8 * 60 + 30);
    assert_true(b->halt.set && !b->halt.off);
    assert_int_equal(b->halt.failures, 500);
    assert_true(b->not_before_ms > 0 && b->expires_at_ms > b->not_before_ms);
    batch_free(b);
}

static void a_bare_batch_has_defaults(void **state)
{
    (void)state;
    struct batch *b = parse("{\"version\":1,\"id\":\"b\",\"halt\":null}");
    assert_int_equal(b->count, -1);
    assert_false(b->has_sum);
    assert_null(b->campaign);
    assert_int_equal(b->priority, JOB_NORMAL);
    assert_int_equal(b->window.from_minute, b->window.to_minute);
    assert_true(b->halt.off);
    batch_free(b);
}

static void assert_refused(const char *members, bool with_sum, const char *part)
{
    struct batch *b = NULL;
    struct error err = {0};
    char text[700];
    snprintf(text, sizeof(text), "{\"version\":1%s}", members);
    assert_int_equal(batch_parse(text, strlen(text), "new/b/batch.json", with_sum, &b, &err),
                     ERR_INPUT);
    if (strncmp(err.text, "new/b/batch.json:1:", 19) != 0 || strstr(err.text, part) == NULL)
        fail_msg("\"%s\" lacks the position or \"%s\"", err.text, part);
    assert_null(b);
}

static void refuses_with_position_and_advice(void **state)
{
    char long_id[200];
    (void)state;
    assert_refused("", false, "\"id\" is missing");
    assert_refused(",\"id\":\"b\"", true, "\"count\" is missing");
    assert_refused(",\"id\":\"b\",\"count\":1", true, "\"sha256\" is missing");
    assert_refused(",\"id\":\"b\",\"count\":-1", true, "number of lines");
    assert_refused(",\"id\":\"b\",\"sha256\":\"" SUM "0\"", true, "64 digits");
    assert_refused(",\"id\":\"b\",\"sha256\":\"E3\"", true, "64 digits");
    assert_refused(",\"id\":\"b\",\"tempalte\":\"x\"", false, "did you mean \"template\"?");
    assert_refused(",\"id\":\"b\",\"to\":{}", false, "not a member of a batch");
    assert_refused(",\"id\":\"b\",\"window\":\"8-21\"", false, "like 08:00-21:00");
    assert_refused(",\"id\":\"b\",\"halt\":{\"failures\":5}", false, "needs both");
    assert_refused(",\"id\":\"b\",\"letter_sha256\":\"" SUM "\"", false,
                   "name it with \"template\"");
    assert_refused(",\"id\":\"b\",\"halt\":{\"failures\":5,\"share\":5}", false,
                   "five of a hundred");
    assert_refused(",\"id\":\"a.b\"", false, "letters, digits");
    snprintf(long_id, sizeof(long_id), ",\"id\":\"%0*d\"", BATCH_ID_MAX + 1, 0);
    assert_refused(long_id, false, "1 to 96");
}

static void reads_windows_strictly(void **state)
{
    static const char *const bad[] = {"",
                                      "08:00",
                                      "8:00-21:00",
                                      "08:00-21:60",
                                      "25:00-08:00",
                                      "08:00 21:00",
                                      "08:00-2100:",
                                      "24:01-08:00",
                                      "aa:bb-cc:dd",
                                      "08:00-21:000"};
    struct send_window w;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(send_window_parse(bad[i], &w));
    assert_true(send_window_parse("00:00-24:00", &w));
    assert_int_equal(w.from_minute, w.to_minute);
    assert_true(send_window_parse("09:05-24:00", &w));
    assert_int_equal(w.from_minute, 545);
    assert_int_equal(w.to_minute, 0);
}

static struct job *read_line(const struct batch *b, const char *text, int64_t line,
                             const char **out_recipient)
{
    struct job *job = NULL;
    struct error err = {0};
    if (batch_read_line(b, text, strlen(text), "f", line, &job, out_recipient, &err) != 0)
        fail_msg("%s", err.text);
    return job;
}

static void a_line_is_laid_over_the_batch(void **state)
{
    struct buf text = {0};
    const char *recipient = NULL;
    (void)state;
    struct batch *b = parse(full);
    struct job *job = read_line(b,
                                "{\"id\":\"c17\",\"locale\":\"ko-KR\",\"reference\":\"R-2\","
                                "\"to\":{\"email\":\"a@example.org\"},\"data\":{\"b\":2,\"c\":3}}",
                                17, &recipient);
    assert_string_equal(job->id, "recall-2026_c17");
    assert_string_equal(recipient, "c17");
    assert_string_equal(job->locale, "ko-KR");
    assert_string_equal(job->reference, "R-2");
    assert_string_equal(job->template_name, "apology");
    assert_string_equal(job->event_type, "notice.sent");
    assert_int_equal(job->method, JOB_ALL);
    assert_int_equal(job->channels[0], CHANNEL_SMS);
    job_put_canonical(job, &text);
    assert_string_equal(
        buf_text(&text),
        "{\"campaign\":\"recall\",\"category\":\"breach_notice\","
        "\"created_at\":\"2026-11-01T00:00:00Z\",\"data\":{\"a\":1,\"b\":2,\"c\":3},"
        "\"expires_at\":\"2026-12-01T00:00:00Z\",\"id\":\"recall-2026_c17\",\"locale\":\"ko-KR\","
        "\"not_before\":\"2026-11-24T09:00:00+09:00\","
        "\"overrides\":{\"webhook\":{\"event_type\":\"notice.sent\"}},\"priority\":\"low\","
        "\"reference\":\"R-2\",\"routing\":{\"channels\":[\"sms\",\"email\"],\"method\":\"all\"},"
        "\"template\":\"apology\",\"to\":{\"email\":\"a@example.org\"},\"version\":1}");
    buf_free(&text);
    job_free(job);
    batch_free(b);
}

/* What show prints, handed over again by itself, is the same notice. */
static void a_line_alone_is_a_whole_notice(void **state)
{
    struct buf text = {0};
    struct job *alone = NULL;
    struct error err;
    unsigned char one[DIGEST_SIZE], other[DIGEST_SIZE];
    (void)state;
    struct batch *b = parse(full);
    struct job *job = read_line(b, "{\"to\":{\"phone\":\"+4915112345678\"}}", 5, NULL);
    job_put_canonical(job, &text);
    assert_int_equal(job_parse(text.data, text.len, "f", 1, &alone, &err), 0);
    job_digest(job, NULL, one);
    job_digest(alone, NULL, other);
    assert_memory_equal(one, other, DIGEST_SIZE);
    assert_string_equal(alone->id, "recall-2026_5");
    assert_string_equal(alone->event_type, job->event_type);
    buf_free(&text);
    job_free(job);
    job_free(alone);
    batch_free(b);
}

static void a_line_outlives_its_batch(void **state)
{
    struct buf text = {0};
    (void)state;
    struct batch *b = parse(full);
    struct job *job = read_line(b, "{\"to\":{\"email\":\"a@example.org\"}}", 1, NULL);
    batch_free(b);
    job_put_canonical(job, &text);
    assert_non_null(strstr(text.data, "recall-2026_1"));
    assert_non_null(strstr(text.data, "\"x\":1"));
    buf_free(&text);
    job_free(job);
}

/* One line must not leave anything behind for the next. */
static void lines_do_not_touch_each_other(void **state)
{
    struct buf before = {0}, after = {0};
    (void)state;
    struct batch *b = parse(full);
    batch_put_canonical(b, &before);
    job_free(read_line(
        b, "{\"to\":{\"email\":\"a@example.org\"},\"locale\":\"ko\",\"data\":{\"a\":9,\"z\":9}}", 1,
        NULL));
    struct job *job = read_line(b, "{\"to\":{\"email\":\"a@example.org\"}}", 2, NULL);
    assert_string_equal(job->locale, "de");
    assert_string_equal(job->reference, "R-1");
    batch_put_canonical(b, &after);
    assert_string_equal(before.data, after.data);
    job_put_canonical(job, &after);
    assert_null(strstr(after.data, "\"z\""));
    buf_free(&before);
    buf_free(&after);
    job_free(job);
    batch_free(b);
}

static void the_campaign_is_the_batch_unless_it_names_one(void **state)
{
    (void)state;
    struct batch *b = parse("{\"version\":1,\"id\":\"b\"}");
    struct job *job = read_line(b, "{\"to\":{\"email\":\"a@example.org\"}}", 1, NULL);
    assert_string_equal(job->campaign, "b");
    job_free(job);
    batch_free(b);
}

static void assert_line_refused(const char *text, size_t len, const char *part)
{
    struct job *job = NULL;
    struct error err = {0};
    struct batch *b = parse("{\"version\":1,\"id\":\"b\",\"data\":{}}");
    assert_int_equal(batch_read_line(b, text, len, "new/b/notices.jsonl", 4711, &job, NULL, &err),
                     ERR_INPUT);
    if (strncmp(err.text, "new/b/notices.jsonl:4711:", 25) != 0 || strstr(err.text, part) == NULL)
        fail_msg("\"%s\" lacks the position or \"%s\"", err.text, part);
    assert_null(job);
    batch_free(b);
}

#define REFUSED(text, part) assert_line_refused(text, strlen(text), part)

static void refuses_a_bad_line_with_position(void **state)
{
    static const char nul[] = "{\"to\":{\"email\":\"a@ex\0ample.org\"}}";
    char *huge = xmalloc(1 << 20), deep[200];
    char id[200];
    (void)state;
    REFUSED("", "JSON");
    REFUSED("[]", "braces");
    REFUSED("{\"to\":{\"email\":\"a@example.org\"}", "JSON");
    REFUSED("{\"id\":\"x\"}", "\"to\" is missing");
    REFUSED("{\"to\":{}}", "names nobody");
    REFUSED("{\"to\":{\"email\":\"a\"}}", "to/email");
    REFUSED("{\"to\":{\"email\":\"a@example.org\"},\"template\":\"x\"}", "not a member of a line");
    REFUSED("{\"to\":{\"email\":\"a@example.org\"},\"id\":\"a b\"}", "\"id\" must be");
    REFUSED("{\"to\":{\"email\":\"a@example.org\"},\"id\":\"a\",\"id\":\"b\"}", "JSON");
    REFUSED("{\"to\":{\"email\":\"a@example.org\"},\"data\":[]}", "data");
    REFUSED("{\"to\":{\"name\":\"\xff\",\"email\":\"a@example.org\"}}", "JSON");
    REFUSED("{\"to\":{\"name\":\"\\u0000\",\"email\":\"a@example.org\"}}", "JSON");
    assert_line_refused(nul, sizeof(nul) - 1, "JSON");
    memset(huge, ' ', 1 << 20);
    assert_line_refused(huge, 1 << 20, "bytes long");
    memset(deep, '[', sizeof(deep));
    assert_line_refused(deep, sizeof(deep), "JSON");
    snprintf(id, sizeof(id), "{\"id\":\"%0126d\",\"to\":{\"email\":\"a@example.org\"}}", 0);
    struct batch *b = parse("{\"version\":1,\"id\":\"b\"}");
    job_free(read_line(b, id, 1, NULL)); /* 128 with b_ in front */
    batch_free(b);
    snprintf(id, sizeof(id), "{\"id\":\"%0127d\",\"to\":{\"email\":\"a@example.org\"}}", 0);
    REFUSED(id, "1 to 126");
    free(huge);
}

static void publishes_count_and_sum(void **state)
{
    unsigned char sum[DIGEST_SIZE] = {0xab, 0xcd};
    struct buf text = {0};
    struct batch *again = NULL;
    struct error err;
    (void)state;
    struct batch *b = parse("{\"version\":1,\"id\":\"b\",\"count\":3}");
    batch_put_summed(b, 12, sum, &text);
    assert_int_equal(b->count, 3);
    assert_int_equal(batch_parse(text.data, text.len, "f", true, &again, &err), 0);
    assert_int_equal(again->count, 12);
    assert_memory_equal(again->sha256, sum, DIGEST_SIZE);
    buf_free(&text);
    batch_free(again);
    batch_free(b);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245U + 12345U;
    return *seed >> 8;
}

/* Bytes that make JSON go wrong in interesting places, and any byte. */
static char *damage(const char *text, size_t len, unsigned *seed)
{
    static const char nasty[] = "\"\\{}[]:,0-eu\xc3\x80";
    char *copy = xmalloc(len);
    memcpy(copy, text, len);
    for (unsigned i = 0; i <= next_random(seed) % 3; i++) {
        unsigned pick = next_random(seed);
        copy[next_random(seed) % len] =
            pick % 3 == 0 ? (char)(pick >> 4) : nasty[(pick >> 4) % (sizeof(nasty) - 1)];
    }
    return copy;
}

static void survives_any_damage(void **state)
{
    static const char line[] = "{\"id\":\"c17\",\"locale\":\"ko-KR\",\"reference\":\"R\",\"to\":{"
                               "\"email\":\"a@example.org\",\"name\":\"\\uae40 Kim\"},"
                               "\"data\":{\"b\":2,\"c\":[1,2,{\"d\":null}]}}";
    unsigned seed = 4711;
    (void)state;
    struct batch *b = parse(full);
    for (int i = 0; i < 20000; i++) {
        struct batch *other = NULL;
        struct job *job = NULL;
        struct error err;
        char *one = damage(full, strlen(full), &seed), *two = damage(line, strlen(line), &seed);
        if (batch_parse(one, strlen(full) - (size_t)(i % 3), "f", true, &other, &err) == 0)
            batch_free(other);
        if (batch_read_line(b, two, strlen(line) - (size_t)(i % 3), "f", i, &job, NULL, &err) ==
            0) {
            struct buf text = {0};
            struct job *alone = NULL;
            job_put_canonical(job, &text);
            assert_int_equal(job_parse(text.data, text.len, "f", 1, &alone, &err), 0);
            buf_free(&text);
            job_free(alone);
            job_free(job);
        }
        free(one);
        free(two);
    }
    batch_free(b);
}

static void facts_lie_under_its_own_data_and_say_where_they_are_from(void **state)
{
    static const char expected[] = "{\"data\":{\"a\":9,\"b\":\"x\"},\"facts\":{\"incident\":"
                                   "\"leak\",\"sha256\":\"ab\",\"version\":2},"
                                   "\"id\":\"b\",\"version\":1}";
    static const char line[] = "{\"to\":{\"email\":\"a@example.org\"}}";
    const struct batch_origin from = {.incident = "leak", .version = 2, .sha256 = "ab"};
    struct json_t *facts = NULL;
    struct job *job = NULL;
    struct buf text = {0};
    struct error err;
    (void)state;
    struct batch *b = parse("{\"version\":1,\"id\":\"b\",\"data\":{\"b\":\"x\"}}");
    assert_int_equal(json_parse("{\"a\":9,\"b\":1}", 13, "f", 1, 8, &facts, &err), 0);
    batch_lay_facts(b, facts, &from);
    batch_put_canonical(b, &text);
    assert_string_equal(buf_text(&text), expected);
    batch_free(parse(buf_text(&text)));
    /* A line of it, written alone, is a notice, which knows nothing of sheets. */
    assert_int_equal(batch_read_line(b, line, strlen(line), "f", 1, &job, NULL, &err), 0);
    buf_reset(&text);
    job_put_canonical(job, &text);
    assert_null(strstr(buf_text(&text), "incident"));
    job_free(job);
    json_free(facts);
    batch_free(b);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_member),
        cmocka_unit_test(a_bare_batch_has_defaults),
        cmocka_unit_test(refuses_with_position_and_advice),
        cmocka_unit_test(reads_windows_strictly),
        cmocka_unit_test(a_line_is_laid_over_the_batch),
        cmocka_unit_test(a_line_alone_is_a_whole_notice),
        cmocka_unit_test(a_line_outlives_its_batch),
        cmocka_unit_test(lines_do_not_touch_each_other),
        cmocka_unit_test(the_campaign_is_the_batch_unless_it_names_one),
        cmocka_unit_test(refuses_a_bad_line_with_position),
        cmocka_unit_test(publishes_count_and_sum),
        cmocka_unit_test(facts_lie_under_its_own_data_and_say_where_they_are_from),
        cmocka_unit_test(survives_any_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
