/*
 * Names that many rows share, by number: transports and letters. There are few (a letter per
 * template, language and time zone), so all that were met stay in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "ledger/db.h"
#include "ledger/ledger_backend.h"

static const char find_transport_sql[] = "SELECT seq FROM transport WHERE name = ?";
static const char name_transport_sql[] = "SELECT name FROM transport WHERE seq = ?";
static const char insert_transport_sql[] = "INSERT INTO transport (name) VALUES (?)";
static const char find_letter_sql[] =
    "SELECT seq FROM letter WHERE template = ? AND locale = ? AND fallback = ? AND zone = ?";
static const char read_letter_sql[] =
    "SELECT template, locale, zone, fallback FROM letter WHERE seq = ?";
static const char insert_letter_sql[] =
    "INSERT INTO letter (template, locale, fallback, zone) VALUES (?, ?, ?, ?)";

/* ---- transports ---- */

static const char *keep_transport(struct ledger *l, int64_t number, const char *name)
{
    l->transports = xreallocarray(l->transports, l->transport_count + 1, sizeof(*l->transports));
    struct transport_memo *memo = &l->transports[l->transport_count++];
    *memo = (struct transport_memo){.number = number, .name = xstrdup(name)};
    undo_note(l, &(struct undo){.kind = UNDO_NEW_TRANSPORT});
    return memo->name;
}

void ledger_drop_transport(struct ledger *l)
{
    free(l->transports[--l->transport_count].name);
}

static int insert_transport(struct ledger *l, const char *name, int64_t *out, struct error *err)
{
    struct query *q = db_query(l->db, insert_transport_sql);
    query_bind_text(q, name);
    int rc = query_run(q, err);
    *out = db_last_number(l->db);
    return rc;
}

int ledger_find_transport(struct ledger *l, const char *name, bool create, int64_t *out,
                          struct error *err)
{
    for (size_t i = 0; i < l->transport_count; i++) {
        *out = l->transports[i].number;
        if (strcmp(l->transports[i].name, name) == 0)
            return 0;
    }
    struct query *q = db_query(l->db, find_transport_sql);
    query_bind_text(q, name);
    *out = 0;
    int rc = query_run_int(q, out, err);
    if (rc < 0 || (rc == 0 && !create))
        return rc;
    rc = rc > 0 ? 0 : insert_transport(l, name, out, err);
    if (rc == 0)
        keep_transport(l, *out, name);
    return rc;
}

int ledger_name_transport(struct ledger *l, int64_t number, const char **out, struct error *err)
{
    for (size_t i = 0; i < l->transport_count; i++) {
        *out = l->transports[i].name;
        if (l->transports[i].number == number)
            return 0;
    }
    struct query *q = db_query(l->db, name_transport_sql);
    query_bind_int(q, number);
    int rc = query_step(q, err);
    if (rc == 0)
        return ledger_damaged(l, "there is no transport", number, err);
    if (rc < 0)
        return rc;
    *out = keep_transport(l, number, ledger_read_text(q));
    query_end(q);
    return 0;
}

/* ---- letters ---- */

static const struct letter *keep_letter(struct ledger *l, int64_t number,
                                        const struct letter *letter)
{
    l->letters = xreallocarray(l->letters, l->letter_count + 1, sizeof(struct letter_memo *));
    struct letter_memo *memo = xcalloc(1, sizeof(*memo));
    memo->number = number;
    memo->texts[0] = xstrdup(letter->template_name);
    memo->texts[1] = xstrdup(letter->locale);
    memo->texts[2] = xstrdup(letter->zone);
    memo->letter = (struct letter){.template_name = memo->texts[0],
                                   .locale = memo->texts[1],
                                   .zone = memo->texts[2],
                                   .fallback = letter->fallback};
    l->letters[l->letter_count++] = memo;
    undo_note(l, &(struct undo){.kind = UNDO_NEW_LETTER});
    return &memo->letter;
}

void ledger_drop_letter(struct ledger *l)
{
    struct letter_memo *memo = l->letters[--l->letter_count];
    for (size_t i = 0; i < COUNT_OF(memo->texts); i++)
        free(memo->texts[i]);
    free(memo);
}

static bool equal_letters(const struct letter *a, const struct letter *b)
{
    return a->fallback == b->fallback && strcmp(a->locale, b->locale) == 0 &&
           strcmp(a->template_name, b->template_name) == 0 && strcmp(a->zone, b->zone) == 0;
}

static void bind_letter(struct query *q, const struct letter *letter)
{
    query_bind_text(q, letter->template_name);
    query_bind_text(q, letter->locale);
    query_bind_int(q, letter->fallback);
    query_bind_text(q, letter->zone);
}

static int insert_letter(struct ledger *l, const struct letter *letter, int64_t *out,
                         struct error *err)
{
    struct query *q = db_query(l->db, insert_letter_sql);
    bind_letter(q, letter);
    int rc = query_run(q, err);
    *out = db_last_number(l->db);
    return rc;
}

int ledger_find_letter(struct ledger *l, const struct letter *letter, int64_t *out,
                       struct error *err)
{
    for (size_t i = 0; i < l->letter_count; i++) {
        *out = l->letters[i]->number;
        if (equal_letters(&l->letters[i]->letter, letter))
            return 0;
    }
    struct query *q = db_query(l->db, find_letter_sql);
    bind_letter(q, letter);
    int rc = query_run_int(q, out, err);
    if (rc == 0)
        rc = insert_letter(l, letter, out, err);
    if (rc < 0)
        return rc;
    keep_letter(l, *out, letter);
    return 0;
}

int ledger_read_letter(struct ledger *l, int64_t number, const struct letter **out,
                       struct error *err)
{
    for (size_t i = 0; i < l->letter_count; i++) {
        *out = &l->letters[i]->letter;
        if (l->letters[i]->number == number)
            return 0;
    }
    struct query *q = db_query(l->db, read_letter_sql);
    query_bind_int(q, number);
    int rc = query_step(q, err);
    if (rc == 0)
        return ledger_damaged(l, "there is no letter", number, err);
    if (rc < 0)
        return rc;
    struct letter letter = {.template_name = ledger_read_text(q)};
    letter.locale = ledger_read_text(q);
    letter.zone = ledger_read_text(q);
    letter.fallback = query_int(q) != 0;
    *out = keep_letter(l, number, &letter);
    query_end(q);
    return 0;
}
