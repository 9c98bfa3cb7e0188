#include "letters/check_reach.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "campaign/audience.h"
#include "people/column_words.h"

#define LISTED_MAX 20

static const struct {
    enum channel_kind kind;
    const char *member, *what;
} addresses[] = {
    {CHANNEL_EMAIL, "email", "e-mail address"},
    {CHANNEL_SMS, "phone", "phone number"},
    {CHANNEL_WEBHOOK, "webhook", "webhook"},
};

/* "e-mail address or phone number", of the campaign's channels */
static void put_addresses(const struct campaign *c, struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        if (c->channels[addresses[i].kind])
            buf_printf(out, "%s%s", out->len > 0 ? " or " : "", addresses[i].what);
    }
}

/* ---- columns ---- */

static bool is_known(const struct campaign_check *k, const struct audience *a, size_t column)
{
    static const char *const members[] = {
        "recipient_id", "id",    "name",    "title",    "given_name", "family_name", "gender",
        "email",        "phone", "webhook", "timezone", "locale",     "reference"};
    struct library_variable v;
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (audience_column(a, members[i]) == column)
            return true;
    }
    for (size_t i = 0; library_template_variable(k->scene->library, k->template_index, i, &v); i++)
        if (audience_column(a, v.name) == column)
            return true;
    return false;
}

/* What it is called here; NULL: it is right, or in no words we know. */
static const struct column_word *find_word(const struct campaign_check *k, const struct audience *a,
                                           size_t column)
{
    return is_known(k, a, column) ? NULL : words_find_column(audience_column_name(a, column));
}

static void check_word(const struct campaign_check *k, const char *file, const struct audience *a,
                       size_t column)
{
    const struct column_word *word = find_word(k, a, column);
    struct place at = {file, 1, 1};
    if (word == NULL)
        return;
    bool there = audience_column(a, word->member) != AUDIENCE_NO_COLUMN;
    if (there)
        problems_add_error(
            &k->scene->problems, &at, "audience-column",
            "the column \"%s\" is neither part of a recipient nor a variable of the "
            "letter; it likely means %s, which is there already: keep one of the two",
            audience_column_name(a, column), word->member);
    else
        problems_add_error(&k->scene->problems, &at, "audience-column",
                           "the column \"%s\" is neither part of a recipient nor a variable of the "
                           "letter; rename it to %s%s",
                           audience_column_name(a, column), word->member,
                           word->also != NULL ? word->also : "");
}

/* Under whatever name. */
static bool has_address(const struct campaign_check *k, const struct audience *a)
{
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        if (audience_column(a, addresses[i].member) != AUDIENCE_NO_COLUMN &&
            k->campaign->channels[addresses[i].kind])
            return true;
    }
    for (size_t i = 0; i < audience_column_count(a); i++) {
        const struct column_word *word = find_word(k, a, i);
        for (size_t n = 0; word != NULL && n < COUNT_OF(addresses); n++)
            if (strcmp(word->member, addresses[n].member) == 0)
                return true;
    }
    return false;
}

int check_reach_columns(const struct campaign_check *k, const struct campaign_cohort *c,
                        struct error *err)
{
    struct audience *a = NULL;
    struct buf wanted = {0};
    struct place at = {c->audience, 1, 1};
    int rc = audience_open(c->audience, &a, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < audience_column_count(a); i++)
        check_word(k, c->audience, a, i);
    put_addresses(k->campaign, &wanted);
    if (wanted.len > 0 && !has_address(k, a))
        problems_add_warning(&k->scene->problems, &at, "audience-contact",
                             "no column holds an %s: nobody of cohort %s can be reached",
                             buf_text(&wanted), c->name);
    audience_close(a);
    buf_free(&wanted);
    return 0;
}

/* ---- rows ---- */

struct reaching {
    const struct campaign_check *check;
    struct audience *audience;
    size_t columns[COUNT_OF(addresses)];
    struct buf cell, wanted;
    int64_t found;
};

static bool can_be_reached(struct reaching *r)
{
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        buf_reset(&r->cell);
        if (r->check->campaign->channels[addresses[i].kind])
            audience_put_cell(r->audience, r->columns[i], &r->cell);
        if (r->cell.len > 0)
            return true;
    }
    return false;
}

static void look(struct reaching *r, const char *file, int64_t line)
{
    struct place at = {file, (int)line, 1};
    if (can_be_reached(r) || ++r->found > LISTED_MAX)
        return;
    problems_add_warning(&r->check->scene->problems, &at, "audience-contact",
                         "this person has no %s: reach them in another way, or by a public notice",
                         buf_text(&r->wanted));
}

int check_reach(const struct campaign_check *k, const struct campaign_cohort *c, struct error *err)
{
    struct reaching r = {.check = k};
    struct audience_person one;
    bool more = true;
    int rc = audience_open(c->audience, &r.audience, err);
    put_addresses(k->campaign, &r.wanted);
    /* Without such a column it was told of all of them. */
    if (rc == 0 && (r.wanted.len == 0 || !has_address(k, r.audience)))
        more = false;
    for (size_t i = 0; rc == 0 && i < COUNT_OF(addresses); i++)
        r.columns[i] = audience_column(r.audience, addresses[i].member);
    while (rc == 0 && more) {
        rc = audience_next(r.audience, IDENTITY_ID, &one, &more, err);
        if (rc == 0 && more && one.problem == NULL)
            look(&r, c->audience, one.line);
    }
    struct place at = {c->audience, 0, 0};
    if (r.found > LISTED_MAX)
        problems_add_warning(&k->scene->problems, &at, "audience-contact",
                             "%" PRId64 " people of cohort %s have no %s; the first %d are listed",
                             r.found, c->name, buf_text(&r.wanted), LISTED_MAX);
    audience_close(r.audience);
    buf_free(&r.cell);
    buf_free(&r.wanted);
    return rc;
}
