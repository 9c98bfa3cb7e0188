#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/file.h"
#include "base/problems.h"
#include "base/text.h"
#include "campaign/campaign_read.h"
#include "cli/csv_put.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "desk/command_list.h"
#include "desk/report.h"
#include "model/json.h"

/* ---- which cohorts are phoned ---- */

static void tell_nobody(void *context UNUSED, const struct problem *p UNUSED)
{
}

static void put_phoned(const struct campaign *c, struct buf *out)
{
    buf_puts(out, ",\"phoned\":[");
    for (size_t i = 0; i < c->phoned_count; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_put_json(out, c->phoned[i]);
    }
    buf_putc(out, ']');
}

/* campaign.yaml says it; one that is not there leaves those whom nothing reached. */
static void read_phoned(const struct invocation *inv, const char *file, struct buf *out)
{
    struct problems quiet = {.tell = tell_nobody};
    struct campaign *c = NULL;
    if (file != NULL && campaign_read(file, &quiet, &c) == 0)
        put_phoned(c, out);
    else
        say(inv, stderr,
            "The campaign's file cannot be read, so nobody knows which cohorts are phoned: the "
            "list has those whom no channel reached. Say --file CAMPAIGN.yaml, or --everybody.\n");
    campaign_free(c);
}

/* ---- a row ---- */

/* When it is day where the person lives, as far as the number tells. */
static const char *zone_of(const char *zone, const char *phone)
{
    static const struct {
        const char *prefix, *zone;
    } zones[] = {{"+82", "Asia/Seoul"},    {"+49", "Europe/Berlin"}, {"+43", "Europe/Vienna"},
                 {"+41", "Europe/Zurich"}, {"+44", "Europe/London"}, {"+33", "Europe/Paris"},
                 {"+39", "Europe/Rome"},   {"+34", "Europe/Madrid"}, {"+31", "Europe/Amsterdam"},
                 {"+81", "Asia/Tokyo"}};
    for (size_t i = 0; zone == NULL && i < COUNT_OF(zones); i++) {
        if (text_starts_with(phone, zones[i].prefix))
            return zones[i].zone;
    }
    return zone != NULL ? zone : "";
}

struct writing {
    const struct invocation *inv;
    enum report_language language;
    const char *hours;
    struct buf *out;
    int64_t count, without_number;
};

static void put_reason(const struct writing *w, const struct json_t *row, struct buf *out)
{
    const char *state = json_get_text(row, "state", ""), *cause = json_get_text(row, "cause", "");
    buf_puts(out, report_word(w->language, state));
    if (cause[0] != '\0')
        buf_printf(out, ": %s", report_cause(w->language, cause));
}

static void put_row(void *context, const struct json_t *row)
{
    struct writing *w = context;
    struct buf reason = {0}, best = {0}, calls = {0};
    const char *phone = json_get_text(row, "phone", "");
    const char *last = json_get_text(row, "last_call", "");
    put_reason(w, row, &reason);
    buf_printf(&best, "%s %s", w->hours, zone_of(json_get_text(row, "zone", NULL), phone));
    buf_printf(&calls, "%lld", (long long)json_get_int(row, "calls", 0));
    const char *cells[] = {json_get_text(row, "id", ""),
                           json_get_text(row, "reference", ""),
                           json_get_text(row, "name", ""),
                           phone,
                           json_get_text(row, "locale", ""),
                           json_get_text(row, "cohort", ""),
                           buf_text(&reason),
                           buf_text(&best),
                           buf_text(&calls),
                           last,
                           "",
                           "",
                           ""};
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        csv_put_cell(w->out, cells[i], i == 0);
    buf_puts(w->out, "\r\n");
    w->count++;
    w->without_number += phone[0] == '\0';
    buf_free(&reason);
    buf_free(&best);
    buf_free(&calls);
}

/* ---- the command ---- */

static const char *find_file(struct session *s, const char *campaign, struct json_t **out)
{
    struct buf request = {0};
    struct error ignored;
    request_begin(&request, "campaign");
    request_put_text(&request, "campaign", campaign);
    buf_putc(&request, '}');
    if (session_ask(s, buf_text(&request), NULL, out, &ignored) != 0)
        *out = NULL;
    buf_free(&request);
    return json_get_text(*out, "file", NULL);
}

static void put_request(const struct invocation *inv, struct session *s, struct buf *request)
{
    struct json_t *campaign = NULL;
    const char *file = option_value(inv, "file");
    const char *sent = file == NULL ? find_file(s, argument_at(inv, 0), &campaign) : NULL;
    request_begin(request, "call_list");
    request_put_text(request, "campaign", argument_at(inv, 0));
    request_put_text(request, "cohort", option_value(inv, "cohort"));
    buf_printf(request, ",\"everybody\":%s,\"again\":%s",
               option_given(inv, "everybody") ? "true" : "false",
               option_given(inv, "again") ? "true" : "false");
    if (!option_given(inv, "everybody"))
        read_phoned(inv, file != NULL ? file : sent, request);
    buf_putc(request, '}');
    json_free(campaign);
}

static int deliver(const struct invocation *inv, const struct buf *rows, struct error *err)
{
    struct buf text = {0};
    struct writing w = {.inv = inv, .hours = "09:00-18:00", .out = &text};
    const char *file = option_value(inv, "out");
    const char *language = option_given(inv, "lang") ? option_value(inv, "lang") : say_language();
    int rc = 0;
    if (option_given(inv, "hours"))
        w.hours = option_value(inv, "hours");
    if (language != NULL && !report_language_parse(language, &w.language))
        return error_set(err, ERR_USAGE, "--lang is de, ko or en, not \"%s\"", language);
    buf_puts(&text, CSV_BOM "id,reference,name,phone,language,cohort,cause,best_time,calls,"
                            "last_call,outcome,note,at\r\n");
    output_each_line(rows, put_row, &w);
    if (file != NULL)
        rc = file_replace(file, text.data, text.len, err);
    else
        fwrite(text.data, 1, text.len, stdout);
    buf_free(&text);
    if (rc != 0)
        return rc;
    say(inv, stderr, "%lld people to call; %lld of them without a number.\n", (long long)w.count,
        (long long)w.without_number);
    if (w.count == 0)
        say(inv, stderr,
            "Whoever a channel has told is not called, unless campaign.yaml names their cohort in "
            "`phoned`, and whoever was talked to is not called again. All the same: --everybody, "
            "--again\n");
    if (file != NULL)
        say(inv, stderr,
            "Fill in outcome (reached, no_answer, wrong_number, refused, call_back), then: "
            "dispatcher call-import %s\n",
            file);
    return 0;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s = {0};
    struct buf request = {0}, rows = {0};
    struct json_t *end = NULL;
    int rc = session_open_beside(inv, &s, err);
    if (rc == 0) {
        put_request(inv, &s, &request);
        rc = session_ask(&s, buf_text(&request), &rows, &end, err);
    }
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        rc = deliver(inv, &rows, err);
    json_free(end);
    buf_free(&request);
    buf_free(&rows);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    {"cohort", 0, "NAME", "only this cohort"},
    {"out", 'o', "FILE", "write it there"},
    {"everybody", 0, NULL, "also people who were reached"},
    {"again", 0, NULL, "also people who were talked to already"},
    {"hours", 0, "FROM-TO", "best time to call (09:00-18:00)"},
    {"lang", 0, "LANG", "of the causes: de, ko or en (default: yours)"},
    {"file", 0, "FILE", "the campaign.yaml, if it does not lie where it was sent from"},
};

const struct command command_call_list = {
    .name = "call-list",
    .arguments = "CAMPAIGN",
    .summary = "whom to telephone, as a table to be filled in",
    .details =
        "  dispatcher call-list leak-2026 --cohort a --out calls.csv\n\n"
        "Everybody of the cohorts that campaign.yaml names in `phoned`, and of the others those "
        "whom no channel reached:\n"
        "failed, suppressed, expired or uncertain is the last word on them. Who was talked to "
        "(reached, refused) is left\n"
        "out. The file is UTF-8 for spreadsheets; a cell that could be a formula has an apostrophe "
        "in front. best_time\n"
        "is in the zone of the person. `dispatcher call-import` takes it back with outcome, note "
        "and at filled in.\n\n"
        "JSON, one object per line: v, id, reference, name, phone, locale, zone, cohort, state, "
        "cause, calls, last_call.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
