#include "render/lint_parity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/yaml.h"
#include "render/lint_numbers.h"
#include "render/lint_words.h"

#define SMALL_NUMBER_MAX 12 /* may be written as a word in one language */
#define STOPWORDS_MIN    3
#define HANGUL_MIN       5
#define SHARED_WORDS     3 /* so many times as many must be another language's */

struct parity {
    const struct lint_language *languages;
    size_t count, source;
    struct problems *problems;
};

static const char *language_name(const struct lint_language *l)
{
    const char *name = locale_text(l->locale, "lint.language");
    return name != NULL ? name : l->tag;
}

static const char *file_name(const struct lint_language *l)
{
    const char *slash = strrchr(l->units->path, '/');
    return slash != NULL ? slash + 1 : l->units->path;
}

/* ---- numbers ---- */

/* Small numbers as words: seven for 7. */
static bool has_word_for(const struct lint_language *l, const struct unit *unit, double value)
{
    const struct yaml_node *names = locale_list(l->locale, "lint.numbers");
    size_t number = (size_t)value;
    struct lint_span span;
    if (names == NULL || value < 1 || value > SMALL_NUMBER_MAX || number > names->count)
        return false;
    /* several words for one number stand in one text, between blanks */
    for (const char *at = names->items[number - 1]->text; *at != '\0'; at += strspn(at, " ")) {
        char *word = xstrndup(at, strcspn(at, " "));
        bool found = lint_find(unit->plain, unit->plain_len, word, 0, &span);
        at += strlen(word);
        free(word);
        if (found)
            return true;
    }
    return false;
}

/* "29 and 30 April" is a number and a date, "4월 29일과 30일" a date and a number. */
static bool same_day(const struct lint_number *date, const struct lint_number *number)
{
    return date->kind == LINT_DATE && date->day > 0 && number->kind == LINT_NUMBER &&
           number->value >= date->day && number->value <= date->day;
}

/* Times are told in many ways, and some numbers are a manner of speaking: 24시간, around the
 * clock. */
static bool is_comparable(const struct lint_language *l, const struct unit *unit,
                          const struct lint_number *n)
{
    const struct yaml_node *idioms = locale_list(l->locale, "lint.number_idioms");
    const char *at = unit->plain + n->span.start;
    size_t len = 0;
    for (size_t i = 0; idioms != NULL && i < idioms->count; i++)
        if (idioms->items[i]->text != NULL &&
            lint_begins(at, unit->plain_len - n->span.start, idioms->items[i]->text, &len))
            return false;
    return n->kind != LINT_TIME;
}

static bool unit_has_number(const struct lint_language *l, const struct unit *unit,
                            const struct lint_number *wanted)
{
    struct lint_number n = {0};
    for (size_t from = 0; lint_number_next(l->locale, unit->plain, unit->plain_len, from, &n);
         from = n.span.end)
        if (strcmp(n.key, wanted->key) == 0 || same_day(&n, wanted) || same_day(wanted, &n))
            return true;
    if (wanted->kind == LINT_DATE && wanted->day == 0)
        return lint_number_is_month(l->locale, wanted->month, unit->plain, unit->plain_len);
    return wanted->kind == LINT_NUMBER && has_word_for(l, unit, wanted->value);
}

/* Sections have their order in every language, sentences within them have not. */
static bool section_has_number(const struct lint_language *l, const struct unit *like,
                               const struct lint_number *wanted)
{
    for (size_t i = 0; i < l->units->count; i++) {
        const struct unit *unit = &l->units->items[i];
        bool same = strcmp(unit->section, like->section) == 0 &&
                    (unit->kind == UNIT_FIELD) == (like->kind == UNIT_FIELD);
        if (same && unit_has_number(l, unit, wanted))
            return true;
    }
    return false;
}

static bool has_section(const struct lint_language *l, const struct unit *like)
{
    for (size_t i = 0; i < l->units->count; i++)
        if (strcmp(l->units->items[i].section, like->section) == 0)
            return true;
    return false;
}

/* Where a section is missing, that is what is told. */
static bool same_sections(const struct lint_language *a, const struct lint_language *b)
{
    for (size_t i = 0; i < a->units->count; i++)
        if (a->units->items[i].kind != UNIT_FIELD && !has_section(b, &a->units->items[i]))
            return false;
    return true;
}

static void compare_numbers(const struct parity *p, const struct lint_language *a,
                            const struct lint_language *b)
{
    for (size_t i = 0; i < a->units->count; i++) {
        const struct unit *unit = &a->units->items[i];
        struct lint_number n = {0};
        for (size_t from = 0; has_section(b, unit) &&
                              lint_number_next(a->locale, unit->plain, unit->plain_len, from, &n);
             from = n.span.end) {
            if (!is_comparable(a, unit, &n) || section_has_number(b, unit, &n))
                continue;
            struct place at = units_place(a->units, unit, n.span.start);
            problems_add_warning(p->problems, &at, "parity-number",
                                 "%.*s is here, but not at the same place in %s: say the same in "
                                 "both",
                                 (int)(n.span.end - n.span.start), unit->plain + n.span.start,
                                 file_name(b));
        }
    }
}

/* ---- links ---- */

/* A part of the address may name the language: /ko/, /de/. */
static void put_neutral(struct buf *out, const char *url, size_t len, const char *tag)
{
    size_t tag_len = strcspn(tag, "-");
    for (size_t i = 0; i < len; i++) {
        bool language = url[i] == '/' && i + 1 + tag_len <= len &&
                        memcmp(url + i + 1, tag, tag_len) == 0 &&
                        (i + 1 + tag_len == len || url[i + 1 + tag_len] == '/');
        buf_putc(out, url[i]);
        if (language) {
            buf_puts(out, "*");
            i += tag_len;
        }
    }
}

/* The next address in a unit, NULL if there is none; *out_len its length. */
static const char *next_url(const struct unit *unit, const char *from, size_t *out_len)
{
    const char *url = from != NULL ? strstr(from, "https://") : NULL;
    if (url == NULL)
        return NULL;
    size_t len = strcspn(url, " )>\"\x01\x02");
    while (len > 0 && strchr(".,;:!?", url[len - 1]) != NULL)
        len--;
    *out_len = len;
    (void)unit;
    return url;
}

static bool has_link(const struct lint_language *l, const char *wanted)
{
    for (size_t i = 0; i < l->units->count; i++) {
        const struct unit *unit = &l->units->items[i];
        size_t len = 0;
        for (const char *at = next_url(unit, unit->plain, &len); at != NULL;
             at = next_url(unit, at + len, &len)) {
            struct buf neutral = {0};
            put_neutral(&neutral, at, len, l->tag);
            bool same = strcmp(buf_text(&neutral), wanted) == 0;
            buf_free(&neutral);
            if (same)
                return true;
        }
    }
    return false;
}

static void compare_links(const struct parity *p, const struct lint_language *a,
                          const struct lint_language *b)
{
    for (size_t i = 0; i < a->units->count; i++) {
        const struct unit *unit = &a->units->items[i];
        size_t len = 0;
        for (const char *at = next_url(unit, unit->plain, &len); at != NULL;
             at = next_url(unit, at + len, &len)) {
            struct buf neutral = {0};
            struct place place = units_place(a->units, unit, (size_t)(at - unit->plain));
            put_neutral(&neutral, at, len, a->tag);
            if (!has_link(b, buf_text(&neutral)))
                problems_add_error(p->problems, &place, "parity-link",
                                   "%.*s is a link here, but not in %s: give readers of every "
                                   "language the same",
                                   (int)len, at, file_name(b));
            buf_free(&neutral);
        }
    }
}

/* ---- left in another language ---- */

static size_t count_hangul(const struct unit *unit)
{
    const char *at = unit->plain, *end = at + unit->plain_len;
    size_t count = 0;
    while (at < end) {
        uint32_t c = utf8_next(&at, end);
        count += c >= 0xac00 && c <= 0xd7a3 ? 1 : 0;
    }
    return count;
}

static size_t count_stopwords(const struct lint_language *l, const struct unit *unit)
{
    const struct yaml_node *words = locale_list(l->locale, "lint.stopwords");
    size_t count = 0;
    for (size_t i = 0; words != NULL && i < words->count; i++) {
        struct lint_span span = {0, 0};
        while (lint_find(unit->plain, unit->plain_len, words->items[i]->text, span.end, &span))
            count++;
    }
    return count;
}

/* How much of a unit is this language: its small words, or for Korean its syllables. */
static size_t score(const struct lint_language *l, const struct unit *unit)
{
    if (text_equal(locale_text(l->locale, "lint.script"), "Hang"))
        return count_hangul(unit) * STOPWORDS_MIN / HANGUL_MIN;
    return count_stopwords(l, unit);
}

/* The same words in two languages are a translation forgotten, unless they are few. */
static bool is_same(const struct unit *unit, const struct lint_language *other)
{
    const struct unit *twin = units_find(other->units, unit->id);
    size_t blanks = 0;
    for (size_t i = 0; i + 1 < unit->plain_len; i++)
        blanks += unit->plain[i] == ' ' && unit->plain[i + 1] != ' ' ? 1 : 0;
    return twin != NULL && blanks >= 3 && strcmp(twin->text, unit->text) == 0;
}

/* The language that has the same words and that they are most of, if it is another. */
static const struct lint_language *twin_it_is_of(const struct parity *p, size_t own,
                                                 const struct unit *unit)
{
    const struct lint_language *best = NULL;
    size_t most = score(&p->languages[own], unit);
    for (size_t i = 0; i < p->count; i++) {
        bool same = i != own && is_same(unit, &p->languages[i]);
        size_t points = same ? score(&p->languages[i], unit) : 0;
        best = points > most ? &p->languages[i] : best;
        most = points > most ? points : most;
    }
    return best;
}

/* Languages share small words: "was" is German too. */
static const struct lint_language *language_it_is_in(const struct parity *p, size_t own,
                                                     const struct unit *unit)
{
    const struct lint_language *best = twin_it_is_of(p, own, unit);
    size_t most = STOPWORDS_MIN - 1, here = score(&p->languages[own], unit) * SHARED_WORDS;
    if (best != NULL)
        return best;
    most = here > most ? here : most;
    for (size_t i = 0; i < p->count; i++) {
        size_t points = i != own ? score(&p->languages[i], unit) : 0;
        best = points > most ? &p->languages[i] : best;
        most = points > most ? points : most;
    }
    return best;
}

static void check_untranslated(const struct parity *p, size_t own)
{
    const struct lint_language *l = &p->languages[own];
    for (size_t i = 0; i < l->units->count; i++) {
        const struct unit *unit = &l->units->items[i];
        const struct lint_language *other = unit->words ? language_it_is_in(p, own, unit) : NULL;
        struct place at = units_place(l->units, unit, 0);
        if (other != NULL)
            problems_add_warning(
                p->problems, &at, "untranslated", "this %s is still %s: translate it",
                unit->kind == UNIT_FIELD ? "text" : "paragraph", language_name(other));
    }
}

void lint_untranslated(const struct lint_language *languages, size_t count,
                       struct problems *problems)
{
    const struct parity p = {.languages = languages, .count = count, .problems = problems};
    for (size_t i = 0; i < count; i++)
        check_untranslated(&p, i);
}

/* ---- older than the source ---- */

static void check_stale(const struct parity *p, size_t own, const struct translations *t)
{
    const struct lint_language *l = &p->languages[own], *source = &p->languages[p->source];
    if (t == NULL || own == p->source || !translations_has(t, l->tag))
        return;
    for (size_t i = 0; i < source->units->count; i++) {
        const struct unit *unit = &source->units->items[i];
        const struct unit *twin = units_find(l->units, unit->id);
        if (!unit->words || twin == NULL || !twin->words ||
            translations_is_current(t, l->tag, unit))
            continue;
        struct place at = units_place(l->units, twin, 0);
        problems_add_warning(p->problems, &at, "stale-translation",
                             "the %s paragraph changed, the %s one is older: adapt it, then run "
                             "`dispatcher translate status --accept`",
                             language_name(source), language_name(l));
    }
}

void lint_languages(const struct lint_language *languages, size_t count, size_t source,
                    const struct translations *translations, struct problems *problems)
{
    struct parity p = {languages, count, source, problems};
    for (size_t i = 0; i < count; i++) {
        check_untranslated(&p, i);
        if (i == source)
            continue;
        check_stale(&p, i, translations);
        compare_links(&p, &languages[source], &languages[i]);
        compare_links(&p, &languages[i], &languages[source]);
        if (!same_sections(&languages[source], &languages[i]) ||
            !same_sections(&languages[i], &languages[source]))
            continue;
        compare_numbers(&p, &languages[source], &languages[i]);
        compare_numbers(&p, &languages[i], &languages[source]);
    }
}
