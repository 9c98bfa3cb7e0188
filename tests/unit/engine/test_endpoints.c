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

#include "engine/endpoints.h"

#define NOW  INT64_C(1790000000000)
#define HOUR INT64_C(3600000)

static char spool[] = "/tmp/endpoints.XXXXXX", name[] = "partner";
static struct ledger *ledger;
static struct endpoints all;
static struct endpoint partner;
static struct error err;

static int open_all(void **state)
{
    (void)state;
    memcpy(spool + sizeof(spool) - 7, "XXXXXX", 6);
    assert_non_null(mkdtemp(spool));
    assert_int_equal(ledger_open(spool, LEDGER_WRITE, &ledger, &err), 0);
    partner = (struct endpoint){.name = name, .disable_after_ms = 120 * HOUR};
    return 0;
}

static int close_all(void **state)
{
    static const char *const files[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm"};
    char path[64];
    (void)state;
    endpoints_free(&all);
    ledger_close(ledger);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", spool, files[i]);
        unlink(path);
    }
    return rmdir(spool);
}

static void note(enum outcome outcome, const char *cause, int64_t now_ms)
{
    struct disposition d;
    disposition_set(&d, outcome, 0, cause, "their words", 11);
    assert_int_equal(endpoints_note(&all, &partner, &d, now_ms, ledger, &err), 0);
}

static void restart(void)
{
    ledger_close(ledger);
    assert_int_equal(ledger_open(spool, LEDGER_WRITE, &ledger, &err), 0);
    assert_int_equal(endpoints_load(&all, ledger, &err), 0);
}

static void one_that_is_gone_is_disabled_over_restarts(void **state)
{
    (void)state;
    note(OUTCOME_DELIVERED, "accepted", NOW);
    assert_false(endpoints_are_disabled(&all, name));
    note(OUTCOME_PERMANENT, "endpoint_gone", NOW + 1);
    assert_true(endpoints_are_disabled(&all, name));
    restart();
    assert_true(endpoints_are_disabled(&all, name));
    assert_string_equal(endpoints_find(&all, name)->reason, "their words");
    assert_int_equal(endpoints_find(&all, name)->since_ms, NOW + 1);
}

/* A disk on which no file grows any more, for this process. */
static void fill_disk(bool full)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 1 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void one_that_went_while_the_disk_was_full_is_remembered(void **state)
{
    struct disposition d;
    (void)state;
    disposition_set(&d, OUTCOME_PERMANENT, 410, "endpoint_gone", "bye", 3);
    fill_disk(true);
    assert_true(endpoints_note(&all, &partner, &d, NOW, ledger, &err) < 0);
    fill_disk(false);
    assert_true(endpoints_are_disabled(&all, name));
    assert_int_equal(endpoints_catch_up(&all, ledger, &err), 0);
    restart();
    assert_true(endpoints_are_disabled(&all, name));
}

static void nothing_but_failures_disable_it_after_its_time(void **state)
{
    (void)state;
    note(OUTCOME_TRANSIENT, "connect", NOW);
    note(OUTCOME_UNCERTAIN, "timeout", NOW + 119 * HOUR);
    assert_false(endpoints_are_disabled(&all, name));
    restart(); /* since when is remembered */
    note(OUTCOME_TRANSIENT, "connect", NOW + 120 * HOUR);
    assert_true(endpoints_are_disabled(&all, name));
    assert_non_null(strstr(endpoints_find(&all, name)->reason, "120 h"));
}

static void one_success_begins_the_count_anew(void **state)
{
    (void)state;
    note(OUTCOME_TRANSIENT, "connect", NOW);
    note(OUTCOME_DELIVERED, "accepted", NOW + 100 * HOUR);
    note(OUTCOME_TRANSIENT, "connect", NOW + 101 * HOUR);
    note(OUTCOME_TRANSIENT, "connect", NOW + 220 * HOUR);
    assert_false(endpoints_are_disabled(&all, name));
    note(OUTCOME_TRANSIENT, "connect", NOW + 221 * HOUR);
    assert_true(endpoints_are_disabled(&all, name));
}

static void never_disables_one_that_shall_not_be(void **state)
{
    (void)state;
    partner.disable_after_ms = 0;
    note(OUTCOME_TRANSIENT, "connect", NOW);
    note(OUTCOME_TRANSIENT, "connect", NOW + 100000 * HOUR);
    assert_false(endpoints_are_disabled(&all, name));
}

static void a_word_about_one_notice_says_nothing_about_it(void **state)
{
    (void)state;
    note(OUTCOME_PERMANENT, "too_large", NOW);
    note(OUTCOME_THROTTLE, "rate_limited", NOW);
    note(OUTCOME_NOT_TRIED, "no_time", NOW);
    assert_null(endpoints_find(&all, name));
}

static void one_that_was_enabled_is_probed_until_it_says_something(void **state)
{
    const struct endpoint_state enabled = {.name = name, .reason = "", .since_ms = NOW};
    (void)state;
    assert_int_equal(ledger_put_endpoint(ledger, &enabled, NULL, &err), 0);
    restart();
    assert_true(endpoint_awaits_probe(endpoints_find(&all, name)));
    note(OUTCOME_NOT_TRIED, "connect", NOW + 1);
    assert_true(endpoint_awaits_probe(endpoints_find(&all, name)));
    note(OUTCOME_THROTTLE, "rate_limited", NOW + 1);
    assert_false(endpoint_awaits_probe(endpoints_find(&all, name)));
    restart();
    assert_false(endpoint_awaits_probe(endpoints_find(&all, name)));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_that_is_gone_is_disabled_over_restarts),
        TEST(one_that_went_while_the_disk_was_full_is_remembered),
        TEST(nothing_but_failures_disable_it_after_its_time),
        TEST(one_success_begins_the_count_anew),
        TEST(never_disables_one_that_shall_not_be),
        TEST(one_that_was_enabled_is_probed_until_it_says_something),
        TEST(a_word_about_one_notice_says_nothing_about_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
