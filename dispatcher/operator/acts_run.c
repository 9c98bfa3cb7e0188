#include "operator/acts_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "model/json.h"

/* ---- words with numbers ---- */

static void add_word(struct tally_words *t, const char *word, int64_t count)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->at[i].word, word) == 0) {
            t->at[i].count += count;
            return;
        }
    }
    t->at = xreallocarray(t->at, t->count + 1, sizeof(*t->at));
    t->at[t->count++] = (struct tally_word){.word = xstrdup(word), .count = count};
}

static void clear_words(struct tally_words *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->at[i].word);
    free(t->at);
    *t = (struct tally_words){0};
}

static int compare_words(const void *a, const void *b)
{
    const struct tally_word *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : strcmp(x->word, y->word);
}

static void sort_words(struct tally_words *t)
{
    if (t->count > 1)
        qsort(t->at, t->count, sizeof(*t->at), compare_words);
}

int64_t tally_words_find(const struct tally_words *t, const char *word)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->at[i].word, word) == 0)
            return t->at[i].count;
    }
    return 0;
}

static void put_words(struct buf *out, const struct tally_words *t)
{
    for (size_t i = 0; i < t->count; i++)
        buf_printf(out, "%s%s %" PRId64, i > 0 ? ", " : "", t->at[i].word, t->at[i].count);
}

static void put_json_words(struct buf *out, const char *key, const struct tally_words *t)
{
    buf_printf(out, "\"%s\":{", key);
    for (size_t i = 0; i < t->count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, t->at[i].word);
        buf_printf(out, ":%" PRId64, t->at[i].count);
    }
    buf_putc(out, '}');
}

/* ---- steps ---- */

struct run {
    struct acts *acts;
    struct session session;
    struct progress *progress; /* NULL: it is only counted */
    int64_t expected;
};

/* False: there is no `index`-th selector. */
static bool put_request(struct buf *out, const struct run *r, size_t index,
                        const struct json_t *before)
{
    static const char *const places[] = {"after", "until", "group", "at", "action"};
    const struct acts *a = r->acts;
    request_begin(out, a->verb);
    request_put_text(out, "what", a->what);
    if (!selected_put(a->selected, a->inv, index, out))
        return false;
    request_put_text(out, "reason", option_value(a->inv, "reason"));
    for (size_t i = 0; i < COUNT_OF(places); i++)
        buf_printf(out, ",\"%s\":%" PRId64, places[i], json_get_int(before, places[i], 0));
    buf_printf(out, ",\"dry_run\":%s}", r->progress == NULL ? "true" : "false");
    return true;
}

static void add_left(void *context, const char *reason, const struct json_t *number)
{
    double count = 0;
    if (json_get_number(number, &count))
        add_word(context, reason, (int64_t)count);
}

/* 0: nothing was recorded. Each step of an action names it again. */
static void add_action(struct acts *a, int64_t number)
{
    struct number_range *last = a->action_count > 0 ? &a->actions[a->action_count - 1] : NULL;
    if (number == 0 || (last != NULL && number == last->last))
        return;
    if (last != NULL && number == last->last + 1) {
        last->last = number;
        return;
    }
    a->actions = xreallocarray(a->actions, a->action_count + 1, sizeof(*a->actions));
    a->actions[a->action_count++] = (struct number_range){number, number};
}

static void add_answer(struct acts *a, const struct json_t *facts)
{
    const struct json_t *by = json_get(facts, "by");
    add_action(a, json_get_int(facts, "action", 0));
    a->count += json_get_int(facts, "count", 0);
    a->ended += json_get_int(facts, "ended", 0);
    json_walk(json_get(facts, "left"), add_left, &a->left);
    for (size_t i = 0; i < json_count(by); i++) {
        const struct json_t *share = json_at(by, i);
        int64_t count = json_get_int(share, "count", 0);
        add_word(&a->channels, json_get_text(share, "channel", "?"), count);
        add_word(&a->locales, json_get_text(share, "locale", "?"), count);
    }
    if (a->on_answer != NULL && facts != NULL)
        a->on_answer(a->context, facts);
}

/* One step; *before is the answer of the last one, and becomes this one's. */
static int ask_step(struct run *r, size_t index, struct json_t **before, bool *out_any,
                    struct error *err)
{
    struct buf request = {0};
    struct json_t *facts = NULL;
    int rc = 0;
    *out_any = put_request(&request, r, index, *before);
    if (*out_any)
        rc = session_ask(&r->session, buf_text(&request), NULL, &facts, err);
    add_answer(r->acts, facts);
    if (r->progress != NULL)
        progress_update(r->progress, r->acts->count, r->expected, NULL, clock_mono_ms());
    json_free(*before);
    *before = facts;
    buf_free(&request);
    return rc;
}

/* One, or one for each that is named. */
static int ask_all(struct run *r, struct error *err)
{
    bool any = true;
    int rc = 0;
    for (size_t i = 0; rc == 0 && any; i++) {
        struct json_t *before = NULL;
        do
            rc = ask_step(r, i, &before, &any, err);
        while (rc == 0 && json_get_bool(before, "more", false));
        json_free(before);
    }
    sort_words(&r->acts->channels);
    sort_words(&r->acts->locales);
    return rc;
}

static void forget(struct acts *a)
{
    a->count = a->ended = 0;
    free(a->actions);
    a->actions = NULL;
    a->action_count = 0;
    clear_words(&a->left);
    clear_words(&a->channels);
    clear_words(&a->locales);
}

int acts_count(struct acts *a, struct error *err)
{
    struct run r = {.acts = a};
    forget(a);
    int rc = session_open_beside(a->inv, &r.session, err);
    if (rc == 0)
        rc = ask_all(&r, err);
    session_close(&r.session);
    return rc;
}

int acts_do(struct acts *a, struct error *err)
{
    struct progress progress;
    struct run r = {.acts = a, .progress = &progress, .expected = a->count};
    forget(a);
    progress_begin(&progress, a->inv, a->what != NULL ? a->what : a->verb, clock_mono_ms());
    int rc = session_open(a->inv, LEDGER_WRITE, &r.session, err);
    if (rc == 0)
        rc = ask_all(&r, err);
    progress_hide(&progress);
    a->daemon = rc == 0 && client_has_daemon(r.session.client);
    session_close(&r.session);
    return rc;
}

void acts_clear(struct acts *a)
{
    forget(a);
}

/* ---- telling ---- */

void acts_put_shares(const struct acts *a, struct buf *out)
{
    put_words(out, &a->channels);
    buf_puts(out, a->channels.count > 0 ? "; " : "");
    put_words(out, &a->locales);
}

void acts_put_actions(const struct acts *a, struct buf *out)
{
    for (size_t i = 0; i < a->action_count; i++) {
        const struct number_range *range = &a->actions[i];
        buf_printf(out, "%s%" PRId64, i > 0 ? "," : "", range->first);
        if (range->last > range->first)
            buf_printf(out, "-%" PRId64, range->last);
    }
}

void acts_put_json(const struct acts *a, struct buf *out)
{
    buf_putc(out, ',');
    put_json_words(out, "left", &a->left);
    buf_puts(out, ",\"by\":{");
    put_json_words(out, "channel", &a->channels);
    buf_putc(out, ',');
    put_json_words(out, "locale", &a->locales);
    buf_putc(out, '}');
}
