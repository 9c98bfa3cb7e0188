#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/log.h"
#include "engine/recorder.h"

/* A ledger with one delivery in flight. */
static char directory[64];
static struct ledger *ledger;
static struct recorder recorder;
static int64_t delivery;

static int accept_and_lease(struct error *err)
{
    static const char text[] = "{\"version\":1,\"id\":\"n1\",\"to\":{\"email\":\"a@example.org\"}}";
    static const struct planned_delivery planned = {.channel = CHANNEL_EMAIL,
                                                    .transport = "mail",
                                                    .address = "a@example.org",
                                                    .state = DELIVERY_WAITING,
                                                    .cause = "",
                                                    .due_ms = 1000};
    unsigned char digest[DIGEST_SIZE] = {0};
    struct job *job = NULL;
    struct leased row;
    enum accept_result result;
    size_t count = 0, lanes = 0;
    int rc = job_parse(text, strlen(text), "f", 1, &job, err);
    if (rc != 0)
        return rc;
    const struct acceptance a = {.job = job,
                                 .text = text,
                                 .len = strlen(text),
                                 .digest = digest,
                                 .template_name = "apology",
                                 .locale = "en",
                                 .method = JOB_ALL,
                                 .deliveries = &planned,
                                 .count = 1,
                                 .now_ms = 1000,
                                 .source = "spool"};
    rc = ledger_accept(ledger, &a, &result, err);
    if (rc == 0)
        rc = ledger_lease(ledger, ledger_lanes(ledger, &lanes)[0].lane, 1, 2000, LEDGER_DURABLE,
                          &row, &count, err);
    if (rc == 0 && count == 1) {
        delivery = row.delivery;
        leased_clear(&row);
    }
    job_free(job);
    return rc;
}

static int open_ledger(void **state)
{
    struct error err;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    log_set_level(LOG_ERR);
    snprintf(directory, sizeof(directory), "/tmp/dispatcher-test-XXXXXX");
    if (mkdtemp(directory) == NULL || ledger_open(directory, LEDGER_WRITE, &ledger, &err) != 0)
        return -1;
    recorder = (struct recorder){.ledger = ledger};
    return accept_and_lease(&err);
}

static int close_ledger(void **state)
{
    static const char *const files[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm"};
    char path[200];
    (void)state;
    ledger_close(ledger);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
        remove(path);
    }
    return rmdir(directory);
}

/* A disk on which no file grows any more, for this process. */
static void fill_disk(bool full)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 1 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Its texts are gone when it returns, as a worker's report is. */
static void settle_delivered(void)
{
    struct disposition d = {.outcome = OUTCOME_DELIVERED, .code = 250, .cause = "accepted"};
    char transport[] = "mail", cause[] = "accepted", locale[] = "en", sha256[] = "";
    const struct settlement s = {.delivery = delivery,
                                 .state = DELIVERY_DELIVERED,
                                 .counts = true,
                                 .jitter = 1.0,
                                 .now_ms = 3000,
                                 .disposition = &d,
                                 .cause = cause,
                                 .sha256 = sha256,
                                 .locale = locale,
                                 .transport = transport};
    recorder_settle(&recorder, &s);
    memset(&d, 0xff, sizeof(d));
    memset(transport, 'x', sizeof(transport));
    memset(cause, 'x', sizeof(cause));
}

static int64_t delivered(void)
{
    int64_t counts[CHANNEL_KINDS][DELIVERY_STATES];
    struct books books;
    struct error err;
    assert_int_equal(ledger_count(ledger, counts, &err), 0);
    assert_int_equal(ledger_reconcile(ledger, NULL, &books, &err), 0);
    return counts[CHANNEL_EMAIL][DELIVERY_DELIVERED];
}

static void gathers_outcomes_for_a_moment(void **state)
{
    (void)state;
    settle_delivered();
    recorder_tend(&recorder, 1000);
    recorder_tend(&recorder, 1004);
    assert_int_equal(delivered(), 0);
    assert_int_equal(recorder_gathers_until(&recorder), 1005);
    assert_int_equal(recorder_next(&recorder), 1005);
    recorder_tend(&recorder, 1005);
    assert_int_equal(delivered(), 1);
    assert_int_equal(recorder_gathers_until(&recorder), INT64_MAX);
    recorder_end(&recorder);
}

static void gathers_no_more_than_a_few(void **state)
{
    (void)state;
    log_set_level(LOG_ERR);
    for (int i = 0; i < 32; i++) {
        recorder_tend(&recorder, 1000);
        assert_int_equal(delivered(), 0);
        settle_delivered(); /* the ledger takes the first, the others are no longer in flight */
    }
    recorder_tend(&recorder, 1000);
    assert_int_equal(delivered(), 1);
    recorder_end(&recorder);
}

static void commits_when_told_and_syncs_later(void **state)
{
    (void)state;
    settle_delivered();
    recorder_commit(&recorder, 1000);
    assert_int_equal(delivered(), 1);
    assert_int_equal(recorder_next(&recorder), 1050);
    recorder_commit(&recorder, 1050);
    assert_int_equal(recorder_next(&recorder), INT64_MAX);
    recorder_end(&recorder);
}

static void keeps_an_outcome_until_it_can_be_recorded(void **state)
{
    (void)state;
    fill_disk(true);
    settle_delivered();
    recorder_commit(&recorder, 0);
    fill_disk(false);
    assert_true(recorder.down);
    assert_true(recorder.told);
    assert_true(recorder.told_wall_ms > 0);
    assert_true(strlen(recorder.why.text) > 0);
    assert_int_equal(recorder.unrecorded_count, 1);
    assert_int_equal(delivered(), 0);
    assert_int_equal(recorder_next(&recorder), recorder.retry_mono_ms);
    recorder_commit(&recorder, recorder.retry_mono_ms - 1);
    assert_int_equal(delivered(), 0);
    recorder_commit(&recorder, recorder.retry_mono_ms);
    assert_int_equal(delivered(), 1);
    assert_false(recorder.down);
    assert_false(recorder.told);
    assert_int_equal(recorder.unrecorded_count, 0);
    recorder_end(&recorder);
}

static bool is_suppressed(void)
{
    struct suppression found;
    struct error err;
    bool is = false;
    assert_int_equal(
        ledger_find_suppression(ledger, CHANNEL_EMAIL, "a@example.org", 4000, &is, &found, &err),
        0);
    return is && strcmp(found.cause, "opted_out") == 0 && strcmp(found.reason, "STOP") == 0;
}

/* Who said no while nothing could be recorded has said so. */
static void keeps_who_said_no_with_the_outcome(void **state)
{
    (void)state;
    char address[] = "a@example.org", reason[] = "STOP";
    const struct suppression no = {.channel = CHANNEL_EMAIL,
                                   .address = address,
                                   .cause = "opted_out",
                                   .reason = reason,
                                   .source = "reply",
                                   .since_ms = 3000};
    fill_disk(true);
    settle_delivered();
    recorder_suppress(&recorder, &no);
    memset(address, 'x', sizeof(address) - 1);
    memset(reason, 'x', sizeof(reason) - 1);
    recorder_commit(&recorder, 1000);
    assert_true(recorder.down);
    assert_false(is_suppressed());
    fill_disk(false);
    recorder_commit(&recorder, recorder.retry_mono_ms);
    assert_int_equal(delivered(), 1);
    assert_true(is_suppressed());
    recorder_end(&recorder);
}

static void says_that_it_works_only_after_it_wrote(void **state)
{
    struct error why;
    (void)state;
    error_set(&why, ERR_AGAIN, "full");
    recorder_ledger_failed(&recorder, &why);
    recorder_commit(&recorder, recorder.retry_mono_ms); /* nothing to write: it succeeds */
    assert_false(recorder.down);
    assert_true(recorder.told);
    recorder_ledger_wrote(&recorder);
    assert_false(recorder.told);
    recorder_end(&recorder);
}

static void tries_once_more_at_the_end(void **state)
{
    (void)state;
    fill_disk(true);
    settle_delivered();
    recorder_commit(&recorder, 0);
    fill_disk(false);
    assert_int_equal(delivered(), 0);
    recorder_end(&recorder);
    assert_int_equal(delivered(), 1);
}

#define WITH_LEDGER(test) cmocka_unit_test_setup_teardown(test, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LEDGER(gathers_outcomes_for_a_moment),
        WITH_LEDGER(gathers_no_more_than_a_few),
        WITH_LEDGER(commits_when_told_and_syncs_later),
        WITH_LEDGER(keeps_an_outcome_until_it_can_be_recorded),
        WITH_LEDGER(keeps_who_said_no_with_the_outcome),
        WITH_LEDGER(says_that_it_works_only_after_it_wrote),
        WITH_LEDGER(tries_once_more_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
