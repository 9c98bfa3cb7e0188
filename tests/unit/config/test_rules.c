#include "config/rules.h"

#include "scratch.h"

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

static struct settings *load_rules(const char *rules)
{
    scratch_write(&scratch, "rules.yaml", 0644, rules);
    return scratch_must_load(&scratch, "");
}

static void reads_conditions_and_decisions_in_order(void **state)
{
    (void)state;
    struct settings *s =
        load_rules("schema: 1\n"
                   "locale: {fallback: de, aliases: {kr: ko, ger: de}, on_fallback: hold}\n"
                   "rules:\n"
                   "  - name: breach-korea\n"
                   "    when: {campaign: \"breach-*\", locale: ko, category: breach, template: "
                   "\"apo*\", priority: high}\n"
                   "    then: {template: apology, locale: ko-KR, channels: [email, sms], "
                   "all_channels: true, on_fallback: fail}\n"
                   "  - name: default\n"
                   "    then: {channels: [webhook], method: single}\n");
    const struct rules *r = &s->rules;
    assert_string_equal(r->fallback_locale, "de");
    assert_int_equal(r->on_fallback, FALLBACK_HOLD);
    assert_int_equal(r->alias_count, 2);
    assert_string_equal(r->aliases[1].from, "ger");
    assert_int_equal(r->count, 2);
    assert_string_equal(r->rules[0].campaign, "breach-*");
    assert_string_equal(r->rules[0].template_pattern, "apo*");
    assert_string_equal(r->rules[0].priority, "high");
    assert_string_equal(r->rules[0].template_name, "apology");
    assert_string_equal(r->rules[0].use_locale, "ko-KR");
    assert_int_equal(r->rules[0].channel_count, 2);
    assert_int_equal(r->rules[0].channels[1], CHANNEL_SMS);
    assert_true(r->rules[0].has_method);
    assert_int_equal(r->rules[0].method, JOB_ALL);
    assert_true(r->rules[0].has_on_fallback);
    assert_int_equal(r->rules[0].on_fallback, FALLBACK_FAIL);
    assert_int_equal(r->rules[0].line, 4);
    assert_null(r->rules[1].campaign);
    assert_true(r->rules[1].has_method);
    assert_int_equal(r->rules[1].method, JOB_SINGLE);
    assert_false(r->rules[1].has_on_fallback);
    scratch_free(s);
}

static void says_how_long_a_channel_has_and_what_counts_as_told(void **state)
{
    (void)state;
    struct settings *s =
        load_rules("schema: 1\n"
                   "rules:\n"
                   "  - name: a\n"
                   "    when: {campaign: a}\n"
                   "    then:\n"
                   "      channels: [email, sms, webhook]\n"
                   "      after: {email: 24h, sms: 30m}\n"
                   "      confirm: [sms]\n"
                   "  - name: b\n"
                   "    when: {campaign: b}\n"
                   "    then: {after: {webhook: 1h}, confirm: [email, webhook], all_channels: "
                   "false}\n"
                   "  - {name: c, then: {channels: [email, sms]}}\n");
    const struct rule *rules = s->rules.rules;
    assert_int_equal(rules[0].after_ms[CHANNEL_EMAIL], INT64_C(24) * 3600000);
    assert_int_equal(rules[0].after_ms[CHANNEL_SMS], 1800000);
    assert_int_equal(rules[0].after_ms[CHANNEL_WEBHOOK], 0);
    assert_true(rules[0].confirm[CHANNEL_SMS]);
    assert_false(rules[0].confirm[CHANNEL_EMAIL]);
    assert_int_equal(rules[1].after_ms[CHANNEL_WEBHOOK], 3600000);
    assert_true(rules[1].confirm[CHANNEL_EMAIL]);
    assert_int_equal(rules[2].after_ms[CHANNEL_EMAIL], 0);
    scratch_free(s);
}

static void patience_that_leads_nowhere_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *then, *sentence;
    } rows[] = {
        {"channels: [email, sms], after: {sms: 1h}",
         ":4:44: `after` has no effect for sms: it is the last of this rule's `channels`, and "
         "nothing follows it; leave it out, or add a channel behind it"},
        {"channels: [email], after: {email: 1h}", "`after` has no effect for email"},
        {"channels: [email, sms], after: {webhook: 1h}",
         ":4:44: `after` names webhook, which is none of this rule's `channels`"},
        {"channels: [email, sms], all_channels: true, after: {email: 1h}",
         ":4:64: `after` has no effect where all channels begin at once"},
        {"method: all, after: {email: 1h}", "begin at once"},
        {"channels: [email, sms], after: 24h", ":4:43: `after` must be a map"},
        {"channels: [email, sms], after: {fax: 1h}", ":4:44: a channel is email, sms or webhook"},
        {"channels: [email, sms], after: {email: 24}",
         ":4:51: `then.after.email` must be a duration with its unit"},
        {"channels: [email, sms], after: {email: 0s}", "must be between 100ms and 365d, not 0s"},
        {"channels: [email, sms], confirm: sms", ":4:45: `confirm` must be a list, like [sms]"},
        {"channels: [email, sms], confirm: []", "`confirm` must be a list"},
        {"channels: [email, sms], confirm: [fax]", ":4:46: a channel is email, sms or webhook"},
        {"channels: [email, sms], confirm: [sms, webhook]",
         ":4:51: `confirm` names webhook, which is none of this rule's `channels`"},
        {"channels: [email, sms], aftr: {email: 1h}", "unknown key `aftr`; did you mean `after`?"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[300];
        snprintf(text, sizeof(text), "schema: 1\nrules:\n  - name: a\n    then: {%s}\n",
                 rows[i].then);
        scratch_write(&scratch, "rules.yaml", 0644, text);
        scratch_must_refuse(&scratch, "", rows[i].sentence);
    }
}

static void refuses_what_nobody_can_have_meant(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *sentence;
    } rows[] = {
        {"rules: []\n", "`schema: 1` is missing"},
        {"schema: 2\n", "`schema` must be 1"},
        {"schema: 1\nrule: []\n", "did you mean `rules`?"},
        {"schema: 1\nrules: {}\n", "must be a list of rules"},
        {"schema: 1\nrules: [x]\n", "must be a map"},
        {"schema: 1\nrules:\n  - then: {channels: [email]}\n", "`name` is missing"},
        {"schema: 1\nrules:\n  - name: a\n", "decides nothing"},
        {"schema: 1\nrules:\n  - name: a\n    when: {campain: x}\n    then: {template: t}\n",
         ":4:12: unknown key `campain`; did you mean `campaign`?"},
        {"schema: 1\nrules:\n  - name: a\n    then: {channel: [email]}\n",
         "did you mean `channels`?"},
        {"schema: 1\nrules:\n  - name: a\n    then: {channels: email}\n", "must be a list"},
        {"schema: 1\nrules:\n  - name: a\n    then: {channels: []}\n", "must be a list"},
        {"schema: 1\nrules:\n  - name: a\n    then: {channels: [email, fax]}\n",
         ":4:30: a channel is email, sms or webhook"},
        {"schema: 1\nrules:\n  - name: a\n    then: {all_channels: yes, channels: [email]}\n",
         "`all_channels` must be true or false"},
        {"schema: 1\nrules:\n  - name: a\n    then: {all_channels: true, method: all}\n",
         "say the same"},
        {"schema: 1\nrules:\n  - name: a\n    when: {priority: urgent}\n    then: {template: t}\n",
         "is no priority"},
        {"schema: 1\nrules:\n  - name: a\n    when: {locale: ko_KR}\n    then: {template: t}\n",
         "use ko-KR"},
        {"schema: 1\nlocale: {on_fallback: ignore}\n", "must be warn, hold or fail"},
        {"schema: 1\nlocale: {aliases: {kr: [ko]}}\n", "alias `kr`"},
        {"schema: 1\nrules:\n  - {name: a, then: {template: t}}\n  - {name: b, then: {template: "
         "t}}\n",
         ":4:5: rule `b` is never reached: `a` in line 3"},
        {"schema: 1\nrules:\n  - {name: a, when: {campaign: x}, then: {template: t}}\n"
         "  - {name: a, then: {template: t}}\n",
         "there is a rule `a` in line 3 already"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        scratch_write(&scratch, "rules.yaml", 0644, rows[i].rules);
        scratch_must_refuse(&scratch, "", rows[i].sentence);
    }
}

static void a_file_that_is_named_must_be_there(void **state)
{
    (void)state;
    scratch_must_refuse(&scratch, "rules: elsewhere.yaml\n", ":1:8: ");
}

static void a_typing_mistake_in_when_is_told_alone(void **state)
{
    (void)state;
    static const char *const whens[] = {"when: {categori: breach}", "wen: {category: breach}",
                                        "when: {priority: urgent}"};
    for (size_t i = 0; i < COUNT_OF(whens); i++) {
        struct error err;
        struct buf text = {0};
        buf_printf(&text,
                   "schema: 1\nrules:\n  - name: a\n    %s\n    then: {channels: [sms]}\n"
                   "  - name: b\n    then: {channels: [email]}\n",
                   whens[i]);
        scratch_write(&scratch, "rules.yaml", 0644, buf_text(&text));
        assert_null(scratch_load(&scratch, "", &err));
        if (strstr(err.text, "never reached") != NULL)
            fail_msg("%s", err.text);
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_typing_mistake_in_when_is_told_alone),
        cmocka_unit_test(reads_conditions_and_decisions_in_order),
        cmocka_unit_test(says_how_long_a_channel_has_and_what_counts_as_told),
        cmocka_unit_test(patience_that_leads_nowhere_is_refused),
        cmocka_unit_test(refuses_what_nobody_can_have_meant),
        cmocka_unit_test(a_file_that_is_named_must_be_there),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
