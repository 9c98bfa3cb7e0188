#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "campaign/campaign_read.h"
#include "files.h"

#define BASE                                                                                       \
    "schema: 1\ncampaign: c-1\ntemplate: outage\nkind: none\ncategory: service_notice\n"           \
    "languages: [ko]\nchannels: [email]\ncohorts: {affected: a.csv, others: b.csv}\n"

static struct told told;

static struct campaign *read_campaign(const char *text)
{
    struct campaign *c = NULL;
    char *path = write_file("campaign.yaml", text);
    struct problems problems = told_problems(&told);
    int rc = campaign_read(path, &problems, &c);
    assert_true((rc == 0) == (c != NULL));
    free(path);
    return c;
}

static void expect(const char *text, const char *lines)
{
    struct campaign *c = read_campaign(text);
    assert_string_equal(told_text(&told), lines);
    campaign_free(c);
}

static void reads_how_a_campaign_leaves(void **state)
{
    (void)state;
    struct campaign *c = read_campaign(
        BASE "approvals: [comms, legal]\nwindow: 08:00-21:00\n"
             "halt: {failures: 500, share: 0.05}\n"
             "canary: {first: 500, then: go_on, share: 0.02}\n"
             "waves: {people: 20000, every: 90m, hours: \"09:00-18:00\", zone: Europe/Berlin,"
             " days: [mon, sun]}\n"
             "send_at: 2026-10-18T10:00:00+09:00\nexpires_at: 2026-10-19T10:00:00+09:00\n"
             "phoned: [others]\ncondition: {endpoint: crm}\n"
             "reference: auto\n");
    assert_string_equal(told_text(&told), "");
    assert_int_equal(c->approval_count, 2);
    assert_string_equal(c->approvals[1], "legal");
    assert_int_equal(c->window.to_minute, 21 * 60);
    assert_true(c->halt.set && c->halt.failures == 500 && c->halt.share > 0.04);
    assert_true(c->canary.first == 500 && c->canary.go_on && c->canary.share > 0.01);
    assert_true(c->waves.people == 20000 && c->waves.every_ms == 5400000);
    assert_int_equal(c->waves.hours.from_minute, 9 * 60);
    assert_string_equal(c->waves.zone, "Europe/Berlin");
    assert_int_equal(c->waves.days, 0x41);
    assert_int_equal(c->expires_at_ms - c->send_at_ms, 86400000);
    assert_string_equal(c->phoned[0], "others");
    assert_string_equal(c->condition.endpoint, "crm");
    assert_string_equal(c->reference, "auto");
    campaign_free(c);
}

static void what_cannot_be_is_told_where_it_stands(void **state)
{
    (void)state;
    expect(BASE "approvals: [Legal, comms, comms]\nwindow: 8-21\n"
                "halt: {failures: 0, share: 5}\ncanary: {first: 10, then: lok, share: 2}\n",
           "9:13: error: \"Legal\" cannot be a role; use a-z, 0-9, - and _, like legal "
           "[yaml-type]\n"
           "9:27: error: the role comms stands here twice; remove one [yaml-type]\n"
           "10:9: error: \"8-21\" must be hours, like 08:00-21:00 [yaml-type]\n"
           "11:18: error: this must be 1 or more; leave the key out if there is none [yaml-type]\n"
           "11:28: error: \"5\" must be a share above 0 and up to 1, like 0.05 for 5% "
           "[yaml-type]\n"
           "12:27: error: \"lok\" is not possible here; did you mean \"look\"? [yaml-type]\n"
           "12:39: error: \"2\" must be a share above 0 and up to 1, like 0.05 for 5% "
           "[yaml-type]\n"
           "12:39: error: with `then: look` a person decides: leave `share` out, or write "
           "`then: go_on` [yaml-type]\n");
}

static void waves_have_people_and_a_span(void **state)
{
    (void)state;
    expect(BASE "waves: {people: 100, every: hour, days: [mo], hour: 9}\n",
           "9:29: error: \"hour\" must be a time span, like 20m, 1h or 2d [yaml-type]\n"
           "9:42: error: \"mo\" is not possible here; did you mean \"mon\"? [yaml-type]\n"
           "9:47: error: \"hour\" is no key of waves; did you mean \"hours\"? "
           "[yaml-unknown-key]\n");
    expect(BASE "waves: {people: 100}\n", "9:1: error: waves needs \"every\" [yaml-missing-key]\n");
}

static void a_misspelt_cohort_is_not_phoned(void **state)
{
    (void)state;
    expect(BASE "phoned: [afected]\n",
           "9:10: error: there is no cohort \"afected\" to phone; did you mean \"affected\"? "
           "[yaml-type]\n");
}

static void what_expires_before_it_is_sent_is_refused(void **state)
{
    (void)state;
    expect(BASE "send_at: 2026-10-18T10:00:00+09:00\nexpires_at: 2026-10-18T01:00:00Z\n",
           "10:13: error: nothing would leave: it expires before it is sent (`send_at`) "
           "[yaml-type]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_how_a_campaign_leaves),
        cmocka_unit_test(what_cannot_be_is_told_where_it_stands),
        cmocka_unit_test(waves_have_people_and_a_span),
        cmocka_unit_test(a_misspelt_cohort_is_not_phoned),
        cmocka_unit_test(what_expires_before_it_is_sent_is_refused),
    };
    int failed = cmocka_run_group_tests(tests, files_begin, files_end);
    told_free(&told);
    return failed;
}
