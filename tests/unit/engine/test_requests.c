#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/requests.h"
#include "model/job.h"
#include "spool/spool.h"

static char directory[64];
static struct ledger *ledger;
static struct spool *spool;
static struct settings settings = {.spool = directory, .trial = true};

static void accept_one(const char *id, const struct planned_delivery *delivery)
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
    const struct acceptance a = {.job = job,
                                 .text = text,
                                 .len = strlen(text),
                                 .digest = digest,
                                 .template_name = "apology",
                                 .locale = "en",
                                 .method = JOB_ALL,
                                 .deliveries = delivery,
                                 .count = 1,
                                 .now_ms = 1000,
                                 .source = "spool"};
    assert_int_equal(ledger_accept(ledger, &a, &result, &err), 0);
    assert_int_equal(result, ACCEPT_NEW);
    job_free(job);
}

static void accept_notice(const char *id)
{
    const struct planned_delivery delivery = {.channel = CHANNEL_EMAIL,
                                              .transport = "mail",
                                              .address = "a@example.org",
                                              .state = DELIVERY_WAITING,
                                              .cause = "",
                                              .due_ms = 1000};
    accept_one(id, &delivery);
}

static void hold_webhooks(int count)
{
    const struct planned_delivery delivery = {.channel = CHANNEL_WEBHOOK,
                                              .transport = "hooks",
                                              .address = "shop",
                                              .state = DELIVERY_HELD,
                                              .cause = "endpoint_disabled",
                                              .due_ms = 1000};
    const struct endpoint_state shop = {.name = "shop", .disabled = true, .reason = "410"};
    struct error err;
    char id[16];
    assert_int_equal(ledger_begin(ledger, LEDGER_FAST, &err), 0);
    for (int i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "h%d", i);
        accept_one(id, &delivery);
    }
    assert_int_equal(ledger_put_endpoint(ledger, &shop, NULL, &err), 0);
    assert_int_equal(ledger_commit(ledger, &err), 0);
}

static int open_ledger(void **state)
{
    struct error err;
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/dispatcher-test-XXXXXX");
    if (mkdtemp(directory) == NULL || spool_open(directory, &spool, &err) != 0)
        return -1;
    return ledger_open(directory, LEDGER_WRITE, &ledger, &err);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *at UNUSED)
{
    return remove(path);
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(ledger);
    spool_close(spool);
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The answer to a request; freed by the next call. */
static const char *ask(const char *request)
{
    static struct buf answer;
    struct request_world world = {.ledger = ledger,
                                  .spool = spool,
                                  .settings = &settings,
                                  .who = "uid 0 (test)",
                                  .allowed = REQUEST_ALL,
                                  .now_ms = 5000};
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
                    "\"known\":true,\"by_key\":false,\"sha256\":\"");
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

/* Takes what stands in the first lane and gives it this end. */
/* Four at most. */
static void settle_all(enum delivery_state end, const char *cause)
{
    struct leased rows[4];
    struct error err;
    struct disposition d;
    size_t count = 0, lanes = 0;
    const struct lane *lane = ledger_lanes(ledger, &lanes);
    bool settled;
    assert_int_equal(lanes, 1);
    assert_int_equal(
        ledger_lease(ledger, lane->lane, COUNT_OF(rows), 2000, LEDGER_FAST, rows, &count, &err), 0);
    assert_true(count > 0);
    disposition_set(&d, OUTCOME_PERMANENT, 550, cause, "550 no", 6);
    for (size_t i = 0; i < count; i++) {
        const struct settlement s = {.delivery = rows[i].delivery,
                                     .state = end,
                                     .counts = true,
                                     .now_ms = 2000,
                                     .jitter = 1.0,
                                     .disposition = &d,
                                     .cause = cause,
                                     .sha256 = "",
                                     .locale = "en",
                                     .transport = "mail"};
        assert_int_equal(ledger_settle(ledger, &s, &settled, &err), 0);
        leased_clear(&rows[i]);
    }
}

static void remembers_who_changed_what(void **state)
{
    (void)state;
    accept_notice("n1");
    settle_all(DELIVERY_FAILED, "bad_recipient");
    ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"id\":\"n1\"},\"reason\":\"ticket 4711\"}");
    const char *answer = ask("{\"v\":1,\"verb\":\"actions\"}");
    assert_contains(answer, "\"who\":\"uid 0 (test)\"");
    assert_contains(answer, "\"reason\":\"ticket 4711\"");
}

/* ---- batches ---- */

static const char batch_text[] = "{\"version\":1,\"id\":\"b\",\"template\":\"apology\","
                                 "\"locale\":\"en\",\"data\":{\"shared\":1}}";
static const char *const lines[] = {
    "{\"id\":\"c1\",\"to\":{\"email\":\"a@example.org\"},\"data\":{\"own\":1}}",
    "{\"to\":{\"email\":\"b@example.org\"}}"};

/* As a producer hands it over and the daemon takes it in. */
static void publish_batch(void)
{
    struct batch_builder *builder;
    struct error err;
    bool duplicate;
    assert_int_equal(spool_begin_batch(spool, "b", &builder, &err), 0);
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_int_equal(spool_put_notice(builder, lines[i], strlen(lines[i]), &err), 0);
    assert_int_equal(spool_publish_batch(builder, batch_text, strlen(batch_text), &duplicate, &err),
                     0);
    spool_end_batch(builder);
}

static int64_t begin_batch(void)
{
    static const unsigned char digest[DIGEST_SIZE] = {1};
    const struct batch_acceptance a = {.id = "b",
                                       .digest = digest,
                                       .text = batch_text,
                                       .len = strlen(batch_text),
                                       .total = COUNT_OF(lines),
                                       .bytes = 200,
                                       .priority = JOB_NORMAL,
                                       .now_ms = 1000};
    enum accept_result result;
    struct error err;
    int64_t batch = 0;
    assert_int_equal(ledger_begin_batch(ledger, &a, &result, &batch, &err), 0);
    assert_int_equal(result, ACCEPT_NEW);
    return batch;
}

/* Of a line, each with an end of one byte. */
static int64_t offset_of(int64_t number)
{
    int64_t offset = 0;
    for (int64_t i = 1; i < number; i++)
        offset += (int64_t)strlen(lines[i - 1]) + 1;
    return offset;
}

static void put_line(int64_t batch, int64_t number, const char *recipient)
{
    const struct planned_delivery delivery = {.channel = CHANNEL_EMAIL,
                                              .transport = "mail",
                                              .address = "a@example.org",
                                              .state = DELIVERY_WAITING,
                                              .cause = "",
                                              .due_ms = 1000};
    const struct planned_line line = {.line = number,
                                      .offset = offset_of(number),
                                      .length = (int64_t)strlen(lines[number - 1]),
                                      .recipient = recipient,
                                      .template_name = "apology",
                                      .locale = "en",
                                      .deliveries = &delivery,
                                      .count = 1};
    struct error err;
    bool known;
    assert_int_equal(ledger_put_line(ledger, batch, &line, 1000, &known, &err), 0);
    assert_false(known);
}

static void take_batch(void)
{
    struct error err;
    int64_t batch = begin_batch();
    put_line(batch, 1, "c1");
    put_line(batch, 2, "2");
    assert_int_equal(ledger_advance_batch(ledger, batch, 3, 200, true, &err), 0);
}

static void take_published_batch(void)
{
    struct error err;
    publish_batch();
    assert_int_equal(spool_adopt_batch(spool, "b", &err), 0);
    take_batch();
}

static void tells_how_far_a_batch_is(void **state)
{
    (void)state;
    take_batch();
    const char *answer = ask("{\"v\":1,\"verb\":\"progress\",\"batch\":\"b\"}");
    assert_contains(answer, "{\"v\":1,\"channel\":\"email\",\"waiting\":2,");
    assert_contains(answer, "\"end\":true,\"batch\":\"b\"");
    assert_contains(answer, "\"state\":\"running\",\"stop\":\"goes\"");
    assert_contains(answer, "\"lines\":2,\"lines_taken\":2,\"deliveries\":2,\"open\":2");
    settle_all(DELIVERY_DELIVERED, "");
    answer = ask("{\"v\":1,\"verb\":\"progress\",\"batch\":\"b\"}");
    assert_contains(answer, "\"open\":0,\"waiting\":0,\"in_flight\":0");
    assert_contains(answer, "\"delivered\":2");
    assert_null(strstr(answer, "\"finished_at\":null"));
}

static void sees_a_batch_that_only_stands_at_the_door(void **state)
{
    (void)state;
    publish_batch();
    assert_contains(ask("{\"v\":1,\"verb\":\"progress\",\"batch\":\"b\"}"), "\"state\":\"new\"");
    assert_contains(ask("{\"v\":1,\"verb\":\"progress\",\"batch\":\"c\"}"),
                    "\"error\":\"there is no batch \\\"c\\\"");
}

static void counts_lines_that_are_still_taken_in(void **state)
{
    struct error err;
    (void)state;
    int64_t batch = begin_batch();
    put_line(batch, 1, "c1");
    assert_int_equal(ledger_advance_batch(ledger, batch, 2, 60, false, &err), 0);
    assert_contains(ask("{\"v\":1,\"verb\":\"batches\"}"),
                    "\"state\":\"loading\",\"stop\":\"goes\",\"stop_reason\":\"\",\"go_on\":false,"
                    "\"lines\":2,\"lines_taken\":1");
    assert_contains(ask("{\"v\":1,\"verb\":\"reconcile\",\"batch\":\"b\"}"), "\"loading\":true");
}

static void lists_batches_and_what_is_selected_of_one(void **state)
{
    (void)state;
    accept_notice("n1");
    take_batch();
    assert_contains(ask("{\"v\":1,\"verb\":\"batches\"}"), "\"count\":1,\"last\":1,\"more\":false");
    const char *rows = ask("{\"v\":1,\"verb\":\"queue\",\"selector\":{\"batch\":\"b\"}}");
    assert_contains(rows, "\"id\":\"b_c1\"");
    assert_contains(rows, "\"id\":\"b_2\"");
    assert_contains(rows, "\"batch\":\"b\",\"line\":2");
    assert_null(strstr(rows, "\"n1\""));
    assert_contains(ask("{\"v\":1,\"verb\":\"summary\",\"batch\":\"b\"}"), "\"waiting\":2");
    assert_contains(ask("{\"v\":1,\"verb\":\"queue\",\"selector\":{\"batch\":\"c\"}}"),
                    "\"code\":-2");
}

static void ages_are_told_by_state(void **state)
{
    (void)state;
    accept_notice("n1");
    assert_contains(ask("{\"v\":1,\"verb\":\"summary\"}"),
                    "\"oldest\":{\"waiting\":\"1970-01-01T00:00:01.000Z\"}}");
    assert_contains(ask("{\"v\":1,\"verb\":\"summary\"}"),
                    "{\"v\":1,\"channel\":\"sms\",\"waiting\":0");
}

static void shows_a_line_with_what_all_share(void **state)
{
    (void)state;
    take_published_batch();
    const char *answer = ask("{\"v\":1,\"verb\":\"show\",\"id\":\"b_c1\"}");
    assert_contains(answer, "{\"v\":1,\"job\":{");
    assert_contains(answer, "\"own\":1");
    assert_contains(answer, "\"shared\":1");
    assert_contains(answer, "\"id\":\"b_c1\",\"batch\":\"b\",\"line\":1,\"text\":\"there\"");
    answer = ask("{\"v\":1,\"verb\":\"show\",\"id\":\"b_2\"}");
    assert_contains(answer, "b@example.org");
    assert_null(strstr(answer, "\"own\""));
}

static void says_why_a_line_cannot_be_shown(void **state)
{
    (void)state;
    take_batch();
    assert_contains(ask("{\"v\":1,\"verb\":\"show\",\"id\":\"b_c1\"}"),
                    "{\"v\":1,\"job\":null,\"id\":\"b_c1\",\"batch\":\"b\",\"line\":1,"
                    "\"text\":\"unread\",\"why\":\"");
}

static void stops_a_batch_and_lets_it_go_on(void **state)
{
    (void)state;
    take_batch();
    const char *answer = ask("{\"v\":1,\"verb\":\"stop\",\"batch\":\"b\",\"reason\":\"typo\"}");
    assert_contains(answer, "\"changed\":true,\"was\":\"goes\",\"now\":\"paused\"");
    assert_contains(ask("{\"v\":1,\"verb\":\"batches\"}"),
                    "\"stop\":\"paused\",\"stop_reason\":\"typo\"");
    assert_contains(ask("{\"v\":1,\"verb\":\"stop\",\"batch\":\"b\"}"), "\"changed\":false");
    answer = ask("{\"v\":1,\"verb\":\"go\",\"batch\":\"b\",\"go_on\":true}");
    assert_contains(answer, "\"was\":\"paused\",\"now\":\"goes\",\"go_on\":true");
    assert_contains(ask("{\"v\":1,\"verb\":\"batches\"}"),
                    "\"stop\":\"goes\",\"stop_reason\":\"\",\"go_on\":true");
    answer = ask("{\"v\":1,\"verb\":\"actions\"}");
    assert_contains(answer, "\"verb\":\"pause\"");
    assert_contains(answer, "\"verb\":\"resume\"");
    assert_contains(answer, "\"reason\":\"typo\"");
    assert_contains(ask("{\"v\":1,\"verb\":\"stop\",\"batch\":\"c\"}"), "\"code\":-2");
}

static void a_pause_does_not_take_back_a_go_on(void **state)
{
    (void)state;
    take_batch();
    ask("{\"v\":1,\"verb\":\"go\",\"batch\":\"b\",\"go_on\":true}");
    ask("{\"v\":1,\"verb\":\"stop\",\"batch\":\"b\"}");
    assert_contains(ask("{\"v\":1,\"verb\":\"go\",\"batch\":\"b\"}"), "\"go_on\":true");
    assert_contains(ask("{\"v\":1,\"verb\":\"batches\"}"), "\"go_on\":true");
}

static void a_batch_retries_what_failed_of_it(void **state)
{
    (void)state;
    take_batch();
    settle_all(DELIVERY_FAILED, "bad_recipient");
    accept_notice("n1");
    assert_contains(
        ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"batch\":\"b\"},\"dry_run\":true}"),
        "\"count\":2");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"batch\":\"b\"}}"),
                    "\"count\":2");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"id\":\"b\"}}"), "--batch b");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"id\":\"b_c9\"}}"),
                    "\"code\":-2");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"batch\":\"c\"}}"),
                    "\"code\":-2");
}

/* What an answer says is handed in again, as `dispatcher retry` does. */
static void says_why_a_retry_moves_nothing(void **state)
{
    (void)state;
    accept_notice("n1");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"id\":\"n1\"}}"),
                    "\"count\":0,\"more\":false");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"id\":\"n1\"}}"),
                    "\"left\":{\"due\":1},\"rests\":[]");
    settle_all(DELIVERY_DELIVERED, "");
    assert_contains(ask("{\"v\":1,\"verb\":\"retry\",\"selector\":{\"id\":\"n1\"}}"),
                    "\"left\":{\"arrived\":1}");
}

static void takes_a_retry_of_many_in_steps(void **state)
{
    static const char step[] = "{\"v\":1,\"verb\":\"retry\",\"selector\":{\"state\":\"failed\"}";
    char next[300];
    struct error err;
    (void)state;
    assert_int_equal(ledger_begin(ledger, LEDGER_FAST, &err), 0);
    for (int i = 0; i < 2100; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        accept_notice(id);
    }
    for (int i = 0; i < 2100; i += 4)
        settle_all(DELIVERY_FAILED, "bad_recipient");
    assert_int_equal(ledger_commit(ledger, &err), 0);
    snprintf(next, sizeof(next), "%s}", step);
    assert_contains(ask(next), "\"count\":2048,\"more\":true,\"after\":2048,\"until\":2100,"
                               "\"group\":0,\"at\":0,\"action\":1}");
    assert_contains(ask("{\"v\":1,\"verb\":\"actions\"}"), "\"count\":2048,\"pending\":0");
    snprintf(next, sizeof(next), "%s,\"after\":2048,\"until\":2100,\"action\":1}", step);
    assert_contains(ask(next), "\"count\":52,\"more\":false");
    const char *answer = ask("{\"v\":1,\"verb\":\"actions\"}");
    assert_contains(answer, "\"verb\":\"retry ended\"");
    assert_null(strstr(answer, "pending"));
}

static void counts_one_batch_again(void **state)
{
    (void)state;
    accept_notice("n1");
    take_batch();
    const char *answer = ask("{\"v\":1,\"verb\":\"reconcile\",\"batch\":\"b\"}");
    assert_contains(answer, "\"balanced\":true");
    assert_contains(answer, "\"deliveries\":2,\"notices\":2,\"expected\":2");
    assert_contains(ask("{\"v\":1,\"verb\":\"reconcile\",\"batch\":\"c\"}"), "\"code\":-2");
}

static void lets_the_texts_of_the_finished_go(void **state)
{
    (void)state;
    take_published_batch();
    assert_contains(ask("{\"v\":1,\"verb\":\"purge\",\"older_than_ms\":0,\"dry_run\":true}"),
                    "\"batches\":0");
    settle_all(DELIVERY_FAILED, "bad_recipient");
    assert_contains(ask("{\"v\":1,\"verb\":\"purge\"}"), "--older-than 30d");
    assert_contains(
        ask("{\"v\":1,\"verb\":\"purge\",\"older_than_ms\":1000,\"dry_run\":true}"),
        "{\"v\":1,\"batch\":\"b\"}\n{\"v\":1,\"end\":true,\"batches\":1,\"awaiting_batches\":0");
    assert_int_equal(spool_find_batch(spool, "b"), BATCH_PLACE_BATCHES);
    const char *answer = ask("{\"v\":1,\"verb\":\"purge\",\"older_than_ms\":1000}");
    assert_contains(answer, "{\"v\":1,\"batch\":\"b\"}");
    assert_contains(answer, "\"batches\":1,\"kept\":0,\"after\":1,\"more\":false,\"problem\":null");
    assert_int_equal(spool_find_batch(spool, "b"), BATCH_PLACE_NONE);
    assert_contains(ask("{\"v\":1,\"verb\":\"show\",\"id\":\"b_c1\"}"), "\"text\":\"purged\"");
    assert_contains(ask("{\"v\":1,\"verb\":\"show\",\"id\":\"b_c1\"}"), "\"attempt\":1");
    assert_contains(ask("{\"v\":1,\"verb\":\"actions\"}"), "\"verb\":\"purge\"");
}

/* What lies in it is not ours, so its directory cannot be removed at first. */
static void tries_again_to_remove_a_batch(void **state)
{
    static const char step[] = "{\"v\":1,\"verb\":\"purge\",\"older_than_ms\":1000}";
    char below[512];
    (void)state;
    take_published_batch();
    settle_all(DELIVERY_FAILED, "bad_recipient");
    snprintf(below, sizeof(below), "%s/batches/b/below", directory);
    assert_int_equal(mkdir(below, 0700), 0);
    const char *answer = ask(step);
    assert_contains(answer, "\"batches\":0,\"kept\":1,\"after\":1,\"more\":false,\"problem\":\"");
    assert_contains(ask("{\"v\":1,\"verb\":\"purge\",\"older_than_ms\":1000,\"after\":1}"),
                    "\"batches\":0,\"kept\":0"); /* that is the same purge */
    assert_contains(ask(step), "\"batches\":1,\"kept\":0");
    assert_contains(ask(step), "\"batches\":0,\"kept\":0");
}

static void keeps_the_text_of_what_may_have_arrived(void **state)
{
    (void)state;
    take_published_batch();
    settle_all(DELIVERY_UNCERTAIN, "connection_lost");
    assert_contains(ask("{\"v\":1,\"verb\":\"purge\",\"older_than_ms\":0,\"dry_run\":true}"),
                    "\"batches\":0");
    assert_contains(ask("{\"v\":1,\"verb\":\"purge\",\"older_than_ms\":0}"), "\"batches\":0");
    assert_int_equal(spool_find_batch(spool, "b"), BATCH_PLACE_BATCHES);
}

static void a_purged_notice_still_tells_its_story(void **state)
{
    (void)state;
    accept_notice("n1");
    settle_all(DELIVERY_FAILED, "bad_recipient");
    assert_contains(ask("{\"v\":1,\"verb\":\"purge\",\"older_than_ms\":1000}"), "\"notices\":1");
    const char *answer = ask("{\"v\":1,\"verb\":\"show\",\"id\":\"n1\"}");
    assert_contains(answer, "{\"v\":1,\"job\":null,\"id\":\"n1\",\"text\":\"purged\"}");
    assert_contains(answer, "\"state\":\"failed\"");
}

#define WITH_LEDGER(test) cmocka_unit_test_setup_teardown(test, open_ledger, close_ledger)

static int64_t number_in(const char *answer, const char *key)
{
    const char *at = strstr(answer, key);
    return at != NULL ? strtoll(at + strlen(key), NULL, 10) : -1;
}

#define ENABLE "{\"v\":1,\"verb\":\"endpoint\",\"name\":\"shop\",\"action\":\"enable\""

/* Nobody else waits until the last of them is free. */
static void frees_what_an_endpoint_held_in_steps(void **state)
{
    enum { COUNT = 5000 };
    int64_t freed = 0, steps = 0;
    char request[300] = ENABLE "}";
    const char *answer;
    (void)state;
    hold_webhooks(COUNT);
    do {
        answer = ask(request);
        assert_contains(answer, steps == 0 ? "\"changed\":true" : "\"changed\":false");
        assert_true(number_in(answer, "\"freed\":") <= 2048);
        freed += number_in(answer, "\"freed\":");
        snprintf(request, sizeof(request),
                 ENABLE ",\"after\":%" PRId64 ",\"until\":%" PRId64 ",\"record\":%" PRId64 "}",
                 number_in(answer, "\"after\":"), number_in(answer, "\"until\":"),
                 number_in(answer, "\"record\":"));
        steps++;
    } while (strstr(answer, "\"more\":true") != NULL);
    assert_int_equal(freed, COUNT);
    assert_true(steps >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LEDGER(lists_what_is_waiting),
        WITH_LEDGER(pages_by_the_last_number),
        WITH_LEDGER(shows_a_notice_with_its_job),
        WITH_LEDGER(refuses_a_retry_of_everything),
        WITH_LEDGER(tells_whether_an_id_is_known),
        WITH_LEDGER(answers_nonsense_with_a_sentence),
        WITH_LEDGER(counts_by_channel_and_state),
        WITH_LEDGER(counts_again_from_every_row),
        WITH_LEDGER(remembers_who_changed_what),
        WITH_LEDGER(tells_how_far_a_batch_is),
        WITH_LEDGER(sees_a_batch_that_only_stands_at_the_door),
        WITH_LEDGER(counts_lines_that_are_still_taken_in),
        WITH_LEDGER(lists_batches_and_what_is_selected_of_one),
        WITH_LEDGER(ages_are_told_by_state),
        WITH_LEDGER(shows_a_line_with_what_all_share),
        WITH_LEDGER(says_why_a_line_cannot_be_shown),
        WITH_LEDGER(stops_a_batch_and_lets_it_go_on),
        WITH_LEDGER(a_pause_does_not_take_back_a_go_on),
        WITH_LEDGER(a_batch_retries_what_failed_of_it),
        WITH_LEDGER(says_why_a_retry_moves_nothing),
        WITH_LEDGER(takes_a_retry_of_many_in_steps),
        WITH_LEDGER(counts_one_batch_again),
        WITH_LEDGER(lets_the_texts_of_the_finished_go),
        WITH_LEDGER(keeps_the_text_of_what_may_have_arrived),
        WITH_LEDGER(tries_again_to_remove_a_batch),
        WITH_LEDGER(a_purged_notice_still_tells_its_story),
        WITH_LEDGER(frees_what_an_endpoint_held_in_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
