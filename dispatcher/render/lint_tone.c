#include "render/lint_letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/yaml.h"
#include "model/category.h"

/* ---- words that should not be there ---- */

typedef bool applies_fn(const struct lint_letter *l, const struct unit *unit);

static bool always(const struct lint_letter *l, const struct unit *unit)
{
    (void)l;
    (void)unit;
    return true;
}

static bool in_breach_notice(const struct lint_letter *l, const struct unit *unit)
{
    (void)unit;
    return lint_is_breach(l) || l->partial;
}

static bool in_notice(const struct lint_letter *l, const struct unit *unit)
{
    (void)unit;
    return !category_is_advertising(l->category);
}

/* What happened is established by then; what may come of it never is. */
static bool where_facts_are_confirmed(const struct lint_letter *l, const struct unit *unit)
{
    static const char *const kinds[] = {"confirmed", "supplement"};
    static const char *const places[] = {"subject", "preheader", "sms",     "title", "nature",
                                         "course",  "data",      "summary", "",      "changes"};
    bool kind = false, place = false;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        kind = kind || text_equal(l->kind, kinds[i]);
    for (size_t i = 0; i < COUNT_OF(places); i++)
        place = place || lint_unit_is(unit, places[i]);
    if (l->values && lint_unit_is(unit, "course"))
        return false; /* it may recall what was only possible then */
    return kind && place && lint_is_breach(l);
}

static const struct {
    const char *key; /* of locales/LANG.yaml below `lint:` */
    const char *rule;
    applies_fn *applies;
    const char *why; /* what is said behind the word */
} rules[] = {
    {"informal", "de-formality", always, "in a formal letter: write Sie, Ihnen or Ihr"},
    {"promo", "promo-words", in_breach_notice,
     "in a breach notice: it must not advertise anything; remove it"},
    {"marketing", "tone-marketing", in_notice,
     "praises where facts are asked for: remove it, or say the fact"},
    {"blame", "tone-blame", in_notice, "hides who was responsible: say who did what"},
    {"minimising", "tone-minimising", in_notice,
     "plays the incident down: remove it, or write the fact that shows it"},
    {"inconvenience", "tone-minimising", in_breach_notice,
     "plays the incident down: data are in the wrong hands, name that"},
    {"hedges", "tone-hedge", where_facts_are_confirmed,
     "leaves open what is confirmed: say plainly what happened"},
    {"attachments", "tone-attachment", in_breach_notice,
     "speaks of an attachment: a breach notice has none; write its content into the letter"},
    {"link_texts", "link-text", always,
     "does not say where the link leads: name the page it opens"},
};

/* `instead`: the word the language has for it; NULL: what to do stands in `why`. */
static void warn_at(const struct lint_letter *l, const struct unit *unit,
                    const struct lint_span *span, const char *rule, const char *why,
                    const char *instead)
{
    struct place at = units_place(l->units, unit, span->start);
    int len = (int)(span->end - span->start);
    if (instead != NULL)
        problems_add_warning(l->problems, &at, rule, "\"%.*s\" %.*s: write %s", len,
                             unit->plain + span->start, (int)strcspn(why, ":"), why, instead);
    else
        problems_add_warning(l->problems, &at, rule, "\"%.*s\" %s", len, unit->plain + span->start,
                             why);
}

/* A shorter word within one that was told is the same mistake. */
static bool told_already(bool *told, const struct lint_span *span)
{
    bool yes = false;
    for (size_t i = span->start; i < span->end; i++) {
        yes = yes || told[i];
        told[i] = true;
    }
    return yes;
}

static void find_words(const struct lint_letter *l, const struct unit *unit,
                       const struct yaml_node *words, const char *rule, const char *why)
{
    bool *told = xcalloc(unit->plain_len + 1, sizeof(*told));
    for (size_t i = 0; i < words->count; i++) {
        struct lint_span span = {0, 0};
        const char *word = words->items[i]->text;
        while (word != NULL && lint_find(unit->plain, unit->plain_len, word, span.end, &span))
            if (!told_already(told, &span))
                warn_at(l, unit, &span, rule, why, locale_member(l->locale, "lint.instead", word));
    }
    free(told);
}

void lint_wording(const struct lint_letter *l)
{
    for (size_t r = 0; r < COUNT_OF(rules); r++) {
        const struct yaml_node *words = lint_list(l, rules[r].key);
        for (size_t i = 0; words != NULL && i < l->units->count; i++)
            if (rules[r].applies(l, &l->units->items[i]))
                find_words(l, &l->units->items[i], words, rules[r].rule, rules[r].why);
    }
}

/* ---- words that should ---- */

static bool has_any(const struct units *u, const struct yaml_node *words)
{
    struct lint_span span;
    for (size_t i = 0; i < u->count; i++)
        for (size_t w = 0; u->items[i].kind != UNIT_FIELD && w < words->count; w++)
            if (words->items[w]->text != NULL && lint_find(u->items[i].plain, u->items[i].plain_len,
                                                           words->items[w]->text, 0, &span))
                return true;
    return false;
}

static const struct unit *first_of_body(const struct units *u)
{
    for (size_t i = 0; i < u->count; i++)
        if (u->items[i].kind != UNIT_FIELD)
            return &u->items[i];
    return NULL;
}

/* Those letters tell people for the first time that their data are gone. */
static bool owes_apology(const struct lint_letter *l)
{
    return lint_is_breach(l) &&
           (text_equal(l->kind, "initial") || text_equal(l->kind, "confirmed"));
}

static void check_apology(const struct lint_letter *l)
{
    const struct yaml_node *words = lint_list(l, "apology");
    const struct unit *first = first_of_body(l->units);
    if (words == NULL || first == NULL || !owes_apology(l) || has_any(l->units, words))
        return;
    struct place at = units_place(l->units, first, 0);
    problems_add_warning(l->problems, &at, "tone-apology",
                         "nobody apologises in this letter: say plainly who is sorry, for example "
                         "\"%s\"",
                         words->items[0]->text);
}

/* ---- one thing to do ---- */

/* A second address to go to; the same one twice is one. */
static void check_calls(const struct lint_letter *l)
{
    char first[256] = "";
    for (size_t i = 0; i < l->units->count && lint_is_breach(l); i++) {
        const struct unit *unit = &l->units->items[i];
        const char *at = unit->plain;
        while (unit->kind != UNIT_FIELD && (at = strstr(at, "https://")) != NULL) {
            char url[256];
            size_t len = strcspn(at, " )>\"\x01\x02");
            snprintf(url, sizeof(url), "%.*s", (int)len, at);
            if (first[0] == '\0')
                snprintf(first, sizeof(first), "%s", url);
            if (strcmp(first, url) != 0) {
                struct place place = units_place(l->units, unit, (size_t)(at - unit->plain));
                problems_add_warning(l->problems, &place, "tone-calls",
                                     "this is a second link: a frightened reader does one thing; "
                                     "keep the one that matters most");
                return;
            }
            at += len;
        }
    }
}

void lint_tone(const struct lint_letter *l)
{
    lint_wording(l);
    if (l->partial)
        return;
    check_apology(l);
    check_calls(l);
}
