#include "policy/route.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"

struct fixture {
    char breach_name[16], breach_campaign[16], breach_locale[8], breach_template[16];
    char default_name[16], fallback[8], file[16], from[8], to[8], email[24], phone[16];
    struct rule rules[2];
    struct locale_alias alias;
    struct rules all;
    struct job job;
};

/* Two rules: breach-korea (campaign breach-*, ko) and default (email); a recipient with e-mail and
 * phone. */
static void prepare(struct fixture *f)
{
    *f = (struct fixture){.breach_name = "breach-korea",
                          .breach_campaign = "breach-*",
                          .breach_locale = "ko",
                          .breach_template = "apology",
                          .default_name = "default",
                          .fallback = "en",
                          .file = "rules.yaml",
                          .from = "kr",
                          .to = "ko",
                          .email = "kim@example.org",
                          .phone = "+821000000417"};
    f->rules[0] = (struct rule){.name = f->breach_name,
                                .campaign = f->breach_campaign,
                                .locale = f->breach_locale,
                                .template_name = f->breach_template,
                                .channels = {CHANNEL_EMAIL, CHANNEL_SMS},
                                .channel_count = 2,
                                .has_method = true,
                                .method = JOB_ALL,
                                .has_on_fallback = true,
                                .on_fallback = FALLBACK_HOLD,
                                .line = 9};
    f->rules[1] = (struct rule){
        .name = f->default_name, .channels = {CHANNEL_EMAIL}, .channel_count = 1, .line = 14};
    f->alias = (struct locale_alias){.from = f->from, .to = f->to};
    f->all = (struct rules){.file = f->file,
                            .fallback_locale = f->fallback,
                            .on_fallback = FALLBACK_WARN,
                            .aliases = &f->alias,
                            .alias_count = 1,
                            .rules = f->rules,
                            .count = 2};
    f->job = (struct job){.priority = JOB_NORMAL};
    f->job.to.email = f->email;
    f->job.to.phone = f->phone;
}

static struct route decide(struct fixture *f)
{
    struct route route;
    struct error err = {0};
    int rc = route_decide(&f->all, &f->job, f->job.category, &route, &err);
    if (rc != 0)
        fail_msg("%s", err.text);
    return route;
}

static const char *refuse(struct fixture *f, struct error *err)
{
    struct route route;
    assert_int_equal(route_decide(&f->all, &f->job, f->job.category, &route, err), ERR_INPUT);
    return err->text;
}

static void the_first_rule_that_matches_decides(void **state)
{
    (void)state;
    struct fixture f;
    prepare(&f);
    f.job.campaign = (char[]){"breach-2026-11"};
    f.job.locale = (char[]){"ko-KR"};
    struct route r = decide(&f);
    assert_ptr_equal(r.rule, &f.rules[0]);
    assert_string_equal(r.template_name, "apology");
    assert_string_equal(r.locale, "ko-KR");
    assert_int_equal(r.channel_count, 2);
    assert_int_equal(r.channels[0], CHANNEL_EMAIL);
    assert_int_equal(r.channels[1], CHANNEL_SMS);
    assert_int_equal(r.method, JOB_ALL);
    assert_int_equal(r.on_fallback, FALLBACK_HOLD);
    assert_false(r.locale_is_fallback);
}

static void a_rule_without_when_takes_the_rest(void **state)
{
    (void)state;
    struct fixture f;
    prepare(&f);
    f.job.template_name = (char[]){"status-update"};
    f.job.campaign = (char[]){"breach-2026-11"};
    f.job.locale = (char[]){"de"};
    struct route r = decide(&f);
    assert_ptr_equal(r.rule, &f.rules[1]);
    assert_string_equal(r.template_name, "status-update");
    assert_int_equal(r.channel_count, 1);
    assert_int_equal(r.method, JOB_SINGLE);
    assert_int_equal(r.on_fallback, FALLBACK_WARN);
}

static void what_the_job_says_wins_over_the_rule(void **state)
{
    (void)state;
    struct fixture f;
    prepare(&f);
    f.job.campaign = (char[]){"breach-2026-11"};
    f.job.locale = (char[]){"ko"};
    f.job.template_name = (char[]){"status-update"};
    f.job.has_routing = true;
    f.job.method = JOB_SINGLE;
    f.job.channels[0] = CHANNEL_SMS;
    f.job.channel_count = 1;
    f.rules[0].use_locale = (char[]){"en"};
    struct route r = decide(&f);
    assert_string_equal(r.template_name, "status-update");
    assert_string_equal(r.locale, "ko");
    assert_int_equal(r.channel_count, 1);
    assert_int_equal(r.channels[0], CHANNEL_SMS);
    assert_int_equal(r.method, JOB_SINGLE);
}

static void a_job_without_a_language_gets_the_fallback_and_says_so(void **state)
{
    (void)state;
    struct fixture f;
    prepare(&f);
    f.job.template_name = (char[]){"apology"};
    struct route r = decide(&f);
    assert_string_equal(r.locale, "en");
    assert_true(r.locale_is_fallback);
    f.rules[1].use_locale = (char[]){"de"};
    r = decide(&f);
    assert_string_equal(r.locale, "de");
    assert_false(r.locale_is_fallback);
}

static void aliases_hold_for_whole_tags_and_first_parts(void **state)
{
    (void)state;
    static const struct {
        const char *written, *becomes;
    } rows[] = {{"kr", "ko"}, {"KR", "ko"}, {"kr-KR", "ko-KR"}, {"krx", "krx"}, {"ko", "ko"}};
    struct fixture f;
    prepare(&f);
    f.job.template_name = (char[]){"apology"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char tag[16] = {0};
        memcpy(tag, rows[i].written, strlen(rows[i].written));
        f.job.locale = tag;
        assert_string_equal(decide(&f).locale, rows[i].becomes);
    }
}

static void a_word_is_a_language_only_if_an_alias_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *tag, *says; /* NULL: it is fine */
    } rows[] = {{"kr", NULL},
                {"kr-KR", NULL},
                {"fr", NULL},
                {"de-AT", NULL},
                {"kor", "write ko, not \"kor\""},
                {"german", "write de, not"}};
    struct fixture f;
    prepare(&f);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = {0};
        int rc = route_check_locale(&f.all, rows[i].tag, &err);
        assert_int_equal(rc, rows[i].says == NULL ? 0 : ERR_INPUT);
        if (rows[i].says != NULL)
            assert_non_null(strstr(err.text, rows[i].says));
    }
}

static void a_range_matches_whole_parts_only(void **state)
{
    (void)state;
    static const struct {
        const char *tag;
        bool matches;
    } rows[] = {{"ko", true}, {"ko-KR", true}, {"KO-kr", true}, {"kok", false}, {"de", false}};
    struct fixture f;
    prepare(&f);
    f.job.template_name = (char[]){"apology"};
    f.job.campaign = (char[]){"breach-x"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char tag[16] = {0};
        memcpy(tag, rows[i].tag, strlen(rows[i].tag));
        f.job.locale = tag;
        assert_int_equal(decide(&f).rule == &f.rules[0], rows[i].matches);
    }
}

static void every_condition_must_hold(void **state)
{
    (void)state;
    struct fixture f;
    prepare(&f);
    f.rules[0] = (struct rule){.name = f.breach_name,
                               .category = (char[]){"breach"},
                               .template_pattern = (char[]){"apo*"},
                               .priority = (char[]){"high"},
                               .channels = {CHANNEL_SMS},
                               .channel_count = 1};
    f.job.template_name = (char[]){"apology"};
    f.job.category = (char[]){"breach"};
    f.job.priority = JOB_HIGH;
    assert_ptr_equal(decide(&f).rule, &f.rules[0]);
    f.job.priority = JOB_NORMAL;
    assert_ptr_equal(decide(&f).rule, &f.rules[1]);
    f.job.priority = JOB_HIGH;
    f.job.category = NULL;
    assert_ptr_equal(decide(&f).rule, &f.rules[1]);
    f.job.category = (char[]){"breach"};
    f.job.template_name = (char[]){"status-update"};
    assert_ptr_equal(decide(&f).rule, &f.rules[1]);
}

static void keeps_only_channels_with_an_address_once_and_in_order(void **state)
{
    (void)state;
    struct fixture f;
    prepare(&f);
    f.job.template_name = (char[]){"apology"};
    f.job.has_routing = true;
    f.job.channels[0] = CHANNEL_WEBHOOK;
    f.job.channels[1] = CHANNEL_SMS;
    f.job.channels[2] = CHANNEL_EMAIL;
    f.job.channels[3] = CHANNEL_SMS;
    f.job.channel_count = 4;
    struct route r = decide(&f);
    assert_int_equal(r.channel_count, 2);
    assert_int_equal(r.channels[0], CHANNEL_SMS);
    assert_int_equal(r.channels[1], CHANNEL_EMAIL);
}

static void says_which_member_is_missing(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    prepare(&f);
    assert_non_null(strstr(refuse(&f, &err), "no template"));
    assert_non_null(strstr(err.text, "rule `default` (rules.yaml:14)"));

    f.job.template_name = (char[]){"apology"};
    f.job.to.email = NULL;
    assert_non_null(strstr(refuse(&f, &err), "email (to.email)"));

    f.all.count = 0;
    assert_non_null(strstr(refuse(&f, &err), "routing.channels"));
    assert_non_null(strstr(err.text, "no rule of rules.yaml matches"));
}

static void refuses_a_language_too_long_for_any_buffer(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    prepare(&f);
    f.job.template_name = (char[]){"apology"};
    f.job.locale = (char[]){"de-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd"};
    assert_non_null(strstr(refuse(&f, &err), "`locale`"));
}

static void a_channel_has_the_patience_of_its_rule_if_one_stands_behind_it(void **state)
{
    struct fixture f;
    (void)state;
    prepare(&f);
    f.rules[0].method = JOB_SINGLE;
    f.rules[0].after_ms[CHANNEL_EMAIL] = 86400000;
    f.rules[0].after_ms[CHANNEL_SMS] = 5;
    f.rules[0].confirm[CHANNEL_EMAIL] = true;
    f.job.campaign = f.breach_campaign;
    f.job.locale = f.to;
    struct route route = decide(&f);
    assert_int_equal(route.channel_count, 2);
    assert_int_equal(route.patience_ms[0], 86400000);
    assert_true(route.confirm[0]);
    assert_int_equal(route.patience_ms[1], 0);
    f.rules[0].method = JOB_ALL;
    assert_int_equal(decide(&f).patience_ms[0], 0);
}

static void says_which_channels_it_left_out_and_which_condition_did_not_hold(void **state)
{
    struct fixture f;
    (void)state;
    prepare(&f);
    f.job.campaign = f.breach_campaign;
    f.job.locale = f.to;
    f.job.to.email = NULL;
    struct route route = decide(&f);
    assert_int_equal(route.dropped_count, 1);
    assert_int_equal(route.dropped[0], CHANNEL_EMAIL);
    assert_null(route_find_mismatch(&f.rules[0], &f.job, NULL, "ko"));
    assert_string_equal(route_find_mismatch(&f.rules[0], &f.job, NULL, "de"), "locale");
    f.job.campaign = NULL;
    assert_string_equal(route_find_mismatch(&f.rules[0], &f.job, NULL, "ko"), "campaign");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_matches_decides),
        cmocka_unit_test(a_rule_without_when_takes_the_rest),
        cmocka_unit_test(what_the_job_says_wins_over_the_rule),
        cmocka_unit_test(a_job_without_a_language_gets_the_fallback_and_says_so),
        cmocka_unit_test(a_word_is_a_language_only_if_an_alias_says_so),
        cmocka_unit_test(aliases_hold_for_whole_tags_and_first_parts),
        cmocka_unit_test(a_range_matches_whole_parts_only),
        cmocka_unit_test(every_condition_must_hold),
        cmocka_unit_test(keeps_only_channels_with_an_address_once_and_in_order),
        cmocka_unit_test(says_which_member_is_missing),
        cmocka_unit_test(refuses_a_language_too_long_for_any_buffer),
        cmocka_unit_test(a_channel_has_the_patience_of_its_rule_if_one_stands_behind_it),
        cmocka_unit_test(says_which_channels_it_left_out_and_which_condition_did_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
