#include "law/judge_case.h"

#include <string.h>

#include "base/text.h"
#include "law/exemption.h"
#include "law/node.h"
#include "law/sets.h"
#include "model/fact_value.h"

/* ---- ways to people ---- */

void judge_channels(const struct look *look)
{
    struct buf names = {0};
    struct place at = finding_place(look);
    const bool *channels = look->c->channels;
    const char *because = yaml_text(look->rule->node, "because");
    if (channels == NULL)
        return;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        if (channels[kind] &&
            node_has(look->rule->value, channel_kind_name((enum channel_kind)kind)))
            return;
    node_put_list(&names, look->rule->value, "or");
    if (because != NULL)
        finding_add(look, &at, "none of its channels is %s: %s", buf_text(&names), because);
    else
        finding_add(look, &at, "none of its channels is %s", buf_text(&names));
    buf_free(&names);
}

/* "de" serves readers of "de-AT". */
static bool serves(const char *locale, const char *wanted)
{
    size_t len = strlen(locale);
    return strncmp(locale, wanted, len) == 0 && (wanted[len] == '\0' || wanted[len] == '-');
}

static bool has_letter(const struct law_case *c, const char *cohort, const char *language)
{
    for (size_t i = 0; i < c->text_count; i++)
        if ((cohort == NULL || text_equal(c->texts[i].cohort, cohort)) &&
            serves(c->texts[i].locale, language))
            return true;
    return false;
}

/* A cohort the sheet knows and whose readers live elsewhere. */
static bool lives_elsewhere(const struct look *look, const char *cohort)
{
    const struct fact_sheet *sheet = look->c->sheet;
    const struct fact_cohort *c = sheet != NULL ? fact_sheet_cohort(sheet, cohort) : NULL;
    if (c == NULL || node_has(look->set->jurisdictions, "*"))
        return false;
    for (size_t i = 0; i < c->jurisdiction_count; i++)
        if (node_has(look->set->jurisdictions, c->jurisdictions[i]))
            return false;
    return true;
}

static void check_language(const struct look *look, const char *language)
{
    const struct campaign *campaign = look->c->campaign;
    struct place at = {campaign->file, 0, 0};
    if (campaign->cohort_count == 0 && !has_letter(look->c, NULL, language))
        finding_add(look, &at, "there is no letter in %s", language);
    for (size_t i = 0; i < campaign->cohort_count; i++) {
        const struct campaign_cohort *cohort = &campaign->cohorts[i];
        if (!lives_elsewhere(look, cohort->name) && !has_letter(look->c, cohort->name, language))
            finding_add(look, cohort->place.file != NULL ? &cohort->place : &at,
                        "there is no letter in %s for the cohort %s", language, cohort->name);
    }
}

void judge_languages(const struct look *look)
{
    const struct campaign *campaign = look->c->campaign;
    for (size_t i = 0; campaign != NULL && i < campaign->language_count; i++)
        check_language(look, campaign->languages[i]);
}

/* ---- homepage ---- */

void judge_public_notice(const struct look *look)
{
    const struct law_case *c = look->c;
    int64_t least = 0;
    if (c->sheet == NULL || !text_parse_int(look->rule->value->text, &least))
        return;
    struct place at = {c->sheet->file, 0, 0};
    int64_t unreached = c->sending != NULL ? c->sending->without_contact : 0;
    if (c->sheet->has_public_notice) {
        int64_t days = c->sheet->notice_until_day - c->sheet->notice_from_day;
        if (days < least)
            finding_add(look, &at, "public_notice stays for %lld %s; %lld are needed",
                        (long long)days, text_plural(days, "day", "days"), (long long)least);
    } else if (c->kind == NOTICE_PUBLIC) {
        finding_add(look, &at, "a public notice needs public_notice: {from, until, url}");
    } else if (unreached > 0) {
        finding_add(look, &at,
                    "%lld %s can be reached by no channel: public_notice: {from, until, url} "
                    "for at least %lld %s is needed",
                    (long long)unreached, text_plural(unreached, "person", "people"),
                    (long long)least, text_plural(least, "day", "days"));
    }
}

/* ---- what is established ---- */

void judge_certainty(const struct look *look)
{
    const struct law_case *c = look->c;
    const char *instead = yaml_text(look->rule->node, "instead");
    struct place at = finding_place(look);
    if (c->sheet == NULL || strcmp(certainty_name(c->certainty), look->rule->value->text) != 0)
        return;
    if (instead != NULL)
        finding_add(look, &at, "the fact sheet says certainty: %s; %s", look->rule->value->text,
                    instead);
    else
        finding_add(look, &at, "the fact sheet says certainty: %s", look->rule->value->text);
}

static struct place sheet_place(const struct look *look, const char *fact)
{
    return fact_sheet_place(look->c->sheet, NULL, fact);
}

/* People of the campaign's cohorts; -1: somewhere it is not said. */
static int64_t count_affected(const struct law_case *c)
{
    int64_t sum = 0;
    for (size_t i = 0; i < c->campaign->cohort_count; i++) {
        const struct fact_cohort *cohort =
            fact_sheet_cohort(c->sheet, c->campaign->cohorts[i].name);
        if (cohort == NULL || cohort->affected < 0)
            return -1;
        sum += cohort->affected;
    }
    return sum;
}

void judge_count(const struct look *look)
{
    const struct law_case *c = look->c;
    const char *fact = look->rule->value->text;
    int64_t wanted;
    if (c->sheet == NULL || c->campaign == NULL || c->campaign->cohort_count == 0)
        return;
    struct place at = sheet_place(look, fact);
    int64_t told = count_affected(c);
    if (!fact_value_int(fact_value_at(c->sheet->facts, fact), &wanted))
        finding_add(look, &at, "%s is not in the fact sheet: how many people must be told?", fact);
    else if (told < 0)
        finding_add(look, &at, "not every cohort of the campaign says how many are `affected`");
    else if (told != wanted)
        finding_add(look, &at, "the cohorts of the campaign are %lld %s, %s is %lld",
                    (long long)told, text_plural(told, "person", "people"), fact,
                    (long long)wanted);
}

void judge_documented(const struct look *look)
{
    const struct fact_sheet *s = look->c->sheet;
    if (s == NULL)
        return;
    const char *name = look->rule->value->text;
    const struct known_time *time = strcmp(name, "aware_at") == 0     ? &s->aware_at
                                    : strcmp(name, "trigger_at") == 0 ? &s->trigger_at
                                                                      : &s->discovered_at;
    struct place at = {s->file, 0, 0};
    if (time->at_ms != 0 && (time->source == NULL || time->source[0] == '\0'))
        finding_add(look, &at, "times.%s does not say where it is known from (source)", name);
}

/* ---- the chain ---- */

void judge_supersedes(const struct look *look)
{
    const struct law_case *c = look->c;
    bool always = text_equal(look->rule->value->text, "always");
    if (c->campaign == NULL || c->campaign->supersedes != NULL)
        return;
    if (!always && (c->sheet == NULL || c->sheet->supersedes == NULL))
        return;
    struct place at = finding_place(look);
    if (always)
        finding_add(
            look, &at,
            "it must name the earlier notice: supersedes: campaign-1.yaml; whoever was sent none "
            "needs a first notice, not this one");
    else
        finding_add(look, &at,
                    "the facts are version %d: say which notice this one follows with supersedes, "
                    "and mark it as a supplement",
                    c->sheet->version);
}

/* Whoever is in this cohort had the earlier notice, in this cohort or in the one it came from. */
static bool had_earlier(const struct law_case *c, const char *cohort)
{
    const struct fact_cohort *known = c->sheet != NULL ? fact_sheet_cohort(c->sheet, cohort) : NULL;
    return campaign_cohort(c->earlier, cohort) != NULL ||
           (known != NULL && known->from != NULL &&
            campaign_cohort(c->earlier, known->from) != NULL);
}

void judge_earlier_cohorts(const struct look *look)
{
    const struct campaign *now = look->c->campaign, *earlier = look->c->earlier;
    if (now == NULL || earlier == NULL || earlier->cohort_count == 0)
        return;
    for (size_t i = 0; i < now->cohort_count; i++) {
        const struct campaign_cohort *cohort = &now->cohorts[i];
        struct place at = cohort->place.file != NULL ? cohort->place : finding_place(look);
        if (!had_earlier(look->c, cohort->name))
            finding_add(look, &at,
                        "the cohort %s did not have the earlier notice; who never heard of it is "
                        "reassured by a service notice",
                        cohort->name);
    }
}

void judge_exemption(const struct look *look)
{
    const struct exemption *e = exemption_find(look->c->campaign, look->set->id, look->rule->id);
    char letter[2] = "";
    if (e == NULL)
        return;
    letter[0] = e->reason[0];
    bool known = node_has(look->rule->value, letter) && e->reason[1] == ':' &&
                 strspn(e->reason + 2, " ") < strlen(e->reason + 2);
    const struct fact_sheet *sheet = look->c->sheet;
    if (!known)
        finding_add(look, &e->place,
                    "the reason must begin with the letter of the exemption, like \"a: the data "
                    "was encrypted with ...\"");
    else if (letter[0] == 'c' && sheet != NULL && !sheet->has_public_notice)
        finding_add(look, &e->place,
                    "exemption c needs an equally effective public communication: "
                    "public_notice: {from, until, url}");
}

void judge_note(const struct look *look)
{
    struct place at = finding_place(look);
    bool concerned = false;
    for (size_t i = 0; i < look->c->text_count; i++)
        concerned = concerned ||
                    node_admits(yaml_get(look->rule->node, "language"), look->c->texts[i].locale);
    if (look->c->campaign != NULL && concerned)
        finding_add(look, &at, "%s", look->rule->value->text);
}

/* ---- conditions ---- */

static int64_t count_here(const struct look *look)
{
    const struct fact_sheet *s = look->c->sheet;
    int64_t sum = 0, count;
    for (size_t i = 0; i < s->cohort_count; i++)
        if (s->cohorts[i].affected > 0 && !lives_elsewhere(look, s->cohorts[i].name))
            sum += s->cohorts[i].affected;
    if (s->cohort_count == 0 && fact_value_int(fact_value_at(s->facts, "affected_count"), &count))
        sum = count;
    return sum;
}

static const struct {
    const char *condition, *flag, *words;
} flags[] = {
    {"data.sensitive", "sensitive", "sensitive data was taken"},
    {"data.unique_id", "unique_id", "unique identifiers were taken"},
    {"cause.external_access", "external_access", "somebody from outside got access"},
};

/* "affected >= 1000", "affected > 500" */
static bool count_holds(const char *condition, int64_t count)
{
    int64_t bound = 0;
    const char *number = strrchr(condition, ' ');
    if (number == NULL || !text_parse_int(number + 1, &bound))
        return false;
    return strstr(condition, ">=") != NULL ? count >= bound : count > bound;
}

static void put_reason(struct buf *out, const struct look *look, const char *condition)
{
    int64_t count = count_here(look);
    const char *separator = out->len > 0 ? "; " : "";
    if (text_starts_with(condition, "affected ") && count_holds(condition, count)) {
        buf_puts(out, separator);
        buf_printf(out, "%lld %s affected (%s)", (long long)count,
                   text_plural(count, "person is", "people are"), condition);
    }
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (strcmp(flags[i].condition, condition) == 0 &&
            fact_sheet_has_flag(look->c->sheet, flags[i].flag))
            buf_printf(out, "%s%s", separator, flags[i].words);
}

void judge_conditions_put(const struct look *look, struct buf *out)
{
    for (size_t i = 0; look->c->sheet != NULL && i < node_count(look->rule->value); i++)
        put_reason(out, look, node_text(look->rule->value, i));
}

void judge_conditions(const struct look *look)
{
    struct buf reasons = {0};
    char span[FINDING_SPAN_SIZE];
    const char *to = yaml_text(look->rule->node, "to");
    int64_t hours = node_number(look->rule->node, "within_hours", 0);
    struct place at = finding_place(look);
    judge_conditions_put(look, &reasons);
    if (reasons.len > 0 && hours > 0)
        finding_add(look, &at, "report to %s within %s: %s", to != NULL ? to : "the authority",
                    finding_span(hours, span), buf_text(&reasons));
    else if (reasons.len > 0)
        finding_add(look, &at, "report to %s: %s", to != NULL ? to : "the authority",
                    buf_text(&reasons));
    buf_free(&reasons);
}

void judge_reread(const struct look *look)
{
    int64_t days = 0;
    struct place at = finding_place(look);
    if (!text_parse_int(look->rule->value->text, &days))
        return;
    if (sets_day(look->set, look->c) - look->set->as_of_day > days)
        finding_add(look, &at,
                    "these rules are as of %s, more than %lld days before the notice leaves: have "
                    "somebody see whether the law has changed",
                    look->set->as_of, (long long)days);
}
