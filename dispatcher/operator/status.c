#include "operator/command_list.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/text.h"
#include "model/json.h"
#include "operator/output.h"
#include "operator/session.h"
#include "operator/status_notice.h"
#include "operator/waits.h"

/* Why it sends nothing, or less than it could, just now. */
static void print_brake(const struct json_t *t)
{
    static const struct {
        const char *word, *sentence;
    } waits[] = {{"rate", "at the rate set for it"}, {"warmup", "at today's limit of its warm-up"}};
    int64_t paused_ms = json_get_int(t, "paused_ms", 0);
    char since[64];
    if (paused_ms > 0)
        printf(", resting for %.1f s since %s: %s", (double)paused_ms / 1000,
               output_time(json_get_text(t, "since", NULL), since, sizeof(since)),
               json_get_text(t, "reason", ""));
    else if (text_equal(json_get_text(t, "breaker", "closed"), "probing"))
        printf(", probing whether it works again: %s", json_get_text(t, "reason", ""));
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        if (text_equal(json_get_text(t, "waits_for", ""), waits[i].word))
            printf(", %s", waits[i].sentence);
    }
}

static void print_transports(const struct json_t *status)
{
    const struct json_t *transports = json_get(status, "transports");
    for (size_t i = 0; i < json_count(transports); i++) {
        const struct json_t *t = json_at(transports, i);
        printf("  %-12s %-8s %lld in flight", json_get_text(t, "name", ""),
               json_get_text(t, "channel", ""), (long long)json_get_int(t, "in_flight", 0));
        print_brake(t);
        printf("\n");
    }
}

/* Behind transports that go: mail servers among several, mail domains, endpoints. */
static void print_resting(const struct json_t *status)
{
    const struct json_t *resting = json_get(status, "resting");
    char since[64], until[64];
    for (size_t i = 0; i < json_count(resting); i++) {
        const struct json_t *r = json_at(resting, i);
        printf("%s %s of %s rests since %s until %s: %s\n",
               text_equal(json_get_text(r, "kind", ""), "host") ? "server" : "destination",
               json_get_text(r, "name", ""), json_get_text(r, "transport", ""),
               output_time(json_get_text(r, "since", NULL), since, sizeof(since)),
               output_time(json_get_text(r, "until", NULL), until, sizeof(until)),
               json_get_text(r, "reason", ""));
    }
}

/* By name only, and in full: what is for them waits for a person. */
static void print_endpoints(const struct json_t *status)
{
    const struct json_t *endpoints = json_get(status, "endpoints_disabled");
    char when[64];
    for (size_t i = 0; i < json_count(endpoints); i++) {
        const struct json_t *e = json_at(endpoints, i);
        const char *name = json_get_text(e, "name", "");
        const char *reason = json_get_text(e, "reason", "");
        printf("endpoint %s is disabled since %s, what is for it is held: %s\n  look: dispatcher "
               "endpoint test %s, then: dispatcher endpoint enable %s\n",
               name, output_time(json_get_text(e, "since", NULL), when, sizeof(when)),
               reason[0] != '\0' ? reason : "no reason was given", name, name);
    }
}

static void print_refused(const struct json_t *status)
{
    long long refused = (long long)json_get_int(status, "refused", 0);
    if (refused > 0)
        printf("%lld refused %s in %s/corrupt, each with a .reason beside it\n", refused,
               refused == 1 ? "file" : "files", json_get_text(status, "spool", ""));
}

/* Without a place to record outcomes nothing is sent: since when, and why. */
static void print_stop_rule(const struct json_t *status)
{
    char age[OUTPUT_NUMBER_SIZE];
    const char *since = json_get_text(status, "ledger_since", NULL);
    int64_t unrecorded = json_get_int(status, "unrecorded", 0);
    if (json_get_bool(status, "ledger_available", true))
        return;
    printf("NOT SENDING: outcomes cannot be recorded");
    if (since != NULL)
        printf(" for %s", output_age(since, age));
    printf(
        ": %s\n  %lld outcomes wait in memory; it goes on by itself when recording works again\n",
        json_get_text(status, "ledger_reason", "see the log"), (long long)unrecorded);
}

static void print_intake(const struct json_t *status)
{
    const struct json_t *intake = json_get(status, "intake");
    char line[OUTPUT_NUMBER_SIZE], total[OUTPUT_NUMBER_SIZE];
    if (json_get_text(intake, "batch", NULL) == NULL)
        return;
    printf("taking in the batch %s: %s of %s %s\n", json_get_text(intake, "batch", ""),
           output_number(json_get_int(intake, "line", 0), line),
           output_number(json_get_int(intake, "total", 0), total),
           text_plural(json_get_int(intake, "total", 0), "line", "lines"));
}

static void print_wait(void *context, const struct json_t *row)
{
    struct buf sentence = {0};
    const char *name = context != NULL ? context : json_get_text(row, "batch", "");
    const char *stop = json_get_text(row, "stop", "goes");
    if (!text_equal(stop, "goes"))
        buf_printf(&sentence, "%s, nothing of it is sent until `dispatcher resume %s`", stop, name);
    else
        waits_put(row, &sentence);
    if (sentence.len > 0)
        printf("%s: %s\n", name, sentence.data);
    buf_free(&sentence);
}

/* What has something open and yet nothing due. */
static void print_waits(struct session *s, const struct json_t *status)
{
    static char singles[] = "single notices";
    struct buf rows = {0};
    struct json_t *end = NULL;
    struct error ignored;
    print_wait(singles, status);
    if (session_ask(s, "{\"v\":1,\"verb\":\"batches\",\"unfinished\":true}", &rows, &end,
                    &ignored) == 0)
        output_each_line(&rows, print_wait, NULL);
    json_free(end);
    buf_free(&rows);
}

static void print_status(const struct json_t *status)
{
    bool daemon = json_get_bool(status, "daemon", false);
    char up[OUTPUT_NUMBER_SIZE];
    printf("%s, spool %s\n", daemon ? "running" : "no daemon is running",
           json_get_text(status, "spool", ""));
    if (json_get_bool(status, "trial", true))
        printf("trial mode: only recipients on the allow list get anything (trial: in the "
               "configuration)\n");
    if (!daemon)
        return;
    printf(
        "pid %lld, up %s, %lld of %lld workers busy\n", (long long)json_get_int(status, "pid", 0),
        output_span(json_get_int(status, "uptime_ms", 0), up),
        (long long)json_get_int(status, "busy", 0), (long long)json_get_int(status, "workers", 0));
    print_stop_rule(status);
    print_intake(status);
    print_refused(status);
    print_transports(status);
    print_resting(status);
    print_endpoints(status);
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
        print_status(status);
    if (rc == 0 && !invocation_json(inv))
        print_waits(&s, status);
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
        "the "
        "person;\n"
        "waiting while one may still. Exit status 0 when all were told, 1 when somebody was not "
        "and nothing is\n"
        "open, 75 when something is (again later, or --wait), 66 for an id nobody handed over.\n"
        "JSON, one object for each: v, id, state, open, channels (by name: state, cause, attempts, "
        "reply).\n\n"
        "Without: exit status 0 when a daemon answers, 69 when none does.\n\n"
        "Says of each batch and of single notices why nothing is due, if that is so.\n\n"
        "JSON then, one object: v, version, spool, trial, daemon, waits_for, rests_because and "
        "next_attempt_at "
        "(of single notices,\n"
        "as in `batches`); of a daemon also pid, "
        "uptime_ms, workers, busy,\n"
        "stopping, refused, lanes, ledger_available (else ledger_reason, ledger_since, "
        "unrecorded), intake\n"
        "(batch, line, total of the one being taken in, or null) and transports (name, "
        "channel, in_flight,\n"
        "paused_ms, reason, breaker, waits_for, since, until), endpoints_disabled (name, since, "
        "reason) and resting\n"
        "(kind: host or destination, transport, name, since, until, reason).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_max = 1000,
    .run = run,
};
