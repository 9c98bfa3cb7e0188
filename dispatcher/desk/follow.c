#include "desk/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/csv_put.h"
#include "cli/output.h"
#include "model/json.h"

#define TABLE_MAX ((size_t)4 * 1024 * 1024 * 1024)

/* ---- the table ---- */

static const char *const of_person[] = {"name",  "title", "given_name", "family_name", "gender",
                                        "email", "phone", "webhook",    "timezone"};

struct table_writing {
    struct buf *out;
    int64_t count, gone;
};

static void put_row(void *context, const struct json_t *row)
{
    struct table_writing *w = context;
    const struct json_t *to = json_get(row, "to");
    if (json_kind_of(to) != JSON_KIND_OBJECT) {
        w->gone++;
        return;
    }
    csv_put_cell(w->out, json_get_text(row, "recipient", ""), true);
    csv_put_cell(w->out, json_get_text(row, "asked_locale", ""), false);
    for (size_t i = 0; i < COUNT_OF(of_person); i++)
        csv_put_person(w->out, json_get_text(to, of_person[i], ""));
    buf_puts(w->out, "\r\n");
    w->count++;
}

static int put_states(const char *states, struct buf *out, struct error *err)
{
    char *copy = xstrdup(states), *rest = copy, *word;
    int rc = 0;
    buf_puts(out, ",\"states\":[");
    for (size_t i = 0; rc == 0 && (word = strsep(&rest, ",")) != NULL; i++) {
        enum delivery_state state;
        if (!delivery_state_parse(word, &state))
            rc = error_set(err, ERR_USAGE,
                           "there is no state \"%s\"; states are waiting, deferred, held, "
                           "delivered, failed, suppressed, expired, cancelled, uncertain",
                           word);
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, word);
    }
    buf_putc(out, ']');
    free(copy);
    return rc;
}

static int put_request(const char *campaign, const char *cohort, const char *states,
                       struct buf *out, struct error *err)
{
    request_begin(out, "people");
    request_put_text(out, "campaign", campaign);
    request_put_text(out, "cohort", cohort);
    int rc = put_states(states, out, err);
    buf_putc(out, '}');
    return rc;
}

int follow_put_people(struct session *s, const char *campaign, const char *cohort,
                      const char *states, struct buf *out, int64_t *out_count, struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    struct table_writing w = {.out = out};
    int rc = put_request(campaign, cohort, states, &request, err);
    if (rc == 0)
        rc = session_ask(s, buf_text(&request), &rows, &end, err);
    if (rc == 0) {
        buf_puts(out, CSV_BOM "id,locale");
        for (size_t i = 0; i < COUNT_OF(of_person); i++)
            buf_printf(out, ",%s", of_person[i]);
        buf_puts(out, "\r\n");
        output_each_line(&rows, put_row, &w);
    }
    if (rc == 0 && w.gone > 0)
        rc = error_set(err, ERR_NOT_FOUND,
                       "the lines of %lld people of %s cannot be read any more (their retention is "
                       "over, or the spool cannot be read from here): take their addresses from "
                       "the table %s was sent with",
                       (long long)w.gone, campaign, campaign);
    *out_count = w.count;
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc;
}

/* ---- is it still the same? ---- */

static int compare_table(const struct invocation *inv, struct session *s,
                         const struct campaign_cohort *cohort, bool only, struct error *err)
{
    const char *of = option_value(inv, "of"), *states = option_value(inv, "to-those");
    struct buf now = {0}, then = {0};
    int64_t count = 0;
    int rc = follow_put_people(s, of, only ? NULL : cohort->name, states, &now, &count, err);
    if (rc == 0 && cohort->audience != NULL)
        rc = file_read_path(cohort->audience, TABLE_MAX, &then, err);
    bool same = now.len == then.len && memcmp(buf_text(&now), buf_text(&then), now.len) == 0;
    if (rc == 0 && !same)
        rc = error_set(err, ERR_CONFLICT,
                       "%s is not the table of the %lld people of %s who are %s now: dispatcher "
                       "campaign people %s --state %s%s%s --out %s, and have it approved again",
                       cohort->audience != NULL ? cohort->audience : cohort->name, (long long)count,
                       of, states, of, states, only ? "" : " --cohort ", only ? "" : cohort->name,
                       cohort->audience != NULL ? cohort->audience : "people.csv");
    buf_free(&now);
    buf_free(&then);
    return rc;
}

int follow_check(const struct invocation *inv, const struct campaign *c, struct error *err)
{
    struct session s = {0};
    if (option_given(inv, "to-those") != option_given(inv, "of"))
        return error_set(err, ERR_USAGE, "--to-those STATES and --of CAMPAIGN belong together");
    if (!option_given(inv, "to-those"))
        return 0;
    int rc = session_open_beside(inv, &s, err);
    for (size_t i = 0; rc == 0 && i < c->cohort_count; i++)
        rc = compare_table(inv, &s, &c->cohorts[i], c->cohort_count == 1, err);
    session_close(&s);
    return rc;
}
