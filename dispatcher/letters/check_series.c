#include "letters/check_series.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "model/fact_value.h"
#include "model/json.h"
#include "people/facts_job.h"

/* Facts that are news; who answers the phone is the same each time. */
static const char *const news[] = {"summary", "changes", "measures", "next_steps", "misuse"};

struct comparison {
    const struct campaign_check *check;
    const char *cohort; /* NULL: everybody's */
    const char *name;
    const struct json_t *before;
};

static void tell_same(const struct comparison *c, const char *language)
{
    const struct campaign_check *k = c->check;
    struct place at = fact_sheet_place(k->sheet, c->cohort, c->name);
    problems_add_warning(&k->scene->problems, &at, "same-as-last-issue",
                         "%s: a paragraph of %s is identical to the last issue (%s): say what is "
                         "new, or leave it out",
                         language, c->name, k->earlier_sheet->file);
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
    const struct comparison *c = context;
    struct buf now = {0}, before = {0};
    if (!is_sent(c->check->campaign, language))
        return;
    bool both =
        json_put_plain(&now, value) && json_put_plain(&before, json_get(c->before, language));
    if (both && strcmp(buf_text(&now), buf_text(&before)) == 0)
        tell_same(c, language);
    buf_free(&now);
    buf_free(&before);
}

/* A text for each language; of a list each beside each. */
static void compare(struct comparison *c, const struct json_t *now, const struct json_t *before)
{
    if (json_kind_of(now) == JSON_KIND_OBJECT && json_kind_of(before) == JSON_KIND_OBJECT) {
        c->before = before;
        json_walk(now, compare_language, c);
    }
    for (size_t i = 0; i < json_count(now); i++)
        for (size_t j = 0; j < json_count(before); j++)
            compare(c, json_at(now, i), json_at(before, j));
}

static void check_cohort(const struct campaign_check *k, const char *cohort)
{
    struct json_t *now = facts_job_data(k->scene->library, k->template_index, k->sheet, cohort);
    struct json_t *before =
        facts_job_data(k->scene->library, k->template_index, k->earlier_sheet, cohort);
    for (size_t i = 0; i < COUNT_OF(news); i++) {
        struct comparison c = {.check = k, .cohort = cohort, .name = news[i]};
        compare(&c, json_get(now, news[i]), json_get(before, news[i]));
    }
    json_free(now);
    json_free(before);
}

static bool is_series(const struct campaign_check *k)
{
    return k->sheet != NULL && k->earlier != NULL && k->earlier_sheet != NULL &&
           text_equal(k->campaign->template_name, k->earlier->template_name) &&
           (k->campaign->kind == NOTICE_PROGRESS || k->campaign->kind == NOTICE_NONE) &&
           k->campaign->kind == k->earlier->kind;
}

void check_series(const struct campaign_check *k)
{
    if (!is_series(k))
        return;
    for (size_t i = 0; i < k->campaign->cohort_count; i++)
        check_cohort(k, k->campaign->cohorts[i].name);
    if (k->campaign->cohort_count == 0)
        check_cohort(k, NULL);
}
