/*
 * Which deliveries an operator's action moved last, so that just these can be named again: to look
 * at them, and to undo it. Whose delivery another action moves belongs to that one from then on.
 */
#include "ledger/ledger_backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/db.h"
#include "ledger/schema.h"

#define DIGITS     "0123456789"
#define DIGITS_MAX 15 /* of one number */
#define FIRST_ROOM 64

/* Step 10. One row a delivery, in the order of deliveries: a hold of millions appends. */
void schema_put_acted(struct buf *sql)
{
    buf_puts(sql, "CREATE TABLE acted ("
                  " delivery INTEGER PRIMARY KEY REFERENCES delivery (seq),"
                  " action INTEGER NOT NULL"
                  ") STRICT;");
}

static const char note_sql[] = "INSERT INTO acted (delivery, action) VALUES (?, ?)"
                               " ON CONFLICT (delivery) DO UPDATE SET action = excluded.action";

void acted_add(struct acted *all, int64_t delivery)
{
    if (all->count == all->room) {
        all->room = all->room > 0 ? all->room * 2 : FIRST_ROOM;
        all->at = xreallocarray(all->at, all->room, sizeof(*all->at));
    }
    all->at[all->count++] = delivery;
}

void acted_free(struct acted *all)
{
    free(all->at);
    *all = (struct acted){0};
}

int acted_note(struct ledger *l, const struct acted *all, int64_t action, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < all->count; i++) {
        struct query *q = db_query(l->db, note_sql);
        query_bind_int(q, all->at[i]);
        query_bind_int(q, action);
        rc = query_run(q, err);
    }
    return rc;
}

/* ---- their numbers, as text ---- */

/* Behind a number; NULL: there is none. */
static const char *pass_number(const char *at)
{
    size_t digits = strspn(at, DIGITS);
    return digits > 0 && digits <= DIGITS_MAX ? at + digits : NULL;
}

/* Behind one number, or two with a '-' between. */
static const char *pass_range(const char *at)
{
    const char *end = pass_number(at);
    return end != NULL && *end == '-' ? pass_number(end + 1) : end;
}

bool ledger_actions_valid(const char *text)
{
    const char *end = pass_range(text);
    while (end != NULL && *end == ',')
        end = pass_range(end + 1);
    return end != NULL && *end == '\0';
}

/* Literals: what is no number was refused before. */
void acted_put_where(struct buf *sql, const char *text)
{
    buf_puts(sql, " AND EXISTS (SELECT 1 FROM acted a WHERE a.delivery = d.seq AND (0");
    while (text != NULL) {
        long long first = strtoll(text, NULL, 10);
        const char *end = text + strspn(text, DIGITS);
        long long last = *end == '-' ? strtoll(end + 1, NULL, 10) : first;
        buf_printf(sql, " OR a.action BETWEEN %lld AND %lld", first, last);
        end = strchr(end, ',');
        text = end != NULL ? end + 1 : NULL;
    }
    buf_puts(sql, "))");
}
