#include "law/exemption.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "law/sets.h"

static const char exemption_rule[] = "legal-exemption";

static bool is_blank(const char *text)
{
    return text == NULL || strspn(text, " \t\n") == strlen(text);
}

/* Two different people; "A. Kim" and "a. kim " are one. */
static bool has_two_people(const struct exemption *e)
{
    for (size_t i = 0; i < e->by_count; i++)
        for (size_t k = i + 1; k < e->by_count; k++)
            if (!is_blank(e->by[i]) && !is_blank(e->by[k]) && !text_same_name(e->by[i], e->by[k]))
                return true;
    return false;
}

static bool is_complete(const struct exemption *e)
{
    return !is_blank(e->rule) && !is_blank(e->reason) && has_two_people(e);
}

static bool names_rule(const struct exemption *e, const char *ruleset, const char *rule)
{
    size_t len = strlen(ruleset);
    return e->rule != NULL && strncmp(e->rule, ruleset, len) == 0 && e->rule[len] == ':' &&
           strcmp(e->rule + len + 1, rule) == 0;
}

const struct exemption *exemption_find(const struct campaign *c, const char *ruleset,
                                       const char *rule)
{
    for (size_t i = 0; c != NULL && i < c->exemption_count; i++)
        if (names_rule(&c->exemptions[i], ruleset, rule) && is_complete(&c->exemptions[i]))
            return &c->exemptions[i];
    return NULL;
}

static bool rule_exists(const struct law *l, const struct exemption *e)
{
    for (size_t i = 0; i < l->count; i++)
        for (size_t k = 0; k < l->sets[i].rule_count; k++)
            if (names_rule(e, l->sets[i].id, l->sets[i].rules[k].id))
                return true;
    return false;
}

static void report_unknown_rule(const struct law *l, const struct exemption *e,
                                struct problems *problems)
{
    const char *colon = strchr(e->rule, ':');
    char set[64] = "";
    snprintf(set, sizeof set, "%.*s", (int)(colon != NULL ? colon - e->rule : 0), e->rule);
    if (colon == NULL || !law_has(l, set)) {
        const char *closest = law_closest(l, colon != NULL ? set : e->rule);
        problems_add_error(problems, &e->place, exemption_rule,
                           "there is no rule %s: write the rule set and the rule, like %s:KR10",
                           e->rule, closest != NULL ? closest : "kr-pipa-34-1");
        return;
    }
    problems_add_error(problems, &e->place, exemption_rule, "%s has no rule %s", set, colon + 1);
}

static void check(const struct law *l, const struct exemption *e, struct problems *problems)
{
    if (is_blank(e->rule)) {
        problems_add_error(problems, &e->place, exemption_rule,
                           "the exemption names no rule: add rule: \"kr-pipa-34-1:KR10\"");
        return;
    }
    if (!rule_exists(l, e))
        report_unknown_rule(l, e, problems);
    if (is_blank(e->reason))
        problems_add_error(problems, &e->place, exemption_rule,
                           "the exemption from %s gives no reason", e->rule);
    if (!has_two_people(e))
        problems_add_error(problems, &e->place, exemption_rule,
                           e->by_count == 0
                               ? "the exemption from %s needs two different people in `by`; it has "
                                 "none"
                               : "the exemption from %s needs two different people in `by`; it has "
                                 "one",
                           e->rule);
}

void exemptions_check(const struct law *l, const struct campaign *c, struct problems *problems)
{
    for (size_t i = 0; c != NULL && i < c->exemption_count; i++)
        check(l, &c->exemptions[i], problems);
}
