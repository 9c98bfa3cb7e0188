#include "operator/command_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/session.h"
#include "config/quantity.h"
#include "model/json.h"

struct purged {
    int64_t notices, batches, kept;
    int64_t awaiting_notices, awaiting_batches; /* kept: their next channel may follow */
    int64_t after, seen_ms, seen;               /* where the next step goes on */
};

/* -1: as the configuration says. */
static int read_age(const struct invocation *inv, int64_t *out_ms, struct error *err)
{
    const char *text = option_value(inv, "older-than");
    *out_ms = -1;
    if (text == NULL || quantity_parse_duration(text, out_ms))
        return 0;
    return error_set(err, ERR_USAGE,
                     "--older-than wants a number and a unit, such as 30d or 12h, not \"%s\"",
                     text);
}

/* More of them are not counted. */
#define NOTICES_MOST 10000

/* A step that goes on behind the last one, or NULL: only a look. */
static int ask(struct session *s, const struct invocation *inv, int64_t age_ms,
               const struct purged *last, struct buf *rows, struct json_t **out, struct error *err)
{
    struct buf request = {0};
    request_begin(&request, "purge");
    request_put_text(&request, "reason", option_value(inv, "reason"));
    if (age_ms >= 0)
        buf_printf(&request, ",\"older_than_ms\":%" PRId64, age_ms);
    if (last == NULL)
        buf_puts(&request, ",\"dry_run\":true}");
    else
        buf_printf(&request, ",\"after\":%" PRId64 ",\"seen_ms\":%" PRId64 ",\"seen\":%" PRId64 "}",
                   last->after, last->seen_ms, last->seen);
    int rc = session_ask(s, request.data, rows, out, err);
    buf_free(&request);
    return rc;
}

/* Each batch by its name. */
static void print_name(void *context UNUSED, const struct json_t *row)
{
    printf("%s\n", json_get_text(row, "batch", ""));
}

static void read_kept(const struct json_t *end, struct purged *out)
{
    out->awaiting_batches = json_get_int(end, "awaiting_batches", 0);
    out->awaiting_notices = json_get_int(end, "awaiting_notices", 0);
}

/* What stays although it is old enough, and why. */
static void tell_kept(const struct invocation *inv, const struct purged *p)
{
    if (p->awaiting_batches + p->awaiting_notices == 0 || invocation_json(inv))
        return;
    say(inv, stderr,
        p->awaiting_notices >= NOTICES_MOST
            ? "Batches that stay: %lld, single notices: at least %lld. The next channel may still "
              "follow where no confirmation comes, and needs the text (`dispatcher batches` and "
              "`show` say until when).\n"
            : "Batches that stay: %lld, single notices: %lld. The next channel may still follow "
              "where no confirmation comes, and needs the text (`dispatcher batches` and `show` "
              "say until when).\n",
        (long long)p->awaiting_batches, (long long)p->awaiting_notices);
}

/* Step after step: a daemon serves everybody else between two of them. */
static int ask_steps(struct session *s, const struct invocation *inv, int64_t age_ms,
                     struct purged *out, struct error *err)
{
    bool more = true;
    int rc = 0;
    struct progress progress;
    progress_begin(&progress, inv, "purge", clock_mono_ms());
    while (rc == 0 && more) {
        struct json_t *end = NULL;
        struct buf rows = {0};
        rc = ask(s, inv, age_ms, out, &rows, &end, err);
        progress_hide(&progress);
        if (rc == 0 && !invocation_json(inv))
            output_each_line(&rows, print_name, NULL);
        buf_free(&rows);
        out->notices += json_get_int(end, "notices", 0);
        out->batches += json_get_int(end, "batches", 0);
        out->kept += json_get_int(end, "kept", 0);
        out->after = json_get_int(end, "after", 0);
        out->seen_ms = json_get_int(end, "seen_ms", 0);
        out->seen = json_get_int(end, "seen", 0);
        read_kept(end, out);
        more = json_get_bool(end, "more", false);
        progress_update(&progress, out->notices + out->batches, 0, NULL, clock_mono_ms());
        const char *problem = json_get_text(end, "problem", NULL);
        if (problem != NULL) {
            struct error told;
            error_set(&told, ERR_IO, "%s", problem);
            output_error(&told);
        }
        json_free(end);
    }
    progress_hide(&progress);
    return rc;
}

static int count_batches(struct session *s, const struct invocation *inv, int64_t age_ms,
                         struct buf *rows, struct purged *out, struct error *err)
{
    struct json_t *end = NULL;
    int rc = ask(s, inv, age_ms, NULL, rows, &end, err);
    out->batches = json_get_int(end, "batches", 0);
    read_kept(end, out);
    json_free(end);
    return rc;
}

static int preview(struct session *s, const struct invocation *inv, int64_t age_ms,
                   struct error *err)
{
    struct buf rows = {0};
    struct purged would = {0};
    int rc = count_batches(s, inv, age_ms, &rows, &would, err);
    if (rc == 0 && invocation_json(inv))
        printf("{\"v\":1,\"verb\":\"purge\",\"batches\":%" PRId64
               ",\"notices\":null,\"awaiting_batches\":%" PRId64 ",\"awaiting_notices\":%" PRId64
               ",\"dry_run\":true}\n",
               would.batches, would.awaiting_batches, would.awaiting_notices);
    else if (rc == 0)
        output_each_line(&rows, print_name, NULL);
    if (rc == 0 && !invocation_json(inv))
        say(inv, stderr,
            "Batches that would lose their texts: %lld; notices of their own are not counted "
            "beforehand.\n",
            (long long)would.batches);
    if (rc == 0)
        tell_kept(inv, &would);
    buf_free(&rows);
    return rc;
}

static int confirm(struct session *s, const struct invocation *inv, int64_t age_ms,
                   struct error *err)
{
    struct buf question = {0};
    struct purged would = {0};
    int rc = 0;
    if (!option_given(inv, "yes"))
        rc = count_batches(s, inv, age_ms, NULL, &would, err);
    if (rc != 0)
        return rc;
    say_put(inv, &question,
            "The texts of %lld batches and of all notices finished that long ago go for good, and "
            "do not come back. Continue?",
            (long long)would.batches);
    rc = confirm_yes(inv, buf_text(&question), err);
    buf_free(&question);
    return rc;
}

static void report(const struct invocation *inv, const struct purged *done)
{
    if (invocation_json(inv))
        printf("{\"v\":1,\"verb\":\"purge\",\"batches\":%" PRId64 ",\"notices\":%" PRId64
               ",\"awaiting_batches\":%" PRId64 ",\"awaiting_notices\":%" PRId64
               ",\"dry_run\":false}\n",
               done->batches, done->notices, done->awaiting_batches, done->awaiting_notices);
    else
        say(inv, stdout,
            "Batches whose texts are gone: %lld, single notices: %lld. Their rows, addresses, "
            "attempts and hashes stay.\n",
            (long long)done->batches, (long long)done->notices);
    tell_kept(inv, done);
    if (done->kept > 0)
        say(inv, stderr,
            "The texts of %lld batches could not be removed; a running daemon tries again every "
            "hour, and so does the next `dispatcher purge`.\n",
            (long long)done->kept);
}

static int purge(struct session *s, const struct invocation *inv, int64_t age_ms, struct error *err)
{
    struct purged done = {0};
    int rc = confirm(s, inv, age_ms, err);
    if (rc == 0)
        rc = ask_steps(s, inv, age_ms, &done, err);
    if (rc == 0)
        report(inv, &done);
    return rc == 0 && done.kept > 0 ? EX_IOERR : rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct session s = {0};
    int64_t age_ms = 0;
    bool dry_run = option_given(inv, "dry-run");
    int rc = read_age(inv, &age_ms, err);
    if (rc == 0)
        rc = dry_run ? session_open_beside(inv, &s, err) : session_open(inv, LEDGER_WRITE, &s, err);
    if (rc == 0)
        rc = dry_run ? preview(&s, inv, age_ms, err) : purge(&s, inv, age_ms, err);
    session_close(&s);
    return rc;
}

static const struct option_row options[] = {
    {"older-than", 0, "AGE",
     "finished so long ago, e.g. 30d (default: retention: of the configuration)"},
    {"reason", 0, "TEXT", "why, for the record"},
    {"dry-run", 'n', NULL, "only list the batches it would take"},
    CONFIRM_YES_OPTION,
};

const struct command command_purge = {
    .name = "purge",
    .arguments = "",
    .summary = "let go of the texts of what is long finished",
    .details =
        "  dispatcher purge --older-than 30d --reason \"privacy: 30 days\"\n\n"
        "Takes notices and batches all of whose deliveries have been final for that long; what is "
        "open, held\n"
        "or uncertain keeps its text, and so does what waits for a confirmation: the next channel "
        "needs it.\n"
        "So many are told. Texts go for good: letters' data, batches/ID/ in the spool. "
        "What stays\n"
        "is the evidence: one row per recipient with address, state, attempts, replies and the "
        "SHA-256 of the\n"
        "letter. A purged delivery cannot be tried again. Asks first, or wants --yes; recorded "
        "like every\n"
        "change.\n\n"
        "JSON, one object: v, verb, batches, notices (null with --dry-run), awaiting_batches "
        "and\n"
        "awaiting_notices (old enough, but waiting for a confirmation; up to 10,000 notices are "
        "counted), dry_run.",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
