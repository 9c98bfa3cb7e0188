/* Looking at the suppression list: list, export, check. */
#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/limit.h"
#include "cli/output.h"
#include "cli/say.h"
#include "model/json.h"
#include "operator/suppress.h"

static bool is_over(const struct json_t *row)
{
    int64_t end_ms = 0;
    const char *end = json_get_text(row, "expires_at", NULL);
    return end != NULL && clock_parse_rfc3339(end, &end_ms) && end_ms <= clock_wall_ms();
}

/* What is wanted of the list, and where it goes. */
struct listing {
    const struct invocation *inv;
    struct table table;
    int64_t limit, shown, over, gone;
};

/* By --channel, --cause and --source. What is over counts nothing any more, and is left out. */
static bool is_wanted(struct listing *l, const struct json_t *row)
{
    static const char *const keys[] = {"channel", "cause", "source"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const char *wanted = option_value(l->inv, keys[i]);
        if (wanted != NULL && !text_equal(json_get_text(row, keys[i], ""), wanted))
            return false;
    }
    if (!is_over(row))
        return true;
    l->over++;
    return false;
}

/* ---- list ---- */

static void print_json(const struct json_t *row)
{
    static const char *const keys[] = {"channel", "address", "cause",     "reason",
                                       "source",  "since",   "expires_at"};
    struct buf line = {0};
    buf_puts(&line, "{\"v\":1");
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        buf_printf(&line, ",\"%s\":", keys[i]);
        buf_put_json(&line, json_get_text(row, keys[i], NULL));
    }
    printf("%s}\n", buf_text(&line));
    buf_free(&line);
}

static void add_row(const struct invocation *inv, struct table *t, const struct json_t *row)
{
    char when[64];
    const char *end = json_get_text(row, "expires_at", NULL);
    table_cell(t, json_get_text(row, "channel", NULL));
    table_cell(t, json_get_text(row, "address", NULL));
    table_cell(t, json_get_text(row, "cause", NULL));
    table_cell(t, output_time(json_get_text(row, "since", NULL), when, sizeof(when)));
    table_cell(t, end != NULL ? output_time(end, when, sizeof(when)) : say_word(inv, "for good"));
    table_cell(t, json_get_text(row, "source", NULL));
    table_cell(t, json_get_text(row, "reason", NULL));
}

static void list_row(void *context, const struct json_t *row)
{
    struct listing *l = context;
    if (!is_wanted(l, row))
        return;
    if (l->shown == l->limit) {
        l->gone++;
        return;
    }
    l->shown++;
    if (invocation_json(l->inv))
        print_json(row);
    else
        add_row(l->inv, &l->table, row);
}

static void end_list(struct listing *l)
{
    if (invocation_json(l->inv))
        return;
    table_end(&l->table);
    fflush(stdout);
    bool narrowed = option_given(l->inv, "cause") || option_given(l->inv, "source") ||
                    option_given(l->inv, "channel");
    if (l->shown == 0 && narrowed)
        say(l->inv, stderr, "No address is suppressed of this kind.\n");
    else if (l->shown == 0)
        say(l->inv, stderr, "No address is suppressed.\n");
    limit_tell_more(l->inv, l->gone);
    if (l->over == 1)
        say(l->inv, stderr, "1 more is over, and written to again.\n");
    else if (l->over > 1)
        say(l->inv, stderr, "%lld more are over, and written to again.\n", (long long)l->over);
}

static int run_list(const struct invocation *inv, struct error *err)
{
    const char *heads[] = {say_word(inv, "CHANNEL"), say_word(inv, "ADDRESS"),
                           say_word(inv, "CAUSE"),   say_word(inv, "SINCE"),
                           say_word(inv, "UNTIL"),   say_word(inv, "BY"),
                           say_word(inv, "WHY")};
    struct session s;
    struct listing l = {.inv = inv};
    int rc = limit_read(inv, &l.limit, err);
    if (rc == 0)
        rc = session_open_beside(inv, &s, err);
    if (rc != 0)
        return rc;
    table_begin(&l.table, heads, COUNT_OF(heads));
    rc = suppress_walk(&s, list_row, &l, err);
    end_list(&l);
    session_close(&s);
    return rc;
}

/* ---- export ---- */

/* RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe; a phone
 * number's + stays, it is no more than a number. */
static void put_cell(const char *text, bool last)
{
    bool quote = strpbrk(text, "\",;\r\n") != NULL;
    bool formula = text[0] != '\0' && strchr("=@-\t", text[0]) != NULL;
    printf("%s%s", quote ? "\"" : "", formula ? "'" : "");
    for (; *text != '\0'; text++)
        printf("%s%c", quote && *text == '"' ? "\"" : "", *text);
    printf("%s%s", quote ? "\"" : "", last ? "\r\n" : ",");
}

static const char *const columns[] = {"channel", "address", "cause",     "reason",
                                      "source",  "since",   "expires_at"};

static void export_row(void *context, const struct json_t *row)
{
    struct listing *l = context;
    if (!is_wanted(l, row))
        return;
    l->shown++;
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        put_cell(json_get_text(row, columns[i], ""), i + 1 == COUNT_OF(columns));
}

static int run_export(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct listing l = {.inv = inv};
    int rc = session_open_beside(inv, &s, err);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        put_cell(columns[i], i + 1 == COUNT_OF(columns));
    rc = suppress_walk(&s, export_row, &l, err);
    session_close(&s);
    if (rc == 0) {
        fflush(stdout);
        if (l.shown == 1)
            say(inv, stderr, "1 address.\n");
        else
            say(inv, stderr, "%lld addresses.\n", (long long)l.shown);
    }
    return rc;
}

/* ---- check ---- */

struct answer {
    const struct invocation *inv;
    int found;
};

static void print_answer(void *context, const struct json_t *row)
{
    char since[64], until[64];
    struct answer *a = context;
    struct buf why = {0};
    const char *end = json_get_text(row, "expires_at", NULL);
    const char *reason = json_get_text(row, "reason", "");
    const char *cause = json_get_text(row, "cause", "?"), *by = json_get_text(row, "source", "?");
    a->found = 1;
    output_time(json_get_text(row, "since", NULL), since, sizeof(since));
    buf_puts(&why, reason[0] != '\0' ? " (" : "");
    text_put_visible(&why, reason, strlen(reason));
    buf_puts(&why, reason[0] != '\0' ? ")" : "");
    if (end != NULL)
        say(a->inv, stdout, "suppressed since %s until %s: %s, by %s%s\n", since,
            output_time(end, until, sizeof(until)), cause, by, buf_text(&why));
    else
        say(a->inv, stdout, "suppressed since %s for good: %s, by %s%s\n", since, cause, by,
            buf_text(&why));
    buf_free(&why);
}

static void print_answer_json(void *context, const struct json_t *row)
{
    ((struct answer *)context)->found = 1;
    print_json(row);
}

static int check(struct session *s, const struct invocation *inv, enum channel_kind channel,
                 struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    struct answer answer = {.inv = inv};
    request_begin(&request, "suppressions");
    request_put_text(&request, "channel", channel_kind_name(channel));
    request_put_text(&request, "address", argument_at(inv, 0));
    buf_puts(&request, "}");
    int rc = session_ask(s, buf_text(&request), &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, invocation_json(inv) ? print_answer_json : print_answer, &answer);
    if (rc == 0 && answer.found == 0 && invocation_json(inv))
        printf("{\"v\":1,\"suppressed\":false}\n");
    else if (rc == 0 && answer.found == 0)
        say(inv, stdout, "not suppressed\n");
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc == 0 ? answer.found : rc;
}

static int run_check(const struct invocation *inv, struct error *err)
{
    enum channel_kind channel;
    struct session s;
    int rc = suppress_find_channel(inv, argument_at(inv, 0), &channel, err);
    if (rc == 0)
        rc = session_open_beside(inv, &s, err);
    if (rc != 0)
        return rc;
    rc = check(&s, inv, channel, err);
    session_close(&s);
    return rc;
}

#define FILTERS                                                                                    \
    {"channel", 0, "CHANNEL", "only email, or only sms"},                                          \
        {"cause", 0, "CAUSE", "only this cause, e.g. bad_recipient"},                              \
    {                                                                                              \
        "source", 0, "SOURCE", "only of bounce, gateway, reply, operator or import"                \
    }
static const struct option_row filters[] = {FILTERS};
static const struct option_row list_options[] = {FILTERS, LIMIT_FIRST};
static const struct option_row check_options[] = {{"channel", 0, "CHANNEL", SUPPRESS_CHANNEL_HELP}};

const struct command command_suppress_list = {
    .name = "suppress list",
    .arguments = "",
    .summary = "the addresses that are not written to any more, and why",
    .details =
        "  dispatcher suppress list --cause opted_out\n\n"
        "Addresses come here by `suppress add` and `import`, because their mail server or gateway "
        "refused them\n"
        "for good, by a returned mail (`dispatcher bounce`) or a delivery report, and because "
        "somebody said no.\n"
        "What bounced is over after suppression.after_bounce. Notices of a category in "
        "suppression.override are\n"
        "sent all the same, and say so in `dispatcher show`.\n\n"
        "JSON: one object per line: v, channel, address, cause, reason, source, since, expires_at "
        "(null: never).",
    .options = list_options,
    .option_count = COUNT_OF(list_options),
    .run = run_list,
};

const struct command command_suppress_export = {
    .name = "suppress export",
    .arguments = "",
    .summary = "the same as CSV, for `suppress import` and spreadsheets",
    .details =
        "  dispatcher suppress export >suppressed.csv\n\n"
        "Columns: channel, address, cause, reason, source, since, expires_at (empty: never).",
    .options = filters,
    .option_count = COUNT_OF(filters),
    .no_json = "a CSV table, which `suppress import` reads; `suppress list` has JSON",
    .run = run_export,
};

const struct command command_suppress_check = {
    .name = "suppress check",
    .arguments = "ADDRESS",
    .summary = "is this address written to?",
    .details = "  dispatcher suppress check anna@example.org\n\n"
               "Exit status 0: it is written to; 1: it is suppressed.\n\n"
               "JSON, one object: v, and suppressed (false), or the members of `suppress list`.",
    .options = check_options,
    .option_count = COUNT_OF(check_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_check,
};
