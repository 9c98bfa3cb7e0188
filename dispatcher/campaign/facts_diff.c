#include "campaign/facts_diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "campaign/vocabulary.h"
#include "model/fact_value.h"
#include "model/json.h"

/* A cohort of the newer sheet beside where its people were before; both cohorts NULL: everybody. */
struct unit {
    const struct fact_cohort *was, *is;
    struct json_t *old_data, *new_data;
    bool told; /* something legal changed for these people */
};

struct diffing {
    const struct fact_sheet *older, *newer;
    struct unit *units;
    size_t unit_count;
    struct facts_diff *out;
};

/* Numbers that only grow while an incident is looked into. */
static const char *const growing[] = {"affected_count", "affected_possible", "total_count",
                                      "figures.done"};

/* ---- changes ---- */

static struct fact_change *add(const struct diffing *d, const struct unit *u, const char *fact,
                               bool legal, struct buf *text)
{
    struct facts_diff *out = d->out;
    const char *cohort = u != NULL && u->is != NULL ? u->is->name : NULL;
    out->changes = xreallocarray(out->changes, out->change_count + 1, sizeof(*out->changes));
    struct fact_change *c = &out->changes[out->change_count++];
    *c = (struct fact_change){
        .cohort = xstrdup(cohort),
        .fact = xstrdup(fact),
        .text = buf_steal(text),
        .legal = legal,
        .place = fact_sheet_place(d->newer, cohort, fact),
    };
    return c;
}

static const char *reason(const struct fact_sheet *s, const char *key)
{
    return s->reasons != NULL ? json_get_text(s->reasons, key, NULL) : NULL;
}

/* `reasons` must say why, under the name of the fact or under COHORT.FACT. */
static void ask_reason(const struct diffing *d, struct fact_change *c, const char *fact)
{
    struct buf own = {0};
    buf_printf(&own, "%s%s%s", c->cohort != NULL ? c->cohort : "", c->cohort != NULL ? "." : "",
               fact);
    if (reason(d->newer, buf_text(&own)) == NULL && reason(d->newer, fact) == NULL)
        c->unreasoned = buf_steal(&own);
    buf_free(&own);
}

/* ---- a value in words ---- */

static void put_terms_of(const struct json_t *from, const struct json_t *without, const char *what,
                         const char *separator, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < json_count(from); i++) {
        const char *term = fact_value_text(json_at(from, i));
        if (term == NULL || fact_value_contains(without, term))
            continue;
        buf_printf(out, "%s%s", any ? ", " : separator, term);
        any = true;
    }
    if (any)
        buf_puts(out, what);
}

static void put_terms(const struct json_t *was, const struct json_t *is, struct buf *out)
{
    struct buf words = {0};
    put_terms_of(is, was, " added", "", &words);
    put_terms_of(was, is, " removed", words.len > 0 ? "; " : "", &words);
    buf_puts(out, words.len > 0 ? buf_text(&words) : "in another order");
    buf_free(&words);
}

static void put_numbers(const struct json_t *was, const struct json_t *is, struct buf *out)
{
    int64_t before, now;
    if (!fact_value_int(was, &before) || !fact_value_int(is, &now))
        return;
    buf_printf(out, "was %" PRId64 ", is %" PRId64 " (%" PRId64 " %s)", before, now,
               now > before ? now - before : before - now, now > before ? "more" : "fewer");
}

struct languages {
    const struct json_t *other;
    struct buf *out;
};

static bool put_changed_language(void *context, const char *key, const struct json_t *value)
{
    struct languages *l = context;
    if (!fact_value_equal(value, json_get(l->other, key)))
        buf_printf(l->out, "%s%s", l->out->len > 0 ? ", " : "", key);
    return true;
}

static void put_languages(const struct json_t *was, const struct json_t *is, struct buf *out)
{
    struct buf names = {0};
    struct languages l = {.other = was, .out = &names};
    fact_value_each(is, put_changed_language, &l);
    buf_printf(out, "other words in %s", names.len > 0 ? buf_text(&names) : "fewer languages");
    buf_free(&names);
}

static void put_list(const struct json_t *was, const struct json_t *is, struct buf *out)
{
    size_t before = json_count(was), now = json_count(is);
    if (before == now)
        buf_printf(out, "other words in a list of %zu", now);
    else
        buf_printf(out, "%zu %s, were %zu", now, now == 1 ? "entry" : "entries", before);
}

static void put_texts(const struct json_t *was, const struct json_t *is, struct buf *out)
{
    const char *before = fact_value_text(was), *now = fact_value_text(is);
    if (before != NULL && now != NULL)
        buf_printf(out, "was %s, is %s", before, now);
    else
        buf_puts(out, "changed");
}

static void (*const put_types[])(const struct json_t *was, const struct json_t *is,
                                 struct buf *out) = {
    [FACT_TEXT] = put_texts,          [FACT_DATE] = put_texts,          [FACT_DATETIME] = put_texts,
    [FACT_INTEGER] = put_numbers,     [FACT_BOOLEAN] = put_texts,       [FACT_TERMS] = put_terms,
    [FACT_LOCALIZED] = put_languages, [FACT_LOCALIZED_LIST] = put_list, [FACT_MONEY] = put_texts,
};

static void put_change(const char *fact, const struct json_t *was, const struct json_t *is,
                       struct buf *out)
{
    const struct fact_word *word = vocabulary_find(fact);
    buf_printf(out, "%s: ", word != NULL ? word->words : fact);
    if (is == NULL)
        buf_puts(out, "no longer given");
    else if (was == NULL && word != NULL && word->type == FACT_TERMS)
        put_terms_of(is, NULL, " given now", "", out);
    else if (was == NULL)
        buf_puts(out, "given now");
    else
        put_types[word != NULL ? word->type : FACT_TEXT](was, is, out);
}

/* ---- facts of one unit ---- */

static bool shrank(const char *fact, const struct json_t *was, const struct json_t *is)
{
    int64_t before, now;
    bool grows = false;
    for (size_t i = 0; i < COUNT_OF(growing); i++)
        grows = grows || strcmp(growing[i], fact) == 0;
    return grows && fact_value_int(was, &before) && fact_value_int(is, &now) && now < before;
}

/* Somebody was told this is safe, and it is not. */
static bool became_affected(const struct unit *u, const char *fact, const struct json_t *is)
{
    const struct json_t *safe = fact_value_at(u->old_data, "not_affected");
    bool lost = strcmp(fact, "data_items") == 0 || strcmp(fact, "data_items_possible") == 0;
    for (size_t i = 0; lost && i < json_count(is); i++) {
        const char *term = fact_value_text(json_at(is, i));
        if (term != NULL && fact_value_contains(safe, term))
            return true;
    }
    return false;
}

static void compare_fact(struct diffing *d, struct unit *u, const struct unit *shown,
                         const char *fact)
{
    const struct json_t *was = fact_value_at(u->old_data, fact);
    const struct json_t *is = fact_value_at(u->new_data, fact);
    const struct fact_word *word = vocabulary_find(fact);
    struct buf text = {0};
    put_change(fact, was, is, &text);
    struct fact_change *c = add(d, shown, fact, word != NULL && word->legal, &text);
    if (shrank(fact, was, is))
        ask_reason(d, c, fact);
    if (became_affected(u, fact, is))
        ask_reason(d, c, "not_affected");
}

static bool changed(const struct unit *u, const char *fact)
{
    return !fact_value_equal(fact_value_at(u->old_data, fact), fact_value_at(u->new_data, fact));
}

/* The same change for all? Then it is told once, of everybody. */
static bool changed_alike(const struct diffing *d, const char *fact)
{
    const struct unit *first = &d->units[0];
    for (size_t i = 0; i < d->unit_count; i++) {
        const struct unit *u = &d->units[i];
        if (!changed(u, fact) ||
            !fact_value_equal(fact_value_at(u->old_data, fact),
                              fact_value_at(first->old_data, fact)) ||
            !fact_value_equal(fact_value_at(u->new_data, fact),
                              fact_value_at(first->new_data, fact)))
            return false;
    }
    return true;
}

static void compare_units(struct diffing *d, const char *fact)
{
    const struct fact_word *word = vocabulary_find(fact);
    bool legal = word != NULL && word->legal, alike = changed_alike(d, fact);
    const struct unit everybody = {0};
    for (size_t i = 0; i < d->unit_count; i++) {
        struct unit *u = &d->units[i];
        if (!changed(u, fact))
            continue;
        u->told = u->told || legal;
        if (!alike || i == 0)
            compare_fact(d, u, alike ? &everybody : u, fact);
    }
}

/* ---- all facts there are ---- */

static bool seen_before(const struct diffing *d, const struct fact_sheet *s, size_t index)
{
    const char *name = s->places[index].name;
    for (size_t i = 0; s == d->newer && i < d->older->place_count; i++)
        if (strcmp(d->older->places[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < index; i++)
        if (strcmp(s->places[i].name, name) == 0)
            return true;
    return false;
}

static void compare_others(struct diffing *d, const struct fact_sheet *s)
{
    for (size_t i = 0; i < s->place_count; i++) {
        const struct fact_place *p = &s->places[i];
        if (!p->group && vocabulary_find(p->name) == NULL && !seen_before(d, s, i))
            compare_units(d, p->name);
    }
}

static void compare_facts(struct diffing *d)
{
    for (size_t i = 0; vocabulary_at(i) != NULL; i++)
        compare_units(d, vocabulary_at(i)->name);
    compare_others(d, d->older);
    compare_others(d, d->newer);
}

/* ---- the sheet itself ---- */

static void compare_words(struct diffing *d, const char *fact, const char *what, const char *was,
                          const char *is)
{
    struct buf text = {0};
    if (strcmp(was, is) == 0)
        return;
    buf_printf(&text, "%s: was %s, is %s", what, was, is);
    add(d, NULL, fact, true, &text);
    for (size_t i = 0; i < d->unit_count; i++)
        d->units[i].told = true;
}

static void compare_sheet(struct diffing *d)
{
    compare_words(d, "kind", "the kind of incident", incident_kind_name(d->older->kind),
                  incident_kind_name(d->newer->kind));
    compare_words(d, "certainty", "the certainty", certainty_name(d->older->certainty),
                  certainty_name(d->newer->certainty));
}

/* ---- cohorts ---- */

/* How many left this cohort for new ones that name it. */
static int64_t moved_away(const struct diffing *d, const struct fact_cohort *was)
{
    int64_t moved = 0;
    for (size_t i = 0; i < d->newer->cohort_count; i++) {
        const struct fact_cohort *is = &d->newer->cohorts[i];
        bool is_new = fact_sheet_cohort(d->older, is->name) == NULL;
        if (is_new && text_equal(is->from, was->name) && fact_cohort_people(is) > 0)
            moved += fact_cohort_people(is);
    }
    return moved;
}

static void compare_size(struct diffing *d, struct unit *u)
{
    struct buf text = {0};
    if (u->was == NULL || strcmp(u->was->name, u->is->name) != 0 || u->was->affected < 0 ||
        u->is->affected < 0 || u->was->affected == u->is->affected)
        return;
    int64_t moved = moved_away(d, u->was), more = u->is->affected - u->was->affected;
    bool explained = moved > 0 && more == -moved;
    buf_printf(&text, "affected: was %" PRId64 ", is %" PRId64 " (%" PRId64 " %s)",
               u->was->affected, u->is->affected, more > 0 ? more : -more,
               more > 0    ? "more"
               : explained ? "moved to a new cohort"
                           : "fewer");
    struct fact_change *c = add(d, u, "affected", !explained, &text);
    c->place = u->is->place;
    u->told = u->told || !explained;
    if (more < 0 && !explained)
        ask_reason(d, c, "affected");
}

static void compare_existence(struct diffing *d, struct unit *u)
{
    struct buf text = {0};
    if (u->is == NULL || (u->was != NULL && strcmp(u->was->name, u->is->name) == 0))
        return;
    buf_puts(&text, "a new cohort");
    if (fact_cohort_people(u->is) >= 0)
        buf_printf(&text, " of %" PRId64, fact_cohort_people(u->is));
    if (u->was != NULL)
        buf_printf(&text, ", from cohort %s", u->was->name);
    struct fact_change *c = add(d, u, "cohort", u->was == NULL && u->is->affected != 0, &text);
    c->place = u->is->place;
    u->told = u->told || c->legal;
}

static void tell_gone(struct diffing *d)
{
    for (size_t i = 0; i < d->older->cohort_count; i++) {
        const struct fact_cohort *was = &d->older->cohorts[i];
        struct buf text = {0};
        if (fact_sheet_cohort(d->newer, was->name) != NULL)
            continue;
        int64_t left = fact_cohort_people(was) - moved_away(d, was);
        buf_printf(&text, "cohort %s is gone", was->name);
        if (left != 0)
            buf_printf(&text, ", and no new cohort says it has its people (`from: %s`)", was->name);
        struct fact_change *c = add(d, NULL, was->name, false, &text);
        if (left != 0)
            ask_reason(d, c, was->name);
        c->place = (struct place){d->newer->file, 0, 0};
    }
}

static void pair_cohorts(struct diffing *d)
{
    const struct fact_sheet *newer = d->newer;
    d->unit_count = newer->cohort_count > 0 ? newer->cohort_count : 1;
    d->units = xcalloc(d->unit_count, sizeof(*d->units));
    for (size_t i = 0; i < d->unit_count; i++) {
        struct unit *u = &d->units[i];
        u->is = newer->cohort_count > 0 ? &newer->cohorts[i] : NULL;
        if (u->is != NULL)
            u->was = fact_sheet_cohort(d->older, u->is->name);
        if (u->is != NULL && u->was == NULL && u->is->from != NULL)
            u->was = fact_sheet_cohort(d->older, u->is->from);
        u->old_data = fact_sheet_data(d->older, u->was != NULL ? u->was->name : NULL);
        u->new_data = fact_sheet_data(newer, u->is != NULL ? u->is->name : NULL);
    }
}

/* Those whom the incident hit neither then nor now need not hear more of it. */
static void gather_concerned(struct diffing *d)
{
    struct facts_diff *out = d->out;
    for (size_t i = 0; i < d->unit_count; i++) {
        const struct unit *u = &d->units[i];
        bool hit = u->is == NULL || u->is->affected != 0 || u->was == NULL || u->was->affected != 0;
        /* But what they were told of their own data must stay true. */
        if (!u->told || (!hit && !changed(u, "not_affected")))
            continue;
        out->concerned =
            xreallocarray(out->concerned, out->concerned_count + 1, sizeof(*out->concerned));
        out->concerned[out->concerned_count++] = (struct facts_concerned){
            .cohort = u->is != NULL ? u->is->name : NULL,
            .people = u->is != NULL ? fact_cohort_people(u->is) : -1,
            .cleared = hit && u->is != NULL && u->is->affected == 0,
        };
    }
}

void facts_diff_make(const struct fact_sheet *older, const struct fact_sheet *newer,
                     struct facts_diff *out)
{
    struct diffing d = {.older = older, .newer = newer, .out = out};
    *out = (struct facts_diff){0};
    pair_cohorts(&d);
    compare_sheet(&d);
    for (size_t i = 0; i < d.unit_count; i++)
        compare_existence(&d, &d.units[i]);
    tell_gone(&d);
    compare_facts(&d);
    for (size_t i = 0; i < d.unit_count; i++) {
        if (d.units[i].is != NULL)
            compare_size(&d, &d.units[i]);
    }
    gather_concerned(&d);
    for (size_t i = 0; i < d.unit_count; i++) {
        json_free(d.units[i].old_data);
        json_free(d.units[i].new_data);
    }
    free(d.units);
}

void facts_diff_free(struct facts_diff *d)
{
    for (size_t i = 0; i < d->change_count; i++) {
        free(d->changes[i].cohort);
        free(d->changes[i].fact);
        free(d->changes[i].text);
        free(d->changes[i].unreasoned);
    }
    free(d->changes);
    free(d->concerned);
    *d = (struct facts_diff){0};
}

bool facts_diff_is_legal(const struct facts_diff *d)
{
    for (size_t i = 0; i < d->change_count; i++)
        if (d->changes[i].legal)
            return true;
    return false;
}

/* ---- judging ---- */

static void check_order(const struct fact_sheet *older, const struct fact_sheet *newer,
                        struct problems *problems)
{
    struct place at = {newer->file, 0, 0};
    if (!text_equal(older->incident, newer->incident))
        problems_add_error(problems, &at, "facts-version",
                           "this is the incident %s, but %s is about %s", newer->incident,
                           older->file, older->incident);
    if (newer->version != older->version + 1)
        problems_add_error(problems, &at, "facts-version",
                           "this is version %d, but %s is version %d: it must be %d",
                           newer->version, older->file, older->version, older->version + 1);
    if (newer->valid_from_ms <= older->valid_from_ms)
        problems_add_error(problems, &at, "facts-version",
                           "valid_from must be later than that of %s", older->file);
}

void facts_diff_check(const struct facts_diff *d, const struct fact_sheet *older,
                      const struct fact_sheet *newer, struct problems *problems)
{
    check_order(older, newer, problems);
    for (size_t i = 0; i < d->change_count; i++) {
        const struct fact_change *c = &d->changes[i];
        if (c->unreasoned != NULL && c->cohort != NULL)
            problems_add_error(problems, &c->place, "facts-reason",
                               "%s: %s; say why under `reasons`, as `%s: \"...\"`", c->cohort,
                               c->text, c->unreasoned);
        else if (c->unreasoned != NULL)
            problems_add_error(problems, &c->place, "facts-reason",
                               "%s; say why under `reasons`, as `%s: \"...\"`", c->text,
                               c->unreasoned);
    }
}
