#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/groups.h"
#include "base/text.h"
#include "cli/cure.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "model/cause.h"
#include "model/json.h"
#include "operator/steps.h"

/* Of a reply, in the table; all of it is in the JSON, and in `show`. */
#define SAMPLE_BYTES 60

struct failure {
    char *channel, *state, *cause, *sample;
    int64_t count;
};

struct failures {
    struct failure *at;
    size_t count;
    int64_t total;
};

static struct failure *find(struct failures *all, const struct json_t *row)
{
    const char *channel = json_get_text(row, "channel", "");
    const char *state = json_get_text(row, "state", "");
    const char *cause = json_get_text(row, "cause", "");
    for (size_t i = 0; i < all->count; i++) {
        struct failure *f = &all->at[i];
        if (text_equal(f->channel, channel) && text_equal(f->state, state) &&
            text_equal(f->cause, cause))
            return f;
    }
    all->at = xreallocarray(all->at, all->count + 1, sizeof(*all->at));
    all->at[all->count] = (struct failure){
        .channel = xstrdup(channel), .state = xstrdup(state), .cause = xstrdup(cause)};
    return &all->at[all->count++];
}

static void take_row(void *context, const struct json_t *row)
{
    struct failures *all = context;
    struct failure *f = find(all, row);
    int64_t count = json_get_int(row, "count", 0);
    f->count += count;
    all->total += count;
    free(f->sample);
    f->sample = xstrdup(json_get_text(row, "sample", ""));
}

static int compare(const void *a, const void *b)
{
    const struct failure *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    int by = strcmp(x->cause, y->cause);
    if (by == 0)
        by = strcmp(x->state, y->state);
    return by != 0 ? by : strcmp(x->channel, y->channel);
}

static void free_all(struct failures *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->at[i].channel);
        free(all->at[i].state);
        free(all->at[i].cause);
        free(all->at[i].sample);
    }
    free(all->at);
}

/* The command must mean this row and no other one. */
static void find_cure(const struct invocation *inv, const struct failures *all,
                      const struct failure *f, struct cure *out)
{
    struct cure_question q = {.state = f->state,
                              .cause = f->cause,
                              .channel = f->channel,
                              .id = argument_at(inv, 0),
                              .name_state = option_given(inv, "state"),
                              .name_channel = option_given(inv, "channel")};
    for (size_t i = 0; i < all->count; i++) {
        const struct failure *other = &all->at[i];
        if (!text_equal(other->cause, f->cause))
            continue;
        q.name_state = q.name_state || !text_equal(other->state, f->state);
        q.name_channel = q.name_channel || !text_equal(other->channel, f->channel);
    }
    cure_find(inv, &q, out);
}

/* ---- for people ---- */

static void put_short(const char *text, struct buf *out)
{
    size_t len = strcspn(text, "\r\n");
    bool cut = len > SAMPLE_BYTES;
    if (cut) {
        len = SAMPLE_BYTES;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    buf_put(out, text, len);
    if (cut)
        buf_puts(out, "…");
}

/* The command is to be copied: where the terminal has no room for it beside the rest, it stands
 * below. */
#define WIDE_ENOUGH 180

static void add_facts(const struct invocation *inv, const struct failure *f, struct table *t)
{
    struct buf said = {0}, sample = {0};
    const char *meaning = cause_meaning(f->cause);
    kept_put(inv, f->sample, &said);
    put_short(buf_text(&said), &sample);
    table_count(t, f->count);
    table_cell(t, f->channel);
    table_cell(t, say_word(inv, f->state));
    table_cell(t, f->cause);
    table_cell(t, meaning != NULL ? say_word(inv, meaning) : NULL);
    table_cell(t, buf_text(&sample));
    buf_free(&said);
    buf_free(&sample);
}

static void add_cure(const struct invocation *inv, const struct failures *all,
                     const struct failure *f, struct table *t)
{
    struct buf try = {0};
    struct cure cure;
    find_cure(inv, all, f, &cure);
    cure_put(inv, &cure, &try);
    table_cell(t, buf_text(&try));
    cure_clear(&cure);
    buf_free(&try);
}

static void print_facts(const struct invocation *inv, const struct failures *all, size_t rows,
                        bool cures)
{
    const char *const heads[] = {
        say_word(inv, "COUNT"), say_word(inv, "CHANNEL"),       say_word(inv, "STATE"),
        say_word(inv, "CAUSE"), say_word(inv, "WHAT IT MEANS"), say_word(inv, "SAMPLE REPLY"),
        say_word(inv, "TRY")};
    struct table t;
    table_begin(&t, heads, cures ? COUNT_OF(heads) : COUNT_OF(heads) - 1);
    for (size_t i = 0; i < rows; i++) {
        add_facts(inv, &all->at[i], &t);
        if (cures)
            add_cure(inv, all, &all->at[i], &t);
    }
    table_end(&t);
}

static void print_cures(const struct invocation *inv, const struct failures *all, size_t rows)
{
    const char *const heads[] = {say_word(inv, "COUNT"), say_word(inv, "CAUSE"),
                                 say_word(inv, "TRY")};
    struct table t;
    putchar('\n');
    table_begin(&t, heads, COUNT_OF(heads));
    t.whole = 1u << 2;
    for (size_t i = 0; i < rows; i++) {
        table_count(&t, all->at[i].count);
        table_cell(&t, all->at[i].cause);
        add_cure(inv, all, &all->at[i], &t);
    }
    table_end(&t);
}

static void print_table(const struct invocation *inv, const struct failures *all, int64_t limit)
{
    size_t rows = (int64_t)all->count < limit ? all->count : (size_t)limit;
    size_t columns = output_columns();
    bool wide = columns == 0 || columns >= WIDE_ENOUGH;
    if (rows == 0) {
        say(inv, stderr, "Nothing has failed, waits for another try or is held.\n");
        return;
    }
    print_facts(inv, all, rows, wide);
    if (!wide)
        print_cures(inv, all, rows);
    if (all->count > rows)
        say(inv, stderr, "%zu rows are not shown; see --limit.\n", all->count - rows);
}

/* ---- for programs ---- */

static void print_json(const struct invocation *inv, const struct failures *all,
                       const struct failure *f)
{
    struct buf out = {0};
    struct cure cure;
    find_cure(inv, all, f, &cure);
    buf_printf(&out, "{\"v\":1,\"count\":%lld", (long long)f->count);
    request_put_text(&out, "channel", f->channel);
    request_put_text(&out, "state", f->state);
    request_put_text(&out, "cause", f->cause);
    buf_puts(&out, ",\"meaning\":");
    buf_put_json(&out, cause_meaning(f->cause));
    request_put_text(&out, "sample", f->sample);
    request_put_text(&out, "cure", cure.first);
    buf_puts(&out, ",\"command\":");
    buf_put_json(&out, cure.command.len > 0 ? cure.command.data : NULL);
    buf_puts(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
    cure_clear(&cure);
    buf_free(&out);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct failures all = {0};
    struct session s;
    int64_t limit = 0;
    int rc = option_int(inv, "limit", 1, 1000000, 1000000, &limit, err);
    if (rc != 0)
        return rc;
    rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = steps_ask(&s, inv, "failures", take_row, &all, err);
    if (all.count > 0)
        qsort(all.at, all.count, sizeof(*all.at), compare);
    if (rc == 0 && !invocation_json(inv))
        print_table(inv, &all, limit);
    for (size_t i = 0; rc == 0 && invocation_json(inv) && i < all.count && (int64_t)i < limit; i++)
        print_json(inv, &all, &all.at[i]);
    free_all(&all);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    SELECTOR_OPTIONS,
    {"limit", 0, "N", "the N most frequent rows"},
};

const struct command command_failures = {
    .name = "failures",
    .arguments = "[ID]",
    .summary = "what has failed, grouped by cause, and what to do about it",
    .details =
        "  dispatcher failures --campaign recall-2026\n"
        "  dispatcher failures --batch recall-2026 --state failed --json\n\n"
        "One row for each channel, state and cause of what failed, is deferred, held, suppressed, "
        "expired or uncertain;\n"
        "the reply is that of the last one. TRY is a command as it can be run, or what has to be "
        "done first.\n\n"
        "JSON, one object per row: v, count, channel, state, cause, meaning (null for a word of a "
        "gateway's own), sample,\n"
        "cure (what has to be done first, or an empty text), command (null: none helps).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1,
    .run = run,
};
