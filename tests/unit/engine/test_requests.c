#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/requests.h"
#include "model/job.h"

static char directory[64];
static struct ledger *ledger;
static struct settings settings = {.spool = directory, .trial = true};

static void accept_notice(const char *id)
{
    struct error err;
    char text[200];
    unsigned char digest[DIGEST_SIZE];
    struct job *job;
    enum accept_result result;
    snprintf(text, sizeof(text),
             "{\"version\":1,\"id\":\"%s\",\"to\":{\"email\":\"a@example.org\"}}", id);
    assert_int_equal(job_parse(text, strlen(text), "f", 1, &job, &err), 0);
    job_digest(job, NULL, digest);
    const struct planned_delivery delivery = {.channel = CHANNEL_EMAIL,
                                              .transport = "mail",
                                              .address = "a@example.org",
                                              .state = DELIVERY_WAITING,
                                              .cause = "",
                                              .due_ms = 1000};
    const struct acceptance a = {.job = job,
                                 .text = text,
                                 .len = strlen(text),
                                 .digest = digest,
                                 .template_name = "apology",
                                 .locale = "en",
                                 .method = JOB_ALL,
                                 .deliveries = &delivery,
                                 .count = 1,
                                 .now_ms = 1000,
                                 .source = "spool"};
    assert_int_equal(ledger_accept(ledger, &a, &result, &err), 0);
    assert_int_equal(result, ACCEPT_NEW);
    job_free(job);
}

static int open_ledger(void **state)
{
    struct error err;
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/dispatcher-test-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    return ledger_open(directory, LEDGER_WRITE, &ledger, &err);
}

static int close_ledger(void **state)
{
    char command[200];
    static const char *const files[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm"};
    (void)state;
    ledger_close(ledger);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(command, sizeof(command), "%s/%s", directory, files[i]);
        remove(command);
    }
    remove(directory);
    return 0;
}

/* The answer to a request; freed by the next call. */
static const char *ask(const char *request)
{
    static struct buf answer;
    struct request_world world = {
        .ledger = ledger, .settings = &settings, .who = "uid 0 (test)", .now_ms = 5000};
    buf_free(&answer);
    request_handle(&world, request, strlen(request), &answer);
    return buf_text(&answer);
}

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

static void lists_what_is_waiting(void **state)
{
    (void)state;
    accept_notice("n1");
    const char *answer = ask("{\"v\":1,\"verb\":\"queue\",\"selector\":{\"state\":\"waiting\"}}");
    assert_contains(answer, "\"id\":\"n1\"");
    assert_contains(answer, "\"state\":\"waiting\"");
    assert_contains(answer, "\"end\":true,\"count\":1");
}

static void pages_by_the_last_number(void **state)
{
    (void)state;
    accept_notice("n1");
    accept_notice("n2");
    const char *first = ask("{\"v\":1,\"verb\":\"queue\",\"limit\":1}");
    assert_contains(first, "\"n1\"");
    assert_null(strstr(first, "\"n2\""));
    assert_contains(first, "\"more\":true");
    const char *second = ask("{\"v\":1,\"verb\":\"queue\",\"limit\":1,\"after\":1}");
    assert_contains(second, "\"n2\"");
    assert_null(strstr(second, "\"n1\""));
}

static void shows_a_notice_with_its_job(void **state)
{
    (void)state;
    accept_notice("n1");
    const char *answer = ask("{\"v\":1,\"verb\":\"show\",\"id\":\"n1\"}");
    assert_contains(answer, "{\"v\":1,\"job\":{");
    assert_contains(answer, "\"channel\":\"email\"");
    assert_contains(ask("{\"v\":1,\"verb\":\"show\",\"id\":\"nobody\"}"), "\"code\":-2");
}

static void refuses_a_retry_of_everything(void **state)
{
    (void)state;
    accept_notice("n1");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\"}"), "needs to know what");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{}}"), "\"code\":-9");
}

static void tells_whether_an_id_is_known(void **state)
{
    (void)state;
    accept_notice("n1");
    assert_contains(ask("{\"v\":1,\"verb\":\"known\",\"id\":\"n1\"}"),
                    "\"known\":true,\"sha256\":\"");
    assert_contains(ask("{\"v\":1,\"verb\":\"known\",\"id\":\"n2\"}"), "\"known\":false");
}

static void answers_nonsense_with_a_sentence(void **state)
{
    (void)state;
    assert_contains(ask("hello"), "\"error\":\"request:1:1: not valid JSON");
    assert_contains(ask("{\"v\":2,\"verb\":\"queue\"}"), "version 1");
    assert_contains(ask("{\"v\":1,\"verb\":\"explode\"}"), "does not know the request");
    assert_contains(ask("{\"v\":1,\"verb\":\"queue\",\"selector\":{\"state\":\"lost\"}}"),
                    "no state");
    assert_contains(ask("{\"v\":1,\"verb\":\"queue\",\"selector\":{\"channel\":\"fax\"}}"),
                    "no channel");
    assert_contains(ask("[[[[[[[[[[1]]]]]]]]]]"), "deeper than");
}

static void counts_by_channel_and_state(void **state)
{
    (void)state;
    accept_notice("n1");
    assert_contains(ask("{\"v\":1,\"verb\":\"summary\"}"),
                    "{\"v\":1,\"channel\":\"email\",\"waiting\":1,");
}

static void counts_again_from_every_row(void **state)
{
    (void)state;
    accept_notice("n1");
    const char *answer = ask("{\"v\":1,\"verb\":\"reconcile\"}");
    assert_contains(answer, "\"balanced\":true");
    assert_contains(answer, "\"deliveries\":1");
}

static void fail_everything(void)
{
    struct leased row;
    struct error err;
    struct disposition d;
    bool settled;
    size_t count = 0;
    assert_int_equal(ledger_lease(ledger, "mail", 1, 2000, LEDGER_FAST, &row, &count, &err), 0);
    assert_int_equal(count, 1);
    disposition_set(&d, OUTCOME_PERMANENT, 550, "bad_recipient", "550 no", 6);
    const struct settlement s = {.delivery = row.delivery,
                                 .state = DELIVERY_FAILED,
                                 .counts = true,
                                 .now_ms = 2000,
                                 .jitter = 1.0,
                                 .disposition = &d,
                                 .cause = "bad_recipient",
                                 .sha256 = "",
                                 .locale = "en",
                                 .transport = "mail"};
    assert_int_equal(ledger_settle(ledger, &s, &settled, &err), 0);
    leased_clear(&row);
}

static void remembers_who_changed_what(void **state)
{
    (void)state;
    accept_notice("n1");
    fail_everything();
    ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"id\":\"n1\"},\"reason\":\"ticket 4711\"}");
    const char *answer = ask("{\"v\":1,\"verb\":\"actions\"}");
    assert_contains(answer, "\"who\":\"uid 0 (test)\"");
    assert_contains(answer, "\"reason\":\"ticket 4711\"");
}

#define WITH_LEDGER(test) cmocka_unit_test_setup_teardown(test, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LEDGER(lists_what_is_waiting),        WITH_LEDGER(pages_by_the_last_number),
        WITH_LEDGER(shows_a_notice_with_its_job),  WITH_LEDGER(refuses_a_retry_of_everything),
        WITH_LEDGER(tells_whether_an_id_is_known), WITH_LEDGER(answers_nonsense_with_a_sentence),
        WITH_LEDGER(counts_by_channel_and_state),  WITH_LEDGER(counts_again_from_every_row),
        WITH_LEDGER(remembers_who_changed_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
