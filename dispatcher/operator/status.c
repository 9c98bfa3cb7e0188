#include "operator/command_list.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/text.h"
#include "cli/kept.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/waits.h"
#include "model/json.h"
#include "operator/status_notice.h"

/* Why it sends nothing, or less than it could, just now. */
static void print_brake(const struct invocation *inv, const struct json_t *t)
{
    double paused_s = (double)json_get_int(t, "paused_ms", 0) / 1000;
    const char *wait = json_get_text(t, "waits_for", ""), *reason = json_get_text(t, "reason", "");
    char since[64];
    if (paused_s > 0)
        say(inv, stdout, ", resting for %.1f s since %s: %s", paused_s,
            output_time(json_get_text(t, "since", NULL), since, sizeof(since)), reason);
    else if (text_equal(json_get_text(t, "breaker", "closed"), "probing"))
        say(inv, stdout, ", probing whether it works again: %s", reason);
    if (text_equal(wait, "rate"))
        say(inv, stdout, ", at the rate set for it");
    else if (text_equal(wait, "warmup"))
        say(inv, stdout, ", at today's limit of its warm-up");
}

static void print_transports(const struct invocation *inv, const struct json_t *status)
{
    const struct json_t *transports = json_get(status, "transports");
    for (size_t i = 0; i < json_count(transports); i++) {
        const struct json_t *t = json_at(transports, i);
        say(inv, stdout, "  %-12s %-8s %lld in flight", json_get_text(t, "name", ""),
            json_get_text(t, "channel", ""), (long long)json_get_int(t, "in_flight", 0));
        print_brake(inv, t);
        putchar('\n');
    }
}

/* Behind transports that go: mail servers among several, mail domains, endpoints. */
static void print_rest(const struct invocation *inv, const struct json_t *r)
{
    char first[64], last[64];
    const char *name = json_get_text(r, "name", ""), *of = json_get_text(r, "transport", "");
    const char *why = json_get_text(r, "reason", "");
    const char *since = output_time(json_get_text(r, "since", NULL), first, sizeof(first));
    const char *until = output_time(json_get_text(r, "until", NULL), last, sizeof(last));
    if (text_equal(json_get_text(r, "kind", ""), "host"))
        say(inv, stdout, "server %s of %s rests since %s until %s: %s\n", name, of, since, until,
            why);
    else
        say(inv, stdout, "destination %s of %s rests since %s until %s: %s\n", name, of, since,
            until, why);
}

static void print_resting(const struct invocation *inv, const struct json_t *status)
{
    const struct json_t *resting = json_get(status, "resting");
    for (size_t i = 0; i < json_count(resting); i++)
        print_rest(inv, json_at(resting, i));
}

/* By name only, and in full: what is for them waits for a person. */
static void print_endpoints(const struct invocation *inv, const struct json_t *status)
{
    const struct json_t *endpoints = json_get(status, "endpoints_disabled");
    char when[64];
    for (size_t i = 0; i < json_count(endpoints); i++) {
        const struct json_t *e = json_at(endpoints, i);
        const char *name = json_get_text(e, "name", "");
        struct buf reason = {0};
        kept_put(inv, json_get_text(e, "reason", ""), &reason);
        say(inv, stdout,
            "endpoint %s is disabled since %s, what is for it is held: %s\n  look: dispatcher "
            "endpoint test %s, then: dispatcher endpoint enable %s\n",
            name, output_time(json_get_text(e, "since", NULL), when, sizeof(when)),
            reason.len > 0 ? buf_text(&reason) : say_word(inv, "no reason was given"), name, name);
        buf_free(&reason);
    }
}

static void print_refused(const struct invocation *inv, const struct json_t *status)
{
    long long refused = (long long)json_get_int(status, "refused", 0);
    const char *spool = json_get_text(status, "spool", "");
    if (refused == 1)
        say(inv, stdout, "1 refused file in %s/corrupt, with a .reason beside it\n", spool);
    else if (refused > 0)
        say(inv, stdout, "%lld refused files in %s/corrupt, each with a .reason beside it\n",
            refused, spool);
}

/* Without a place to record outcomes nothing is sent: since when, and why. */
static void print_stop_rule(const struct invocation *inv, const struct json_t *status)
{
    char age[OUTPUT_NUMBER_SIZE];
    const char *since = json_get_text(status, "ledger_since", NULL);
    const char *why = json_get_text(status, "ledger_reason", NULL);
    if (json_get_bool(status, "ledger_available", true))
        return;
    if (why == NULL)
        why = say_word(inv, "see the log");
    if (since != NULL)
        say(inv, stdout, "NOT SENDING: outcomes cannot be recorded for %s: %s\n",
            output_age(since, age), why);
    else
        say(inv, stdout, "NOT SENDING: outcomes cannot be recorded: %s\n", why);
    say(inv, stdout,
        "  %lld outcomes wait in memory; it goes on by itself when recording works again\n",
        (long long)json_get_int(status, "unrecorded", 0));
}

static void print_lack_of_room(const struct invocation *inv, const struct json_t *status)
{
    struct buf why = {0};
    const char *reason = json_get_text(status, "disk_reason", NULL);
    if (reason == NULL)
        return;
    say_put_error(&why, reason);
    say(inv, stdout, "TAKING NOTHING IN: %s\n", buf_text(&why));
    buf_free(&why);
}

static void print_letters(const struct invocation *inv, const struct json_t *status)
{
    const struct json_t *letters = json_get(status, "letters_with_mistakes");
    for (size_t i = 0; i < json_count(letters); i++) {
        const struct json_t *l = json_at(letters, i);
        const char *name = json_get_text(l, "name", "");
        struct buf why = {0};
        say_put_error(&why, json_get_text(l, "reason", ""));
        if (json_get_bool(l, "kept", false))
            say(inv, stdout, "letter %s has a mistake, its version of before stays in use: %s\n",
                name, buf_text(&why));
        else
            say(inv, stdout, "letter %s has a mistake and is left out, what names it waits: %s\n",
                name, buf_text(&why));
        say(inv, stdout, "  mend it, then: dispatcher check, dispatcher reload\n");
        buf_free(&why);
    }
}

static void print_intake(const struct invocation *inv, const struct json_t *status)
{
    const struct json_t *intake = json_get(status, "intake");
    char line[OUTPUT_NUMBER_SIZE], total[OUTPUT_NUMBER_SIZE];
    if (json_get_text(intake, "batch", NULL) == NULL)
        return;
    say(inv, stdout, "taking in the batch %s: %s of %s lines\n", json_get_text(intake, "batch", ""),
        output_number(json_get_int(intake, "line", 0), line),
        output_number(json_get_int(intake, "total", 0), total));
}

static void print_wait_of(const struct invocation *inv, const char *name, const struct json_t *row)
{
    struct buf sentence = {0};
    const char *stop = json_get_text(row, "stop", "goes");
    if (text_equal(json_get_text(row, "stopped_by", NULL), "letter"))
        say_put(inv, &sentence,
                "%s, its letter is not the one that was approved: put it back and `dispatcher "
                "reload`",
                say_word(inv, stop));
    else if (text_equal(json_get_text(row, "stopped_by", NULL), "campaign"))
        say_put(inv, &sentence, "%s, nothing of it is sent until `dispatcher campaign resume %s`",
                say_word(inv, stop), json_get_text(row, "campaign", name));
    else if (!text_equal(stop, "goes"))
        say_put(inv, &sentence, "%s, nothing of it is sent until `dispatcher resume %s`",
                say_word(inv, stop), name);
    else
        waits_put(inv, row, &sentence);
    if (sentence.len > 0)
        printf("%s: %s\n", name, sentence.data);
    buf_free(&sentence);
}

/* For a callback. */
struct listing {
    const struct invocation *inv;
};

static void print_wait(void *context, const struct json_t *row)
{
    const struct listing *listing = context;
    const char *batch = json_get_text(row, "batch", "");
    long long held = json_get_int(row, "held", 0);
    print_wait_of(listing->inv, batch, row);
    if (held > 0)
        say(listing->inv, stdout,
            "%s: %lld held until somebody lets them go: dispatcher queue --batch %s --state held\n",
            batch, held, batch);
}

/* What has something open and yet nothing due. */
static void print_waits(const struct invocation *inv, struct session *s,
                        const struct json_t *status)
{
    struct buf rows = {0};
    struct json_t *end = NULL;
    struct error ignored;
    struct listing listing = {.inv = inv};
    print_wait_of(inv, say_word(inv, "single notices"), status);
    if (session_ask(s, "{\"v\":1,\"verb\":\"batches\",\"unfinished\":true}", &rows, &end,
                    &ignored) == 0)
        output_each_line(&rows, print_wait, &listing);
    json_free(end);
    buf_free(&rows);
}

/* Which of the two decided: the configuration, or an operator since. */
static void print_trial(const struct invocation *inv, const struct json_t *status)
{
    const char *live = json_get_text(status, "live", NULL);
    const char *by = json_get_text(status, "live_by", "");
    char when[64];
    const char *since = output_time(json_get_text(status, "live_since", NULL), when, sizeof(when));
    bool trial = json_get_bool(status, "trial", true);
    if (trial && live == NULL)
        say(inv, stdout,
            "trial mode: only recipients on the allow list get anything (trial: in the "
            "configuration; to end it: dispatcher live on)\n");
    else if (trial)
        say(inv, stdout,
            "trial mode: only recipients on the allow list get anything (dispatcher live off, %s, "
            "%s)\n",
            by, since);
    else if (live != NULL && json_get_bool(status, "trial_configured", false))
        say(inv, stdout,
            "live: everybody gets what is sent to them (dispatcher live on, %s, %s; the "
            "configuration says trial: true)\n",
            by, since);
    else if (live != NULL)
        say(inv, stdout, "live: everybody gets what is sent to them (dispatcher live on, %s, %s)\n",
            by, since);
}

static void print_paused(const struct invocation *inv, const struct json_t *status)
{
    const struct json_t *paused = json_get(status, "transports_paused");
    char when[64];
    for (size_t i = 0; i < json_count(paused); i++) {
        const struct json_t *p = json_at(paused, i);
        const char *name = json_get_text(p, "transport", "");
        const char *because = json_get_text(p, "because", "");
        say(inv, stdout, "transport %s is paused since %s by %s: %s\n", name,
            output_time(json_get_text(p, "since", NULL), when, sizeof(when)),
            json_get_text(p, "by", ""),
            because[0] != '\0' ? because : say_word(inv, "no reason was given"));
        if (json_get_bool(p, "over", false))
            say(inv, stdout,
                "  its failover carries meanwhile; to let it go on: dispatcher "
                "transport resume %s\n",
                name);
        else
            say(inv, stdout,
                "  what is for it waits; to let it go on: dispatcher transport resume "
                "%s\n",
                name);
    }
}

static void print_status(const struct invocation *inv, const struct json_t *status)
{
    const char *spool = json_get_text(status, "spool", "");
    char up[OUTPUT_NUMBER_SIZE];
    bool daemon = json_get_bool(status, "daemon", false);
    if (daemon)
        say(inv, stdout, "running, spool %s\n", spool);
    else
        say(inv, stdout, "no daemon is running, spool %s\n", spool);
    print_trial(inv, status);
    print_paused(inv, status);
    if (!daemon)
        return;
    say(inv, stdout, "pid %lld, up %s, %lld of %lld workers busy\n",
        (long long)json_get_int(status, "pid", 0),
        output_span(json_get_int(status, "uptime_ms", 0), up),
        (long long)json_get_int(status, "busy", 0), (long long)json_get_int(status, "workers", 0));
    print_stop_rule(inv, status);
    print_lack_of_room(inv, status);
    print_intake(inv, status);
    print_letters(inv, status);
    print_refused(inv, status);
    print_transports(inv, status);
    print_resting(inv, status);
    print_endpoints(inv, status);
}

static int run_daemon(const struct invocation *inv, struct error *err)
{
    struct session s;
    struct buf end = {0};
    struct json_t *status = NULL;
    bool daemon = false;
    int rc = session_open(inv, LEDGER_READ, &s, err);
    if (rc == 0)
        rc = client_ask(s.client, "{\"v\":1,\"verb\":\"status\"}", NULL, &end, err);
    if (rc == 0)
        rc = json_parse(end.data, end.len, "answer", 1, 8, &status, err);
    if (rc == 0 && invocation_json(inv))
        fwrite(end.data, 1, end.len, stdout);
    else if (rc == 0)
        print_status(inv, status);
    if (rc == 0 && !invocation_json(inv))
        print_waits(inv, &s, status);
    daemon = json_get_bool(status, "daemon", false);
    json_free(status);
    session_close(&s);
    buf_free(&end);
    return rc == 0 && !daemon ? EX_UNAVAILABLE : rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    if (argument_count(inv) > 0)
        return status_notices(inv, err);
    if (option_given(inv, "wait") || option_given(inv, "timeout"))
        return error_set(err, ERR_USAGE,
                         "--wait goes with the id of a notice; `dispatcher ready --wait` waits for "
                         "the daemon");
    return run_daemon(inv, err);
}

static const struct option_row options[] = {
    {"wait", 0, NULL, "until nothing of these notices is open any more"},
    {"timeout", 0, "TIME", "with --wait: so long at most, e.g. 60s"},
};

const struct command command_status = {
    .name = "status",
    .arguments = "[ID...]",
    .summary = "what became of a notice; without an id: is the daemon running, and how it fares",
    .details =
        "  dispatcher status\n"
        "  dispatcher status update-4_m-0003 --wait --timeout 60s --json\n\n"
        "With ids: what became of them, by channel. A notice is delivered when one channel told "
        "the person;\n"
        "waiting while one may still. Exit status 0 when all were told, 1 when somebody was not "
        "and nothing is\n"
        "open, 75 when something is (again later, or --wait), 66 for an id nobody handed over.\n"
        "JSON, one object for each: v, id, state, open, channels (by name: state, cause, attempts, "
        "reply).\n\n"
        "Without: exit status 0 when a daemon answers, 69 when none does.\n\n"
        "Says of each batch and of single notices why nothing is due, if that is so.\n\n"
        "JSON then, one object: v, version, spool, trial (is it on), trial_configured, live (on, "
        "off, or null:\n"
        "nobody said), live_since, live_by, live_because, transports_paused (transport, since, "
        "by, because,\n"
        "over), daemon, waits_for, rests_because and "
        "next_attempt_at (of single notices,\n"
        "as in `batches`); of a daemon also pid, "
        "uptime_ms, workers, busy,\n"
        "stopping, refused, lanes, ledger_available (else ledger_reason, ledger_since, "
        "unrecorded),\ndisk_reason (if there is no room to take anything in), intake\n"
        "(batch, line, total of the one being taken in, or null), letters_with_mistakes (name, "
        "kept, reason),\ntransports (name, channel, in_flight,\n"
        "paused_ms, reason, breaker, waits_for, since, until), endpoints_disabled (name, since, "
        "reason) and resting\n"
        "(kind: host or destination, transport, name, since, until, reason).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1000,
    .run = run,
};
