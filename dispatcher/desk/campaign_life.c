/* pause, resume, go-on and cancel: what becomes of a campaign that was sent. */
#include "desk/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/say.h"
#include "desk/campaign_ask.h"
#include "model/json.h"

#define ASK_ABOVE 100

struct life {
    const struct invocation *inv;
    const char *campaign;
    struct session session;
    struct json_t *row; /* as it was before */
    struct json_t *answer;
    int64_t cancelled; /* messages */
    struct life_share {
        char word[36]; /* a channel or a language */
        int64_t count;
    } * shares;
    size_t share_count;
};

static int ask(struct life *l, const char *verb, struct error *err)
{
    struct buf request = {0};
    request_begin(&request, verb);
    request_put_text(&request, "campaign", l->campaign);
    request_put_text(&request, "reason", option_value(l->inv, "reason"));
    if (option_given(l->inv, "go-on"))
        buf_puts(&request, ",\"go_on\":true");
    buf_putc(&request, '}');
    int rc = session_ask(&l->session, buf_text(&request), NULL, &l->answer, err);
    buf_free(&request);
    return rc;
}

static int begin(struct life *l, struct error *err)
{
    int rc = session_open(l->inv, LEDGER_WRITE, &l->session, err);
    return rc == 0 ? campaign_ask_row(&l->session, l->campaign, &l->row, err) : rc;
}

static void end(struct life *l)
{
    json_free(l->row);
    json_free(l->answer);
    free(l->shares);
    session_close(&l->session);
}

/* So many messages that have not left. */
static int64_t count_open(const struct json_t *row)
{
    return json_get_int(row, "waiting", 0) + json_get_int(row, "deferred", 0) +
           json_get_int(row, "held", 0);
}

static void print_json(const struct life *l, const char *verb)
{
    struct buf out = {0};
    buf_puts(&out, "{\"v\":1");
    request_put_text(&out, "verb", verb);
    request_put_text(&out, "campaign", l->campaign);
    buf_printf(&out, ",\"changed\":%s",
               json_get_bool(l->answer, "changed", false) ? "true" : "false");
    request_put_text(&out, "was", json_get_text(l->row, "state", ""));
    buf_printf(&out, ",\"cancelled\":%lld}\n", (long long)l->cancelled);
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
}

/* True: it is told already. */
static bool tell_plainly(const struct life *l, const char *verb)
{
    bool changed = json_get_bool(l->answer, "changed", false);
    if (invocation_json(l->inv))
        print_json(l, verb);
    else if (!changed)
        say(l->inv, stdout, "%s: nothing had to be changed.\n", l->campaign);
    return invocation_json(l->inv) || !changed;
}

/* ---- pause ---- */

static int run_pause(const struct invocation *inv, struct error *err)
{
    struct life l = {.inv = inv, .campaign = argument_at(inv, 0)};
    int rc = begin(&l, err);
    if (rc == 0)
        rc = ask(&l, "campaign_stop", err);
    if (rc == 0 && !tell_plainly(&l, "campaign pause"))
        say(inv, stdout,
            "%s is paused: what is in flight ends, nothing more is sent. Undo: dispatcher campaign "
            "resume %s\n",
            l.campaign, l.campaign);
    end(&l);
    return rc;
}

/* ---- resume, go-on ---- */

static int ask_many(const struct life *l, struct error *err)
{
    char count[OUTPUT_NUMBER_SIZE];
    struct buf question = {0};
    int64_t open = count_open(l->row);
    if (open <= ASK_ABOVE)
        return 0;
    say_put(l->inv, &question, "%s messages of %s that have not left may leave then. Go on?",
            output_number(open, count), l->campaign);
    int rc = confirm_yes(l->inv, buf_text(&question), err);
    buf_free(&question);
    return rc;
}

static int run_resume(const struct invocation *inv, struct error *err)
{
    struct life l = {.inv = inv, .campaign = argument_at(inv, 0)};
    int rc = begin(&l, err);
    if (rc == 0)
        rc = ask_many(&l, err);
    if (rc == 0)
        rc = ask(&l, "campaign_go", err);
    if (rc == 0 && !tell_plainly(&l, "campaign resume"))
        say(inv, stdout,
            "%s goes on. Follow: dispatcher watch %s     Undo: dispatcher campaign "
            "pause %s\n",
            l.campaign, l.campaign, l.campaign);
    end(&l);
    return rc;
}

/* Whoever has looked is told what stops it all the same. */
static void tell_passed(const struct life *l)
{
    const char *state = json_get_text(l->row, "state", ""), *id = l->campaign;
    bool halted = text_equal(state, "halted");
    if (text_equal(json_get_text(l->row, "stopped_by", NULL), "letter"))
        say(l->inv, stdout,
            "%s: the first ones were looked at, but its letter is not what was approved, and "
            "nothing leaves. What to do: dispatcher campaign show %s\n",
            id, id);
    else if (halted || text_equal(state, "paused"))
        say(l->inv, stdout,
            halted ? "%s: the first ones were looked at, but too many failed and it is halted. Let "
                     "it go on: dispatcher campaign resume %s\n"
                   : "%s: the first ones were looked at, but it is paused and nothing leaves. Let "
                     "it go on: dispatcher campaign resume %s\n",
            id, id);
    else
        say(l->inv, stdout,
            "%s: the first ones were looked at, all others may follow. Watch: dispatcher watch %s  "
            "   Stop: dispatcher campaign pause %s\n",
            id, id, id);
}

static int run_pass(const struct invocation *inv, struct error *err)
{
    struct life l = {.inv = inv, .campaign = argument_at(inv, 0)};
    int rc = begin(&l, err);
    if (rc == 0 && json_kind_of(json_get(l.row, "canary")) != JSON_KIND_OBJECT)
        rc = error_set(err, ERR_CONFLICT,
                       "%s has no first ones (canary) to be looked at; if it is paused or halted: "
                       "dispatcher campaign resume %s",
                       l.campaign, l.campaign);
    if (rc == 0)
        rc = ask_many(&l, err);
    if (rc == 0)
        rc = ask(&l, "campaign_pass", err);
    if (rc == 0 && !tell_plainly(&l, "campaign go-on"))
        tell_passed(&l);
    end(&l);
    return rc;
}

/* ---- cancel ---- */

struct step {
    int64_t after, until, group, at, action;
    bool more;
};

static void put_act(const struct life *l, const struct step *s, bool dry, struct buf *out)
{
    request_begin(out, "act");
    request_put_text(out, "what", "cancel");
    request_put_text(out, "reason", option_value(l->inv, "reason"));
    buf_puts(out, ",\"selector\":{\"campaign\":");
    buf_put_json(out, l->campaign);
    buf_printf(out,
               "},\"dry_run\":%s,\"after\":%lld,\"until\":%lld,\"group\":%lld,\"at\":%lld,"
               "\"action\":%lld}",
               dry ? "true" : "false", (long long)s->after, (long long)s->until,
               (long long)s->group, (long long)s->at, (long long)s->action);
}

static void add_share(struct life *l, const char *word, int64_t count)
{
    size_t i = 0;
    while (i < l->share_count && strcmp(l->shares[i].word, word) != 0)
        i++;
    if (i == l->share_count) {
        l->shares = xreallocarray(l->shares, l->share_count + 1, sizeof(*l->shares));
        l->shares[l->share_count++] = (struct life_share){0};
        snprintf(l->shares[i].word, sizeof(l->shares[i].word), "%s", word);
    }
    l->shares[i].count += count;
}

static void add_shares(struct life *l, const struct json_t *answer)
{
    const struct json_t *by = json_get(answer, "by");
    for (size_t i = 0; i < json_count(by); i++) {
        const struct json_t *one = json_at(by, i);
        add_share(l, json_get_text(one, "channel", "?"), json_get_int(one, "count", 0));
        add_share(l, json_get_text(one, "locale", "?"), json_get_int(one, "count", 0));
    }
}

static void put_shares(const struct life *l, struct buf *out)
{
    char number[OUTPUT_NUMBER_SIZE];
    for (size_t i = 0; i < l->share_count; i++)
        buf_printf(out, "%s%s %s", i > 0 ? ", " : "", l->shares[i].word,
                   output_number(l->shares[i].count, number));
}

static int take_step(struct life *l, struct step *s, bool dry, struct error *err)
{
    struct buf request = {0};
    struct json_t *answer = NULL;
    put_act(l, s, dry, &request);
    int rc = session_ask(&l->session, buf_text(&request), NULL, &answer, err);
    if (rc == 0) {
        l->cancelled += json_get_int(answer, "count", 0);
        if (dry)
            add_shares(l, answer);
        s->more = json_get_bool(answer, "more", false);
        s->after = json_get_int(answer, "after", 0);
        s->until = json_get_int(answer, "until", 0);
        s->group = json_get_int(answer, "group", 0);
        s->at = json_get_int(answer, "at", 0);
        s->action = json_get_int(answer, "action", 0);
    }
    json_free(answer);
    buf_free(&request);
    return rc;
}

/* Step by step, so that the daemon goes on meanwhile. */
static int cancel_messages(struct life *l, bool dry, struct error *err)
{
    struct step s = {.more = true};
    int rc = 0;
    l->cancelled = 0;
    while (rc == 0 && s.more)
        rc = take_step(l, &s, dry, err);
    return rc;
}

static int ask_name(struct life *l, struct error *err)
{
    char count[OUTPUT_NUMBER_SIZE];
    struct buf question = {0}, shares = {0};
    int rc = cancel_messages(l, true, err);
    put_shares(l, &shares);
    say_put(l->inv, &question,
            "%s messages have not left and never will then (%s); that is for good. Type the "
            "campaign name to cancel it:",
            output_number(l->cancelled, count), buf_text(&shares));
    if (rc == 0)
        rc = confirm_name(l->inv, buf_text(&question), l->campaign, err);
    buf_free(&question);
    buf_free(&shares);
    return rc;
}

static void tell_cancelled(const struct life *l)
{
    char count[OUTPUT_NUMBER_SIZE], told[OUTPUT_NUMBER_SIZE];
    if (invocation_json(l->inv)) {
        print_json(l, "campaign cancel");
        return;
    }
    say(l->inv, stdout, "%s is cancelled: %s messages will not leave; %s were delivered before.\n",
        l->campaign, output_number(l->cancelled, count),
        output_number(json_get_int(l->row, "delivered", 0), told));
    say(l->inv, stderr,
        "That is for good; to tell these people something after all, send another campaign. Next: "
        "dispatcher campaign show %s\n",
        l->campaign);
}

static int run_cancel(const struct invocation *inv, struct error *err)
{
    struct life l = {.inv = inv, .campaign = argument_at(inv, 0)};
    int rc = begin(&l, err);
    if (rc == 0)
        rc = ask_name(&l, err);
    if (rc == 0)
        rc = ask(&l, "campaign_cancel", err);
    if (rc == 0)
        rc = cancel_messages(&l, false, err);
    if (rc == 0)
        tell_cancelled(&l);
    end(&l);
    return rc;
}

/* ---- the commands ---- */

#define REASON_OPTION                                                                              \
    {                                                                                              \
        "reason", 0, "TEXT", "why, for the record and for `campaign show`"                         \
    }

static const struct option_row pause_options[] = {REASON_OPTION};

const struct command command_campaign_pause = {
    .name = "campaign pause",
    .arguments = "NAME",
    .summary = "stop a whole campaign until somebody resumes it",
    .details =
        "  dispatcher campaign pause 2027-01-outage --reason \"wrong telephone number\"\n\n"
        "Acts at once on everything that is not in flight, in all of its batches, also those that "
        "are\n"
        "still being read. What was delivered stays delivered. Undo: campaign resume.\n"
        "Single notices that systems handed in under its name are none of its batches and go on: "
        "for\n"
        "those in the books, hold --campaign NAME (undo: release --campaign NAME).\n\n"
        "JSON, one object: v, verb, campaign, changed, was (its state), cancelled.",
    .options = pause_options,
    .option_count = COUNT_OF(pause_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_pause,
};

static const struct option_row resume_options[] = {
    {"go-on", 0, NULL, "never halt it by failures again, and whatever its letter says now"},
    CONFIRM_YES_OPTION,
    REASON_OPTION,
};

const struct command command_campaign_resume = {
    .name = "campaign resume",
    .arguments = "NAME",
    .summary = "let a paused or halted campaign go on",
    .details =
        "  dispatcher campaign resume 2027-01-outage --reason \"number corrected\"\n\n"
        "With it go on those of its batches that are paused or halted. A campaign that halted "
        "because\n"
        "too many messages failed halts again while they are too many, unless --go-on says "
        "otherwise.\n"
        "With more than 100 messages waiting it asks first.\n\n"
        "JSON, one object: v, verb, campaign, changed, was (its state), cancelled.",
    .options = resume_options,
    .option_count = COUNT_OF(resume_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_resume,
};

static const struct option_row pass_options[] = {CONFIRM_YES_OPTION, REASON_OPTION};

const struct command command_campaign_go_on = {
    .name = "campaign go-on",
    .arguments = "NAME",
    .summary = "the first people's letters were looked at: send all others theirs",
    .details =
        "  dispatcher campaign go-on 2027-01-outage --reason \"looked at ten of them\"\n\n"
        "For a campaign with `canary: {first: 500, then: look}`: after the first ones it waits for "
        "this.\n"
        "With more than 100 messages waiting it asks first.\n\n"
        "JSON, one object: v, verb, campaign, changed, was (its state), cancelled.",
    .options = pass_options,
    .option_count = COUNT_OF(pass_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_pass,
};

static const struct option_row cancel_options[] = {CONFIRM_NAME_OPTION, REASON_OPTION};

const struct command command_campaign_cancel = {
    .name = "campaign cancel",
    .arguments = "NAME",
    .summary = "end a campaign for good: what has not left never leaves",
    .details =
        "  dispatcher campaign cancel 2027-01-outage --reason \"the outage is over\"\n"
        "  dispatcher campaign cancel 2027-01-outage --confirm 2027-01-outage\n\n"
        "Shows how many messages that concerns, and asks for the name of the campaign. What is in\n"
        "flight ends; what was delivered stays delivered. It cannot be undone; to stop for a "
        "while:\n"
        "campaign pause. Single notices under its name that wait are cancelled too; those that "
        "systems\n"
        "hand in later are not.\n\n"
        "JSON, one object: v, verb, campaign, changed, was (its state), cancelled (messages).",
    .options = cancel_options,
    .option_count = COUNT_OF(cancel_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_cancel,
};
