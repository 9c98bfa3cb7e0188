/* The report as one page: nothing is fetched, nothing runs, and it prints on A4. */
#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "cli/output.h"
#include "desk/campaign_approvals.h"
#include "desk/report.h"
#include "model/json.h"
#include "render/escape.h"

static const char style[] =
    "@page{size:A4;margin:14mm}*{box-sizing:border-box}"
    "body{margin:0 auto;max-width:190mm;padding:8mm;color:#1c1c1c;background:#fff;"
    "font:10pt/1.4 system-ui,'Noto Sans KR','Malgun Gothic','Apple SD Gothic Neo',sans-serif}"
    ":lang(ko){word-break:keep-all}h1{font-size:18pt;line-height:1.2;margin:0 0 2mm}"
    "h2{font-size:11.5pt;margin:6mm 0 1.5mm;break-after:avoid}p{margin:0 0 2mm}"
    "table{width:100%;border-collapse:collapse;margin:0 0 2mm}"
    "th,td{text-align:left;vertical-align:top;padding:.8mm 2mm .8mm 0;"
    "border-bottom:.25pt solid #999;overflow-wrap:anywhere}"
    "thead{display:table-header-group}tr{break-inside:avoid}th{font-weight:600}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".sum td,.sum th{border-top:.75pt solid #000;font-weight:600}"
    ".state{border:1pt solid #000;padding:2mm 3mm;margin:2mm 0 3mm;font-weight:600}"
    ".state.open{border-width:2pt}footer{margin-top:6mm;color:#444;font-size:8.5pt}"
    "@media print{body{padding:0;max-width:none;font-size:9pt}h2{margin-top:4mm}}";

struct page {
    const struct report *r;
    enum report_language language;
    struct buf *out;
};

/* ---- pieces ---- */

static void put_text(const struct page *p, const char *text)
{
    escape_put_html(p->out, text, strlen(text));
}

static void put_word(const struct page *p, const char *english)
{
    put_text(p, report_word(p->language, english));
}

static void put_cell(const struct page *p, const char *text)
{
    buf_puts(p->out, "<td>");
    put_text(p, text);
    buf_puts(p->out, "</td>");
}

static void put_head(const struct page *p, const char *english, bool number)
{
    buf_puts(p->out, number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
    put_word(p, english);
    buf_puts(p->out, "</th>");
}

/* Groups of three as the reader's language separates them. */
static void put_number(const struct page *p, int64_t number)
{
    char digits[32];
    const char *sign = p->language == REPORT_DE ? "." : ",";
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)number);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
            buf_puts(p->out, sign);
        buf_putc(p->out, digits[i]);
    }
}

static void put_count(const struct page *p, int64_t number)
{
    buf_puts(p->out, "<td class=\"n\">");
    put_number(p, number);
    buf_puts(p->out, "</td>");
}

static void put_time(const struct page *p, const char *at)
{
    char when[64];
    put_text(p, at != NULL ? output_time(at, when, sizeof(when)) : "–");
}

static void put_title(const struct page *p, const char *english)
{
    buf_puts(p->out, "<h2>");
    put_word(p, english);
    buf_puts(p->out, "</h2>\n");
}

static void put_sentence(const struct page *p, const char *english)
{
    buf_puts(p->out, "<p>");
    put_word(p, english);
    buf_puts(p->out, "</p>\n");
}

static void begin_row(const struct page *p, const char *english)
{
    buf_puts(p->out, "<tr><th scope=\"row\">");
    put_word(p, english);
    buf_puts(p->out, "</th><td>");
}

static void end_row(const struct page *p)
{
    buf_puts(p->out, "</td></tr>\n");
}

static void put_row(const struct page *p, const char *english, const char *text)
{
    if (text == NULL)
        return;
    begin_row(p, english);
    put_text(p, text);
    end_row(p);
}

static void put_time_row(const struct page *p, const char *english, const char *at)
{
    begin_row(p, english);
    put_time(p, at);
    end_row(p);
}

/* ---- is it final? ---- */

static void put_reason(const struct page *p, int64_t count, const char *english)
{
    if (count == 0)
        return;
    buf_puts(p->out, "<br>");
    put_number(p, count);
    buf_puts(p->out, p->language == REPORT_KO ? "" : " ");
    put_word(p, english);
}

static void put_standing(const struct page *p)
{
    const struct report *r = p->r;
    buf_puts(p->out, r->final ? "<p class=\"state\">" : "<p class=\"state open\">");
    put_word(p, r->final ? "This report is final." : "This report is not final.");
    put_reason(p, r->open, "people are still open");
    put_reason(p, (int64_t)r->duty_count, "duties are still open");
    if (!r->duties_known && !r->final) {
        buf_puts(p->out, "<br>");
        put_word(p, "the duties were not looked at");
    }
    if (r->people != r->expected) {
        buf_puts(p->out, "<br>");
        put_word(p, "not everybody is in the books yet");
    }
    put_reason(p, report_count_outbox(r),
               "of the delivered went to an outbox: nothing really left");
    buf_puts(p->out, "</p>\n");
}

/* ---- overview ---- */

static void put_started(const struct page *p)
{
    const struct json_t *c = p->r->campaign;
    const char *at = json_get_text(c, "started_at", json_get_text(p->r->sum, "accepted_at", NULL));
    const char *who = json_get_text(c, "started_by", NULL);
    begin_row(p, "Started");
    put_time(p, at);
    if (who != NULL) {
        buf_puts(p->out, ", ");
        put_word(p, "by");
        buf_putc(p->out, ' ');
        put_text(p, who);
    }
    end_row(p);
}

static void put_overview(const struct page *p)
{
    const struct report *r = p->r;
    struct report_line all[REPORT_LINES_MAX];
    const char *state = json_get_text(r->campaign, "state", NULL);
    const char *kind = json_get_text(r->campaign, "kind", NULL);
    int64_t outbox = report_count_outbox(r);
    report_lines(r, BY_NOTHING, all);
    buf_puts(p->out, "<table>\n");
    put_row(p, "Campaign", r->name);
    put_row(p, "State", state != NULL ? report_word(p->language, state) : NULL);
    put_row(p, "Letter", json_get_text(r->campaign, "template", NULL));
    put_row(p, "Kind of notice", kind != NULL ? report_word(p->language, kind) : NULL);
    put_started(p);
    put_time_row(p, "First delivery", json_get_text(r->sum, "first_at", NULL));
    put_time_row(p, "Half of all deliveries by", json_get_text(r->sum, "median_at", NULL));
    put_time_row(p, "Last delivery", json_get_text(r->sum, "last_at", NULL));
    begin_row(p, "People");
    put_number(p, r->expected);
    end_row(p);
    begin_row(p, "Reached");
    put_number(p, r->count > 0 ? report_column(&all[0], 0) - outbox : 0);
    end_row(p);
    if (outbox > 0) {
        begin_row(p, "In an outbox: nothing really left");
        put_number(p, outbox);
        end_row(p);
    }
    buf_puts(p->out, "</table>\n");
}

/* ---- people ---- */

static void put_people_head(const struct page *p, const char *english)
{
    buf_puts(p->out, "<table><thead><tr>");
    put_head(p, english, false);
    for (size_t i = 0; i < REPORT_COLUMNS; i++)
        put_head(p, report_column_name(i), true);
    put_head(p, "Total", true);
    buf_puts(p->out, "</tr></thead><tbody>\n");
}

static void put_people_line(const struct page *p, const struct report_line *line, bool sum)
{
    buf_puts(p->out, sum ? "<tr class=\"sum\"><th scope=\"row\">" : "<tr><th scope=\"row\">");
    put_word(p, sum ? "Total" : line->name);
    buf_puts(p->out, "</th>");
    for (size_t i = 0; i < REPORT_COLUMNS; i++)
        put_count(p, report_column(line, i));
    put_count(p, line->total);
    buf_puts(p->out, "</tr>\n");
}

static void put_people(const struct page *p)
{
    static const char *const heads[] = {
        [BY_COHORT] = "Cohort", [BY_LANGUAGE] = "Language", [BY_CHANNEL] = "Channel"};
    struct report_line lines[REPORT_LINES_MAX], sum[REPORT_LINES_MAX];
    size_t sums = report_lines(p->r, BY_NOTHING, sum);
    put_title(p, "People by outcome");
    for (int by = BY_COHORT; by <= BY_CHANNEL; by++) {
        size_t count = report_lines(p->r, (enum report_by)by, lines);
        put_people_head(p, heads[by]);
        for (size_t i = 0; i < count; i++)
            put_people_line(p, &lines[i], false);
        if (sums > 0)
            put_people_line(p, &sum[0], true);
        buf_puts(p->out, "</tbody></table>\n");
    }
}

static void put_proof(const struct page *p)
{
    buf_puts(p->out, "<p>");
    put_word(p, "The people of all groups add up to");
    buf_puts(p->out, ": ");
    put_number(p, p->r->people);
    buf_puts(p->out, p->language == REPORT_KO ? ". " : ", ");
    put_word(p, p->r->people == p->r->expected ? "as many as the campaign has."
                                               : "but the campaign has");
    if (p->r->people != p->r->expected) {
        buf_puts(p->out, ": ");
        put_number(p, p->r->expected);
    }
    buf_puts(p->out, "</p>\n");
}

/* ---- causes ---- */

/* Those before it with the same channel, state and cause were put together with it. */
static int64_t gather_cause(const struct report *r, size_t at)
{
    const struct report_group *g = &r->groups[at];
    int64_t sum = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct report_group *o = &r->groups[i];
        if (o->state != g->state || o->channel != g->channel || strcmp(o->cause, g->cause) != 0)
            continue;
        if (i < at)
            return 0;
        sum += o->count;
    }
    return sum;
}

static void put_cause(const struct page *p, const struct report_group *g, int64_t count)
{
    buf_puts(p->out, "<tr>");
    put_cell(p, report_word(p->language, delivery_state_name(g->state)));
    put_cell(p, report_word(p->language, channel_kind_name(g->channel)));
    put_cell(p, g->cause[0] != '\0' ? report_cause(p->language, g->cause) : "–");
    put_count(p, count);
    buf_puts(p->out, "</tr>\n");
}

static void put_causes(const struct page *p)
{
    bool any = false;
    put_title(p, "Who was not reached, and why");
    for (size_t i = 0; i < p->r->count; i++) {
        const struct report_group *g = &p->r->groups[i];
        int64_t count = !report_reached(g) ? gather_cause(p->r, i) : 0;
        if (count == 0)
            continue;
        if (!any) {
            buf_puts(p->out, "<table><thead><tr>");
            put_head(p, "Outcome", false);
            put_head(p, "Channel", false);
            put_head(p, "Cause", false);
            put_head(p, "People", true);
            buf_puts(p->out, "</tr></thead><tbody>\n");
        }
        any = true;
        put_cause(p, g, count);
    }
    if (any)
        buf_puts(p->out, "</tbody></table>\n");
    else
        put_sentence(p, "Everybody was reached.");
}

static void put_number_row(const struct page *p, const char *english, int64_t number)
{
    buf_puts(p->out, "<tr><th scope=\"row\">");
    put_word(p, english);
    buf_puts(p->out, "</th>");
    put_count(p, number);
    buf_puts(p->out, "</tr>\n");
}

static void put_ways(const struct page *p)
{
    static const char *const outcomes[] = {"reached", "no_answer", "wrong_number", "refused",
                                           "call_back"};
    int64_t called = 0;
    put_title(p, "Second ways");
    buf_puts(p->out, "<table>\n");
    put_number_row(p, "in another language than asked for", report_count_fallbacks(p->r, true));
    put_number_row(p, "by another channel than the first", report_count_fallbacks(p->r, false));
    buf_puts(p->out, "</table>\n");
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        called += json_get_int(p->r->calls, outcomes[i], 0);
    if (called == 0)
        return;
    put_title(p, "Told by telephone");
    buf_puts(p->out, "<table>\n");
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        put_number_row(p, outcomes[i], json_get_int(p->r->calls, outcomes[i], 0));
    buf_puts(p->out, "</table>\n");
}

/* ---- who decided what ---- */

static const char *name_standing(const struct json_t *approval)
{
    if (json_kind_of(json_get(approval, "withdrawn")) == JSON_KIND_OBJECT)
        return "taken back";
    return json_get_bool(approval, "valid", false) ? "valid" : "void";
}

static void put_approvals(const struct page *p)
{
    const struct json_t *list = json_get(p->r->campaign, "approvals");
    put_title(p, "Approvals");
    if (json_count(list) == 0) {
        put_sentence(p, "Nobody approved it.");
        return;
    }
    buf_puts(p->out, "<table><thead><tr>");
    put_head(p, "Role", false);
    put_head(p, "Who", false);
    put_head(p, "When", false);
    put_head(p, "State", false);
    buf_puts(p->out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json_t *row = json_at(list, i);
        buf_puts(p->out, "<tr>");
        put_cell(p, json_get_text(row, "role", ""));
        put_cell(p, json_get_text(row, "who", ""));
        buf_puts(p->out, "<td>");
        put_time(p, json_get_text(row, "at", NULL));
        buf_puts(p->out, "</td>");
        put_cell(p, report_word(p->language, name_standing(row)));
        buf_puts(p->out, "</tr>\n");
    }
    buf_puts(p->out, "</tbody></table>\n");
}

static void put_pace(const struct page *p)
{
    const struct json_t *canary = json_get(p->r->campaign, "canary");
    const struct json_t *wave = json_get(p->r->campaign, "wave");
    int64_t first = json_get_int(canary, "first", 0), people = json_get_int(wave, "people", 0);
    put_title(p, "First recipients and waves");
    if (first == 0 && people == 0) {
        put_sentence(p, "Everybody at once.");
        return;
    }
    buf_puts(p->out, "<table>\n");
    if (first > 0) {
        begin_row(p, "First recipients");
        put_number(p, first);
        buf_puts(p->out, " – ");
        put_word(p, json_get_bool(canary, "passed", false) ? "looked at, and released"
                                                           : "not released yet");
        end_row(p);
    }
    if (people > 0) {
        begin_row(p, "People per wave");
        put_number(p, people);
        end_row(p);
    }
    buf_puts(p->out, "</table>\n");
}

static void put_decisions(const struct page *p)
{
    const struct json_t *list = json_get(p->r->campaign, "decisions");
    if (json_count(list) == 0)
        return;
    put_title(p, "Decisions");
    buf_puts(p->out, "<table><thead><tr>");
    put_head(p, "When", false);
    put_head(p, "Who", false);
    put_head(p, "What", false);
    put_head(p, "Reason", false);
    buf_puts(p->out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json_t *row = json_at(list, i);
        struct buf verb = {0};
        buf_puts(p->out, "<tr><td>");
        put_time(p, json_get_text(row, "at", NULL));
        buf_puts(p->out, "</td>");
        put_cell(p, json_get_text(row, "who", ""));
        campaign_put_verb(row, &verb);
        put_cell(p, buf_text(&verb));
        put_cell(p, json_get_text(row, "reason", ""));
        buf_puts(p->out, "</tr>\n");
        buf_free(&verb);
    }
    buf_puts(p->out, "</tbody></table>\n");
}

static void put_duties(const struct page *p)
{
    char at[CLOCK_TEXT_SIZE];
    put_title(p, "Duties that are still open");
    if (p->r->duties_unknown.len > 0) {
        buf_puts(p->out, "<p>");
        put_word(p, "Could not be looked at");
        buf_puts(p->out, ": ");
        put_text(p, buf_text(&p->r->duties_unknown));
        buf_puts(p->out, "</p>\n");
        return;
    }
    if (p->r->duty_count == 0) {
        put_sentence(p, p->r->duties_known ? "None is open."
                                           : "Not looked at: the campaign's file was not there.");
        return;
    }
    buf_puts(p->out, "<table><thead><tr>");
    put_head(p, "Due", false);
    put_head(p, "What", false);
    put_head(p, "Rule", false);
    buf_puts(p->out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < p->r->duty_count; i++) {
        const struct report_duty *d = &p->r->duties[i];
        buf_puts(p->out, "<tr><td>");
        if (d->due_ms != 0)
            put_time(p, clock_format_rfc3339(d->due_ms, at));
        else
            put_word(p, "at once");
        buf_puts(p->out, "</td>");
        put_cell(p, d->what);
        put_cell(p, d->rule);
        buf_puts(p->out, "</tr>\n");
    }
    buf_puts(p->out, "</tbody></table>\n");
}

void report_put_html(const struct report *r, enum report_language language, struct buf *out)
{
    const struct page p = {r, language, out};
    buf_printf(out, "<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n<title>",
               report_language_tag(language));
    put_word(&p, "Delivery report");
    buf_puts(out, ": ");
    put_text(&p, r->name);
    buf_printf(out, "</title>\n<style>%s</style>\n<h1>", style);
    put_word(&p, "Delivery report");
    buf_puts(out, ": ");
    put_text(&p, r->name);
    buf_puts(out, "</h1>\n");
    put_standing(&p);
    put_overview(&p);
    put_people(&p);
    put_proof(&p);
    put_causes(&p);
    put_ways(&p);
    put_duties(&p);
    put_approvals(&p);
    put_pace(&p);
    put_decisions(&p);
    buf_puts(out, "<footer>");
    put_word(&p, "Counted from the books on");
    buf_putc(out, ' ');
    put_time(&p, json_get_text(r->sum, "at", NULL));
    buf_puts(out, "</footer>\n</html>\n");
}
