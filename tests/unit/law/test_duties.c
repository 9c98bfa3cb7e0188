/* What a chain of notices had to do, and what became of it. */
#include "law/law.h"

#include "law/example.h"

#define CHAIN_MAX 4

struct written {
    struct buf text;
    const char *only; /* the rule that is looked at */
    int64_t now_ms;
};

static void put_time(struct buf *out, const char *sign, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];
    if (ms != 0)
        buf_printf(out, "%s%.16s", sign, clock_format_rfc3339(ms, text));
}

/* "KR10 clock met due 2026-11-21T00:00 at 2026-11-20T00:00; " */
static void note(void *context, const struct law_duty *d)
{
    struct written *w = context;
    assert_true(d->about[0] != '\0' && d->source[0] != '\0' && d->rules_as_of[0] != '\0');
    assert_non_null(d->opened_by);
    if (strcmp(d->rule, w->only) != 0)
        return;
    buf_printf(&w->text, "%s %s", law_duty_kind_name(d->kind),
               law_duty_state_name(law_duty_state(d, w->now_ms)));
    put_time(&w->text, " due ", d->due_ms);
    put_time(&w->text, " at ", d->met_ms);
    if (d->to != NULL)
        buf_printf(&w->text, " to %s", d->to);
    if (d->excuse != NULL)
        buf_printf(&w->text, " for %s", d->excuse);
    if (d->exemption != NULL)
        buf_printf(&w->text, " (%s)", d->exemption->reason);
    buf_puts(&w->text, "; ");
}

static void assert_duties(const struct shelf *s, const char *rule, const char *const *changes,
                          const char *wanted)
{
    struct example examples[CHAIN_MAX];
    struct yaml_node *trees[CHAIN_MAX];
    struct law_case chain[CHAIN_MAX] = {{0}};
    struct written w = {.only = rule};
    size_t count = 0;
    for (; changes[count] != NULL; count++) {
        open_case(s, changes[count], &examples[count], &trees[count]);
        chain[count] = examples[count].c;
    }
    for (size_t i = 1; i < count; i++) {
        chain[i].earlier = chain[i - 1].campaign;
        chain[i].now_ms = chain[count - 1].now_ms;
    }
    chain[0].now_ms = w.now_ms = chain[count - 1].now_ms;
    law_walk_duties(s->law, chain, count, note, &w);
    assert_string_equal(buf_text(&w.text), wanted);
    buf_free(&w.text);
    for (size_t i = 0; i < count; i++)
        close_case(&examples[i], trees[i]);
}

#define KR    "jurisdictions: KR, sheet.aware_at: \"2026-11-18T09:00:00+09:00\", "
#define LATER "now: \"2026-11-30T10:00:00+09:00\", "

static void a_notice_within_its_hours_met_the_clock(void **state)
{
    const char *const sent[] = {
        "{" KR LATER "kind: initial, send_at: \"2026-11-20T10:00:00+09:00\"}", NULL};
    assert_duties(*state, "KR10", sent, "clock met due 2026-11-21T00:00 at 2026-11-20T01:00; ");
}

static void a_notice_past_its_hours_was_late(void **state)
{
    const char *const sent[] = {
        "{" KR LATER "kind: initial, send_at: \"2026-11-21T09:00:01+09:00\"}", NULL};
    const char *const excused[] = {"{" KR LATER "kind: initial, delay_reason: containment, "
                                   "send_at: \"2026-11-22T09:00:00+09:00\"}",
                                   NULL};
    assert_duties(*state, "KR10", sent, "clock late due 2026-11-21T00:00 at 2026-11-21T00:00; ");
    assert_duties(*state, "KR10", excused,
                  "clock late due 2026-11-21T00:00 at 2026-11-22T00:00 for containment; ");
}

static void a_notice_that_has_not_left_is_open_and_then_missed(void **state)
{
    const char *const open[] = {
        "{" KR "kind: initial, send_at: \"\", now: \"2026-11-20T10:00:00+09:00\"}", NULL};
    const char *const missed[] = {"{" KR LATER "kind: initial, send_at: \"\"}", NULL};
    assert_duties(*state, "KR10", open, "clock open due 2026-11-21T00:00; ");
    assert_duties(*state, "KR10", missed, "clock missed due 2026-11-21T00:00; ");
}

static void a_clock_without_a_beginning_is_not_called_met(void **state)
{
    const char *const sent[] = {"{jurisdictions: KR, " LATER "kind: initial, sheet.aware_at: \"\"}",
                                NULL};
    assert_duties(*state, "KR10", sent, "clock unknown at 2026-11-22T01:00; ");
}

static void the_first_notice_stops_the_clock_of_the_second(void **state)
{
    const char *const chain[] = {
        "{" KR LATER "kind: initial, send_at: \"2026-11-20T10:00:00+09:00\"}",
        "{" KR LATER "kind: confirmed, send_at: \"2026-11-28T10:00:00+09:00\"}", NULL};
    assert_duties(*state, "KR10", chain, "clock met due 2026-11-21T00:00 at 2026-11-20T01:00; ");
    assert_duties(*state, "KR8", chain, "follow met at 2026-11-28T01:00; ");
}

/* That people were told says nothing of the authority. */
static void what_an_authority_was_told_is_not_seen(void **state)
{
    const char *const europe[] = {"{jurisdictions: EU, " LATER "kind: initial, sheet.aware_at: "
                                  "\"2026-11-18T09:00:00+09:00\"}",
                                  NULL};
    const char *const reported[] = {"{" KR "sheet.flags: unique_id, exemption: {rule: "
                                    "\"kr-pipa-34-1:KR14\", reason: number 17, by: \"A, B\"}}",
                                    NULL};
    const char *const harmless[] = {"{" KR "sheet.flags: \"\"}", NULL};
    assert_duties(*state, "EU33", europe,
                  "clock unseen due 2026-11-21T00:00 to the supervisory authority; ");
    assert_duties(*state, "KR14", reported, "report unseen to PIPC or KISA (number 17); ");
    assert_duties(*state, "KR14", harmless, "");
}

static void promised_news_is_on_time_late_or_missed(void **state)
{
    static const char promise[] =
        "{" KR LATER "facts: {next_update.at: \"2026-11-25T10:00:00+09:00\"}}";
    const char *const missed[] = {promise, NULL};
    const char *const kept[] = {
        promise, "{" KR LATER "kind: progress, send_at: \"2026-11-25T09:00:00+09:00\"}", NULL};
    const char *const late[] = {
        promise, "{" KR LATER "kind: progress, send_at: \"2026-11-26T09:00:00+09:00\"}", NULL};
    assert_duties(*state, "CH3", missed, "follow missed due 2026-11-25T01:00; ");
    assert_duties(*state, "CH3", kept, "follow met due 2026-11-25T01:00 at 2026-11-25T00:00; ");
    assert_duties(*state, "CH3", late, "follow late due 2026-11-25T01:00 at 2026-11-26T00:00; ");
}

static void a_public_notice_ends_by_its_day(void **state)
{
    const char *const up[] = {"{" KR "sheet.notice_days: 20780}", NULL};
    const char *const ended[] = {"{" KR LATER "sheet.notice_days: 20780}", NULL};
    assert_duties(*state, "KR11", up, "follow open due 2026-11-23T15:00; ");
    assert_duties(*state, "KR11", ended, "follow ended due 2026-11-23T15:00 at 2026-11-23T15:00; ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_notice_within_its_hours_met_the_clock),
        cmocka_unit_test(a_notice_past_its_hours_was_late),
        cmocka_unit_test(a_notice_that_has_not_left_is_open_and_then_missed),
        cmocka_unit_test(a_clock_without_a_beginning_is_not_called_met),
        cmocka_unit_test(the_first_notice_stops_the_clock_of_the_second),
        cmocka_unit_test(what_an_authority_was_told_is_not_seen),
        cmocka_unit_test(promised_news_is_on_time_late_or_missed),
        cmocka_unit_test(a_public_notice_ends_by_its_day),
    };
    return cmocka_run_group_tests(tests, open_shelf, close_shelf);
}
