/*
 * Steps through the rows a selector may mean: what moves many deliveries moves them page by page,
 * and everybody else is served between two steps. What is done to each row is the mover's.
 */
#ifndef LEDGER_ACT_STEP_H
#define LEDGER_ACT_STEP_H

#include "ledger/ledger_backend.h"

/* Steps follow each other at once; whoever waits so long with the next one is gone. */
#define STEP_IDLE_MS 60000

/* A row as it stands, in flight or not. */
struct candidate {
    int64_t delivery, notice, batch, lane, patience_ms, due_ms;
    int64_t attempts;
    char locale[SHARE_LOCALE_SIZE];
    enum channel_kind channel;
    enum delivery_state state;
    bool tried;
    bool meant; /* by the selector */
    bool flies;
    int bar; /* why it is left alone; the mover's number for "it is not" */
};

struct step;

struct mover {
    /* Is it about this state, as rows have it? Only rows of such states are looked at, and of a
     * notice that is named all. */
    bool (*is_about)(const struct step *s, enum delivery_state state);
    /* " CASE ... END" from d, n and b: the bar. */
    void (*put_bar)(struct buf *sql, const struct step *s);
    /* Of a row that was read: what only memory knows. */
    void (*judge)(const struct step *s, struct candidate *row);
    int (*take)(struct ledger *l, const struct step *s, struct candidate *row, struct error *err);
    int free_bar; /* it is not left alone */
    /* Does it end the waiting for what has left? Such rows have this bar. NULL: never. */
    bool (*ends_next)(const struct step *s);
    int left_bar;
};

/* A step, with the names of its selector looked up. */
struct step {
    const struct mover *mover;
    const struct selector *selector;
    const struct action *action; /* NULL: it is only counted */
    int64_t now_ms;
    bool count_only;
    void *context; /* the mover's */
    struct resolved resolved;
    bool by_cause, by_domain;  /* numbers of these hold all that is meant: no groups are needed */
    struct buf numbers, group; /* the questions for a page, by number and of a group */
};

/* One step: s->mover->take() for each row, meant or not. */
MUST_CHECK int step_take(struct ledger *l, struct step *s, struct step_place *place,
                         struct error *err);

/* With single routing: another channel of the person runs, or told; asked row by row, so that of
 * two only the first is taken. For who only counts (with `earlier`): or an earlier one would be
 * taken before. */
MUST_CHECK int step_is_told(struct ledger *l, const struct step *s, const struct candidate *row,
                            bool earlier, bool *out, struct error *err);

/* What is recorded of a step that moved `count`: see struct retry. *number: under which. */
MUST_CHECK int step_record(struct ledger *l, const struct action *action, int64_t count, bool more,
                           int64_t *number, struct error *err);

#endif
