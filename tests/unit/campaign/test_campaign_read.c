#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/file.h"
#include "campaign/campaign_read.h"
#include "files.h"

#define BASE                                                                                       \
    "schema: 1\ncampaign: c-1\ntemplate: leak-confirmed\nkind: confirmed\n"                        \
    "category: breach_notice\nfacts: facts.yaml\nlanguages: [ko, de-AT]\nchannels: [email]\n"

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

static void reads_everything_a_campaign_may_say(void **state)
{
    (void)state;
    struct campaign *c = read_campaign(
        BASE "cohorts: {a: people/a.csv, b: null}\npopulation: /srv/all.csv\n"
             "send_at: 2026-10-18T10:00:00+09:00\nsupersedes: campaign-1.yaml\n"
             "delay_reason: containment\nreference: C-1\nsms_parts: 4\n"
             "exemptions: [{rule: \"kr-pipa-34-1:KR10\", reason: r, by: [Kim, Lee]}]\n");
    assert_string_equal(told_text(&told), "");
    assert_int_equal(c->kind, NOTICE_CONFIRMED);
    unsigned char sum[DIGEST_SIZE];
    struct buf text = {0};
    struct error err = {0};
    assert_int_equal(file_read_path(c->file, 1 << 20, &text, &err), 0);
    digest_sha256(buf_text(&text), text.len, sum);
    assert_memory_equal(c->sha256, sum, DIGEST_SIZE);
    buf_free(&text);
    assert_true(c->channels[CHANNEL_EMAIL] && !c->channels[CHANNEL_SMS]);
    assert_non_null(strstr(campaign_cohort(c, "a")->audience, "/people/a.csv"));
    assert_null(campaign_cohort(c, "b")->audience);
    assert_string_equal(c->population, "/srv/all.csv");
    assert_int_equal(c->exemptions[0].by_count, 2);
    assert_int_equal(c->language_count, 2);
    assert_int_equal(c->sms_parts, 4);
    campaign_free(c);
}

static void a_misspelt_kind_is_answered_with_what_was_meant(void **state)
{
    (void)state;
    expect("schema: 1\ncampaign: c\ntemplate: t\nkind: confirmd\ncategory: breach_notice\n"
           "facts: f.yaml\nlanguages: [Korean]\nchannels: [fax]\n",
           "4:7: error: \"confirmd\" is not possible here; did you mean \"confirmed\"? "
           "[yaml-type]\n"
           "7:13: error: \"Korean\" is no tag of a language, like ko or de-AT [yaml-type]\n"
           "8:12: error: \"fax\" is not possible here; possible are email, sms, webhook "
           "[yaml-type]\n");
}

static void an_exemption_needs_two_people_and_a_rule(void **state)
{
    (void)state;
    expect(BASE "exemptions: [{rule: KR10, reason: r, by: [Kim, Kim]}]\n",
           "9:21: error: \"KR10\" must be a rule of a rule set, like kr-pipa-34-1:KR10 "
           "[yaml-type]\n"
           "9:42: error: an exemption is answered for by two people: name both [yaml-type]\n");
    expect(BASE "exemptions: [{rule: \"kr:KR10\", reason: r, by: [Ada Lund, \"ada lund \"]}]\n",
           "9:47: error: an exemption is answered for by two people: name both [yaml-type]\n");
}

static void a_supplement_names_what_it_supplements(void **state)
{
    (void)state;
    expect("schema: 1\ncampaign: c\ntemplate: t\nkind: supplement\ncategory: service_notice\n"
           "languages: [ko]\nchannels: [sms]\n",
           "4:7: error: a notice of kind supplement has the category breach_notice, not "
           "service_notice [campaign-kind]\n"
           "4:7: error: a notice of kind supplement follows an earlier one: name its campaign in "
           "`supersedes` [campaign-chain]\n"
           "4:7: error: a notice of kind supplement takes its facts from a fact sheet: name it in "
           "`facts` [campaign-facts]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_everything_a_campaign_may_say),
        cmocka_unit_test(a_misspelt_kind_is_answered_with_what_was_meant),
        cmocka_unit_test(an_exemption_needs_two_people_and_a_rule),
        cmocka_unit_test(a_supplement_names_what_it_supplements),
    };
    int failed = cmocka_run_group_tests(tests, files_begin, files_end);
    told_free(&told);
    return failed;
}
