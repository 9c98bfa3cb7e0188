#include "letters/check_names.h"

#include <inttypes.h>
#include <string.h>

#include "campaign/audience.h"
#include "people/garbled.h"
#include "render/escape.h"
#include "render/library_look.h"

#define LISTED_MAX 20

static const char *const columns[] = {"name", "title", "given_name", "family_name"};

struct naming {
    const struct campaign_check *check;
    const char *file;
    struct audience *audience;
    size_t column[COUNT_OF(columns)];
    struct buf cell, shown;
    size_t gender, family_name;
    int64_t found, garbled, half_greeted;
};

/* The letter shows less than the file holds: invisible characters, links, line breaks. */
static bool loses(struct naming *n, size_t column)
{
    buf_reset(&n->cell);
    buf_reset(&n->shown);
    audience_put_cell(n->audience, column, &n->cell);
    const char *text = buf_text(&n->cell);
    if (escape_name_ok(text, n->cell.len))
        return false;
    escape_put_name(&n->shown, text, n->cell.len);
    return n->shown.len != n->cell.len || memcmp(buf_text(&n->shown), text, n->cell.len) != 0;
}

/* By whoever opened the table in another charset and saved it: the file itself is sound now. */
static bool is_garbled(struct naming *n, size_t column)
{
    buf_reset(&n->cell);
    audience_put_cell(n->audience, column, &n->cell);
    return garbled_is(buf_text(&n->cell), n->cell.len);
}

static void tell_garbled(struct naming *n, int64_t line, const char *column)
{
    struct place at = {n->file, (int)line, 1};
    if (++n->garbled <= LISTED_MAX)
        problems_add_warning(&n->check->scene->problems, &at, "audience-charset",
                             "the column %s of this row was opened in the wrong character set and "
                             "saved so: take it from its source anew, and choose UTF-8 where the "
                             "spreadsheet asks while it opens (in Excel Data, From Text/CSV)",
                             column);
}

static void look(struct naming *n, int64_t line)
{
    struct place at = {n->file, (int)line, 1};
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        if (n->column[i] != AUDIENCE_NO_COLUMN && is_garbled(n, n->column[i]))
            tell_garbled(n, line, columns[i]);
        if (n->column[i] == AUDIENCE_NO_COLUMN || !loses(n, n->column[i]) ||
            ++n->found > LISTED_MAX)
            continue;
        problems_add_warning(&n->check->scene->problems, &at, "audience-name",
                             "the column %s of this row holds invisible characters, a link or a "
                             "line break, which no letter shows",
                             columns[i]);
    }
}

/* A gender alone greets nobody: Guten Tag Anna Schmidt. */
static void look_at_greeting(struct naming *n, const char *locale)
{
    buf_reset(&n->cell);
    buf_reset(&n->shown);
    audience_put_cell(n->audience, n->gender, &n->cell);
    audience_put_cell(n->audience, n->family_name, &n->shown);
    if (n->cell.len > 0 && n->shown.len == 0 && strcmp(buf_text(&n->cell), "neutral") != 0 &&
        library_greets_by_family_name(n->check->scene->library, locale))
        n->half_greeted++;
}

static void tell_greeting(const struct naming *n, const struct campaign_cohort *c)
{
    struct place at = {n->file, 0, 0};
    if (n->half_greeted > 0)
        problems_add_warning(&n->check->scene->problems, &at, "audience-greeting",
                             n->half_greeted == 1
                                 ? "%" PRId64 " person of cohort %s has a gender but no "
                                   "family_name, so the letter greets by the whole name: fill the "
                                   "column family_name"
                                 : "%" PRId64 " people of cohort %s have a gender but no "
                                   "family_name, so the letter greets them by the whole name: fill "
                                   "the column family_name",
                             n->half_greeted, c->name);
}

int check_names(const struct campaign_check *k, const struct campaign_cohort *c, struct error *err)
{
    struct naming n = {.check = k, .file = c->audience};
    struct audience_person one;
    bool more = true;
    int rc = audience_open(c->audience, &n.audience, err);
    for (size_t i = 0; rc == 0 && i < COUNT_OF(columns); i++)
        n.column[i] = audience_column(n.audience, columns[i]);
    if (rc == 0) {
        n.gender = audience_column(n.audience, "gender");
        n.family_name = audience_column(n.audience, "family_name");
    }
    while (rc == 0 && more) {
        rc = audience_next(n.audience, IDENTITY_ID, &one, &more, err);
        if (rc != 0 || !more || one.problem != NULL)
            continue;
        look(&n, one.line);
        look_at_greeting(&n, one.locale);
    }
    tell_greeting(&n, c);
    struct place at = {c->audience, 0, 0};
    if (n.found > LISTED_MAX)
        problems_add_warning(&k->scene->problems, &at, "audience-name",
                             "%" PRId64 " names lose something; the first %d are listed", n.found,
                             LISTED_MAX);
    if (n.garbled > LISTED_MAX)
        problems_add_warning(&k->scene->problems, &at, "audience-charset",
                             "%" PRId64 " names were saved in the wrong character set; the first "
                             "%d are listed",
                             n.garbled, LISTED_MAX);
    audience_close(n.audience);
    buf_free(&n.cell);
    buf_free(&n.shown);
    return rc;
}
