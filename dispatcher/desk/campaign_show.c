#include "desk/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/limit.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/waits.h"
#include "desk/campaign_approvals.h"
#include "desk/campaign_ask.h"
#include "desk/campaign_dossier.h"
#include "desk/duties.h"
#include "desk/watch_campaign.h"
#include "model/delivery.h"
#include "model/json.h"

struct showing {
    const struct invocation *inv;
    struct session session;
    char *id;
    char *file;               /* campaign.yaml; NULL: nobody knows where it is */
    struct json_t *row;       /* NULL: nobody approved or sent it yet */
    struct json_t *approvals; /* of what the file says now; NULL: it cannot be read */
    struct dossier dossier;   /* if so */
    bool has_file;
    struct buf open;    /* obligations, a line each */
    struct buf unknown; /* why they could not be looked at */
};

/* ---- the list ---- */

static void put_share(const struct json_t *row, struct table *t)
{
    table_count(t, json_get_int(row, "people", 0));
    table_count(t, json_get_int(row, "delivered", 0));
    table_count(t, json_get_int(row, "failed", 0));
}

struct listing {
    const struct invocation *inv;
    struct table table;
};

static void list_one(void *context, const struct json_t *row)
{
    struct listing *l = context;
    char started[64];
    table_cell(&l->table, json_get_text(row, "campaign", ""));
    table_cell(&l->table, say_word(l->inv, json_get_text(row, "state", "")));
    put_share(row, &l->table);
    table_cell(&l->table,
               output_time(json_get_text(row, "started_at", NULL), started, sizeof(started)));
    table_cell(&l->table, json_get_text(row, "template", NULL));
}

static void print_list(const struct invocation *inv, const struct buf *rows)
{
    const char *heads[] = {say_word(inv, "CAMPAIGN"), say_word(inv, "STATE"),
                           say_word(inv, "PEOPLE"),   say_word(inv, "DELIVERED"),
                           say_word(inv, "FAILED"),   say_word(inv, "STARTED"),
                           say_word(inv, "LETTER")};
    struct listing l = {.inv = inv};
    if (rows->len == 0) {
        say(inv, stderr,
            "There is no campaign yet. Begin one: dispatcher campaign new NAME "
            "--template LETTER\n");
        return;
    }
    table_begin(&l.table, heads, COUNT_OF(heads));
    output_each_line(rows, list_one, &l);
    table_end(&l.table);
}

static int run_list(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf rows = {0};
    int64_t limit, gone = 0;
    struct json_t *answer = NULL;
    int rc = limit_read(inv, &limit, err);
    if (rc != 0)
        return rc;
    rc = session_open_beside(inv, &s, err);
    if (rc == 0)
        rc = session_ask(&s, "{\"v\":1,\"verb\":\"campaigns\"}", &rows, &answer, err);
    if (rc == 0)
        gone = limit_newest(&rows, limit);
    if (rc == 0 && invocation_json(inv))
        fwrite(buf_text(&rows), 1, rows.len, stdout);
    else if (rc == 0)
        print_list(inv, &rows);
    if (rc == 0 && !invocation_json(inv))
        limit_tell_older(inv, gone);
    json_free(answer);
    buf_free(&rows);
    session_close(&s);
    return rc;
}

/* ---- one: what there is to know ---- */

static bool is_file(const char *what)
{
    return text_ends_with(what, ".yaml") || text_ends_with(what, ".yml");
}

static int read_file(struct showing *s, const char *path, struct error *err)
{
    s->has_file = true;
    int rc = dossier_open_unchecked(s->inv, path, &s->dossier, err);
    if (rc == 0 && s->id == NULL)
        s->id = xstrdup(s->dossier.campaign->id);
    return rc;
}

static int ask_row(struct showing *s, struct error *err)
{
    int rc = campaign_ask_row(&s->session, s->id, &s->row, err);
    if (rc == ERR_NOT_FOUND && s->has_file)
        return 0; /* a draft nobody has approved yet */
    const char *file = json_get_text(s->row, "file", NULL);
    if (rc == 0 && s->file == NULL && file != NULL)
        s->file = xstrdup(file);
    return rc;
}

/* From where it was sent; elsewhere it is shown without what its files say. */
static void find_file(struct showing *s)
{
    struct error ignored;
    if (s->has_file || s->file == NULL || access(s->file, R_OK) != 0)
        return;
    if (read_file(s, s->file, &ignored) == 0 && text_equal(s->dossier.campaign->id, s->id))
        return;
    dossier_close(&s->dossier);
    s->has_file = false;
}

static int ask_approvals(struct showing *s, struct error *err)
{
    if (!s->has_file)
        return 0;
    return campaign_ask_approvals(&s->session, s->dossier.campaign, &s->dossier.manifest,
                                  &s->approvals, err);
}

static void note_open(void *context, const char *rule UNUSED, const char *what, int64_t due_ms)
{
    struct buf *out = context;
    char due[CLOCK_TEXT_SIZE];
    buf_printf(out, "  %s", what);
    if (due_ms != 0)
        buf_printf(out, "; due %s", clock_format_rfc3339(due_ms, due));
    buf_putc(out, '\n');
}

/* What the law and its own promises still want after it. Of a draft that is checked anyway, a file
 * that cannot be read is no news. */
static void find_open(struct showing *s)
{
    bool sent = json_get_text(s->row, "started_at", NULL) != NULL;
    const char *file = s->has_file ? s->dossier.campaign->file : s->file;
    if (file != NULL && access(file, R_OK) == 0)
        duties_find(s->inv, &s->session, s->row, file, note_open, &s->open, &s->unknown);
    else if (sent)
        say_put(s->inv, &s->unknown, "%s cannot be read", file != NULL ? file : "campaign.yaml");
    if (!sent)
        buf_reset(&s->unknown);
}

/* ---- one: telling ---- */

static const char *state_of(const struct showing *s)
{
    return s->row != NULL ? json_get_text(s->row, "state", "") : "draft";
}

static void print_head(const struct showing *s)
{
    char time[64], people[OUTPUT_NUMBER_SIZE];
    const struct campaign *c = s->has_file ? s->dossier.campaign : NULL;
    const char *letter = c != NULL ? c->template_name : json_get_text(s->row, "template", "-");
    const char *started = json_get_text(s->row, "started_at", NULL);
    say(s->inv, stdout, "Campaign   %s: %s\n", s->id, say_word(s->inv, state_of(s)));
    struct buf because = {0};
    kept_put(s->inv, json_get_text(s->row, "stop_reason", ""), &because);
    if (because.len > 0)
        say(s->inv, stdout, "Because    %s\n", buf_text(&because));
    buf_free(&because);
    say(s->inv, stdout, "Letter     %s\n", letter);
    if (started != NULL) {
        say(s->inv, stdout, "Sent       %s by %s to %s people\n",
            output_time(started, time, sizeof(time)), json_get_text(s->row, "started_by", ""),
            output_number(json_get_int(s->row, "people", 0), people));
    }
    if (json_get_text(s->row, "send_at", NULL) != NULL)
        say(s->inv, stdout, "Starts     %s\n",
            output_time(json_get_text(s->row, "send_at", NULL), time, sizeof(time)));
    if (json_get_text(s->row, "finished_at", NULL) != NULL)
        say(s->inv, stdout, "Finished   %s\n",
            output_time(json_get_text(s->row, "finished_at", NULL), time, sizeof(time)));
}

static void print_states(const struct showing *s)
{
    struct buf states = {0}, batches = {0};
    char number[OUTPUT_NUMBER_SIZE];
    const struct json_t *ids = json_get(s->row, "batches");
    for (int state = 0; state < DELIVERY_STATES; state++) {
        const char *name = delivery_state_name((enum delivery_state)state);
        int64_t count = json_get_int(s->row, name, 0);
        if (count > 0)
            buf_printf(&states, "%s%s %s", states.len > 0 ? "   " : "", say_word(s->inv, name),
                       output_number(count, number));
    }
    for (size_t i = 0; i < json_count(ids); i++) {
        if (i > 0)
            buf_puts(&batches, ", ");
        json_put_plain(&batches, json_at(ids, i));
    }
    if (states.len > 0)
        say(s->inv, stdout, "Messages   %s\n", buf_text(&states));
    if (json_get_int(s->row, "held", 0) > 0)
        say(s->inv, stdout, "Held       %s wait for somebody: dispatcher release --campaign %s\n",
            output_number(json_get_int(s->row, "held", 0), number), s->id);
    if (batches.len > 0)
        say(s->inv, stdout, "Batches    %s\n", buf_text(&batches));
    buf_free(&states);
    buf_free(&batches);
}

/* What keeps all of it, though nobody stopped it: a transport that is paused or rests, the hours.
 */
static void print_waits(struct showing *s)
{
    struct json_t *facts = NULL;
    struct error ignored;
    struct buf why = {0};
    if (strcmp(state_of(s), "running") != 0 ||
        watch_campaign_ask(&s->session, s->id, &facts, &ignored) != 0)
        return;
    if (json_get_int(facts, "in_flight", 0) == 0 && waits_any(facts))
        waits_put(s->inv, facts, &why);
    if (why.len > 0)
        say(s->inv, stdout, "Waits      %s\n", buf_text(&why));
    buf_free(&why);
    json_free(facts);
}

static void print_portions(const struct showing *s)
{
    const struct json_t *canary = json_get(s->row, "canary"), *wave = json_get(s->row, "wave");
    char first[OUTPUT_NUMBER_SIZE], taken[OUTPUT_NUMBER_SIZE], next[64];
    if (json_kind_of(canary) == JSON_KIND_OBJECT) {
        output_number(json_get_int(canary, "first", 0), first);
        output_number(json_get_int(canary, "taken", 0), taken);
        if (json_get_bool(canary, "passed", false))
            say(s->inv, stdout, "First      %s people: looked at, all others follow\n", first);
        else
            say(s->inv, stdout, "First      %s of %s people; the others wait\n", taken, first);
    }
    if (json_kind_of(wave) == JSON_KIND_OBJECT)
        say(s->inv, stdout, "Waves      %s people each, %s of this one; the next one %s\n",
            output_number(json_get_int(wave, "people", 0), first),
            output_number(json_get_int(wave, "taken", 0), taken),
            output_time(json_get_text(wave, "next_at", NULL), next, sizeof(next)));
}

static void print_approvals(const struct showing *s)
{
    struct buf state = {0}, changes = {0};
    const struct dossier *d = &s->dossier;
    if (!s->has_file || s->approvals == NULL)
        return;
    campaign_put_approvals(s->inv, d, s->approvals, &state);
    if (d->role_count > 0)
        campaign_put_changes(s->inv, s->approvals, &changes);
    say(s->inv, stdout, "Approvals  %s\n", buf_text(&state));
    fputs(buf_text(&changes), stdout);
    buf_free(&state);
    buf_free(&changes);
}

static void print_decisions(const struct showing *s)
{
    const struct json_t *list = json_get(s->row, "decisions");
    const char *heads[] = {say_word(s->inv, "WHEN"), say_word(s->inv, "WHO"),
                           say_word(s->inv, "WHAT"), say_word(s->inv, "WHY")};
    struct table t;
    char when[64];
    if (json_count(list) == 0)
        return;
    printf("\n");
    table_begin(&t, heads, COUNT_OF(heads));
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json_t *d = json_at(list, i);
        const char *why = json_get_text(d, "reason", "");
        struct buf verb = {0};
        campaign_put_verb(d, &verb);
        table_cell(&t, output_time(json_get_text(d, "at", NULL), when, sizeof(when)));
        table_cell(&t, json_get_text(d, "who", ""));
        table_cell(&t, buf_text(&verb));
        table_cell(&t, why[0] != '\0' ? why : NULL);
        buf_free(&verb);
    }
    table_end(&t);
}

static void tell_draft(const struct showing *s)
{
    struct buf next = {0};
    if (s->has_file && s->approvals != NULL)
        campaign_put_next(s->inv, &s->dossier, s->approvals, &next);
    else
        say_put(s->inv, &next,
                "Next: dispatcher campaign show CAMPAIGN.yaml, where its file lies\n");
    say(s->inv, stderr, "%s", buf_text(&next));
    buf_free(&next);
}

static void tell_next(const struct showing *s)
{
    static const struct {
        const char *state, *sentence;
    } nexts[] = {
        {"scheduled", SAID("Watch: dispatcher watch %s\n")},
        {"canary", SAID("Looked at the first ones? dispatcher campaign go-on %s\n")},
        {"running", SAID("Watch: dispatcher watch %s\n")},
        {"paused", SAID("Let it go on: dispatcher campaign resume %s\n")},
        {"halted", SAID("Why: dispatcher failures --campaign %s\n")},
        {"finished", SAID("For the record: dispatcher campaign report %s\n")},
        {"completed_with_failures",
         SAID("Who was not told, and why: dispatcher failures --campaign %s\n")},
    };
    if (strcmp(state_of(s), "draft") == 0)
        tell_draft(s);
    if (strcmp(json_get_text(s->row, "stopped_by", ""), "letter") == 0) {
        say(s->inv, stderr,
            "The letter is not what was approved: put it back and `dispatcher reload`. For another "
            "text: dispatcher campaign cancel %s, dispatcher campaign people %s --state cancelled "
            "--out rest.csv, then send a new campaign to these\n",
            s->id, s->id);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(nexts); i++) {
        struct buf line = {0};
        if (strcmp(state_of(s), nexts[i].state) != 0)
            continue;
        buf_puts(&line, say_word(s->inv, nexts[i].sentence));
        char *hole = strstr(buf_text(&line), "%s");
        size_t before = hole != NULL ? (size_t)(hole - line.data) : line.len;
        fprintf(stderr, "%.*s%s%s", (int)before, line.data, s->id, hole != NULL ? hole + 2 : "");
        buf_free(&line);
    }
}

static void print_text(struct showing *s)
{
    print_head(s);
    print_states(s);
    print_waits(s);
    print_portions(s);
    print_approvals(s);
    if (s->open.len > 0)
        say(s->inv, stdout, "Still owed:\n%s", buf_text(&s->open));
    if (s->unknown.len > 0)
        say(s->inv, stdout, "What is still owed could not be looked at: %s\n",
            buf_text(&s->unknown));
    print_decisions(s);
    fflush(stdout);
    tell_next(s);
}

static void put_open(const struct buf *lines, struct buf *out)
{
    const char *at = buf_text(lines), *newline;
    bool first = true;
    buf_puts(out, ",\"open\":[");
    while ((newline = strchr(at, '\n')) != NULL) {
        char *line = xstrndup(at + 2, (size_t)(newline - at - 2)); /* without its indentation */
        buf_puts(out, first ? "" : ",");
        buf_put_json(out, line);
        first = false;
        free(line);
        at = newline + 1;
    }
    buf_putc(out, ']');
}

static void put_row_member(void *context, const char *name, const struct json_t *value)
{
    struct buf *out = context;
    static const char *const own[] = {"v", "end", "campaign", "state", "approvals"};
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        if (strcmp(own[i], name) == 0)
            return;
    }
    buf_putc(out, ',');
    buf_put_json(out, name);
    buf_putc(out, ':');
    json_put(out, value);
}

static void print_json(const struct showing *s)
{
    struct buf out = {0};
    const struct json_t *approvals =
        json_get(s->approvals != NULL ? s->approvals : s->row, "approvals");
    buf_puts(&out, "{\"v\":1");
    request_put_text(&out, "campaign", s->id);
    request_put_text(&out, "state", state_of(s));
    if (s->row != NULL)
        json_walk(s->row, put_row_member, &out);
    buf_puts(&out, ",\"approvals\":");
    if (approvals != NULL)
        json_put(&out, approvals);
    else
        buf_puts(&out, "[]");
    put_open(&s->open, &out);
    request_put_text(&out, "open_unknown", s->unknown.len > 0 ? buf_text(&s->unknown) : NULL);
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

static int gather(struct showing *s, struct error *err)
{
    const char *what = argument_at(s->inv, 0);
    int rc = is_file(what) ? read_file(s, what, err) : 0;
    if (!is_file(what))
        s->id = xstrdup(what);
    if (rc == 0)
        rc = session_open_beside(s->inv, &s->session, err);
    if (rc == 0)
        rc = ask_row(s, err);
    if (rc == 0)
        find_file(s);
    if (rc == 0)
        rc = ask_approvals(s, err);
    if (rc == 0)
        find_open(s);
    return rc;
}

static int run_show(const struct invocation *inv, struct error *err)
{
    struct showing s = {.inv = inv};
    int rc = gather(&s, err);
    if (rc == 0 && invocation_json(inv))
        print_json(&s);
    else if (rc == 0)
        print_text(&s);
    json_free(s.row);
    json_free(s.approvals);
    session_close(&s.session);
    if (s.has_file)
        dossier_close(&s.dossier);
    buf_free(&s.open);
    buf_free(&s.unknown);
    free(s.id);
    free(s.file);
    return rc;
}

/* ---- the commands ---- */

static const struct option_row list_options[] = {LIMIT_NEWEST};

const struct command command_campaign_list = {
    .name = "campaign list",
    .arguments = "",
    .summary = "every campaign: its state, and how many were told",
    .details =
        "  dispatcher campaign list\n\n"
        "States: draft (approved, not sent), scheduled, canary (the first ones are out, or wait "
        "for a\n"
        "look), running, paused, halted, finished, completed_with_failures, cancelled.\n\n"
        "JSON, one object per line: v, campaign, state, kind, template, file, digest, people,\n"
        "created_at, send_at, started_at, started_by, finished_at, batches, loading, a number for "
        "each\n"
        "state of messages, refused, stop_reason, canary (first, then, taken, passed), wave "
        "(people,\n"
        "taken, next_at), at.",
    .options = list_options,
    .option_count = COUNT_OF(list_options),
    .run = run_list,
};

const struct command command_campaign_show = {
    .name = "campaign show",
    .arguments = "NAME|CAMPAIGN.yaml",
    .summary = "one campaign: state, approvals, decisions, what is still owed, and what to do next",
    .details =
        "  dispatcher campaign show 2027-01-outage\n"
        "  dispatcher campaign show campaign.yaml\n\n"
        "With its file it also says whether the approvals still hold, and which file has changed "
        "since,\n"
        "and what the rules of law and its own promises still want after it.\n\n"
        "JSON, one object: v, campaign, state, all members of `campaign list`, manifest (part, "
        "name,\n"
        "sha256), decisions (action, at, who, verb, selector, reason, count), approvals (role, "
        "who,\n"
        "at, valid, changed, replaced, withdrawn), open (sentences), open_unknown (why they could "
        "not be looked at; "
        "null).",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_show,
};
