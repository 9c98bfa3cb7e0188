#include "letters/check_series.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "campaign/vocabulary.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "people/facts_job.h"

#define BEGINNING 40 /* bytes of a paragraph that are quoted */

/* Facts that are news; who answers the phone is the same each time. */
static const char *const news[] = {"summary", "changes", "measures", "next_steps", "misuse"};
/* What happened stays what happened in the next news of one incident; of a letter about nothing but
 * that, sent anew, it is what is told. */
static const char *const events[] = {"nature", "course", "service.cause"};

struct comparison {
    const struct campaign_check *check;
    const struct fact_sheet *last;
    const char *cohort; /* NULL: everybody's */
    const char *name;
    bool is_news;
    const struct json_t *before;
    struct buf languages, text; /* of one paragraph: in which it is the same, and how it reads */
    size_t same, told;          /* texts that were there before; and what was told of them */
};

/* So that it is found in a list. */
static void put_beginning(const char *text, struct buf *out)
{
    size_t len = strlen(text), cut = len < BEGINNING ? len : BEGINNING;
    while (cut < len && ((unsigned char)text[cut] & 0xc0) == 0x80)
        cut++; /* behind a whole character */
    buf_printf(out, "%.*s%s", (int)cut, text, cut < len ? " ..." : "");
}

static void tell_same(struct comparison *c, const char *languages, const char *text)
{
    const struct campaign_check *k = c->check;
    struct buf beginning = {0};
    struct place at = fact_sheet_place(k->sheet, c->cohort, c->name);
    c->told++;
    put_beginning(text, &beginning);
    problems_add_warning(&k->scene->problems, &at, "same-as-last-issue",
                         "%s: a paragraph of %s (\"%s\") is identical to the last issue (%s): say "
                         "what is new, or leave it out",
                         languages, c->name, buf_text(&beginning), c->last->file);
    buf_free(&beginning);
}

/* "ko" of a sheet is read by a letter in ko-KR, too. */
static bool is_sent(const struct campaign *c, const char *language)
{
    for (size_t i = 0; i < c->language_count; i++) {
        if (text_starts_with(c->languages[i], language))
            return true;
    }
    return false;
}

static void compare_language(void *context, const char *language, const struct json_t *value)
{
    struct comparison *c = context;
    struct buf now = {0}, before = {0};
    if (!is_sent(c->check->campaign, language))
        return;
    bool both =
        json_put_plain(&now, value) && json_put_plain(&before, json_get(c->before, language));
    if (both && strcmp(buf_text(&now), buf_text(&before)) == 0) {
        c->same++;
        buf_printf(&c->languages, "%s%s", c->languages.len > 0 ? ", " : "", language);
        buf_reset(&c->text);
        buf_puts(&c->text, buf_text(&now));
    }
    buf_free(&now);
    buf_free(&before);
}

/* A text for each language; of a list each beside each. */
static void compare(struct comparison *c, const struct json_t *now, const struct json_t *before)
{
    if (json_kind_of(now) == JSON_KIND_OBJECT && json_kind_of(before) == JSON_KIND_OBJECT) {
        c->before = before;
        buf_reset(&c->languages);
        json_walk(now, compare_language, c);
        if (c->languages.len > 0 && c->is_news)
            tell_same(c, buf_text(&c->languages), buf_text(&c->text));
    }
    for (size_t i = 0; i < json_count(now); i++)
        for (size_t j = 0; j < json_count(before); j++)
            compare(c, json_at(now, i), json_at(before, j));
}

/* The same in every language that is written, or neither is there. */
static bool is_equal(const struct json_t *now, const struct json_t *before)
{
    struct buf a = {0}, b = {0};
    if (now != NULL)
        json_put(&a, now);
    if (before != NULL)
        json_put(&b, before);
    bool equal = strcmp(buf_text(&a), buf_text(&b)) == 0;
    buf_free(&a);
    buf_free(&b);
    return equal;
}

static bool is_among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* A letter of one's own has facts of its own: what no other letter knows is what it is for. */
static bool is_news(const struct campaign_check *k, const char *name)
{
    return is_among(news, COUNT_OF(news), name) || vocabulary_find(name) == NULL ||
           (k->campaign->kind == NOTICE_NONE && is_among(events, COUNT_OF(events), name));
}

/* What stands in it may stand each time, but not all of it. */
static void tell_nothing_new(const struct comparison *c)
{
    const struct campaign_check *k = c->check;
    problems_add_warning(&k->scene->problems, &k->campaign->facts_place, "same-as-last-issue",
                         "nothing in this issue is new: all its texts are those of the last one "
                         "(%s)",
                         c->last->file);
}

static void check_cohort(const struct campaign_check *k, const struct fact_sheet *last,
                         const char *cohort)
{
    const struct library *l = k->scene->library;
    struct json_t *now = facts_job_data(l, k->template_index, k->sheet, cohort);
    struct json_t *before = facts_job_data(l, k->template_index, last, cohort);
    struct comparison c = {.check = k, .last = last, .cohort = cohort};
    struct library_variable v;
    bool all_same = true;
    for (size_t i = 0; library_template_variable(l, k->template_index, i, &v); i++) {
        const struct json_t *text = fact_value_at(now, v.name),
                            *old = fact_value_at(before, v.name);
        if (!v.localized)
            continue;
        c.name = v.name;
        c.is_news = is_news(k, v.name);
        compare(&c, text, old);
        all_same = all_same && is_equal(text, old);
    }
    if (c.same > 0 && c.told == 0 && all_same)
        tell_nothing_new(&c);
    buf_free(&c.languages);
    buf_free(&c.text);
    json_free(now);
    json_free(before);
}

/* ---- what was set aside ---- */

static bool is_same(const struct exemption *a, const struct exemption *b)
{
    bool same = text_equal(a->rule, b->rule) && text_equal(a->reason, b->reason) &&
                a->by_count == b->by_count;
    for (size_t i = 0; same && i < a->by_count; i++)
        same = text_equal(a->by[i], b->by[i]);
    return same;
}

/* It was granted for that notice, and whoever did is not to find out from this one. */
static void check_exemption(const struct campaign_check *k, const struct exemption *e)
{
    struct buf by = {0};
    for (size_t i = 0; i < k->earlier->exemption_count; i++) {
        if (!is_same(e, &k->earlier->exemptions[i]))
            continue;
        for (size_t n = 0; n < e->by_count; n++)
            buf_printf(&by, "%s%s", n > 0 ? ", " : "", e->by[n]);
        problems_add_warning(&k->scene->problems, &e->place, "same-exemption",
                             "the exemption from %s is that of the notice before (%s), granted by "
                             "%s: have it granted for this one with a reason of its own, or take "
                             "it out",
                             e->rule != NULL ? e->rule : "?", k->earlier->file, buf_text(&by));
        break;
    }
    buf_free(&by);
}

static void check_exemptions(const struct campaign_check *k)
{
    for (size_t i = 0; k->earlier != NULL && i < k->campaign->exemption_count; i++)
        check_exemption(k, &k->campaign->exemptions[i]);
}

/* ---- which one was before ---- */

/* The same letter anew, or the next news of the same incident. */
static bool is_series(const struct campaign_check *k)
{
    enum notice_kind kind = k->campaign->kind;
    if (k->sheet == NULL || k->earlier == NULL || k->earlier_sheet == NULL ||
        kind != k->earlier->kind)
        return false;
    return kind == NOTICE_PROGRESS ||
           (kind == NOTICE_NONE &&
            text_equal(k->campaign->template_name, k->earlier->template_name));
}

/* 0: it has no number. */
static int64_t issue_of(const struct campaign_check *k)
{
    int64_t issue = 0;
    if (k->sheet == NULL || !fact_value_int(fact_value_at(k->sheet->facts, "issue"), &issue))
        return 0;
    return issue;
}

/* Begun by hand, a numbered issue may name the last one only by its facts, or not at all. */
static const struct fact_sheet *find_last(const struct campaign_check *k)
{
    if (is_series(k))
        return k->earlier_sheet;
    if (k->earlier != NULL || issue_of(k) < 2)
        return NULL;
    if (k->older == NULL)
        problems_add_warning(&k->scene->problems, &k->campaign->facts_place, "campaign-series",
                             "this is issue %lld, and nothing names the one before: write "
                             "`supersedes:` with its campaign.yaml here, or have this one made by "
                             "`dispatcher campaign next`; else nobody sees what repeats it",
                             (long long)issue_of(k));
    return k->older;
}

void check_series(const struct campaign_check *k)
{
    const struct fact_sheet *last = find_last(k);
    check_exemptions(k);
    if (last == NULL)
        return;
    for (size_t i = 0; i < k->campaign->cohort_count; i++)
        check_cohort(k, last, k->campaign->cohorts[i].name);
    if (k->campaign->cohort_count == 0)
        check_cohort(k, last, NULL);
}
