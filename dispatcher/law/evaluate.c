/* law_check(): every rule in force over every letter it is about. */
#include "law/law.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "law/exemption.h"
#include "law/finding.h"
#include "law/judge_case.h"
#include "law/judge_clock.h"
#include "law/judge_fact.h"
#include "law/judge_night.h"
#include "law/judge_sending.h"
#include "law/judge_words.h"
#include "law/node.h"
#include "law/sets.h"

typedef void judge_fn(const struct look *look);

static judge_fn *const judges[LAW_TESTS] = {
    [LAW_TEST_FACT] = judge_fact,
    [LAW_TEST_ANY_TEXT] = judge_any_text,
    [LAW_TEST_PATTERN] = judge_pattern,
    [LAW_TEST_HEADINGS] = judge_headings,
    [LAW_TEST_STARTS_WITH] = judge_starts_with,
    [LAW_TEST_LAST_LINE] = judge_last_line,
    [LAW_TEST_KIND_WORDS] = judge_kind_words,
    [LAW_TEST_SENTENCES] = judge_sentences,
    [LAW_TEST_SECTION] = judge_section,
    [LAW_TEST_CHANNELS] = judge_channels,
    [LAW_TEST_LANGUAGES] = judge_languages,
    [LAW_TEST_PUBLIC_NOTICE] = judge_public_notice,
    [LAW_TEST_CERTAINTY] = judge_certainty,
    [LAW_TEST_CLOCK] = judge_clock,
    [LAW_TEST_COUNT] = judge_count,
    [LAW_TEST_SUPERSEDES] = judge_supersedes,
    [LAW_TEST_EARLIER_COHORTS] = judge_earlier_cohorts,
    [LAW_TEST_EXEMPTION] = judge_exemption,
    [LAW_TEST_NOTE] = judge_note,
    [LAW_TEST_NIGHT] = judge_night,
    [LAW_TEST_CONSENT] = judge_consent,
    [LAW_TEST_CONSENT_AGE] = judge_consent_age,
    [LAW_TEST_CERTIFIED] = judge_certified,
    [LAW_TEST_SENDER] = judge_sender,
    [LAW_TEST_DOCUMENTED] = judge_documented,
    [LAW_TEST_CONDITIONS] = judge_conditions,
    [LAW_TEST_REREAD] = judge_reread,
};

static void judge_letters(struct look *look, const struct letter *letters)
{
    const struct yaml_node *languages = yaml_get(look->rule->node, "language");
    for (size_t i = 0; i < look->c->text_count; i++) {
        const struct law_text *text = &look->c->texts[i];
        if (!sets_concern(look->set, text) || !node_admits(languages, text->locale))
            continue;
        look->letter = &letters[i];
        judges[look->rule->test](look);
    }
    look->letter = NULL;
}

static void judge_set(const struct ruleset *set, const struct law_case *c,
                      const struct letter *letters, struct problems *problems)
{
    struct look look = {.set = set, .c = c, .problems = problems};
    for (size_t i = 0; i < set->rule_count; i++) {
        look.rule = &set->rules[i];
        if (!sets_rule_applies(set, look.rule, c))
            continue;
        if (law_test_is_of_text(look.rule->test))
            judge_letters(&look, letters);
        else
            judges[look.rule->test](&look);
    }
}

void law_check(const struct law *l, const struct law_case *c, struct problems *problems)
{
    struct letter *letters = xcalloc(c->text_count + 1, sizeof(*letters));
    for (size_t i = 0; i < c->text_count; i++)
        letter_open(&c->texts[i], &letters[i]);
    exemptions_check(l, c->campaign, problems);
    for (size_t i = 0; i < l->count; i++)
        if (sets_apply(l, &l->sets[i], c))
            judge_set(&l->sets[i], c, letters, problems);
    for (size_t i = 0; i < c->text_count; i++)
        letter_close(&letters[i]);
    free(letters);
}

/* ---- clocks ---- */

/* "legal-kr-pipa-34-1:KR10" */
static bool is_of(const char *rule, const struct ruleset *set, const struct law_rule *r)
{
    char id[100];
    snprintf(id, sizeof id, "legal-%s:%s", set->id, r->id);
    return strcmp(id, rule) == 0;
}

bool law_never_blocks(const struct law *l, const char *rule)
{
    bool known = false;
    for (size_t i = 0; i < l->count; i++) {
        for (size_t k = 0; k < l->sets[i].rule_count; k++) {
            const struct law_rule *r = &l->sets[i].rules[k];
            if (!is_of(rule, &l->sets[i], r))
                continue;
            if (r->test != LAW_TEST_CLOCK)
                return false;
            known = true;
        }
    }
    return known;
}
