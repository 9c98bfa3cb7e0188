/*
 *   check and sum ─▶ count every row ─▶ approvals ─▶ the name is typed ─▶ start (recorded)
 *                                                       ─▶ one batch for each cohort ─▶ watch
 *
 * A crash anywhere is mended by the same command again: what was recorded stays, a batch that was
 * handed over is known by its id and its sum, and only what is missing is handed over.
 */
#include "desk/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "desk/campaign_approvals.h"
#include "desk/campaign_ask.h"
#include "desk/documents.h"
#include "desk/follow.h"
#include "desk/send_plan.h"
#include "desk/send_print.h"
#include "desk/watch.h"
#include "model/json.h"

struct sending {
    const struct invocation *inv;
    struct dossier dossier;
    struct setup *setup;
    struct session session;
    struct send_world world;
    struct send_counts counts;
    struct json_t *approvals;
    bool started;       /* before this command */
    char *finished_at;  /* likewise; NULL: it is not */
    bool daemon;        /* one is running */
    bool published;     /* a batch was not there before */
    struct buf batches; /* for --json */
};

/* ---- what is there ---- */

static int read_time(struct sending *s, struct error *err)
{
    const struct campaign *c = s->dossier.campaign;
    const char *at = option_value(s->inv, "at");
    s->world.send_at_ms = c->send_at_ms;
    if (at == NULL)
        return 0;
    if (c->send_at_ms != 0)
        return error_set(err, ERR_USAGE,
                         "%s says itself when it leaves, and that is what was approved: change "
                         "`send_at` there, or leave --at out",
                         c->file);
    clock_parse_rfc3339(at, &s->world.send_at_ms); /* the check has read it before */
    return 0;
}

static int open_all(struct sending *s, struct error *err)
{
    struct config_options options = *invocation_config(s->inv);
    bool dry = option_given(s->inv, "dry-run");
    options.without_secrets = true;
    int rc = dossier_open(s->inv, argument_at(s->inv, 0), &s->dossier, err);
    if (rc == 0)
        rc = setup_load(&options, 1, &s->setup, err);
    if (rc == 0)
        client_take_trial(s->setup->settings);
    if (rc == 0)
        rc = dry ? session_open_beside(s->inv, &s->session, err)
                 : session_open(s->inv, LEDGER_WRITE, &s->session, err);
    s->world = (struct send_world){
        .inv = s->inv, .setup = s->setup, .dossier = &s->dossier, .client = s->session.client};
    if (rc == 0)
        rc = read_time(s, err);
    if (rc == 0 && !dry)
        rc = spool_open(s->setup->settings->spool, &s->world.spool, err);
    return rc;
}

/* It may have begun before, and been interrupted: then at the time it began with. */
static int look_back(struct sending *s, struct error *err)
{
    struct json_t *row = NULL;
    int rc = campaign_ask_row(&s->session, s->dossier.campaign->id, &row, err);
    if (rc == ERR_NOT_FOUND)
        return 0;
    const char *at = json_get_text(row, "send_at", NULL);
    const char *finished = json_get_text(row, "finished_at", NULL);
    s->started = rc == 0 && json_get_text(row, "started_at", NULL) != NULL;
    s->finished_at = finished != NULL ? xstrdup(finished) : NULL;
    if (s->started && at != NULL)
        clock_parse_rfc3339(at, &s->world.send_at_ms);
    if (rc == 0 && text_equal(json_get_text(row, "state", ""), "cancelled"))
        rc = error_set(err, ERR_CONFLICT,
                       "the campaign %s was cancelled, and that is for good; give the new one "
                       "another name (`campaign:` in %s)",
                       s->dossier.campaign->id, s->dossier.campaign->file);
    json_free(row);
    return rc;
}

static int ask_approvals(struct sending *s, struct error *err)
{
    return campaign_ask_approvals(&s->session, s->dossier.campaign, &s->dossier.manifest,
                                  &s->approvals, err);
}

/* ---- may it leave? ---- */

static bool lacks_approval(const struct sending *s)
{
    return campaign_lacks_approval(&s->dossier, s->approvals);
}

static bool has_problems(const struct sending *s)
{
    return s->counts.wrong > 0 && !option_given(s->inv, "skip-problems");
}

/* Nobody can approve rows that are wrong. The line end is the caller's. */
static void put_next(const struct sending *s, struct buf *out)
{
    const char *file = s->dossier.campaign->file;
    if (lacks_approval(s) && s->counts.wrong > 0)
        say_put(s->inv, out, "Next: mend the table, then dispatcher check %s\n", file);
    else if (!lacks_approval(s) && has_problems(s))
        say_put(s->inv, out,
                "Next: mend the table, or send to all others: dispatcher send %s --skip-problems\n",
                file);
    else
        campaign_put_next(s->inv, &s->dossier, s->approvals, out);
    if (out->len > 0)
        buf_truncate(out, out->len - 1);
}

static int refuse_unapproved(const struct sending *s, struct error *err)
{
    struct buf state = {0}, changes = {0}, next = {0};
    campaign_put_approvals(s->inv, &s->dossier, s->approvals, &state);
    campaign_put_changes(s->inv, s->approvals, &changes);
    put_next(s, &next);
    int rc =
        error_set(err, ERR_DENIED, "%s is not approved, and nothing was sent: %s\n%s%s",
                  s->dossier.campaign->id, buf_text(&state), buf_text(&changes), buf_text(&next));
    buf_free(&state);
    buf_free(&changes);
    buf_free(&next);
    return rc;
}

/* Before the name is typed. */
static int refuse_sender(const struct sending *s, struct error *err)
{
    struct buf why = {0}, next = {0};
    campaign_put_obstacle(s->inv, s->approvals, &why);
    put_next(s, &next);
    int rc =
        error_set(err, ERR_DENIED, "nothing was sent: %s\n%s", buf_text(&why), buf_text(&next));
    buf_free(&why);
    buf_free(&next);
    return rc;
}

static int refuse_problems(const struct sending *s, struct error *err)
{
    char wrong[OUTPUT_NUMBER_SIZE];
    return error_set(err, ERR_INPUT,
                     "%s rows have problems, and nothing was sent: mend the table, or send to all "
                     "others with --skip-problems",
                     output_number(s->counts.wrong, wrong));
}

/* A daemon that read its letters before this one was written would refuse the batch, or hold it. */
static int check_daemon_has_letter(struct sending *s, struct error *err)
{
    const char *name = s->dossier.campaign->template_name;
    struct buf request = {0};
    struct json_t *answer = NULL;
    request_begin(&request, "letter");
    request_put_text(&request, "template", name);
    buf_putc(&request, '}');
    int rc = session_ask(&s->session, buf_text(&request), NULL, &answer, err);
    const char *sum = json_get_text(answer, "sha256", NULL);
    s->daemon = json_get_bool(answer, "daemon", false);
    if (rc == 0 && s->daemon && !text_equal(sum, s->dossier.letter_sha256))
        rc = error_set(err, ERR_AGAIN,
                       sum == NULL
                           ? "nothing was sent: the daemon has not read the letter %s yet. Next: "
                             "dispatcher reload, then the same again"
                           : "nothing was sent: the daemon still has the letter %s as it was "
                             "before. Next: dispatcher reload, then the same again",
                       name);
    json_free(answer);
    buf_free(&request);
    return rc;
}

static int check_ready(struct sending *s, struct error *err)
{
    if (lacks_approval(s) && !s->started)
        return refuse_unapproved(s, err);
    if (!campaign_may_send(s->approvals) && !s->started)
        return refuse_sender(s, err);
    if (has_problems(s))
        return refuse_problems(s, err);
    if (s->counts.people == 0)
        return error_set(err, ERR_INPUT, "there is nobody to send to");
    return check_daemon_has_letter(s, err);
}

static void tell_finished(const struct sending *s, FILE *to)
{
    const char *id = s->dossier.campaign->id;
    char at[64];
    say(s->inv, to,
        "%s is finished since %s, and nobody is sent it twice. For the record: dispatcher campaign "
        "report %s\n",
        id, output_time(s->finished_at, at, sizeof(at)), id);
}

/* What keeps it from being sent, and what is to be done about it, by whom. */
static int tell_dry(const struct sending *s)
{
    struct buf next = {0}, why = {0};
    bool mine = campaign_may_send(s->approvals);
    int rc = lacks_approval(s) || !mine ? EX_NOPERM : has_problems(s) ? EX_DATAERR : 0;
    if (!lacks_approval(s))
        campaign_put_obstacle(s->inv, s->approvals, &why);
    put_next(s, &next);
    if (why.len > 0)
        say(s->inv, stderr, "Nothing was sent: %s.\n", buf_text(&why));
    else
        say(s->inv, stderr, "Nothing was sent.\n");
    say(s->inv, stderr, "%s\n", buf_text(&next));
    buf_free(&next);
    buf_free(&why);
    return rc;
}

static int finish_dry(const struct sending *s)
{
    if (invocation_json(s->inv))
        send_print_json(&s->world, &s->counts, s->approvals);
    else if (s->finished_at == NULL)
        send_print(&s->world, &s->counts, s->approvals);
    if (s->finished_at == NULL)
        return tell_dry(s);
    tell_finished(s, stderr);
    return 0;
}

/* ---- sending ---- */

static int confirm(const struct sending *s, struct error *err)
{
    char people[OUTPUT_NUMBER_SIZE];
    const char *id = s->dossier.campaign->id;
    struct buf question = {0};
    if (s->started)
        return 0; /* the name was typed when it began */
    say_put(s->inv, &question, "Type the campaign name to send %s people a letter:",
            output_number(s->counts.people, people));
    int rc = confirm_name(s->inv, buf_text(&question), id, err);
    buf_free(&question);
    return rc;
}

static int start(struct sending *s, struct error *err)
{
    struct buf request = {0};
    struct json_t *answer = NULL;
    int rc = documents_keep(&s->session, &s->dossier.manifest, err);
    send_put_start(&s->world, &s->counts, &request);
    if (rc == 0)
        rc = session_ask(&s->session, buf_text(&request), NULL, &answer, err);
    json_free(answer);
    buf_free(&request);
    return rc;
}

static void note_batch(struct sending *s, const struct batch_result *result, bool known)
{
    char count[OUTPUT_NUMBER_SIZE];
    s->published = s->published || !known;
    buf_printf(&s->batches, "%s{\"batch\":\"%s\",\"people\":%lld,\"known\":%s}",
               s->batches.len > 0 ? "," : "", result->id,
               (long long)(result->count - result->wrong), known ? "true" : "false");
    if (invocation_json(s->inv))
        return;
    output_number(result->count - result->wrong, count);
    if (known)
        say(s->inv, stdout, "%s: %s people, handed over before\n", result->id, count);
    else
        say(s->inv, stdout, "%s: %s people\n", result->id, count);
}

/* What is published was summed before and behind the reading. */
static int hand_over(struct sending *s, const struct handover_options *o,
                     const struct send_cohort *cohort, struct error *err)
{
    unsigned char people[DIGEST_SIZE];
    struct handover *h = NULL;
    struct batch_result result = {0};
    bool known = false;
    int rc = handover_open(o, &h, err);
    if (rc == 0)
        rc = handover_read(h, err);
    if (rc == EX_DATAERR)
        rc = refuse_problems(s, err);
    if (rc == 0) {
        handover_sum_table(h, people);
        rc = dossier_check_files(&s->dossier, cohort->cohort, people, handover_sheet_sum(h), err);
    }
    if (rc == 0)
        rc = handover_publish(h, &known, err);
    if (rc == 0) {
        handover_put_result(h, &result);
        note_batch(s, &result, known);
    }
    handover_close(h);
    return rc;
}

static int hand_over_all(struct sending *s, struct error *err)
{
    struct interrupt interrupt;
    int rc = 0;
    interrupt_hold(&interrupt);
    for (size_t i = 0; rc == 0 && i < s->counts.cohort_count; i++) {
        struct handover_options options;
        struct buf text = {0};
        send_fill_options(&s->world, &s->counts.cohorts[i], &text, &options);
        options.interrupt = &interrupt;
        rc = hand_over(s, &options, &s->counts.cohorts[i], err);
        buf_free(&text);
    }
    if (rc < 0 && interrupt_asked(&interrupt))
        output_error(err);
    fflush(stdout);
    interrupt_release(&interrupt);
    return rc;
}

static void tell(const struct sending *s)
{
    const char *id = s->dossier.campaign->id;
    if (invocation_json(s->inv)) {
        printf("{\"v\":1,\"campaign\":\"%s\",\"started\":%s,\"people\":%lld,\"batches\":[%s]}\n",
               id, s->started ? "false" : "true", (long long)s->counts.people,
               buf_text(&s->batches));
        return;
    }
    if (s->finished_at != NULL && !s->published)
        tell_finished(s, stdout);
    else if (!s->daemon)
        say(s->inv, stdout,
            "All of it is handed over, but nothing leaves yet: no daemon is running; start it with "
            "`dispatcher run`. Watch: dispatcher watch %s     Stop: dispatcher campaign pause %s\n",
            id, id);
    else if (s->started)
        say(s->inv, stdout,
            "It had begun before; now all of it is handed over. Watch: dispatcher "
            "watch %s     Stop: dispatcher campaign pause %s\n",
            id, id);
    else
        say(s->inv, stdout,
            "Started. Watch: dispatcher watch %s     Stop: dispatcher campaign pause %s\n", id, id);
}

static int send_off(struct sending *s, struct error *err)
{
    int rc = check_ready(s, err);
    if (rc == 0 && !invocation_json(s->inv) && s->finished_at == NULL)
        send_print(&s->world, &s->counts, s->approvals);
    if (rc == 0)
        rc = confirm(s, err);
    if (rc == 0)
        rc = start(s, err);
    if (rc == 0)
        rc = hand_over_all(s, err);
    if (rc == 0)
        tell(s);
    return rc;
}

static int prepare(struct sending *s, struct error *err)
{
    int rc = open_all(s, err);
    if (rc == 0)
        rc = look_back(s, err);
    if (rc == 0)
        rc = send_count(&s->world, &s->counts, err);
    if (rc == 0)
        rc = ask_approvals(s, err);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct sending s = {.inv = inv};
    char *id = NULL;
    int rc = prepare(&s, err);
    if (rc == 0)
        rc = follow_check(inv, s.dossier.campaign, err);
    if (rc == 0)
        rc = option_given(inv, "dry-run") ? finish_dry(&s) : send_off(&s, err);
    if (rc == 0 && option_given(inv, "wait") && !option_given(inv, "dry-run"))
        id = xstrdup(s.dossier.campaign->id);
    json_free(s.approvals);
    send_counts_free(&s.counts);
    spool_close(s.world.spool);
    session_close(&s.session);
    setup_release(s.setup);
    dossier_close(&s.dossier);
    buf_free(&s.batches);
    free(s.finished_at);
    if (id != NULL)
        rc = watch_follow(inv, id, err);
    free(id);
    return rc;
}

static const struct option_row options[] = {
    {"dry-run", 'n', NULL, "only show who would get it, when, and what is missing"},
    {"at", 0, "TIME", "leave then, like 2027-01-31T09:00:00+01:00, if the file says no time"},
    {"skip-problems", 0, NULL, "leave out the rows that have problems, and send to all others"},
    {"shared-addresses", 0, NULL, "several people may have the same address or number"},
    FOLLOW_OPTIONS,
    {"wait", 0, NULL, "stay and watch until it is over"},
    {"reason", 0, "TEXT", "for the record"},
    CONFIRM_NAME_OPTION,
};

const struct command command_send = {
    .name = "send",
    .arguments = "CAMPAIGN.yaml",
    .summary = "send a campaign, or show beforehand who would get it",
    .details =
        "  dispatcher send campaign.yaml --dry-run\n"
        "  dispatcher send campaign.yaml\n"
        "  dispatcher send campaign.yaml --confirm 2027-01-outage --wait\n\n"
        "Checks the campaign and every row of its tables, shows who gets it by channel and "
        "language,\n"
        "what SMS cost, when it begins and how long it takes, and who has approved it. Then it "
        "asks\n"
        "for the name of the campaign. What leaves is what was approved, byte by byte. Each cohort "
        "is\n"
        "a batch of its own, CAMPAIGN-COHORT.\n\n"
        "The same command again sends nobody twice: it hands over what is missing, if the first "
        "was\n"
        "interrupted.\n\n"
        "Exit status: 0 handed over (with --wait: everybody was told); 1 with --wait: some "
        "failed,\n"
        "expired, are held or uncertain, or got nothing because of trial mode; 64 the name was\n"
        "not typed; 65 mistakes in the campaign or its tables; 77 not approved, or changed "
        "since,\n"
        "or you may not send it.\n\n"
        "JSON with --dry-run, one object: v, campaign, template, rows, people, wrong, problems\n"
        "(no_address, no_language, twice, other), channels, later_channels (only if the first "
        "fails),\n"
        "locales, cohorts, sms (people, parts, cost_micros, currency, about), send_at, about_ms,\n"
        "approvals (role, who, at, valid, changed, replaced, withdrawn), sender (who, may, "
        "because),\n"
        "warnings (how many of each kind), trial, allowed. Else, one object: v, "
        "campaign,\n"
        "started, people, batches (batch, people, known).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
