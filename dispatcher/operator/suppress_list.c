/* Looking at the suppression list: list, export, check. */
#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"
#include "operator/output.h"
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
    int64_t shown, over;
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

static void add_row(struct table *t, const struct json_t *row)
{
    char when[64];
    const char *end = json_get_text(row, "expires_at", NULL);
    table_cell(t, json_get_text(row, "channel", NULL));
    table_cell(t, json_get_text(row, "address", NULL));
    table_cell(t, json_get_text(row, "cause", NULL));
    table_cell(t, output_time(json_get_text(row, "since", NULL), when, sizeof(when)));
    table_cell(t, end != NULL ? output_time(end, when, sizeof(when)) : "for good");
    table_cell(t, json_get_text(row, "source", NULL));
    table_cell(t, json_get_text(row, "reason", NULL));
}

static void list_row(void *context, const struct json_t *row)
{
    struct listing *l = context;
    if (!is_wanted(l, row))
        return;
    l->shown++;
    if (invocation_json(l->inv))
        print_json(row);
    else
        add_row(&l->table, row);
}

static void end_list(struct listing *l)
{
    if (invocation_json(l->inv))
        return;
    table_end(&l->table);
    fflush(stdout);
    if (l->shown == 0)
        fprintf(stderr, "No address is suppressed%s.\n",
                option_given(l->inv, "cause") || option_given(l->inv, "source") ||
                        option_given(l->inv, "channel")
                    ? " of this kind"
                    : "");
    if (l->over > 0)
        fprintf(stderr, "%" PRId64 " more %s over, and written to again.\n", l->over,
                l->over == 1 ? "is" : "are");
}

static int run_list(const struct invocation *inv, struct error *err)
{
    static const char *const heads[] = {"CHANNEL", "ADDRESS", "CAUSE", "SINCE",
                                        "UNTIL",   "BY",      "WHY"};
    struct session s;
    struct listing l = {.inv = inv};
    int rc = session_open_beside(inv, &s, err);
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
        fprintf(stderr, "%" PRId64 " %s.\n", l.shown, l.shown == 1 ? "address" : "addresses");
    }
    return rc;
}

/* ---- check ---- */

static void print_answer(void *context, const struct json_t *row)
{
    char when[64];
    const char *end = json_get_text(row, "expires_at", NULL), *reason = NULL;
    int *found = context;
    *found = 1;
    printf("suppressed since %s",
           output_time(json_get_text(row, "since", NULL), when, sizeof(when)));
    printf(end != NULL ? " until %s" : " for good", output_time(end, when, sizeof(when)));
    printf(": %s, by %s", json_get_text(row, "cause", "?"), json_get_text(row, "source", "?"));
    reason = json_get_text(row, "reason", "");
    if (*reason != '\0') {
        struct buf visible = {0};
        text_put_visible(&visible, reason, strlen(reason));
        printf(" (%s)", buf_text(&visible));
        buf_free(&visible);
    }
    printf("\n");
}

static void print_answer_json(void *context, const struct json_t *row)
{
    *(int *)context = 1;
    print_json(row);
}

static int check(struct session *s, const struct invocation *inv, enum channel_kind channel,
                 struct error *err)
{
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    int found = 0;
    request_begin(&request, "suppressions");
    request_put_text(&request, "channel", channel_kind_name(channel));
    request_put_text(&request, "address", argument_at(inv, 0));
    buf_puts(&request, "}");
    int rc = session_ask(s, buf_text(&request), &rows, &end, err);
    if (rc == 0)
        output_each_line(&rows, invocation_json(inv) ? print_answer_json : print_answer, &found);
    if (rc == 0 && found == 0 && invocation_json(inv))
        printf("{\"v\":1,\"suppressed\":false}\n");
    else if (rc == 0 && found == 0)
        printf("not suppressed\n");
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    return rc == 0 ? found : rc;
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

static const struct option_row filters[] = {
    {"channel", 0, "CHANNEL", "only email, or only sms"},
    {"cause", 0, "CAUSE", "only this cause, e.g. bad_recipient"},
    {"source", 0, "SOURCE", "only of bounce, gateway, reply, operator or import"},
};
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
    .options = filters,
    .option_count = COUNT_OF(filters),
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
