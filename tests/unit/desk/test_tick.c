#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "base/unicode.h"
#include "desk/tick.h"
#include "model/json.h"

static const char sending[] =
    "{\"state\":\"running\",\"stop\":\"goes\",\"stop_reason\":\"\",\"lines\":48190,"
    "\"lines_taken\":48190,\"deliveries\":48190,\"open\":18788,\"delivered\":29351,\"failed\":51,"
    "\"waiting\":18288,\"in_flight\":500,\"at\":\"2026-11-24T00:00:01.000Z\"}";

static struct tick read_tick(const char *text)
{
    struct json_t *facts = NULL;
    struct error err;
    struct tick t;
    assert_int_equal(json_parse(text, strlen(text), "f", 1, 8, &facts, &err), 0);
    tick_read(&t, "recall", facts, true);
    return t;
}

static const char *line_of(const struct tick *t, size_t width)
{
    static struct buf line;
    buf_reset(&line);
    tick_put_line(t, width, &line);
    return buf_text(&line);
}

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

static void tells_rate_end_and_states(void **state)
{
    struct tick t = read_tick(sending);
    (void)state;
    t.rate = 49.2;
    t.eta_ms = 382000;
    assert_string_equal(line_of(&t, 0),
                        "recall: 61%, 29,402/48,190, 49/s, ETA 6m22s, delivered 29,351, failed 51, "
                        "waiting 18,288, in_flight 500");
    assert_contains(line_of(&t, 200), "61%  29,402/48,190  49/s  ETA 6m22s  delivered 29,351  ");
    tick_clear(&t);
}

/* How fast the first ones were tells nothing of when somebody looks at them. */
static void waits_for_a_look_without_an_end_in_sight(void **state)
{
    struct tick t =
        read_tick("{\"state\":\"running\",\"stop\":\"goes\",\"lines\":1000,\"lines_taken\":"
                  "1000,\"deliveries\":1000,\"open\":900,\"delivered\":100,"
                  "\"waiting\":900,\"first_out\":100,\"looks\":true}");
    (void)state;
    t.rate = 49.2;
    t.eta_ms = 382000;
    assert_string_equal(line_of(&t, 0), "recall: 10%, 100/1,000, WAITS FOR A LOOK (dispatcher "
                                        "campaign go-on recall), delivered 100, waiting 900");
    tick_clear(&t);
}

static void stays_within_the_terminal(void **state)
{
    struct tick t = read_tick(sending);
    (void)state;
    for (size_t width = 1; width < 120; width++) {
        const char *line = line_of(&t, width);
        assert_true(unicode_width(line, strlen(line)) <= width);
    }
    tick_clear(&t);
}

static void counts_lines_still_to_come(void **state)
{
    struct tick t =
        read_tick("{\"state\":\"loading\",\"stop\":\"goes\",\"lines\":1000,"
                  "\"lines_taken\":200,\"deliveries\":200,\"open\":0,\"delivered\":200}");
    (void)state;
    assert_false(t.finished);
    assert_int_equal(tick_all(&t), 1000);
    assert_string_equal(line_of(&t, 0), "recall: 20%, 200/1,000, taken in 200, delivered 200");
    tick_clear(&t);
}

static void is_over_when_nothing_moves_by_itself(void **state)
{
    struct buf end = {0}, hint = {0};
    struct tick t = read_tick("{\"state\":\"running\",\"stop\":\"goes\",\"lines\":10,\"lines_"
                              "taken\":10,\"deliveries\":10,"
                              "\"open\":0,\"delivered\":8,\"held\":1,\"uncertain\":1,"
                              "\"accepted_at\":\"2026-11-24T00:00:01.000Z\",\"finished_at\":\"2026-"
                              "11-24T00:01:10.000Z\"}");
    (void)state;
    assert_true(t.finished);
    assert_true(tick_has_trouble(&t));
    tick_put_end(&t, &end, &hint);
    assert_string_equal(
        buf_text(&end),
        "recall is not finished, some are held: 10 lines = 1 held + 8 delivered + 1 uncertain");
    assert_contains(buf_text(&hint), "dispatcher retry --batch recall --state uncertain");
    assert_contains(buf_text(&hint), "let go with `dispatcher release --batch recall`");
    assert_null(strstr(buf_text(&hint), "--state held`, again"));
    buf_free(&end);
    buf_free(&hint);
    tick_clear(&t);
}

static void is_not_over_while_a_confirmation_is_waited_for(void **state)
{
    struct buf words = {0}, hint = {0};
    struct tick t =
        read_tick("{\"state\":\"running\",\"stop\":\"goes\",\"lines\":10,\"lines_taken\":10,"
                  "\"deliveries\":10,\"open\":0,\"delivered\":10,\"awaiting\":4,"
                  "\"waits_for\":\"confirmation\",\"next_attempt_at\":\"2026-11-24T00:00:01.000Z\","
                  "\"next_channel_at\":\"2026-11-24T00:00:01.000Z\","
                  "\"last_channel_at\":\"2026-11-24T00:01:10.000Z\",\"finished_at\":null}");
    (void)state;
    assert_false(t.finished || t.over);
    assert_true(t.handed_over);
    assert_int_equal(tick_done(&t), 6);
    assert_string_equal(line_of(&t, 0), "recall: 60%, 6/10, delivered 10, to be confirmed 4");
    tick_put_wait(&t, &words);
    assert_contains(buf_text(&words),
                    "recall: all is handed over; 4 wait for a confirmation; where "
                    "none comes the next channel begins, the first at 2026-11-24");
    assert_contains(buf_text(&words), ", the last at 2026-11-24");
    buf_reset(&words);
    tick_put_end(&t, &words, &hint);
    assert_contains(buf_text(&words), "recall is handed over: 10 lines = 10 delivered; 4 wait for");
    buf_reset(&words);
    tick_put_json(&t, &words);
    assert_contains(buf_text(&words), "\"type\":\"status\"");
    assert_contains(buf_text(&words), "\"awaiting\":4,\"next_channel_at\":\"2026-11-24T00:00:01");
    buf_free(&words);
    buf_free(&hint);
    tick_clear(&t);
}

static void recommends_no_retry_of_what_can_never_be_sent(void **state)
{
    struct buf end = {0}, hint = {0};
    struct tick t = read_tick("{\"state\":\"running\",\"lines\":3,\"lines_taken\":3,"
                              "\"deliveries\":3,\"open\":0,\"failed\":2,\"expired\":1,"
                              "\"refused\":2}");
    (void)state;
    tick_put_end(&t, &end, &hint);
    assert_null(strstr(buf_text(&hint), "retry"));
    assert_contains(buf_text(&hint), "2 refused when the batch was taken in");
    assert_contains(buf_text(&hint), "expired: look with");
    t.refused = 1;
    tick_put_end(&t, &end, &hint);
    assert_contains(buf_text(&hint), "dispatcher retry --batch recall --state failed");
    buf_free(&end);
    buf_free(&hint);
    tick_clear(&t);
}

static void suppressed_on_purpose_is_no_trouble(void **state)
{
    struct tick t =
        read_tick("{\"state\":\"running\",\"lines\":2,\"lines_taken\":2,\"deliveries\":2,"
                  "\"open\":0,\"suppressed\":1,\"delivered\":1}");
    (void)state;
    assert_true(t.finished);
    assert_false(tick_has_trouble(&t));
    tick_clear(&t);
}

static void says_how_to_go_on(void **state)
{
    struct buf words = {0};
    struct tick t =
        read_tick("{\"state\":\"running\",\"stop\":\"halted\",\"stop_reason\":\"12 of 20 "
                  "failed\\u001b[2J\",\"lines\":100,\"lines_taken\":100,\"deliveries\":100,"
                  "\"open\":80,\"failed\":12}");
    (void)state;
    t.rate = 5;
    tick_put_stop(&t, &words);
    assert_contains(buf_text(&words), "recall is HALTED: 12 of 20 failed");
    assert_contains(buf_text(&words), "dispatcher resume recall (with --go-on");
    assert_null(strchr(buf_text(&words), '\033'));
    assert_contains(line_of(&t, 0), "HALTED");
    assert_null(strstr(line_of(&t, 0), "/s"));
    buf_free(&words);
    tick_clear(&t);
}

static void writes_an_object_for_programs(void **state)
{
    struct buf json = {0};
    struct json_t *parsed = NULL;
    struct error err;
    struct tick t = read_tick(sending);
    (void)state;
    t.rate = 49.2;
    tick_put_json(&t, &json);
    assert_int_equal(json_parse(buf_text(&json), json.len - 1, "f", 1, 8, &parsed, &err), 0);
    assert_string_equal(json_get_text(parsed, "type", ""), "status");
    assert_int_equal(json_get_int(parsed, "done", 0), 29402);
    assert_contains(buf_text(&json), "\"rate_per_s\":49.2,\"eta_s\":null");
    json_free(parsed);
    buf_free(&json);
    tick_clear(&t);
}

static void knows_a_batch_nobody_took_in_yet(void **state)
{
    struct tick t = read_tick("{\"state\":\"new\"}");
    (void)state;
    assert_false(t.finished);
    assert_string_equal(line_of(&t, 80), "recall  waits to be taken in");
    tick_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_rate_end_and_states),
        cmocka_unit_test(waits_for_a_look_without_an_end_in_sight),
        cmocka_unit_test(stays_within_the_terminal),
        cmocka_unit_test(counts_lines_still_to_come),
        cmocka_unit_test(is_over_when_nothing_moves_by_itself),
        cmocka_unit_test(is_not_over_while_a_confirmation_is_waited_for),
        cmocka_unit_test(recommends_no_retry_of_what_can_never_be_sent),
        cmocka_unit_test(suppressed_on_purpose_is_no_trouble),
        cmocka_unit_test(says_how_to_go_on),
        cmocka_unit_test(writes_an_object_for_programs),
        cmocka_unit_test(knows_a_batch_nobody_took_in_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
