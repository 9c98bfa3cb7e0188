#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attributes.h"
#include "engine/requests.h"

static char directory[64];
static struct ledger *ledger;
static char mail[] = "mail", texts[] = "texts", file[] = "d.yaml";
static struct transport transports[] = {{.name = mail, .channel = CHANNEL_EMAIL},
                                        {.name = texts, .channel = CHANNEL_SMS}};
static const struct settings settings = {.spool = directory,
                                         .file = file,
                                         .trial = true,
                                         .trial_configured = true,
                                         .transports = transports,
                                         .transport_count = 2};
static int64_t now_ms;
static unsigned allowed;
static const struct request_daemon *daemon_of_test;

static int open_ledger(void **state UNUSED)
{
    struct error err;
    now_ms = 5000;
    allowed = REQUEST_ALL;
    daemon_of_test = NULL;
    snprintf(directory, sizeof(directory), "/tmp/dispatcher-test-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    return ledger_open(directory, LEDGER_WRITE, &ledger, &err);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *at UNUSED)
{
    return remove(path);
}

static int close_ledger(void **state UNUSED)
{
    ledger_close(ledger);
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Freed by the next call. */
static const char *ask(const char *request)
{
    static struct buf answer;
    struct request_world world = {.ledger = ledger,
                                  .settings = &settings,
                                  .who = "uid 0 (test)",
                                  .allowed = allowed,
                                  .now_ms = now_ms,
                                  .daemon = daemon_of_test};
    buf_free(&answer);
    request_handle(&world, request, strlen(request), &answer);
    return buf_text(&answer);
}

static void assert_answer(const char *request, const char *part)
{
    const char *answer = ask(request);
    if (strstr(answer, part) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", answer, part);
}

#define PAUSE  "{\"v\":1,\"verb\":\"transport_pause\",\"transport\":\"mail\""
#define RESUME "{\"v\":1,\"verb\":\"transport_resume\",\"transport\":\"mail\""
#define STATUS "{\"v\":1,\"verb\":\"status\"}"

static void a_transport_is_paused_once_and_since_then(void **state UNUSED)
{
    assert_answer(PAUSE ",\"reason\":\"moves\"}", "\"changed\":true,\"over\":false");
    now_ms = 9000;
    assert_answer(PAUSE "}", "\"changed\":false");
    assert_answer(PAUSE ",\"over\":true,\"reason\":\"moves\"}", "\"changed\":true,\"over\":true");
    assert_answer(STATUS, "\"transports_paused\":[{\"transport\":\"mail\",\"since\":\"1970-01-01T"
                          "00:00:05.000Z\",\"by\":\"uid 0 (test)\",\"because\":\"moves\","
                          "\"over\":true}]");
}

static void what_is_resumed_says_who_had_paused_it(void **state UNUSED)
{
    ask(PAUSE ",\"reason\":\"moves\"}");
    assert_answer(RESUME "}", "\"changed\":true,\"paused_since\":\"1970-01-01T00:00:05.000Z\","
                              "\"paused_by\":\"uid 0 (test)\",\"paused_because\":\"moves\"");
    assert_answer(RESUME "}", "\"changed\":false,\"paused_since\":null");
    assert_answer(STATUS, "\"transports_paused\":[]");
}

static void an_unknown_transport_is_told_with_those_there_are(void **state UNUSED)
{
    assert_answer("{\"v\":1,\"verb\":\"transport_pause\",\"transport\":\"mial\"}",
                  "there is no transport \\\"mial\\\"; there is mail, texts\",\"code\":-2");
}

static void the_word_on_trial_mode_is_remembered_with_who_gave_it(void **state UNUSED)
{
    assert_answer("{\"v\":1,\"verb\":\"live\"}",
                  "\"trial\":true,\"trial_configured\":true,\"live\":null");
    assert_answer("{\"v\":1,\"verb\":\"set_live\",\"live\":true,\"reason\":\"go\"}",
                  "\"changed\":true,\"open\":0,\"trial\":false");
    assert_answer("{\"v\":1,\"verb\":\"set_live\",\"live\":true}", "\"changed\":false");
    assert_answer("{\"v\":1,\"verb\":\"live\"}",
                  "\"live\":\"on\",\"live_since\":\"1970-01-01T00:00:05.000Z\","
                  "\"live_by\":\"uid 0 (test)\",\"live_because\":\"go\"");
    assert_answer("{\"v\":1,\"verb\":\"set_live\",\"live\":false}", "\"trial\":true");
    assert_answer("{\"v\":1,\"verb\":\"set_live\"}", "\"code\":-9");
}

static void without_a_daemon_nobody_reloads(void **state UNUSED)
{
    assert_answer("{\"v\":1,\"verb\":\"reload\"}", "\"code\":-8");
    assert_answer("{\"v\":1,\"verb\":\"log_level\",\"level\":\"debug\",\"for_ms\":1000}",
                  "\"code\":-8");
}

static int refuse(void *context UNUSED, struct buf *out, int *out_generation UNUSED,
                  struct error *err)
{
    buf_puts(out, "{\"v\":1,\"key\":\"half\"}\n");
    return error_set(err, ERR_CONFIG, "d.yaml:3: no");
}

static int take(void *context UNUSED, struct buf *out, int *out_generation,
                struct error *err UNUSED)
{
    buf_puts(out, "{\"v\":1,\"key\":\"workers\"}\n");
    *out_generation = 4;
    return 0;
}

static enum log_level set_level(void *context, enum log_level level, int64_t for_ms)
{
    *(int64_t *)context = for_ms + (int64_t)level;
    return LOG_INFO;
}

static void a_refused_reload_has_no_rows(void **state UNUSED)
{
    const struct request_daemon refusing = {.reload = refuse}, taking = {.reload = take};
    daemon_of_test = &refusing;
    assert_string_equal(ask("{\"v\":1,\"verb\":\"reload\"}"),
                        "{\"v\":1,\"error\":\"d.yaml:3: no\",\"code\":-4}\n");
    daemon_of_test = &taking;
    assert_string_equal(ask("{\"v\":1,\"verb\":\"reload\"}"),
                        "{\"v\":1,\"key\":\"workers\"}\n{\"v\":1,\"end\":true,\"generation\":4}\n");
    assert_answer("{\"v\":1,\"verb\":\"actions\"}",
                  "\"verb\":\"reload\",\"selector\":\"{\\\"generation\\\":4}\"");
}

static void a_level_is_for_a_bounded_time(void **state UNUSED)
{
    int64_t told = 0;
    const struct request_daemon d = {.context = &told, .set_log_level = set_level};
    daemon_of_test = &d;
    assert_answer("{\"v\":1,\"verb\":\"log_level\",\"level\":\"debug\",\"for_ms\":60000}",
                  "\"level\":\"debug\",\"was\":\"info\",\"until\":\"1970-01-01T00:01:05.000Z\"");
    assert_int_equal(told, 60000 + LOG_DEBUG);
    assert_answer("{\"v\":1,\"verb\":\"log_level\",\"level\":\"debug\"}", "\"code\":-9");
    assert_answer("{\"v\":1,\"verb\":\"log_level\",\"level\":\"debug\",\"for_ms\":86400001}",
                  "\"code\":-9");
    assert_answer("{\"v\":1,\"verb\":\"log_level\",\"level\":\"loud\",\"for_ms\":60000}",
                  "\"code\":-9");
}

static void who_may_only_look_changes_nothing(void **state UNUSED)
{
    allowed = REQUEST_LOOK;
    assert_answer(PAUSE "}", "\"code\":-7");
    assert_answer(STATUS, "\"transports_paused\":[]");
    allowed = 0;
    assert_answer(STATUS, "\"code\":-7");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_ledger, close_ledger)
    const struct CMUnitTest tests[] = {
        TEST(a_transport_is_paused_once_and_since_then),
        TEST(what_is_resumed_says_who_had_paused_it),
        TEST(an_unknown_transport_is_told_with_those_there_are),
        TEST(the_word_on_trial_mode_is_remembered_with_who_gave_it),
        TEST(without_a_daemon_nobody_reloads),
        TEST(a_refused_reload_has_no_rows),
        TEST(a_level_is_for_a_bounded_time),
        TEST(who_may_only_look_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
