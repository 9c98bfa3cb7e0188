#include "campaign/facts_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "campaign/facts_languages.h"
#include "campaign/reading.h"
#include "model/fact_value.h"
#include "model/json.h"

struct checking {
    const struct fact_sheet *sheet;
    struct problems *problems;
};

static bool number_at(const struct fact_sheet *s, const char *name, int64_t *out)
{
    return s->facts != NULL && fact_value_int(fact_value_at(s->facts, name), out);
}

/* ---- sums ---- */

typedef int64_t count_fn(const struct fact_cohort *c);

static int64_t affected_of(const struct fact_cohort *c)
{
    return c->affected;
}

/* False if a cohort does not say. */
static bool sum_cohorts(const struct fact_sheet *s, count_fn *count, int64_t *out,
                        struct buf *terms)
{
    *out = 0;
    for (size_t i = 0; i < s->cohort_count; i++) {
        int64_t one = count(&s->cohorts[i]);
        if (one < 0)
            return false;
        *out += one;
        buf_printf(terms, "%s%s %" PRId64, i > 0 ? " + " : "", s->cohorts[i].name, one);
    }
    return s->cohort_count > 0;
}

static void check_sum(const struct checking *c, const char *fact, count_fn *count, const char *what)
{
    int64_t total, sum;
    struct buf terms = {0};
    if (number_at(c->sheet, fact, &total) && sum_cohorts(c->sheet, count, &sum, &terms) &&
        sum != total) {
        struct place at = fact_sheet_place(c->sheet, NULL, fact);
        int64_t off = sum > total ? sum - total : total - sum;
        if (sum > total)
            problems_add_error(c->problems, &at, "facts-sum",
                               "%s is %" PRId64 ", but the %s of the cohorts make %s = %" PRId64
                               ": %" PRId64 " too many",
                               fact, total, what, buf_text(&terms), sum, off);
        else
            problems_add_error(c->problems, &at, "facts-sum",
                               "%s is %" PRId64 ", but the %s of the cohorts make %s = %" PRId64
                               ": %" PRId64 " too few",
                               fact, total, what, buf_text(&terms), sum, off);
    }
    buf_free(&terms);
}

static void check_part(const struct checking *c, const char *part, const char *whole)
{
    int64_t less, more;
    if (number_at(c->sheet, part, &less) && number_at(c->sheet, whole, &more) && less > more) {
        struct place at = fact_sheet_place(c->sheet, NULL, part);
        problems_add_error(c->problems, &at, "facts-sum",
                           "%s is %" PRId64 ", more than %s, which is %" PRId64, part, less, whole,
                           more);
    }
}

static void check_cohort_sizes(const struct checking *c)
{
    for (size_t i = 0; i < c->sheet->cohort_count; i++) {
        const struct fact_cohort *one = &c->sheet->cohorts[i];
        if (one->people >= 0 && one->affected > one->people)
            problems_add_error(c->problems, &one->place, "facts-sum",
                               "cohort %s: %" PRId64 " are affected, but it has only %" PRId64
                               " people",
                               one->name, one->affected, one->people);
    }
}

/* Rounded as people round: up, down or to the nearest. */
static void check_share(const struct checking *c)
{
    int64_t done, total, share;
    if (!number_at(c->sheet, "figures.done", &done) ||
        !number_at(c->sheet, "figures.total", &total) ||
        !number_at(c->sheet, "figures.share", &share) || total <= 0)
        return;
    int64_t down = done * 100 / total, up = (done * 100 + total - 1) / total;
    struct place at = fact_sheet_place(c->sheet, NULL, "figures.share");
    if (share != down && share != up)
        problems_add_error(c->problems, &at, "facts-share",
                           "figures.share is %" PRId64 ", but %" PRId64 " of %" PRId64
                           " are %" PRId64 ".%" PRId64 " per cent",
                           share, done, total, down, done * 1000 / total % 10);
}

/* ---- times ---- */

static void check_times(const struct checking *c)
{
    const struct fact_sheet *s = c->sheet;
    struct place at = {s->file, 0, 0};
    if (s->aware_at.at_ms != 0 && s->discovered_at.at_ms > s->aware_at.at_ms)
        problems_add_warning(c->problems, &at, "facts-times",
                             "aware_at is before discovered_at: how could one be aware of what was "
                             "not noticed yet?");
    if (s->certainty == CERTAINTY_CONFIRMED && s->jurisdiction_count > 0 && s->aware_at.at_ms == 0)
        problems_add_warning(c->problems, &at, "facts-times",
                             "times.aware_at is missing: the clock of the law cannot run");
}

static void check_dates(const struct checking *c)
{
    const struct json_t *facts = c->sheet->facts;
    const char *start = fact_value_text(fact_value_at(facts, "incident.start"));
    const char *end = fact_value_text(fact_value_at(facts, "incident.end"));
    struct place at = fact_sheet_place(c->sheet, NULL, "incident.end");
    /* Dates of this form sort as texts. */
    if (start != NULL && end != NULL && strcmp(end, start) < 0)
        problems_add_error(c->problems, &at, "facts-times",
                           "incident.end (%s) is before incident.start (%s)", end, start);
}

/* A service comes back after it failed. */
static void check_outage(const struct checking *c, const char *cohort)
{
    struct json_t *data = fact_sheet_data(c->sheet, cohort);
    const char *down = fact_value_text(fact_value_at(data, "service.down_from"));
    const char *back = fact_value_text(fact_value_at(data, "service.restored_at"));
    struct place at = fact_sheet_place(c->sheet, cohort, "service.restored_at");
    int64_t down_ms, back_ms;
    if (down != NULL && back != NULL && clock_parse_rfc3339(down, &down_ms) &&
        clock_parse_rfc3339(back, &back_ms) && back_ms < down_ms)
        problems_add_error(c->problems, &at, "facts-times",
                           "service.restored_at (%s) is before service.down_from (%s)", back, down);
    json_free(data);
}

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* A slip of the finger in the year; what is planned is planned for the months to come. */
static void check_far(const struct checking *c, const char *cohort, const char *name)
{
    struct json_t *data = fact_sheet_data(c->sheet, cohort);
    const char *text = fact_value_text(fact_value_at(data, name));
    struct place at = fact_sheet_place(c->sheet, cohort, name);
    int64_t ms, from_ms = c->sheet->valid_from_ms;
    if (text != NULL && from_ms != 0 && clock_parse_rfc3339(text, &ms) &&
        ms > from_ms + 366 * DAY_MS)
        problems_add_warning(c->problems, &at, "facts-times",
                             "%s (%s) is more than a year after valid_from: is the year right?",
                             name, text);
    json_free(data);
}

static void check_outages(const struct checking *c)
{
    check_outage(c, NULL);
    check_far(c, NULL, "service.down_from");
    check_far(c, NULL, "service.restored_at");
    for (size_t i = 0; i < c->sheet->cohort_count; i++) {
        const char *cohort = c->sheet->cohorts[i].name;
        if (fact_value_at(c->sheet->cohorts[i].facts, "service") == NULL)
            continue;
        check_outage(c, cohort);
        check_far(c, cohort, "service.down_from");
        check_far(c, cohort, "service.restored_at");
    }
}

#define HOUR_MS (INT64_C(60) * 60 * 1000)

/* When the day began, or the moment; false: it is neither. A day begins 14 hours earlier in the
 * first zone of the world, which is the benefit of the doubt. */
static bool read_moment(const char *text, int64_t *out_ms)
{
    int64_t day;
    if (text != NULL && clock_parse_rfc3339(text, out_ms))
        return true;
    if (text == NULL || !reading_parse_day(text, &day))
        return false;
    *out_ms = (day * 24 - 14) * HOUR_MS;
    return true;
}

/* What a version says has happened happened before it. */
static void check_past(const struct checking *c, const char *cohort, const struct json_t *data,
                       const char *name)
{
    int64_t ms = 0, from_ms = c->sheet->valid_from_ms;
    const char *text = fact_value_text(fact_value_at(data, name));
    struct place at = fact_sheet_place(c->sheet, cohort, name);
    if (from_ms != 0 && read_moment(text, &ms) && ms > from_ms)
        problems_add_error(c->problems, &at, "facts-times",
                           "%s (%s) is after valid_from: this version cannot know it yet", name,
                           text);
}

static void check_start(const struct checking *c, const char *cohort)
{
    struct json_t *data = fact_sheet_data(c->sheet, cohort);
    const char *start = fact_value_text(fact_value_at(data, "incident.start"));
    const char *found = fact_value_text(fact_value_at(data, "incident.discovered"));
    struct place at = fact_sheet_place(c->sheet, cohort, "incident.start");
    check_past(c, cohort, data, "incident.start");
    check_past(c, cohort, data, "incident.discovered");
    /* Days sort as texts; of a time only the day is looked at. */
    if (start != NULL && found != NULL && strncmp(start, found, strlen("2026-01-01")) > 0)
        problems_add_error(c->problems, &at, "facts-times",
                           "incident.start (%s) is after incident.discovered (%s)", start, found);
    json_free(data);
}

static void check_starts(const struct checking *c)
{
    check_start(c, NULL);
    for (size_t i = 0; i < c->sheet->cohort_count; i++)
        check_start(c, c->sheet->cohorts[i].name);
}

/* The letters say how long the notice stands; it must stand as long. */
static void check_notice_day(const struct checking *c, const char *cohort, const char *name,
                             int64_t day)
{
    struct json_t *data = fact_sheet_data(c->sheet, cohort);
    const char *said = fact_value_text(fact_value_at(data, name));
    struct place at = fact_sheet_place(c->sheet, cohort, name);
    int64_t told = day;
    bool differs = said != NULL && reading_parse_day(said, &told) && told != day;
    bool begins = strcmp(name, "notice.from") == 0;
    if (differs && told > day)
        problems_add_error(c->problems, &at, "facts-notice",
                           begins ? "%s is %s, but public_notice stands from %" PRId64 " %s earlier"
                                  : "%s is %s, but public_notice stands until %" PRId64
                                    " %s earlier",
                           name, said, told - day, text_plural(told - day, "day", "days"));
    else if (differs)
        problems_add_error(c->problems, &at, "facts-notice",
                           begins ? "%s is %s, but public_notice stands from %" PRId64 " %s later"
                                  : "%s is %s, but public_notice stands until %" PRId64 " %s later",
                           name, said, day - told, text_plural(day - told, "day", "days"));
    json_free(data);
}

static void check_notice(const struct checking *c)
{
    const struct fact_sheet *s = c->sheet;
    if (!s->has_public_notice)
        return;
    for (size_t i = 0; i <= s->cohort_count; i++) {
        const char *cohort = i < s->cohort_count ? s->cohorts[i].name : NULL;
        bool own = cohort == NULL || fact_value_at(s->cohorts[i].facts, "notice") != NULL;
        if (!own)
            continue;
        check_notice_day(c, cohort, "notice.from", s->notice_from_day);
        check_notice_day(c, cohort, "notice.until", s->notice_until_day);
    }
}

/* ---- versions ---- */

static void check_version(const struct checking *c)
{
    struct place at = {c->sheet->file, 0, 0};
    if (c->sheet->version > 1 && c->sheet->supersedes == NULL)
        problems_add_error(c->problems, &at, "facts-version",
                           "this is version %d: say in `supersedes` which file is the one before",
                           c->sheet->version);
    if (c->sheet->version == 1 && c->sheet->supersedes != NULL)
        problems_add_error(c->problems, &at, "facts-version",
                           "this supersedes another version, so it cannot be version 1");
}

/* ---- contradictions ---- */

/* A term that is both taken and not. */
static void check_contradiction(const struct checking *c, const char *cohort)
{
    static const char *const lists[] = {"data_items", "data_items_possible"};
    struct json_t *data = fact_sheet_data(c->sheet, cohort);
    const struct json_t *safe = fact_value_at(data, "not_affected");
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct json_t *lost = fact_value_at(data, lists[i]);
        for (size_t k = 0; k < json_count(lost); k++) {
            const char *term = fact_value_text(json_at(lost, k));
            struct place at = fact_sheet_place(c->sheet, cohort, lists[i]);
            bool both = term != NULL && fact_value_contains(safe, term);
            if (both && cohort != NULL)
                problems_add_error(c->problems, &at, "facts-contradiction",
                                   "cohort %s: \"%s\" is in %s and in not_affected", cohort, term,
                                   lists[i]);
            else if (both)
                problems_add_error(c->problems, &at, "facts-contradiction",
                                   "everybody: \"%s\" is in %s and in not_affected", term,
                                   lists[i]);
        }
    }
    json_free(data);
}

/* Everybody's group of facts is replaced as a whole: what is not repeated is gone. */
static void check_groups(const struct checking *c)
{
    for (size_t i = 0; i < c->sheet->place_count; i++) {
        const struct fact_place *p = &c->sheet->places[i];
        const char *dot = strchr(p->name, '.');
        if (p->cohort != NULL || p->group || dot == NULL)
            continue;
        for (size_t k = 0; k < c->sheet->cohort_count; k++) {
            const struct fact_cohort *one = &c->sheet->cohorts[k];
            char group[200];
            snprintf(group, sizeof group, "%.*s", (int)(dot - p->name), p->name);
            struct place at = fact_sheet_place(c->sheet, one->name, group);
            if (fact_value_at(one->facts, group) != NULL &&
                fact_value_at(one->facts, p->name) == NULL)
                problems_add_warning(c->problems, &at, "facts-group",
                                     "cohort %s has a `%s` of its own, which takes the place of "
                                     "everybody's as a whole: %s is missing there",
                                     one->name, group, p->name);
        }
    }
}

void facts_check(const struct fact_sheet *s, struct problems *problems)
{
    const struct checking c = {.sheet = s, .problems = problems};
    bool possible = s->certainty == CERTAINTY_POSSIBLE;
    check_sum(&c, possible ? "affected_possible" : "affected_count", affected_of, "affected");
    check_sum(&c, "total_count", fact_cohort_people, "people");
    check_part(&c, "affected_count", "total_count");
    check_part(&c, "affected_possible", "total_count");
    check_part(&c, "figures.done", "figures.total");
    check_cohort_sizes(&c);
    check_share(&c);
    check_times(&c);
    check_dates(&c);
    check_outages(&c);
    check_starts(&c);
    check_notice(&c);
    check_version(&c);
    check_contradiction(&c, NULL);
    for (size_t i = 0; i < s->cohort_count; i++)
        check_contradiction(&c, s->cohorts[i].name);
    check_groups(&c);
    facts_languages_check(s, problems);
}
