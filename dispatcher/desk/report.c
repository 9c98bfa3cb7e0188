#include "desk/report.h"

#include <stdio.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/file.h"
#include "cli/csv_put.h"
#include "cli/output.h"
#include "cli/say.h"
#include "desk/command_list.h"
#include "model/json.h"

/* ---- for people ---- */

static void print_by(const struct invocation *inv, const struct report *r, enum report_by by,
                     const char *head)
{
    const char *heads[REPORT_COLUMNS + 2] = {say_word(inv, head)};
    struct report_line lines[REPORT_LINES_MAX];
    struct table t;
    size_t count = report_lines(r, by, lines);
    for (size_t i = 0; i < REPORT_COLUMNS; i++)
        heads[i + 1] = say_word(inv, report_column_name(i));
    heads[REPORT_COLUMNS + 1] = say_word(inv, "people");
    table_begin(&t, heads, COUNT_OF(heads));
    for (size_t i = 0; i < count; i++) {
        table_cell(&t, by == BY_NOTHING ? say_word(inv, "all") : lines[i].name);
        for (size_t c = 0; c < REPORT_COLUMNS; c++)
            table_count(&t, report_column(&lines[i], c));
        table_count(&t, lines[i].total);
    }
    table_end(&t);
    putchar('\n');
}

static void print_times(const struct invocation *inv, const struct report *r)
{
    char first[64], median[64], last[64];
    if (json_get_text(r->sum, "first_at", NULL) == NULL)
        return;
    say(inv, stdout, "First delivery %s, half of them by %s, last %s.\n",
        output_time(json_get_text(r->sum, "first_at", NULL), first, sizeof(first)),
        output_time(json_get_text(r->sum, "median_at", NULL), median, sizeof(median)),
        output_time(json_get_text(r->sum, "last_at", NULL), last, sizeof(last)));
}

static void print_outbox(const struct invocation *inv, const struct report *r)
{
    char number[OUTPUT_NUMBER_SIZE];
    int64_t count = report_count_outbox(r);
    if (count == 1)
        say(inv, stdout, "1 of the delivered went to an outbox: nothing really left.\n");
    else if (count > 1)
        say(inv, stdout, "%s of the delivered went to an outbox: nothing really left.\n",
            output_number(count, number));
}

static void print_standing(const struct invocation *inv, const struct report *r)
{
    if (r->people == r->expected)
        say(inv, stdout, "The groups add up to %lld people: everybody is counted once.\n",
            (long long)r->people);
    else
        say(inv, stdout, "Only %lld of %lld people are in the books yet.\n", (long long)r->people,
            (long long)r->expected);
    if (r->final)
        say(inv, stdout, "This report is final.\n");
    if (r->open > 0)
        say(inv, stdout, "Not final: %lld people are still open.\n", (long long)r->open);
    if (r->duties_unknown.len > 0)
        say(inv, stdout, "Not final: the duties could not be looked at: %s\n",
            buf_text(&r->duties_unknown));
    else if (!r->duties_known)
        say(inv, stdout,
            "Duties were not looked at: the campaign's file was not there (--file).\n");
    for (size_t i = 0; i < r->duty_count; i++)
        say(inv, stdout, "Not final: still open is %s (%s).\n", r->duties[i].what,
            r->duties[i].rule);
}

static void print(const struct invocation *inv, const struct report *r)
{
    print_by(inv, r, BY_COHORT, "COHORT");
    print_by(inv, r, BY_LANGUAGE, "LANGUAGE");
    print_by(inv, r, BY_CHANNEL, "CHANNEL");
    print_outbox(inv, r);
    print_times(inv, r);
    print_standing(inv, r);
}

/* ---- for programs ---- */

static void put_json_group(const struct report_group *g, struct buf *out)
{
    buf_puts(out, "{\"v\":1");
    request_put_text(out, "cohort", g->cohort);
    request_put_text(out, "batch", g->batch);
    request_put_text(out, "locale", g->locale);
    buf_printf(out, ",\"language_fallback\":%s", g->language_fallback ? "true" : "false");
    request_put_text(out, "channel", channel_kind_name(g->channel));
    buf_printf(out, ",\"channel_fallback\":%s", g->channel_fallback ? "true" : "false");
    request_put_text(out, "state", delivery_state_name(g->state));
    request_put_text(out, "cause", g->cause);
    buf_printf(out, ",\"people\":%lld}\n", (long long)g->count);
}

static void put_json(const struct report *r, struct buf *out)
{
    static const char *const times[] = {"accepted_at", "first_at", "median_at", "last_at"};
    for (size_t i = 0; i < r->count; i++)
        put_json_group(&r->groups[i], out);
    buf_puts(out, "{\"v\":1,\"summary\":true");
    request_put_text(out, "campaign", r->name);
    buf_printf(out,
               ",\"people\":%lld,\"expected\":%lld,\"open\":%lld,\"duties\":%zu,\"final\":%s"
               ",\"outbox\":%lld",
               (long long)r->people, (long long)r->expected, (long long)r->open, r->duty_count,
               r->final ? "true" : "false", (long long)report_count_outbox(r));
    request_put_text(out, "duties_unknown",
                     r->duties_unknown.len > 0 ? buf_text(&r->duties_unknown) : NULL);
    for (size_t i = 0; i < COUNT_OF(times); i++)
        request_put_text(out, times[i], json_get_text(r->sum, times[i], NULL));
    buf_puts(out, "}\n");
}

/* ---- the command ---- */

static int write_files(const struct invocation *inv, const struct report *r,
                       enum report_language language, struct error *err)
{
    const char *html = option_value(inv, "html"), *csv = option_value(inv, "csv");
    struct buf text = {0};
    int rc = 0;
    if (html != NULL) {
        report_put_html(r, language, &text);
        rc = file_replace(html, text.data, text.len, err);
    }
    buf_reset(&text);
    if (rc == 0 && csv != NULL) {
        buf_puts(&text, CSV_BOM);
        report_put_csv(r, &text);
        rc = file_replace(csv, text.data, text.len, err);
    }
    buf_free(&text);
    return rc;
}

static void tell_files(const struct invocation *inv)
{
    const char *html = option_value(inv, "html"), *csv = option_value(inv, "csv");
    if (html != NULL)
        say(inv, stderr, "%s is written: open it in a browser to print it.\n", html);
    if (csv != NULL)
        say(inv, stderr, "%s is written.\n", csv);
}

static int read_language(const struct invocation *inv, enum report_language *out, struct error *err)
{
    const char *name = option_given(inv, "lang") ? option_value(inv, "lang") : say_language();
    *out = REPORT_EN;
    if (name == NULL || report_language_parse(name, out))
        return 0;
    return error_set(err, ERR_USAGE, "--lang is de, ko or en, not \"%s\"", name);
}

static void show(const struct invocation *inv, const struct report *r)
{
    struct buf text = {0};
    if (!invocation_json(inv)) {
        print(inv, r);
        return;
    }
    put_json(r, &text);
    fwrite(buf_text(&text), 1, text.len, stdout);
    buf_free(&text);
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s = {0};
    struct report r = {0};
    enum report_language language;
    int rc = read_language(inv, &language, err);
    if (rc == 0)
        rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = report_gather(inv, &s, argument_at(inv, 0), option_value(inv, "file"), &r, err);
    if (rc == 0)
        rc = write_files(inv, &r, language, err);
    if (rc == 0)
        show(inv, &r);
    if (rc == 0)
        tell_files(inv);
    report_free(&r);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    {"html", 0, "FILE", "write it as one page that prints on A4"},
    {"csv", 0, "FILE", "write its groups for a spreadsheet"},
    {"lang", 0, "LANG", "of the page: de, ko or en (default: yours)"},
    {"file", 0, "FILE", "the campaign.yaml, if it does not lie where it was sent from"},
};

const struct command command_campaign_report = {
    .name = "campaign report",
    .arguments = "NAME",
    .summary = "what became of everybody, for the files: a page, a table, numbers",
    .details =
        "  dispatcher campaign report leak-2026\n"
        "  dispatcher campaign report leak-2026 --html report.html --lang ko\n\n"
        "Everybody counts once, with the last word on them: whoever was told by one channel was "
        "told. The groups (by\n"
        "cohort, language, channel, state and cause) add up to the people of the campaign, and the "
        "report says so or\n"
        "by how much not. It is not final while people are open, or a duty of the campaign is, as "
        "`dispatcher check`\n"
        "finds them. It is counted in the ledger, beside a daemon that goes on sending; of a large "
        "campaign only who\n"
        "may read the ledger can have it. The page also has approvals, decisions, calls, first "
        "recipients and waves.\n\n"
        "JSON, one object per line: groups (v, cohort, batch, locale, language_fallback, channel, "
        "channel_fallback,\n"
        "state, cause, people), then the summary (v, summary: true, campaign, people, expected, "
        "open, duties, final,\n"
        "outbox (of the delivered: what lies in a folder, and reached nobody),\n"
        "duties_unknown (why they could not be looked at), accepted_at, first_at, median_at, "
        "last_at of deliveries).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
